"""Reads of signed reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.appraisal.errors import ReportNotFound
from app.appraisal.models import Appraisal, Report, ReportRevocation
from app.appraisal.queries.second_looks import refuse_blind, stands
from app.goods.models import Thing
from app.kernel.ids import is_code
from app.kernel.work import Work
from app.media.queries import photos_by_code
from app.schemes.queries import get_scheme
from grading import not_compared as rules_not_compared

_OF_THINGS = (
    select(func.max(Report.id))
    .where(Report.thing_id.in_(bindparam("ids", expanding=True)), stands(Report))
    .group_by(Report.thing_id)
)
_NEWEST = select(Report).where(Report.id.in_(_OF_THINGS))  # put together once: that costs more than to ask


def latest_report(work: Work, thing_id: int) -> Report | None:
    """The newest signed report of the thing."""
    return reports_by_thing(work, [thing_id]).get(thing_id)


def latest_report_about(work: Work, thing: Thing) -> Report | None:
    """The newest report of the object itself that nobody has withdrawn: of this row, or of another with its IMEI, VIN or brand
    and serial.

    Somebody who registers the same object a second time must not lose what an appraiser found. A correction keeps the place of
    the inspection that it corrects.
    """
    same = [Thing.id == thing.id]
    if thing.imei:
        same.append(Thing.imei == thing.imei)
    if thing.serial:
        same.append(and_(Thing.brand == thing.brand, Thing.serial == thing.serial))
    if thing.vin:
        same.append(Thing.vin == thing.vin)
    version = aliased(Report)
    inspected = (
        select(func.min(version.id)).where(version.appraisal_id == Report.appraisal_id).correlate(Report).scalar_subquery()
    )
    later = aliased(Report)
    withdrawn = (  # itself, or a next version of it: only the newest can be withdrawn, and speaks for those before
        exists()
        .where(ReportRevocation.report_id == later.id, later.appraisal_id == Report.appraisal_id, later.no >= Report.no)
        .correlate(Report)
    )
    found = (
        select(Report)
        .join(Thing, Thing.id == Report.thing_id)
        .where(or_(*same), stands(Report), ~withdrawn)
        .order_by(inspected.desc(), Report.id.desc())
        .limit(1)
    )
    return work.session.scalars(found).first()


def version_codes(work: Work, report: Report) -> list[str]:
    """The codes of all versions of the report, the first one first."""
    same = select(Report.code).where(Report.appraisal_id == report.appraisal_id).order_by(Report.no)
    return list(work.session.scalars(same).all())


def is_withdrawn(work: Work, report: Report) -> bool:
    return work.session.scalars(select(ReportRevocation.id).where(ReportRevocation.report_id == report.id)).first() is not None


def reports_by_thing(work: Work, thing_ids: Iterable[int]) -> dict[int, Report]:
    """The newest signed report of each thing that has one: one query."""
    ids = list(thing_ids)
    if not ids:
        return {}
    return {report.thing_id: report for report in work.session.scalars(_NEWEST, {"ids": ids})}


def find_report(work: Work, code: str) -> Report | None:
    """The report with this number. Raises BlindToReport for whoever inspects the same thing a second time."""
    report = work.session.scalars(select(Report).where(Report.code == code)).first() if is_code(code) else None
    if report is not None:
        refuse_blind(work, report)
    return report


def promised_report(work: Work, code: str) -> Report | None:
    """The report that an order was made on, for the two sides of it: neither inspects the thing."""
    return work.session.scalars(select(Report).where(Report.code == code)).one_or_none()


def report_by_code(work: Work, code: str) -> Report:
    """The report with this number. Raises ReportNotFound, BlindToReport."""
    report = find_report(work, code)
    if report is None:
        raise ReportNotFound()
    return report


def findings_to_tell(report: Report) -> list[dict[str, Any]]:
    """The items of a report that a buyer must be told: first those that bar or limit the verdict, then the other defects."""
    items = [item for section in report.content["result"]["sections"] for item in section["items"]]
    deciding = [item for item in items if item.get("effect")]
    return deciding + [item for item in items if item["disclose"] and not item.get("effect")]


def not_compared(work: Work, report: Report) -> list[dict[str, str]]:
    """Rules of the scheme about the seller's conduct that the report could not try, by name in both languages.

    The scheme compares findings with what the owner had said in public; where there was nothing to compare with, it says so.
    """
    scheme = get_scheme(work, report.scheme_id)
    return [dict(name) for name in rules_not_compared(scheme, report.content["result"]["facts"])]


def undeclared(report: Report) -> list[dict[str, Any]] | None:
    """The items that contradict what the owner had said in public; None when the report could not compare the two."""
    declared = report.content.get("declared")
    if declared is None:
        return None
    items = [item for section in report.content["result"]["sections"] for item in section["items"]]
    return [item for item in items if item["value"] in declared["contradicted_by"].get(item["key"], ())]


def is_newest(work: Work, report: Report) -> bool:
    """Whether no later report of the same thing was signed."""
    latest = latest_report(work, report.thing_id)
    return latest is not None and latest.id == report.id


def report_of(work: Work, appraisal: Appraisal) -> Report | None:
    """The newest report of this order."""
    own = select(Report).where(Report.appraisal_id == appraisal.id).order_by(Report.no.desc()).limit(1)
    return work.session.scalars(own).first()


def reports_by_appraisal(work: Work, appraisal_ids: Iterable[int]) -> dict[int, Report]:
    """The newest report of each order that has one: one query."""
    newest = select(func.max(Report.id)).where(Report.appraisal_id.in_(list(appraisal_ids))).group_by(Report.appraisal_id)
    return {report.appraisal_id: report for report in work.session.scalars(select(Report).where(Report.id.in_(newest)))}


def order_of_report(work: Work, report: Report) -> Appraisal:
    """The order that the report came of."""
    return work.session.get_one(Appraisal, report.appraisal_id)


def earlier_report(work: Work, report: Report) -> Report:
    """The version whose place this one took. Raises ReportNotFound for a first one."""
    own = select(Report).where(Report.appraisal_id == report.appraisal_id, Report.no < report.no)
    found = work.session.scalars(own.order_by(Report.no.desc()).limit(1)).first()
    if found is None:
        raise ReportNotFound()
    return found


def open_photos(work: Work, report: Report) -> list[dict[str, Any]]:
    """The photos of a report that everybody may see, as the report names them."""
    named = report.content.get("evidence", {}).get("photos", ())
    public = {photo.code for photo in photos_by_code(work, [each["photo"] for each in named]) if photo.audience == "public"}
    return [each for each in named if each["photo"] in public]


def reports_without(work: Work, codes: Iterable[str]) -> list[str]:
    """Codes of the reports that are not among these, oldest first."""
    known = set(codes)
    return [code for code in work.session.scalars(select(Report.code).order_by(Report.id)) if code not in known]
