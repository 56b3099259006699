"""Reads of the gates of things that store data: certificate, re-check, seal, and which step is next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.appraisal.models import Appraisal, ErasureCertificate, ErasureCheck, InspectionSeal
from app.appraisal.models.gates import FAILED
from app.kernel.draw import find_entry
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from grading import GradeResult

CHECK_DRAW = "erasure.check"  # purpose of the draw; its subject is the certificate
_PRIVATE = ("imei", "serial_number", "consent_evidence_ref", "signature")  # stays in the certificate, not in a report


@dataclass(frozen=True)
class ErasureSteps:
    """How far a thing that stores data is: tests still open, the newest certificate, its re-check, the seal if it stands."""

    tests_open: int
    certificate: ErasureCertificate | None
    must_be_checked: bool
    check: ErasureCheck | None
    seal: InspectionSeal | None

    @property
    def next(self) -> str:
        """test | erase | check | seal | done: what comes next."""
        if self.seal is not None:
            return "done"
        if self.certificate is None or is_found_wanting(self.check):
            return "test" if self.tests_open else "erase"
        return "check" if self.must_be_checked and self.check is None else "seal"


def newest_certificate(work: Work, appraisal: Appraisal) -> ErasureCertificate | None:
    own = select(ErasureCertificate).where(ErasureCertificate.appraisal_id == appraisal.id)
    return work.session.scalars(own.order_by(ErasureCertificate.no.desc()).limit(1)).first()


def check_of(work: Work, certificate: ErasureCertificate) -> ErasureCheck | None:
    return work.session.scalars(select(ErasureCheck).where(ErasureCheck.certificate_id == certificate.id)).first()


def is_found_wanting(check: ErasureCheck | None) -> bool:
    """Whether a second person looked and still found data."""
    return check is not None and check.outcome == FAILED


def must_be_checked(work: Work, appraisal: Appraisal) -> bool:
    """Whether a second person has to look before the seal: a certificate of this inspection was drawn, or one failed its check.

    It is the thing that is to be looked at: a new certificate does not undo the draw.
    """
    own = select(ErasureCertificate.id, ErasureCertificate.code).where(ErasureCertificate.appraisal_id == appraisal.id)
    rows = work.session.execute(own).all()
    if any((entry := find_entry(work, CHECK_DRAW, row.code)) is not None and entry.result == 0 for row in rows):
        return True
    failed = select(ErasureCheck.id).where(
        ErasureCheck.certificate_id.in_([row.id for row in rows]), ErasureCheck.outcome == FAILED
    )
    return work.session.scalars(failed).first() is not None


def inspection_seal_of(work: Work, appraisal: Appraisal) -> InspectionSeal | None:
    """The seal that stands: put on after the newest erasure, of which no check found that data are left."""
    certificate = newest_certificate(work, appraisal)
    if certificate is None or is_found_wanting(check_of(work, certificate)):
        return None
    return work.session.scalars(select(InspectionSeal).where(InspectionSeal.certificate_id == certificate.id)).first()


def erasure_steps(work: Work, appraisal: Appraisal, result: GradeResult) -> ErasureSteps:
    """Where the thing stands. Open tests are required items outside the section of the erasure."""
    scheme = get_scheme(work, appraisal.scheme_id)
    section = scheme.items_by_key["erase_method"].section if "erase_method" in scheme.items_by_key else ""
    own = {item.key for item in scheme.items if item.section == section}
    certificate = newest_certificate(work, appraisal)
    return ErasureSteps(
        tests_open=sum(1 for missing in result.missing if not own & set(missing.keys)),
        certificate=certificate,
        must_be_checked=must_be_checked(work, appraisal),
        check=check_of(work, certificate) if certificate else None,
        seal=inspection_seal_of(work, appraisal),
    )


def lacks_seal(work: Work, appraisal: Appraisal, result: GradeResult) -> bool:
    """Whether a thing that stores data would get a grade without having been erased and sealed here."""
    wanted = get_scheme(work, appraisal.scheme_id).erasure_certificate is not None
    return wanted and result.tier is not None and inspection_seal_of(work, appraisal) is None


def gate_evidence(work: Work, appraisal: Appraisal) -> dict[str, Any]:
    """What a report says of the gates: the erasure without personal numbers, its re-check, the seal, the documents seen."""
    certificate = newest_certificate(work, appraisal)
    check = check_of(work, certificate) if certificate else None
    seal = inspection_seal_of(work, appraisal)
    entry = find_entry(work, CHECK_DRAW, certificate.code) if certificate else None
    erasure = None
    if certificate is not None:
        erasure = {key: value for key, value in certificate.content.items() if key not in _PRIVATE}
        erasure |= {
            "sha256": certificate.sha256,
            "drawn_for_check": entry is not None and entry.result == 0,
            "check": None if check is None else {"outcome": check.outcome, "checked_at": iso_seconds(check.checked_at)},
        }
    documents = [
        item.key
        for section in get_scheme(work, appraisal.scheme_id).sections
        if section.code == "documents"
        for item in section.items
        if appraisal.findings.get(item.key) == "Y"
    ]
    return {
        "erasure": erasure,
        "seal": None if seal is None else {"no": seal.seal_no, "sealed_at": iso_seconds(seal.sealed_at)},
        "documents_seen": documents,
    }
