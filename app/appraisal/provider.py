"""The signer that the operator holds for the demo (reports that it signs say so; a production marketplace has none), and the
question whether a second person looks before a report is issued, which a room above answers."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.kernel.work import Work
from config import Settings
from grading.report import generate_key, key_id, private_pem, public_bytes, read_private

DOOR = "signer"
SECOND_LOOK = "second_look"


class SecondLook(Protocol):
    """Who is asked in the moment of the last signature. Wiring opens the door; where none is open, nobody looks twice."""

    def wanted(self, work: Work, appraisal_id: int, draft_id: int) -> bool:
        """Whether this first report waits for a second look. Writes down what it decides."""


class OperatorSigner:
    """Signs with a key in a file of the data directory, made on first use."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._private: Ed25519PrivateKey | None = None

    @property
    def public_key(self) -> bytes:
        """The 32 public bytes."""
        return public_bytes(self._key())

    @property
    def kid(self) -> str:
        """The number of the key."""
        return key_id(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes over the message."""
        return self._key().sign(message)

    def _key(self) -> Ed25519PrivateKey:
        if self._private is None:
            if not self._file.exists():
                _write_once(self._file, private_pem(generate_key()))
            self._private = read_private(self._file.read_bytes())
        return self._private


def from_settings(settings: Settings) -> OperatorSigner | None:
    """The demo's signer; None where people sign with keys of their own only."""
    return OperatorSigner(settings.folder("keys") / "demo-signer.pem") if settings.has_demo_signer else None


def _write_once(path: Path, content: bytes) -> None:
    """Create the file unless another process was first; nobody reads half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
