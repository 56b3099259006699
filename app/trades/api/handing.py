"""From the paid order to the item in the buyer's hands, and kept."""

from __future__ import annotations

from app.goods.errors import ThingChangedHands
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.payments import errors as payments
from app.trades import errors, queries, service
from app.trades.api.shaping import MONEY, SAME, STEP, WRITE, face, order_answer, order_out
from app.trades.schemas import (
    HandoverOut,
    Meeting,
    MeetingCode,
    OrderOut,
    Shipment,
)
from app.web import hub
from app.web.api import Answer, Call


@face.post(
    "/orders/{code}/ship",
    id="shipOrder",
    summary=N_("Say that the parcel is on its way"),
    scope=WRITE,
    body=Shipment,
    example={"carrier": "sf", "tracking_no": "SF1234567890123", "erased": True},
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.WrongDelivery, errors.BundleNotPaid, errors.BadShipment, payments.PaymentDisputed),
)
def ship(call: Call, code: str) -> Answer:
    """For the seller, after the payment."""
    return order_answer(call.work, service.ship(call.work, code, call.body.carrier, call.body.tracking_no, call.body.erased))


@face.post(
    "/orders/{code}/meeting",
    id="arrangeMeeting",
    summary=N_("Say where and when you meet"),
    scope=WRITE,
    body=Meeting,
    example={"place": "Guanyinqiao station, exit 3, Saturday 15:00", "erased": True},
    answer=OrderOut,
    tagged=True,
    refusals=(
        *STEP,
        errors.WrongDelivery,
        errors.BundleNotPaid,
        errors.BadShipment,
        errors.ProblemOpen,
        errors.CancelAsked,
        payments.PaymentDisputed,
        InvalidInput,
    ),
    links={"hand_over": ("handOver", SAME)},
)
def arrange(call: Call, code: str) -> Answer:
    """For the seller; the buyer gets six digits. Again with another place: the meeting is changed."""
    order = service.arrange_meeting(call.work, hub().sealer, code, call.body.place, call.body.erased)
    return order_answer(call.work, order)


@face.post(
    "/orders/{code}/handover",
    id="handOver",
    summary=N_("Enter the buyer's six digits"),
    scope=WRITE,
    body=MeetingCode,
    example={"digits": "204518"},
    answer=HandoverOut,
    refusals=(*STEP, errors.WrongDelivery, payments.PaymentNotFrozen, InvalidInput),
)
def hand_over(call: Call, code: str) -> Answer:
    """For the seller, at the meeting. After five wrong ones no more are taken for a while."""
    said = service.enter_meeting_code(call.work, hub().sealer, code, call.body.digits)
    order = order_out(call.work, queries.own_order(call.work, code))
    until = iso_seconds(said.locked_until) if said.locked_until else None
    return Answer(HandoverOut(right=said.right, tries_left=said.tries_left, locked_until=until, order=order))


@face.post(
    "/orders/{code}/receive",
    id="receiveOrder",
    summary=N_("Say that the parcel has arrived"),
    scope=WRITE,
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.WrongDelivery, errors.AlreadyInTheRoom, payments.PaymentNotFrozen),
    links={"accept": ("acceptOrder", SAME), "problem": ("reportProblem", SAME), "installed": ("installOrder", SAME)},
)
def receive(call: Call, code: str) -> Answer:
    """For the buyer; the time for checking begins, or with the installation where there is one."""
    return order_answer(call.work, service.confirm_receipt(call.work, code))


@face.post(
    "/orders/{code}/accept",
    id="acceptOrder",
    summary=N_("Keep the item: the seller gets the money"),
    scope=WRITE,
    answer=OrderOut,
    if_match="needed",
    tagged=True,
    refusals=(*STEP, *MONEY, errors.ProblemOpen, errors.ClaimOpen, payments.SplitDoesNotSum, ThingChangedHands),
    links={"record": ("listRecords", {"code": "$response.body#/seller"})},
)
def accept(call: Call, code: str) -> Answer:
    """For the buyer, once; it cannot be taken back."""
    order = queries.own_order(call.work, code, to_change=True)
    call.seen.require(order.version)  # type: ignore[union-attr]
    return order_answer(call.work, service.accept(call.work, code, call.seen.version))  # type: ignore[union-attr]
