"""The provider's messages: who may send them, how often they count, and what happens to those that do not fit."""

import json
import random
import sqlite3
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.kernel import clock
from app.kernel.outbox import OutboxRow
from app.kernel.work import SYSTEM
from app.payments import jobs, queries, service
from app.payments.models import Anomaly, LedgerTxn, ReceivedEvent
from app.payments.provider.sandbox import Chaos
from app.payments.provider.signature import sign
from tests.payments.making import (
    AMOUNT,
    begin_checkout,
    deliver,
    make_payment,
    run_money,
    sandbox,
    settle,
    settled_payment,
    webhook,
)

ADDRESS = "/payments/webhooks/sandbox"


def paid_event(hub, payment=None):
    """The raw body of a real event of a payment that was just paid at the sandbox and not delivered yet."""
    payment = payment or make_payment(hub)
    sandbox(hub).books.decide(begin_checkout(hub, payment.code), paid=True)
    return payment, sandbox(hub).books.all_event_bodies()[-1].encode()


def changed(raw, **values):
    body = json.loads(raw)
    body["object"].update(values)
    return json.dumps(body).encode()


def send(client, hub, raw, *, header=None, seconds=None, secret=None):
    now = int(time.time()) if seconds is None else seconds
    value = header if header is not None else sign(secret or sandbox(hub).secret, raw, now)
    return client.post(ADDRESS, data=raw, headers={"Sandbox-Signature": value}, content_type="application/json")


def state_of(hub, code):
    with hub.look() as work:
        return queries.payment_by_code(work, code).state


def anomaly_kinds(hub):
    with hub.look() as work:
        return [row.kind for row in queries.anomalies(work)]


def count(hub, model, *conditions):
    with hub.look() as work:
        return work.session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_a_signed_message_settles_the_payment(client, hub):
    payment, raw = paid_event(hub)
    answer = send(client, hub, raw)
    assert (answer.status_code, answer.json) == (200, {"outcome": "applied"})
    assert state_of(hub, payment.code) == "settled"


def test_the_endpoint_needs_no_form_token_and_no_session(client, hub):
    _, raw = paid_event(hub)
    assert send(client, hub, raw).status_code == 200


@pytest.mark.parametrize("age", [0, 299, -299])
def test_a_message_within_five_minutes_is_accepted(client, hub, age):
    _, raw = paid_event(hub)
    assert send(client, hub, raw, seconds=int(time.time()) - age).status_code == 200


@pytest.mark.parametrize("age", [305, -305, 10**9, -(10**9)])
def test_a_message_that_is_too_old_or_from_the_future_is_refused(client, hub, age):
    payment, raw = paid_event(hub)
    assert send(client, hub, raw, seconds=int(time.time()) - age).status_code == 400
    assert state_of(hub, payment.code) == "open"


HOSTILE = {
    "nothing": "",
    "no signature": "t={now}",
    "no time": "v1={mac}",
    "only an old scheme": "t={now},v0={mac}",
    "wrong signature": "t={now},v1=" + "0" * 64,
    "short signature": "t={now},v1=abc",
    "letters that are not ASCII": "t={now},v1=é{mac}",
    "full-width digits": "t=１２３,v1={mac}",
    "two times": "t={now},t={now},v1={mac}",
    "a time with a sign": "t=-{now},v1={mac}",
    "a time that is no number": "t=soon,v1={mac}",
    "an enormous time": "t=" + "9" * 400 + ",v1={mac}",
    "an enormous header": "t={now},v1={mac}," + "x" * 2000,
    "commas": ",,,,,,",
    "equal signs": "====",
    "control characters": "t={now}\x01,v1={mac}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_signature_header_is_refused_without_a_fault(client, hub, name):
    payment, raw = paid_event(hub)
    now = int(time.time())
    mac = sign(sandbox(hub).secret, raw, now).split("v1=")[1]
    header = HOSTILE[name].format(now=now, mac=mac).encode().decode("latin-1")
    environ = {"HTTP_SANDBOX_SIGNATURE": header}
    answer = client.post(ADDRESS, data=raw, environ_overrides=environ, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["code"] == "webhook_refused"
    assert state_of(hub, payment.code) == "open"


def test_a_message_without_any_signature_header_is_refused(client, hub):
    _, raw = paid_event(hub)
    assert client.post(ADDRESS, data=raw).status_code == 400


def test_one_right_signature_of_two_is_enough_while_a_secret_changes(client, hub):
    _, raw = paid_event(hub)
    now = int(time.time())
    right = sign(sandbox(hub).secret, raw, now)
    assert send(client, hub, raw, header=f"{right},v1={'0' * 64}").status_code == 200


def test_another_secret_or_a_changed_body_is_refused(client, hub):
    payment, raw = paid_event(hub)
    assert send(client, hub, raw, secret=b"x" * 32).status_code == 400
    header = sign(sandbox(hub).secret, raw, int(time.time()))
    assert send(client, hub, changed(raw, amount_fen=1), header=header).status_code == 400
    assert state_of(hub, payment.code) == "open"


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"[]", b"{}", b"null", b'{"id": 1}', b'{"id":"e","type":"t","live":false,"object":[]}']
)
def test_a_signed_message_that_is_no_event_is_refused(client, hub, raw):
    assert send(client, hub, raw).status_code == 400


def test_the_same_message_again_changes_nothing(client, hub):
    payment, raw = paid_event(hub)
    assert [send(client, hub, raw).json["outcome"] for _ in range(3)] == ["applied", "duplicate", "duplicate"]
    assert count(hub, OutboxRow, OutboxRow.name == "PaymentSettled") == 1
    assert count(hub, ReceivedEvent) == 1
    with hub.look() as work:
        assert queries.money_state(work, payment.code).captured_fen == AMOUNT


def test_another_event_about_the_same_payment_changes_nothing(client, hub):
    payment, raw = paid_event(hub)
    send(client, hub, raw)
    body = json.loads(raw)
    body["id"] = "ev_other"
    assert send(client, hub, json.dumps(body).encode()).status_code == 200
    with hub.look() as work:
        assert queries.money_state(work, payment.code).captured_fen == AMOUNT


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"amount_fen": AMOUNT - 1}, "wrong_amount"),
        ({"amount_fen": AMOUNT + 1}, "wrong_amount"),
        ({"currency": "USD"}, "wrong_currency"),
        ({"id": "in_somebody_elses"}, "wrong_intent"),
    ],
)
def test_what_does_not_fit_never_settles_and_is_shown_to_staff(client, hub, values, kind):
    payment, raw = paid_event(hub)
    answer = send(client, hub, changed(raw, **values))
    assert (answer.status_code, answer.json["outcome"]) == (200, "anomaly")
    assert state_of(hub, payment.code) == "open"
    assert anomaly_kinds(hub) == [kind]


def test_another_payments_intent_does_not_settle_this_one(client, hub):
    mine, theirs = make_payment(hub), make_payment(hub)
    begin_checkout(hub, mine.code)
    sandbox(hub).books.decide(begin_checkout(hub, theirs.code), paid=True)
    raw = sandbox(hub).books.all_event_bodies()[-1].encode()
    send(client, hub, changed(raw, metadata={"payment_code": mine.code, "attempt": "1"}))
    assert state_of(hub, mine.code) == "open"
    assert anomaly_kinds(hub) == ["wrong_intent"]


def test_a_message_about_real_money_does_not_count_in_practice(client, hub):
    payment, raw = paid_event(hub)
    body = json.loads(raw) | {"live": True}
    send(client, hub, json.dumps(body).encode())
    assert state_of(hub, payment.code) == "open"
    assert anomaly_kinds(hub) == ["wrong_mode"]


def test_something_unknown_is_asked_for_again_and_in_the_end_shown_to_staff(client, hub):
    _, raw = paid_event(hub)
    raw = changed(raw, metadata={"payment_code": "0" * 26, "attempt": "1"})
    answers = [send(client, hub, raw) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [503] * 5 + [200, 200]
    assert "Retry-After" in answers[0].headers
    assert answers[5].json["outcome"] == "anomaly"
    assert anomaly_kinds(hub) == ["unknown_object"]


def test_a_kind_of_event_that_we_do_not_know_is_kept_and_ignored(client, hub):
    _, raw = paid_event(hub)
    body = json.loads(raw) | {"type": "weather.changed"}
    assert send(client, hub, json.dumps(body).encode()).json == {"outcome": "ignored"}
    assert count(hub, ReceivedEvent, ReceivedEvent.type == "weather.changed") == 1


def test_a_decline_that_arrives_after_the_success_changes_nothing(client, hub):
    payment, raw = paid_event(hub)
    body = json.loads(raw)
    declined = json.dumps(body | {"id": "ev_late", "type": "intent.failed"}).encode()
    assert send(client, hub, raw).status_code == send(client, hub, declined).status_code == 200
    assert state_of(hub, payment.code) == "settled"


def test_a_success_that_arrives_after_the_decline_settles(client, hub):
    payment, raw = paid_event(hub)
    body = json.loads(raw)
    send(client, hub, json.dumps(body | {"id": "ev_first", "type": "intent.failed"}).encode())
    assert state_of(hub, payment.code) == "failed"
    send(client, hub, raw)
    assert state_of(hub, payment.code) == "settled"


def test_money_that_comes_back_after_it_left_is_shown_to_staff(client, hub):
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.refund(work, payment.code, AMOUNT, "full", "cancelled")
    run_money(hub)
    body = json.loads(sandbox(hub).books.all_event_bodies()[-1])
    assert body["type"] == "refund.succeeded"
    send(client, hub, json.dumps(body | {"id": "ev_back", "type": "refund.failed"}).encode())
    assert anomaly_kinds(hub) == ["failed_after_success"]
    with hub.look() as work:
        assert queries.money_state(work, payment.code).refund_paid_fen == AMOUNT


def test_what_the_books_refuse_is_put_aside_for_staff(client, hub):
    """The provider confirms a payout although the payable is empty: booked nothing, shown to staff, not sent for ever."""
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.refund(work, payment.code, AMOUNT, "full", "cancelled")
    hub.drain()
    with hub.begin(SYSTEM) as work:  # somebody moved what the refund needs
        owed = f"refund_payable:{payment.code}"
        service.post(work, "mistake:1", "x", [(owed, "liability", 1), ("fee_revenue", "income", -1)])
    assert deliver(hub) == 1
    assert anomaly_kinds(hub) == ["books_refuse"]


def test_the_same_message_from_many_threads_at_once_counts_once(hub):
    payment, raw = paid_event(hub)
    start, outcomes = threading.Barrier(6), []
    header = sign(sandbox(hub).secret, raw, int(time.time())).encode()

    def post():
        start.wait()
        outcomes.append(jobs.receive_webhook(hub, raw, header))

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["applied"] + ["duplicate"] * 5
    assert count(hub, OutboxRow, OutboxRow.name == "PaymentSettled") == 1
    assert count(hub, LedgerTxn) == 1
    assert state_of(hub, payment.code) == "settled"


def test_a_hundred_messages_sent_three_times_each_and_shuffled_count_once_each(hub):
    """100 events x 3 deliveries, from three threads, in three orders."""
    payments = [make_payment(hub, amount_fen=1000 + number) for number in range(100)]
    for payment in payments:
        sandbox(hub).books.decide(begin_checkout(hub, payment.code), paid=True)
    bodies = [body.encode() for body in sandbox(hub).books.all_event_bodies()]
    assert len(bodies) == 100
    post = webhook(hub)
    statuses = []

    def send_all(seed):
        mine = list(bodies)
        random.Random(seed).shuffle(mine)
        for raw in mine:
            statuses.append(post(raw, sign(sandbox(hub).secret, raw, int(time.time()))))

    threads = [threading.Thread(target=send_all, args=(seed,)) for seed in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 300
    assert count(hub, ReceivedEvent) == count(hub, LedgerTxn) == 100
    assert count(hub, OutboxRow, OutboxRow.name == "PaymentSettled") == 100
    with hub.look() as work:
        assert queries.balance(work, "psp_clearing:sandbox") == sum(payment.amount_fen for payment in payments)
        assert {queries.payment_by_code(work, payment.code).state for payment in payments} == {"settled"}


def test_a_bad_network_changes_nothing_in_the_end(hub):
    """Duplicated, delayed, shuffled, answered with 500 before or after our commit: each payment settles once."""
    payments = [make_payment(hub, amount_fen=500 + number) for number in range(25)]
    for payment in payments:
        sandbox(hub).books.decide(begin_checkout(hub, payment.code), paid=True)
    chaos = Chaos(dice=random.Random(7), duplicate=30, delay=30, lose_answer=30, fail=30, shuffle=True)
    now = time.time()
    for round_ in range(40):
        deliver(hub, chaos=chaos, now=now + 400 * round_)
    assert sandbox(hub).books.unsent_count() == 0
    assert count(hub, OutboxRow, OutboxRow.name == "PaymentSettled") == 25
    assert count(hub, LedgerTxn) == 25
    with hub.look() as work:
        assert service.verify(work, hub.provider) == []


def test_a_message_that_was_lost_for_ever_is_found_by_asking(hub):
    payment = make_payment(hub)
    sandbox(hub).books.decide(begin_checkout(hub, payment.code), paid=True)
    deliver(hub, chaos=Chaos(drop=100))
    assert sandbox(hub).books.unsent_count() == 0
    assert state_of(hub, payment.code) == "open"
    assert jobs.reconcile(hub) == 0  # not yet: the message may be on its way
    assert jobs.reconcile(hub, older_than=timedelta(0)) == 1
    assert state_of(hub, payment.code) == "settled"
    assert jobs.reconcile(hub, older_than=timedelta(0)) == 0
    with hub.begin(SYSTEM) as work:
        service.refund(work, payment.code, AMOUNT, "full", "cancelled")
    hub.drain()
    deliver(hub, chaos=Chaos(drop=100))
    assert jobs.reconcile(hub, older_than=timedelta(0)) == 1
    with hub.look() as work:
        assert queries.money_state(work, payment.code).refund_paid_fen == AMOUNT
        assert service.verify(work, hub.provider) == []


def test_the_worker_asks_about_once_a_minute(hub):
    payment = make_payment(hub)
    sandbox(hub).books.decide(begin_checkout(hub, payment.code), paid=True)
    deliver(hub, chaos=Chaos(drop=100))
    with hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(minutes=3))
    jobs.reconciler(hub, every_seconds=60)()
    assert state_of(hub, payment.code) == "open"
    jobs.reconciler(hub, every_seconds=0)()
    assert state_of(hub, payment.code) == "settled"


def test_a_try_that_the_provider_has_forgotten_does_not_stop_the_asking(hub):
    forgotten, payment = make_payment(hub), make_payment(hub)
    begin_checkout(hub, forgotten.code)
    with sqlite3.connect(sandbox(hub).books.path) as books:
        books.execute("DELETE FROM intents")
    books.close()
    sandbox(hub).books.decide(begin_checkout(hub, payment.code), paid=True)
    deliver(hub, chaos=Chaos(drop=100))
    assert jobs.reconcile(hub, older_than=timedelta(0)) == 1
    assert state_of(hub, payment.code) == "settled"


def test_staff_close_an_anomaly_with_a_note_once(client, hub):
    from tests.accounts.making import actor, make_member

    _, raw = paid_event(hub)
    send(client, hub, changed(raw, amount_fen=1))
    operator = make_member(hub, "operator")
    with hub.look() as work:
        code = queries.anomalies(work)[0].code
    from app.payments.errors import AnomalyNotFound, NoteMissing

    with pytest.raises(NoteMissing), hub.begin(actor(hub, operator)) as work:
        service.close_anomaly(work, code, "")
    with hub.begin(actor(hub, operator)) as work:
        service.close_anomaly(work, code, "typed by hand at the provider")
    assert anomaly_kinds(hub) == []
    with pytest.raises(AnomalyNotFound), hub.begin(actor(hub, operator)) as work:
        service.close_anomaly(work, code, "again")
    assert count(hub, Anomaly) == 1


def test_settle_for_other_rooms_brings_the_payment_all_the_way(hub):
    payment = make_payment(hub)
    settle(hub, payment.code)
    assert state_of(hub, payment.code) == "settled"
