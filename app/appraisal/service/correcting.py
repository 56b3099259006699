"""A signed report is corrected by a next version, or withdrawn with a reason. Neither changes what was signed."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from app.appraisal.events import ReportRevoked
from app.appraisal.models import Appraisal, Report, ReportRevocation
from app.appraisal.queries import agencies_of, report_by_code, report_of
from app.appraisal.refusals import NotYourReport, ReportAlreadyRevoked, ReportMoved
from app.appraisal.service.fetching import for_inspector, tell_owner
from app.appraisal.states import APPRAISAL_FLOW, CORRECT, DROP
from app.kernel.audit import record
from app.kernel.errors import InvalidInput
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work


def correct(work: Work, report_code: str, reason: str) -> Appraisal:
    """Open the newest report of the actor's own inspection for a correction; its answers are there and can be changed.

    The report stays as it is and in force until the next version is signed. Raises NotYourReport, ReportMoved.
    """
    report = report_by_code(work, report_code)
    appraisal = work.session.get_one(Appraisal, report.appraisal_id)
    if appraisal.appraiser_id != work.actor.user_id or appraisal.agency_id not in agencies_of(work.actor):
        raise NotYourReport()
    reason = _reason(reason)
    for_inspector(work, appraisal.code)
    newest = report_of(work, appraisal)
    if newest is None or newest.id != report.id:
        raise ReportMoved()
    appraisal.correction_reason = reason
    APPRAISAL_FLOW.apply(work, appraisal, CORRECT, reason=reason, detail={"report": report.code})
    return appraisal


def drop_correction(work: Work, code: str) -> Appraisal:
    """Give a correction up: the report stays as it is, and the answers are those that it was made of."""
    return dropped(work, for_inspector(work, code))


def dropped(work: Work, appraisal: Appraisal) -> Appraisal:
    """The order with its correction given up, whoever's step that is."""
    APPRAISAL_FLOW.apply(work, appraisal, DROP)
    report = report_of(work, appraisal)
    assert report is not None
    result = report.content["result"]
    kept = {**result["findings"], **{key: _text(value) for key, value in result["facts"].items() if key in appraisal.findings}}
    appraisal.findings = {key: value for key, value in kept.items() if value is not None}
    appraisal.findings_rev += 1
    appraisal.correction_reason = None
    work.session.flush()
    return appraisal


def revoke_report(work: Work, report_code: str, reason: str) -> Report:
    """Withdraw a report: a manager of its agency, or the operator. It stays readable, marked everywhere at once.

    Raises NotYourReport for everybody else, ReportAlreadyRevoked.
    """
    report = report_by_code(work, report_code)
    if report.agency_id not in agencies_of(work.actor, "manager") and not work.actor.has("operator"):
        raise NotYourReport()
    reason = _reason(reason)
    try:
        with work.session.begin_nested():
            work.session.add(ReportRevocation(report_id=report.id, by_id=work.actor.id, reason=reason, revoked_at=work.now))
    except IntegrityError as again:
        raise ReportAlreadyRevoked() from again
    record(work, "appraisal_report.revoke", "appraisal_report", report.id, {"report": report.code, "reason": reason})
    announce(work, ReportRevoked(report_code=report.code, thing_id=report.thing_id))
    appraisal = work.session.get_one(Appraisal, report.appraisal_id)
    message = N_("The appraisal report of your item was withdrawn; the reason stands on it.")
    tell_owner(work, appraisal, message, f"revoked:{report.no}", link=f"/reports/{report.code}")
    return report


def _reason(text: str) -> str:
    text = text.strip()
    if not text:
        raise InvalidInput({"reason": N_("Please say why, in words that the owner understands.")})
    return text[:500]


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
