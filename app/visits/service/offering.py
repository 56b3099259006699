"""What an agency offers: districts that it comes to, and times there. For its managers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.goods import catalogue
from app.kernel import audit
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.money import MAX_FEN
from app.kernel.text import N_
from app.kernel.work import Work
from app.visits.errors import AreaOffered
from app.visits.models import Visit, VisitArea, VisitSlot
from app.visits.queries import managed_agencies, own_area

MOST_SLOTS_AT_ONCE = 40
FURTHEST = timedelta(days=60)


def open_area(work: Work, agency_id: int, district: str, fee_fen: int, *, brings_bench: bool) -> VisitArea:
    """The agency comes to homes of this district from now on, for this fee. Raises InvalidInput, NotAllowed, AreaOffered."""
    if agency_id not in managed_agencies(work):
        raise NotAllowed()
    errors = {}
    if catalogue.find_district(district) is None:
        errors["district"] = N_("Please choose one of the answers.")
    if not 0 <= fee_fen <= MAX_FEN:
        errors["fee"] = N_("Please type what the way costs in yuan, or leave it empty when you ask for nothing.")
    if errors:
        raise InvalidInput(errors)
    area = VisitArea(agency_id=agency_id, district=district, fee_fen=fee_fen, brings_bench=brings_bench, created_at=work.now)
    try:
        with work.session.begin_nested():
            work.session.add(area)
    except IntegrityError as known:
        raise AreaOffered() from known
    detail = {"area": area.code, "district": district, "fee_fen": fee_fen, "brings_bench": brings_bench}
    audit.record(work, "visit.area", "organisation", agency_id, detail)
    return area


def close_area(work: Work, code: str) -> VisitArea:
    """The agency comes to this district no more; what is booked stays."""
    area = own_area(work, code)
    if area.closed_at is None:
        area.closed_at = work.now
        work.session.flush()
        audit.record(work, "visit.area_closed", "organisation", area.agency_id, {"area": area.code})
    return area


def offer_slots(work: Work, area_code: str, starts: Sequence[datetime], minutes: int) -> list[VisitSlot]:
    """Times in an area, each for one visit. Times that are offered there already are left out. Raises InvalidInput."""
    area = own_area(work, area_code)
    if area.closed_at is not None:
        raise InvalidInput({"area": N_("Please choose one of the answers.")})
    if not 0 < len(starts) <= MOST_SLOTS_AT_ONCE or not 10 <= minutes <= 480:
        raise InvalidInput({"first": N_("Please choose between 1 and 40 times of 10 minutes to 8 hours.")})
    if any(start <= work.now or start > work.now + FURTHEST for start in starts):
        raise InvalidInput({"day": N_("Times lie in the future, and at most 60 days away.")})
    known = set(
        work.session.scalars(select(VisitSlot.starts_at).where(VisitSlot.area_id == area.id, VisitSlot.closed_at.is_(None)))
    )
    made = [
        VisitSlot(area_id=area.id, starts_at=start, ends_at=start + timedelta(minutes=minutes), created_at=work.now)
        for start in sorted(set(starts))
        if start not in known
    ]
    work.session.add_all(made)
    work.session.flush()
    return made


def take_slot_back(work: Work, slot_code: str) -> None:
    """Take back a time that nobody has booked; one that is booked, or not theirs, stays as it is."""
    mine = select(VisitArea.id).where(VisitArea.agency_id.in_(managed_agencies(work)))
    wanted = select(VisitSlot).where(VisitSlot.code == slot_code, VisitSlot.area_id.in_(mine), VisitSlot.closed_at.is_(None))
    slot = work.session.scalars(wanted.with_for_update()).one_or_none()
    if slot is None or work.session.scalars(select(Visit.id).where(Visit.slot_id == slot.id)).first() is not None:
        return
    slot.closed_at = work.now
    work.session.flush()
