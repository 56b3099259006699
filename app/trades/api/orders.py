"""Buy, and read what was bought and sold."""

from __future__ import annotations

from typing import Any

from app.kernel.errors import BadState
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.listings import errors as listing_errors
from app.listings import queries as listings
from app.trades import choices, errors, policy, queries, rules, service
from app.trades.api.shaping import READ, SAME, WRITE, face, order_answer
from app.trades.queries.rights import rights_of_order
from app.trades.schemas import (
    AddressOut,
    ChoicesOut,
    CodeOut,
    OrderLine,
    OrderOut,
    Orders,
    OrdersQuery,
    PromiseOut,
    Purchase,
    RightOut,
    RightsOut,
    TradeChoice,
)
from app.trades.states import FULFILLING
from app.web import begin, hub, look
from app.web.api import Answer, Call, cut, read_cursor
from app.web.api.shapes import words


@face.get(
    "/trade-choices",
    id="getTradeChoices",
    summary=N_("Carriers and reasons to choose from"),
    roles=("anyone",),
    answer=ChoicesOut,
)
def trade_choices(call: Call) -> Answer:
    """Their codes are what `carrier` and `reason` hold."""

    def named(rows: tuple[Any, ...]) -> list[TradeChoice]:
        return [TradeChoice(code=each.code, name=words(each.name)) for each in rows]

    shape = ChoicesOut(
        carriers=named(choices.carriers()),
        problem_reasons=named(choices.buyer_reasons()),
        seller_cancel_reasons=named(choices.seller_cancel_reasons()),
    )
    return Answer(shape)


@face.post(
    "/orders",
    id="buy",
    summary=N_("Buy"),
    scope=WRITE,
    body=Purchase,
    example={
        "listing": "7kq2m9v4x0c8n1t5r3wz6ybhdj",
        "expected_price_fen": 238000,
        "delivery": "parcel",
        "address": {"name": "沈知遥", "phone": "13800138000", "address": "重庆市渝北区云杉路 8 号 2-1-4"},
    },
    answer=OrderOut,
    status=201,
    tagged=True,
    refusals=(
        listing_errors.ListingNotFound,
        listing_errors.ListingNotOnSale,
        listing_errors.PriceChanged,
        listing_errors.ThingNotTradable,
        errors.OwnThing,
        errors.CarsNotSoldYet,
        errors.BadAddress,
        errors.DeliveryPriced,
        BadState,
    ),
    links={
        "order": ("getOrder", {"code": "$response.body#/code"}),
        "pay": ("payPayment", {"code": "$response.body#/payment"}),
        "payment": ("getPayment", {"code": "$response.body#/payment"}),
    },
)
def buy(call: Call) -> Answer:
    """Reserves the item for you and freezes what was promised. Pay `payment` until `status.until`."""
    wanted: Purchase = call.body
    address = wanted.address.model_dump() if wanted.address is not None else None
    home = hub()
    order = service.buy(
        call.work,
        home.sealer,
        home.settings,
        wanted.listing,
        wanted.expected_price_fen,
        wanted.delivery,
        address,
        wanted.confirmed,
        wanted.expected_delivery_fen,
    )
    return order_answer(call.work, order, created=True)


@face.get("/orders", id="listOrders", summary=N_("What you bought and sold"), scope=READ, query=OrdersQuery, answer=Orders)
def listed(call: Call) -> Answer:
    """Newest first."""
    asked: OrdersQuery = call.query
    place = f"listOrders {asked.role}"
    me = call.work.actor.id
    rows = queries.page_of_orders(call.work, me, asked.role, read_cursor(place, asked.cursor), asked.limit + 1)
    shown, further = cut(rows, asked.limit, place, lambda order: order.id)
    items = [
        OrderLine(
            code=each.code,
            state=each.state,
            role=policy.role_in(call.work.actor, each) or "",
            title=each.title,
            total_fen=each.total_fen,
            created_at=iso_seconds(each.created_at),
        )
        for each in shown
    ]
    return Answer(Orders(items=items, next_cursor=further))


@face.get(
    "/orders/{code}",
    id="getOrder",
    summary=N_("Read an order"),
    scope=READ,
    answer=OrderOut,
    tagged=True,
    refusals=(errors.OrderNotFound,),
    links={
        "ship": ("shipOrder", SAME),
        "arrange": ("arrangeMeeting", SAME),
        "receive": ("receiveOrder", SAME),
        "accept": ("acceptOrder", SAME),
        "cancel": ("cancelOrder", SAME),
        "problem": ("reportProblem", SAME),
        "ask_back": ("askBack", SAME),
        "return_address": ("getReturnAddress", SAME),
        "send_back": ("sendBack", SAME),
        "take_back": ("takeBack", SAME),
        "rights": ("getOrderRights", SAME),
        "changes": ("listChanges", SAME),
    },
)
def show(call: Call, code: str) -> Answer:
    """For its buyer and its seller. `actions` names what you can do now."""
    return order_answer(call.work, queries.own_order(call.work, code))


@face.get(
    "/orders/{code}/promise",
    id="getPromise",
    summary=N_("What was promised in an order"),
    scope=READ,
    answer=PromiseOut,
    refusals=(errors.OrderNotFound, listing_errors.ListingNotFound),
)
def promise(call: Call, code: str) -> Answer:
    """The frozen version of the listing. Its canonical form (RFC 8785) has this SHA-256."""
    order = queries.own_order(call.work, code)
    frozen = listings.version(call.work, order.listing_id, order.listing_version_no)
    return Answer(PromiseOut(sha256=frozen.sha256, content=frozen.content))


@face.get(
    "/orders/{code}/rights",
    id="getOrderRights",
    summary=N_("The buyer's rights of an order, and until when"),
    scope=READ,
    answer=RightsOut,
    refusals=(errors.OrderNotFound,),
    links={"rules": ("listRights", {})},
)
def rights(call: Call, code: str) -> Answer:
    """Computed for now, by the rules of the day of the sale. None before the payment, and none when all the money goes back."""
    found = rights_of_order(call.work, queries.own_order(call.work, code))
    items = [
        RightOut(
            code=each.code,
            name=words(each.rule.name.names),
            state=each.state,
            until=iso_seconds(each.until) if each.until else None,
            is_law=each.rule.is_law,
            source=words(each.rule.source.names),
            remedies=list(each.rule.remedies),
            paid_by=each.rule.paid_by,
            freight_by=each.rule.freight_by,
        )
        for each in found
    ]
    return Answer(RightsOut(items=items))


@face.get(
    "/orders/{code}/address",
    id="getAddress",
    summary=N_("Where the parcel goes"),
    scope=READ,
    answer=AddressOut,
    is_atomic=False,
    refusals=(errors.OrderNotFound, errors.AddressNotShown),
)
def address(call: Call, code: str) -> Answer:
    """The buyer always; the seller from the payment to the end of the sale, and each such look is written down first."""
    with look() as work:
        order = queries.own_order(work, code)
        role = policy.role_in(work.actor, order) or ""
        if not queries.sees_address(order, role):
            raise errors.AddressNotShown()
    if role == rules.SELLER:
        with begin() as work:
            service.note_address_shown(work, code)
    found = queries.address_of(order, hub().sealer)
    if found is None:
        raise errors.AddressNotShown()
    return Answer(AddressOut(**{name: getattr(found, name) for name in AddressOut.model_fields}))


@face.get(
    "/orders/{code}/meeting-code",
    id="getMeetingCode",
    summary=N_("Your six digits for the handover"),
    scope=READ,
    answer=CodeOut,
    refusals=(errors.OrderNotFound, errors.NotYourStep, errors.NoMeetingCode),
)
def meeting_code(call: Call, code: str) -> Answer:
    """For the buyer of a meeting that is arranged. Read them out once you hold the item."""
    order = queries.own_order(call.work, code)
    policy.require(call.work.actor, order, rules.BUYER)
    digits = queries.meet_code(order, hub().sealer) if order.state == FULFILLING else None
    if digits is None:
        raise errors.NoMeetingCode()
    return Answer(CodeOut(digits=digits))
