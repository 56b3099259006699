"""The way back of a refunded item: where to, with which parcel, and that it has arrived."""

from __future__ import annotations

from app.kernel.text import N_
from app.trades import errors, policy, queries, rules, service
from app.trades.api.shaping import READ, SAME, STEP, WRITE, face, order_answer
from app.trades.schemas import OrderOut, Parcel, ReturnAddressIn, ReturnAddressOut
from app.web import begin, hub, look
from app.web.api import Answer, Call


@face.post(
    "/orders/{code}/return-address",
    id="askBack",
    summary=N_("Say where a refunded item goes back to"),
    scope=WRITE,
    body=ReturnAddressIn,
    example={"name": "贺兰", "phone": "13900139000", "address": "重庆市沙坪坝区梧桐里 12 号 3-1"},
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.BadAddress, errors.NotAway, errors.SentBack),
    links={"taken": ("takeBack", SAME)},
)
def ask_back(call: Call, code: str) -> Answer:
    """For the seller; only this buyer sees it. Until the item is sent the address can be put right by sending it again."""
    wanted: ReturnAddressIn = call.body
    home = hub()
    order = service.ask_back(call.work, home.sealer, home.settings.return_days, code, wanted.name, wanted.phone, wanted.address)
    return order_answer(call.work, order)


@face.get(
    "/orders/{code}/return-address",
    id="getReturnAddress",
    summary=N_("Where a refunded item goes back to"),
    scope=READ,
    answer=ReturnAddressOut,
    is_atomic=False,
    refusals=(errors.OrderNotFound, errors.ReturnAddressNotShown),
    links={"sent": ("sendBack", SAME)},
)
def return_address(call: Call, code: str) -> Answer:
    """From the day it is named until the seller has the item again. Each look of the buyer is written down first."""
    with look() as work:
        order = queries.own_order(work, code)
        is_buyer = policy.role_in(work.actor, order) == rules.BUYER
        if not queries.sees_return_address(order):
            raise errors.ReturnAddressNotShown()
    if is_buyer:
        with begin() as work:
            service.note_address_shown(work, code)
    found = queries.return_address_of(order, hub().sealer)
    if found is None:
        raise errors.ReturnAddressNotShown()
    return Answer(ReturnAddressOut(name=found.name, phone=found.phone, address=found.address))


@face.post(
    "/orders/{code}/send-back",
    id="sendBack",
    summary=N_("Say that a refunded item is on its way back"),
    scope=WRITE,
    body=Parcel,
    example={"carrier": "yto", "tracking_no": "YT1234567890123"},
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.BadShipment, errors.NoReturnAddress, errors.NotAway, errors.SentBack),
)
def send_back(call: Call, code: str) -> Answer:
    """For the buyer, once the seller has named the address; the seller is told the number of the parcel."""
    return order_answer(call.work, service.send_back(call.work, code, call.body.carrier, call.body.tracking_no))


@face.post(
    "/orders/{code}/take-back",
    id="takeBack",
    summary=N_("Say that the item is with you again"),
    scope=WRITE,
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.NotAway),
)
def take_back(call: Call, code: str) -> Answer:
    """For the seller after a refund; the listing is paused."""
    return order_answer(call.work, service.take_back(call.work, code))
