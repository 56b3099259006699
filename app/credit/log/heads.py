"""The last event of every subject at one size of the log, as a tree of its own: who holds its root can be shown that a subject's
record is whole, or that a subject was not there.

A head's entry is ``pseudonym LF seq LF leaf hash in base64``; entries are sorted by pseudonym, and the tree is that of `merkle`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.credit.log import merkle
from app.credit.log.canonical import in_base64
from app.credit.log.errors import WrongHead


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """A subject's newest event: its number and its leaf hash."""

    subject: str
    seq: int
    leaf: bytes

    @property
    def entry(self) -> bytes:
        return f"{self.subject}\n{self.seq}\n{in_base64(self.leaf)}".encode()


@dataclass(frozen=True, slots=True)
class Shown:
    """A head with its place among all heads and the proof of it."""

    head: Head
    index: int
    proof: tuple[bytes, ...]

    def require(self, count: int, root: bytes) -> None:
        """Believe that the head stands at its place, or raise what `merkle.verify_inclusion` raises."""
        merkle.verify_inclusion(merkle.leaf_hash(self.head.entry), self.index, count, self.proof, root)


class Heads:
    """All heads at one size of the log."""

    def __init__(self, heads: Iterable[Head]) -> None:
        self._heads = sorted(heads)
        self._tree = merkle.Tree(merkle.leaf_hash(head.entry) for head in self._heads)

    @property
    def count(self) -> int:
        return len(self._heads)

    @property
    def root(self) -> bytes:
        return merkle.root_from(self._tree.read, self.count)

    def show(self, subject: str) -> tuple[Shown, ...]:
        """The subject's head; or, for one that was not there, its neighbours: two, or one at an end, or none of none."""
        index = bisect_left(self._heads, subject, key=lambda head: head.subject)
        if index < self.count and self._heads[index].subject == subject:
            return (self._shown(index),)
        return tuple(self._shown(each) for each in (index - 1, index) if 0 <= each < self.count)

    def _shown(self, index: int) -> Shown:
        return Shown(self._heads[index], index, tuple(merkle.inclusion_from(self._tree.read, index, self.count)))


def require_head(subject: str, seq: int, leaf: bytes, shown: Sequence[Shown], count: int, root: bytes) -> None:
    """Believe that this is the subject's newest event at that size: its record ends there. Raises WrongHead, or as the proof."""
    if len(shown) != 1 or shown[0].head != Head(subject, seq, leaf):
        raise WrongHead(f"{subject} has another newest event than number {seq}")
    shown[0].require(count, root)


def require_absent(subject: str, shown: Sequence[Shown], count: int, root: bytes) -> None:
    """Believe that the subject had no event at that size, or raise: its neighbours must stand side by side, or at an end."""
    for each in shown:
        each.require(count, root)
    before = [each for each in shown if each.head.subject < subject]
    after = [each for each in shown if each.head.subject > subject]
    if len(before) + len(after) != len(shown) or len(before) > 1 or len(after) > 1:
        raise WrongHead(f"these are not the neighbours of {subject}")
    if (before[0].index if before else -1) + 1 != (after[0].index if after else count):
        raise WrongHead(f"there is room for {subject} between these neighbours")
