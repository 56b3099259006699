import pytest

from app.kernel.work import SYSTEM
from app.payments import queries, service
from app.payments.errors import (
    KeyReused,
    MoreThanHeld,
    PaymentFrozen,
    PaymentNotFound,
    PaymentNotFrozen,
    PaymentNotOpen,
    PaymentNotSettled,
    PaymentTimeOver,
    SplitDoesNotSum,
)
from app.payments.models import LedgerTxn, MoneyCommand
from app.payments.service.holds import begin_attempt
from tests.accounts.making import actor, make_user
from tests.payments.making import (
    AMOUNT,
    begin_checkout,
    decline,
    deliver,
    make_payment,
    payer_of,
    run_money,
    sandbox,
    settle,
    settled_payment,
)


def state_of(hub, code):
    with hub.look() as work:
        return queries.money_state(work, code)


def outbox_names(hub):
    from sqlalchemy import select

    from app.kernel.outbox import OutboxRow

    with hub.look() as work:
        return [row.name for row in work.session.scalars(select(OutboxRow).order_by(OutboxRow.id))]


def test_nothing_is_held_before_the_money_arrives(hub):
    payment = make_payment(hub)
    money = state_of(hub, payment.code)
    assert (money.state, money.captured_fen, money.held_fen) == ("none", 0, 0)


def test_money_that_arrived_is_held_and_told_once(hub):
    payment = settled_payment(hub)
    money = state_of(hub, payment.code)
    assert (money.state, money.captured_fen, money.held_fen) == ("held", AMOUNT, AMOUNT)
    assert outbox_names(hub).count("PaymentSettled") == 1
    with hub.look() as work:
        assert queries.balances(work) == {"psp_clearing:sandbox": AMOUNT, f"escrow:{payment.code}": AMOUNT}


def test_released_money_reaches_the_seller_and_the_fee_stays(hub):
    payment, seller = settled_payment(hub), make_user(hub)
    with hub.begin(SYSTEM) as work:
        parts = [(queries.seller_account(work, seller.id), 98_000), ("fee_revenue", 2_000)]
        service.release(work, payment.code, parts, "r1", amount_fen=AMOUNT)
    with hub.look() as work:
        assert queries.balance(work, f"seller_payable:{seller.code}") == 98_000
    run_money(hub)
    with hub.look() as work:
        assert queries.balances(work) == {
            "psp_clearing:sandbox": 2_000,
            f"escrow:{payment.code}": 0,
            f"seller_payable:{seller.code}": 0,
            "fee_revenue": 2_000,
        }
        assert service.verify(work, hub.provider) == []
    assert state_of(hub, payment.code).state == "released"
    assert outbox_names(hub).count("PayoutPaid") == 1


def test_the_same_release_twice_moves_the_money_once(hub):
    payment, seller = settled_payment(hub), make_user(hub)
    for _ in range(2):
        with hub.begin(SYSTEM) as work:
            service.release(work, payment.code, [(queries.seller_account(work, seller.id), AMOUNT)], "r1")
    with hub.look() as work:
        assert queries.balance(work, f"seller_payable:{seller.code}") == AMOUNT
        assert len(work.session.query(MoneyCommand).all()) == 1


def test_the_same_key_with_other_parts_is_refused(hub):
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [("fee_revenue", 10)], "r1")
    with pytest.raises(KeyReused), hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [("fee_revenue", 11)], "r1")


def test_more_than_is_held_cannot_be_released_or_refunded(hub):
    payment = settled_payment(hub)
    with pytest.raises(MoreThanHeld), hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [("fee_revenue", AMOUNT + 1)], "r1")
    with hub.begin(SYSTEM) as work:
        service.refund(work, payment.code, 60_000, "a", "ruling")
    with pytest.raises(MoreThanHeld), hub.begin(SYSTEM) as work:
        service.refund(work, payment.code, 40_001, "b", "ruling")


@pytest.mark.parametrize("parts", [[], [("fee_revenue", 0)], [("fee_revenue", -5), ("goodwill", 6)]])
def test_parts_must_be_real_amounts(hub, parts):
    payment = settled_payment(hub)
    with pytest.raises(SplitDoesNotSum), hub.begin(SYSTEM) as work:
        service.release(work, payment.code, parts, "r1")


def test_parts_must_add_up_to_the_amount_that_was_named(hub):
    payment = settled_payment(hub)
    with pytest.raises(SplitDoesNotSum), hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [("fee_revenue", 99)], "r1", amount_fen=100)


def test_money_that_has_not_arrived_cannot_be_moved(hub):
    payment = make_payment(hub)
    for move in (
        lambda work: service.release(work, payment.code, [("fee_revenue", 1)], "r1"),
        lambda work: service.refund(work, payment.code, 1, "a", "because"),
        lambda work: service.freeze(work, payment.code, "problem"),
    ):
        with pytest.raises(PaymentNotSettled), hub.begin(SYSTEM) as work:
            move(work)


def test_a_refund_reaches_the_payer_through_the_provider(hub):
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.refund(work, payment.code, 30_000, "partial", "scratch")
    money = state_of(hub, payment.code)
    assert (money.state, money.refunded_fen, money.refund_paid_fen, money.held_fen) == ("part_refunded", 30_000, 0, 70_000)
    run_money(hub)
    money = state_of(hub, payment.code)
    assert (money.refunded_fen, money.refund_paid_fen) == (30_000, 30_000)
    assert outbox_names(hub).count("RefundPaid") == 1
    with hub.look() as work:
        assert service.verify(work, hub.provider) == []


def test_the_same_refund_twice_gives_the_money_back_once(hub):
    payment = settled_payment(hub)
    for _ in range(2):
        with hub.begin(SYSTEM) as work:
            service.refund(work, payment.code, AMOUNT, "full", "cancelled")
        run_money(hub)
    assert state_of(hub, payment.code).state == "refunded"
    assert [kind for kind, _ in sandbox(hub).books.movements()] == ["capture", "refund"]


def test_a_ruling_splits_between_both_sides(hub):
    payment, seller = settled_payment(hub), make_user(hub)
    with hub.begin(SYSTEM) as work:
        service.freeze(work, payment.code, "reported problem")
    with hub.begin(SYSTEM) as work:
        service.thaw(work, payment.code)
        service.refund(work, payment.code, 60_000, "ruling", "ruling")
        service.release(work, payment.code, [(queries.seller_account(work, seller.id), 40_000)], "ruling")
    run_money(hub)
    money = state_of(hub, payment.code)
    assert (money.state, money.held_fen, money.released_fen, money.refund_paid_fen) == ("part_refunded", 0, 40_000, 60_000)
    with hub.look() as work:
        assert service.verify(work, hub.provider) == []


def test_no_money_moves_while_it_is_frozen(hub):
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.freeze(work, payment.code, "reported problem")
    assert state_of(hub, payment.code).frozen
    for move in (
        lambda work: service.release(work, payment.code, [("fee_revenue", 1)], "r1"),
        lambda work: service.refund(work, payment.code, 1, "a", "because"),
        lambda work: service.freeze(work, payment.code, "again"),
    ):
        with pytest.raises(PaymentFrozen), hub.begin(SYSTEM) as work:
            move(work)
    with hub.begin(SYSTEM) as work:
        service.thaw(work, payment.code)
    with pytest.raises(PaymentNotFrozen), hub.begin(SYSTEM) as work:
        service.thaw(work, payment.code)
    with hub.begin(SYSTEM) as work:
        service.refund(work, payment.code, AMOUNT, "a", "because")


def test_an_unpaid_hold_is_cancelled_once_and_a_paid_one_not(hub):
    payment, paid = make_payment(hub), settled_payment(hub)
    for _ in range(2):
        with hub.begin(SYSTEM) as work:
            assert service.cancel_hold(work, payment.code, "time over").state == "cancelled"
    with pytest.raises(PaymentNotOpen), hub.begin(SYSTEM) as work:
        service.cancel_hold(work, paid.code)
    with pytest.raises(PaymentNotOpen):
        begin_checkout(hub, payment.code)


def test_money_that_arrives_after_the_cancellation_goes_back_by_itself(hub):
    payment = make_payment(hub)
    intent = begin_checkout(hub, payment.code)
    with hub.begin(SYSTEM) as work:
        service.cancel_hold(work, payment.code)
    sandbox(hub).books.decide(intent, paid=True)
    run_money(hub)
    money = state_of(hub, payment.code)
    assert (money.state, money.refund_paid_fen) == ("refunded", AMOUNT)
    names = outbox_names(hub)
    assert "PaymentSettled" not in names
    assert names.count("RefundPaid") == 1
    with hub.look() as work:
        assert queries.payment_by_code(work, payment.code).state == "cancelled"
        assert service.verify(work, hub.provider) == []


def test_a_declined_payer_may_try_again_until_the_hold_is_cancelled(hub):
    payment = make_payment(hub)
    decline(hub, payment.code)
    with hub.look() as work:
        assert queries.payment_by_code(work, payment.code).state == "failed"
    assert outbox_names(hub).count("PaymentFailed") == 1
    settle(hub, payment.code)
    with hub.look() as work:
        again = queries.payment_by_code(work, payment.code)
        assert (again.state, again.attempt) == ("settled", 2)
    assert state_of(hub, payment.code).held_fen == AMOUNT


def test_after_the_reserved_time_nobody_begins_to_pay(hub):
    payment = make_payment(hub, minutes=-1)
    with pytest.raises(PaymentTimeOver):
        begin_checkout(hub, payment.code)


def test_somebody_elses_payment_does_not_exist(hub):
    payment, stranger = make_payment(hub), make_user(hub)
    with pytest.raises(PaymentNotFound), hub.begin(actor(hub, stranger)) as work:
        begin_attempt(work, payment.code)


def test_the_checkout_is_the_same_when_it_is_opened_twice(hub):
    payment = make_payment(hub)
    assert begin_checkout(hub, payment.code) == begin_checkout(hub, payment.code)


def test_a_kill_before_our_note_of_the_checkout_does_not_make_a_second_one(hub):
    payment = make_payment(hub)
    with hub.begin(payer_of(hub, payment.code)) as work:
        attempt = begin_attempt(work, payment.code)
    lost = hub.provider.create_intent(
        attempt.key, attempt.amount_fen, "CNY", attempt.metadata, f"{hub.settings.base_url}/pay/{payment.code}/done"
    )
    assert begin_checkout(hub, payment.code) == lost.id


def test_a_payment_whose_note_was_lost_settles_by_the_signed_event(hub):
    payment = make_payment(hub)
    with hub.begin(payer_of(hub, payment.code)) as work:
        attempt = begin_attempt(work, payment.code)
    lost = hub.provider.create_intent(attempt.key, attempt.amount_fen, "CNY", attempt.metadata, "http://127.0.0.1/back")
    sandbox(hub).books.decide(lost.id, paid=True)
    assert deliver(hub) == 1
    with hub.look() as work:
        assert queries.payment_by_code(work, payment.code).intent_id == lost.id
    assert state_of(hub, payment.code).state == "held"


def test_a_hold_of_nothing_or_for_an_unknown_purpose_is_a_mistake_of_the_caller(hub):
    person = make_user(hub)
    for purpose, amount in (("order", 0), ("order", -1), ("gift", 5)):
        with pytest.raises(ValueError), hub.begin(SYSTEM) as work:
            service.open_hold(work, purpose, person.id, amount, work.now)


def test_every_transition_is_in_the_audit_trail(hub):
    from app.kernel.audit import AuditEntry

    payment = settled_payment(hub)
    with hub.look() as work:
        rows = work.session.query(AuditEntry).filter_by(entity="payment", entity_id=payment.id).order_by(AuditEntry.id).all()
        assert [(row.from_state, row.to_state) for row in rows] == [("", "open"), ("open", "settled")]
        assert rows[1].actor_kind == "provider"


def test_a_reversal_takes_a_transaction_back_once(hub):
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        first = service.post(
            work, "goodwill:1", "goodwill", [("goodwill", "expense", 50), (f"escrow:{payment.code}", "liability", -50)]
        )
        taken_back = service.reverse(work, first, "typed wrong")
        assert taken_back.reverses == first.id
        assert service.reverse(work, first, "typed wrong").id == taken_back.id
    with hub.look() as work:
        assert queries.balance(work, "goodwill") == 0
        assert work.session.query(LedgerTxn).count() == 3
