"""After a refund by ruling the thing goes back to its seller: where to, with which parcel, that it has arrived, and reminders."""

from __future__ import annotations

import json

from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.listings import service as listings
from app.trades import policy, rules
from app.trades.errors import BadAddress, BadShipment, NoReturnAddress, NotAway, SentBack
from app.trades.models import Order
from app.trades.queries import is_away, order_by_id, own_order, return_address_of
from app.trades.rules import BUYER, SELLER
from app.trades.service.ending import watch_way_back
from app.trades.service.handover import read_parcel
from app.trades.service.telling import tell
from app.trades.states import DELIVERED, ORDER_FLOW, RETURNED


def ask_back(work: Work, sealer: Sealer, return_days: int, code: str, name: str, phone: str, address: str) -> Order:
    """The seller names the address for the way back; only this buyer sees it. Until it is sent it can be put right.

    The buyer's days count from the first time. Raises BadAddress naming the fields, NotAway, SentBack.
    """
    order = _away(work, code, SELLER)
    if order.shipment_state != DELIVERED:
        raise NotAway()  # the parcel never reached the buyer: the carrier brings it back to the sender on it
    read, errors = rules.read_address(name, phone, address)
    if errors:
        raise BadAddress(errors)
    if order.return_sent_at is not None:
        raise SentBack()
    if return_address_of(order, sealer) == read:
        return order  # the same form sent twice is no change, and nobody is told again
    sealed = json.dumps(read.as_dict(), ensure_ascii=False)
    order.return_address_sealed = sealer.seal(sealed, f"trade_order.return_address:{order.code}")
    order.return_due_at = order.return_due_at or rules.return_due_at(work.now, return_days)
    ORDER_FLOW.apply(work, order, "ask_back")
    watch_way_back(work, order)
    tell(work, order, "ask_back", order.return_due_at, again=str(order.version))
    return order


def send_back(work: Work, code: str, carrier: str, tracking_no: str) -> Order:
    """The buyer has given the parcel to a carrier. Raises BadShipment naming the fields, NoReturnAddress, NotAway, SentBack."""
    order = _away(work, code, BUYER)
    if order.return_sent_at is not None:
        raise SentBack()
    if order.return_due_at is None:
        raise NoReturnAddress()
    number, errors = read_parcel(order, carrier, tracking_no)
    if errors:
        raise BadShipment(errors)
    order.return_carrier, order.return_tracking_no, order.return_sent_at = carrier, number, work.now
    ORDER_FLOW.apply(work, order, "send_back", detail={"carrier": carrier})
    watch_way_back(work, order)
    tell(work, order, "send_back")
    return order


def take_back(work: Work, code: str) -> Order:
    """After a refund the seller says that the thing is back in their hands; only then it can be sold again."""
    order = _away(work, code, SELLER)
    order.shipment_state = RETURNED
    ORDER_FLOW.apply(work, order, "take_back")
    watch_way_back(work, order)
    listings.unreserve(work, order.listing_id, back_on_sale=False)  # its description was ruled wrong: the seller looks first
    tell(work, order, "take_back")
    return order


def on_way_back(work: Work, order_id: int) -> None:
    """Whoever makes the next step of the way back has not made it: a reminder (deadline)."""
    order = order_by_id(work, order_id, to_change=True)
    if not is_away(order):
        return
    if order.return_due_at is not None and order.return_sent_at is None:
        tell(work, order, "return_reminder", order.return_due_at, again=str(order.version))
        return  # once; what is not sent by then stands in the staff's list
    unnamed = order.return_due_at is None and order.shipment_state == DELIVERED
    count = rules.way_back_reminders(order.entered_at, work.now)
    tell(work, order, "ask_back_reminder" if unnamed else "take_back_reminder", again=f"{order.version}.{count}")
    watch_way_back(work, order)


def _away(work: Work, code: str, role: str) -> Order:
    """The refunded order whose thing is not with its seller yet. Raises NotYourStep, NotAway."""
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, role)
    if not is_away(order):
        raise NotAway()
    return order
