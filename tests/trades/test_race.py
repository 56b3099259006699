"""Many buyers press "buy" in the same moment: one gets the item, the others are told; and the guards are what makes it so."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select, text, update

from app.accounts.models import User
from app.kernel.errors import Conflict
from app.kernel.hub import Hub
from app.listings import service as listings
from app.listings.errors import ListingNotOnSale
from app.listings.models import Listing, ListingVersion
from app.listings.queries import version
from app.listings.states import ACTIVE, RESERVED
from app.trades import service
from app.trades.models import Order, TradeCase
from app.trades.states import HOLDING
from tests.accounts.making import actor, make_member, make_user
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_listing
from tests.payments.making import run_money
from tests.trades.making import ADDRESS, PRICE, fresh, make_order, money_of, report, user

BUYERS, ROUNDS = 8, 10


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """Run the verbs in threads that start in the same moment; returns what each gave or raised."""
    answers: list[object] = [None] * len(verbs)
    start = threading.Barrier(len(verbs))

    def run(place: int) -> None:
        start.wait()
        try:
            answers[place] = verbs[place]()
        except Exception as refusal:  # the answers are compared by the test
            answers[place] = refusal

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(verbs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def buying(hub: Hub, buyer: User, listing: Listing) -> Callable[[], Order]:
    who = actor(hub, buyer)
    return lambda: hub.db.run(
        who, lambda work: service.buy(work, hub.sealer, hub.settings, listing.code, PRICE, "parcel", ADDRESS)
    )


def sold(hub: Hub, listing: Listing) -> int:
    with hub.look() as work:
        return len(work.session.scalars(select(Order.id).where(Order.listing_id == listing.id, Order.state.in_(HOLDING))).all())


def test_eight_buyers_and_one_phone_ten_times_over(hub):
    buyers = [make_user(hub) for _ in range(BUYERS)]
    seller = make_user(hub)
    for _ in range(ROUNDS):
        listing = make_listing(hub, seller)
        answers = at_once(*(buying(hub, buyer, listing) for buyer in buyers))
        winners = [answer for answer in answers if isinstance(answer, Order)]
        assert len(winners) == 1, answers
        assert all(isinstance(answer, Order | ListingNotOnSale) for answer in answers), answers
        assert sold(hub, listing) == 1
        assert fresh_listing(hub, listing.id).state == RESERVED


def test_without_the_guarded_update_and_the_index_the_same_race_sells_twice(hub, monkeypatch):
    """The planted fault: look first, then take, and no index that knows better. The test must see the double sale."""
    seen = threading.Barrier(BUYERS, timeout=30)
    monkeypatch.setattr(listings, "reserve", check_then_take)
    with hub.begin() as work:
        work.session.execute(text("DROP INDEX uq_trade_order_listing_held"))
    buyers = [make_user(hub) for _ in range(BUYERS)]
    listing = make_listing(hub, make_user(hub))

    def look_then_buy(buyer: User) -> Callable[[], object]:
        buy = buying(hub, buyer, listing)

        def act() -> object:
            with hub.look() as work:
                if work.session.scalars(select(Listing.state).where(Listing.id == listing.id)).one() != ACTIVE:
                    raise ListingNotOnSale()
            seen.wait()
            return buy()

        return act

    answers = at_once(*(look_then_buy(buyer) for buyer in buyers))
    assert sum(isinstance(answer, Order) for answer in answers) > 1, answers
    assert sold(hub, listing) > 1


def test_the_index_alone_still_sells_once(hub, monkeypatch):
    """Guard B: even a code path that takes without asking cannot sell the listing a second time."""
    monkeypatch.setattr(listings, "reserve", check_then_take)
    buyers = [make_user(hub) for _ in range(4)]
    listing = make_listing(hub, make_user(hub))
    answers = at_once(*(buying(hub, buyer, listing) for buyer in buyers))
    assert sum(isinstance(answer, Order) for answer in answers) == 1, answers
    assert sold(hub, listing) == 1


def check_then_take(work, listing_code: str, expected_price_fen: int) -> ListingVersion:
    """What a reservation must not be: the state was looked at earlier, and now it is simply overwritten."""
    listing = work.session.scalars(select(Listing).where(Listing.code == listing_code)).one()
    work.session.execute(update(Listing).where(Listing.id == listing.id).values(state=RESERVED))
    return version(work, listing.id, listing.current_version_no)


@pytest.mark.parametrize("round_", range(3))
def test_accepting_and_reporting_in_the_same_moment_never_do_both(hub, round_):
    order = make_order(hub, "acceptance")
    buyer = actor(hub, user(hub, order.buyer_id))

    def accept() -> Order:
        with hub.begin(buyer) as work:
            return service.accept(work, order.code, order.version)

    answers = at_once(accept, lambda: report(hub, order))
    assert sum(isinstance(answer, Order | TradeCase) for answer in answers) == 1, answers
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1, answers
    run_money(hub)
    now, money = fresh(hub, order), money_of(hub, order)
    with hub.look() as work:
        cases = work.session.scalars(select(TradeCase).where(TradeCase.order_id == order.id)).all()
    if now.state == "completed":
        assert (len(cases), money.released_fen, money.frozen) == (0, PRICE, False)
    else:
        assert (now.problem_state, len(cases), money.held_fen, money.frozen) == ("open", 1, PRICE, True)


@pytest.mark.parametrize("round_", range(3))
def test_buyer_and_seller_cancel_in_the_same_moment_and_the_money_goes_back_once(hub, round_):
    order = make_order(hub, "paid")
    people = [actor(hub, user(hub, person)) for person in (order.buyer_id, order.seller_id)]

    def cancelling(who) -> Callable[[], object]:
        def cancel() -> object:
            with hub.begin(who) as work:
                return service.cancel_before_ship(work, order.code, "changed_mind", order.version)

        return cancel

    answers = at_once(*(cancelling(who) for who in people))
    assert sum(isinstance(answer, Order) for answer in answers) == 1, answers
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1, answers
    run_money(hub)
    assert money_of(hub, order).refund_paid_fen == PRICE


def test_a_ruling_by_two_operators_is_carried_out_once(hub):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    staff = [actor(hub, make_member(hub, "operator")) for _ in range(2)]

    def ruling(who, word: str) -> Callable[[], object]:
        def decide() -> object:
            with hub.begin(who) as work:
                return service.rule(work, case.code, word, "两位同事同时作出的决定。", case.version)

        return decide

    answers = at_once(ruling(staff[0], "release"), ruling(staff[1], "refund"))
    assert sum(isinstance(answer, TradeCase) for answer in answers) == 1, answers
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1, answers
    run_money(hub)
    money = money_of(hub, order)
    assert money.released_fen + money.refunded_fen == money.captured_fen == PRICE
    assert money.held_fen == 0
