"""The tree of RFC 6962 section 2.1: roots, proofs that a leaf is in it, proofs that a larger tree continues a smaller one.

A leaf hash is SHA-256(0x00 || data), a node SHA-256(0x01 || left || right); a tree of n leaves splits at the largest power of two
below n; the root of no leaves is SHA-256 of nothing. A node stands at (level, position): level 0 are the leaf hashes, a node of
level k covers 2^k leaves and exists once they are all there. It never changes, so that a log can keep its nodes and give any
proof from about 2 log2(n) of them.

What a proof does not say: an inclusion proof fits other sizes too where the path has the same form (leaf 0 of 3 and of 4 leaves).
The size is believed because the checkpoint that holds it is signed, never because a proof came with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from app.credit.log.errors import WrongHashLength, WrongProofLength, WrongRoot, WrongSize

HASH_LENGTH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Place = tuple[int, int]
"""(level, position) of a node."""
Read = Callable[[Place], bytes]
"""Gives the hash at a place."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry, 32 bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree in memory that grows by leaf hashes and keeps every complete node."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for each in leaf_hashes:
            self.append(each)

    @property
    def size(self) -> int:
        return len(self._levels[0])

    def append(self, leaf_hash: bytes) -> None:
        """Add the hash of the next leaf. Raises WrongHashLength."""
        _require_hash(leaf_hash, "leaf hash")
        self._levels[0].append(leaf_hash)
        level = 0
        while len(self._levels[level]) % 2 == 0:
            if level + 1 == len(self._levels):
                self._levels.append([])
            self._levels[level + 1].append(node_hash(*self._levels[level][-2:]))
            level += 1

    def read(self, place: Place) -> bytes:
        """The hash at a place that is complete."""
        level, position = place
        return self._levels[level][position]


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    tree = Tree(leaf_hashes)
    return root_from(tree.read, tree.size)


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that the leaf at ``index`` (from 0) is in the tree of all these, from its neighbour up. Raises WrongSize."""
    return inclusion_from(Tree(leaf_hashes).read, index, len(leaf_hashes))


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """The proof that the tree of all these continues the tree of the first ``old_size``. Raises WrongSize, also for 0."""
    return consistency_from(Tree(leaf_hashes).read, old_size, len(leaf_hashes))


def root_from(read: Read, size: int) -> bytes:
    """The root of the first ``size`` leaves, from their nodes."""
    return _hash_of(read, 0, size) if size else EMPTY_ROOT


def inclusion_from(read: Read, index: int, size: int) -> list[bytes]:
    """As `inclusion_proof`, from nodes that are kept."""
    return [_hash_of(read, start, end) for start, end in _beside(index, size)]


def consistency_from(read: Read, old_size: int, new_size: int) -> list[bytes]:
    """As `consistency_proof`, from nodes that are kept."""
    return [_hash_of(read, start, end) for start, end in _steps(old_size, new_size)]


def places_of_root(size: int) -> list[Place]:
    """The nodes that `root_from` reads."""
    return _places(0, size)


def places_of_inclusion(index: int, size: int) -> list[Place]:
    """The nodes that `inclusion_from` reads. Raises WrongSize."""
    return [place for start, end in _beside(index, size) for place in _places(start, end)]


def places_of_consistency(old_size: int, new_size: int) -> list[Place]:
    """The nodes that `consistency_from` reads. Raises WrongSize."""
    return [place for start, end in _steps(old_size, new_size) for place in _places(start, end)]


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Believe that this leaf stands at ``index`` of the tree with this size and root, or raise.

    RFC 9162 section 2.1.3.2. Raises WrongSize, WrongHashLength, WrongProofLength (missing or surplus hashes), WrongRoot.
    """
    _require_sizes(index, size)
    if not 0 <= index < size:
        raise WrongSize(f"index {index} of a tree of {size}")
    _require_hashes(proof, leaf_hash, root)
    at, last, reached = index, size - 1, leaf_hash
    for each in proof:
        if last == 0:
            raise WrongProofLength(f"{len(proof)} hashes are too many for index {index} of {size}")
        if at & 1 or at == last:
            reached = node_hash(each, reached)
            at, last = _past_left_edge(at, last)
        else:
            reached = node_hash(reached, each)
        at, last = at >> 1, last >> 1
    if last:
        raise WrongProofLength(f"{len(proof)} hashes are too few for index {index} of {size}")
    if reached != root:
        raise WrongRoot(f"index {index} of {size} leads to another root")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Believe that the new tree holds the old one unchanged at its beginning, or raise.

    RFC 9162 section 2.1.4.2. An old size of 0 is refused: everything continues nothing, so that it would prove nothing; the first
    checkpoint is compared by other means. Raises WrongSize, WrongHashLength, WrongProofLength, WrongRoot.
    """
    _require_sizes(old_size, new_size)
    if not 0 < old_size <= new_size:
        raise WrongSize(f"from {old_size} to {new_size}")
    _require_hashes(proof)
    if old_size == new_size:  # nothing is hashed: the roots are compared as they are
        if proof:
            raise WrongProofLength("equal sizes need no hashes")
        if old_root != new_root:
            raise WrongRoot(f"two roots of {old_size} leaves")
        return
    if not proof:
        raise WrongProofLength(f"no hashes from {old_size} to {new_size}")
    _require_hashes((old_root, new_root))
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_reached = new_reached = path[0]
    for each in path[1:]:
        if last == 0:
            raise WrongProofLength(f"{len(proof)} hashes are too many from {old_size} to {new_size}")
        if at & 1 or at == last:
            old_reached, new_reached = node_hash(each, old_reached), node_hash(each, new_reached)
            at, last = _past_left_edge(at, last)
        else:
            new_reached = node_hash(new_reached, each)
        at, last = at >> 1, last >> 1
    if last:
        raise WrongProofLength(f"{len(proof)} hashes are too few from {old_size} to {new_size}")
    if (old_reached, new_reached) != (old_root, new_root):
        raise WrongRoot(f"from {old_size} to {new_size} the proof leads to other roots")


def _past_left_edge(at: int, last: int) -> tuple[int, int]:
    """Up to the level where this node is a right child (or the root): it has no neighbour on the levels between."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _split(count: int) -> int:
    """The largest power of two below ``count`` (at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _beside(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges of leaves beside the path from a leaf to the root, from the leaf up."""
    if not 0 <= index < size:
        raise WrongSize(f"index {index} of a tree of {size}")
    start, end, ranges = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def _steps(old_size: int, new_size: int) -> list[tuple[int, int]]:
    """The ranges of leaves whose hashes make up a consistency proof, in its order."""
    if not 0 < old_size <= new_size:
        raise WrongSize(f"from {old_size} to {new_size}")
    start, end, ranges = 0, new_size, []
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # else the old tree is a whole node whose root the reader has
        ranges.append((start, end))
    return ranges[::-1]


def _places(start: int, end: int) -> list[Place]:
    """The complete nodes that make up a range of leaves, from the left. ``start`` is a multiple of the first one's width."""
    places = []
    while start < end:
        level = (end - start).bit_length() - 1
        places.append((level, start >> level))
        start += 1 << level
    return places


def _hash_of(read: Read, start: int, end: int) -> bytes:
    *others, last = _places(start, end)
    reached = read(last)
    for place in reversed(others):
        reached = node_hash(read(place), reached)
    return reached


def _require_sizes(*sizes: int) -> None:
    if any(type(each) is not int for each in sizes):
        raise WrongSize("sizes are whole numbers")


def _require_hashes(proof: Sequence[bytes], *others: bytes) -> None:
    for each in (*others, *proof):
        _require_hash(each, "a hash")


def _require_hash(value: bytes, what: str) -> None:
    if not isinstance(value, bytes) or len(value) != HASH_LENGTH:
        raise WrongHashLength(f"{what} is not {HASH_LENGTH} bytes")
