"""Reads of orders at which the appraiser comes to the owner's home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.accounts.queries import user_by_id
from app.appraisal.models import Appraisal, Handing, HomeVisit, Place, Price, Slot
from app.appraisal.queries.fees import prices_by_agency
from app.appraisal.queries.orders import history, open_appraisal, scheme_in_force, visible_appraisal
from app.appraisal.queries.register import may_sign, staffed_agencies
from app.appraisal.queries.visits import (
    absences,
    complete_places,
    digits_of,
    handing_of,
    has_meeting_begun,
    holder,
    places_by_agency,
)
from app.appraisal.rules import place_completes
from app.appraisal.states import ACCEPTED, APPRAISAL_FLOW, AWAITING_ITEM, CANCEL, ENDED, LATE, OPEN, SCHEDULED
from app.appraisal.terms import Terms
from app.goods.models import CATEGORIES, Thing
from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.visits import queries as visits
from app.visits.models import Visit, VisitArea, VisitSlot
from grading import Scheme

RELEASED = "appraisal.release"
CHOICES = (RELEASED, "appraisal.book", "appraisal.bring")


@dataclass(frozen=True)
class VisitOffer:
    """An agency that comes to a district: its fee with the way, and its free times. ``fee_fen``: both together."""

    agency: Organisation
    price: Price
    area: VisitArea
    times: Sequence[VisitSlot]

    @property
    def fee_fen(self) -> int:
        return self.price.fee_fen + self.area.fee_fen


_VISIT_OF = (
    select(Visit).join(HomeVisit, HomeVisit.visit_id == Visit.id).where(HomeVisit.appraisal_id == bindparam("appraisal_id"))
)  # every step of every order asks this


def visit_of(work: Work, appraisal_id: int) -> Visit | None:
    """The visit of an order; None where the thing comes to the appraiser."""
    return work.session.scalars(_VISIT_OF, {"appraisal_id": appraisal_id}).one_or_none()


def order_of_visit(work: Work, visit_id: int) -> Appraisal | None:
    wanted = select(Appraisal).join(HomeVisit, HomeVisit.appraisal_id == Appraisal.id).where(HomeVisit.visit_id == visit_id)
    return work.session.scalars(wanted).one_or_none()


def visit_districts(work: Work, category: str, scheme: Scheme) -> set[str]:
    """The districts in which somebody can come to a home and complete this scheme's grade there."""
    return {area.district for _agency, _price, area in _able(work, category, scheme, None)}


def visit_offers(work: Work, category: str, scheme: Scheme, district: str) -> list[VisitOffer]:
    """Agencies that come to this district, can complete the grade there, and have a free time."""
    able = _able(work, category, scheme, district)
    free: dict[int, list[VisitSlot]] = {}
    for slot in visits.free_times(work, [area.id for _agency, _price, area in able], visits.bookable_from(work), 200):
        free.setdefault(slot.area_id, []).append(slot)
    return [VisitOffer(agency, price, area, free[area.id][:20]) for agency, price, area in able if area.id in free]


def _able(work: Work, category: str, scheme: Scheme, district: str | None) -> list[tuple[Organisation, Price, VisitArea]]:
    prices = prices_by_agency(work, category)
    agencies = {agency.id: agency for agency in staffed_agencies(work, category) if agency.id in prices}
    wanted = select(VisitArea).where(VisitArea.agency_id.in_(agencies), VisitArea.closed_at.is_(None))
    if district is not None:
        wanted = wanted.where(VisitArea.district == district)
    areas = work.session.scalars(wanted.order_by(VisitArea.id))
    return [(agencies[area.agency_id], prices[area.agency_id], area) for area in areas if place_completes(scheme, area.kinds)]


@dataclass(frozen=True)
class Engagement:
    """An appraiser is to meet an owner from then to then, at a home or at a place of the agency."""

    user_id: int
    starts_at: datetime
    ends_at: datetime

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        return self.starts_at < ends_at and self.ends_at > starts_at


def engagements(work: Work, user_ids: Iterable[int], but: int) -> list[Engagement]:
    """Where these appraisers are expected from now on. ``but``: the order that does not count. Two queries."""
    mine = (Appraisal.appraiser_id.in_(list(user_ids)), Appraisal.state.in_(OPEN), Appraisal.id != but)
    home = (
        select(Appraisal.appraiser_id, VisitSlot.starts_at, VisitSlot.ends_at)
        .join(HomeVisit, HomeVisit.appraisal_id == Appraisal.id)
        .join(Visit, Visit.id == HomeVisit.visit_id)
        .join(VisitSlot, VisitSlot.id == Visit.slot_id)
        .where(*mine, VisitSlot.ends_at > work.now)
    )
    place = (
        select(Appraisal.appraiser_id, Slot.starts_at, Slot.ends_at)
        .join(Handing, Handing.appraisal_id == Appraisal.id)
        .join(Slot, Slot.id == Handing.slot_id)
        .where(*mine, Appraisal.state == SCHEDULED, Slot.ends_at > work.now)
    )
    rows = (row for wanted in (home, place) for row in work.session.execute(wanted))
    return [Engagement(user_id, starts_at, ends_at) for user_id, starts_at, ends_at in rows if user_id is not None]


def expected_elsewhere(work: Work, user_ids: Iterable[int], starts_at: datetime, ends_at: datetime, but: int) -> set[int]:
    """Which of these appraisers are to meet somebody else in this time. ``but``: this order not."""
    return {each.user_id for each in engagements(work, user_ids, but) if each.overlaps(starts_at, ends_at)}


def times_to_move_to(work: Work, appraisal: Appraisal, visit: Visit) -> list[VisitSlot]:
    """Free times of the same area at which the order's appraiser is not expected elsewhere."""
    free = visits.free_times(work, [visit.area_id], visits.bookable_from(work), 40)
    if appraisal.appraiser_id is None:
        return free
    busy = engagements(work, [appraisal.appraiser_id], appraisal.id)
    return [slot for slot in free if not any(each.overlaps(slot.starts_at, slot.ends_at) for each in busy)]


def digits_for_owner(work: Work, appraisal: Appraisal, sealer: Sealer) -> str | None:
    """The six digits, for the owner alone, where the next step is a hand-over across a table or a meeting."""
    handing = handing_of(work, appraisal.id)
    if handing is None or appraisal.owner_id != work.actor.user_id:
        return None
    visit = visit_of(work, appraisal.id)
    comes = (appraisal.state == SCHEDULED and (visit is None or visits.is_expected(visit))) or (
        appraisal.state == AWAITING_ITEM and handing.way == "bring"
    )
    goes = appraisal.state in ENDED and holder(work, appraisal) == "agency" and handing.back_way != "parcel"
    return digits_of(handing, sealer) if comes or goes else None


@dataclass(frozen=True)
class PlaceOffer:
    """An agency that can be asked: its fee (None: nothing), and the places that can complete the grade."""

    agency: Organisation
    price: Price | None
    places: Sequence[Place]


def place_offers(work: Work, thing: Thing) -> list[PlaceOffer]:
    """Agencies that can be asked to appraise the thing. With a fee only those with a place that can complete the grade."""
    scheme, agencies = scheme_in_force(work, thing), staffed_agencies(work, thing.category)
    prices = prices_by_agency(work, thing.category)
    places = places_by_agency(work, [agency.id for agency in agencies])
    found = [PlaceOffer(agency, prices.get(agency.id), complete_places(places.get(agency.id, []), scheme)) for agency in agencies]
    return [each for each in found if each.price is None or each.places]


@dataclass(frozen=True)
class Askable:
    """An agency that can be asked today: for what, and for how much in fen (0: nothing)."""

    agency: Organisation
    fees: Mapping[str, int]  # by category


def askable_agencies(work: Work, categories: Iterable[str] = CATEGORIES) -> list[Askable]:
    """Agencies that take new work in one of the categories today, by name.

    They are licensed, calibrated, not suspended, and have an appraiser of the category. With a fee only those that have a place,
    or come to somebody's home.
    """
    every = accounts.organisations(work, "agency")
    reached = visits.districts_served(work, [one.id for one in every])
    shown_at = places_by_agency(work, [one.id for one in every])
    fees: dict[int, dict[str, int]] = {}
    for category in categories:
        prices = prices_by_agency(work, category)
        for one in staffed_agencies(work, category):
            if one.id not in prices or shown_at.get(one.id) or reached.get(one.id):
                fees.setdefault(one.id, {})[category] = prices[one.id].fee_fen if one.id in prices else 0
    return [Askable(one, fees[one.id]) for one in every if one.id in fees]


def shows_home(work: Work, code: str) -> bool:
    """Whether the reader is the appraiser who has accepted and is still expected there, and is therefore shown the address."""
    appraisal = visible_appraisal(work, code)
    if appraisal.state != SCHEDULED or appraisal.appraiser_id != work.actor.user_id:
        return False
    visit = visit_of(work, appraisal.id)
    return visit is not None and visits.is_expected(visit)


def refund_pct(work: Work, appraisal: Appraisal, terms: Terms, state: str) -> int | None:
    """Percent of the fee that comes back when the order ends in this state now; None where none is held.

    In the last hours before a visit it is what the visit's terms say, if that is less; all of it where it lies with the agency.
    """
    percent = terms.refund_pct.get(state)
    if percent is not None and lies_with_agency(work, appraisal, state):
        return 100
    visit = visit_of(work, appraisal.id) if state == SCHEDULED else None
    if percent is None or visit is None or not visits.is_late(work, visit):
        return percent
    return min(percent, visits.terms_of_visit(visit).late_refund_pct)


def lies_with_agency(work: Work, appraisal: Appraisal, state: str) -> bool:
    """Whether an order that ends in this state ends because of its agency: suspended, late, or late in accepting a visit."""
    due = appraisal.report_due_at
    if may_sign(work, appraisal.agency_id) or (state in LATE and state != SCHEDULED and due is not None and due <= work.now):
        return True
    if state != ACCEPTED:
        return False
    visit = visit_of(work, appraisal.id)
    return visits.is_lapsed(visit) if visit is not None else sent_away_at(work, appraisal) is not None


def sent_away_at(work: Work, appraisal: Appraisal) -> datetime | None:
    """When the appraiser gave back a booked time that had begun; None where its owner has chosen another one since."""
    choices = [entry for entry in history(work, appraisal.id) if entry.verb in CHOICES]
    if not choices or choices[-1].verb != RELEASED or choices[-1].actor_code == user_by_id(work, appraisal.owner_id).code:
        return None
    return choices[-1].at


def is_meeting_undecided(work: Work, appraisal: Appraisal) -> bool:
    """Whether a booked time, at a place or at home, has begun, and what follows of who was there has not happened yet.

    Also when it is settled who was absent and the order has not ended by it so far: nobody is faster than that news.
    """
    if appraisal.state != SCHEDULED:
        return False
    visit = visit_of(work, appraisal.id)
    if visit is None:
        return has_meeting_begun(work, appraisal)
    slot = visits.slot_of_visit(work, visit) if visits.is_booked(visit) else None
    return visits.is_questioned(visit) or (slot is not None and slot.starts_at <= work.now)


def may_own_up(work: Work, appraisal: Appraisal) -> bool:
    """Whether a booked time has begun, nobody has said anything of it, and the appraiser may admit their own absence."""
    visit = visit_of(work, appraisal.id)
    is_silent = not absences(work, appraisal) if visit is None else visits.is_booked(visit)
    return is_silent and is_meeting_undecided(work, appraisal)


def may_take_back(work: Work, appraisal: Appraisal) -> bool:
    """Whether its owner can end the order now."""
    return (
        APPRAISAL_FLOW.can(appraisal.state, CANCEL)
        and holder(work, appraisal) != "carrier"
        and not is_meeting_undecided(work, appraisal)
    )


def is_earlier_order_open(work: Work, thing: Thing) -> bool:
    """Whether an order of somebody who no longer owns the thing goes on until it is settled who was at its booked time."""
    found = open_appraisal(work, thing.id)
    return found is not None and found.owner_id != thing.owner_id and is_meeting_undecided(work, found)
