"""Reads of places and times, and in whose hands the thing of an order is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.appraisal.errors import PlaceNotFound
from app.appraisal.models import Absence, Appraisal, CustodyEntry, Handing, InspectionSeal, Place, Slot
from app.appraisal.queries.orders import agencies_of, visible_appraisal
from app.appraisal.rules import place_completes
from app.appraisal.states import ENDED, SCHEDULED
from app.kernel.ids import is_code
from app.kernel.seal import Sealer
from app.kernel.work import Work
from grading import Scheme

BOOKED_AHEAD = timedelta(days=30)  # times further away are not shown yet
WAIT = timedelta(minutes=30)  # at a booked time, before either side may say that the other one was not there; our own choice


def places_of(work: Work, agency_id: int) -> list[Place]:
    """The places that an agency offers now, oldest first."""
    rows = select(Place).where(Place.agency_id == agency_id, Place.closed_at.is_(None)).order_by(Place.id)
    return list(work.session.scalars(rows))


def places_by_agency(work: Work, agency_ids: Iterable[int]) -> dict[int, list[Place]]:
    """The places of several agencies. One query."""
    rows = select(Place).where(Place.agency_id.in_(list(agency_ids)), Place.closed_at.is_(None)).order_by(Place.id)
    found: dict[int, list[Place]] = {}
    for place in work.session.scalars(rows):
        found.setdefault(place.agency_id, []).append(place)
    return found


def complete_places(places: Iterable[Place], scheme: Scheme) -> list[Place]:
    """Those at which every item that a grade needs can be measured; only they are offered for booking."""
    return [place for place in places if place_completes(scheme, place.kinds)]


def own_place(work: Work, code: str, agency_ids: Iterable[int]) -> Place:
    """A place of one of these agencies. Raises PlaceNotFound."""
    wanted = select(Place).where(Place.code == code, Place.agency_id.in_(list(agency_ids)))
    place = work.session.scalars(wanted).one_or_none() if is_code(code) else None
    if place is None:
        raise PlaceNotFound()
    return place


def place_by_id(work: Work, place_id: int) -> Place:
    return work.session.get_one(Place, place_id)


def free_slots(work: Work, place_ids: Iterable[int], limit: int = 60) -> list[Slot]:
    """Times of these places that are still to come and that nobody has booked, earliest first."""
    booked = select(Handing.slot_id).where(Handing.slot_id.is_not(None))
    rows = select(Slot).where(
        Slot.place_id.in_(list(place_ids)),
        Slot.closed_at.is_(None),
        Slot.starts_at > work.now,
        Slot.starts_at < work.now + BOOKED_AHEAD,
        Slot.id.not_in(booked),
    )
    return list(work.session.scalars(rows.order_by(Slot.starts_at, Slot.id).limit(limit)))


def find_slot(work: Work, code: str) -> Slot | None:
    return work.session.scalars(select(Slot).where(Slot.code == code)).one_or_none() if is_code(code) else None


def slot_of(work: Work, handing: Handing | None) -> Slot | None:
    """The time that is booked for an order."""
    return None if handing is None or handing.slot_id is None else work.session.get_one(Slot, handing.slot_id)


def handing_of(work: Work, appraisal_id: int) -> Handing | None:
    """How the thing comes and goes; None for an order without a fee, where it lies beside the appraiser."""
    return work.session.scalars(select(Handing).where(Handing.appraisal_id == appraisal_id)).one_or_none()


def come_due_at(work: Work, appraisal: Appraisal) -> datetime | None:
    """Until when an accepted order waits for its thing."""
    handing = handing_of(work, appraisal.id)
    return None if handing is None else handing.come_due_at


def custody_of(work: Work, appraisal_id: int) -> list[CustodyEntry]:
    """Every step from hand to hand, in order."""
    rows = select(CustodyEntry).where(CustodyEntry.appraisal_id == appraisal_id).order_by(CustodyEntry.no)
    return list(work.session.scalars(rows))


def holder(work: Work, appraisal: Appraisal) -> str:
    """Who has the thing now: its owner, a carrier, or the agency."""
    rows = select(CustodyEntry.holder).where(CustodyEntry.appraisal_id == appraisal.id).order_by(CustodyEntry.no.desc())
    return work.session.scalars(rows.limit(1)).first() or "owner"


def holders_by_appraisal(work: Work, appraisal_ids: Iterable[int]) -> dict[int, str]:
    """Who has the thing of each of these orders; an order without any hand-over is left out. One query."""
    newest = (
        select(CustodyEntry.appraisal_id, func.max(CustodyEntry.no).label("no"))
        .where(CustodyEntry.appraisal_id.in_(list(appraisal_ids)))
        .group_by(CustodyEntry.appraisal_id)
        .subquery()
    )
    rows = select(CustodyEntry.appraisal_id, CustodyEntry.holder).join(
        newest, (newest.c.appraisal_id == CustodyEntry.appraisal_id) & (newest.c.no == CustodyEntry.no)
    )
    return {row.appraisal_id: row.holder for row in work.session.execute(rows)}


def waits_for_parcel(work: Work, code: str) -> bool:
    """Whether the reader works for the agency that has to send this thing back, and is therefore shown where to."""
    appraisal = visible_appraisal(work, code)
    if appraisal.state not in ENDED or appraisal.agency_id not in agencies_of(work.actor, "appraiser", "manager"):
        return False
    handing = handing_of(work, appraisal.id)
    return handing is not None and handing.back_way == "parcel" and holder(work, appraisal) == "agency"


def is_coming(work: Work, appraisal: Appraisal) -> bool:
    """Whether a carrier brings the thing to the agency: sent by its owner and not received."""
    rows = custody_of(work, appraisal.id)
    return bool(rows) and rows[-1].kind == "sent"


def absences(work: Work, appraisal: Appraisal) -> list[Absence]:
    """What the two sides said about the booked time of the order: that the other one was not there. Oldest first."""
    handing = handing_of(work, appraisal.id)
    if handing is None or handing.slot_id is None:
        return []
    rows = select(Absence).where(Absence.appraisal_id == appraisal.id, Absence.slot_id == handing.slot_id)
    return list(work.session.scalars(rows.order_by(Absence.id)))


def is_absence_open(work: Work, appraisal: Appraisal) -> bool:
    """Whether somebody said that the other side was not there, and they have not met since, and staff have not decided."""
    return appraisal.state == SCHEDULED and bool(absences(work, appraisal))


def has_meeting_begun(work: Work, appraisal: Appraisal) -> bool:
    """Whether the booked time at a place has come, and owner and appraiser have not met yet."""
    slot = slot_of(work, handing_of(work, appraisal.id)) if appraisal.state == SCHEDULED else None
    return slot is not None and work.now >= slot.starts_at


def may_say_nobody_came(work: Work, appraisal: Appraisal) -> bool:
    """Whether owner and appraiser have waited long enough for each other at the booked time. Not for a visit at home."""
    slot = slot_of(work, handing_of(work, appraisal.id)) if appraisal.state == SCHEDULED else None
    return slot is not None and work.now >= slot.starts_at + WAIT


def seal_of(work: Work, appraisal_id: int) -> str | None:
    """The number of the seal that is closed on the thing: by the inspection after an erasure, else when the agency took it."""
    inspected = select(InspectionSeal.seal_no).where(InspectionSeal.appraisal_id == appraisal_id)
    number = work.session.scalars(inspected.order_by(InspectionSeal.id.desc()).limit(1)).first()
    if number is not None:
        return number
    rows = select(CustodyEntry.seal_no).where(CustodyEntry.appraisal_id == appraisal_id, CustodyEntry.kind == "received")
    return work.session.scalars(rows.order_by(CustodyEntry.no.desc()).limit(1)).first()


def digits_of(handing: Handing, sealer: Sealer) -> str | None:
    """The six digits that the owner shows at the next hand-over."""
    if handing.digits_sealed is None:
        return None
    return sealer.open(handing.digits_sealed, f"appraisal_handing.digits:{handing.appraisal_id}")


def back_address(handing: Handing, sealer: Sealer) -> str | None:
    """Where a parcel goes back to."""
    if handing.back_address_sealed is None:
        return None
    return sealer.open(handing.back_address_sealed, f"appraisal_handing.back_address:{handing.appraisal_id}")
