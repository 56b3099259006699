"""Reads of the appraisal room, for its pages and for upper rooms."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.appraisal.errors import AppraisalNotFound, ReportNotFound
from app.appraisal.models import Appraisal, Report
from app.appraisal.states import OPEN
from app.kernel.work import Work


def latest_report(work: Work, thing_id: int) -> Report | None:
    """The newest signed report of the thing."""
    return reports_by_thing(work, [thing_id]).get(thing_id)


def reports_by_thing(work: Work, thing_ids: Iterable[int]) -> dict[int, Report]:
    """The newest signed report of each thing that has one: one query."""
    ids = list(thing_ids)
    if not ids:
        return {}
    newest = select(func.max(Report.id)).where(Report.thing_id.in_(ids)).group_by(Report.thing_id)
    return {report.thing_id: report for report in work.session.scalars(select(Report).where(Report.id.in_(newest)))}


def report_by_code(work: Work, code: str) -> Report:
    """The report with this number. Raises ReportNotFound."""
    report = work.session.scalars(select(Report).where(Report.code == code)).first()
    if report is None:
        raise ReportNotFound()
    return report


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
    found = work.session.scalars(select(Appraisal).where(Appraisal.code == code)).first()
    if found is None:
        raise AppraisalNotFound()
    agencies = {organisation for role, organisation in work.actor.duties if role in ("appraiser", "manager")}
    if found.owner_id != work.actor.user_id and found.agency_id not in agencies:
        raise AppraisalNotFound()
    return found


def agency_queue(work: Work, limit: int = 100) -> list[Appraisal]:
    """Orders of the actor's agency: the actor's own work first, then what nobody has accepted, then what is done."""
    agency_id = work.actor.organisation_id("appraiser")
    mine = select(Appraisal).where(Appraisal.agency_id == agency_id).order_by(Appraisal.id.desc()).limit(limit)
    rank = {"inspecting": 0, "accepted": 1, "requested": 2}
    found = list(work.session.scalars(mine))
    return sorted(found, key=lambda row: (rank.get(row.state, 3), -row.id))


def own_appraisals(work: Work, limit: int = 50) -> list[Appraisal]:
    """What the actor has ordered, newest first."""
    mine = select(Appraisal).where(Appraisal.owner_id == work.actor.id).order_by(Appraisal.id.desc()).limit(limit)
    return list(work.session.scalars(mine))


def agencies(work: Work) -> list[Organisation]:
    """Agencies that can be asked."""
    return list(accounts.organisations(work, "agency"))
