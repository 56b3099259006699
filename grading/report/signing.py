"""Signing a report's content, and telling whether a report is what was signed and whether its grade follows.

A report is `{"format", "content", "signature": {"algorithm", "kid", "signed_at", "value"}}` in its canonical bytes. Signed
are the canonical bytes of the report without `signature.value`. `content` holds at least `result`, which is
`GradeResult.to_content()` with the scheme's id, version and SHA-256; the rest of it is the caller's. Reports that several
people sign have a form of their own: `grading.report.several`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from grading.engine import recompute
from grading.engine.result import CONTENT_FORMAT
from grading.errors import FindingsError, SchemeError
from grading.report.comparing import compare, compare_parts, has_older_wording
from grading.report.keys import Key, key_id, public_bytes, read_instant
from grading.report.photos import photo_problems
from grading.report.plain import Json, canonical, read_json, step
from grading.report.problems import ReportError, ReportProblem
from grading.report.several import ALGORITHM, read_parts, signature_problems
from grading.report.several import FORMAT as SEVERAL_FORMAT
from grading.report.several import SIGNATURE as _SIGNATURE
from grading.schemes import Scheme, find_scheme, load_scheme

REPORT_FORMAT = "grading-report/1"
_SIGNATURE_FIELDS = {"algorithm", "kid", "signed_at", "value"}
_MOST_PROBLEMS = 20
_DOES_NOT_FOLLOW = frozenset({"differs", "findings"})  # signed as it stands, but the grade is another


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature as the report and the key list name it; `holder` is None for a key that is not in the list."""

    role: str
    kid: str
    holder: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `exit_code` 0: sound; 1: signed as it is, but the grade does not follow from the findings;
    2: signature or content is broken, or the scheme is not here to compute the grade again. `notes` decide nothing:
    what a reader should know all the same.
    """

    problems: tuple[ReportProblem, ...]
    notes: tuple[ReportProblem, ...] = ()
    scheme: str | None = None
    scheme_sha256: str | None = None
    kid: str | None = None
    holder: str | None = None
    signed_at: str | None = None
    signers: tuple[Signer, ...] = ()
    content_sha256: str | None = None

    @property
    def exit_code(self) -> int:
        """0, 1 or 2, as the command line gives it."""
        if not self.problems:
            return 0
        return 1 if all(problem.code in _DOES_NOT_FOLLOW for problem in self.problems) else 2

    def to_plain(self) -> dict[str, object]:
        """For JSON. `holder` and `signed_at` are shown as the report and the key list say; without a sound
        signature they prove nothing.
        """
        return {
            "verdict": ("sound", "grade_differs", "broken")[self.exit_code],
            "scheme": self.scheme,
            "scheme_sha256": self.scheme_sha256,
            "kid": self.kid,
            "holder": self.holder,
            "signed_at": self.signed_at,
            "signers": [{"role": each.role, "kid": each.kid, "holder": each.holder} for each in self.signers],
            "content_sha256": self.content_sha256,
            "problems": [problem.to_plain() for problem in self.problems],
            "notes": [note.to_plain() for note in self.notes],
        }


def sign(content: Mapping[str, object], private: Ed25519PrivateKey, signed_at: str) -> bytes:
    """The signed report, as canonical bytes: write them to a file as they are.

    `signed_at`: a UTC instant "2026-11-24T08:00:00Z", claimed by the signer. Raises ReportError for content that has no
    canonical form. It signs what it is given; ask `differences` first whether the grade follows.
    """
    signature = {
        "algorithm": ALGORITHM,
        "kid": key_id(public_bytes(private)),
        "signed_at": read_instant(signed_at, "$.signature.signed_at"),
    }
    signature["value"] = private.sign(_report(content, signature)).hex()
    return _report(content, signature)


def verify(
    data: bytes, keys: Mapping[str, Key], scheme: Scheme | None = None, photos: Mapping[str, str] | None = None
) -> Verdict:
    """Is this report what its signers signed, and does its grade follow from its findings by its scheme?

    `keys`: whom the reader trusts, from `read_keys`. `scheme`: an older scheme file where this package has it no more.
    `photos`: name -> SHA-256 of the files that should be the report's photos; None: photos are not looked at.
    Where the signature is broken the grade is computed again all the same: a difference shows what was changed.
    Costs one grading and a check of each signature; never raises for any bytes.
    """
    try:
        report = read_json(data)
        if isinstance(report, dict) and report.get("format") == SEVERAL_FORMAT:
            return _verify_several(report, data, keys, scheme, photos)
        content, signature = _parts(report)
    except ReportError as error:
        return Verdict((error.problem,))
    key = keys.get(signature["kid"])
    problems = [*_spelling(report, data), *_signature_problems(content, signature, key), *differences(content, scheme)]
    problems += [] if photos is None else photo_problems(content, photos)
    holder = None if key is None else key.holder
    return _verdict(
        content,
        problems,
        [],
        (Signer("signer", signature["kid"], holder),),
        signature["signed_at"],
    )


def _verify_several(
    report: dict[str, Json], data: bytes, keys: Mapping[str, Key], scheme: Scheme | None, photos: Mapping[str, str] | None
) -> Verdict:
    content, signatures, signed_at = read_parts(report)
    found, notes = signature_problems(report, content, signatures, signed_at, keys)
    problems = [*_spelling(report, data), *found, *differences(content, scheme)]
    problems += [] if photos is None else photo_problems(content, photos)
    signers = tuple(
        Signer(each["role"], each["kid"], keys[each["kid"]].holder if each["kid"] in keys else None) for each in signatures
    )
    return _verdict(content, problems, notes, signers, signed_at)


def _verdict(
    content: Mapping[str, Json],
    problems: list[ReportProblem],
    notes: list[ReportProblem],
    signers: tuple[Signer, ...],
    signed_at: str,
) -> Verdict:
    result = content.get("result")
    known = result if isinstance(result, dict) else {}
    older = [ReportProblem("older_wording", "$.content.result.content_format")] if has_older_wording(known) else []
    return Verdict(
        problems=tuple(problems),
        notes=(*older, *notes),
        scheme=_text_or_none(known.get("scheme_id")),
        scheme_sha256=_text_or_none(known.get("scheme_sha256")),
        kid=signers[0].kid if signers else None,
        holder=signers[0].holder if signers else None,
        signed_at=signed_at,
        signers=signers,
        content_sha256=hashlib.sha256(canonical(content)).hexdigest(),
    )


def _spelling(report: Json, data: bytes) -> list[ReportProblem]:
    again = canonical(report)
    return [] if again == data else [ReportProblem("not_canonical", "$", f"byte {_first_difference(data, again)}")]


def differences(content: Mapping[str, object], scheme: Scheme | None = None) -> tuple[ReportProblem, ...]:
    """Where a report's content says something else than grading its findings again; empty: the grade follows.

    At most 20 places. Paths begin at `$.content`. A scheme that is unknown here, or is another file than the one that
    the report names by its SHA-256, is a problem of its own: then nothing could be computed. So is content of a format
    that this version does not know. In content of an older format the engine's own sentences are left out of the
    comparison: they are worded otherwise today, and only the signature covers them.
    """
    result = content.get("result")
    if not isinstance(result, Mapping):
        return (ReportProblem("shape", "$.content.result"),)
    scheme_id, sha256 = result.get("scheme_id"), result.get("scheme_sha256")
    try:
        used = find_scheme(str(scheme_id), sha256) or load_scheme(str(scheme_id)) if scheme is None else scheme
    except SchemeError:
        return (ReportProblem("scheme_unknown", "$.content.result.scheme_id", str(scheme_id)[:60]),)
    if used.id != scheme_id or used.sha256 != sha256:
        here = f"{str(scheme_id)[:60]} {str(sha256)[:64]}; here: {used.id} {used.sha256}"
        return (ReportProblem("scheme_differs", "$.content.result.scheme_sha256", here),)
    number = result.get("content_format")
    if type(number) is int and number > CONTENT_FORMAT:
        return (ReportProblem("format_unknown", "$.content.result.content_format", f"{number}; here: {CONTENT_FORMAT}"),)
    try:
        again = recompute(result, used).to_content()
    except FindingsError as error:
        path = "$.content.result.findings"
        return tuple(ReportProblem("findings", step(path, key), words.en) for key, words in error.errors.items())[:_MOST_PROBLEMS]
    found = compare(result, again, "$.content.result")
    named = content.get("scheme")
    if isinstance(named, Mapping):
        expected = {"id": used.id, "version": used.version, "sha256": used.sha256}
        found += compare_parts({key: named.get(key) for key in expected}, expected, "$.content.scheme")
    return tuple(found[:_MOST_PROBLEMS])


def _report(content: Mapping[str, object], signature: Mapping[str, str]) -> bytes:
    """A report's canonical bytes; without `signature.value` they are what is signed."""
    return canonical({"format": REPORT_FORMAT, "content": content, "signature": signature})


def _parts(report: Json) -> tuple[dict[str, Json], dict[str, str]]:
    if not isinstance(report, dict) or set(report) != {"format", "content", "signature"}:
        raise ReportError("shape", "$", "format, content, signature")
    if report["format"] != REPORT_FORMAT:
        raise ReportError("shape", "$.format", REPORT_FORMAT)
    content, signature = report["content"], report["signature"]
    if not isinstance(content, dict):
        raise ReportError("shape", "$.content")
    if not isinstance(signature, dict) or set(signature) != _SIGNATURE_FIELDS:
        raise ReportError("shape", "$.signature", ", ".join(sorted(_SIGNATURE_FIELDS)))
    texts = {name: value for name, value in signature.items() if isinstance(value, str)}
    if len(texts) != len(signature) or texts["algorithm"] != ALGORITHM:
        raise ReportError("shape", "$.signature", f"texts; algorithm {ALGORITHM}")
    read_instant(texts["signed_at"], "$.signature.signed_at")
    if not _SIGNATURE.fullmatch(texts["value"]):
        raise ReportError("shape", "$.signature.value", "128 hexadecimal digits")
    return content, texts


def _signature_problems(content: Mapping[str, Json], signature: Mapping[str, str], key: Key | None) -> list[ReportProblem]:
    if key is None:
        return [ReportProblem("key_unknown", "$.signature.kid", signature["kid"][:60])]
    unsigned = {name: value for name, value in signature.items() if name != "value"}
    if not key.fits(bytes.fromhex(signature["value"]), _report(content, unsigned)):
        return [ReportProblem("signature", "$.signature.value")]
    if not key.was_valid(signature["signed_at"]):
        return [ReportProblem("key_not_valid", "$.signature.signed_at", f"{key.valid_from} to {key.valid_until or '-'}")]
    return []


def _first_difference(one: bytes, other: bytes) -> int:
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
