"""Salted disclosures (RFC 9901): the log holds a digest, the value lies elsewhere and can be destroyed.

A disclosure is base64url(JSON [salt, name, value]), its digest base64url(SHA-256(its ASCII)). Without the salt of 128 bits nobody
finds the value by trying; with the disclosure anybody sees that it is the one that was meant.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from app.credit.log.canonical import read_json
from app.credit.log.errors import BadDisclosure, NotJson, UnknownDisclosure

ALGORITHM = "sha-256"
RESERVED = ("_sd", "_sd_alg", "...")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """``name`` is None for an element of a list."""

    salt: str
    name: str | None
    value: Any


def new_salt() -> str:
    """128 random bits."""
    return _encode(secrets.token_bytes(16))


def make_disclosure(name: str, value: Any, salt: str) -> str:
    """The disclosure's text. Raises BadDisclosure for a name that an event keeps for itself."""
    if name in RESERVED:
        raise BadDisclosure(f"the name {name} is taken")
    return _encode(json.dumps([salt, name, value], ensure_ascii=False, separators=(",", ":")).encode())


def digest_of(disclosure: str) -> str:
    """What the event holds in ``_sd``."""
    return _encode(hashlib.sha256(disclosure.encode()).digest())


def read_disclosure(disclosure: str) -> Disclosure:
    """Salt, name and value. Raises BadDisclosure."""
    try:
        content = base64.urlsafe_b64decode(disclosure.encode("ascii") + b"=" * (-len(disclosure) % 4))
        if _encode(content) != disclosure:
            raise BadDisclosure("base64url with stray signs")
        parts = read_json(content)
    except (binascii.Error, UnicodeEncodeError, NotJson) as trouble:
        raise BadDisclosure(f"not a disclosure: {trouble}") from trouble
    if not isinstance(parts, list) or len(parts) not in (2, 3) or not all(isinstance(part, str) for part in parts[:-1]):
        raise BadDisclosure("a disclosure is [salt, name, value] or [salt, value]")
    if len(parts) == 3 and parts[1] in RESERVED:
        raise BadDisclosure(f"the name {parts[1]} is taken")
    return Disclosure(parts[0], parts[1] if len(parts) == 3 else None, parts[-1])


def open_disclosure(disclosure: str, digests: Collection[str]) -> Disclosure:
    """Believe that an event with these digests meant this disclosure, or raise UnknownDisclosure, BadDisclosure."""
    opened = read_disclosure(disclosure)
    if digest_of(disclosure) not in digests:
        raise UnknownDisclosure("the event holds no digest of this disclosure")
    return opened


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
