"""Taking money, over every provider: TS15 to TS21, and the provider's messages in every order: TS59 to TS62."""

import json
import random
import threading
import time
from datetime import timedelta

import pytest

from app.kernel import clock
from app.kernel.outbox import OutboxRow
from app.kernel.work import SYSTEM
from app.payments import jobs, queries, service
from app.payments.errors import PaymentNotOpen, ProviderRefused, ProviderUnavailable, WebhookRefused
from app.payments.events import MoneyCommandPlanned
from app.payments.provider.sandbox import Chaos
from app.payments.service import commands
from tests.payments.making import AMOUNT, begin_checkout, make_payment, payer_of


def announced(world, payment):
    with world.hub.look() as work:
        rows = work.session.query(OutboxRow).filter_by(name="PaymentSettled")
        return sum(row.payload["payment_code"] == payment.code for row in rows)


def cancelled(world):
    """A payment that its payer has begun and that nobody asks for any more, and the try."""
    payment = make_payment(world.hub)
    begin_checkout(world.hub, payment.code)
    with world.hub.begin(SYSTEM) as work:
        service.cancel_hold(work, payment.code, "time")
    return payment


@pytest.mark.needs("decline")
@pytest.mark.parametrize("how", ["declined", "no_funds"])
def test_ts15_ts16_a_declined_payer_may_try_again_and_pays_once(world, how):
    payment = world.paid(how=how)
    assert world.state(payment) in ("open", "failed")
    assert world.money(payment).captured_fen == 0
    world.outside.pay(payment.code)
    world.run()
    assert (world.state(payment), world.money(payment).captured_fen, announced(world, payment)) == ("settled", AMOUNT, 1)
    assert world.moved("capture", payment) == AMOUNT
    world.sound()


@pytest.mark.needs("attach_then_fail")
def test_ts17_a_card_that_is_accepted_and_then_fails_pays_nothing(world):
    payment = world.paid(how="attaches_then_fails")
    assert (world.state(payment), world.moved("capture", payment)) == ("open", 0)
    world.sound()


@pytest.mark.needs("ask_first")
@pytest.mark.parametrize("yes", [True, False])
def test_ts18_a_bank_that_asks_first_decides_by_the_answer(world, yes):
    payment = world.paid(how="asks_first")
    assert (world.state(payment), world.moved("capture", payment)) == ("open", 0)
    for _ in range(2):  # answered twice
        world.outside.answer(payment.code, yes=yes)
    world.run()
    assert (world.state(payment) == "settled") is yes
    assert world.moved("capture", payment) == (AMOUNT if yes else 0)
    world.sound()


@pytest.mark.needs("end_checkout")
def test_ts19_when_the_time_is_over_nobody_can_pay_at_the_provider_any_more(world):
    payment = cancelled(world)
    world.run()
    with pytest.raises(Exception, match="over"):
        world.outside.fake.pay(queries_intent(world, payment))
    assert world.money(payment).captured_fen == 0
    assert world.anomalies(payment) == []


def queries_intent(world, payment):
    with world.hub.look() as work:
        return queries.payment_by_code(work, payment.code).intent_id


def test_ts20_money_that_comes_a_second_late_goes_back(world):
    payment = make_payment(world.hub)
    world.outside.pay(payment.code)  # paid there; the news comes after the time here
    with world.hub.begin(SYSTEM) as work:
        service.cancel_hold(work, payment.code, "time")
    world.run()
    money = world.money(payment)
    assert (world.state(payment), money.captured_fen, money.refund_paid_fen, money.held_fen) == ("cancelled", AMOUNT, AMOUNT, 0)
    with pytest.raises(PaymentNotOpen):
        jobs.open_checkout(world.hub, payer_of(world.hub, payment.code), payment.code)
    world.sound()


@pytest.mark.needs("messages")
@pytest.mark.parametrize(("changes", "kind"), [({"amount": 99_999}, "wrong_amount"), ({"currency": "USD"}, "wrong_currency")])
def test_ts21_another_amount_or_currency_settles_nothing_and_staff_see_it(world, changes, kind):
    payment = make_payment(world.hub)
    world.outside.pay(payment.code)
    event = world.hub.provider.verify_webhook(*latest(world), now())
    event = type(event)(
        **{
            **vars(event),
            "id": f"ev_{kind}_{world.name}",
            "amount_fen": changes.get("amount", AMOUNT),
            "currency": changes.get("currency", "CNY"),
        }
    )
    assert jobs.take_in(world.hub, event) == "anomaly"
    assert (world.state(payment), world.anomalies(payment)) == ("open", [kind])
    world.run()
    assert world.state(payment) == "settled"  # by the true message
    world.sound()


def now():
    from datetime import UTC, datetime

    return datetime.now(UTC)


def latest(world, back=1):
    """The provider's latest message and a right signature."""
    raw = world.outside.bodies()[-back].encode()
    return raw, world.outside.sign(raw, int(time.time())).encode()


@pytest.mark.needs("messages")
def test_ts59_duplicated_shuffled_delayed_and_lost_messages_settle_once(world):
    payments = [make_payment(world.hub, amount_fen=1000 + number) for number in range(6)]
    for payment in payments:
        world.outside.pay(payment.code)
    chaos = Chaos(dice=random.Random(7), duplicate=30, delay=30, lose_answer=30, fail=20, shuffle=True)
    start = time.time()
    for round_ in range(30):
        world.outside.deliver(chaos, start + 400 * round_)
    world.run()
    assert [announced(world, payment) for payment in payments] == [1] * 6
    world.sound()


@pytest.mark.needs("messages")
def test_ts59_a_message_that_was_dropped_is_found_by_asking(world):
    payment = make_payment(world.hub)
    world.outside.pay(payment.code)
    world.outside.deliver(Chaos(drop=100))
    assert world.state(payment) == "open"
    assert jobs.reconcile(world.hub, older_than=timedelta(0)) >= 1
    assert (world.state(payment), announced(world, payment)) == ("settled", 1)
    code = world.refund(payment, run=False)
    world.hub.drain()
    world.outside.deliver(Chaos(drop=100))
    jobs.reconcile(world.hub, older_than=timedelta(0))
    assert world.command(code)[0] == "succeeded"
    world.sound()


@pytest.mark.needs("messages")
def test_ts59_the_same_message_from_many_threads_counts_once(world):
    payment = make_payment(world.hub)
    world.outside.pay(payment.code)
    raw, header = latest(world)
    outcomes, start = [], threading.Barrier(4)

    def post():
        start.wait()
        outcomes.append(jobs.receive_webhook(world.hub, raw, header))

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["applied", *["duplicate"] * 3]
    world.run()
    assert announced(world, payment) == 1
    world.sound()


@pytest.mark.needs("messages")
def test_ts60_the_message_before_our_own_answer(world, monkeypatch):
    """Our note of the refund is lost after the provider's yes; its message comes first, then the job again."""
    payment = world.paid()
    code = world.refund(payment, run=False)
    killed_in(monkeypatch, world, code)
    assert world.outside.deliver() >= 1
    assert world.command(code)[0] == "succeeded"
    world.run()
    assert world.money(payment).refund_paid_fen == AMOUNT
    assert world.moved("refund", payment, (code,)) == AMOUNT
    world.sound()


@pytest.mark.needs("messages")
def test_ts60_something_unknown_is_asked_for_again_and_then_shown_to_staff(world):
    payment = make_payment(world.hub)
    world.outside.pay(payment.code)
    event = world.hub.provider.verify_webhook(*latest(world), now())
    lost = type(event)(
        **{**vars(event), "id": f"ev_unknown_{world.name}", "metadata": {"payment_code": "0" * 26, "attempt": "1"}}
    )
    assert jobs.take_in(world.hub, lost) == "parked"
    outcomes = [jobs.take_in(world.hub, lost) for _ in range(6)]
    assert outcomes[-2:] == ["anomaly", "duplicate"]
    world.run()


@pytest.mark.needs("messages")
@pytest.mark.parametrize(("age", "right"), [(0, True), (298, True), (-298, True), (303, False), (-303, False)])
def test_ts61_only_messages_of_the_last_and_next_five_minutes_count(world, age, right):
    payment = make_payment(world.hub)
    world.outside.pay(payment.code)
    raw, _ = latest(world)
    header = world.outside.sign(raw, int(time.time()) - age).encode()
    if right:
        assert [jobs.receive_webhook(world.hub, raw, header) for _ in range(2)] == ["applied", "duplicate"]
    else:
        with pytest.raises(WebhookRefused):
            jobs.receive_webhook(world.hub, raw, header)
        assert world.state(payment) == "open"
    world.run()


@pytest.mark.needs("messages")
def test_ts61_forged_messages_are_refused(world):
    payment = make_payment(world.hub)
    world.outside.pay(payment.code)
    raw, header = latest(world)
    body = json.dumps(json.loads(raw) | {"id": "ev_forged"}).encode()
    for forged in (
        (body, header),
        (raw, header.replace(b"v1=", b"v0=")),
        (raw, b""),
        (raw, b"t=\xff,v1=\xfe"),
        (raw, header[:-1] + b"x"),
    ):
        with pytest.raises(WebhookRefused):
            jobs.receive_webhook(world.hub, *forged)
    assert world.state(payment) == "open"
    assert jobs.receive_webhook(world.hub, raw, header + b",v1=" + b"0" * 64) == "applied"
    world.run()


class Killed(BaseException):
    """Stands for a kill: no handler of ours catches it."""


def killed_in(monkeypatch, world, code):
    """The worker dies after the provider's success and before our note of it."""
    with world.hub.look() as work:
        command_id = queries.find_command(work, code).id
    with monkeypatch.context() as patch:

        def die(*args):
            raise Killed

        patch.setattr(commands, "note_submitted", die)
        with pytest.raises(Killed):
            jobs.execute(world.hub, MoneyCommandPlanned(command_id))


@pytest.mark.parametrize("kind", ["refund", "payout"])
def test_ts62_a_kill_between_the_providers_success_and_our_commit_moves_the_money_once(world, monkeypatch, kind):
    payment = world.paid()
    if kind == "refund":
        code = world.refund(payment, run=False)
    else:
        world.release(payment, seller := world.seller(), run=False)
        with world.hub.look() as work:
            code = queries.payouts_of(work, seller.id, "planned")[0].code
    killed_in(monkeypatch, world, code)
    world.run()
    assert world.command(code)[0] == "succeeded"
    assert world.moved(kind, payment, (code,)) == AMOUNT
    world.sound()


@pytest.mark.needs("fail_after_commit", "forget_keys")
@pytest.mark.parametrize("fault", ["after", "lost"])
def test_ts62_a_wrong_answer_and_a_forgotten_key_move_the_money_once(world, fault):
    payment = world.paid()
    code = world.refund(payment, run=False)
    world.outside.fake.faults[:] = ["", "", fault, fault, fault]
    world.hub.drain()
    assert world.command(code)[0] == "planned"
    world.outside.fake.advance(25 * 3600)
    with world.hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(minutes=5))
    world.run()
    assert world.command(code)[0] == "succeeded"
    assert len(world.outside.refunds(payment.code)) == 1
    world.sound()


def test_ts62_the_same_key_with_other_values_is_refused(world):
    payment = world.paid()
    provider, intent = world.hub.provider, queries_intent(world, payment)
    ours = {"payment_code": payment.code, "attempt": "1"}
    with pytest.raises(ProviderRefused, match="key_with_other_values"):
        provider.create_intent(payment.code, AMOUNT + 1, "CNY", ours, "http://127.0.0.1:8000/x/done", payment.subject)
    assert intent


def test_a_provider_that_is_down_costs_time_only(world, monkeypatch):
    payment = world.paid()
    code = world.refund(payment, run=False)
    with monkeypatch.context() as patch:

        def silent(*args):
            raise ProviderUnavailable()

        patch.setattr(world.hub.provider, "refund", silent)
        world.hub.drain()
    assert world.command(code)[0] == "planned"
    with world.hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(minutes=5))
    world.run()
    assert world.command(code)[0] == "succeeded"
    world.sound()
