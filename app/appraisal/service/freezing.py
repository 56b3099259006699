"""The report as it will be signed: everything that it says, put together once and frozen."""

from __future__ import annotations

from datetime import date
from importlib import metadata
from typing import Any

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal.inspecting import graded
from app.appraisal.models import Appraisal, Report, ReportDraft
from app.appraisal.models.drafts import APPRAISER, OPERATOR, REVIEWER
from app.appraisal.queries import inspection_evidence, licence_of, report_of, visit_place
from app.appraisal.refusals import CorrectionChangesGrade
from app.appraisal.rules import NOT_DECLARED, masked, masked_tail
from app.appraisal.validity import seen_facts, valid_days, valid_until
from app.goods import queries as goods_queries
from app.goods.models import Thing, ThingStatement
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.ids import new_code
from app.kernel.time import iso_seconds, shanghai_day
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from grading import GradeResult

REPORT_FORMAT = "xunyi-report/2"
OPERATOR_CODE = "operator"
_BY_OPERATOR = {
    "zh": "演示报告：由平台运营方持有的演示密钥代签，不是鉴定人本人的密钥，不能作为争议中的证据。",
    "en": "Demo report: signed by a demo key that the operator holds, not by the appraiser's own key; no evidence in a dispute.",
}
_BY_KEY = {
    "zh": "由鉴定人本人持有的密钥签名；平台没有这把钥匙。",
    "en": "Signed by a key that the appraiser holds; the marketplace does not have it.",
}


def report_day(work: Work, appraisal: Appraisal) -> date:
    """The day that the report speaks of: today, or for a correction the day of the inspection that is corrected."""
    earlier = report_of(work, appraisal)
    if earlier is None:
        return shanghai_day(work.now)
    told = earlier.content.get("inspected_on")
    return date.fromisoformat(told) if told else shanghai_day(earlier.signed_at)


def freeze_content(
    work: Work, appraisal: Appraisal, thing: Thing, appraiser: User, reviewer: User | None, *, by_operator: bool
) -> ReportDraft:
    """Write the draft: the canonical bytes that are signed and never changed. The caller has checked who and whether.

    A correction keeps the grade: raises CorrectionChangesGrade.
    """
    scheme = get_scheme(work, appraisal.scheme_id)
    day = report_day(work, appraisal)
    statement = _statement(work, appraisal, thing)
    result = graded(work, appraisal, thing, day, statement)
    earlier = report_of(work, appraisal)
    if earlier is not None:
        refuse_another_grade(earlier, result)
    code = new_code()
    content = {
        "format": REPORT_FORMAT,
        "report": code,
        "no": (earlier.no if earlier else 0) + 1,
        "supersedes": _superseded(earlier, appraisal),
        "scheme": {"id": scheme.id, "version": scheme.version, "sha256": scheme.sha256, "name": dict(scheme.name)},
        "thing": earlier.content["thing"] if earlier is not None else _thing(thing),  # as it was on that day
        "result": result.to_content(),
        **_compared_with(result, statement),
        "evidence": inspection_evidence(work, appraisal),
        "engine": {"name": "xunyi grading", "version": metadata.version("xunyi")},
        "place": visit_place(work, appraisal),
        "inspected_on": day.isoformat(),
        "valid_until": valid_until(scheme, thing.category, day).isoformat(),
        "valid_days": valid_days(scheme, thing.category),
        **_people(work, appraisal, thing, appraiser, reviewer),
        "signed_at": iso_seconds(work.now),
        **_signing(appraiser, reviewer, by_operator=by_operator),
    }
    draft = ReportDraft(
        code=code,
        appraisal_id=appraisal.id,
        appraiser_id=appraiser.id,
        reviewer_id=reviewer.id if reviewer else None,
        content=content,
        sha256=sha256_hex(canonical(content)),
        findings_rev=appraisal.findings_rev,
        frozen_at=work.now,
    )
    work.session.add(draft)
    work.session.flush()
    return draft


def refuse_another_grade(earlier: Report, result: GradeResult) -> None:
    """A correction keeps status and tier. Raises CorrectionChangesGrade."""
    if (result.status, result.tier) != (earlier.status, earlier.tier):
        raise CorrectionChangesGrade()


def report_from(work: Work, draft: ReportDraft, appraisal: Appraisal, thing: Thing) -> Report:
    """The row of the report that a signed draft has become."""
    content = draft.content
    result = content["result"]
    earlier = report_of(work, appraisal)
    report = Report(
        code=draft.code,
        appraisal_id=appraisal.id,
        no=content["no"],
        thing_id=thing.id,
        agency_id=appraisal.agency_id,
        appraiser_id=draft.appraiser_id,
        reviewer_id=draft.reviewer_id,
        scheme_id=get_scheme(work, appraisal.scheme_id).reference,
        status=result["status"],
        tier=result["tier"],
        score=result["score"],
        content=content,
        sha256=draft.sha256,
        signed_at=work.now,
        draft_id=draft.id,
        valid_until=date.fromisoformat(content["valid_until"]),
        seen=earlier.seen if earlier is not None else seen_facts(thing),
    )
    work.session.add(report)
    work.session.flush()
    return report


def result_of(work: Work, appraisal: Appraisal, thing: Thing) -> GradeResult:
    """The grade of the answers as they stand, on the day that the report will speak of."""
    return graded(work, appraisal, thing, report_day(work, appraisal), _statement(work, appraisal, thing))


def _statement(work: Work, appraisal: Appraisal, thing: Thing) -> ThingStatement | None:
    """What the owner had said of the thing in public when the appraisal was asked for."""
    return goods_queries.statement_of(work, thing.id, appraisal.owner_id, appraisal.created_at)


def _compared_with(result: GradeResult, statement: ThingStatement | None) -> dict[str, Any]:
    """On what the fact "found, but not declared" rests, so that readers can derive it from the findings themselves."""
    if statement is None or NOT_DECLARED not in result.facts:
        return {}
    return {"declared": {"version_sha256": statement.version_sha256, "contradicted_by": statement.contradicted_by}}


def _people(work: Work, appraisal: Appraisal, thing: Thing, appraiser: User, reviewer: User | None) -> dict[str, Any]:
    agency = accounts.organisation_by_id(work, appraisal.agency_id)
    return {
        "agency": {"code": agency.code, "name": agency.name, "licence": licence_of(work, agency.id, thing.category)},
        "appraiser": {"code": appraiser.code, "name": appraiser.display_name},
        "reviewer": {"code": reviewer.code, "name": reviewer.display_name} if reviewer else None,
    }


def _signing(appraiser: User, reviewer: User | None, *, by_operator: bool) -> dict[str, Any]:
    """Who signs these bytes, and what that signature is worth."""
    said = {"name": appraiser.display_name, "time": "claimed by the signer"}
    if by_operator:
        held = {"code": OPERATOR_CODE, "name": "Xunyi demo signer"}
        return {"signers": [OPERATOR], "operator": held, "signature": {**said, "kind": "operator", "note": dict(_BY_OPERATOR)}}
    roles = [APPRAISER, REVIEWER] if reviewer else [APPRAISER]
    return {"signers": roles, "signature": {**said, "kind": "key", "note": dict(_BY_KEY)}}


def _superseded(earlier: Report | None, appraisal: Appraisal) -> dict[str, Any] | None:
    if earlier is None:
        return None
    return {"report": earlier.code, "no": earlier.no, "sha256": earlier.sha256, "reason": appraisal.correction_reason or ""}


def _thing(thing: Thing) -> dict[str, Any]:
    told = {
        "code": thing.code,
        "name": goods_queries.name_of(thing.category, thing.brand, thing.model, thing.attributes),
        "category": thing.category,
        "brand": thing.brand,
        "model": thing.model,
        "storage_gb": thing.storage_gb,
        "colour": thing.colour,
        "imei_masked": masked(thing.imei),
    }
    if thing.category == "phone":
        return told
    number = {"vin_masked": masked_tail(thing.vin)} if thing.category == "car" else {"serial_masked": masked_tail(thing.serial)}
    kept = ("type", "energy", "registered", "mileage", "bought", "made")
    return {**told, **number, **{key: thing.attributes[key] for key in kept if key in thing.attributes}}
