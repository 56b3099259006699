"""Reads of the appraisal room, for its pages and for upper rooms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.appraisal.errors import AppraisalNotFound, ReportNotFound
from app.appraisal.models import Appraisal, Report
from app.appraisal.states import ACCEPTED, INSPECTING, OPEN, REQUESTED
from app.goods.models import Thing
from app.kernel.ids import is_code
from app.kernel.work import Actor, Work
from grading import load_scheme
from grading import not_compared as rules_not_compared


def latest_report(work: Work, thing_id: int) -> Report | None:
    """The newest signed report of the thing."""
    return reports_by_thing(work, [thing_id]).get(thing_id)


def latest_report_about(work: Work, thing: Thing) -> Report | None:
    """The newest signed report of the object itself: of this row, or of another row with its IMEI, VIN or brand and serial.

    Somebody who registers the same object a second time must not lose what an appraiser found.
    """
    same = [Thing.id == thing.id]
    if thing.imei:
        same.append(Thing.imei == thing.imei)
    if thing.serial:
        same.append(and_(Thing.brand == thing.brand, Thing.serial == thing.serial))
    if thing.vin:
        same.append(Thing.vin == thing.vin)
    found = select(Report).join(Thing, Thing.id == Report.thing_id).where(or_(*same)).order_by(Report.id.desc()).limit(1)
    return work.session.scalars(found).first()


def reports_by_thing(work: Work, thing_ids: Iterable[int]) -> dict[int, Report]:
    """The newest signed report of each thing that has one: one query."""
    ids = list(thing_ids)
    if not ids:
        return {}
    newest = select(func.max(Report.id)).where(Report.thing_id.in_(ids)).group_by(Report.thing_id)
    return {report.thing_id: report for report in work.session.scalars(select(Report).where(Report.id.in_(newest)))}


def report_by_code(work: Work, code: str) -> Report:
    """The report with this number. Raises ReportNotFound."""
    report = work.session.scalars(select(Report).where(Report.code == code)).first() if is_code(code) else None
    if report is None:
        raise ReportNotFound()
    return report


def findings_to_tell(report: Report) -> list[dict[str, Any]]:
    """The items of a report that a buyer must be told: first those that bar or limit the verdict, then the other defects."""
    items = [item for section in report.content["result"]["sections"] for item in section["items"]]
    deciding = [item for item in items if item.get("effect")]
    return deciding + [item for item in items if item["disclose"] and not item.get("effect")]


def not_compared(report: Report) -> list[dict[str, str]]:
    """Rules of the scheme about the seller's conduct that the report could not try, by name in both languages.

    The scheme compares findings with what the seller had declared; an inspection is made without that, so it says so.
    """
    scheme = load_scheme(report.scheme_id)
    return [dict(name) for name in rules_not_compared(scheme, report.content["result"]["facts"])]


def is_newest(work: Work, report: Report) -> bool:
    """Whether no later report of the same thing was signed."""
    latest = latest_report(work, report.thing_id)
    return latest is not None and latest.id == report.id


def report_of(work: Work, appraisal: Appraisal) -> Report | None:
    """The newest report of this order."""
    own = select(Report).where(Report.appraisal_id == appraisal.id).order_by(Report.no.desc()).limit(1)
    return work.session.scalars(own).first()


def open_appraisal(work: Work, thing_id: int) -> Appraisal | None:
    """The appraisal that is under way for the thing."""
    return work.session.scalars(select(Appraisal).where(Appraisal.thing_id == thing_id, Appraisal.state.in_(OPEN))).first()


def visible_appraisal(work: Work, code: str) -> Appraisal:
    """The appraisal, for its owner or a member of its agency. Raises AppraisalNotFound for everybody else."""
    found = work.session.scalars(select(Appraisal).where(Appraisal.code == code)).first() if is_code(code) else None
    if found is None:
        raise AppraisalNotFound()
    of_agency = found.agency_id in agencies_of(work.actor, "appraiser", "manager")
    if found.owner_id != work.actor.user_id and not of_agency:
        raise AppraisalNotFound()
    return found


def own_inspection(work: Work, code: str) -> Appraisal:
    """The inspection that the actor has accepted. Raises AppraisalNotFound for everybody else's."""
    found = visible_appraisal(work, code)
    if found.agency_id not in agencies_of(work.actor) or found.appraiser_id != work.actor.id:
        raise AppraisalNotFound()
    return found


def agencies_of(actor: Actor, *roles: str) -> set[int]:
    """The agencies for which the actor holds one of the roles (appraiser when none is named)."""
    wanted = roles or ("appraiser",)
    return {organisation_id for role, organisation_id in actor.duties if role in wanted}


def agency_queue(work: Work, limit: int = 100) -> list[Appraisal]:
    """Orders of the actor's agencies: what is being inspected, then what waits, then what is done; newest first."""
    rank = case((Appraisal.state == INSPECTING, 0), (Appraisal.state == ACCEPTED, 1), (Appraisal.state == REQUESTED, 2), else_=3)
    orders = select(Appraisal).where(Appraisal.agency_id.in_(agencies_of(work.actor)))
    return list(work.session.scalars(orders.order_by(rank, Appraisal.id.desc()).limit(limit)))


def page_of_appraisals(work: Work, side: str, before: int | None, limit: int) -> list[Appraisal]:
    """Some appraisals, newest first: the actor's own (``owner``) or those of the actor's ``agency``; ``before`` is an id."""
    whose = Appraisal.owner_id == work.actor.id
    if side == "agency":
        whose = Appraisal.agency_id.in_(agencies_of(work.actor, "appraiser", "manager"))
    orders = select(Appraisal).where(whose)
    if before is not None:
        orders = orders.where(Appraisal.id < before)
    return list(work.session.scalars(orders.order_by(Appraisal.id.desc()).limit(limit)))


def reports_by_appraisal(work: Work, appraisal_ids: Iterable[int]) -> dict[int, Report]:
    """The newest report of each order that has one: one query."""
    newest = select(func.max(Report.id)).where(Report.appraisal_id.in_(list(appraisal_ids))).group_by(Report.appraisal_id)
    return {report.appraisal_id: report for report in work.session.scalars(select(Report).where(Report.id.in_(newest)))}


def agencies(work: Work) -> list[Organisation]:
    """Agencies that can be asked."""
    return list(accounts.organisations(work, "agency"))
