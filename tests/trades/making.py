"""Makes orders through the verbs, with real listings and real (sandbox) money, for the tests of every room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from app.accounts.models import User
from app.kernel.clock import advance
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, Work
from app.listings.models import Listing
from app.payments import queries as money
from app.payments.rules import MoneyState
from app.trades import queries, service
from app.trades.models import Order, Review, TradeCase
from app.trades.states import (
    ACCEPTANCE,
    AWAITING_PAYMENT,
    CANCELLED_BEFORE_SHIP,
    CANCELLED_PLATFORM,
    CANCELLED_UNPAID,
    CLOSED_REFUNDED,
    COMPLETED,
    FULFILLING,
    MEET,
    PAID,
    PARCEL,
)
from tests.accounts.making import actor, make_member, make_user
from tests.listings.making import make_listing
from tests.payments.making import run_money, settle
from tests.remembering import remembered

Row = TypeVar("Row")

ADDRESS = {"name": "沈知遥", "phone": "13800138000", "address": "重庆市渝北区云杉路 8 号 2-1-4"}
RETURN_ADDRESS = {"name": "许清和", "phone": "13900139000", "address": "重庆市沙坪坝区梧桐里 12 号 3-1"}
PRICE = 238_000  # fen, the price of tests.listings.making
REASON = "屏幕有描述里没有的裂纹，已拍照。"
GROUNDS = "照片显示裂纹在发货前就有，退还全部货款。"


def buy(
    hub: Hub, listing: Listing, buyer: User, *, price_fen: int | None = None, delivery: str = PARCEL, **address: str
) -> Order:
    """The buyer reserves the listing at the price that it has."""
    with hub.begin(actor(hub, buyer)) as work:
        where = {**ADDRESS, **address} if delivery == PARCEL else None
        expected = listing.price_fen if price_fen is None else price_fen
        return service.buy(work, hub.sealer, hub.settings, listing.code, expected or 0, delivery, where)


@remembered
def make_order(
    hub: Hub,
    state: str = PAID,
    *,
    seller: User | None = None,
    buyer: User | None = None,
    listing: Listing | None = None,
    delivery: str = PARCEL,
    **answers: Any,
) -> Order:
    """An order in the wanted state, brought there through the verbs; ``answers`` go to the listing (``price_fen=100``)."""
    if seller is None and listing is not None:
        seller = user(hub, listing.seller_id)
    seller, buyer = seller or make_user(hub, name="许清和"), buyer or make_user(hub, name="沈知遥")
    listing = listing or make_listing(hub, seller, **answers)
    order = buy(hub, listing, buyer, delivery=delivery)
    if state == AWAITING_PAYMENT:
        return fresh(hub, order)
    if state == CANCELLED_UNPAID:
        as_buyer(hub, order, service.cancel_unpaid, order.code)
        return fresh(hub, order)
    settle(hub, order.payment_code)
    if state == CANCELLED_BEFORE_SHIP:
        as_buyer(hub, order, service.cancel_before_ship, order.code)
        run_money(hub)
    elif state == CANCELLED_PLATFORM:
        as_operator(hub, service.stop_order, order.code, "收到线索，先停下这笔交易。")
        run_money(hub)
    elif state != PAID:
        hand_over(hub, order, until=state)
    made = fresh(hub, order)
    assert made.state == state, f"wanted {state}, got {made.state}"
    return made


def hand_over(hub: Hub, order: Order, until: str = COMPLETED) -> None:
    """From the paid order on: sent or arranged, received, then accepted or given back."""
    if order.delivery == MEET:
        as_seller(hub, order, service.arrange_meeting, hub.sealer, order.code, "观音桥地铁站 2 号口，周六下午三点", True)
    else:
        as_seller(hub, order, service.ship, order.code, "sf", "SF1234567890123", True)
    if until == FULFILLING:
        return
    if order.delivery == MEET:
        assert as_seller(hub, order, service.enter_meeting_code, hub.sealer, order.code, code_of(hub, order)).right
    else:
        as_buyer(hub, order, service.confirm_receipt, order.code)
    if until == ACCEPTANCE:
        return
    if until == CLOSED_REFUNDED:
        case = report(hub, order)
        as_operator(hub, service.rule, case.code, "refund", GROUNDS, case.version, "seller_fault")
    else:
        as_buyer(hub, order, service.accept, order.code, fresh(hub, order).version)
    run_money(hub)


def report(hub: Hub, order: Order, reason: str = "defect", text: str = REASON) -> TradeCase:
    """The buyer reports a problem; the case as it stands then."""
    case = as_buyer(hub, order, service.report_problem, order.code, reason, text)
    return fresh_case(hub, case)


def make_opened_review(hub: Hub, order: Order, text: str = "屏幕和描述的一样，包装很仔细。") -> Review:
    """Both sides of a completed order review each other; what the buyer wrote, opened."""
    review: Review = as_buyer(hub, order, service.write_review, order.code, 4, text)
    as_seller(hub, order, service.write_review, order.code, 5, "付款快，沟通顺利。")
    with hub.look() as work:
        return detached(work, work.session.get_one(Review, review.id))


def ask_back(hub: Hub, order: Order, **changes: str) -> Order:
    """The seller of a refunded order names where the item goes back to."""
    return as_seller(hub, order, service.ask_back, hub.sealer, 7, order.code, *{**RETURN_ADDRESS, **changes}.values())


def as_buyer(hub: Hub, order: Order, verb: Any, *args: Any) -> Any:
    with hub.begin(actor(hub, user(hub, order.buyer_id))) as work:
        return verb(work, *args)


def as_seller(hub: Hub, order: Order, verb: Any, *args: Any) -> Any:
    with hub.begin(actor(hub, user(hub, order.seller_id))) as work:
        return verb(work, *args)


def as_operator(hub: Hub, verb: Any, *args: Any) -> Any:
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        return verb(work, *args)


def user(hub: Hub, user_id: int) -> User:
    with hub.look() as work:
        return detached(work, work.session.get_one(User, user_id))


def fresh(hub: Hub, order: Order) -> Order:
    """The order as it stands in the database now."""
    with hub.look() as work:
        return detached(work, queries.order_by_id(work, order.id))


def fresh_case(hub: Hub, case: TradeCase) -> TradeCase:
    with hub.look() as work:
        return detached(work, work.session.get_one(TradeCase, case.id))


def detached(work: Work, row: Row) -> Row:
    """The row as plain values that outlive the block."""
    work.session.expunge(row)
    return row


def code_of(hub: Hub, order: Order) -> str:
    """The six digits on the buyer's page."""
    digits = queries.meet_code(fresh(hub, order), hub.sealer)
    assert digits is not None
    return digits


def money_of(hub: Hub, order: Order) -> MoneyState:
    with hub.look() as work:
        return money.money_state(work, order.payment_code)


def later(hub: Hub, **by: float) -> None:
    """Move the demo clock: ``later(hub, days=8)``, then let everything that is due happen."""
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(**by))
    run_money(hub)
