"""Test, erase, seal: the steps of a thing that stores data, in this order, each with its proof."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.appraisal.errors import (
    AlreadySealed,
    CheckPending,
    CheckTooLate,
    EraseFirst,
    NoErasureHere,
    NotTestedYet,
    SamePerson,
    SealTaken,
)
from app.appraisal.inspecting import graded
from app.appraisal.models import ErasureCertificate, ErasureCheck, InspectionSeal
from app.appraisal.models.gates import OUTCOMES, PASSED
from app.appraisal.models.inspections import CERTIFICATE
from app.appraisal.queries import (
    CHECK_DRAW,
    check_of,
    erasure_steps,
    inspection_seal_of,
    is_found_wanting,
    must_be_checked,
    newest_certificate,
    visible_appraisal,
)
from app.appraisal.queries.orders import agencies_of
from app.appraisal.service.recording import keep, open_sheet
from app.appraisal.states import WORKED_ON
from app.kernel import draw
from app.kernel.audit import record
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.time import iso_seconds, shanghai_day
from app.kernel.work import Work
from grading import Scheme

SHARES = 5  # one certificate in five is looked at again by a second person: the 20 % of the scheme
LONGEST = 200
_TYPED = (
    "storage_type",
    "storage_capacity_gb",
    "owner_consent_at",
    "consent_evidence_ref",
    "sanitisation_level",
    "method",
    "tool_name",
    "tool_version",
    "started_at",
    "finished_at",
    "verification_method",
    "verification_coverage_pct",
    "operator_title",
    "verifier_name",
    "verified_at",
    "location",
    "destination",
    "log_sha256",
)
_TIMES = ("owner_consent_at", "started_at", "finished_at", "verified_at")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SEAL_NO = re.compile(r"[A-Z0-9][A-Z0-9-]{3,39}")
_VERIFICATIONS = ("full", "sample", "tool")
_MISSING = N_("Please fill this in.")


def record_erasure(work: Work, sealer: Sealer, code: str, typed: Mapping[str, str], name: str) -> ErasureCertificate:
    """Write the certificate of erasure, answer the items of erasure from it, and draw whether a second person looks again.

    ``typed``: the fields that a person fills in (see ``_TYPED``); the rest follows from thing, agency and actor. ``name`` is the
    operator's own name, as the signature. Raises NotTestedYet while tests are open (erasing ends the testing), AlreadySealed,
    NoErasureHere, InvalidInput by field.
    """
    sheet = open_sheet(work, code)
    wanted = sheet.scheme.erasure_certificate
    if wanted is None:
        raise NoErasureHere()
    if inspection_seal_of(work, sheet.appraisal) is not None:
        raise AlreadySealed()
    steps = erasure_steps(work, sheet.appraisal, graded(work, sheet.appraisal, sheet.thing, shanghai_day(work.now)))
    if steps.tests_open:
        raise NotTestedYet(count=steps.tests_open)
    operator = accounts.user_by_id(work, work.actor.id)
    fields = _checked(sheet.scheme, typed)
    if "".join(name.split()) != "".join(operator.display_name.split()):
        raise InvalidInput({"name": N_("Please type your own name exactly as it stands in your account.")})
    agency = accounts.organisation_by_id(work, sheet.appraisal.agency_id)
    last = work.session.scalar(
        select(func.max(ErasureCertificate.no)).where(ErasureCertificate.appraisal_id == sheet.appraisal.id)
    )
    number = new_code()
    content = {
        **fields,
        "certificate_no": number,
        "device_category": sheet.thing.category,
        "manufacturer": sheet.thing.brand,
        "model": sheet.thing.model,
        "serial_number": sheet.thing.serial or "",
        "imei": sheet.thing.imei or "",
        "asset_or_order_no": sheet.appraisal.code,
        "result": PASSED,
        "verification_result": PASSED,
        "operator_name": operator.display_name,
        "operator_org": agency.name,
        "signature": f"name:{operator.display_name}:{iso_seconds(work.now)}",
    }
    assert content.keys() == set(wanted.required_fields), content.keys() ^ set(wanted.required_fields)
    certificate = ErasureCertificate(
        code=number,
        appraisal_id=sheet.appraisal.id,
        no=(last or 0) + 1,
        operator_id=operator.id,
        issued_at=work.now,
        content=content,
        sha256=sha256_hex(canonical(content)),
    )
    work.session.add(certificate)
    work.session.flush()
    answers = {
        "erase_consent": "given",
        "erase_method": fields["method"],
        "erase_verified": fields["verification_method"],
        "erase_certificate": number,
    }
    keep(work, sheet, answers, CERTIFICATE)
    draw.draw(work, sealer, CHECK_DRAW, number, SHARES)
    record(work, "erasure.certify", "erasure_certificate", certificate.id, {"sha256": certificate.sha256})
    return certificate


def check_erasure(work: Work, code: str, outcome: str, method: str) -> ErasureCheck:
    """A second person of the agency says whether the data are gone. Raises SamePerson for whoever erased, EraseFirst.

    After a failed check the thing is erased again, with a new certificate; a seal that was put on before stands no longer.
    Raises CheckTooLate once the report is made: the order is locked, so no check slips in beside a signature.
    """
    appraisal = visible_appraisal(work, code)
    work.session.refresh(appraisal, with_for_update=True)
    certificate = newest_certificate(work, appraisal)
    if certificate is None:
        raise EraseFirst()
    if work.actor.id == certificate.operator_id or appraisal.agency_id not in agencies_of(work.actor):
        raise SamePerson()
    if appraisal.state not in WORKED_ON:
        raise CheckTooLate()
    said = " ".join(method.split())
    errors = {} if outcome in OUTCOMES else {"outcome": N_("Please choose one of the answers.")}
    if not 0 < len(said) <= LONGEST:
        errors["method"] = _MISSING
    if errors:
        raise InvalidInput(errors)
    check = ErasureCheck(
        certificate_id=certificate.id,
        operator_id=certificate.operator_id,
        checker_id=work.actor.id,
        checked_at=work.now,
        outcome=outcome,
        method=said,
    )
    try:
        with work.session.begin_nested():
            work.session.add(check)
    except IntegrityError as taken:
        raise AlreadySealed() from taken
    record(work, "erasure.check", "erasure_certificate", certificate.id, {"outcome": outcome})
    return check


def seal(work: Work, code: str, seal_no: str) -> InspectionSeal:
    """Close the thing with a numbered seal, after the erasure and the re-check where one was drawn.

    Raises EraseFirst, CheckPending while the drawn re-check is open or has failed, AlreadySealed, SealTaken, InvalidInput.
    """
    sheet = open_sheet(work, code)
    number = "".join(seal_no.split()).upper()
    if not _SEAL_NO.fullmatch(number):
        raise InvalidInput({"seal_no": N_("A seal's number has 4 to 40 letters, digits and hyphens.")})
    certificate = newest_certificate(work, sheet.appraisal)
    if certificate is None:
        raise EraseFirst()
    if inspection_seal_of(work, sheet.appraisal) is not None:
        raise AlreadySealed()
    check = check_of(work, certificate)
    if is_found_wanting(check) or (check is None and must_be_checked(work, sheet.appraisal)):
        raise CheckPending()
    row = InspectionSeal(
        appraisal_id=sheet.appraisal.id,
        agency_id=sheet.appraisal.agency_id,
        certificate_id=certificate.id,
        seal_no=number,
        sealed_at=work.now,
        sealed_by=work.actor.id,
    )
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError as taken:
        raise SealTaken() from taken
    record(work, "inspection.seal", "appraisal", sheet.appraisal.id, {"seal_no": number})
    return row


def _checked(scheme: Scheme, typed: Mapping[str, str]) -> dict[str, str]:
    """The typed fields without spaces around them. Raises InvalidInput by field."""
    wanted = scheme.erasure_certificate
    assert wanted is not None
    fields = {key: " ".join(typed.get(key, "").split()) for key in _TYPED}
    errors = {key: _MISSING for key, value in fields.items() if not value or len(value) > LONGEST}
    if (
        fields["sanitisation_level"]
        not in wanted.sanitisation_levels[wanted.sanitisation_levels.index(wanted.minimum_for_resale) :]
    ):
        errors["sanitisation_level"] = N_("For a sale the data must be purged at least; a mere clearing can be undone.")
    if fields["method"] not in acceptable_methods(scheme):
        errors["method"] = N_("This method does not count as an erasure. Please erase by overwriting or block erase.")
    if fields["verification_method"] not in _VERIFICATIONS:
        errors["verification_method"] = N_("Please choose one of the answers.")
    for key, most in (("storage_capacity_gb", 100_000), ("verification_coverage_pct", 100)):
        if not (fields[key].isascii() and fields[key].isdigit() and 1 <= int(fields[key]) <= most):
            errors[key] = N_("Please enter a whole number within its range.")
    if not _SHA256.fullmatch(fields["log_sha256"].lower()):
        errors["log_sha256"] = N_("The SHA-256 of the tool's log has 64 digits and letters from a to f.")
    times = {key: _moment(fields[key]) for key in _TIMES}
    errors |= {key: N_("Please enter day and time, such as 2026-11-28 14:30.") for key, at in times.items() if at is None}
    known = [times[key] for key in ("owner_consent_at", "started_at", "finished_at", "verified_at")]
    if None not in known and known != sorted(known):  # type: ignore[type-var]
        errors["finished_at"] = N_("The times must follow each other: consent, begin, end, verification.")
    if errors:
        raise InvalidInput(errors)
    return fields | {"log_sha256": fields["log_sha256"].lower()}


def acceptable_methods(scheme: Scheme) -> tuple[str, ...]:
    """The methods of erasure after which a thing can be graded."""
    item = scheme.items_by_key["erase_method"]
    return tuple(option.value for option in item.options if option.effect is None)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.replace("T", " ")[:16], "%Y-%m-%d %H:%M")  # noqa: DTZ007 - a wall clock's time, only compared
    except ValueError:
        return None
