"""Public keys of those who sign: registered with a proof, replaced, revoked. The private key stays with its holder."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from app.appraisal.models import REVOKED_FOR, KeyRevocation, SigningKey
from app.appraisal.provider import DOOR, OperatorSigner
from app.appraisal.queries import key_by_kid, revocation_of
from app.appraisal.refusals import KeyAlreadyKnown, KeyNotFound, KeyRevoked, ProofWrong
from app.kernel.audit import record
from app.kernel.canonical import canonical
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from grading.report import Key, key_id

PROOF_FORMAT = "xunyi-key-proof/1"
LONGEST = timedelta(days=3 * 365)  # a key is replaced after three years at the latest; our own choice


def proof_message(person: str, public_key: str, challenge: str) -> bytes:
    """What a holder signs to show that the private key is theirs: canonical bytes that no report can be."""
    return canonical({"challenge": challenge, "format": PROOF_FORMAT, "person": person, "public_key": public_key})


def register_key(work: Work, public_key: str, proof: str, challenge: str, label: str, until_at: datetime | None) -> SigningKey:
    """Register a key of the actor. The caller has checked that ``challenge`` is ours and fresh.

    Raises ProofWrong when the signature over the challenge does not fit, KeyAlreadyKnown, InvalidInput for a bad end.
    """
    raw, signature = _bytes_of(public_key, 32), _bytes_of(proof, 64)
    if raw is None or signature is None or not _fits(raw, signature, proof_message(work.actor.code, public_key, challenge)):
        raise ProofWrong()
    if until_at is not None and not work.now < until_at <= work.now + LONGEST:
        raise InvalidInput({"until": N_("Please choose a day within the next three years.")})
    key = SigningKey(
        kid=key_id(raw),
        public_key=public_key,
        holder_id=work.actor.id,
        label=label,
        registered_at=work.now,
        until_at=until_at or work.now + LONGEST,
        challenge=challenge,
        proof=proof,
    )
    try:
        with work.session.begin_nested():
            work.session.add(key)
    except IntegrityError as known:
        raise KeyAlreadyKnown() from known
    record(work, "signing_key.register", "signing_key", key.id, {"kid": key.kid})
    notify(
        work,
        work.actor.id,
        text=N_("A key that signs reports in your name was registered: %(kid)s. If it was not you, revoke it at once."),
        values={"kid": key.kid},
        link="/keys",
        key=f"signing_key.registered:{key.kid}",
        mail=True,
    )
    return key


def revoke_key(work: Work, kid: str, reason: str, words: str = "") -> KeyRevocation:
    """End a key of the actor at once: nothing that it signs from now on counts. What it signed before keeps its place.

    Raises KeyNotFound for somebody else's, KeyRevoked when it has ended already.
    """
    key = key_by_kid(work, kid)
    if key is None or key.holder_id != work.actor.id:
        raise KeyNotFound()
    if reason not in REVOKED_FOR:
        raise InvalidInput({"reason": N_("Please choose one of the answers.")})
    if revocation_of(work, key.id) is not None:
        raise KeyRevoked()
    ended = KeyRevocation(key_id=key.id, by_id=work.actor.id, reason=reason, words=words, revoked_at=work.now)
    work.session.add(ended)
    work.session.flush()
    record(work, "signing_key.revoke", "signing_key", key.id, {"kid": key.kid, "reason": reason})
    return ended


def operator_key(work: Work, signer: OperatorSigner) -> SigningKey:
    """The row of the demo signer's key, written when it signs for the first time."""
    known = key_by_kid(work, signer.kid)
    if known is not None:
        return known
    public = signer.public_key.hex()
    key = SigningKey(
        kid=signer.kid,
        public_key=public,
        holder_id=None,
        label="demo signer of the operator",
        registered_at=work.now,
        until_at=None,
        challenge="",
        proof=signer.sign(proof_message("operator", public, "")).hex(),
    )
    work.session.add(key)
    work.session.flush()
    return key


def operator_signer(work: Work) -> OperatorSigner | None:
    """The demo's signer, None where there is none."""
    found: OperatorSigner | None = work.doors.get(DOOR)
    return found


def _fits(raw: bytes, signature: bytes, message: bytes) -> bool:
    return Key(raw, "", None, "").fits(signature, message)


def _bytes_of(text: str, length: int) -> bytes | None:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return None
    return raw if len(raw) == length and text == raw.hex() else None
