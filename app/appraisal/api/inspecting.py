"""Answer, sign, read and check."""

from __future__ import annotations

from typing import Any

from app.appraisal import errors, queries, refusals, service
from app.appraisal.api.orders import MOVES, OWN, READ, WRITE, appraisal_answer, face
from app.appraisal.models import Appraisal, Report
from app.appraisal.models.inspections import PROGRAM
from app.appraisal.schemas import (
    AppraisalOut,
    Findings,
    InspectionOut,
    ReportOut,
    Signature,
)
from app.goods.models import Thing
from app.kernel.text import N_
from app.kernel.time import iso_seconds, shanghai_day
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from app.web.api import Answer, Call, Tag
from app.web.api.shapes import words

_SAME = {"code": "$request.path.code"}
_SIGNING = (
    errors.AgencySuspended,
    errors.InstrumentsMissing,
    errors.ShotsGone,
    refusals.CertificateWithdrawn,
    refusals.CorrectionChangesGrade,
    refusals.NoReviewer,
    refusals.OwnKeyNeeded,
    refusals.PhotosWaiting,
    refusals.ReportConfirming,
    refusals.ReportContested,
    refusals.ReportSilenced,
    refusals.ReviewerUnknown,
    refusals.SealFirst,
)


@face.get(
    "/appraisals/{code}/findings",
    id="getFindings",
    summary=N_("The findings of your inspection"),
    roles=("appraiser",),
    scope=READ,
    answer=InspectionOut,
    tagged=True,
    refusals=(errors.AppraisalNotFound,),
    links={"save": ("saveFindings", _SAME), "sign": ("signReport", _SAME)},
)
def findings(call: Call, code: str) -> Answer:
    """What was answered so far, what is missing, and the grade that follows."""
    return _inspection(call.work, queries.own_inspection(call.work, code))


@face.patch(
    "/appraisals/{code}/findings",
    id="saveFindings",
    summary=N_("Answer items of your inspection"),
    roles=("appraiser",),
    scope=WRITE,
    body=Findings,
    example={"answers": {"imei_match": "match", "touch": "ok", "battery_pct": "88"}},
    answer=InspectionOut,
    if_match="needed",
    tagged=True,
    refusals=(*MOVES, errors.FindingsMoved, errors.HandOverFirst),
    links={"sign": ("signReport", _SAME), "erasure": ("getErasure", _SAME)},
)
def save(call: Call, code: str) -> Answer:
    """Each answer by itself: those that the scheme cannot take are named in `refused`, all others are kept.

    A number names its instrument in `instruments`; one of another kind or without a valid calibration refuses the number.
    """
    order = queries.own_inspection(call.work, code)
    call.seen.require(order.version, order.findings_rev)  # type: ignore[union-attr]
    saved = service.save_findings(
        call.work,
        code,
        call.body.answers,
        call.seen.revision,  # type: ignore[union-attr]
        how=PROGRAM,
        instruments=call.body.instruments,
    )
    return _inspection(call.work, order, saved.refused)


@face.post(
    "/appraisals/{code}/sign",
    id="signReport",
    summary=N_("Sign the report"),
    roles=("appraiser",),
    scope=WRITE,
    body=Signature,
    example={"name": "林知夏"},
    answer=AppraisalOut,
    tagged=True,
    if_match="needed",
    refusals=(*MOVES, *OWN, errors.FindingsMoved, errors.NotComplete, errors.NameDiffers, *_SIGNING),
    links={"report": ("getReport", {"code": "$response.body#/report"}), "draft": ("getReportDraft", _SAME)},
)
def sign(call: Call, code: str) -> Answer:
    """Freezes exactly the findings that were seen (If-Match), signed with your own name.

    A car's report waits for a senior appraiser of the agency: then the order's state is `peer_review`, its `report` is null, and
    both see the frozen draft (`getReportDraft`).
    """
    order = queries.own_inspection(call.work, code)
    call.seen.require(order.version, order.findings_rev)  # type: ignore[union-attr]
    service.sign(call.work, code, call.body.name, call.seen.revision)  # type: ignore[union-attr]
    return appraisal_answer(call.work, queries.own_inspection(call.work, code))


@face.get(
    "/reports/{code}",
    id="getReport",
    summary=N_("Read and check a report"),
    roles=("anyone",),
    answer=ReportOut,
    refusals=(errors.ReportNotFound, errors.BlindToReport),
)
def report(call: Call, code: str) -> Answer:
    """For everybody who has its number. Compute the SHA-256 of the canonical `content` and compare."""
    return Answer(_report(call.work, queries.report_by_code(call.work, code)))


def _inspection(work: Work, order: Appraisal, refused: Any = None) -> Answer:
    thing = work.session.get_one(Thing, order.thing_id)
    scheme = get_scheme(work, order.scheme_id)
    result = service.graded(work, order, thing, shanghai_day(work.now))
    shape = InspectionOut(
        appraisal=order.code,
        version=order.version,
        revision=order.findings_rev,
        scheme=order.scheme_id,
        findings=service.shown_answers(scheme, order, thing),
        missing=list(dict.fromkeys(key for lack in result.missing for key in lack.keys)),
        without_instrument=list(service.without_own_instrument(work, order, scheme, result)),
        refused={key: words(message) for key, message in (refused or {}).items()},
        status=result.status,
        tier=result.tier,
        score=str(result.score) if result.score is not None else None,
    )
    return Answer(shape, Tag(order.version, order.findings_rev))


def _report(work: Work, report: Report) -> ReportOut:
    return ReportOut(
        code=report.code,
        sha256=report.sha256,
        is_newest=queries.is_newest(work, report),
        status=report.status,
        tier=report.tier,
        signed_at=iso_seconds(report.signed_at),
        content=report.content,
    )
