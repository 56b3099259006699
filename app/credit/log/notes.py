"""Signed notes (C2SP signed-note 1.0.0), with Ed25519 signatures (type 0x01) and cosignatures with a time (type 0x04).

A note is text that ends in a line feed, an empty line, and lines "— name base64(key id || signature)". Who reads it decides whom
to know: signatures of others are passed over, one that a known key did not make is a refusal.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.credit.log import ed25519
from app.credit.log.canonical import from_base64, in_base64
from app.credit.log.errors import BadKey, BadNote, NoKnownSignature, WrongSignature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNATURE, COSIGNATURE = 0x01, 0x04
_TYPES = (SIGNATURE, COSIGNATURE)
_MOST_SIGNATURES = 64
_MOST_BYTES = 1_000_000
_ID = re.compile(r"[0-9a-f]{8}")
_DASH = "\u2014"
_SECRET = "PRIVATE+KEY+"  # noqa: S105 - the word that begins a private key's line


@dataclass(frozen=True, slots=True)
class Key:
    """A public key as people hand it on: ``name+id+base64(type || public)``."""

    name: str
    type: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes by which a signature line names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{in_base64(bytes([self.type]) + self.public)}"

    def check(self, text: str, signature: bytes) -> int | None:
        """Believe that the key signed this text, or raise WrongSignature. A cosignature's time (Unix seconds), else None."""
        time = None
        message = text.encode()
        if self.type == COSIGNATURE:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = cosigned(text, time)
        if not ed25519.verify(self.public, signature, message):
            raise WrongSignature(f"{self.name} did not sign this text")
        return time


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the name under which it signs."""

    name: str
    private: Ed25519PrivateKey
    type: int = SIGNATURE

    @property
    def key(self) -> Key:
        return Key(self.name, self.type, self.private.public_key().public_bytes_raw())

    @property
    def secret(self) -> str:
        """The private key as one line, for a file that nobody else reads."""
        return f"{_SECRET}{self.name}+{self.key.id.hex()}+{in_base64(bytes([self.type]) + self.private.private_bytes_raw())}"

    def line(self, text: str, time: int | None = None) -> str:
        """The signature line over a note's text; a cosignature needs its ``time`` in Unix seconds."""
        if (self.type == COSIGNATURE) != (time is not None):
            raise ValueError("a cosignature has a time, a signature has none")
        if time is None:
            signature = self.private.sign(text.encode())
        else:
            signature = time.to_bytes(8, "big") + self.private.sign(cosigned(text, time))
        return f"{_DASH} {self.name} {in_base64(self.key.id + signature)}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was checked; ``time`` only for cosignatures."""

    key: Key
    time: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note whose known signatures are all sound."""

    text: str
    signatures: tuple[Signature, ...]


def read_key(text: str) -> Key:
    """A public key from its line. Raises BadKey."""
    name, id, raw = _parts(text)
    key = Key(name, raw[0], raw[1:])
    if key.id.hex() != id:
        raise BadKey(f"the key of {name} has the number {key.id.hex()}, not {id}")
    return key


def read_signer(text: str) -> Signer:
    """A private key from its line. Raises BadKey, which says nothing of the key."""
    if not text.startswith(_SECRET):
        raise BadKey("not a private key")
    name, id, raw = _parts(text[len(_SECRET) :])
    signer = Signer(name, ed25519.private_key(raw[1:]), raw[0])
    if signer.key.id.hex() != id:
        raise BadKey("the number of this private key is another")
    return signer


def new_signer(name: str, type: int = SIGNATURE) -> Signer:
    """A new private key, from the system's source of randomness. Raises BadKey for a name that no key can have."""
    _require_name(name)
    return Signer(name, ed25519.new_private_key(), type)


def sign_note(text: str, *lines: str) -> str:
    """A note from its text and signature lines. Raises BadNote."""
    _require_text(text)
    return f"{text}\n{''.join(lines)}"


def open_note(note: str, keys: Iterable[Key]) -> Note:
    """The text of a note, believed by these keys. The text is what stands before the last empty line.

    Raises BadNote for another form, WrongSignature when the line of a known key is not its own, NoKnownSignature when none of
    them signed.
    """
    text, lines = split_note(note)
    known = {(key.name, key.id): key for key in keys}
    found: dict[tuple[str, bytes], Signature] = {}
    for name, raw in lines:
        place = (name, raw[:4])
        if place in known and place not in found:
            key = known[place]
            if len(raw) != 4 + 64 + (8 if key.type == COSIGNATURE else 0):
                raise WrongSignature(f"the signature of {name} is {len(raw) - 4} bytes long")
            found[place] = Signature(key, key.check(text, raw[4:]))
    if not found:
        raise NoKnownSignature("none of the known keys signed this")
    return Note(text, tuple(found.values()))


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text and signature lines (name, key id || signature), nothing checked. Raises BadNote."""
    if len(note) > _MOST_BYTES:
        raise BadNote("too long")
    text, gap, rest = note.rpartition("\n\n")
    if not gap:
        raise BadNote("no empty line before the signatures")
    text += "\n"
    _require_text(text)
    if not rest.endswith("\n"):
        raise BadNote("the last signature line does not end")
    lines = rest[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise BadNote(f"more than {_MOST_SIGNATURES} signatures")
    return text, [_signature_line(line) for line in lines]


def cosigned(text: str, time: int) -> bytes:
    """What a witness signs (C2SP tlog-cosignature, cosignature/v1)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _signature_line(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or not _is_name(parts[1]):
        raise BadNote(f"not a signature line: {line[:60]!r}")
    raw = from_base64(parts[2], BadNote, f"the signature of {parts[1]}")
    if len(raw) < 5:
        raise BadNote(f"the signature of {parts[1]} is empty")
    return parts[1], raw


def _parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    id, _, encoded = rest.partition("+")
    _require_name(name)
    if not _ID.fullmatch(id):
        raise BadKey(f"the key of {name} has no number of eight hexadecimal digits")
    raw = from_base64(encoded, BadKey, f"the key of {name}")
    if raw[:1] not in {bytes([type]) for type in _TYPES} or len(raw) != 33:
        raise BadKey(f"the key of {name} is of a kind that is not known here")
    return name, id, raw


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(letter.isspace() or ord(letter) < 0x20 for letter in name)


def _require_name(name: str) -> None:
    if not _is_name(name):
        raise BadKey("a key's name is not empty and has neither space nor +")


def _require_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise BadNote("the text does not end in a line feed")
    if any(ord(letter) < 0x20 and letter != "\n" for letter in text):
        raise BadNote("the text holds a control character")
    try:
        text.encode()
    except UnicodeEncodeError as trouble:
        raise BadNote("the text is not Unicode") from trouble
