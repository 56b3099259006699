"""Reports with more than one signature over the same bytes: the canonical bytes of the content.

Such a report is `{"format": "grading-report/2", "content", "content_sha256", "signatures": [...]}` in canonical bytes, each
signature `{"role", "algorithm", "kid", "value"}`. Signed are the canonical bytes of `content` alone, which any Ed25519 tool
can check. The content says who signs (`signers`: roles in order), when (`signed_at`, claimed by the signers) and by what code
the person of a role is named (`content[role]["code"]`), so that none of it can be taken away or exchanged.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from grading.report.keys import Key, key_id, public_bytes, read_instant
from grading.report.plain import Json, canonical, read_json, step
from grading.report.problems import ReportError, ReportProblem

FORMAT = "grading-report/2"
SIGNATURE_FORMAT = "grading-signature/1"
ALGORITHM = "Ed25519"
SIGNATURE = re.compile(r"[0-9a-f]{128}")
_KID = re.compile(r"[0-9a-f]{16}")
_HASH = re.compile(r"[0-9a-f]{64}")
_ROLE = re.compile(r"[a-z]{1,20}")
_TOP = {"format", "content", "content_sha256", "signatures"}
_FIELDS = {"role", "algorithm", "kid", "value"}
_DETACHED = {"format", "algorithm", "kid", "content_sha256", "value"}


def detached(content: bytes, private: Ed25519PrivateKey) -> bytes:
    """A signature of its own over these canonical bytes, as a small JSON file that is joined with the content later."""
    signature = {
        "format": SIGNATURE_FORMAT,
        "algorithm": ALGORITHM,
        "kid": key_id(public_bytes(private)),
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "value": private.sign(content).hex(),
    }
    return canonical(signature)


def read_detached(data: bytes) -> dict[str, str]:
    """The fields `kid`, `content_sha256`, `value` of a signature file. Raises ReportError with the place of the fault."""
    signature = read_json(data)
    if not isinstance(signature, dict) or set(signature) != _DETACHED or signature["format"] != SIGNATURE_FORMAT:
        raise ReportError("shape", "$", f"format {SIGNATURE_FORMAT}, " + ", ".join(sorted(_DETACHED - {"format"})))
    if signature["algorithm"] != ALGORITHM:
        raise ReportError("shape", "$.algorithm", ALGORITHM)
    texts: dict[str, str] = {}
    for name, form in (("kid", _KID), ("content_sha256", _HASH), ("value", SIGNATURE)):
        value = signature[name]
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ReportError("shape", f"$.{name}")
        texts[name] = value
    return texts


def join(content: Mapping[str, object], signatures: Sequence[tuple[str, str, str]]) -> bytes:
    """The report as canonical bytes, from its content and (role, kid, value) of each signature. It checks nothing: `verify`
    does.
    """
    rows = [{"role": role, "algorithm": ALGORITHM, "kid": kid, "value": value} for role, kid, value in signatures]
    sha256 = hashlib.sha256(canonical(content)).hexdigest()
    return canonical({"format": FORMAT, "content": content, "content_sha256": sha256, "signatures": rows})


def read_parts(report: Mapping[str, Json]) -> tuple[dict[str, Json], list[dict[str, str]], str]:
    """Content, signatures and the instant of signing of a report in this format. Raises ReportError."""
    if set(report) != _TOP:
        raise ReportError("shape", "$", ", ".join(sorted(_TOP)))
    content, rows = report["content"], report["signatures"]
    if not isinstance(content, dict):
        raise ReportError("shape", "$.content")
    if not isinstance(rows, list):
        raise ReportError("shape", "$.signatures")
    signed_at = read_instant(content.get("signed_at"), "$.content.signed_at")
    signatures = [_signature(row, step("$.signatures", number)) for number, row in enumerate(rows)]
    return content, signatures, signed_at


def signature_problems(
    report: Mapping[str, Json],
    content: Mapping[str, Json],
    signatures: Sequence[Mapping[str, str]],
    signed_at: str,
    keys: Mapping[str, Key],
) -> tuple[list[ReportProblem], list[ReportProblem]]:
    """What is wrong with hash, signers and signatures; and notes about keys that were revoked later."""
    message = canonical(content)
    problems: list[ReportProblem] = []
    notes: list[ReportProblem] = []
    if report["content_sha256"] != hashlib.sha256(message).hexdigest():
        problems.append(ReportProblem("content_sha256", "$.content_sha256"))
    roles = content.get("signers")
    if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
        problems.append(ReportProblem("shape", "$.content.signers"))
        roles = []
    present = [signature["role"] for signature in signatures]
    problems += [ReportProblem("signature_missing", "$.signatures", str(role)) for role in roles if role not in present]
    if [role for role in roles if role in present] != present:
        problems.append(ReportProblem("shape", "$.signatures", ", ".join(map(str, roles))))
    people: set[str] = set()
    for number, signature in enumerate(signatures):
        path = step("$.signatures", number)
        key = keys.get(signature["kid"])
        if key is None:
            problems.append(ReportProblem("key_unknown", f"{path}.kid", signature["kid"]))
            continue
        problems += _of_one(path, signature, key, message, content, signed_at)
        who = key.person or key.kid
        if who in people:
            problems.append(ReportProblem("same_signer", f"{path}.kid", key.holder))
        people.add(who)
        if key.revoked_at is not None and key.revoked_at > signed_at:
            notes.append(ReportProblem("key_revoked", f"{path}.kid", f"{key.revoked_at} {key.reason}".strip()))
    return problems, notes


def _of_one(
    path: str, signature: Mapping[str, str], key: Key, message: bytes, content: Mapping[str, Json], signed_at: str
) -> list[ReportProblem]:
    if not key.fits(bytes.fromhex(signature["value"]), message):
        return [ReportProblem("signature", f"{path}.value")]
    found: list[ReportProblem] = []
    if not key.was_valid(signed_at):
        until = min((end for end in (key.valid_until, key.revoked_at) if end is not None), default="-")
        found.append(ReportProblem("key_not_valid", f"{path}.kid", f"{key.valid_from} to {until}"))
    named = content.get(signature["role"])
    code = named.get("code") if isinstance(named, dict) else None
    if key.person is not None and code != key.person:
        found.append(ReportProblem("signer_differs", f"{path}.kid", f"{key.holder}; content: {str(code)[:60]}"))
    return found


def _signature(row: Json, path: str) -> dict[str, str]:
    if not isinstance(row, dict) or set(row) != _FIELDS:
        raise ReportError("shape", path, ", ".join(sorted(_FIELDS)))
    texts = {name: value for name, value in row.items() if isinstance(value, str)}
    if len(texts) != len(row) or texts["algorithm"] != ALGORITHM or not _ROLE.fullmatch(texts["role"]):
        raise ReportError("shape", path, f"texts; algorithm {ALGORITHM}")
    if not _KID.fullmatch(texts["kid"]):
        raise ReportError("shape", f"{path}.kid", "16 hexadecimal digits")
    if not SIGNATURE.fullmatch(texts["value"]):
        raise ReportError("shape", f"{path}.value", "128 hexadecimal digits")
    return texts
