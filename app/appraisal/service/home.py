"""The appraiser comes to the owner's home: ordered with a time, kept from acceptance on, moved, and what follows if one is away.

The thing stays in its owner's hands, so there is no hand-over. That both sides met is shown by the owner's six digits
(custody.check_in).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.accounts import queries as accounts
from app.appraisal.errors import AppraisalNotFound, SlotTaken
from app.appraisal.models import Appraisal, Handing, HomeVisit
from app.appraisal.queries import (
    expected_elsewhere,
    fee_of,
    handing_of,
    lies_with_agency,
    order_of_visit,
    terms_of,
    visible_appraisal,
    visit_of,
)
from app.appraisal.rules import place_completes
from app.appraisal.service.coming import new_handing_digits, own_handing
from app.appraisal.service.fees import end_fee
from app.appraisal.service.fetching import locked, side_of, tell_appraiser, tell_owner
from app.appraisal.service.meeting import say_nobody_came
from app.appraisal.states import ACCEPTED, APPRAISAL_FLOW, BOOK, GIVE_UP, MOVE, SCHEDULED
from app.kernel import audit
from app.kernel.deadlines import clear_deadlines
from app.kernel.errors import BadState, InvalidInput
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.visits import queries as visit_queries
from app.visits import service as visits
from app.visits.events import VisitMissed, VisitSilent
from app.visits.models import Visit, VisitArea, VisitSlot
from grading import Scheme

CHOOSE_TIME = N_("Please choose one of the times.")
ON_THE_WAY = timedelta(hours=1)  # an appraiser who accepts later than this before the time could not come


@dataclass(frozen=True)
class HomeWish:
    """When the appraiser shall come, and where to (name, phone number, address)."""

    sealer: Sealer
    slot_code: str
    address: str


def area_for(work: Work, wish: HomeWish, agency_id: int, scheme: Scheme) -> tuple[VisitSlot, VisitArea]:
    """The time that is wished for, of this agency, where the whole grade can be found. Raises InvalidInput."""
    slot = visit_queries.find_slot(work, wish.slot_code)
    area = None if slot is None else work.session.get_one(VisitArea, slot.area_id)
    if slot is None or area is None or area.agency_id != agency_id or area.closed_at is not None:
        raise InvalidInput({"slot": CHOOSE_TIME})
    if not place_completes(scheme, area.kinds):
        raise InvalidInput({"slot": N_("Not all of it can be measured at your home. Please choose one of the agency's places.")})
    return slot, area


def agency_of_time(work: Work, slot_code: str) -> str:
    """The public code of the agency that offers a time. Raises InvalidInput."""
    slot = visit_queries.find_slot(work, slot_code)
    if slot is None:
        raise InvalidInput({"slot": CHOOSE_TIME})
    return accounts.organisation_by_id(work, work.session.get_one(VisitArea, slot.area_id).agency_id).code


def begin_visit(work: Work, appraisal: Appraisal, wish: HomeWish, slot: VisitSlot) -> Visit:
    """Keep the time for a new order, with the digits that the owner will show. Raises InvalidInput, VisitTimeTaken."""
    visit = visits.book(work, wish.sealer, slot, wish.address)
    work.session.add(HomeVisit(appraisal_id=appraisal.id, visit_id=visit.id))
    handing = Handing(appraisal_id=appraisal.id, wrong_tries=0)
    new_handing_digits(handing, wish.sealer)
    work.session.add(handing)
    work.session.flush()
    return visit


def keep_visit(work: Work, appraisal: Appraisal) -> None:
    """An appraiser has accepted: the booked time holds, or, when it has come too near, the owner chooses another one."""
    visit = visit_of(work, appraisal.id)
    if visit is None:
        return
    slot = visit_queries.slot_of_visit(work, visit)
    if slot is not None and slot.starts_at >= work.now + ON_THE_WAY:
        visits.confirm(work, visit)
        APPRAISAL_FLOW.apply(work, appraisal, BOOK, detail={"visit": visit.code})
        clear_deadlines(work, "appraisal", appraisal.id, "come")
        return
    visits.lapse(work, visit)
    message = N_("Your appraiser accepted too late for the time that you had booked. Please choose another one.")
    tell_owner(work, appraisal, message, "visit_lapsed")


def move_visit(work: Work, sealer: Sealer, code: str, slot_code: str) -> Appraisal:
    """The owner chooses another time. Raises SlotTaken, and what ``visits.move`` raises."""
    appraisal, handing = own_handing(work, code, at_home=True)
    event = BOOK if appraisal.state == ACCEPTED else MOVE
    if not APPRAISAL_FLOW.can(appraisal.state, event):
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, event, APPRAISAL_FLOW.allowed(appraisal.state))
    visit, slot = _visit(work, appraisal), visit_queries.find_slot(work, slot_code)
    if slot is None:
        raise InvalidInput({"slot": CHOOSE_TIME})
    who = [appraisal.appraiser_id] if appraisal.appraiser_id is not None else []
    if expected_elsewhere(work, who, slot.starts_at, slot.ends_at, appraisal.id):
        raise SlotTaken()
    visits.move(work, visit, slot_code)
    new_handing_digits(handing, sealer)
    APPRAISAL_FLOW.apply(work, appraisal, event, detail={"visit": visit.code})
    clear_deadlines(work, "appraisal", appraisal.id, "come")
    message = N_("The owner has chosen another time for your visit.")
    tell_appraiser(work, appraisal, message, f"visit_moved.{appraisal.version}")
    return appraisal


def say_absent(work: Work, code: str, words: str) -> Appraisal:
    """Owner or appraiser says that the other side was not there, at the home or at the agency's place.

    Raises what ``visits.say_absent`` and ``meeting.say_nobody_came`` raise.
    """
    appraisal = visible_appraisal(work, code)
    side = side_of(work, appraisal)
    appraisal = locked(work, appraisal.id)
    if visit_of(work, appraisal.id) is None:
        return say_nobody_came(work, appraisal, words)
    if appraisal.state != SCHEDULED:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, GIVE_UP, APPRAISAL_FLOW.allowed(appraisal.state))
    if side == "owner":
        visits.say_absent(work, _visit(work, appraisal), "agency", words)
        message = N_("The owner says that you did not come to the agreed visit. If you were there, please say so in time.")
        tell_appraiser(work, appraisal, message, "said_absent")
    else:
        visits.say_absent(work, _visit(work, appraisal), "owner", words)
        message = N_("The appraiser says that nobody was there at the agreed time. If you were there, please say so in time.")
        tell_owner(work, appraisal, message, "said_absent")
    return appraisal


def object_to_absence(work: Work, code: str, words: str) -> Appraisal:
    """The side that is said to have been away was there. Raises AppraisalNotFound for the other one."""
    appraisal = visible_appraisal(work, code)
    visit = _visit(work, appraisal)
    side = side_of(work, appraisal)
    if visit.absent is not None and visit.absent != side:
        raise AppraisalNotFound()
    visits.object_to(work, visit, words)
    for person in accounts.people_with_role(work, "operator"):
        notify(
            work,
            person.id,
            text=N_("Both sides of a visit say that they were there. Please look at it."),
            values={},
            link="/operator/visits",
            key=f"appraisal.visit_disputed:{appraisal.code}",
            mail=False,
        )
    return appraisal


def note_home_shown(work: Work, code: str) -> None:
    """Write down that the appraiser is about to be shown where the owner lives; without this row it is not shown."""
    audit.record(work, "appraisal.home_shown", "appraisal", visible_appraisal(work, code).id)


def on_visit_silent(work: Work, event: VisitSilent) -> None:
    """Nobody said that both met: both sides are asked."""
    appraisal = order_of_visit(work, event.visit_id)
    if appraisal is None:
        return
    message = N_("Nobody has said that the agreed visit took place, so it counts as if the appraiser had not come.")
    tell_owner(work, appraisal, message, "visit_silent")
    tell_appraiser(work, appraisal, message, "visit_silent_appraiser")


def on_visit_missed(work: Work, event: VisitMissed) -> None:
    """It is settled who was not there: the order ends, and what comes back of the fee follows from that."""
    found = order_of_visit(work, event.visit_id)
    if found is None:
        return
    appraisal = locked(work, found.id)
    fee, handing = fee_of(work, appraisal), handing_of(work, appraisal.id)
    if appraisal.state != SCHEDULED or fee is None or handing is None:
        return
    visit, kind = _visit(work, appraisal), "owner_absent" if event.absent == "owner" else "appraiser_away"
    reason = terms_of(fee).reason(kind)
    assert reason is not None  # a test reads the terms
    is_suspended = lies_with_agency(work, appraisal, SCHEDULED)
    appraisal.decline_reason = visit.decision or visit.absent_words
    APPRAISAL_FLOW.apply(work, appraisal, GIVE_UP, reason=appraisal.decline_reason, detail={"kind": kind, "visit": visit.code})
    clear_deadlines(work, "appraisal", appraisal.id)
    handing.digits_sealed = None
    end_fee(work, appraisal, 100 if is_suspended else reason.refund_pct, kind)
    message = N_("The agreed visit did not take place, so the order has ended. What comes back of the fee is on its page.")
    tell_owner(work, appraisal, message, "visit_missed")
    tell_appraiser(work, appraisal, message, "visit_missed_appraiser")


def _visit(work: Work, appraisal: Appraisal) -> Visit:
    visit = visit_of(work, appraisal.id)
    if visit is None:
        raise AppraisalNotFound()
    return visit
