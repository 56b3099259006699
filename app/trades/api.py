"""Sales for programs: the same verbs as the pages, from "buy" to "accept"."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext

from app.accounts import queries as accounts
from app.goods.errors import ThingChangedHands
from app.kernel.errors import BadState, Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.listings import errors as listing_errors
from app.listings import queries as listings
from app.payments import errors as payments
from app.trades import choices, errors, policy, queries, rules, service
from app.trades.models import Order, TradeCase
from app.trades.schemas import (
    AddressOut,
    Cancellation,
    CaseOut,
    ChoicesOut,
    CodeOut,
    HandoverOut,
    Meeting,
    MeetingCode,
    OrderLine,
    OrderOut,
    Orders,
    OrdersQuery,
    ProblemReport,
    PromiseOut,
    Purchase,
    Shipment,
    StatementIn,
    StatusOut,
    TradeChoice,
)
from app.trades.states import FULFILLING
from app.web import begin, hub, look
from app.web.api import Answer, Call, Face, Tag, make_cursor, read_cursor
from app.web.api.shapes import words

face = Face("orders")

READ, WRITE = "orders:read", "orders:write"
_SAME = {"code": "$request.path.code"}
_STEP = (errors.OrderNotFound, errors.NotYourStep, BadState, Conflict)
# Moving money is refused when the books say so, whatever the order says.
_MONEY = (payments.PaymentFrozen, payments.PaymentNotSettled, payments.MoreThanHeld, payments.LedgerRefused, payments.KeyReused)


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
        call.work, home.sealer, home.settings, wanted.listing, wanted.expected_price_fen, wanted.delivery, address
    )
    return _answer(call.work, order, created=True)


@face.get("/orders", id="listOrders", summary=N_("What you bought and sold"), scope=READ, query=OrdersQuery, answer=Orders)
def listed(call: Call) -> Answer:
    """Newest first."""
    asked: OrdersQuery = call.query
    place = f"listOrders {asked.role}"
    me = call.work.actor.id
    rows = queries.page_of_orders(call.work, me, asked.role, read_cursor(place, asked.cursor), asked.limit + 1)
    shown = rows[: asked.limit]
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
    return Answer(Orders(items=items, next_cursor=make_cursor(place, shown[-1].id) if len(rows) > len(shown) else None))


@face.get(
    "/orders/{code}",
    id="getOrder",
    summary=N_("Read an order"),
    scope=READ,
    answer=OrderOut,
    tagged=True,
    refusals=(errors.OrderNotFound,),
    links={
        "ship": ("shipOrder", _SAME),
        "arrange": ("arrangeMeeting", _SAME),
        "receive": ("receiveOrder", _SAME),
        "accept": ("acceptOrder", _SAME),
        "cancel": ("cancelOrder", _SAME),
        "problem": ("reportProblem", _SAME),
    },
)
def show(call: Call, code: str) -> Answer:
    """For its buyer and its seller. `actions` names what you can do now."""
    return _answer(call.work, queries.own_order(call.work, code))


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
    return Answer(AddressOut(name=found.name, phone=found.phone, address=found.address))


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


@face.post(
    "/orders/{code}/ship",
    id="shipOrder",
    summary=N_("Say that the parcel is on its way"),
    scope=WRITE,
    body=Shipment,
    example={"carrier": "sf", "tracking_no": "SF1234567890123", "erased": True},
    answer=OrderOut,
    tagged=True,
    refusals=(*_STEP, errors.WrongDelivery, errors.BadShipment),
)
def ship(call: Call, code: str) -> Answer:
    """For the seller, after the payment."""
    return _answer(call.work, service.ship(call.work, code, call.body.carrier, call.body.tracking_no, call.body.erased))


@face.post(
    "/orders/{code}/meeting",
    id="arrangeMeeting",
    summary=N_("Say where and when you meet"),
    scope=WRITE,
    body=Meeting,
    example={"place": "Guanyinqiao station, exit 3, Saturday 15:00", "erased": True},
    answer=OrderOut,
    tagged=True,
    refusals=(*_STEP, errors.WrongDelivery, errors.BadShipment, errors.ProblemOpen, errors.CancelAsked, InvalidInput),
    links={"hand_over": ("handOver", _SAME)},
)
def arrange(call: Call, code: str) -> Answer:
    """For the seller; the buyer gets six digits. Again with another place: the meeting is changed."""
    order = service.arrange_meeting(call.work, hub().sealer, code, call.body.place, call.body.erased)
    return _answer(call.work, order)


@face.post(
    "/orders/{code}/handover",
    id="handOver",
    summary=N_("Enter the buyer's six digits"),
    scope=WRITE,
    body=MeetingCode,
    example={"digits": "204518"},
    answer=HandoverOut,
    refusals=(*_STEP, errors.WrongDelivery, payments.PaymentNotFrozen, InvalidInput),
)
def hand_over(call: Call, code: str) -> Answer:
    """For the seller, at the meeting. After five wrong ones no more are taken for a while."""
    said = service.enter_meeting_code(call.work, hub().sealer, code, call.body.digits)
    order = _order(call.work, queries.own_order(call.work, code))
    until = iso_seconds(said.locked_until) if said.locked_until else None
    return Answer(HandoverOut(right=said.right, tries_left=said.tries_left, locked_until=until, order=order))


@face.post(
    "/orders/{code}/receive",
    id="receiveOrder",
    summary=N_("Say that the parcel has arrived"),
    scope=WRITE,
    answer=OrderOut,
    tagged=True,
    refusals=(*_STEP, errors.WrongDelivery, payments.PaymentNotFrozen),
    links={"accept": ("acceptOrder", _SAME), "problem": ("reportProblem", _SAME)},
)
def receive(call: Call, code: str) -> Answer:
    """For the buyer; the time for checking begins."""
    return _answer(call.work, service.confirm_receipt(call.work, code))


@face.post(
    "/orders/{code}/accept",
    id="acceptOrder",
    summary=N_("Keep the item: the seller gets the money"),
    scope=WRITE,
    answer=OrderOut,
    if_match="needed",
    tagged=True,
    refusals=(*_STEP, *_MONEY, errors.ProblemOpen, payments.SplitDoesNotSum, ThingChangedHands),
    links={"record": ("listRecords", {"code": "$response.body#/seller"})},
)
def accept(call: Call, code: str) -> Answer:
    """For the buyer, once; it cannot be taken back."""
    order = queries.own_order(call.work, code, to_change=True)
    call.seen.require(order.version)  # type: ignore[union-attr]
    return _answer(call.work, service.accept(call.work, code, call.seen.version))  # type: ignore[union-attr]


@face.post(
    "/orders/{code}/cancel",
    id="cancelOrder",
    summary=N_("Cancel an order"),
    scope=WRITE,
    body=Cancellation,
    example={"reason": "sold_elsewhere"},
    answer=OrderOut,
    if_match="read",
    tagged=True,
    refusals=(
        *_STEP,
        *_MONEY,
        errors.AlreadyPaid,
        errors.AlreadyShipped,
        errors.ProblemOpen,
        errors.CancelAsked,
        errors.WrongDelivery,
    ),
)
def cancel(call: Call, code: str) -> Answer:
    """Before it is sent, with all the money back. A buyer who wants to end an arranged meeting asks the seller by this."""
    order = queries.own_order(call.work, code, to_change=True)
    if call.seen is not None:
        call.seen.require(order.version)
    return _answer(call.work, service.cancel(call.work, code, call.body.reason))


@face.post(
    "/orders/{code}/cancel/agree",
    id="agreeCancel",
    summary=N_("Agree to the buyer's wish to cancel"),
    scope=WRITE,
    answer=OrderOut,
    tagged=True,
    refusals=(*_STEP, *_MONEY, errors.NoCancelAsked, errors.ProblemOpen),
)
def agree_cancel(call: Call, code: str) -> Answer:
    """For the seller, who has the item: all the money goes back."""
    return _answer(call.work, service.agree_cancel(call.work, code))


@face.post(
    "/orders/{code}/cancel/object",
    id="objectCancel",
    summary=N_("Say that the buyer has the item already"),
    scope=WRITE,
    body=StatementIn,
    example={"text": "The buyer took it on Saturday at 15:10, exit 3."},
    answer=OrderOut,
    tagged=True,
    refusals=(*_STEP, errors.NoCancelAsked, errors.ProblemOpen, payments.PaymentFrozen, payments.PaymentNotSettled),
)
def object_cancel(call: Call, code: str) -> Answer:
    """For the seller: the money is frozen and staff decide."""
    service.object_cancel(call.work, code, call.body.text)
    return _answer(call.work, queries.own_order(call.work, code))


@face.post(
    "/orders/{code}/problem",
    id="reportProblem",
    summary=N_("Report a problem with what arrived"),
    scope=WRITE,
    body=ProblemReport,
    example={"reason": "not_as_described", "text": "The screen has a crack that the description does not name."},
    answer=OrderOut,
    tagged=True,
    refusals=(*_STEP, errors.ProblemOpen, errors.WindowOver, payments.PaymentNotSettled, payments.PaymentFrozen),
    links={"withdraw": ("withdrawProblem", _SAME), "answer": ("answerProblem", _SAME)},
)
def report_problem(call: Call, code: str) -> Answer:
    """For the buyer, in the time for checking: the money is frozen and staff decide."""
    service.report_problem(call.work, code, call.body.reason, call.body.text)
    return _answer(call.work, queries.own_order(call.work, code))


@face.post(
    "/orders/{code}/problem/withdraw",
    id="withdrawProblem",
    summary=N_("Take a problem back"),
    scope=WRITE,
    answer=OrderOut,
    tagged=True,
    refusals=(*_STEP, errors.NoOpenProblem, errors.WithdrawnOnce, payments.PaymentNotFrozen),
)
def withdraw_problem(call: Call, code: str) -> Answer:
    """For the buyer, once; the time for checking begins again."""
    return _answer(call.work, service.withdraw_problem(call.work, code))


@face.post(
    "/orders/{code}/problem/answer",
    id="answerProblem",
    summary=N_("Answer a problem that the other side reported"),
    scope=WRITE,
    body=StatementIn,
    example={"text": "The photos that I sent before shipping show no crack."},
    answer=OrderOut,
    tagged=True,
    refusals=(*_STEP, errors.NoOpenProblem, errors.AnsweredOnce),
)
def answer_problem(call: Call, code: str) -> Answer:
    """Once; staff and both sides read it."""
    service.answer_case(call.work, code, call.body.text)
    return _answer(call.work, queries.own_order(call.work, code))


@face.post(
    "/orders/{code}/take-back",
    id="takeBack",
    summary=N_("Say that the item is with you again"),
    scope=WRITE,
    answer=OrderOut,
    tagged=True,
    refusals=(*_STEP, errors.NotAway),
)
def take_back(call: Call, code: str) -> Answer:
    """For the seller after a refund; the listing is paused."""
    return _answer(call.work, service.take_back(call.work, code))


def _answer(work: Work, order: Order, *, created: bool = False) -> Answer:
    location = url_for("api.getOrder", code=order.code) if created else None
    return Answer(_order(work, order), Tag(order.version), location)


def _order(work: Work, order: Order) -> OrderOut:
    role = policy.role_in(work.actor, order) or rules.BUYER
    standing = queries.standing(work, order, role)
    people = accounts.users_by_id(work, [order.buyer_id, order.seller_id])
    listing = listings.listing_by_id(work, order.listing_id)
    assert listing is not None
    return OrderOut(
        code=order.code,
        state=order.state,
        version=order.version,
        role=role,  # type: ignore[arg-type]
        listing=listing.code,
        listing_version=order.listing_version_no,
        promise_sha256=order.listing_version_sha256,
        title=order.title,
        price_fen=order.price_fen,
        fee_fen=order.fee_fen,
        delivery_fen=order.delivery_fen,
        total_fen=order.total_fen,
        currency=order.currency,
        delivery=order.delivery,
        payment=order.payment_code if role == rules.BUYER else None,
        money=standing.money.state,
        shipment=order.shipment_state,
        problem=order.problem_state,
        carrier=order.carrier,
        tracking_no=order.tracking_no,
        meet_place=order.meet_place,
        buyer=people[order.buyer_id].code,
        seller=people[order.seller_id].code,
        status=_status(standing.status),
        actions=list(standing.actions),
        cases=[_case(each) for each in queries.cases_of(work, order.id)],
        created_at=iso_seconds(order.created_at),
    )


def _status(status: rules.Status) -> StatusOut:
    def said(text: str) -> str:
        return gettext(text, **status.values) if text and status.values else (gettext(text) if text else "")

    return StatusOut(
        sentence=said(status.sentence),
        next_step=said(status.next_step),
        who=status.who,
        until=iso_seconds(status.until) if status.until else None,
        otherwise=said(status.otherwise),
    )


def _case(case: TradeCase) -> CaseOut:
    return CaseOut(
        code=case.code,
        state=case.state,
        reason=case.reason,
        text=case.text,
        answer=case.answer_text,
        ruling=case.ruling,
        grounds=case.reason_text,
        opened_at=iso_seconds(case.opened_at),
    )
