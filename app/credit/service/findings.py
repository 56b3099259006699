"""Keys of authorities, and what they sign: a note is checked, kept exactly as it came, and becomes one event of the log."""

from __future__ import annotations

from sqlalchemy import select

from app.credit.errors import KeyEnded, KeyNeedsAnother, KeyNotFound
from app.credit.log.canonical import from_base64
from app.credit.log.errors import BadFinding, LogError, NoKnownSignature, WrongSignature
from app.credit.log.findings import ANSWERABLE, AUDIT, Finding, actor_of, event_of, note_sha256, open_finding
from app.credit.log.merkle import HASH_LENGTH
from app.credit.log.notes import SIGNATURE, Key, read_key
from app.credit.models import CreditEvent, CreditFinding, CreditSubject, RegulatorKey, RegulatorKeyStep
from app.credit.queries import log_key, regulator_key, usable_keys
from app.credit.service.recording import record_finding
from app.kernel.audit import record as note_step
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work

CONFIRMED, ENDED = "confirmed", "ended"
LONGEST_NAME = 60


def propose_key(work: Work, authority_id: int, vkey: str) -> RegulatorKey:
    """An officer brings the public key of the authority; it counts once another officer of it has confirmed it.

    Raises InvalidInput naming the field (vkey).
    """
    try:
        key = read_key(vkey.strip())
    except LogError as trouble:
        raise InvalidInput(
            {"vkey": N_("This is no public key: one line of a name, eight figures and a code, with + between.")}
        ) from trouble
    problem = _key_problem(work, key)
    if problem is not None:
        raise InvalidInput({"vkey": problem})
    row = RegulatorKey(
        code=new_code(), vkey=key.text, organisation_id=authority_id, proposed_by=work.actor.id, proposed_at=work.now
    )
    work.session.add(row)
    work.session.flush()
    note_step(work, "propose_regulator_key", "credit_regulator_key", row.id)
    return row


def _key_problem(work: Work, key: Key) -> str | None:
    if key.type != SIGNATURE:
        return N_("This is the key of a witness. Findings are signed with a key of their own: xunyi regulator key.")
    if len(key.name) > LONGEST_NAME or not key.name.isascii():
        return N_("The name of the key has at most 60 plain letters, figures and signs.")
    log = log_key(work)
    if log is not None and read_key(log.vkey).public == key.public:
        return N_("This is the key of the log itself.")
    if any(read_key(vkey).public == key.public for vkey in work.session.scalars(select(RegulatorKey.vkey))):
        return N_("This key is registered already.")
    return None


def confirm_key(work: Work, authority_id: int, code: str) -> RegulatorKey:
    """Another officer of the same authority says that it is theirs. Raises KeyNotFound, KeyNeedsAnother, KeyEnded."""
    row, steps = _own_key(work, authority_id, code)
    if ENDED in steps:
        raise KeyEnded()
    if row.proposed_by == work.actor.id:
        raise KeyNeedsAnother()
    if CONFIRMED not in steps:
        _step(work, row, CONFIRMED)
    return row


def end_key(work: Work, authority_id: int, code: str) -> RegulatorKey:
    """From now on nothing new is signed with it; what was signed stays. Raises KeyNotFound."""
    row, steps = _own_key(work, authority_id, code)
    if ENDED not in steps:
        _step(work, row, ENDED)
    return row


def _own_key(work: Work, authority_id: int, code: str) -> tuple[RegulatorKey, set[str]]:
    row = regulator_key(work, code)
    if row.organisation_id != authority_id:
        raise KeyNotFound()
    work.session.scalars(select(RegulatorKey).where(RegulatorKey.id == row.id).with_for_update()).one()
    return row, set(work.session.scalars(select(RegulatorKeyStep.step).where(RegulatorKeyStep.key_id == row.id)))


def _step(work: Work, row: RegulatorKey, step: str) -> None:
    work.session.add(RegulatorKeyStep(key_id=row.id, step=step, by_id=work.actor.id, at=work.now))
    work.session.flush()
    note_step(work, f"{step}_regulator_key", "credit_regulator_key", row.id)


def append_finding(work: Work, authority_id: int, note: str) -> CreditFinding:
    """Check a note and write its event into the log, in one transaction. Nothing is judged but form, key, log, subject and
    whether it came before: an authority's decision is not ours to refuse.

    Raises InvalidInput naming the field (note).
    """
    note = note.replace("\r\n", "\n").strip("\n") + "\n"
    finding, row, key = _opened(work, authority_id, note)
    problem = _problem(work, finding)
    if problem is not None:
        raise InvalidInput({"note": problem})
    type, data, refs = event_of(finding, note)
    record_finding(work, type, finding.subject, data, refs, key=f"finding:{finding.id}", actor=actor_of(key))
    kept = CreditFinding(
        code=finding.id,
        key_id=row.id,
        kind=finding.kind,
        subject=finding.subject,
        note=note,
        note_sha256=note_sha256(note),
        uploaded_by=work.actor.id,
        uploaded_at=work.now,
    )
    work.session.add(kept)
    work.session.flush()
    note_step(work, "append_finding", "credit_finding", kept.id)
    return kept


# The first that fits says what is wrong with a note.
_REFUSALS: tuple[tuple[type[LogError], str], ...] = (
    (NoKnownSignature, N_("No key that your authority has registered and confirmed signed this note.")),
    (WrongSignature, N_("The signature does not fit the text: something was changed on the way. Please send the file as it is.")),
    (BadFinding, N_("The text is not the form of a finding. Please make it with xunyi regulator sign.")),
    (LogError, N_("This is no signed note. Please send the file that xunyi regulator sign has written.")),
)


def _opened(work: Work, authority_id: int, note: str) -> tuple[Finding, RegulatorKey, Key]:
    rows = {read_key(row.vkey): row for row in usable_keys(work, authority_id)}
    try:
        finding, key = open_finding(note, rows)
    except LogError as trouble:
        message = next(words for kind, words in _REFUSALS if isinstance(trouble, kind))
        raise InvalidInput({"note": message}) from trouble
    return finding, rows[key], key


def _problem(work: Work, finding: Finding) -> str | None:
    log = log_key(work)
    if log is None or read_key(log.vkey).name != finding.log:
        return N_("This note was signed for another log.")
    if finding.decided_on > shanghai_day(work.now):
        return N_("The day of the decision has not come yet.")
    if work.session.scalars(select(CreditFinding.id).where(CreditFinding.code == finding.id)).first() is not None:
        return N_("This finding is in the log already.")
    kind = work.session.scalars(select(CreditSubject.kind).where(CreditSubject.pseudonym == finding.subject)).first()
    if kind is None:
        return N_("Nobody in the log has this name. It stands on the public page of a record and begins with s_.")
    if finding.answers is None:
        is_platform = kind == "platform"
        return None if is_platform == (finding.kind == AUDIT) else N_("This kind of finding is not about such a subject.")
    leaf = from_base64(finding.answers, BadFinding, "answers", HASH_LENGTH)
    answered = work.session.scalars(select(CreditEvent).where(CreditEvent.leaf_hash == leaf)).first()
    if answered is None or answered.subject != finding.subject or answered.type not in ANSWERABLE[finding.kind]:
        return N_("What this finding answers is no such entry of this record.")
    return None
