"""Checkpoints (C2SP tlog-checkpoint): what a log says of itself at one size, and whether two of them can both be true."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.credit.log import merkle
from app.credit.log.canonical import from_base64, in_base64
from app.credit.log.errors import AnotherLog, BadCheckpoint, ForkedLog, NoKnownSignature, WrongRoot, WrongSize
from app.credit.log.notes import COSIGNATURE, SIGNATURE, Key, Signature, Signer, open_note, sign_note, split_note

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, its size, and the root over so many leaves."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{in_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that its log signed, with the cosignatures of known witnesses."""

    checkpoint: Checkpoint
    note: str
    cosignatures: tuple[Signature, ...] = ()


def read_number(text: str) -> int:
    """A size or index in decimal, without sign and without leading zeros. Raises BadCheckpoint."""
    if not _NUMBER.fullmatch(text) or int(text) > _MOST:
        raise BadCheckpoint(f"not a number: {text[:30]!r}")
    return int(text)


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's text. Further lines are signed with it and mean nothing here. Raises BadCheckpoint."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise BadCheckpoint("a checkpoint has three lines or more, none of them empty")
    return Checkpoint(lines[0], read_number(lines[1]), from_base64(lines[2], BadCheckpoint, "root", merkle.HASH_LENGTH))


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """The checkpoint as a note. Raises AnotherLog when the key has another name than the log."""
    if signer.name != checkpoint.origin:
        raise AnotherLog(f"{signer.name} does not sign for {checkpoint.origin}")
    return sign_note(checkpoint.text, signer.line(checkpoint.text))


def cosign(note: str, witness: Signer, time: int) -> str:
    """The note with one more cosignature; who cosigns has checked it before. Raises BadNote."""
    text, _ = split_note(note)
    return note + witness.line(text, time)


def open_checkpoint(note: str, log: Key, witnesses: Iterable[Key] = ()) -> Signed:
    """Believe that this log said this, or raise: what `open_note` raises, BadCheckpoint, AnotherLog.

    Whether enough witnesses were there is for a policy to say.
    """
    if log.type != SIGNATURE:
        raise NoKnownSignature("a log signs with a key of type 1")
    opened = open_note(note, [log, *(key for key in witnesses if key.type == COSIGNATURE)])
    if log not in {each.key for each in opened.signatures}:
        raise NoKnownSignature(f"{log.name} did not sign this")
    checkpoint = read_checkpoint(opened.text)
    if checkpoint.origin != log.name:
        raise AnotherLog(f"a checkpoint of {checkpoint.origin[:80]}, not of {log.name}")
    return Signed(checkpoint, note, tuple(each for each in opened.signatures if each.key.type == COSIGNATURE))


def require_growth(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Believe that the new checkpoint continues the old one, or raise.

    Raises AnotherLog; WrongSize when the log shrank; ForkedLog when both cannot be true: two roots of one size, or a proof
    that leads to other roots; WrongProofLength for a proof of another form.
    """
    if old.origin != new.origin:
        raise AnotherLog(f"{old.origin[:80]} and {new.origin[:80]}")
    if new.size < old.size:
        raise WrongSize(f"the log had {old.size} leaves and has {new.size}")
    try:
        merkle.verify_consistency(old.size, old.root, new.size, new.root, proof)
    except WrongRoot as trouble:
        raise ForkedLog(f"{old.origin}: the log of {new.size} leaves does not hold the {old.size} that were seen") from trouble
