"""A signed report is corrected by a next version, or withdrawn with a reason. Neither changes what was signed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.appraisal.events import ReportRevoked, ReportSigned, ReportTookPlace
from app.appraisal.models import Appraisal, Report, ReportRevocation
from app.appraisal.queries import agencies_of, refuse_party, report_by_code, report_of, report_state, silenced
from app.appraisal.queries.standing import CHANGED, CONFIRMING, CONTESTED, VALID
from app.appraisal.refusals import (
    ContestDecides,
    NotYourReport,
    ReportAlreadyRevoked,
    ReportConfirming,
    ReportContested,
    ReportMoved,
    ReportSilenced,
)
from app.appraisal.service.fees import give_fee_back
from app.appraisal.service.fetching import for_inspector, locked, tell_appraiser, tell_owners
from app.appraisal.states import AFTER_ISSUE, APPRAISAL_FLOW, CORRECT, CORRECTING, DROP, REOPEN
from app.goods.queries import hold_thing
from app.kernel.audit import record
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work

FEE_OF_WITHDRAWN = N_("The report that you paid for was withdrawn. The fee of %(fee)s goes back to you.")


def correct(work: Work, report_code: str, reason: str) -> Appraisal:
    """Open the newest report of the actor's own inspection for a correction; its answers are there and can be changed.

    The report stays as it is and in force until the next version is signed. Raises NotYourReport, ReportMoved, ReportSilenced,
    ReportConfirming, ReportContested.
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
    refuse_silenced(work, appraisal)
    appraisal.correction_reason = reason
    APPRAISAL_FLOW.apply(work, appraisal, CORRECT, reason=reason, detail={"report": report.code})
    return appraisal


def correction_refusal(work: Work, appraisal: Appraisal) -> Conflict | None:
    """Why this order's report is not followed by a next version now; None where it may be. The one place that says so."""
    why = silenced(work, appraisal)
    if why is None:
        return None
    if why == CONFIRMING:
        return ReportConfirming()
    return ReportContested() if why == CONTESTED else ReportSilenced()


def refuse_silenced(work: Work, appraisal: Appraisal) -> None:
    """Raises ReportSilenced, ReportConfirming, ReportContested."""
    refusal = correction_refusal(work, appraisal)
    if refusal is not None:
        raise refusal


def on_report_silenced(work: Work, event: ReportSigned | ReportTookPlace | ReportRevoked) -> None:
    """Open corrections of reports that no longer speak for the thing are given up. One that waits for a contest waits on."""
    corrected = select(Appraisal.id).where(Appraisal.thing_id == event.thing_id, Appraisal.state.in_(AFTER_ISSUE))
    for appraisal_id in work.session.scalars(corrected.order_by(Appraisal.id)).all():
        appraisal = locked(work, appraisal_id)
        if appraisal.state in AFTER_ISSUE and silenced(work, appraisal) not in (None, CONTESTED):
            _drop_silenced(work, appraisal)


def _drop_silenced(work: Work, appraisal: Appraisal) -> None:
    if appraisal.state != CORRECTING:
        APPRAISAL_FLOW.apply(work, appraisal, REOPEN, reason="silenced")
    dropped(work, appraisal)
    message = N_("Your correction was given up: the report that it was to follow no longer speaks for the item.")
    tell_appraiser(work, appraisal, message, f"silenced.{appraisal.version}")


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

    Of a report that speaks for its item, the fee comes back whole to who paid it, out of what the agency has earned. Raises
    NotYourReport for everybody else, ContestDecides for the agency while somebody contests, PartyCannotDecide for an operator
    who takes part in it, ReportMoved for an earlier version, ReportAlreadyRevoked.
    """
    report = report_by_code(work, report_code)
    appraisal = work.session.get_one(Appraisal, report.appraisal_id)
    is_own_agency = report.agency_id in agencies_of(work.actor, "manager")
    if not is_own_agency and not work.actor.has("operator"):
        raise NotYourReport()
    reason = _reason(reason)
    hold_thing(work, report.thing_id)  # no next version is signed in the same moment
    newest = report_of(work, appraisal)
    if newest is None or newest.id != report.id:
        raise ReportMoved()
    if not is_own_agency:
        refuse_party(work, appraisal)
    elif silenced(work, appraisal) == CONTESTED:
        raise ContestDecides()
    speaks = report_state(work, report).kind in (VALID, CHANGED, CONTESTED)
    try:
        with work.session.begin_nested():
            work.session.add(ReportRevocation(report_id=report.id, by_id=work.actor.id, reason=reason, revoked_at=work.now))
    except IntegrityError as again:
        raise ReportAlreadyRevoked() from again
    record(work, "appraisal_report.revoke", "appraisal_report", report.id, {"report": report.code, "reason": reason})
    announce(work, ReportRevoked(report_code=report.code, thing_id=report.thing_id))
    if speaks:
        give_fee_back(work, report, "the report was withdrawn", FEE_OF_WITHDRAWN)
    message = N_("The appraisal report of your item was withdrawn; the reason stands on it.")
    tell_owners(work, appraisal, message, f"revoked:{report.no}", link=f"/reports/{report.code}")
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
