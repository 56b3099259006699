"""From the paid order to the thing in the buyer's hands: by parcel, or in person with a one-time code."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from app.kernel.audit import record
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_digits
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.time import add_days
from app.kernel.work import Work
from app.listings import queries as listing_queries
from app.listings import service as listings
from app.listings.models import Listing
from app.trades import choices, policy, rules
from app.trades.errors import (
    AlreadyInTheRoom,
    AlreadyShipped,
    BadShipment,
    BundleNotPaid,
    CancelAsked,
    NoCancelAsked,
    ProblemOpen,
    WrongDelivery,
)
from app.trades.events import OrderShipped, ProblemReported
from app.trades.models import Order, TradeCase
from app.trades.queries import meet_code, order_by_id, own_order
from app.trades.queries.carrying import is_installed
from app.trades.queries.offers import unpaid_of_bundle
from app.trades.rules import BUYER, SELLER
from app.trades.service.banks import BANK_PAUSE, is_at_the_bank, not_at_the_bank
from app.trades.service.buying import cancel_unpaid
from app.trades.service.carrying import arrive, begin_checking, lapse_change, watch_receipt
from app.trades.service.ending import cancel_paid, note
from app.trades.service.problems import open_case
from app.trades.service.telling import tell
from app.trades.states import (
    FULFILLING,
    MEET,
    ORDER_FLOW,
    PAID,
    PARCEL,
    PROBLEM_OPEN,
    SHIPPED,
)

GONE = ("sold_elsewhere", "broken")  # reasons of a seller after which there is nothing left to offer


def cancel_before_ship(work: Work, code: str, reason: str | None = None, expected_version: int | None = None) -> Order:
    """Either side ends a paid order before the thing is sent or handed over; all the money goes back to the buyer.

    A seller gives a ``reason`` from the list, and the cancellation stays in the record. Raises AlreadyShipped, ProblemOpen.
    """
    order = own_order(work, code, to_change=True)
    role = policy.role_in(work.actor, order)
    if order.shipment_state == SHIPPED:
        raise AlreadyShipped()
    _quiet(order)
    if role == BUYER:  # from the state paid only; a meeting that is arranged is ended by ask_cancel
        cancel_paid(work, order, "buyer_cancel", "buyer_cancelled", "buyer", None, expected_version)
        return order
    if reason not in {choice.code for choice in choices.seller_cancel_reasons()}:
        raise InvalidInput({"reason": N_("Please choose why you do not sell.")})
    cancel_paid(work, order, "seller_cancel", "seller_cancelled", "seller", reason, expected_version)
    note(work, order, "order.cancelled_by_seller", reason=reason)
    # A seller who does not sell is not offered to the next buyer in the same second.
    listing = work.session.get_one(Listing, order.listing_id)
    if listing.state == "active":
        (listings.withdraw if reason in GONE else listings.pause)(work, listing.code)
    return order


def cancel(work: Work, code: str, reason: str | None = None, expected_version: int | None = None) -> Order:
    """The actor wants to end the order: unpaid it ends at once, before shipping too; an arranged meeting is asked about first."""
    order = own_order(work, code, to_change=True)
    if order.state == FULFILLING and policy.role_in(work.actor, order) == BUYER:
        return ask_cancel(work, code, expected_version)
    if order.paid_at is None:
        return cancel_unpaid(work, code)
    return cancel_before_ship(work, code, reason, expected_version)


def ask_cancel(work: Work, code: str, expected_version: int | None = None) -> Order:
    """The buyer wants to end an arranged meeting. The item may have changed hands, so the seller has 24 hours to say so.

    Raises WrongDelivery, ProblemOpen, CancelAsked, BadState, Conflict on a stale page.
    """
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, BUYER)
    _by(order, MEET)
    _quiet(order)
    if order.state == FULFILLING and order.cancel_asked_at is not None:
        raise CancelAsked()
    ORDER_FLOW.apply(work, order, "ask_cancel", expected_version=expected_version)
    order.cancel_asked_at = work.now
    due_at = rules.cancel_due_at(work.now)
    watch_receipt(work, order)
    set_deadline(work, "order", order.id, "cancel", due_at, order.version)
    tell(work, order, "cancel_asked", due_at)
    return order


def agree_cancel(work: Work, code: str) -> Order:
    """The seller has the item and agrees: all the money goes back. Nothing is noted against the seller."""
    order = _asked(work, code)
    cancel_paid(work, order, "agree_cancel", "buyer_cancelled", "buyer", None)
    return order


def object_cancel(work: Work, code: str, text: str) -> TradeCase:
    """The seller says that the buyer has the item: the money is frozen and staff decide. Raises InvalidInput, NoCancelAsked."""
    order = _asked(work, code)
    text = text.strip()
    if not 10 <= len(text) <= 1000:
        raise InvalidInput({"text": N_("Please say in 10 to 1,000 characters when and where the buyer took the item.")})
    case = open_case(work, order, "handed_over", text, work.actor.id, "object_cancel")
    tell(work, order, "cancel_objected")
    announce(work, ProblemReported(order.code, case.code))
    return case


def on_cancel_timeout(work: Work, order_id: int) -> None:
    """The seller did not object to the buyer's wish to cancel: all the money goes back."""
    order = order_by_id(work, order_id, to_change=True)
    if order.state != FULFILLING or order.problem_state == PROBLEM_OPEN or order.cancel_asked_at is None:
        return
    if work.now < rules.cancel_due_at(order.cancel_asked_at):
        return
    if is_at_the_bank(work, order):
        set_deadline(work, "order", order.id, "cancel", work.now + BANK_PAUSE, order.version)
        return
    cancel_paid(work, order, "cancel_timeout", "buyer_cancelled", "buyer", None)


def _asked(work: Work, code: str) -> Order:
    """The order of the seller, with the buyer's wish to cancel waiting. Raises NoCancelAsked, ProblemOpen."""
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, SELLER)
    if order.state != FULFILLING or order.cancel_asked_at is None:
        raise NoCancelAsked()
    _quiet(order)
    return order


def ship(work: Work, code: str, carrier: str, tracking_no: str, erased: bool) -> Order:
    """The seller has given the parcel to a carrier. Raises BadShipment naming the fields, WrongDelivery, BadState."""
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, SELLER)
    _by(order, PARCEL)
    _whole(work, order)
    not_at_the_bank(work, order)
    number, errors = read_parcel(order, carrier, tracking_no)
    errors |= _erasure(work, order, erased)
    if errors:
        raise BadShipment(errors)
    in_time = order.ship_due_at is not None and work.now <= order.ship_due_at
    order.carrier, order.tracking_no = carrier, number
    order.shipment_state, order.shipped_at = SHIPPED, work.now
    order.erasure_confirmed_at = work.now if erased else None
    ORDER_FLOW.apply(work, order, "ship", detail={"carrier": carrier})
    _expect_receipt(work, order)
    days = (work.now - order.paid_at).days if order.paid_at else None
    note(work, order, "order.shipped_on_time" if in_time else "order.shipped_late", days=days)
    tell(work, order, "shipped", order.receipt_due_at)
    announce(work, OrderShipped(order.code))
    return order


def _whole(work: Work, order: Order) -> None:
    """Of a bundle nothing is sent before everything is paid. Raises BundleNotPaid."""
    if unpaid_of_bundle(work, order.id):
        raise BundleNotPaid()


def read_parcel(order: Order, carrier: str, tracking_no: str) -> tuple[str | None, dict[str, str]]:
    """The tracking number as it is kept, and one sentence per field that cannot be used (empty: all is well).

    An appliance may also be brought by somebody's own hands: then there is no number.
    """
    number = rules.read_tracking_no(tracking_no)
    errors: dict[str, str] = {}
    by_hand = carrier == choices.OWN and order.category == "appliance"
    if carrier not in {choice.code for choice in choices.carriers()} or (carrier == choices.OWN and not by_hand):
        errors["carrier"] = N_("Please choose the carrier.")
    if number is None and not (by_hand and not tracking_no.strip()):
        errors["tracking_no"] = N_("A tracking number has 8 to 24 letters and digits. Please compare it with the receipt.")
    return number, errors


def arrange_meeting(work: Work, sealer: Sealer, code: str, place: str, erased: bool) -> Order:
    """The seller names place and time; the buyer gets six digits. Again while it is arranged: only the place changes."""
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, SELLER)
    _by(order, MEET)
    _whole(work, order)
    not_at_the_bank(work, order)
    place = place.strip()
    errors = {} if order.state == FULFILLING else _erasure(work, order, erased)
    if not 4 <= len(place) <= 120:
        errors["place"] = N_("Please write where and when you meet, in 4 to 120 characters.")
    if errors:
        raise BadShipment(errors)
    if order.state == FULFILLING:
        _quiet(order)
        if order.cancel_asked_at is not None:
            raise CancelAsked()
        if order.meet_place == place:
            return order  # the same form sent twice is no change, and nobody is told again
        order.meet_place = place
        ORDER_FLOW.apply(work, order, "rearrange")
        watch_receipt(work, order)  # the same day as before: changing the meeting again and again does not put it off
        tell(work, order, "rearranged", again=str(order.version))
        return order
    order.meet_place, order.erasure_confirmed_at = place, work.now if erased else None
    order.meet_code_sealed = sealer.seal(new_digits(rules.MEET_CODE_DIGITS), f"trade_order.meet_code:{order.code}")
    ORDER_FLOW.apply(work, order, "arrange")
    _expect_receipt(work, order)
    tell(work, order, "arranged", order.receipt_due_at)
    return order


@dataclass(frozen=True)
class CodeAnswer:
    """What became of the six digits: right; or how many tries are left; or until when none is taken."""

    right: bool
    tries_left: int = 0
    locked_until: datetime | None = None


def enter_meeting_code(work: Work, sealer: Sealer, code: str, digits: str) -> CodeAnswer:
    """The seller enters the buyer's six digits at the handover. A wrong try is counted, so it is an answer and no error.

    Raises InvalidInput when it is not six digits, WrongDelivery, BadState.
    """
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, SELLER)
    _by(order, MEET)
    typed = rules.read_meet_code(digits)
    if typed is None:
        raise InvalidInput({"digits": N_("The code has six digits. Please ask the buyer again.")})
    expected = meet_code(order, sealer)
    if order.state != FULFILLING or expected is None:
        ORDER_FLOW.apply(work, order, "meet")  # says which state the order is in
    assert expected is not None
    if order.meet_locked_until is not None and work.now < order.meet_locked_until:
        return CodeAnswer(False, 0, order.meet_locked_until)
    if not hmac.compare_digest(expected.encode(), typed.encode()):
        return _wrong_try(work, order)
    order.meet_wrong_tries, order.meet_locked_until = 0, None
    begin_checking(work, order, "meet")
    note(work, order, "order.shipped_on_time", days=(work.now - order.paid_at).days if order.paid_at else None)
    return CodeAnswer(True)


def _wrong_try(work: Work, order: Order) -> CodeAnswer:
    order.meet_wrong_tries += 1
    if order.meet_wrong_tries >= rules.MEET_TRIES:
        order.meet_wrong_tries, order.meet_locked_until = 0, work.now + rules.MEET_LOCK
        return CodeAnswer(False, 0, order.meet_locked_until)
    return CodeAnswer(False, rules.MEET_TRIES - order.meet_wrong_tries)


def note_address_shown(work: Work, code: str) -> None:
    """Write down that one side is about to be shown where the other lives; without this row the address is not shown."""
    order = own_order(work, code)
    is_sellers = policy.role_in(work.actor, order) == BUYER  # the buyer is shown where the thing goes back to
    record(work, "order.return_address_shown" if is_sellers else "order.address_shown", "order", order.id)


def confirm_receipt(work: Work, code: str) -> Order:
    """The buyer has the parcel; the time for checking begins, unless it is installed first. A case about the missing receipt is
    settled by it. Raises AlreadyInTheRoom."""
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, BUYER)
    _by(order, PARCEL)
    if order.arrived_at is not None and order.state == FULFILLING:
        raise AlreadyInTheRoom()
    lapse_change(work, order)
    if is_installed(work, order):
        arrive(work, order)
    else:
        begin_checking(work, order, "receive")
    return order


def on_ship_reminder(work: Work, order_id: int) -> None:
    order = order_by_id(work, order_id)
    if order.state == PAID:
        tell(work, order, "ship_reminder", order.ship_due_at)


def on_ship_timeout(work: Work, order_id: int) -> None:
    """Nothing was sent in time: full refund, and the seller's record says so."""
    order = order_by_id(work, order_id, to_change=True)
    if order.state != PAID or order.ship_due_at is None or work.now < order.ship_due_at:
        return
    if is_at_the_bank(work, order):
        set_deadline(work, "order", order.id, "ship", work.now + BANK_PAUSE, order.version)
        return
    cancel_paid(work, order, "ship_timeout", "not_shipped", "time", None, back_on_sale=False)
    note(work, order, "order.cancelled_by_seller", reason="not_shipped")


def on_no_receipt(work: Work, order_id: int) -> None:
    """Nobody confirmed the handover in time: staff look into it, nothing is decided by the clock."""
    order = order_by_id(work, order_id, to_change=True)
    if order.state != FULFILLING or order.problem_state == PROBLEM_OPEN:
        return
    if order.receipt_due_at is None or work.now < order.receipt_due_at:
        return
    open_case(work, order, "no_receipt", "", None, "no_receipt")
    tell(work, order, "no_receipt")


def _expect_receipt(work: Work, order: Order) -> None:
    order.receipt_due_at = add_days(work.now, order.no_receipt_days)
    clear_deadlines(work, "order", order.id)
    watch_receipt(work, order)


def _erasure(work: Work, order: Order, erased: bool) -> dict[str, str]:
    """Everything that holds its owner's data is erased before it leaves the house."""
    needless = not listing_queries.holds_data(work.session.get_one(Listing, order.listing_id))
    return {} if erased or needless else {"erased": N_("Please confirm that it is erased and signed out of its accounts.")}


def _by(order: Order, delivery: str) -> None:
    if order.delivery != delivery:
        raise WrongDelivery()


def _quiet(order: Order) -> None:
    if order.problem_state == PROBLEM_OPEN:
        raise ProblemOpen()
