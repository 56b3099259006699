"""What an agency offers: the places where it measures, and times at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from app.appraisal.models import Handing, Place, Slot
from app.appraisal.queries import agencies_of, own_place
from app.appraisal.rules import OFFERED_KINDS
from app.goods import catalogue
from app.kernel import audit
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.text import N_
from app.kernel.work import Work

MOST_SLOTS_AT_ONCE = 40
FURTHEST = timedelta(days=60)


def add_place(work: Work, agency_id: int, name: str, district: str, address: str, kinds: Sequence[str]) -> Place:
    """A manager adds a place. ``kinds``: what it has of the places that schemes name. Raises InvalidInput, NotAllowed."""
    _require_manager(work, agency_id)
    name, address = " ".join(name.split()), " ".join(address.split())
    errors = {}
    if not 2 <= len(name) <= 40:
        errors["name"] = N_("Please give the place a name of 2 to 40 characters.")
    if not 4 <= len(address) <= 120:
        errors["address"] = N_("Please write the address in 4 to 120 characters.")
    if catalogue.find_district(district) is None:
        errors["district"] = N_("Please choose one of the answers.")
    if not kinds or set(kinds) - set(OFFERED_KINDS):
        errors["kinds"] = N_("Please choose at least one of the answers.")
    if errors:
        raise InvalidInput(errors)
    chosen = [kind for kind in OFFERED_KINDS if kind in kinds]
    place = Place(agency_id=agency_id, name=name, district=district, address=address, kinds=chosen, created_at=work.now)
    work.session.add(place)
    work.session.flush()
    audit.record(work, "appraisal.place", "organisation", agency_id, {"place": place.code, "kinds": chosen})
    return place


def close_place(work: Work, place_code: str) -> Place:
    """A manager offers a place no more; what is booked there stays."""
    place = own_place(work, place_code, agencies_of(work.actor, "manager"))
    if place.closed_at is None:
        place.closed_at = work.now
        audit.record(work, "appraisal.place_closed", "organisation", place.agency_id, {"place": place.code})
    return place


def offer_times(work: Work, place_code: str, starts: Sequence[datetime], minutes: int) -> list[Slot]:
    """A manager offers times at a place, each for one order. Times that are offered there already are left out."""
    place = own_place(work, place_code, agencies_of(work.actor, "manager"))
    if not 0 < len(starts) <= MOST_SLOTS_AT_ONCE or not 10 <= minutes <= 480:
        raise InvalidInput({"starts": N_("Please choose between 1 and 40 times of 10 minutes to 8 hours.")})
    if any(start <= work.now or start > work.now + FURTHEST for start in starts):
        raise InvalidInput({"starts": N_("Times lie in the future, and at most 60 days away.")})
    open_ones = select(Slot.starts_at).where(Slot.place_id == place.id, Slot.closed_at.is_(None))
    known = set(work.session.scalars(open_ones))
    made = [
        Slot(place_id=place.id, starts_at=start, ends_at=start + timedelta(minutes=minutes), created_at=work.now)
        for start in sorted(set(starts))
        if start not in known
    ]
    work.session.add_all(made)
    work.session.flush()
    return made


def take_time_back(work: Work, slot_code: str) -> None:
    """A manager takes back a time that nobody has booked; one that is booked, or not theirs, stays as it is."""
    mine = select(Place.id).where(Place.agency_id.in_(agencies_of(work.actor, "manager")))
    booked = select(Handing.slot_id).where(Handing.slot_id.is_not(None))
    wanted = select(Slot).where(Slot.code == slot_code, Slot.place_id.in_(mine), Slot.id.not_in(booked))
    slot = work.session.scalars(wanted.with_for_update()).one_or_none()
    if slot is not None and slot.closed_at is None:
        slot.closed_at = work.now


def _require_manager(work: Work, agency_id: int) -> None:
    if agency_id not in agencies_of(work.actor, "manager"):
        raise NotAllowed()
