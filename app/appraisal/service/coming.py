"""How the thing of an order comes to the appraiser: at a booked time, brought, or sent; and that it is due back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.appraisal.errors import AppraisalNotFound, HandOverFirst, SlotTaken
from app.appraisal.models import Appraisal, Handing, Slot
from app.appraisal.queries import (
    complete_places,
    expected_elsewhere,
    fee_of,
    find_slot,
    handing_of,
    holder,
    places_of,
    terms_of_order,
    visible_appraisal,
    visit_of,
)
from app.appraisal.service.fetching import locked, tell_appraiser
from app.appraisal.states import ACCEPTED, APPRAISAL_FLOW, BEGIN, BOOK, BRING, ITEM_RECEIVED
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import BadState, InvalidInput
from app.kernel.ids import new_digits
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.time import add_days
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from app.visits import service as visits

DIGITS = 6
USUAL_DAYS = 7  # of an order without a fee, for which the agency has named no number
GRACE_DAYS = 3
MEETING_DAYS = 1  # after the end of a booked time of which nobody said that both met. This and the next two: our own choice
PARCEL_DAYS = 14  # for a parcel to reach the agency
AGAIN_DAYS = 7  # at least, to choose another time or way


def expect_thing(work: Work, appraisal: Appraisal, *, watched: bool) -> None:
    """An appraiser has accepted: from now on the order waits for the thing, which goes from hand to hand.

    ``watched``: whether the order ends by itself when the thing does not come; for a second look its own room sees to that.
    """
    handing = handing_of(work, appraisal.id)
    if handing is None:  # for a visit at home it was made with the order
        handing = Handing(appraisal_id=appraisal.id, wrong_tries=0)
        work.session.add(handing)
    if watched:
        handing.come_due_at = add_days(work.now, terms_of_order(work, appraisal).come_days)
        set_deadline(work, "appraisal", appraisal.id, "come", handing.come_due_at)
    work.session.flush()


def book(work: Work, sealer: Sealer, code: str, slot_code: str) -> Appraisal:
    """The owner books a time at which thing and owner meet the appraiser.

    Raises SlotTaken when somebody was faster, or the appraiser is expected elsewhere at that time.
    """
    appraisal, handing = own_handing(work, code)
    slot = find_slot(work, slot_code)
    offered = {place.id for place in complete_places(places_of(work, appraisal.agency_id), get_scheme(work, appraisal.scheme_id))}
    _refuse_unless(appraisal, BOOK)
    if slot is None or slot.place_id not in offered:
        raise InvalidInput({"slot": N_("Please choose one of the times.")})
    if slot.closed_at is not None or slot.starts_at <= work.now:
        raise SlotTaken()
    if appraisal.appraiser_id and expected_elsewhere(work, [appraisal.appraiser_id], slot.starts_at, slot.ends_at, appraisal.id):
        raise SlotTaken()
    _take(work, handing, slot)
    new_handing_digits(handing, sealer)
    APPRAISAL_FLOW.apply(work, appraisal, BOOK, detail={"slot": slot.code})
    clear_deadlines(work, "appraisal", appraisal.id, "come")
    expect_by(work, appraisal, add_days(slot.ends_at, MEETING_DAYS))
    tell_appraiser(work, appraisal, N_("The owner of an item has booked a time with you."), f"booked.{appraisal.version}")
    return appraisal


def bring(work: Work, sealer: Sealer, code: str, place_code: str, way: str, address: str = "") -> Appraisal:
    """The owner will bring the thing to a place and leave it there (``bring``), or send it (``send``).

    ``address``: where a parcel goes back to. Only places that can complete the grade are taken. Raises InvalidInput
    naming the fields.
    """
    appraisal, handing = own_handing(work, code)
    offered = complete_places(places_of(work, appraisal.agency_id), get_scheme(work, appraisal.scheme_id))
    place = next((each for each in offered if each.code == place_code), None)
    _refuse_unless(appraisal, BRING)
    errors = {} if way in ("bring", "send") else {"way": N_("Please choose one of the answers.")}
    if place is None:
        errors["place"] = N_("Please choose one of the answers.")
    if place is None or errors:
        raise InvalidInput(errors)
    if way == "send":
        keep_address(handing, sealer, address)
    handing.way, handing.place_id = way, place.id
    handing.back_way = "parcel" if way == "send" else "fetch"
    new_handing_digits(handing, sealer)
    APPRAISAL_FLOW.apply(work, appraisal, BRING, detail={"place": place.code, "way": way})
    return appraisal


def begin(work: Work, appraisal: Appraisal) -> None:
    """The first answer of an inspection. Where the thing goes from hand to hand it has to come first: HandOverFirst."""
    if appraisal.state == ACCEPTED and handing_of(work, appraisal.id) is not None:
        raise HandOverFirst()
    is_here_since = appraisal.state == ITEM_RECEIVED
    APPRAISAL_FLOW.apply(work, appraisal, BEGIN)
    if not is_here_since:
        expect_report(work, appraisal)


def expect_report(work: Work, appraisal: Appraisal) -> None:
    """Thing and appraiser are together, or the inspection goes on: from now on the report is due."""
    fee = fee_of(work, appraisal)
    expect_by(work, appraisal, add_days(work.now, (USUAL_DAYS if fee is None else fee.wait_days) + GRACE_DAYS))


def expect_by(work: Work, appraisal: Appraisal, due_at: datetime | None) -> None:
    """By then the next step should be done that its owner cannot replace by ending the order; afterwards staff may (late.py)."""
    appraisal.report_due_at = due_at
    work.session.flush()
    clear_deadlines(work, "appraisal", appraisal.id, "report")
    if due_at is not None:
        set_deadline(work, "appraisal", appraisal.id, "report", due_at)


def give_time_back(work: Work, appraisal: Appraisal) -> None:
    """Let somebody else book the time that this order no longer needs."""
    give_visit_back(work, appraisal)
    handing = handing_of(work, appraisal.id)
    if handing is not None and holder(work, appraisal) == "owner":
        handing.way, handing.slot_id, handing.place_id, handing.digits_sealed = None, None, None, None
        work.session.flush()


def give_visit_back(work: Work, appraisal: Appraisal) -> None:
    """Nobody comes to the owner's home any more. Nothing for an order without a visit, and for one that is over."""
    visit = visit_of(work, appraisal.id)
    if visit is not None:
        visits.cancel(work, visit, appraisal.state)


def expect_back(work: Work, appraisal: Appraisal) -> None:
    """The order has ended while somebody else than the owner holds the thing: it is due back. Nothing otherwise."""
    handing = handing_of(work, appraisal.id)
    if handing is None or holder(work, appraisal) == "owner":
        return
    handing.back_way = handing.back_way or "fetch"
    handing.back_due_at = add_days(work.now, terms_of_order(work, appraisal).back_days)
    set_deadline(work, "appraisal", appraisal.id, "back", handing.back_due_at)


def own_handing(work: Work, code: str, *, at_home: bool = False) -> tuple[Appraisal, Handing]:
    """The owner's own order with its handing, locked. Raises AppraisalNotFound for everybody else's.

    ``at_home``: whether it is one to which the appraiser comes. Those have steps of their own, so the other kind is a BadState.
    """
    appraisal = visible_appraisal(work, code)
    if appraisal.owner_id != work.actor.user_id:
        raise AppraisalNotFound()
    appraisal = locked(work, appraisal.id)
    handing = handing_of(work, appraisal.id)
    if handing is None or (visit_of(work, appraisal.id) is not None) != at_home:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, BOOK, APPRAISAL_FLOW.allowed(appraisal.state))
    return appraisal, handing


def keep_address(handing: Handing, sealer: Sealer, address: str) -> None:
    """Where a parcel goes back to, sealed. Raises InvalidInput."""
    address = " ".join(address.split())
    if not 10 <= len(address) <= 200:
        raise InvalidInput({"address": N_("Please write name, phone number and address for the way back, 10 to 200 characters.")})
    handing.back_address_sealed = sealer.seal(address, f"appraisal_handing.back_address:{handing.appraisal_id}")


def new_handing_digits(handing: Handing, sealer: Sealer) -> None:
    """Six new digits for the next hand-over; those of an earlier one no longer open anything."""
    handing.digits_sealed = sealer.seal(new_digits(DIGITS), f"appraisal_handing.digits:{handing.appraisal_id}")
    handing.wrong_tries, handing.locked_until = 0, None


def _take(work: Work, handing: Handing, slot: Slot) -> None:
    """The database decides between two who want the same time."""
    try:
        with work.session.begin_nested():
            handing.way, handing.place_id, handing.slot_id = "visit", slot.place_id, slot.id
            work.session.flush()
    except IntegrityError as taken:
        raise SlotTaken() from taken


def _refuse_unless(appraisal: Appraisal, event: str) -> None:
    """Before anything is written: what the table does not list is refused."""
    if not APPRAISAL_FLOW.can(appraisal.state, event):
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, event, APPRAISAL_FLOW.allowed(appraisal.state))
