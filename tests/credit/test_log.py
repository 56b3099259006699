"""The log: one writer, no gaps, nothing changed, everything recomputed."""

from __future__ import annotations

import base64
import hashlib
import json
import threading

import pytest
import rfc8785
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.credit import jobs, service
from app.credit.errors import EventRefused
from app.credit.log.merkle import leaf_hash
from app.credit.models import CreditEvent, CreditFactKey, CreditSubject
from app.credit.queries import events_of, seller_summary, verify, waiting_facts
from app.credit.rules import event_bytes
from app.credit.service import sequencing
from app.kernel.guards import TRIGGERS
from app.kernel.ids import new_code
from app.kernel.work import SYSTEM
from tests.accounts.making import actor, make_member, make_user
from tests.credit.making import FACTS, make_events, make_fact


def log_of(hub):
    with hub.look(SYSTEM) as work:
        events = list(work.session.scalars(select(CreditEvent).order_by(CreditEvent.idx)))
        work.session.expunge_all()
        return events


def faults(hub, user=None):
    with hub.look(SYSTEM) as work:
        return [(fault.idx, fault.code) for fault in verify(work, user.id if user else None)]


def test_fact_becomes_an_event_with_its_hash_and_place(hub):
    seller = make_user(hub)
    make_fact(hub, seller, "order.paid")
    make_fact(hub, seller, "order.completed")
    assert log_of(hub) == []
    hub.drain()
    first, second = log_of(hub)
    assert (first.idx, first.seq, second.idx, second.seq) == (0, 1, 1, 2)
    for row in (first, second):
        assert row.leaf_hash == hashlib.sha256(b"\x00" + row.canonical).digest()
        event = json.loads(row.canonical)
        assert rfc8785.dumps(event) == row.canonical
        assert set(event) == {"v", "type", "id", "ts", "subject", "seq", "prev", "actor", "policy", "refs", "data"}
        assert (event["v"], event["seq"], event["type"], event["ts"]) == (1, row.seq, row.type, row.ts)
        assert event["subject"].startswith("s_")
        assert len(event["subject"]) == 28
        assert event["ts"].endswith("Z")
    assert json.loads(first.canonical)["prev"] is None
    assert base64.b64decode(json.loads(second.canonical)["prev"]) == first.leaf_hash
    assert faults(hub) == []


def test_leaf_hash_is_that_of_rfc_6962():
    # Published leaf hash of the empty entry (RFC 6962 test data).
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_actor_of_a_report_is_the_appraiser_and_of_a_job_the_system(hub):
    appraiser = make_member(hub, "appraiser")
    with hub.begin(actor(hub, appraiser)) as work:
        service.record(work, "appraisal.issued", appraiser.id, {**FACTS["appraisal.issued"], "tier": None}, key="report")
    make_fact(hub, appraiser)
    hub.drain()
    with hub.look() as work:
        subject = work.session.scalars(select(CreditSubject)).one()
        assert subject.kind == "appraiser"
        names = [
            json.loads(event.canonical)["actor"] for event in work.session.scalars(select(CreditEvent).order_by(CreditEvent.idx))
        ]
        assert names == [f"appraiser:{subject.pseudonym}", "system"]
        assert "tier" not in json.loads(work.session.get(CreditEvent, 0).canonical)["data"]


def test_same_key_is_recorded_once(hub):
    seller = make_user(hub)
    for _ in range(3):
        make_fact(hub, seller, key="order.completed:once")
    hub.drain()
    assert len(log_of(hub)) == 1


def test_rolled_back_fact_leaves_nothing(hub):
    seller = make_user(hub)
    with hub.begin() as work:
        service.record(work, "order.paid", seller.id, {**FACTS["order.paid"], "order": new_code()}, key="gone")
        work.session.rollback()
    hub.drain()
    assert log_of(hub) == []
    make_fact(hub, seller, key="gone")  # and may be recorded later
    hub.drain()
    assert len(log_of(hub)) == 1


def test_refused_data_is_a_mistake_of_the_caller(hub):
    seller = make_user(hub)
    with hub.begin() as work, pytest.raises(EventRefused, match="delivery"):
        service.record(
            work, "order.paid", seller.id, {"order": new_code(), "category": "phone", "delivery": "138 0013 8000"}, key="x"
        )
    with hub.begin() as work, pytest.raises(EventRefused, match="mobile"):
        service.record(
            work, "order.paid", seller.id, {"order": new_code(), "category": "phone", "delivery": "13800138000"}, key="x"
        )


def test_event_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="65535"):
        event_bytes(id="x", type="t", ts="", subject="s", seq=1, prev=None, actor="", refs=["r" * 66_000], data={})


def test_two_people_recorded_at_once_get_one_subject_each(hub):
    seller = make_user(hub)
    codes: list[str] = []

    def ask() -> None:
        def one(work):
            return service.subject_of(work, seller.id).pseudonym

        codes.append(hub.db.run(SYSTEM, one))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(codes)) == 1
    assert len(codes) == 6


def test_sequencers_at_the_same_time_leave_no_gap_and_no_double(hub, monkeypatch):
    monkeypatch.setattr(sequencing, "BATCH", 3)
    sellers = [make_user(hub) for _ in range(3)]
    for number in range(24):
        make_fact(hub, sellers[number % 3], "order.paid" if number % 2 else "order.completed")
    troubles: list[BaseException] = []

    def run() -> None:
        try:
            jobs.sequence_all(hub)
        except BaseException as trouble:  # a thread's failure must reach the test
            troubles.append(trouble)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    events = log_of(hub)
    assert [event.idx for event in events] == list(range(24))
    assert len({event.outbox_id for event in events}) == 24
    assert [event.outbox_id for event in events] == sorted(event.outbox_id for event in events)
    for seller in sellers:
        with hub.look() as work:
            assert [entry.seq for entry in events_of(work, seller.id)] == list(range(8, 0, -1))
    assert faults(hub) == []


def test_sequencer_killed_half_way_is_finished_by_the_next(hub, monkeypatch):
    seller = make_user(hub)
    for _ in range(6):
        make_fact(hub, seller)
    real, calls = sequencing.leaf_hash, []

    def killed(content: bytes) -> bytes:
        calls.append(content)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(content)

    with monkeypatch.context() as patch:
        patch.setattr(sequencing, "leaf_hash", killed)
        with pytest.raises(KeyboardInterrupt):
            jobs.sequence_all(hub)
    assert log_of(hub) == []
    with hub.look() as work:
        assert waiting_facts(work) == 6
    hub.drain()
    assert [event.seq for event in log_of(hub)] == [1, 2, 3, 4, 5, 6]
    with hub.look() as work:
        assert waiting_facts(work) == 0
    assert faults(hub) == []


ATTACKS = {
    "change the bytes": "UPDATE credit_event SET canonical = leaf_hash WHERE idx = 1",
    "change the hash": "UPDATE credit_event SET leaf_hash = canonical WHERE idx = 1",
    "change the kind": "UPDATE credit_event SET type = 'order.paid' WHERE idx = 1",
    "move it to somebody else": "UPDATE credit_event SET seq = 9 WHERE idx = 1",
    "delete one": "DELETE FROM credit_event WHERE idx = 3",
    "delete all": "DELETE FROM credit_event",
    "leave a gap": "INSERT INTO credit_event SELECT 9, {new_hash}, canonical, type, subject, 5, ts, received_at, 9999 "
    "FROM credit_event WHERE idx = 3",
    "repeat a number": "INSERT INTO credit_event SELECT 4, {new_hash}, canonical, type, subject, 4, ts, received_at, 9999 "
    "FROM credit_event WHERE idx = 3",
    "repeat a place": "INSERT INTO credit_event SELECT 3, {new_hash}, canonical, type, subject, 5, ts, received_at, 9999 "
    "FROM credit_event WHERE idx = 3",
    "take a fact twice": "INSERT INTO credit_event SELECT 4, {new_hash}, canonical, type, subject, 5, ts, received_at, outbox_id "
    "FROM credit_event WHERE idx = 3",
    "short hash": "INSERT INTO credit_event SELECT 4, {short_hash}, canonical, type, subject, 5, ts, received_at, 9999 "
    "FROM credit_event WHERE idx = 3",
    "event of nobody": "INSERT INTO credit_event SELECT 4, {new_hash}, canonical, type, 's_nobody', 1, ts, received_at, 9999 "
    "FROM credit_event WHERE idx = 3",
    "rename a subject": "UPDATE credit_subject SET pseudonym = 's_' || substr(pseudonym, 4) || 'x'",
    "give a subject to another person": "UPDATE credit_subject SET user_id = user_id + 1",
    "second subject of a person": "INSERT INTO credit_subject (kind, pseudonym, cluster, user_id, created_at) "
    "SELECT kind, 's_00000000000000000000000000', 'c_00000000000000000000000000', user_id, created_at FROM credit_subject",
    "forget the subjects": "DELETE FROM credit_subject",
    "negative length": "UPDATE credit_log SET size = -1",
    "second log": "INSERT INTO credit_log (id, size) VALUES (2, 0)",
}


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_database_refuses_to_bend_the_log(hub, name):
    make_events(hub, make_user(hub))
    before = [(event.idx, event.leaf_hash, event.canonical, event.seq) for event in log_of(hub)]
    in_hex = "x'{}'" if hub.db.dialect == "sqlite" else "decode('{}', 'hex')"
    statement = ATTACKS[name].format(new_hash=in_hex.format("ab" * 32), short_hash=in_hex.format("ab" * 31))
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(statement))
    assert [(event.idx, event.leaf_hash, event.canonical, event.seq) for event in log_of(hub)] == before
    assert faults(hub) == []


def test_truncate_and_replace_are_refused(hub):
    make_events(hub, make_user(hub))
    if hub.db.dialect == "postgresql":
        statements = ["TRUNCATE credit_event", "TRUNCATE credit_subject CASCADE"]
    else:
        copied = "credit_event SELECT idx, leaf_hash, x'00', type, subject, seq, ts, received_at, outbox_id FROM credit_event"
        statements = [
            f"INSERT OR REPLACE INTO {copied} WHERE idx = 3",
            f"INSERT OR REPLACE INTO {copied.replace('SELECT idx, leaf_hash', 'SELECT 4, zeroblob(32)')} WHERE idx = 3",
        ]
    for statement in statements:
        with pytest.raises(DBAPIError), hub.begin() as work:
            work.session.execute(text(statement))
    assert faults(hub) == []


def tamper(hub, *statements):
    """Change the log as somebody with full power over the database could: without its triggers."""
    with hub.db.write.begin() as connection:
        for declared in TRIGGERS.values():
            if declared.table == "credit_event" and getattr(declared, hub.db.dialect):
                on = "" if hub.db.dialect == "sqlite" else " ON credit_event"
                connection.execute(text(f"DROP TRIGGER {declared.name}{on}"))
        for statement, values in statements:
            connection.execute(text(statement), values)


def test_changed_event_is_found(hub):
    make_events(hub, make_user(hub))
    content = log_of(hub)[1].canonical.replace(b"2000-3000", b"8000-9000")
    tamper(hub, ("UPDATE credit_event SET canonical = :content WHERE idx = 1", {"content": content}))
    assert (1, "leaf_hash") in faults(hub)


def test_changed_event_with_a_new_hash_breaks_the_chain_behind_it(hub):
    make_events(hub, make_user(hub))
    content = log_of(hub)[1].canonical.replace(b"2000-3000", b"8000-9000")
    statement = "UPDATE credit_event SET canonical = :content, leaf_hash = :leaf WHERE idx = 1"
    tamper(hub, (statement, {"content": content, "leaf": leaf_hash(content)}))
    assert faults(hub) == [(2, "prev"), (0, "node"), (0, "node")]


def test_removed_events_are_found(hub):
    seller = make_user(hub)
    make_events(hub, seller)
    tamper(hub, ("DELETE FROM credit_event WHERE idx = 1", {}))
    assert (2, "idx") in faults(hub)
    assert (2, "seq") in faults(hub, seller)
    tamper_last = ("DELETE FROM credit_event WHERE idx = 3", {})
    with hub.db.write.begin() as connection:
        connection.execute(text(tamper_last[0]))
    assert (None, "size") in faults(hub)


def test_unreadable_and_reordered_bytes_are_found(hub):
    make_events(hub, make_user(hub))
    spaced = json.dumps(json.loads(log_of(hub)[3].canonical)).encode()
    statement = "UPDATE credit_event SET canonical = :content, leaf_hash = :leaf WHERE idx = :idx"
    tamper(
        hub,
        (statement, {"content": spaced, "leaf": leaf_hash(spaced), "idx": 3}),
        (statement, {"content": b'{"v":1,"v":1}', "leaf": leaf_hash(b'{"v":1,"v":1}'), "idx": 2}),
    )
    found = faults(hub)
    assert (3, "not_canonical") in found
    assert (2, "unreadable") in found


def test_log_of_a_whole_sale_holds_no_personal_data(hub):
    buyer, seller = make_user(hub, name="周小满"), make_user(hub, name="林知夏")
    with hub.begin() as work:
        cluster = service.cluster_of(work, buyer.id)
    for type in FACTS:
        extra = {"counterparty": cluster} if type.startswith("order") else {}
        make_fact(hub, seller, type, **extra)
    hub.drain()
    with hub.look() as work:
        content = b"".join(work.session.scalars(select(CreditEvent.canonical)))
        buyer_name = work.session.scalars(select(CreditSubject.pseudonym).where(CreditSubject.user_id == buyer.id)).one()
    for secret in (seller.email, buyer.email, seller.display_name, buyer.display_name, seller.code, buyer.code, buyer_name):
        assert secret.encode() not in content
    assert cluster.encode() in content


def test_summary_counts_what_is_recorded(hub):
    seller, newcomer = make_user(hub), make_user(hub)
    make_events(hub, seller)
    make_events(hub, seller, "order.cancelled_by_seller", "order.shipped_late", "dispute.opened", "dispute.decided")
    make_fact(hub, seller, "dispute.decided", outcome="buyer_fault")
    make_fact(hub, seller, "dispute.decided", outcome="shared")
    hub.drain()
    with hub.look() as work:
        summary = seller_summary(work, seller.id)
        nobody = seller_summary(work, newcomer.id)
    assert (summary.completed, summary.sales_completed, summary.cancelled_by_seller) == (1, 1, 1)
    assert (summary.on_time, summary.late, summary.problems_opened, summary.problems_decided_against) == (1, 1, 1, 2)
    assert summary.events == 10
    assert summary.is_small_sample
    assert summary.first_sale_on == summary.last_sale_on is not None
    assert (nobody.completed, nobody.first_sale_on) == (0, None)
    assert nobody.member_since is not None


def test_every_recorded_fact_ends_in_the_log(hub):
    seller = make_user(hub)
    for _ in range(5):
        make_fact(hub, seller)
    hub.drain()
    with hub.look() as work:
        keys = set(work.session.scalars(select(CreditFactKey.outbox_id)))
        assert keys == set(work.session.scalars(select(CreditEvent.outbox_id)))
