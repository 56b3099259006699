"""Reports that anybody can check: canonical content (RFC 8785), an Ed25519 signature, and the grade computed once more.

Nouns: report, content, key, key list, verdict. Verbs: `sign`, `verify`, `differences`, `compare`, `canonical`, `read_json`,
`generate_key`, `read_keys`; for several people's signatures `detached`, `read_detached`, `join`. No clock: who signs says
when. Beyond the library's own needs it uses cryptography and rfc8785.
How a report and a key list look: docs/grading.md.
"""

from __future__ import annotations

from grading.report.comparing import compare
from grading.report.keys import (
    Key,
    generate_key,
    key_document,
    key_id,
    private_pem,
    public_bytes,
    read_instant,
    read_keys,
    read_private,
)
from grading.report.photos import named_photos
from grading.report.plain import LARGEST_REPORT, canonical, read_json
from grading.report.problems import ReportError, ReportProblem
from grading.report.several import detached, join, read_detached
from grading.report.signing import Signer, Verdict, differences, sign, verify

__all__ = [
    "LARGEST_REPORT",
    "Key",
    "ReportError",
    "ReportProblem",
    "Signer",
    "Verdict",
    "canonical",
    "compare",
    "detached",
    "differences",
    "generate_key",
    "join",
    "key_document",
    "key_id",
    "named_photos",
    "private_pem",
    "public_bytes",
    "read_detached",
    "read_instant",
    "read_json",
    "read_keys",
    "read_private",
    "sign",
    "verify",
]
