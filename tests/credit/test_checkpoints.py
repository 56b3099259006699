"""What the log says of itself: a tree that grows with it, heads of every day, checkpoints signed by a key that remembers."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.credit import jobs, provider, queries, service
from app.credit.log import errors, merkle, notes
from app.credit.log.checkpoints import Checkpoint, open_checkpoint, require_growth, sign_checkpoint
from app.credit.log.heads import require_absent, require_head
from app.credit.models import CreditCheckpoint, CreditEvent, CreditFactKey, CreditLogKey, CreditNode, CreditSubject
from app.credit.service import sequencing
from app.factory import create_app
from app.kernel.clock import advance
from app.kernel.guards import TRIGGERS
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from tests.accounts.making import make_user
from tests.credit.making import make_events, make_fact
from tests.kernel.logbook import writing


@pytest.fixture
def signer(settings):
    return provider.from_settings(settings)


def leaves_of(hub):
    with hub.look() as work:
        return [
            merkle.leaf_hash(bytes(each))
            for each in work.session.scalars(select(CreditEvent.canonical).order_by(CreditEvent.idx))
        ]


def checkpoints(hub):
    with hub.look() as work:
        found = list(work.session.scalars(select(CreditCheckpoint).order_by(CreditCheckpoint.size)))
        work.session.expunge_all()
        return found


def faults(hub):
    with hub.look() as work:
        return [(fault.idx, fault.code) for fault in queries.verify(work)]


def test_the_kept_tree_gives_every_root_and_proof(hub, monkeypatch):
    monkeypatch.setattr(sequencing, "BATCH", 5)
    sellers = [make_user(hub) for _ in range(2)]
    for number in range(37):
        make_fact(hub, sellers[number % 2])
        if number % 7 == 0:
            jobs.sequence_all(hub)
    jobs.sequence_all(hub)
    leaves = leaves_of(hub)
    with hub.look() as work:
        for size in range(38):
            assert queries.root_at(work, size) == merkle.root(leaves[:size])
        for size in (1, 2, 31, 32, 33, 37):
            for idx in (0, size // 2, size - 1):
                assert queries.inclusion(work, idx, size) == merkle.inclusion_proof(leaves[:size], idx)
            for old in (1, size // 2 or 1, size):
                assert queries.consistency(work, old, size) == merkle.consistency_proof(leaves[:size], old)
        assert work.session.query(CreditNode).count() == 18 + 9 + 4 + 2 + 1


def test_tree_of_a_log_that_is_older_than_the_tree_is_made_with_the_next_event(hub):
    make_events(hub, make_user(hub), *["order.completed"] * 9)
    with hub.db.write.begin() as connection:
        for declared in TRIGGERS.values():
            if declared.table == "credit_node" and "no_delete" in declared.name:
                connection.execute(text(f"DROP TRIGGER {declared.name}{'' if hub.db.dialect == 'sqlite' else ' ON credit_node'}"))
        connection.execute(text("DELETE FROM credit_node"))
    assert faults(hub) == [(None, "nodes_missing")]
    make_events(hub, make_user(hub), "order.paid")
    assert faults(hub) == []


def test_a_proof_reads_few_rows_and_asks_twice(hub):
    make_events(hub, make_user(hub), *["order.completed"] * 70)
    from sqlalchemy import event

    seen: list[str] = []

    @event.listens_for(hub.db.read, "before_cursor_execute")
    def count(connection, cursor, statement, parameters, context, many):
        if "credit_" in statement:
            seen.append(statement)

    with hub.look() as work:
        queries.inclusion(work, 13, 70)
        assert len(seen) == 2
        queries.consistency(work, 13, 70)
        assert len(seen) <= 4


def test_nodes_are_looked_up_by_their_key(hub):
    """Else a proof takes time in proportion to the log: seen at 100,000 events, thirty times that at 1,000."""
    if hub.db.dialect != "sqlite":
        pytest.skip("the plan is that of SQLite; PostgreSQL reads a small table whole")
    make_events(hub, make_user(hub), *["order.completed"] * 20)
    from sqlalchemy import event

    asked: list[tuple[str, object]] = []

    @event.listens_for(hub.db.read, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, many):
        if "FROM credit_node" in statement:
            asked.append((statement, parameters))

    with hub.look() as work:
        queries.inclusion(work, 13, 20)
        queries.consistency(work, 13, 20)
        plans = [
            row[3]
            for statement, values in list(asked)
            for row in work.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def test_checkpoint_is_signed_and_believed_by_everybody_with_the_key(hub, signer):
    make_events(hub, make_user(hub))
    assert jobs.publish_checkpoint(hub, signer) == 4
    (row,) = checkpoints(hub)
    key = notes.read_key(signer.vkey)
    said = open_checkpoint(row.note, key).checkpoint
    assert said == Checkpoint("127.0.0.1:8000/credit-log", 4, merkle.root(leaves_of(hub)))
    with hub.look() as work:
        assert queries.log_key(work).vkey == signer.vkey
    make_events(hub, make_user(hub))
    jobs.publish_checkpoint(hub, signer)
    _, newer = checkpoints(hub)
    with hub.look() as work:
        proof = queries.consistency(work, 4, 8)
    require_growth(said, open_checkpoint(newer.note, key).checkpoint, proof)
    jobs.publish_checkpoint(hub, signer)
    assert len(checkpoints(hub)) == 2, "the same size is published once"
    assert faults(hub) == []


def test_empty_log_has_no_checkpoint_and_no_heads(hub, signer):
    assert jobs.publish_checkpoint(hub, signer) == 0
    assert not jobs.note_heads(hub)
    assert checkpoints(hub) == []
    assert faults(hub) == []


def test_heads_of_the_day_show_the_end_of_every_record_and_who_has_none(hub):
    seller, other, nobody = make_user(hub), make_user(hub), make_user(hub)
    make_events(hub, seller)
    make_events(hub, other, "order.paid")
    assert jobs.note_heads(hub)
    assert not jobs.note_heads(hub), "once a day"
    with hub.look() as work:
        event = json.loads(work.session.get(CreditEvent, 5).canonical)
        heads = queries.heads_at(work, 5)
        data = event["data"]
        assert (event["type"], event["actor"]) == ("log.heads", "system")
        assert data == {"size": 5, "count": 2, "root": heads.root.hex()}
        root = bytes.fromhex(data["root"])
        for user, idx in ((seller, 3), (other, 4)):
            last = work.session.get(CreditEvent, idx)
            require_head(last.subject, last.seq, bytes(last.leaf_hash), heads.show(last.subject), data["count"], root)
            assert queries.pseudonym_of(work, user.id) == last.subject
    with hub.begin() as work:
        absent = service.subject_of(work, nobody.id).pseudonym
        require_absent(absent, heads.show(absent), data["count"], root)
        kinds = dict(work.session.execute(select(CreditSubject.kind, CreditSubject.user_id)).all())
        assert kinds["platform"] is None
    assert faults(hub) == []


def test_heads_are_noted_once_on_every_day_of_shanghai(hub):
    make_events(hub, make_user(hub), "order.paid")
    days = []
    for _ in range(3):
        jobs.note_heads(hub)
        jobs.note_heads(hub)
        with hub.begin() as work:
            days.append(shanghai_day(work.now).isoformat())
            advance(work, timedelta(days=1))
    with hub.look() as work:
        keys = work.session.scalars(select(CreditFactKey.key).where(CreditFactKey.key.startswith("log.heads:"))).all()
        sizes = [json.loads(each)["data"]["size"] for each in work.session.scalars(
            select(CreditEvent.canonical).where(CreditEvent.type == "log.heads").order_by(CreditEvent.idx))]  # fmt: skip
    assert sorted(keys) == [f"log.heads:{day}" for day in days]
    assert sizes == [1, 2, 3]
    assert faults(hub) == []


def test_two_processes_that_note_the_heads_at_once_write_one_event(hub):
    make_events(hub, make_user(hub), "order.paid")
    for _ in range(2):  # both have seen that they are due
        hub.db.run(SYSTEM, service.note_heads)
    with hub.look() as work:
        assert queries.log_size(work) == 2


def due(hub, minutes=10):
    with hub.look() as work:
        return queries.checkpoint_due(work, minutes)


def test_checkpoints_are_due_after_some_minutes_many_events_or_at_a_new_day(hub, signer, monkeypatch):
    assert not due(hub)
    make_events(hub, make_user(hub))
    assert due(hub)
    jobs.publish_checkpoint(hub, signer)
    assert not due(hub)
    make_events(hub, make_user(hub), "order.paid")
    assert not due(hub, 1440)
    with monkeypatch.context() as patch:
        patch.setattr(queries.tree, "SIGN_AFTER", 1)
        assert due(hub, 1440)
    with hub.begin() as work:
        advance(work, timedelta(minutes=11))
    assert due(hub)
    with hub.begin() as work:
        advance(work, timedelta(days=1))
    assert due(hub, 10_000)


def test_worker_keeps_the_log_signed(hub, signer):
    tick = jobs.checkpointer(hub, signer, every_seconds=0)
    tick()
    assert [row.size for row in checkpoints(hub)] == [7]  # four rules of scores, two of the marketplace, and the heads
    make_events(hub, make_user(hub))
    tick()
    assert len(checkpoints(hub)) == 1
    with hub.begin() as work:
        advance(work, timedelta(minutes=hub.settings.checkpoint_minutes))
    tick()
    tick()
    assert [row.size for row in checkpoints(hub)] in ([7, 11], [7, 12])  # 12: midnight came, and heads with it
    jobs.checkpointer(hub, None)()
    assert faults(hub) == []


def rewrite(hub):
    """Another past, whole and consistent in itself, as somebody with all rights over the database can write it."""
    with hub.db.write.begin() as connection:
        for declared in TRIGGERS.values():
            if declared.table in ("credit_event", "credit_node", "credit_checkpoint") and getattr(declared, hub.db.dialect):
                on = "" if hub.db.dialect == "sqlite" else f" ON {declared.table}"
                connection.execute(text(f"DROP TRIGGER {declared.name}{on}"))
        for table in ("credit_checkpoint", "credit_node"):
            connection.execute(text(f"DELETE FROM {table}"))
        content = bytes(connection.execute(text("SELECT canonical FROM credit_event WHERE idx = 3")).scalar_one())
        content = content.replace(b"2000-3000", b"8000-9000")
        connection.execute(
            text("UPDATE credit_event SET canonical = :content, leaf_hash = :leaf WHERE idx = 3"),
            {"content": content, "leaf": merkle.leaf_hash(content)},
        )
    make_events(hub, make_user(hub), "order.paid")
    assert [code for _, code in faults(hub)] == []


def test_rewritten_log_is_not_signed_and_the_alarm_is_heard(hub, signer):
    make_events(hub, make_user(hub), "listing.published", "order.paid", "order.shipped_on_time", "order.completed")
    jobs.publish_checkpoint(hub, signer)
    before = signer.last()
    rewrite(hub)
    with pytest.raises(errors.ForkedLog):
        jobs.publish_checkpoint(hub, signer)
    with writing() as seen:
        jobs.checkpointer(hub, signer, every_seconds=0)()
    (alarm,) = seen.of("checkpoint_refused")
    assert (alarm["reason_code"], alarm["level"]) == ("forked", "error")
    assert signer.last() == before
    assert checkpoints(hub) == []


def test_shortened_log_is_not_signed(hub, signer):
    make_events(hub, make_user(hub))
    leaves = leaves_of(hub)
    signer.sign(6, merkle.root([*leaves, *leaves[:2]]), [])
    with pytest.raises(errors.WrongSize):
        jobs.publish_checkpoint(hub, signer)


def test_checkpoint_of_a_worker_that_died_before_publishing_is_published_later(hub, signer):
    make_events(hub, make_user(hub))
    with hub.look() as work:
        growth = queries.growth(work, 0)
    note = signer.sign(growth.size, growth.root, growth.proof)
    assert checkpoints(hub) == []
    jobs.publish_checkpoint(hub, signer)
    assert [row.note for row in checkpoints(hub)] == [note]


def test_memory_that_was_changed_stops_the_signer(hub, signer, settings):
    make_events(hub, make_user(hub))
    jobs.publish_checkpoint(hub, signer)
    memory = provider.key_file(settings).with_name("credit-log.key.last")
    memory.write_text(memory.read_text().replace("\n4\n", "\n2\n"))
    with pytest.raises(errors.WrongSignature):
        jobs.publish_checkpoint(hub, signer)


def test_other_keys_and_other_roots_are_not_published(hub, signer, tmp_path):
    make_events(hub, make_user(hub))
    jobs.publish_checkpoint(hub, signer)
    make_events(hub, make_user(hub), "order.paid")
    stranger = provider.make_key(tmp_path / "other.key", "127.0.0.1:8000/credit-log")
    with pytest.raises(errors.BadKey):
        jobs.publish_checkpoint(hub, stranger)
    own = notes.read_signer((tmp_path / "keys" / "credit-log.key").read_text().strip())
    with hub.begin() as work, pytest.raises(errors.ForkedLog):
        service.keep_checkpoint(work, sign_checkpoint(Checkpoint(own.name, 5, bytes(32)), own), own.key.text)
    wrong = notes.new_signer(own.name)
    with hub.begin() as work, pytest.raises(errors.NoKnownSignature):
        service.keep_checkpoint(work, sign_checkpoint(Checkpoint(own.name, 5, bytes(32)), wrong), own.key.text)
    assert [row.size for row in checkpoints(hub)] == [4]


def test_key_is_its_owners_alone_and_is_made_once(settings, tmp_path):
    signer = provider.from_settings(settings)
    file = provider.key_file(settings)
    assert file.stat().st_mode & 0o077 == 0
    assert provider.from_settings(settings).vkey == signer.vkey
    with pytest.raises(errors.BadKey):
        provider.make_key(file, "other")
    elsewhere = settings.model_copy(update={"log_key_file": str(tmp_path / "usb" / "log.key")})
    assert provider.from_settings(elsewhere) is None, "a key that was named is never made in passing"
    assert provider.from_settings(settings.model_copy(update={"env": "production", "data_dir": tmp_path / "new"})) is None


def test_web_server_works_without_the_key_and_makes_none(hub, settings):
    make_events(hub, make_user(hub))
    client = create_app(hub).test_client()
    for path in ("/", "/healthz", "/credit/events/0.json"):
        client.get(path)
    assert not provider.key_file(settings).exists()


ATTACKS = {
    "change a node": "UPDATE credit_node SET hash = {hash} WHERE level = 1 AND pos = 0",
    "delete a node": "DELETE FROM credit_node WHERE level = 2",
    "node without its leaves": "INSERT INTO credit_node VALUES (1, 4, {hash})",
    "node of level zero": "INSERT INTO credit_node VALUES (0, 0, {hash})",
    "change a checkpoint": "UPDATE credit_checkpoint SET root = {hash}",
    "change its note": "UPDATE credit_checkpoint SET note = 'x'",
    "delete a checkpoint": "DELETE FROM credit_checkpoint",
    "checkpoint beside it": "INSERT INTO credit_checkpoint SELECT size, root, note, key_id, created_at FROM credit_checkpoint",
    "older checkpoint": "INSERT INTO credit_checkpoint SELECT 2, root, note, key_id, created_at FROM credit_checkpoint",
    "checkpoint of the future": "INSERT INTO credit_checkpoint SELECT 9, root, note, key_id, created_at FROM credit_checkpoint",
    "change the key": "UPDATE credit_log_key SET vkey = 'x'",
    "delete the key": "DELETE FROM credit_log_key",
    "shorten the log": "UPDATE credit_log SET size = 2",
    "lengthen the log": "UPDATE credit_log SET size = 9",
    "forget the log": "DELETE FROM credit_log",
    "second marketplace": "INSERT INTO credit_subject (kind, pseudonym, cluster, user_id, created_at) SELECT 'platform', "
    "'s_00000000000000000000000001', 'c_00000000000000000000000001', NULL, created_at FROM credit_subject",
    "person without a person": "INSERT INTO credit_subject (kind, pseudonym, cluster, user_id, created_at) SELECT 'seller', "
    "'s_00000000000000000000000002', 'c_00000000000000000000000002', NULL, created_at FROM credit_subject",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_database_refuses_to_bend_tree_and_checkpoints(hub, signer, name):
    make_events(hub, make_user(hub))
    jobs.note_heads(hub)
    jobs.publish_checkpoint(hub, signer)
    in_hex = "x'{}'" if hub.db.dialect == "sqlite" else "decode('{}', 'hex')"
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(ATTACKS[name].format(hash=in_hex.format("ab" * 32))))
    assert faults(hub) == []


def test_truncate_is_refused(hub, signer):
    make_events(hub, make_user(hub))
    jobs.publish_checkpoint(hub, signer)
    if hub.db.dialect == "sqlite":
        statements = ["INSERT OR REPLACE INTO credit_node SELECT level, pos, zeroblob(32) FROM credit_node",
                      "INSERT OR REPLACE INTO credit_checkpoint SELECT size, zeroblob(32), note, key_id, created_at FROM credit_checkpoint"]  # fmt: skip
    else:
        statements = ["TRUNCATE credit_node", "TRUNCATE credit_checkpoint", "TRUNCATE credit_log_key CASCADE"]
    for statement in statements:
        with pytest.raises(DBAPIError), hub.begin() as work:
            work.session.execute(text(statement))
    assert faults(hub) == []


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE credit_node SET hash = {hash} WHERE level = 1 AND pos = 1", (2, "node")),
        ("DELETE FROM credit_node WHERE level = 2", (None, "nodes_missing")),
        ("UPDATE credit_checkpoint SET root = {hash}", (4, "checkpoint_columns")),
        ("UPDATE credit_checkpoint SET note = replace(note, '127', '128')", (4, "checkpoint_signature")),
    ],
)
def test_what_was_changed_all_the_same_is_found(hub, signer, statement, fault):
    make_events(hub, make_user(hub))
    jobs.note_heads(hub)
    jobs.publish_checkpoint(hub, signer)
    in_hex = "x'{}'" if hub.db.dialect == "sqlite" else "decode('{}', 'hex')"
    with hub.db.write.begin() as connection:
        for declared in TRIGGERS.values():
            if declared.table in ("credit_node", "credit_checkpoint") and getattr(declared, hub.db.dialect):
                on = "" if hub.db.dialect == "sqlite" else f" ON {declared.table}"
                connection.execute(text(f"DROP TRIGGER {declared.name}{on}"))
        connection.execute(text(statement.format(hash=in_hex.format("ab" * 32))))
    assert fault in faults(hub)


def test_keys_are_listed_with_the_size_from_which_they_hold(hub, signer):
    make_events(hub, make_user(hub))
    jobs.publish_checkpoint(hub, signer)
    with hub.look() as work:
        (row,) = work.session.scalars(select(CreditLogKey)).all()
    assert row.from_size == 0
