"""A proof in one file (C2SP tlog-proof): where an entry stands, the way to the root, and the checkpoint that holds the root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.credit.log import merkle
from app.credit.log.canonical import from_base64, in_base64
from app.credit.log.checkpoints import Signed, read_number
from app.credit.log.errors import BadCheckpoint, BadProofFile
from app.credit.log.policies import Policy

HEADER = "c2sp.org/tlog-proof@v1"
_MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class ProofFile:
    """What the file says, nothing checked. ``note`` is the checkpoint with its signatures; ``extra`` is signed by nobody."""

    index: int
    proof: tuple[bytes, ...]
    note: str
    extra: bytes | None = None

    @property
    def text(self) -> str:
        head = [HEADER]
        if self.extra is not None:
            head.append(f"extra {in_base64(self.extra)}")
        head.append(f"index {self.index}")
        return "\n".join([*head, *map(in_base64, self.proof)]) + f"\n\n{self.note}"


def make_proof_file(index: int, proof: Sequence[bytes], note: str) -> str:
    """The file for the entry at ``index`` under this checkpoint."""
    return ProofFile(index, tuple(proof), note).text


def read_proof_file(text: str) -> ProofFile:
    """The parts of a proof file. Raises BadProofFile."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines.pop(0) != HEADER:
        raise BadProofFile(f"the first line is not {HEADER}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0).removeprefix("extra "), BadProofFile, "extra")
    if not lines or not lines[0].startswith("index "):
        raise BadProofFile("no index")
    try:
        index = read_number(lines.pop(0).removeprefix("index "))
    except BadCheckpoint as trouble:
        raise BadProofFile(f"index: {trouble}") from trouble
    if len(lines) > _MOST_HASHES:
        raise BadProofFile(f"more than {_MOST_HASHES} hashes")
    proof = tuple(from_base64(line, BadProofFile, "hash", merkle.HASH_LENGTH) for line in lines)
    return ProofFile(index, proof, note, extra)


def check_entry(content: bytes, file: ProofFile, policy: Policy) -> Signed:
    """Believe that the entry with these exact bytes stands in the log, or raise a LogError; returns the checkpoint."""
    signed = policy.open(file.note)
    checkpoint = signed.checkpoint
    merkle.verify_inclusion(merkle.leaf_hash(content), file.index, checkpoint.size, file.proof, checkpoint.root)
    return signed
