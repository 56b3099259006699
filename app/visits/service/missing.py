"""One side was not there: what the other one says, the objection, and staff where both say different things."""

from __future__ import annotations

from datetime import timedelta

from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import InvalidInput
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from app.visits.errors import VisitNotBegun, VisitNotDisputed
from app.visits.events import VisitMissed, VisitSilent
from app.visits.models import LONGEST_WORDS, SIDES, Visit
from app.visits.queries import may_say_absent, slot_of_visit, terms_of_visit, visit_for_staff
from app.visits.service.keeping import locked_visit, require_can
from app.visits.states import ABSENT, BOOKED, DECIDE, DISPUTED, OBJECT, SAY_ABSENT, STAND, VISIT_FLOW

WORDS = N_("Please say in 4 to 500 characters what happened.")


def say_absent(work: Work, visit: Visit, absent: str, words: str) -> Visit:
    """One side was there and the other, ``absent``, was not. Raises VisitNotBegun, InvalidInput, BadState."""
    visit = locked_visit(work, visit.id)
    require_can(visit, SAY_ABSENT)
    if not may_say_absent(work, visit):
        raise VisitNotBegun(minutes=terms_of_visit(visit).wait_minutes)
    visit.absent_words = _said(words, "words")
    _absent(work, visit, absent)
    return visit


def object_to(work: Work, visit: Visit, words: str) -> Visit:
    """The other side was there as well, it says: staff decide. Raises InvalidInput, BadState."""
    visit = locked_visit(work, visit.id)
    require_can(visit, OBJECT)
    visit.objection = _said(words, "objection")
    clear_deadlines(work, "visit", visit.id)
    VISIT_FLOW.apply(work, visit, OBJECT)
    return visit


def decide(work: Work, code: str, absent: str, reason: str) -> Visit:
    """Staff say who was not there, with the reason for both sides.

    Raises VisitNotFound, PartyCannotDecide, VisitNotDisputed, InvalidInput.
    """
    visit = locked_visit(work, visit_for_staff(work, code, to_change=True).id)
    if visit.state != DISPUTED:
        raise VisitNotDisputed()
    if absent not in SIDES:
        raise InvalidInput({"absent": N_("Please choose one of the answers.")})
    visit.decision, visit.decided_by_id, visit.absent = _said(reason, "reason"), work.actor.id, absent
    _missed(work, visit, DECIDE)
    return visit


def on_object_timeout(work: Work, visit_id: int) -> None:
    """Nobody objected in time: what was said stands."""
    visit = locked_visit(work, visit_id)
    if visit.state == ABSENT and visit.object_due_at is not None and work.now >= visit.object_due_at:
        _missed(work, visit, STAND)


def on_silent(work: Work, visit_id: int) -> None:
    """The time is long over and nobody said that both met. Whoever comes for pay says so; so the agency has to object."""
    visit = locked_visit(work, visit_id)
    slot = slot_of_visit(work, visit)
    if visit.state != BOOKED or slot is None or work.now < slot.ends_at:
        return
    _absent(work, visit, "agency")
    announce(work, VisitSilent(visit.id))


def _absent(work: Work, visit: Visit, absent: str) -> None:
    visit.absent = absent
    visit.object_due_at = work.now + timedelta(hours=terms_of_visit(visit).object_hours)
    clear_deadlines(work, "visit", visit.id)
    VISIT_FLOW.apply(work, visit, SAY_ABSENT, detail={"absent": absent})
    set_deadline(work, "visit", visit.id, "object", visit.object_due_at, visit.version)


def _missed(work: Work, visit: Visit, event: str) -> None:
    assert visit.absent is not None
    clear_deadlines(work, "visit", visit.id)
    VISIT_FLOW.apply(work, visit, event, reason=visit.decision, detail={"absent": visit.absent})
    visit.address_sealed = None
    work.session.flush()
    announce(work, VisitMissed(visit.id, visit.absent))


def _said(words: str, field: str) -> str:
    words = words.strip()
    if not 4 <= len(words) <= LONGEST_WORDS:
        raise InvalidInput({field: WORDS})
    return words
