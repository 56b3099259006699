"""Bank disputes and frozen orders, over every provider: TS48, TS54 to TS58."""

import pytest

from app.kernel.work import SYSTEM
from app.payments import queries, service
from app.payments.errors import LedgerRefused, PaymentDisputed, PaymentFrozen
from tests.payments.making import AMOUNT

pytestmark = pytest.mark.needs("dispute")


def disputed(world, payment, fen=AMOUNT):
    ref = world.outside.dispute(payment.code, fen)
    world.run()
    return ref


def decide(world, ref, *, won):
    world.outside.decide(ref, won=won)
    world.run()


def moves(world, payment, seller):
    """Every command that moves the money of a payment."""

    def release():
        world.release(payment, seller, run=False)

    def refund():
        world.refund(payment, run=False)

    def give_back():
        world.give_back(payment, 1, run=False)

    return release, refund, give_back


def test_ts48_while_an_order_is_frozen_no_money_moves(world):
    payment, seller = world.paid(), world.seller()
    with world.hub.begin(SYSTEM) as work:
        service.freeze(work, payment.code, "defect")
    for move in moves(world, payment, seller):
        with pytest.raises(PaymentFrozen) as refused:
            move()
        assert refused.value.status == 409
    with world.hub.begin(SYSTEM) as work:
        service.thaw(work, payment.code)
    world.release(payment, seller)
    assert world.payouts(seller) == [("succeeded", AMOUNT)]
    world.sound()


@pytest.mark.needs("inquire")
def test_ts54_a_bank_that_only_asks_takes_nothing(world):
    payment, seller = world.paid(), world.seller()
    paid = world.outside.payment(payment.code)
    ref = world.outside.fake.dispute(paid["id"], AMOUNT, "fraudulent", inquiry=True)
    world.run()
    assert (world.money(payment).state, world.anomalies(payment)) == ("held", [])
    decide(world, ref, won=True)
    world.release(payment, seller)
    assert world.payouts(seller) == [("succeeded", AMOUNT)]
    world.sound()


def test_ts55_won_everything_moves_again(world):
    payment, seller = world.paid(), world.seller()
    ref = disputed(world, payment)
    money = world.money(payment)
    assert (money.state, money.disputed_fen) == ("disputed_by_bank", AMOUNT)
    world.sound()
    decide(world, ref, won=True)
    assert world.money(payment).state == "held"
    world.release(payment, seller)
    assert world.payouts(seller) == [("succeeded", AMOUNT)]
    world.sound()


def test_ts56_ts58_lost_while_held_the_payer_has_it_and_nobody_is_paid_twice(world):
    payment, seller = world.paid(), world.seller()
    ref = disputed(world, payment)
    for move in moves(world, payment, seller):
        with pytest.raises(PaymentDisputed):
            move()
    for account, fen in ((f"escrow:{payment.code}", 5), ("goodwill", 5)):
        other = f"refund_payable:{payment.code}" if account == "goodwill" else "fee_revenue"
        kinds = {"goodwill": "expense", "fee_revenue": "income"}
        lines = [(account, kinds.get(account, "liability"), fen), (other, kinds.get(other, "liability"), -fen)]
        with pytest.raises(LedgerRefused), world.hub.begin(SYSTEM) as work:
            service.post(work, f"sly:{account}", "sly", lines)
    decide(world, ref, won=False)
    money = world.money(payment)
    assert (money.state, money.held_fen, money.refund_paid_fen) == ("refunded", 0, AMOUNT)
    lines = [("goodwill", "expense", 1), (f"refund_payable:{payment.code}", "liability", -1)]
    with pytest.raises(LedgerRefused), world.hub.begin(SYSTEM) as work:
        service.post(work, f"again:{payment.code}", "again", lines)
    assert world.payouts(seller) == []
    world.sound()


def test_ts56_what_had_been_refunded_before_is_the_platforms_loss(world):
    seller = world.seller()
    payment = world.sold(seller, fee=2_000)
    world.outside.empty(seller)
    world.give_back(payment, 40_000)
    before = world.balance("bad_debt")
    decide(world, disputed(world, payment), won=False)
    assert world.balance("bad_debt") - before == 40_000
    assert world.balance(f"seller_debt:{seller.code}") == 39_200 + 60_000
    world.sound()


def test_ts57_opened_after_the_release_and_lost_it_is_the_sellers_debt(world):
    seller = world.seller()
    payment = world.sold(seller)
    decide(world, disputed(world, payment), won=False)
    assert world.balance(f"seller_debt:{seller.code}") == AMOUNT
    world.sold(seller)
    assert world.balance(f"seller_debt:{seller.code}") == 0
    assert world.payouts(seller) == [("succeeded", AMOUNT)]
    world.sound()


def test_what_a_bank_takes_stands_in_the_books_until_it_decides(world):
    payment = world.paid()
    ref = disputed(world, payment, 10_000)
    with world.hub.look() as work:
        assert queries.balance(work, f"chargeback_hold:{payment.code}") == 10_000
    decide(world, ref, won=True)
    assert world.balance(f"chargeback_hold:{payment.code}") == 0
    world.sound()
