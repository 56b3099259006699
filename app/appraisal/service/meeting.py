"""A time booked at a place of the agency passes and the two sides do not meet: what each says, and staff who decide (late.py)."""

from __future__ import annotations

from datetime import timedelta

from app.appraisal.errors import MeetingNotOver, MeetingOver
from app.appraisal.models import Absence, Appraisal
from app.appraisal.queries import (
    WAIT,
    absences,
    fee_of,
    handing_of,
    has_meeting_begun,
    holder,
    is_absence_open,
    may_say_nobody_came,
    visible_appraisal,
    visit_of,
)
from app.appraisal.service.coming import AGAIN_DAYS, expect_by, give_time_back
from app.appraisal.service.ending import end_for_new_owner
from app.appraisal.service.fetching import locked, side_of, tell_appraiser, tell_owner
from app.appraisal.states import APPRAISAL_FLOW, GIVE_UP, RELEASE, SCHEDULED
from app.goods.models import Thing
from app.kernel.deadlines import set_deadline
from app.kernel.errors import BadState, InvalidInput
from app.kernel.text import N_
from app.kernel.time import add_days
from app.kernel.work import Work
from app.visits.errors import VisitUndecided

ANSWER_HOURS = 48  # for the other side to say what it saw, before staff decide; our own choice
LONGEST_WORDS = 500


def say_nobody_came(work: Work, appraisal: Appraisal, words: str) -> Appraisal:
    """Owner or appraiser (the order is locked) says that the other one was not at the place; each of them once for one time.

    The other side is asked, and staff decide. Raises BadState, MeetingNotOver, InvalidInput.
    """
    absent = {"owner": "agency", "agency": "owner"}[side_of(work, appraisal)]
    handing, said = handing_of(work, appraisal.id), [row.absent for row in absences(work, appraisal)]
    if appraisal.state != SCHEDULED or handing is None or handing.slot_id is None or absent in said:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, GIVE_UP, APPRAISAL_FLOW.allowed(appraisal.state))
    if not may_say_nobody_came(work, appraisal):
        raise MeetingNotOver(minutes=int(WAIT.total_seconds()) // 60)
    words = words.strip()
    if not 4 <= len(words) <= LONGEST_WORDS:
        raise InvalidInput({"words": N_("Please say in 4 to 500 characters what happened.")})
    work.session.add(
        Absence(
            appraisal_id=appraisal.id,
            slot_id=handing.slot_id,
            absent=absent,
            words=words,
            said_by=work.actor.id,
            said_at=work.now,
        )
    )
    work.session.flush()
    expect_by(work, appraisal, work.now if said else work.now + timedelta(hours=ANSWER_HOURS))
    step = f"said_absent.{appraisal.version}"
    if absent == "owner":
        message = N_(
            "The appraiser says that nobody was there at the booked time. If you were there, please say so: our staff decide."
        )
        tell_owner(work, appraisal, message, step)
    else:
        message = N_(
            "The owner says that nobody was there at the booked time. If you were there, please say so: our staff decide."
        )
        tell_appraiser(work, appraisal, message, step)
    return appraisal


def choose_again(work: Work, code: str) -> Appraisal:
    """The owner gives the time or the place back and chooses another one, with days enough; not while it is on its way.

    Once a booked time has begun only the appraiser lets its owner choose another one: who comes late or not at all does not
    escape what follows. Where the thing has a new owner by then, that ends the order. Raises MeetingOver, VisitUndecided.
    """
    appraisal = visible_appraisal(work, code)
    side = side_of(work, appraisal)
    appraisal, handing = locked(work, appraisal.id), handing_of(work, appraisal.id)
    has_begun = has_meeting_begun(work, appraisal)
    fits = handing is not None and visit_of(work, appraisal.id) is None and holder(work, appraisal) == "owner"
    if handing is None or not fits or (side == "agency" and not has_begun):
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, RELEASE, APPRAISAL_FLOW.allowed(appraisal.state))
    if is_absence_open(work, appraisal):
        raise VisitUndecided()
    if side == "owner" and has_begun:
        raise MeetingOver()
    APPRAISAL_FLOW.apply(work, appraisal, RELEASE)
    give_time_back(work, appraisal)
    expect_by(work, appraisal, None)
    if handing.come_due_at is not None:
        handing.come_due_at = max(handing.come_due_at, add_days(work.now, AGAIN_DAYS))
        set_deadline(work, "appraisal", appraisal.id, "come", handing.come_due_at)
    sold = end_for_new_owner(work, work.session.get_one(Thing, appraisal.thing_id))
    if side == "agency" and not sold:
        message = N_("Please choose another time for your appraisal.")
        if fee_of(work, appraisal) is not None:
            message = N_(
                "Please choose another time for your appraisal: the appraiser gave the booked one back. If you end the order "
                "instead, the whole fee comes back."
            )
        tell_owner(work, appraisal, message, f"again.{appraisal.version}")
    return appraisal
