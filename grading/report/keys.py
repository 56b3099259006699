"""Ed25519 keys (RFC 8032): making them, the private file, and the public list by which others verify.

A key's number `kid` is the first 16 hexadecimal digits of the SHA-256 of its 32 public bytes, so that no list can give
one key's number to another key.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from grading.report.plain import Json, read_json, step
from grading.report.problems import ReportError

KEYS_FORMAT = "grading-keys/2"
KEYS_FORMAT_1 = "grading-keys/1"
"""Lists of rows without `person`, `revoked_at` and `reason`."""
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_PUBLIC = re.compile(r"[0-9a-f]{64}")
_FIELDS_1 = {"kid", "public_key", "valid_from", "valid_until", "holder"}
_FIELDS = _FIELDS_1 | {"person", "revoked_at", "reason"}


@dataclass(frozen=True, slots=True)
class Key:
    """One public key. `public_key`: 32 bytes; `valid_from`, `valid_until` (inclusive; None: no end) as UTC instants,
    "2026-11-24T08:00:00Z"; `holder`: whose it is, in words; `person`: the code by which reports name that person, where the
    list binds one; `revoked_at` with its `reason`: nothing signed later counts.
    """

    public_key: bytes
    valid_from: str
    valid_until: str | None
    holder: str
    person: str | None = None
    revoked_at: str | None = None
    reason: str = ""

    @property
    def kid(self) -> str:
        """The number of the key."""
        return key_id(self.public_key)

    def was_valid(self, instant: str) -> bool:
        """Did the key hold at this instant? Texts of this form sort like the times they name."""
        if self.revoked_at is not None and instant >= self.revoked_at:
            return False
        return self.valid_from <= instant and (self.valid_until is None or instant <= self.valid_until)

    def fits(self, signature: bytes, message: bytes) -> bool:
        """Did this key sign this message?"""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def key_id(public_key: bytes) -> str:
    """The number of a public key of 32 bytes."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def generate_key() -> Ed25519PrivateKey:
    """A new private key, from the system's source of randomness."""
    return Ed25519PrivateKey.generate()


def public_bytes(private: Ed25519PrivateKey) -> bytes:
    """The 32 public bytes that belong to a private key."""
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def private_pem(private: Ed25519PrivateKey, passphrase: bytes | None = None) -> bytes:
    """The private key as PKCS #8 in PEM, encrypted when there is a passphrase."""
    lock: KeySerializationEncryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def read_private(pem: bytes, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """The private key in a PEM file. Raises ReportError: key, passphrase."""
    try:
        key = load_pem_private_key(pem, passphrase)
    except TypeError as error:  # a passphrase is missing, or was given for an open key
        raise ReportError("passphrase") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ReportError("key" if passphrase is None else "passphrase") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ReportError("key")
    return key


def read_instant(value: object, path: str) -> str:
    """A UTC instant to the second, "2026-11-24T08:00:00Z". Raises ReportError."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            datetime.datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise ReportError("instant", path)


def key_document(keys: Iterable[Key]) -> dict[str, Json]:
    """A list of public keys as JSON: what `read_keys` reads."""
    rows: list[Json] = [
        {
            "kid": key.kid,
            "public_key": key.public_key.hex(),
            "valid_from": key.valid_from,
            "valid_until": key.valid_until,
            "holder": key.holder,
            "person": key.person,
            "revoked_at": key.revoked_at,
            "reason": key.reason,
        }
        for key in keys
    ]
    return {"format": KEYS_FORMAT, "keys": rows}


def read_keys(data: bytes) -> Mapping[str, Key]:
    """Public keys by number, from the bytes of a list. Raises ReportError with the place of the first fault."""
    document = read_json(data)
    formats = (KEYS_FORMAT, KEYS_FORMAT_1)
    if not isinstance(document, dict) or set(document) != {"format", "keys"} or document["format"] not in formats:
        raise ReportError("shape", "$", f"format {KEYS_FORMAT}, keys")
    fields = _FIELDS if document["format"] == KEYS_FORMAT else _FIELDS_1
    rows = document["keys"]
    if not isinstance(rows, list):
        raise ReportError("shape", "$.keys")
    keys: dict[str, Key] = {}
    for number, row in enumerate(rows):
        path = step("$.keys", number)
        key = _read_key(row, path, fields)
        if key.kid in keys:
            raise ReportError("twice", f"{path}.kid")
        keys[key.kid] = key
    return MappingProxyType(keys)


def _read_key(row: Json, path: str, fields: set[str]) -> Key:
    if not isinstance(row, dict) or set(row) != fields:
        raise ReportError("shape", path, ", ".join(sorted(fields)))
    public, holder, until = row["public_key"], row["holder"], row["valid_until"]
    if not isinstance(public, str) or not _PUBLIC.fullmatch(public):
        raise ReportError("key", f"{path}.public_key", "64 hexadecimal digits")
    if not isinstance(holder, str):
        raise ReportError("shape", f"{path}.holder")
    person, revoked, reason = row.get("person"), row.get("revoked_at"), row.get("reason", "")
    if not isinstance(reason, str) or not (person is None or isinstance(person, str)):
        raise ReportError("shape", f"{path}.person")
    key = Key(
        public_key=bytes.fromhex(public),
        valid_from=read_instant(row["valid_from"], f"{path}.valid_from"),
        valid_until=None if until is None else read_instant(until, f"{path}.valid_until"),
        holder=holder,
        person=person,
        revoked_at=None if revoked is None else read_instant(revoked, f"{path}.revoked_at"),
        reason=reason,
    )
    if row["kid"] != key.kid:
        raise ReportError("kid", f"{path}.kid", f"{key.kid} expected")
    return key
