"""Reading the log as a tree: roots, proofs, heads and checkpoints, each from a number of rows that grows with the logarithm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select

from app.credit.errors import CreditEventNotFound, NoCheckpointYet
from app.credit.log import merkle
from app.credit.log.heads import Head, Heads
from app.credit.log.merkle import Place, Read
from app.credit.models import CreditCheckpoint, CreditEvent, CreditFactKey, CreditLog, CreditLogKey, CreditNode
from app.kernel.time import shanghai_day
from app.kernel.work import Work

SIGN_AFTER = 256  # events without a checkpoint


@dataclass(frozen=True)
class Growth:
    """The log now, and the proof that it continues what it was."""

    size: int
    root: bytes
    proof: tuple[bytes, ...]


def log_size(work: Work) -> int:
    """How many events have their place."""
    return work.session.scalars(select(CreditLog.size)).first() or 0


def root_at(work: Work, size: int) -> bytes:
    """The root over the first ``size`` events."""
    return merkle.root_from(reader(work, merkle.places_of_root(size)), size)


def inclusion(work: Work, idx: int, size: int) -> list[bytes]:
    """The proof that event ``idx`` is among the first ``size``. Raises CreditEventNotFound."""
    if not 0 <= idx < size:
        raise CreditEventNotFound()
    return merkle.inclusion_from(reader(work, merkle.places_of_inclusion(idx, size)), idx, size)


def consistency(work: Work, old_size: int, new_size: int) -> list[bytes]:
    """The proof that the log of ``new_size`` continues the one of ``old_size``. Raises WrongSize where nothing can be proved."""
    places = merkle.places_of_consistency(old_size, new_size)
    return merkle.consistency_from(reader(work, places), old_size, new_size)


def growth(work: Work, old_size: int) -> Growth:
    """The log now, with the proof from ``old_size`` on; no proof from 0, or from a size that the log does not reach."""
    size = log_size(work)
    proof = consistency(work, old_size, size) if 0 < old_size <= size else []
    return Growth(size, root_at(work, size), tuple(proof))


def hashes(work: Work, level: int, start: int, end: int) -> list[bytes]:
    """The hashes of nodes ``start`` to ``end`` (not included) of a level; fewer where the log has fewer."""
    if level == 0:
        rows = select(CreditEvent.leaf_hash).where(CreditEvent.idx >= start, CreditEvent.idx < end).order_by(CreditEvent.idx)
    else:
        wanted = (CreditNode.level == level) & (CreditNode.pos >= start) & (CreditNode.pos < end)
        rows = select(CreditNode.hash).where(wanted).order_by(CreditNode.pos)
    return [bytes(each) for each in work.session.scalars(rows)]


def read_range(work: Work, level: int, start: int, end: int) -> list[bytes]:
    """As ``hashes``, and all of them must be there."""
    found = hashes(work, level, start, end)
    if len(found) != end - start:
        raise LookupError(f"the log has {len(found)} of its nodes {start} to {end} on level {level}")
    return found


def entries(work: Work, start: int, end: int) -> list[bytes]:
    """The exact bytes of events ``start`` to ``end`` (not included)."""
    wanted = (CreditEvent.idx >= start) & (CreditEvent.idx < end)
    return [bytes(each) for each in work.session.scalars(select(CreditEvent.canonical).where(wanted).order_by(CreditEvent.idx))]


def heads_at(work: Work, size: int) -> Heads:
    """The newest event of every subject among the first ``size``."""
    newest = select(func.max(CreditEvent.idx)).where(CreditEvent.idx < size).group_by(CreditEvent.subject)
    rows = select(CreditEvent.subject, CreditEvent.seq, CreditEvent.leaf_hash).where(CreditEvent.idx.in_(newest))
    return Heads(Head(subject, seq, bytes(leaf)) for subject, seq, leaf in work.session.execute(rows))


def heads_due(work: Work) -> bool:
    """Whether today (Shanghai) has no event ``log.heads`` yet. An empty log has no heads."""
    key = f"log.heads:{shanghai_day(work.now).isoformat()}"
    noted = work.session.scalar(select(CreditFactKey.id).where(CreditFactKey.key == key))
    return noted is None and log_size(work) > 0


def latest_checkpoint(work: Work) -> CreditCheckpoint | None:
    """The newest signed checkpoint; None before the first."""
    return work.session.scalars(select(CreditCheckpoint).order_by(CreditCheckpoint.size.desc()).limit(1)).first()


def require_checkpoint(work: Work) -> CreditCheckpoint:
    """The newest signed checkpoint. Raises NoCheckpointYet."""
    latest = latest_checkpoint(work)
    if latest is None:
        raise NoCheckpointYet()
    return latest


def checkpoint_due(work: Work, minutes: int) -> bool:
    """Whether events wait for a checkpoint that is due: 256 of them, or any after so many minutes or on another day."""
    latest, size = latest_checkpoint(work), log_size(work)
    if latest is None:
        return size > 0
    if size == latest.size:
        return False
    waited = work.now - latest.created_at >= timedelta(minutes=minutes)
    return size - latest.size >= SIGN_AFTER or waited or shanghai_day(latest.created_at) != shanghai_day(work.now)


def log_key(work: Work) -> CreditLogKey | None:
    """The key with which the log signs now; None before its first checkpoint."""
    return work.session.scalars(select(CreditLogKey).order_by(CreditLogKey.id.desc()).limit(1)).first()


def reader(work: Work, places: Iterable[Place]) -> Read:
    """Reads the nodes at these places, with two queries however many they are."""
    wanted = list(places)
    leaves = [pos for level, pos in wanted if level == 0]
    nodes = [place for place in wanted if place[0] > 0]
    found: dict[Place, bytes] = {}
    if leaves:
        rows = select(CreditEvent.idx, CreditEvent.leaf_hash).where(CreditEvent.idx.in_(leaves))
        found |= {(0, idx): bytes(leaf) for idx, leaf in work.session.execute(rows)}
    if nodes:
        # One condition per place: SQLite looks each up by the key, but reads the whole table for a list of pairs.
        places = or_(*((CreditNode.level == level) & (CreditNode.pos == pos) for level, pos in nodes))
        kept = select(CreditNode.level, CreditNode.pos, CreditNode.hash).where(places)
        found |= {(level, pos): bytes(hash) for level, pos, hash in work.session.execute(kept)}
    return found.__getitem__
