"""Reads of who was drawn, who can be drawn, and what waits for staff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal.models import Appraisal, Assignment, Fee, Override
from app.appraisal.queries.home import expected_elsewhere, visit_of
from app.appraisal.queries.register import appraisers_for, may_sign, may_take_work
from app.appraisal.states import LATE, OPEN, WITH_APPRAISER
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.work import Work
from app.visits.queries import slot_of_visit

DEALING_KEEPS_APART_DAYS = 365  # after a sale between them, neither appraises what is the other's; our own choice
BUSY = tuple(state for state in WITH_APPRAISER if state in OPEN)

OWN, COLLEAGUE, DEALT, ASKED, MAY_NOT, ELSEWHERE = "own", "colleague", "dealt", "asked", "may_not", "elsewhere"


@dataclass(frozen=True)
class Candidate:
    """An appraiser of the agency: how many open orders they have, and what stands against this one."""

    user: User
    open_orders: int
    against: tuple[str, ...]

    @property
    def is_free(self) -> bool:
        return not self.against

    @property
    def can_be_let_pass(self) -> bool:
        """Whether two members of staff could let it pass: never one's own thing, no licence, or two places at once."""
        return not {OWN, MAY_NOT, ELSEWHERE} & set(self.against)


def candidates(work: Work, appraisal: Appraisal, thing: Thing) -> list[Candidate]:
    """Everybody who appraises for the agency, by public code, with their load and what stands against them."""
    people = accounts.members(work, appraisal.agency_id, "appraiser")
    load = open_orders(work, [person.id for person in people])
    asked = set(work.session.scalars(select(Assignment.appraiser_id).where(Assignment.appraisal_id == appraisal.id)))
    may: set[int] = set()
    if not may_take_work(work, appraisal.agency_id, thing.category):
        may = {person.id for person in appraisers_for(work, appraisal.agency_id, thing.category)}
    away = _elsewhere(work, appraisal, [person.id for person in people])
    found = []
    for person in sorted(people, key=lambda person: person.code):
        against = conflicts(work, appraisal, thing, person.id)
        if person.id in asked:
            against = (*against, ASKED)
        if person.id not in may:
            against = (*against, MAY_NOT)
        if person.id in away:
            against = (*against, ELSEWHERE)
        found.append(Candidate(person, load.get(person.id, 0), against))
    return found


def _elsewhere(work: Work, appraisal: Appraisal, user_ids: list[int]) -> set[int]:
    """Who is expected somewhere else at the booked time of a visit."""
    visit = visit_of(work, appraisal.id)
    slot = None if visit is None else slot_of_visit(work, visit)
    return set() if slot is None else expected_elsewhere(work, user_ids, slot.starts_at, slot.ends_at, appraisal.id)


def conflicts(work: Work, appraisal: Appraisal, thing: Thing, user_id: int) -> tuple[str, ...]:
    """What makes this person too close to the thing's owners: it is their own, they work together, or dealt lately.

    A conflict that two members of staff let pass for this order is left out; one's own thing never is.
    """
    owners = sorted({appraisal.owner_id, thing.owner_id})
    if user_id in owners:
        return (OWN,)
    if override_of(work, appraisal.id, user_id, confirmed=True) is not None:
        return ()
    since = work.now - timedelta(days=DEALING_KEEPS_APART_DAYS)
    houses = {each.id for _role, each in accounts.memberships_of(work, user_id)}
    found = []
    if any(houses & {each.id for _role, each in accounts.memberships_of(work, owner_id)} for owner_id in owners):
        found.append(COLLEAGUE)
    if any(goods.dealt_with(work, user_id, owner_id, since) for owner_id in owners):
        found.append(DEALT)
    return tuple(found)


def open_orders(work: Work, user_ids: Iterable[int]) -> dict[int, int]:
    """How many orders lie with each of these appraisers now. One query; nobody without any is in it."""
    mine = select(Appraisal.appraiser_id, func.count()).where(
        Appraisal.appraiser_id.in_(list(user_ids)), Appraisal.state.in_(BUSY)
    )
    rows = work.session.execute(mine.group_by(Appraisal.appraiser_id))
    return {int(user_id): int(count) for user_id, count in rows}


def assignments_of(work: Work, appraisal_id: int) -> list[Assignment]:
    """Who was asked, in order."""
    rows = select(Assignment).where(Assignment.appraisal_id == appraisal_id).order_by(Assignment.no)
    return list(work.session.scalars(rows))


def open_assignment(work: Work, appraisal_id: int) -> Assignment | None:
    """The one that waits for its answer."""
    rows = select(Assignment).where(Assignment.appraisal_id == appraisal_id, Assignment.answer.is_(None))
    return work.session.scalars(rows.order_by(Assignment.no.desc()).limit(1)).first()


def override_of(work: Work, appraisal_id: int, user_id: int, *, confirmed: bool) -> Override | None:
    """What staff let pass (``confirmed``), or proposed to let pass, for this person and order."""
    wanted = select(Override).where(Override.appraisal_id == appraisal_id, Override.appraiser_id == user_id)
    if confirmed:
        wanted = wanted.where(Override.confirmed_at.is_not(None))
    return work.session.scalars(wanted).one_or_none()


def overrides_of(work: Work, appraisal_id: int) -> list[Override]:
    """All of an order, oldest first."""
    return list(work.session.scalars(select(Override).where(Override.appraisal_id == appraisal_id).order_by(Override.id)))


def waiting_for_staff(work: Work, limit: int = 100) -> list[tuple[Appraisal, Fee | None]]:
    """Orders that nobody takes, whose report is late, or whose thing did not go back; the one that waits longest first."""
    late = (Appraisal.report_due_at <= work.now) & Appraisal.state.in_(LATE)
    rows = select(Appraisal, Fee).outerjoin(Fee, Fee.appraisal_id == Appraisal.id).where(Fee.staff_reason.is_not(None) | late)
    return [(row[0], row[1]) for row in work.session.execute(rows.order_by(Appraisal.entered_at).limit(limit))]


def is_late(work: Work, appraisal: Appraisal) -> bool:
    """Whether the report should be there by now: the agency's days and some more are over."""
    return appraisal.state in LATE and appraisal.report_due_at is not None and appraisal.report_due_at <= work.now


def may_be_ended(work: Work, appraisal: Appraisal) -> bool:
    """Whether staff may end it: the report is late, or its agency is suspended and signs nothing."""
    if appraisal.report_due_at is None:
        return False
    return is_late(work, appraisal) or (appraisal.state in LATE and bool(may_sign(work, appraisal.agency_id)))
