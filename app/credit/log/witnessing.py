"""What a witness does (C2SP tlog-witness, of one machine): cosign a checkpoint only when it continues the one that it keeps.

State is a folder: ``last.checkpoint`` with the witness's own cosignature, every earlier one under its size, and what raised an
alarm, untouched, so that two checkpoints which cannot both be true are kept together.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.credit.log.canonical import from_base64
from app.credit.log.checkpoints import Checkpoint, cosign, require_growth
from app.credit.log.errors import BadProofFile, LogError, WrongSize
from app.credit.log.merkle import HASH_LENGTH
from app.credit.log.notes import Signer
from app.credit.log.policies import Policy

LAST = "last.checkpoint"
Fetch = Callable[[str], str]
"""The text at an address below the log's; raises OSError when nobody answers, LogError when it is refused."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that was accepted. ``is_first``: nothing was kept before, so its root must be compared by other means."""

    checkpoint: Checkpoint
    is_first: bool
    is_new: bool


def once(folder: Path, trust: Policy, signer: Signer, fetch: Fetch, now: int) -> Seen:
    """Fetch the newest checkpoint, check that it continues the kept one, cosign and keep it; ``now`` in Unix seconds.

    Raises a LogError when it does not: nothing is cosigned, and what was shown is kept beside. OSError when nobody answers.
    """
    note = fetch("checkpoint")
    kept = _kept(folder)
    try:
        new = trust.open(note).checkpoint
        if kept is None:
            _keep(folder, cosign(note, signer, now), new.size)
            return Seen(new, is_first=True, is_new=True)
        old = trust.open(kept).checkpoint
        if new.size < old.size:
            raise WrongSize(f"the log had {old.size} events and shows {new.size}")
        require_growth(old, new, _proof(fetch, old.size, new.size))
    except LogError:
        _write(folder / f"alarm-{now}.checkpoint", note)
        raise
    if new.size > old.size:
        _keep(folder, cosign(note, signer, now), new.size)
    return Seen(new, is_first=False, is_new=new.size > old.size)


def _proof(fetch: Fetch, old: int, new: int) -> list[bytes]:
    if old == new:
        return []
    lines = fetch(f"consistency?old={old}&new={new}").split()
    return [from_base64(line, BadProofFile, "hash", HASH_LENGTH) for line in lines]


def _kept(folder: Path) -> str | None:
    file = folder / LAST
    return file.read_text() if file.exists() else None


def _keep(folder: Path, note: str, size: int) -> None:
    _write(folder / f"{size}.checkpoint", note)
    _write(folder / LAST, note)


def _write(path: Path, content: str) -> None:
    """Whole or not at all, and on the disk before we go on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)
