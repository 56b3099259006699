"""The answers are frozen into a signed report."""

from __future__ import annotations

from typing import Any

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal.errors import (
    FindingsMoved,
    NameDiffers,
    NotComplete,
)
from app.appraisal.events import ReportSigned
from app.appraisal.inspecting import graded, is_stopped
from app.appraisal.models import Appraisal, Report
from app.appraisal.queries import report_of
from app.appraisal.rules import NOT_DECLARED, folded, masked, masked_tail
from app.appraisal.service.fetching import for_inspector, tell_owner
from app.appraisal.service.guarding import require_may_sign
from app.appraisal.service.ordering import refuse_own
from app.appraisal.states import (
    APPRAISAL_FLOW,
    INSPECTING,
    SIGN,
)
from app.credit import service as credit
from app.goods import queries as goods_queries
from app.goods.models import Thing, ThingStatement
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import BadState
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.time import iso_seconds, shanghai_day
from app.kernel.work import Work
from grading import GradeResult, load_scheme

REPORT_FORMAT = "xunyi-report/1"


def sign(work: Work, code: str, name: str, expected_rev: int) -> Report:
    """Freeze the findings into a report, signed by the appraiser's own name.

    Raises NotComplete while required items are open (unless what was found has ended the inspection), NameDiffers,
    FindingsMoved, OwnThing (the thing may have been bought by the appraiser since it was accepted), TooClose, AgencySuspended.
    """
    appraisal = for_inspector(work, code)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    refuse_own(work, appraisal, thing)
    if appraisal.state != INSPECTING:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, SIGN, APPRAISAL_FLOW.allowed(appraisal.state))
    if appraisal.findings_rev != expected_rev:
        raise FindingsMoved()
    require_may_sign(work, appraisal.agency_id)
    appraiser = accounts.user_by_id(work, work.actor.id)
    statement = goods_queries.statement_of(work, thing.id, appraisal.owner_id, appraisal.created_at)
    result = graded(appraisal, thing, shanghai_day(work.now), statement)
    if result.missing and not is_stopped(load_scheme(appraisal.scheme_id), result):
        raise NotComplete(count=len(result.missing))
    if folded(name) != folded(appraiser.display_name):
        raise NameDiffers()
    report = _freeze(work, appraisal, thing, result, appraiser, statement)
    APPRAISAL_FLOW.apply(work, appraisal, SIGN, detail={"report": report.code, "sha256": report.sha256})
    credit.record(
        work,
        "appraisal.issued",
        appraiser.id,
        {
            "category": thing.category,
            "scheme": report.scheme_id.replace("/", "-"),  # a word of an event has no slash
            "status": report.status,
            "tier": credit.tier_word(report.tier),
            "report_sha256": report.sha256,
            "conduct": list(result.credit_events) or None,
        },
        key=f"appraisal.issued:{report.code}",
    )
    announce(work, ReportSigned(report_code=report.code, thing_id=report.thing_id, tier=report.tier, status=report.status))
    signed = N_("The appraisal report of your item is signed.")
    if result.facts.get(NOT_DECLARED) is True:
        signed = N_("The appraisal report of your item is signed. It names a repair that your offer does not; please read it.")
    tell_owner(work, appraisal, signed, "issued", link=f"/reports/{report.code}")
    return report


def _freeze(
    work: Work,
    appraisal: Appraisal,
    thing: Thing,
    result: GradeResult,
    appraiser: User,
    statement: ThingStatement | None,
) -> Report:
    scheme = load_scheme(appraisal.scheme_id)
    agency = accounts.organisation_by_id(work, appraisal.agency_id)
    earlier = report_of(work, appraisal)
    code = new_code()
    content = {
        "format": REPORT_FORMAT,
        "report": code,
        "no": (earlier.no if earlier else 0) + 1,
        "scheme": {"id": scheme.id, "version": scheme.version, "sha256": scheme.sha256, "name": dict(scheme.name)},
        "thing": {
            "code": thing.code,
            "name": goods_queries.name_of(thing.category, thing.brand, thing.model, thing.attributes),
            "category": thing.category,
            "brand": thing.brand,
            "model": thing.model,
            "storage_gb": thing.storage_gb,
            "colour": thing.colour,
            "imei_masked": masked(thing.imei),
            **_told_of(thing),
        },
        "result": result.to_content(),
        **_compared_with(result, statement),
        "agency": {"code": agency.code, "name": agency.name},
        "appraiser": {"code": appraiser.code, "name": appraiser.display_name},
        "signed_at": iso_seconds(work.now),
        "signature": {"kind": "name", "name": appraiser.display_name, "time": "claimed by the signer"},
    }
    report = Report(
        code=code,
        appraisal_id=appraisal.id,
        no=content["no"],
        thing_id=thing.id,
        agency_id=appraisal.agency_id,
        appraiser_id=work.actor.id,
        scheme_id=scheme.reference,
        status=result.status,
        tier=result.tier,
        score=None if result.score is None else str(result.score),
        content=content,
        sha256=sha256_hex(canonical(content)),
        signed_at=work.now,
    )
    work.session.add(report)
    work.session.flush()
    return report


def _compared_with(result: GradeResult, statement: ThingStatement | None) -> dict[str, Any]:
    """On what the fact "found, but not declared" rests, so that readers can derive it from the findings themselves."""
    if statement is None or NOT_DECLARED not in result.facts:
        return {}
    return {"declared": {"version_sha256": statement.version_sha256, "contradicted_by": statement.contradicted_by}}


def _told_of(thing: Thing) -> dict[str, Any]:
    """What a report says about the thing besides brand and model; nothing more for phones, whose reports stay as they were."""
    if thing.category == "phone":
        return {}
    number = {"vin_masked": masked_tail(thing.vin)} if thing.category == "car" else {"serial_masked": masked_tail(thing.serial)}
    kept = ("type", "energy", "registered", "mileage", "bought", "made")
    return {**number, **{key: thing.attributes[key] for key in kept if key in thing.attributes}}
