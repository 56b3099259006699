"""The key of the log. Only the worker (or a machine of its own) opens its file; the web server neither has nor needs it.

Beside the key lies the last checkpoint that it signed. A new one is signed only when it continues that one, whatever the database
says by then: somebody who rewrites the database does not get the rewritten log signed.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from app.credit.log.checkpoints import Checkpoint, open_checkpoint, require_growth, sign_checkpoint
from app.credit.log.errors import BadKey
from app.credit.log.notes import Signer, new_signer, read_signer
from config import Settings

FILE = "credit-log.key"


class LogSigner:
    """Signs checkpoints with the key in a file, and never two that cannot both be true."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._memory = file.with_name(f"{file.name}.last")

    @property
    def vkey(self) -> str:
        """The public key. Raises BadKey."""
        return self._signer().key.text

    def last(self) -> Checkpoint | None:
        """What this key signed last; None before its first. Raises a LogError when the file was changed."""
        note = self._last_note()
        return None if note is None else open_checkpoint(note, self._signer().key).checkpoint

    def sign(self, size: int, root: bytes, proof: Sequence[bytes]) -> str:
        """The signed checkpoint of this size; ``proof`` shows that it continues the last one.

        Raises ForkedLog, WrongSize or WrongProofLength when it does not: then nothing is signed.
        """
        signer = self._signer()
        new = Checkpoint(signer.name, size, root)
        with self._alone():
            last = self.last()
            if last is not None:
                require_growth(last, new, proof)
                if last.size == size:
                    return self._last_note() or ""
            note = sign_checkpoint(new, signer)
            _replace(self._memory, note)
        return note

    def _signer(self) -> Signer:
        return read_signer(self._file.read_text().strip())

    def _last_note(self) -> str | None:
        return self._memory.read_text() if self._memory.exists() else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time on this machine; a log's key lies on one machine."""
        with self._file.with_name(f"{self._file.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def key_file(settings: Settings) -> Path:
    """Where the log's private key is looked for."""
    return Path(settings.log_key_file) if settings.log_key_file else settings.folder("keys") / FILE


def make_key(file: Path, origin: str) -> LogSigner:
    """A new key in a file that only its owner reads. Raises BadKey when the file is there already."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as there:
        raise BadKey(f"{file} is there already") from there
    with os.fdopen(descriptor, "w") as out:
        out.write(new_signer(origin).secret + "\n")
    return LogSigner(file)


def origin_of(settings: Settings) -> str:
    """The name of this marketplace's log: its host and ``/credit-log``."""
    return f"{urlsplit(settings.base_url).netloc}/credit-log"


def from_settings(settings: Settings) -> LogSigner | None:
    """The worker's signer; None where the key lies elsewhere. Outside production a missing key is made."""
    file = key_file(settings)
    if not file.exists():
        if settings.is_production or settings.log_key_file:
            return None
        return make_key(file, origin_of(settings))
    return LogSigner(file)


def _replace(path: Path, content: str) -> None:
    """Write the file whole or not at all, and only then go on."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with draft.open("w") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)
