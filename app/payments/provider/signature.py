"""Signed messages: ``t=<unix seconds>,v1=<HMAC-SHA256 of "t.body">``. Everything is compared as bytes.

The header comes from strangers: it may hold any bytes, any number of parts, none. Nothing here raises anything but
WebhookRefused. ``t`` is checked in both directions; a replay inside the window passes here and is stopped by the event table.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from app.payments.errors import WebhookRefused

TOLERANCE_SECONDS = 300
LONGEST_HEADER = 1000
_SECONDS = re.compile(rb"[0-9]{1,12}")


def sign(secret: bytes, raw: bytes, seconds: int) -> str:
    """The header for a body sent at this time (unix seconds)."""
    return f"t={seconds},v1={_mac(secret, raw, str(seconds).encode()).decode()}"


def check(secret: bytes, raw: bytes, header: bytes, now_seconds: float) -> None:
    """Accept a body only with one right v1 signature and a time within 300 s of now; raises WebhookRefused."""
    check_any((secret,), raw, header, now_seconds)


def check_any(secrets: Sequence[bytes], raw: bytes, header: bytes, now_seconds: float) -> None:
    """The same where one of several secrets may have signed: one for each kind of message, or two while one is changed."""
    if not header or len(header) > LONGEST_HEADER:
        raise WebhookRefused()
    times: list[bytes] = []
    signatures: list[bytes] = []
    for part in header.split(b","):
        name, _, value = part.strip().partition(b"=")
        if name == b"t":
            times.append(value)
        elif name == b"v1":
            signatures.append(value)
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]):
        raise WebhookRefused()
    expected = [_mac(secret, raw, times[0]) for secret in secrets]
    # Two signatures are normal while a secret is being changed: one right one is enough.
    if not any([hmac.compare_digest(each, given) for each in expected for given in signatures]):  # noqa: C419 - no early end
        raise WebhookRefused()
    if abs(now_seconds - int(times[0])) > TOLERANCE_SECONDS:
        raise WebhookRefused()


def _mac(secret: bytes, raw: bytes, seconds: bytes) -> bytes:
    return hmac.new(secret, seconds + b"." + raw, hashlib.sha256).hexdigest().encode()
