"""Test, erase, seal for programs: the certificate, a colleague's check, the seal without which no phone gets a grade."""

from __future__ import annotations

from flask import url_for

from app.appraisal import errors, queries, service
from app.appraisal.api.orders import READ, WRITE, face
from app.appraisal.schemas import ErasureCertificateIn, ErasureCheckIn, ErasureOut, SealIn
from app.goods.models import Thing
from app.kernel.errors import BadState, Conflict
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from app.web import hub
from app.web.api import Answer, Call

_SAME = {"code": "$request.path.code"}
_CHECKING = (errors.AppraisalNotFound, errors.NoErasureHere, errors.AlreadySealed, Conflict)
_STEPS = (*_CHECKING, BadState)

EXAMPLE = {
    "storage_type": "UFS",
    "storage_capacity_gb": "128",
    "owner_consent_at": "2026-11-28 09:00",
    "consent_evidence_ref": "Consent form 2026-117",
    "sanitisation_level": "purge",
    "method": "block_erase",
    "tool_name": "Bench eraser",
    "tool_version": "4.2",
    "started_at": "2026-11-28 09:30",
    "finished_at": "2026-11-28 09:41",
    "verification_method": "sample",
    "verification_coverage_pct": "10",
    "operator_title": "Appraiser",
    "verifier_name": "林知夏",
    "verified_at": "2026-11-28 09:50",
    "location": "Bench 1",
    "destination": "Sealed, back to the owner",
    "log_sha256": "ab" * 32,
    "name": "林知夏",
}


@face.get(
    "/appraisals/{code}/erasure",
    id="getErasure",
    summary=N_("How far test, erase, seal is"),
    roles=("appraiser",),
    scope=READ,
    answer=ErasureOut,
    refusals=(errors.AppraisalNotFound, errors.NoErasureHere),
    links={"record": ("recordErasure", _SAME), "check": ("checkErasure", _SAME), "seal": ("sealThing", _SAME)},
)
def show(call: Call, code: str) -> Answer:
    """For every appraiser of the agency. `next` names the step that comes next; a grade is signed when it is `done`."""
    return Answer(_shape(call.work, code))


@face.post(
    "/appraisals/{code}/erasure",
    id="recordErasure",
    summary=N_("Write the certificate of erasure"),
    roles=("appraiser",),
    scope=WRITE,
    body=ErasureCertificateIn,
    example=EXAMPLE,
    answer=ErasureOut,
    status=201,
    refusals=(*_STEPS, errors.FindingsMoved, errors.NotTestedYet, errors.HandOverFirst),
    links={"check": ("checkErasure", _SAME), "seal": ("sealThing", _SAME)},
)
def certify(call: Call, code: str) -> Answer:
    """Once every test is answered. It answers the items of erasure; one certificate in five is drawn for a colleague's check."""
    typed = call.body.model_dump()
    service.record_erasure(call.work, hub().sealer, code, typed, typed.pop("name"))
    return Answer(_shape(call.work, code), location=url_for("api.getErasure", code=code))


@face.post(
    "/appraisals/{code}/erasure/check",
    id="checkErasure",
    summary=N_("Say whether a colleague's erasure left data"),
    roles=("appraiser",),
    scope=WRITE,
    body=ErasureCheckIn,
    example={"outcome": "passed", "method": "Looked for files with the bench reader."},
    answer=ErasureOut,
    refusals=(*_CHECKING, errors.EraseFirst, errors.SamePerson, errors.CheckTooLate),
    links={"seal": ("sealThing", _SAME)},
)
def check(call: Call, code: str) -> Answer:
    """By another appraiser of the agency, before the report is made.

    After `failed` the thing is erased again, with a new certificate, and sealed anew: an earlier seal no longer counts.
    """
    service.check_erasure(call.work, code, call.body.outcome, call.body.method)
    return Answer(_shape(call.work, code))


@face.post(
    "/appraisals/{code}/seal",
    id="sealThing",
    summary=N_("Seal an erased thing"),
    roles=("appraiser",),
    scope=WRITE,
    body=SealIn,
    example={"seal_no": "QH-20261128-07"},
    answer=ErasureOut,
    refusals=(*_STEPS, errors.EraseFirst, errors.CheckPending, errors.SealTaken, errors.HandOverFirst),
    links={"sign": ("signReport", _SAME)},
)
def seal(call: Call, code: str) -> Answer:
    """Its number stands in the report, and is compared when the thing changes hands."""
    service.seal(call.work, code, call.body.seal_no)
    return Answer(_shape(call.work, code))


def _shape(work: Work, code: str) -> ErasureOut:
    order = queries.visible_appraisal(work, code)
    if get_scheme(work, order.scheme_id).erasure_certificate is None or order.agency_id not in queries.agencies_of(work.actor):
        raise errors.NoErasureHere()
    thing = work.session.get_one(Thing, order.thing_id)
    steps = queries.erasure_steps(work, order, service.graded(work, order, thing, shanghai_day(work.now)))
    return ErasureOut(
        appraisal=order.code,
        next=steps.next,
        tests_open=steps.tests_open,
        certificate=steps.certificate.code if steps.certificate else None,
        certificate_sha256=steps.certificate.sha256 if steps.certificate else None,
        is_drawn=steps.must_be_checked,
        check=steps.check.outcome if steps.check else None,
        seal=steps.seal.seal_no if steps.seal else None,
    )
