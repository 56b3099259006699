"""Public identifiers: random, never the protection."""

from __future__ import annotations

import secrets
import time
import uuid

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base32, lower case
CODE_LENGTH = 26  # 26 * 5 bits = 130 bits


def new_code() -> str:
    """A public id of 26 characters, 130 random bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def is_code(text: str) -> bool:
    """Whether the text has the form of a public id (says nothing about existence)."""
    return len(text) == CODE_LENGTH and all(letter in _ALPHABET for letter in text)


def new_digits(length: int) -> str:
    """A random decimal code, for a person to read out."""
    return "".join(secrets.choice("0123456789") for _ in range(length))


def uuid7(unix_ms: int | None = None) -> str:
    """A UUID version 7 (RFC 9562): 48 bits of milliseconds, then random bits."""
    stamp = int(time.time() * 1000) if unix_ms is None else unix_ms
    value = (stamp & (2**48 - 1)) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return str(uuid.UUID(int=value))
