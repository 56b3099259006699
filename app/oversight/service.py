"""Opening and closing a purpose, and writing down an access before anything is read."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.models import User
from app.appraisal import service as appraisal
from app.appraisal.models import Suspension
from app.credit import service as credit
from app.credit.models import CreditFinding, RegulatorKey
from app.kernel.audit import record
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work
from app.oversight.errors import SubjectNotFound
from app.oversight.models import AccessRow, Purpose
from app.oversight.policy import require_officer
from app.oversight.queries import own_purpose


def open_purpose(work: Work, case_no: str, reason: str) -> Purpose:
    """Open a purpose for the acting officer. Raises OfficersOnly, InvalidInput by field (case_no, reason)."""
    organisation_id = require_officer(work)
    case_no, reason = case_no.strip(), reason.strip()
    errors = {}
    if not 3 <= len(case_no) <= 60:
        errors["case_no"] = N_("Please give the case number: 3 to 60 characters.")
    if not 10 <= len(reason) <= 500:
        errors["reason"] = N_("Please say why in one sentence: 10 to 500 characters.")
    if errors:
        raise InvalidInput(errors)
    purpose = Purpose(
        officer_id=work.actor.id, organisation_id=organisation_id, case_no=case_no, reason=reason, opened_at=work.now
    )
    work.session.add(purpose)
    work.session.flush()
    record(work, "open_purpose", "purpose", purpose.id)
    return purpose


def close_purpose(work: Work, code: str) -> Purpose:
    """Close it; nothing can be read under it any more. Raises PurposeClosed when it is closed already."""
    purpose = own_purpose(work, code, to_use=True)
    purpose.closed_at = work.now
    work.session.flush()
    record(work, "close_purpose", "purpose", purpose.id)
    return purpose


def suspend_agency(work: Work, purpose_code: str, agency_code: str, reason: str) -> Suspension:
    """Suspend an appraisal agency under an open purpose of the acting officer. Raises OfficersOnly, PurposeNotFound,
    PurposeClosed, and what ``appraisal.suspend`` raises."""
    purpose = own_purpose(work, purpose_code, to_use=True)
    return appraisal.suspend(work, agency_code, reason, purpose_code=purpose.code)


def lift_agency(work: Work, purpose_code: str, suspension_code: str, reason: str) -> Suspension:
    """Lift a suspension of the officer's authority under an open purpose. Raises as ``suspend_agency``."""
    purpose = own_purpose(work, purpose_code, to_use=True)
    return appraisal.lift(work, suspension_code, reason, purpose_code=purpose.code)


def propose_key(work: Work, vkey: str) -> RegulatorKey:
    """Bring the public key with which the officer's authority signs. Raises OfficersOnly, InvalidInput naming vkey."""
    return credit.propose_key(work, require_officer(work), vkey)


def confirm_key(work: Work, key_code: str) -> RegulatorKey:
    """A second officer of the authority confirms it. Raises OfficersOnly and what ``credit.confirm_key`` raises."""
    return credit.confirm_key(work, require_officer(work), key_code)


def end_key(work: Work, key_code: str) -> RegulatorKey:
    """End a key of the officer's authority. Raises OfficersOnly, KeyNotFound."""
    return credit.end_key(work, require_officer(work), key_code)


def append_finding(work: Work, purpose_code: str, note: str) -> CreditFinding:
    """Write what the authority signed into the log, under an open purpose. Raises OfficersOnly, PurposeNotFound, PurposeClosed,
    InvalidInput naming note."""
    purpose = own_purpose(work, purpose_code, to_use=True)
    return credit.append_finding(work, purpose.organisation_id, note)


def look_at_seller(work: Work, purpose_code: str, user_code: str, what: str = "record") -> int:
    """Write down that this seller's record is going to be read (``record``) or taken along (``export``); returns the access id.

    Commit this before reading: ``queries.seller_record`` takes the id. Raises OfficersOnly, PurposeNotFound, PurposeClosed,
    SubjectNotFound (then nothing is written, because nothing can be read).
    """
    purpose = own_purpose(work, purpose_code, to_use=True)
    subject = work.session.scalars(select(User).where(User.code == user_code)).first()
    if subject is None:
        raise SubjectNotFound()
    return _write(work, purpose, what, subject)


def note_search(work: Work, purpose_code: str) -> int:
    """Write down that the officer searched for people; the words are not kept, because they may be a person's name."""
    return _write(work, own_purpose(work, purpose_code, to_use=True), "search", None)


def _write(work: Work, purpose: Purpose, what: str, subject: User | None) -> int:
    row = AccessRow(
        purpose_id=purpose.id,
        officer_id=work.actor.id,
        organisation_id=purpose.organisation_id,
        what=what,
        subject_id=subject.id if subject else None,
        subject_code=subject.code if subject else "",
        at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    return row.id
