"""Prices go to and fro, one that is accepted opens an order; of two people in the same moment one is right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel.clock import advance
from app.kernel.errors import BadState, Conflict
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings import service as listings
from app.listings.errors import ListingNotOnSale
from app.listings.states import ACTIVE, RESERVED
from app.trades import service as trades
from app.trades.errors import (
    AlreadyBargaining,
    BadAddress,
    BadOffer,
    CarsNotSoldYet,
    NegotiationNotFound,
    NotYourOffer,
    OfferExpired,
    OfferNotBelow,
    OtherSidesTurn,
    OwnThing,
    TooManyOffers,
    TooManyRounds,
)
from app.trades.models import Order
from app.trades.models.offers import Negotiation
from app.trades.rules import offers as rules
from app.trades.service import offers as service
from app.trades.states import AWAITING_PAYMENT
from app.trades.states.offers import ACCEPTED, BUYER, DECLINED, EXPIRED, OPEN, SELLER, SUPERSEDED, WITHDRAWN
from tests.accounts.making import actor, make_user
from tests.listings.making import CAR, make_listing, make_thing_listing
from tests.payments.making import settle
from tests.trades.bargaining import (
    LOW,
    accept,
    accepting,
    as_side,
    counter,
    fresh,
    listing_of,
    make_negotiation,
    offer,
    offering,
    prices,
    stepping,
    told,
)
from tests.trades.making import ADDRESS, PRICE, as_buyer, buy, later, user
from tests.trades.making import fresh as fresh_order
from tests.trades.test_race import at_once, buying


def test_an_accepted_offer_reserves_and_opens_an_order_at_its_price(hub: Hub) -> None:
    row = make_negotiation(hub)
    order = accept(hub, row, SELLER, row.version)
    assert (order.price_fen, order.total_fen, order.state, order.buyer_id) == (LOW, LOW, AWAITING_PAYMENT, row.buyer_id)
    assert order.pay_minutes == 24 * 60
    assert order.address_sealed is not None
    assert listing_of(hub, row).state == RESERVED
    after = fresh(hub, row)
    assert (after.state, after.order_id, after.address_sealed) == (ACCEPTED, order.id, None)
    settle(hub, order.payment_code)
    assert fresh_order(hub, order).state == "paid"


def test_both_sides_name_prices_in_turn_and_the_last_one_stands(hub: Hub) -> None:
    row = make_negotiation(hub, 200_000)
    counter(hub, row, SELLER, 230_000, 1)
    counter(hub, row, BUYER, 215_000, 2)
    order = accept(hub, row, SELLER, 3)
    assert order.price_fen == 215_000
    assert prices(hub, row) == [(BUYER, 200_000), (SELLER, 230_000), (BUYER, 215_000)]


def test_nobody_answers_their_own_offer_and_nobody_takes_back_the_others(hub: Hub) -> None:
    row = make_negotiation(hub)
    with pytest.raises(OtherSidesTurn):
        accept(hub, row, BUYER, 1)
    with pytest.raises(OtherSidesTurn):
        counter(hub, row, BUYER, LOW - 1, 1)
    with pytest.raises(OtherSidesTurn):
        as_side(hub, row, BUYER, service.decline, row.code, 1)
    with pytest.raises(NotYourOffer):
        as_side(hub, row, SELLER, service.withdraw, row.code, 1)
    with hub.begin(actor(hub, make_user(hub))) as work, pytest.raises(NegotiationNotFound):
        service.decline(work, row.code, 1)


@pytest.mark.parametrize("price", [None, 0, -1, 71_399, PRICE, PRICE + 1, 10**15])
def test_an_offer_lies_between_the_least_and_the_asking_price(hub: Hub, price: int | None) -> None:
    listing, buyer = make_listing(hub, make_user(hub)), make_user(hub)
    with hub.begin(actor(hub, buyer)) as work, pytest.raises(BadOffer):
        service.make_offer(work, hub.sealer, hub.settings, listing.code, price, "parcel", ADDRESS)
    offer(hub, listing, buyer, 71_400)


@pytest.mark.parametrize(
    ("by", "standing", "least", "most"),
    [
        (BUYER, None, 300, 999),
        (BUYER, (SELLER, 900), 300, 899),
        (SELLER, (BUYER, 600), 601, 1_000),
        (SELLER, (BUYER, 999), 1_000, 1_000),
        (BUYER, (SELLER, 300), 300, 299),
    ],
)
def test_bounds_of_a_price(by: str, standing: tuple[str, int] | None, least: int, most: int) -> None:
    assert rules.bounds(by, 1_000, standing, 30) == (least, most)
    assert (rules.price_problem(least, least, most) is None) == (least <= most)


def test_after_its_time_an_offer_is_not_accepted_also_in_the_same_second(hub: Hub) -> None:
    row = make_negotiation(hub)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(hours=24))  # and no job has run yet
    with pytest.raises(OfferExpired):
        accept(hub, row, SELLER, 1)
    answers = at_once(accepting(hub, row), lambda: later(hub))
    assert isinstance(answers[0], (OfferExpired, BadState)), answers
    assert (fresh(hub, row).state, listing_of(hub, row).state) == (EXPIRED, ACTIVE)
    assert any("ended without an answer" in words for words in told(hub, row.buyer_id))


def test_each_offer_has_its_own_time(hub: Hub) -> None:
    row = make_negotiation(hub, 200_000)
    later(hub, hours=20)
    counter(hub, row, SELLER, 230_000, 1)
    later(hub, hours=20)
    assert fresh(hub, row).state == OPEN
    later(hub, hours=4)
    assert fresh(hub, row).state == EXPIRED


def test_an_old_page_changes_nothing(hub: Hub) -> None:
    row = make_negotiation(hub, 200_000)
    counter(hub, row, SELLER, 230_000, 1)
    counter(hub, row, BUYER, 220_000, 2)
    for step in (service.decline, service.accept):
        given = (row.code, 1) if step is service.decline else (hub.sealer, hub.settings, row.code, 1)
        with pytest.raises(Conflict):
            as_side(hub, row, SELLER, step, *given)
    assert listing_of(hub, row).state == ACTIVE
    assert fresh(hub, row).state == OPEN


def test_taking_back_and_declining_end_it_and_a_new_one_may_begin(hub: Hub) -> None:
    row = make_negotiation(hub)
    as_side(hub, row, BUYER, service.withdraw, row.code, 1)
    assert fresh(hub, row).state == WITHDRAWN
    listing, buyer_id = listing_of(hub, row), row.buyer_id
    again = offer(hub, listing, user(hub, buyer_id))
    as_side(hub, again, SELLER, service.decline, again.code, 1)
    assert fresh(hub, again).state == DECLINED
    with pytest.raises(BadState):
        accept(hub, again, SELLER, 2)


def test_one_buyer_has_one_open_negotiation_about_a_listing(hub: Hub) -> None:
    listing, buyer = make_listing(hub, make_user(hub)), make_user(hub)
    offer(hub, listing, buyer)
    with pytest.raises(AlreadyBargaining):
        offer(hub, listing, buyer, LOW + 1)


def test_the_cap_on_new_negotiations_counts_per_day_and_category(hub: Hub) -> None:
    seller, buyer = make_user(hub), make_user(hub)
    for _ in range(hub.settings.offers_a_day - 1):
        offer(hub, make_listing(hub, seller), buyer)
    last_two = [make_listing(hub, seller) for _ in range(2)]
    answers = at_once(*(offering(hub, listing, buyer) for listing in last_two))
    assert sorted(isinstance(answer, TooManyOffers) for answer in answers) == [False, True], answers
    assert any(isinstance(answer, Negotiation) for answer in answers), answers
    later(hub, hours=24)
    offer(hub, make_listing(hub, seller), buyer)


def test_prices_do_not_go_on_for_ever(hub: Hub) -> None:
    row = make_negotiation(hub, 100_000)
    for number in range(1, rules.MOST_ROUNDS):
        side, price = (SELLER, 230_000 - number) if number % 2 else (BUYER, 100_000 + number)
        counter(hub, row, side, price, number)
    with pytest.raises(TooManyRounds):
        counter(hub, row, BUYER if rules.MOST_ROUNDS % 2 == 0 else SELLER, 150_000, rules.MOST_ROUNDS)


def test_own_things_cars_and_missing_addresses_are_refused(hub: Hub) -> None:
    seller = make_user(hub)
    listing = make_listing(hub, seller)
    with pytest.raises(OwnThing):
        offer(hub, listing, seller)
    with pytest.raises(CarsNotSoldYet):
        offer(hub, make_thing_listing(hub, seller, "car", CAR), make_user(hub))
    with hub.begin(actor(hub, make_user(hub))) as work, pytest.raises(BadAddress):
        service.make_offer(work, hub.sealer, hub.settings, listing.code, LOW, "parcel", {})


def test_others_go_on_until_somebody_has_paid_and_are_told_then(hub: Hub) -> None:
    row = make_negotiation(hub)
    listing = listing_of(hub, row)
    other = offer(hub, listing, make_user(hub), LOW + 1_000)
    order = accept(hub, row, SELLER, 1)
    assert fresh(hub, other).state == OPEN
    with pytest.raises(ListingNotOnSale):
        accept(hub, other, SELLER, 1)
    settle(hub, order.payment_code)
    hub.drain()
    assert fresh(hub, other).state == SUPERSEDED
    assert any("no longer on sale" in words for words in told(hub, other.buyer_id))


def test_when_it_is_not_paid_others_can_still_be_accepted(hub: Hub) -> None:
    row = make_negotiation(hub)
    listing = listing_of(hub, row)
    order = accept(hub, row, SELLER, 1)
    as_buyer(hub, order, trades.cancel_unpaid, order.code)
    other = offer(hub, listing, make_user(hub), LOW + 1_000)
    assert accept(hub, other, SELLER, 1).price_fen == LOW + 1_000


def test_a_direct_buyer_at_the_asking_price_ends_the_bargaining(hub: Hub) -> None:
    row = make_negotiation(hub)
    order = buy(hub, listing_of(hub, row), make_user(hub))
    settle(hub, order.payment_code)
    hub.drain()
    assert fresh(hub, row).state == SUPERSEDED


def test_a_listing_that_leaves_the_shop_ends_the_bargaining(hub: Hub) -> None:
    row = make_negotiation(hub)
    as_side(hub, row, SELLER, listings.withdraw, listing_of(hub, row).code)
    hub.drain()
    assert fresh(hub, row).state == SUPERSEDED


@pytest.mark.parametrize("last_by", [BUYER, SELLER])
def test_nobody_pays_more_by_an_accepted_offer_than_the_thing_costs_now(hub: Hub, last_by: str) -> None:
    row = make_negotiation(hub)
    if last_by == SELLER:
        counter(hub, row, SELLER, LOW + 1, 1)
    listing = listing_of(hub, row)
    as_side(hub, row, SELLER, listings.edit, listing.code, LOW - 1, listing.title, listing.revision)
    with pytest.raises(OfferNotBelow):
        accept(hub, row, BUYER if last_by == SELLER else SELLER, fresh(hub, row).version)


def test_a_price_that_went_up_leaves_the_standing_offer_as_it_was_named(hub: Hub) -> None:
    row = make_negotiation(hub)
    listing = listing_of(hub, row)
    as_side(hub, row, SELLER, listings.edit, listing.code, PRICE + 50_000, listing.title, listing.revision)
    assert accept(hub, row, SELLER, 1).price_fen == LOW


def race_of_answers(hub: Hub) -> None:
    row = make_negotiation(hub)
    answers = at_once(
        accepting(hub, row),
        stepping(hub, row.buyer_id, lambda work: service.withdraw(work, row.code, 1)),
        stepping(hub, row.seller_id, lambda work: service.counter(work, hub.settings, row.code, 230_000, 1)),
    )
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(refused) == 2, answers
    assert all(isinstance(answer, (Conflict, OtherSidesTurn, NotYourOffer)) for answer in refused), refused
    assert (listing_of(hub, row).state == RESERVED) == (fresh(hub, row).state == ACCEPTED)


def test_accepting_taking_back_and_another_price_in_the_same_moment_leave_one_of_them(hub: Hub) -> None:
    for _ in range(5):
        race_of_answers(hub)


def test_two_accepted_offers_and_a_purchase_at_the_asking_price_make_one_order(hub: Hub) -> None:
    for _ in range(5):
        row = make_negotiation(hub)
        listing = listing_of(hub, row)
        other = offer(hub, listing, make_user(hub), LOW + 1)
        answers = at_once(accepting(hub, row), accepting(hub, other), buying(hub, make_user(hub), listing))
        assert sum(isinstance(answer, Order) for answer in answers) == 1, answers


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE offer SET price_fen = 1",
        "DELETE FROM offer",
        "UPDATE negotiation SET buyer_id = seller_id",
        "UPDATE negotiation SET asking_fen = 1",
        "UPDATE negotiation SET state = 'accepted'",
        "UPDATE negotiation SET last_fen = 0",
        "UPDATE negotiation SET state = 'declined'",  # with its address
    ],
)
def test_the_database_itself_refuses(hub: Hub, change: str) -> None:
    make_negotiation(hub)
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(change))
