"""A bundle is reserved as a whole or not at all, costs what was agreed to the fen, and stays together until it is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.accounts.models import User
from app.kernel.hub import Hub
from app.listings.models import Listing
from app.listings.states import ACTIVE, RESERVED
from app.notices.models import Notice
from app.trades import service as trades
from app.trades.errors import AlreadyBargaining, BadBundle, BadOffer, BundleBroken, BundleNotPaid
from app.trades.models import Order
from app.trades.models.offers import Negotiation
from app.trades.queries import offers as queries
from app.trades.rules import offers as rules
from app.trades.service import offers as service
from app.trades.service.offers.telling import SENTENCES
from app.trades.states import AWAITING_PAYMENT, CANCELLED_BEFORE_SHIP, CANCELLED_UNPAID, PAID
from app.trades.states.offers import BUYER, OPEN, SUPERSEDED
from tests.accounts.making import actor, make_user
from tests.listings.making import WASHER, make_listing, make_thing_listing
from tests.listings.making import fresh as fresh_listing
from tests.payments.making import run_money, settle
from tests.trades.bargaining import accepting, counter, fresh, offer, stepping
from tests.trades.making import ADDRESS, as_buyer, as_seller, buy, later, money_of
from tests.trades.making import fresh as fresh_order
from tests.trades.test_race import at_once

PRICE = 500_000  # fen for three things that ask 238,000, 238,001 and 100,000


def shelf(hub: Hub, seller: User) -> list[Listing]:
    return [make_listing(hub, seller, price_fen=price) for price in (238_000, 238_001, 100_000)]


def bundle(hub: Hub, lots: Sequence[Listing], price_fen: int = PRICE, buyer: User | None = None) -> Negotiation:
    return offer(hub, lots[0], buyer or make_user(hub), price_fen, further=[lot.code for lot in lots[1:]])


def accepted(hub: Hub) -> list[Order]:
    """The orders of an accepted bundle of three, unpaid."""
    row = bundle(hub, shelf(hub, make_user(hub)))
    accepting(hub, row)()
    with hub.look() as work:
        orders = queries.orders_of_bundle(work, fresh(hub, row))
        work.session.expunge_all()
    return orders


def buying(hub: Hub, listing: Listing) -> Callable[[], object]:
    where = (listing.code, listing.price_fen or 0, "parcel", ADDRESS)
    return stepping(hub, make_user(hub).id, lambda work: trades.buy(work, hub.sealer, hub.settings, *where))


def states(hub: Hub, orders: Sequence[Order]) -> list[str]:
    return [fresh_order(hub, order).state for order in orders]


@given(
    some.lists(some.integers(1, 10**9), min_size=1, max_size=6).flatmap(
        lambda prices: some.tuples(some.just(prices), some.integers(len(prices), sum(prices)))
    )
)
def test_the_parts_are_the_price_to_the_fen(given_: tuple[list[int], int]) -> None:
    prices, total = given_
    parts = rules.split(total, prices)
    assert sum(parts) == total
    for part, price in zip(parts, prices, strict=True):
        assert 1 <= part <= price
        assert abs(part - Fraction(total * price, sum(prices))) <= len(prices)


@pytest.mark.parametrize(("total", "prices"), [(1, [5, 5]), (11, [5, 5]), (0, [5])])
def test_a_price_that_cannot_be_split_is_refused(total: int, prices: list[int]) -> None:
    with pytest.raises(ValueError, match="cannot be split"):
        rules.split(total, prices)


def test_an_accepted_bundle_reserves_everything_and_opens_an_order_for_each_part(hub: Hub) -> None:
    seller, buyer = make_user(hub), make_user(hub)
    lots = shelf(hub, seller)
    row = bundle(hub, lots, 400_000, buyer)
    counter(hub, row, "seller", PRICE, 1)
    with hub.begin(actor(hub, buyer)) as work:
        service.accept(work, hub.sealer, hub.settings, row.code, 2)
    with hub.look() as work:
        orders = queries.orders_of_bundle(work, fresh(hub, row))
        parts = {order.listing_id: order.price_fen for order in orders}
    assert [parts[lot.id] for lot in lots] == rules.split(PRICE, [238_000, 238_001, 100_000])
    assert sum(parts.values()) == PRICE
    assert {order.state for order in orders} == {AWAITING_PAYMENT}
    assert [fresh_listing(hub, lot.id).state for lot in lots] == [RESERVED] * 3


def test_when_one_cannot_be_had_nothing_is_reserved_and_it_is_said_which(hub: Hub) -> None:
    seller = make_user(hub)
    lots = shelf(hub, seller)
    row = bundle(hub, lots)
    buy(hub, lots[2], make_user(hub))
    with pytest.raises(BundleBroken) as broken:
        accepting(hub, row)()
    assert lots[2].title in str(broken.value.values["titles"])
    assert [fresh_listing(hub, lot.id).state for lot in lots] == [ACTIVE, ACTIVE, RESERVED]
    with pytest.raises(BundleBroken):
        bundle(hub, lots)


def test_bundles_that_share_a_listing_and_a_purchase_in_the_same_moment_leave_each_whole_or_nothing(hub: Hub) -> None:
    for _ in range(4):
        seller = make_user(hub)
        lots = shelf(hub, seller)
        one, other = bundle(hub, lots), bundle(hub, lots[::-1])
        answers = at_once(accepting(hub, one), accepting(hub, other), buying(hub, lots[1]))
        assert sum(isinstance(answer, Order) for answer in answers) == 1, answers
        reserved = [fresh_listing(hub, lot.id).state for lot in lots].count(RESERVED)
        assert reserved == (1 if isinstance(answers[2], Order) else 3)
        with hub.look() as work:
            held = work.session.scalars(select(Order.id).where(Order.listing_id.in_([lot.id for lot in lots]))).all()
        assert len(held) == reserved


def test_nothing_is_sent_before_everything_is_paid_and_one_is_refunded_by_itself(hub: Hub) -> None:
    orders = accepted(hub)
    for order in orders[:2]:
        settle(hub, order.payment_code)
    with pytest.raises(BundleNotPaid):
        as_seller(hub, orders[0], trades.ship, orders[0].code, "sf", "SF1234567890123", True)
    settle(hub, orders[2].payment_code)
    as_seller(hub, orders[0], trades.ship, orders[0].code, "sf", "SF1234567890123", True)
    as_seller(hub, orders[1], trades.cancel, orders[1].code, "broken")
    run_money(hub)
    assert states(hub, orders) == ["fulfilling", CANCELLED_BEFORE_SHIP, PAID]
    assert [money_of(hub, order).refunded_fen for order in orders] == [0, orders[1].total_fen, 0]
    assert [money_of(hub, order).held_fen for order in orders] == [orders[0].total_fen, 0, orders[2].total_fen]


@pytest.mark.parametrize("way", ["not paid in time", "let go unpaid", "let go paid"])
def test_a_buyer_who_lets_a_part_go_lets_the_bundle_go_and_gets_everything_back(hub: Hub, way: str) -> None:
    orders = accepted(hub)
    settle(hub, orders[0].payment_code)
    if way == "let go paid":
        settle(hub, orders[1].payment_code)
    if way == "not paid in time":
        later(hub, hours=hub.settings.offer_pay_hours)
    else:
        as_buyer(hub, orders[1], trades.cancel, orders[1].code)
    run_money(hub)
    paid = [fresh_order(hub, order).paid_at is not None for order in orders]
    assert states(hub, orders) == [CANCELLED_BEFORE_SHIP if each else CANCELLED_UNPAID for each in paid]
    assert [money_of(hub, order).refunded_fen for order in orders] == [
        order.total_fen if each else 0 for order, each in zip(orders, paid, strict=True)
    ]
    assert [fresh_listing(hub, order.listing_id).state for order in orders] == [ACTIVE] * 3


def test_a_sold_part_ends_the_bargaining_and_the_buyer_is_told_which(hub: Hub) -> None:
    lots = shelf(hub, make_user(hub))
    row = bundle(hub, lots)
    settle(hub, buy(hub, lots[1], make_user(hub)).payment_code)
    hub.drain()
    assert fresh(hub, row).state == SUPERSEDED
    with hub.look() as work:
        notice = work.session.scalars(select(Notice).where(Notice.user_id == row.buyer_id).order_by(Notice.id.desc())).first()
    assert notice is not None
    assert notice.text == SENTENCES["bundle_superseded"][BUYER]
    assert notice.values["gone"] == lots[1].title


def test_a_bundle_is_of_one_seller_and_kind_and_not_bargained_for_twice(hub: Hub) -> None:
    seller, buyer = make_user(hub), make_user(hub)
    lots = shelf(hub, seller)
    for foreign in (make_listing(hub, make_user(hub)), make_thing_listing(hub, seller, "appliance", WASHER)):
        with pytest.raises(BadBundle):
            bundle(hub, [lots[0], foreign], 100_000)
    with pytest.raises(BadOffer):
        bundle(hub, lots, 238_000 + 238_001 + 100_000)
    bundle(hub, lots, buyer=buyer)
    with pytest.raises(AlreadyBargaining):
        offer(hub, lots[2], buyer, 90_000)


def test_the_lowest_prices_of_a_bundle_count_together(hub: Hub) -> None:
    assert not rules.is_quiet(BUYER, 500, [(300, 400), (200, 300), (None, 300)])
    assert rules.is_quiet(BUYER, 499, [(300, 400), (200, 300), (None, 300)])
    assert not rules.is_quiet(BUYER, 499, [(300, 400), (301, 300)])


def test_the_database_itself_keeps_a_bundle_as_it_is(hub: Hub) -> None:
    row = bundle(hub, shelf(hub, make_user(hub)))
    assert fresh(hub, row).state == OPEN
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text("UPDATE negotiation_item SET listing_id = listing_id + 1"))
