"""Whole sales over every provider: TS01 to TS04, TS06, TS63."""

import pytest

from app.kernel.errors import Conflict
from app.listings import service as listings
from app.payments import queries as money
from app.payments.errors import PaymentFrozen
from app.trades import service
from app.trades.states import ACCEPTANCE, AWAITING_PAYMENT, CANCELLED_UNPAID, COMPLETED, FULFILLING, PAID
from tests.accounts.making import actor, make_member
from tests.conformance.test_paying import announced
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_listing
from tests.payments.making import begin_checkout, settle
from tests.trades import bargaining
from tests.trades.making import (
    PRICE,
    as_buyer,
    as_seller,
    buy,
    code_of,
    fresh,
    later,
    make_order,
    money_of,
    report,
)
from tests.trades.test_race import at_once, buying, sold

FEE = 4_760


@pytest.fixture
def hub(world):
    return world.hub


def test_ts01_bought_sent_accepted_and_paid_out(world, hub):
    seller = world.seller()
    fees = world.balance("fee_revenue")
    order = make_order(hub, COMPLETED, seller=seller)
    assert world.balance(f"escrow:{order.payment_code}") == 0
    assert world.balance("fee_revenue") - fees == FEE
    assert world.payouts(seller) == [("succeeded", PRICE - FEE)]
    world.sound()


def test_ts02_the_clock_releases_with_a_proof_of_delivery_and_never_without(world, hub):
    seller = world.seller()
    order = make_order(hub, ACCEPTANCE, seller=seller)
    later(hub, hours=73)
    assert fresh(hub, order).state == COMPLETED
    assert world.payouts(seller) == [("succeeded", PRICE - FEE)]
    waiting = make_order(hub, FULFILLING, seller=seller)
    later(hub, days=60)
    assert fresh(hub, waiting).state == FULFILLING
    assert world.balance(f"escrow:{waiting.payment_code}") == PRICE
    world.sound()


def test_ts03_an_accepted_offer_ends_the_others_when_it_is_paid(world, hub):
    seller = world.seller()
    listing = make_listing(hub, seller)
    buyers = [world.seller() for _ in range(2)]
    mine, other = (bargaining.offer(hub, listing, buyer, 200_000 + place) for place, buyer in enumerate(buyers))
    order = bargaining.accept(hub, mine, "seller", mine.version)
    assert bargaining.fresh(hub, other).state not in ("accepted", "won")
    settle(hub, order.payment_code)
    assert (fresh(hub, order).state, order.price_fen) == (PAID, 200_000)
    assert money_of(hub, order).held_fen == 200_000
    world.sound()


def test_ts04_a_meeting_counts_by_the_buyers_six_digits(world, hub):
    seller = world.seller()
    order = make_order(hub, FULFILLING, seller=seller, delivery="meet")
    wrong = as_seller(
        hub, order, service.enter_meeting_code, hub.sealer, order.code, "000000" if code_of(hub, order) != "000000" else "1"
    )
    assert not wrong.right
    assert as_seller(hub, order, service.enter_meeting_code, hub.sealer, order.code, code_of(hub, order)).right
    as_buyer(hub, order, service.accept, order.code, fresh(hub, order).version)
    world.run()
    assert world.payouts(seller) == [("succeeded", PRICE - FEE)]
    world.sound()


def test_ts06_sides_that_contradict_each_other_freeze_the_money(world, hub):
    order = make_order(hub, ACCEPTANCE, delivery="meet", seller=world.seller())
    report(hub, order)
    assert money_of(hub, order).frozen
    with pytest.raises(Conflict):
        as_buyer(hub, order, service.accept, order.code, fresh(hub, order).version)
    later(hub, days=30)
    assert world.balance(f"escrow:{order.payment_code}") == PRICE
    with pytest.raises(PaymentFrozen):
        world.refund(_payment(world, order), PRICE)
    world.sound()


def _payment(world, order):
    with world.hub.look() as work:
        found = money.payment_by_code(work, order.payment_code)
        work.session.expunge(found)
        return found


def test_ts63_many_buyers_of_one_item_and_one_of_them_pays(world, hub):
    listing = make_listing(hub, world.seller())
    buyers = [world.seller() for _ in range(6)]
    answers = at_once(*(buying(hub, buyer, listing) for buyer in buyers))
    orders = [each for each in answers if not isinstance(each, Exception)]
    assert (len(orders), sold(hub, listing)) == (1, 1)
    settle(hub, orders[0].payment_code)
    assert money_of(hub, orders[0]).held_fen == PRICE
    world.sound()


def test_ts63_paying_against_the_end_of_the_time(world, hub):
    """Paid at the provider in the last moment, heard after it: the item is free again and the money goes back."""
    order = make_order(hub, AWAITING_PAYMENT, seller=world.seller())
    begin_checkout(hub, order.payment_code)
    world.outside.pay(order.payment_code)
    with hub.begin(actor(hub, _buyer(hub, order))) as work:
        service.cancel_unpaid(work, order.code)
    world.run()
    state = money_of(hub, order)
    assert fresh(hub, order).state == CANCELLED_UNPAID
    assert (state.refund_paid_fen, state.held_fen) == (PRICE, 0)
    assert fresh_listing(hub, order.listing_id).state == "active"
    world.sound()


def _buyer(hub, order):
    from tests.trades.making import user

    return user(hub, order.buyer_id)


def test_ts63_a_listing_that_is_taken_down_during_the_payment(world, hub):
    order = make_order(hub, AWAITING_PAYMENT, seller=world.seller())
    world.outside.pay(order.payment_code)
    listing = fresh_listing(hub, order.listing_id)
    try:
        with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
            listings.take_down(work, listing.code, "冒用他人照片。", listing.version)
        refused = False
    except Conflict:
        refused = True
    world.run()
    state = money_of(hub, order)
    assert refused or state.held_fen in (0, PRICE)
    assert state.captured_fen == PRICE
    assert (state.held_fen == PRICE) is (fresh(hub, order).state == PAID)
    world.sound()


def test_ts63_accepting_twice_in_one_moment_releases_once(world, hub):
    seller = world.seller()
    order = make_order(hub, ACCEPTANCE, seller=seller)
    version = fresh(hub, order).version
    who = actor(hub, _buyer(hub, order))

    def accept():
        return hub.db.run(who, lambda work: service.accept(work, order.code, version))

    at_once(accept, accept, accept)
    world.run()
    assert world.payouts(seller) == [("succeeded", PRICE - FEE)]
    assert money_of(hub, order).released_fen == PRICE
    world.sound()


def test_a_price_that_moved_is_told_before_anything_is_paid(world, hub):
    listing = make_listing(hub, world.seller())
    with pytest.raises(Conflict):
        buy(hub, listing, world.seller(), price_fen=listing.price_fen - 1)
    assert announced(world, world.paid(1_000)) == 1
