"""Reads of areas, times and visits. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.kernel.errors import NotAllowed
from app.kernel.ids import is_code
from app.kernel.seal import Sealer
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.visits.errors import VisitAreaNotFound, VisitNotFound
from app.visits.models import Visit, VisitArea, VisitSlot
from app.visits.states import ABSENT, BOOKED, DISPUTED, MISSED, OPEN
from app.visits.terms import VisitTerms, visit_terms_by_id, visit_terms_on

PARTIES = "visits.parties"  # a door: refuses whoever takes part in the order of a visit. Not wired, nothing is decided
BOOKED_AHEAD = timedelta(days=30)  # times further away are not shown yet


def managed_agencies(work: Work) -> set[int]:
    """The agencies of which the actor is a manager."""
    return {organisation_id for role, organisation_id in work.actor.duties if role == "manager"}


def areas_of(work: Work, agency_id: int) -> list[VisitArea]:
    """The districts that an agency comes to now, oldest first."""
    rows = select(VisitArea).where(VisitArea.agency_id == agency_id, VisitArea.closed_at.is_(None)).order_by(VisitArea.id)
    return list(work.session.scalars(rows))


def areas_in(work: Work, district: str) -> list[VisitArea]:
    """Who comes to this district, oldest offer first."""
    rows = select(VisitArea).where(VisitArea.district == district, VisitArea.closed_at.is_(None)).order_by(VisitArea.id)
    return list(work.session.scalars(rows))


def districts_served(work: Work, agency_ids: Iterable[int]) -> dict[int, set[str]]:
    """To which districts these agencies come. One query."""
    rows = select(VisitArea.agency_id, VisitArea.district).where(
        VisitArea.agency_id.in_(list(agency_ids)), VisitArea.closed_at.is_(None)
    )
    found: dict[int, set[str]] = {}
    for agency_id, district in work.session.execute(rows):
        found.setdefault(agency_id, set()).add(district)
    return found


def own_area(work: Work, code: str) -> VisitArea:
    """An area of an agency whose manager the actor is. Raises VisitAreaNotFound."""
    wanted = select(VisitArea).where(VisitArea.code == code, VisitArea.agency_id.in_(managed_agencies(work)))
    area = work.session.scalars(wanted).one_or_none() if is_code(code) else None
    if area is None:
        raise VisitAreaNotFound()
    return area


def area_of(work: Work, visit: Visit) -> VisitArea:
    return work.session.get_one(VisitArea, visit.area_id)


def slot_of_visit(work: Work, visit: Visit) -> VisitSlot | None:
    """The time that is kept for a visit."""
    return None if visit.slot_id is None else work.session.get_one(VisitSlot, visit.slot_id)


def find_slot(work: Work, code: str) -> VisitSlot | None:
    return work.session.scalars(select(VisitSlot).where(VisitSlot.code == code)).one_or_none() if is_code(code) else None


def terms_today(work: Work) -> VisitTerms:
    """The terms of a visit that is booked now."""
    return visit_terms_on(shanghai_day(work.now))


def bookable_from(work: Work) -> datetime:
    """The earliest beginning that can be booked now."""
    return work.now + timedelta(hours=terms_today(work).ahead_hours)


def free_times(work: Work, area_ids: Iterable[int], since: datetime, limit: int = 60) -> list[VisitSlot]:
    """Times of these areas that begin at ``since`` or later and that nobody has booked, earliest first."""
    booked = select(Visit.slot_id).where(Visit.slot_id.is_not(None))
    rows = select(VisitSlot).where(
        VisitSlot.area_id.in_(list(area_ids)),
        VisitSlot.closed_at.is_(None),
        VisitSlot.starts_at >= since,
        VisitSlot.starts_at < work.now + BOOKED_AHEAD,
        VisitSlot.id.not_in(booked),
    )
    return list(work.session.scalars(rows.order_by(VisitSlot.starts_at, VisitSlot.id).limit(limit)))


def times_of_areas(work: Work, area_ids: Iterable[int], limit: int = 200) -> list[tuple[VisitSlot, Visit | None]]:
    """Every time that is still to come, with the visit that has booked it, earliest first. For the agency's page."""
    rows = (
        select(VisitSlot, Visit)
        .outerjoin(Visit, Visit.slot_id == VisitSlot.id)
        .where(VisitSlot.area_id.in_(list(area_ids)), VisitSlot.closed_at.is_(None), VisitSlot.starts_at > work.now)
    )
    found = work.session.execute(rows.order_by(VisitSlot.starts_at, VisitSlot.id).limit(limit))
    return [(slot, visit) for slot, visit in found]


def visit_by_id(work: Work, visit_id: int) -> Visit:
    return work.session.get_one(Visit, visit_id)


def terms_of_visit(visit: Visit) -> VisitTerms:
    return visit_terms_by_id(visit.terms_id)


def pay_until(work: Work, visit: Visit) -> datetime:
    """Until when the fee of a booked visit must have arrived."""
    slot = slot_of_visit(work, visit)
    assert slot is not None  # it has just been booked
    return slot.starts_at - timedelta(hours=terms_of_visit(visit).pay_before_hours)


def is_late(work: Work, visit: Visit) -> bool:
    """Whether the visit is so near that it cannot be moved and less comes back."""
    slot = slot_of_visit(work, visit)
    return slot is not None and work.now > slot.starts_at - timedelta(hours=terms_of_visit(visit).late_hours)


def may_say_absent(work: Work, visit: Visit) -> bool:
    """Whether each side has waited long enough for the other."""
    slot = slot_of_visit(work, visit)
    return slot is not None and work.now >= slot.starts_at + timedelta(minutes=terms_of_visit(visit).wait_minutes)


def address_of(visit: Visit, sealer: Sealer) -> str | None:
    """Where to; None when the visit is over and the address forgotten."""
    return None if visit.address_sealed is None else sealer.open(visit.address_sealed, f"visit.address:{visit.code}")


def disputed(work: Work, limit: int = 100) -> list[tuple[Visit, VisitArea, VisitSlot, Organisation]]:
    """Visits about which the two sides say different things, for a member of staff, oldest first. Raises NotAllowed."""
    if not work.actor.has("operator"):
        raise NotAllowed()
    rows = (
        select(Visit, VisitArea, VisitSlot)
        .join(VisitArea, VisitArea.id == Visit.area_id)
        .join(VisitSlot, VisitSlot.id == Visit.slot_id)
        .where(Visit.state == DISPUTED)
    )
    found = work.session.execute(rows.order_by(Visit.entered_at, Visit.id).limit(limit)).all()
    houses = accounts.organisations_by_id(work, {area.agency_id for _visit, area, _slot in found})
    return [(visit, area, slot, houses[area.agency_id]) for visit, area, slot in found]


def visit_for_staff(work: Work, code: str, *, to_change: bool = False) -> Visit:
    """Any visit, for a member of staff. Raises NotAllowed, VisitNotFound.

    ``to_change``: and PartyCannotDecide for whoever takes part in it, which a room above knows.
    """
    if not work.actor.has("operator"):
        raise NotAllowed()
    found = work.session.scalars(select(Visit).where(Visit.code == code)).one_or_none() if is_code(code) else None
    if found is None:
        raise VisitNotFound()
    if to_change:
        work.doors[PARTIES](work, found.id)
    return found


def is_booked(visit: Visit) -> bool:
    """Whether a time is kept and nothing has been said against it."""
    return visit.state == BOOKED


def is_lapsed(visit: Visit) -> bool:
    """Whether the booked time passed before an appraiser had accepted."""
    return visit.state == OPEN


def is_expected(visit: Visit) -> bool:
    """Whether somebody may still come; late, perhaps, and after the other side has already said that nobody did."""
    return visit.state in (BOOKED, ABSENT)


def can_object(visit: Visit, side: str) -> bool:
    """Whether it is said that this side, owner or agency, was not there, and it may still object."""
    return visit.state == ABSENT and visit.absent == side


def is_undecided(visit: Visit | None) -> bool:
    """Whether somebody said that the other side was not there, and that is not settled."""
    return visit is not None and visit.state in (ABSENT, DISPUTED)


def is_missed(visit: Visit | None) -> bool:
    """Whether it is settled that one side was not there."""
    return visit is not None and visit.state == MISSED


def is_questioned(visit: Visit) -> bool:
    """Whether somebody said that the other side was not there: unsettled, or settled so."""
    return is_undecided(visit) or is_missed(visit)
