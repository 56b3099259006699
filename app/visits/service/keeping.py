"""A time is booked, moved, kept or given back. The database decides between two who want the same one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import BadState, InvalidInput
from app.kernel.ids import new_code
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.visits.errors import VisitCannotMove, VisitTimeTaken
from app.visits.models import Visit, VisitSlot
from app.visits.queries import area_of, is_late, slot_of_visit, terms_of_visit
from app.visits.states import BOOKED, CANCEL, LAPSE, MEET, MOVE, OPEN, RUNNING, VISIT_FLOW
from app.visits.terms import visit_terms_on


def book(work: Work, sealer: Sealer, slot: VisitSlot, address: str) -> Visit:
    """Book a time for a home. ``address``: name, phone number, address; sealed. Raises InvalidInput, VisitTimeTaken."""
    address = " ".join(address.split())
    if not 10 <= len(address) <= 200:
        raise InvalidInput({"address": N_("Please write name, phone number and address of your home, 10 to 200 characters.")})
    terms = visit_terms_on(shanghai_day(work.now))
    slot = _free(work, slot.code, hours=terms.ahead_hours)
    code = new_code()
    visit = Visit(
        code=code,
        state=BOOKED,
        version=1,
        entered_at=work.now,
        created_at=work.now,
        area_id=slot.area_id,
        slot_id=slot.id,
        terms_id=terms.id,
        address_sealed=sealer.seal(address, f"visit.address:{code}"),
        moves=0,
    )
    visit.fee_fen = area_of(work, visit).fee_fen
    try:
        with work.session.begin_nested():
            work.session.add(visit)
    except IntegrityError as taken:
        raise VisitTimeTaken() from taken
    VISIT_FLOW.start(work, visit, {"slot": slot.code, "terms": terms.id})
    return visit


def confirm(work: Work, visit: Visit) -> None:
    """An appraiser has accepted and comes at the booked time. When nobody says afterwards that both met, that is noticed."""
    slot = slot_of_visit(work, visit)
    assert slot is not None
    set_deadline(work, "visit", visit.id, "silent", slot.ends_at + timedelta(hours=terms_of_visit(visit).silent_hours))


def move(work: Work, visit: Visit, slot_code: str) -> Visit:
    """Another time of the same area. Raises VisitTimeTaken; VisitCannotMove when it is too near or was moved too often."""
    terms = terms_of_visit(visit)
    visit = locked_visit(work, visit.id)
    require_can(visit, MOVE)
    chosen_again = visit.state == OPEN
    if not chosen_again and (visit.moves >= terms.most_moves or is_late(work, visit)):
        raise VisitCannotMove(moves=terms.most_moves, hours=terms.late_hours)
    slot = _free(work, slot_code, hours=1)
    if slot.area_id != visit.area_id:
        raise InvalidInput({"slot": N_("Please choose one of the times.")})
    try:
        with work.session.begin_nested():
            visit.slot_id = slot.id
            visit.moves += 0 if chosen_again else 1
            VISIT_FLOW.apply(work, visit, MOVE, detail={"slot": slot.code})
    except IntegrityError as taken:
        raise VisitTimeTaken() from taken
    confirm(work, visit)
    return visit


def lapse(work: Work, visit: Visit) -> None:
    """The booked time is over, or too near, before anybody could come: the owner chooses another one."""
    VISIT_FLOW.apply(work, visit, LAPSE)
    visit.slot_id = None
    work.session.flush()


def meet(work: Work, visit: Visit) -> None:
    """Both sides are there. The address is forgotten."""
    visit = locked_visit(work, visit.id)
    clear_deadlines(work, "visit", visit.id)
    VISIT_FLOW.apply(work, visit, MEET)
    visit.address_sealed = None
    work.session.flush()


def cancel(work: Work, visit: Visit, why: str) -> None:
    """Nobody comes: the time is free again and the address forgotten. Nothing for a visit that is over."""
    visit = locked_visit(work, visit.id)
    if visit.state not in RUNNING:
        return
    clear_deadlines(work, "visit", visit.id)
    VISIT_FLOW.apply(work, visit, CANCEL, reason=why)
    visit.slot_id, visit.address_sealed = None, None
    work.session.flush()


def locked_visit(work: Work, visit_id: int) -> Visit:
    """The visit as it stands now, for whoever is about to move it."""
    work.session.flush()
    visit = work.session.get_one(Visit, visit_id)
    work.session.refresh(visit, with_for_update=True)
    return visit


def require_can(visit: Visit, event: str) -> None:
    """Before anything is written: what the table does not list is refused. Raises BadState."""
    if not VISIT_FLOW.can(visit.state, event):
        raise BadState(VISIT_FLOW.name, visit.state, event, VISIT_FLOW.allowed(visit.state))


def _free(work: Work, slot_code: str, *, hours: int) -> VisitSlot:
    """The time, locked against being taken back, when it is offered and still so many hours away.

    Raises InvalidInput, VisitTimeTaken.
    """
    slot = work.session.scalars(select(VisitSlot).where(VisitSlot.code == slot_code).with_for_update()).one_or_none()
    if slot is None:
        raise InvalidInput({"slot": N_("Please choose one of the times.")})
    booked = work.session.scalars(select(Visit.id).where(Visit.slot_id == slot.id)).first() is not None
    if booked or slot.closed_at is not None or slot.starts_at < work.now + timedelta(hours=hours):
        raise VisitTimeTaken()
    return slot
