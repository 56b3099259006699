"""Reads of re-inspections, for their pages and verbs. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.appraisal import queries as appraisals
from app.appraisal.models import Appraisal, Report, SecondLook, SecondLookOrder
from app.appraisal.models.second_looks import BLIND
from app.goods.models import Thing
from app.kernel.audit import AuditEntry
from app.kernel.errors import NotAllowed
from app.kernel.ids import is_code
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.reinspection.errors import ReinspectionNotFound
from app.reinspection.models import Liability, Reinspection
from app.reinspection.states import DECIDED, OPEN, UPHELD
from app.trades import queries as trades


def own_reinspection(work: Work, code: str) -> Reinspection:
    """For who asked, who shows the thing, and staff. Raises ReinspectionNotFound for everybody else, the agencies too."""
    row = find_reinspection(work, code)
    if row is None or not (work.actor.has("operator") or work.actor.user_id in people_of(work, row)):
        raise ReinspectionNotFound()
    return row


def reinspection_for_staff(work: Work, code: str, *, to_change: bool = False) -> Reinspection:
    """Any of them, for a member of staff. Raises NotAllowed, ReinspectionNotFound.

    ``to_change``: and PartyCannotDecide for who asked or shows the thing, its owner, and the people of both agencies.
    """
    if not work.actor.has("operator"):
        raise NotAllowed()
    row = find_reinspection(work, code)
    if row is None:
        raise ReinspectionNotFound()
    if to_change:
        report, look = report_of(work, row), row.second_look_id
        orders = appraisals.orders_of_look(work, look) if look is not None else []
        people = {row.by_id, report.appraiser_id, thing_of(work, row).owner_id, *people_of(work, row)}
        appraisals.refuse_among(work, people, {report.agency_id, *(order.agency_id for order in orders)})
    return row


def find_reinspection(work: Work, code: str) -> Reinspection | None:
    return work.session.scalars(select(Reinspection).where(Reinspection.code == code)).first() if is_code(code) else None


def people_of(work: Work, row: Reinspection) -> set[int]:
    """Who is told how it goes: who asked, and who shows the thing."""
    told = {row.by_id} if row.by_id is not None else set()
    if row.second_look_id is not None:
        told |= {order.owner_id for order in appraisals.orders_of_look(work, row.second_look_id)}
    if row.by_id is None and row.second_look_id is not None and not told:
        told = {thing_of(work, row).owner_id}
    return told


def contesters(work: Work, appraisal_id: int) -> set[int]:
    """Who has contested a report of this order, or the report that this order looks at again (the door of the room below)."""
    own = select(Report.id).where(Report.appraisal_id == appraisal_id)
    look = select(SecondLookOrder.second_look_id).where(SecondLookOrder.appraisal_id == appraisal_id)
    concerned = Reinspection.report_id.in_(own) | Reinspection.second_look_id.in_(look)
    found = work.session.scalars(select(Reinspection.by_id).where(Reinspection.by_id.is_not(None), concerned))
    return {who for who in found if who is not None}


def report_of(work: Work, row: Reinspection) -> Report:
    """The report that is looked at again."""
    return work.session.get_one(Report, row.report_id)


def thing_of(work: Work, row: Reinspection) -> Thing:
    return work.session.get_one(Thing, report_of(work, row).thing_id)


def look_of(work: Work, row: Reinspection) -> SecondLook | None:
    return None if row.second_look_id is None else work.session.get_one(SecondLook, row.second_look_id)


def order_of(work: Work, row: Reinspection) -> Appraisal | None:
    """The order that was placed last; None before any was."""
    orders = appraisals.orders_of_look(work, row.second_look_id) if row.second_look_id is not None else []
    return orders[-1] if orders else None


def open_reinspection(work: Work, report: Report) -> Reinspection | None:
    """The one of this report that is under way; also of an earlier version of it, which was corrected since."""
    versions = select(Report.id).where(Report.appraisal_id == report.appraisal_id)
    wanted = select(Reinspection).where(Reinspection.report_id.in_(versions), Reinspection.state.in_(OPEN))
    return work.session.scalars(wanted.order_by(Reinspection.id).limit(1)).first()


def by_payment(work: Work, payment_code: str) -> Reinspection | None:
    return work.session.scalars(select(Reinspection).where(Reinspection.payment_code == payment_code)).one_or_none()


def by_look(work: Work, look_id: int) -> Reinspection | None:
    return work.session.scalars(select(Reinspection).where(Reinspection.second_look_id == look_id)).one_or_none()


def upheld_before(work: Work, report_id: int, user_id: int) -> bool:
    """Whether this person has contested this report already, and the grade was found again."""
    wanted = select(Reinspection.id).where(
        Reinspection.report_id == report_id, Reinspection.by_id == user_id, Reinspection.state == UPHELD
    )
    return work.session.scalars(wanted.limit(1)).first() is not None


def shown_by(work: Work, thing: Thing) -> int:
    """Who has the thing and shows it to the second agency: a buyer who has received it, else its owner."""
    purchase = trades.purchase_of_thing(work, thing.id)
    return purchase.buyer_id if purchase is not None and trades.is_with_buyer(purchase) else thing.owner_id


def agencies_left(work: Work, row: Reinspection) -> list[Organisation]:
    """Agencies that can look at it, by code: not the first one, none that was asked, none of the people concerned.

    Those with a place at which all of it can be measured come before those without: there the thing goes from hand to hand.
    """
    report, thing = report_of(work, row), thing_of(work, row)
    close = {report.appraiser_id, thing.owner_id, shown_by(work, thing), *([row.by_id] if row.by_id is not None else [])}
    taboo = {report.agency_id} | {house.id for person in close for _role, house in accounts.memberships_of(work, person)}
    if row.second_look_id is not None:
        taboo |= {order.agency_id for order in appraisals.orders_of_look(work, row.second_look_id)}
    able = [one for one in appraisals.agencies_for(work, thing.category) if one.id not in taboo]
    staffed = sorted((one for one in able if appraisals.appraisers_for(work, one.id, thing.category)), key=lambda one: one.code)
    places, scheme = appraisals.places_by_agency(work, [one.id for one in staffed]), appraisals.scheme_in_force(work, thing)
    housed = [one for one in staffed if appraisals.complete_places(places.get(one.id, []), scheme)]
    return housed or staffed


def contests_of(work: Work, user_id: int, before: int | None = None, limit: int = 100) -> list[Reinspection]:
    """What somebody has contested, or was asked to show, newest first; ``before``: the id of a row where the list goes on."""
    shown = (
        select(Reinspection.id)
        .join(SecondLookOrder, SecondLookOrder.second_look_id == Reinspection.second_look_id)
        .join(Appraisal, Appraisal.id == SecondLookOrder.appraisal_id)
        .where(Appraisal.owner_id == user_id)
    )
    mine = select(Reinspection).where((Reinspection.by_id == user_id) | Reinspection.id.in_(shown))
    if before is not None:
        mine = mine.where(Reinspection.id < before)
    return list(work.session.scalars(mine.order_by(Reinspection.id.desc()).limit(limit)))


def second_report_code(work: Work, look: SecondLook) -> str | None:
    """The report by which a second look was decided."""
    return work.session.get_one(Report, look.second_report_id).code if look.second_report_id is not None else None


def for_staff(work: Work, limit: int = 200) -> list[Reinspection]:
    """All of them for a member of staff: those that wait for staff, those under way, the ended ones, newest first in each."""
    if not work.actor.has("operator"):
        raise NotAllowed()
    rows = list(work.session.scalars(select(Reinspection).order_by(Reinspection.id.desc()).limit(limit)))
    return sorted(rows, key=lambda row: (row.staff_reason is None, row.state not in OPEN))


def liability_of(work: Work, row: Reinspection) -> Liability | None:
    """What the first agency answers for; None: for nothing."""
    return work.session.scalars(select(Liability).where(Liability.reinspection_id == row.id)).one_or_none()


def history(work: Work, row: Reinspection) -> list[AuditEntry]:
    """Its transitions, oldest first."""
    steps = select(AuditEntry).where(
        AuditEntry.entity == "reinspection", AuditEntry.entity_id == row.id, AuditEntry.to_state.is_not(None)
    )
    return list(work.session.scalars(steps.order_by(AuditEntry.id)))


def reports_by_id(work: Work, rows: Iterable[Reinspection]) -> dict[int, Report]:
    """The reports of several of them: one query."""
    wanted = {row.report_id for row in rows}
    found = work.session.scalars(select(Report).where(Report.id.in_(wanted))) if wanted else ()
    return {report.id: report for report in found}


@dataclass(frozen=True)
class Month:
    """What one appraiser signed in a month: report codes, and those among them that were drawn for a second look."""

    appraiser_code: str
    issued: Sequence[str]
    drawn: Sequence[str]


def month_of(work: Work, since: datetime, until: datetime) -> list[Month]:
    """The first versions of ordinary reports that were signed in this time, by appraiser code and report id. Two queries."""
    second = select(SecondLookOrder.appraisal_id)
    rows = select(Report.id, Report.code, Report.appraiser_id).where(
        Report.signed_at >= since, Report.signed_at < until, Report.no == 1, Report.appraisal_id.not_in(second)
    )
    signed = work.session.execute(rows.order_by(Report.id)).all()
    looked = select(Reinspection.report_id).where(
        Reinspection.kind == BLIND, Reinspection.report_id.in_([report_id for report_id, _code, _who in signed])
    )
    drawn = set(work.session.scalars(looked))
    people = accounts.users_by_id(work, {who for _id, _code, who in signed})
    found = []
    for person in sorted(people.values(), key=lambda one: one.code):
        own = [(report_id, code) for report_id, code, who in signed if who == person.id]
        found.append(Month(person.code, [code for _id, code in own], [code for report_id, code in own if report_id in drawn]))
    return found


def is_late(work: Work, report: Report) -> bool:
    """Whether the report's last day is over: the day in Shanghai counts to its last second."""
    return report.valid_until is not None and shanghai_day(work.now) > report.valid_until


def is_decided(row: Reinspection) -> bool:
    return row.state in DECIDED
