"""The rest of TS63, over every provider: two who move the same thing in one moment, and a clock that goes back."""

from datetime import timedelta

import pytest

from app.kernel import clock
from app.kernel.errors import Conflict
from app.kernel.work import SYSTEM
from app.listings import service as listings
from app.payments import queries as money
from app.payments import service as payments
from app.payments.errors import MoreThanHeld
from app.search import service as search
from app.trades import service
from app.trades.models import Order
from app.trades.service import offers
from app.trades.states import ACCEPTANCE, AWAITING_PAYMENT, COMPLETED, PAID
from tests.accounts.making import actor, make_member
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_listing
from tests.payments.making import AMOUNT, begin_checkout, settle
from tests.trades import bargaining
from tests.trades.making import PRICE, fresh, make_order, money_of, user
from tests.trades.test_race import at_once, sold


@pytest.fixture
def hub(world):
    return world.hub


def move_clock(hub, **by):
    with hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(**by))


def refused(answers):
    return [each for each in answers if isinstance(each, Conflict)]


def test_ts63_accepting_against_withdrawing_an_offer_one_of_them_counts(world, hub):
    seller, buyer = world.seller(), world.seller()
    row = bargaining.offer(hub, make_listing(hub, seller), buyer)
    accept = bargaining.stepping(
        hub, seller.id, lambda work: offers.accept(work, hub.sealer, hub.settings, row.code, row.version)
    )
    withdraw = bargaining.stepping(hub, buyer.id, lambda work: offers.withdraw(work, row.code, row.version))
    answers = at_once(accept, withdraw)
    assert len(refused(answers)) == 1, answers
    state, listing = bargaining.fresh(hub, row).state, bargaining.listing_of(hub, row)
    if isinstance(answers[0], Order):
        settle(hub, answers[0].payment_code)
        assert (state, money_of(hub, answers[0]).held_fen) == ("accepted", bargaining.LOW)
    else:
        assert (state, listing.state, sold(hub, listing)) == ("withdrawn", "active", 0)
    world.sound()


def test_ts63_an_offer_whose_time_is_over_is_not_accepted_also_before_the_clock_has_ended_it(world, hub):
    seller = world.seller()
    row = bargaining.offer(hub, make_listing(hub, seller), world.seller())
    move_clock(hub, hours=hub.settings.offer_hours, seconds=1)
    accept = bargaining.stepping(
        hub, seller.id, lambda work: offers.accept(work, hub.sealer, hub.settings, row.code, row.version)
    )
    answers = at_once(accept, hub.sweep)
    assert len(refused(answers)) == 1, answers
    hub.drain()
    assert (bargaining.fresh(hub, row).state, bargaining.listing_of(hub, row).state) == ("expired", "active")
    world.sound()


def test_ts63_releasing_against_refunding_moves_each_fen_once(world, hub):
    payment, seller = world.paid(), world.seller()

    def release():
        def verb(work):
            payments.release(work, payment.code, [(money.seller_account(work, seller.id), AMOUNT)], "r")

        return hub.db.run(SYSTEM, verb)

    def refund():
        def verb(work):
            payments.refund(work, payment.code, AMOUNT, "a", "agreed")

        return hub.db.run(SYSTEM, verb)

    answers = at_once(release, refund)
    assert [isinstance(each, MoreThanHeld) for each in answers].count(True) == 1, answers
    world.run()
    found = world.money(payment)
    assert sorted((found.released_fen, found.refund_paid_fen)) == [0, AMOUNT]
    world.sound()


def test_ts63_completing_against_a_take_down_leaves_the_money_with_one_of_them(world, hub):
    seller = world.seller()
    order = make_order(hub, ACCEPTANCE, seller=seller)
    version, listing = fresh(hub, order).version, fresh_listing(hub, order.listing_id)
    buyer, operator = actor(hub, user(hub, order.buyer_id)), actor(hub, make_member(hub, "operator"))
    answers = at_once(
        lambda: hub.db.run(buyer, lambda work: service.accept(work, order.code, version)),
        lambda: hub.db.run(operator, lambda work: listings.take_down(work, listing.code, "冒用他人照片。", listing.version)),
    )
    assert all(each is None or not isinstance(each, Exception) or isinstance(each, Conflict) for each in answers), answers
    world.run()
    found = money_of(hub, order)
    if fresh(hub, order).state == COMPLETED:
        assert (found.released_fen, found.held_fen) == (PRICE, 0)
    else:
        assert found.released_fen == 0
        assert found.held_fen + found.refunded_fen == PRICE
    world.sound()


def test_ts63_the_index_is_built_anew_while_a_listing_is_held_and_paid(world, hub):
    order = make_order(hub, AWAITING_PAYMENT, seller=world.seller())
    begin_checkout(hub, order.payment_code)
    answers = at_once(lambda: search.rebuild(hub.db, hub.index), lambda: settle(hub, order.payment_code))
    assert not [each for each in answers if isinstance(each, Exception)], answers
    hub.drain()
    assert (fresh(hub, order).state, fresh_listing(hub, order.listing_id).state) == (PAID, "reserved")
    assert sold(hub, fresh_listing(hub, order.listing_id)) == 1
    world.sound()


def test_ts63_a_clock_that_goes_back_pays_nothing_twice_and_ends_nothing_early(world, hub):
    order = make_order(hub, AWAITING_PAYMENT, seller=world.seller())
    move_clock(hub, hours=-3)
    try:
        settle(hub, order.payment_code)
        assert fresh(hub, order).state == PAID
        hub.drain()
        found = money_of(hub, order)
        assert (found.captured_fen, found.held_fen) == (PRICE, PRICE)
    finally:
        move_clock(hub, hours=3)
    hub.drain()
    assert fresh(hub, order).state == PAID
    world.sound()
