"""A time booked at a place of the agency passes and the two sides do not meet: what each says, and staff who decide (late.py)."""

from __future__ import annotations

from datetime import timedelta

from app.appraisal.errors import MeetingNotOver
from app.appraisal.models import Absence, Appraisal
from app.appraisal.queries import WAIT, absences, handing_of, may_say_nobody_came
from app.appraisal.service.coming import expect_by
from app.appraisal.service.fetching import side_of, tell_appraiser, tell_owner
from app.appraisal.states import APPRAISAL_FLOW, GIVE_UP, SCHEDULED
from app.kernel.errors import BadState, InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work

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
