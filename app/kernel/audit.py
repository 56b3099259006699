"""Who, when, which verb, which subject, what changed: one append-only row in the same transaction.

A state transition is an audit row with ``from_state`` and ``to_state``; replaying them gives the state. A sequencer
chains the rows after the commit (``audit_chain``), so that no request waits for a chain head.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.canonical import canonical, sha256_hex
from app.kernel.db import Base, BigInt, Instant, JsonText, one_of, pk
from app.kernel.guards import append_only
from app.kernel.work import Work

ACTOR_KINDS = ("user", "visitor", "system", "provider")


class AuditEntry(Base):
    """One thing that somebody did, or was refused. Never changed, never deleted."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = pk()
    at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_code: Mapped[str] = mapped_column(Text)  # public id of the user, or the name of the system part
    verb: Mapped[str] = mapped_column(Text)
    entity: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[int | None] = mapped_column(BigInt)
    from_state: Mapped[str | None] = mapped_column(Text)  # set for transitions only
    to_state: Mapped[str | None] = mapped_column(Text)
    row_version: Mapped[int | None] = mapped_column(BigInt)  # the version after the transition
    detail: Mapped[Any] = mapped_column(JsonText)  # ids and plain values; no personal data, no secrets
    request_id: Mapped[str] = mapped_column(Text)

    __table_args__ = (one_of("actor_kind", ACTOR_KINDS), Index("ix_audit_entry_entity", "entity", "entity_id", "id"))


append_only(AuditEntry)


class AuditChain(Base):
    """The chain over audit rows: hash = SHA-256(previous hash || canonical row)."""

    __tablename__ = "audit_chain"

    idx: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)  # 1, 2, 3 ... without gaps
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), unique=True)
    hash: Mapped[str] = mapped_column(Text)


append_only(AuditChain)


def record(
    work: Work,
    verb: str,
    entity: str,
    entity_id: int | None,
    detail: Mapping[str, Any] | None = None,
    *,
    from_state: str | None = None,
    to_state: str | None = None,
    row_version: int | None = None,
) -> AuditEntry:
    """Append one audit row in the caller's transaction."""
    entry = AuditEntry(
        at=work.now,
        actor_kind=work.actor.kind,
        actor_code=work.actor.code,
        verb=verb,
        entity=entity,
        entity_id=entity_id,
        from_state=from_state,
        to_state=to_state,
        row_version=row_version,
        detail=dict(detail or {}),
        request_id=work.request_id,
    )
    work.session.add(entry)
    return entry


def recorded_version(work: Work, entity: str, entity_id: int) -> int | None:
    """The version that the latest transition gave to the row; None when no transition of it is recorded."""
    of_row = (AuditEntry.entity == entity) & (AuditEntry.entity_id == entity_id)
    return work.session.scalar(select(func.max(AuditEntry.row_version)).where(of_row))


_HEAD = select(AuditChain).order_by(AuditChain.idx.desc()).limit(1)
# Ids are given before the commit, so a row may come after its neighbours; never after so many of them.
LATE = 10_000
_UNCHAINED = (
    select(AuditEntry)
    .outerjoin(AuditChain, AuditChain.entry_id == AuditEntry.id)
    .where(AuditChain.idx.is_(None))
    .order_by(AuditEntry.id)
    .limit(bindparam("limit", type_=BigInt))
)
_LAST_CHAINED = select(func.coalesce(func.max(AuditChain.entry_id), 0)).scalar_subquery()
_LATELY_UNCHAINED = _UNCHAINED.where(AuditEntry.id > _LAST_CHAINED - bindparam("late", type_=BigInt))


def chain(work: Work, limit: int = 1000, *, everything: bool = True) -> int:
    """Chain the audit rows that are not chained yet, in the order of their ids; returns how many.

    Run by one job at a time; the unique keys of ``audit_chain`` refuse a second sequencer. Looking at everything takes longer
    the more is chained (0.2 s for a million rows); without ``everything`` only the newest ``LATE`` ids are looked at.
    """
    if everything:
        rows = work.session.scalars(_UNCHAINED, {"limit": limit}).all()
    else:
        rows = work.session.scalars(_LATELY_UNCHAINED, {"limit": limit, "late": LATE}).all()
    if not rows:
        return 0
    head = work.session.scalars(_HEAD).first()
    idx, previous = (head.idx, head.hash) if head else (0, "")
    for entry in rows:
        idx += 1
        previous = chain_hash(previous, entry)
        work.session.add(AuditChain(idx=idx, entry_id=entry.id, hash=previous))
    work.session.flush()
    return len(rows)


def chain_hash(previous: str, entry: AuditEntry) -> str:
    """SHA-256 over the previous hash (hexadecimal text, empty at the start) and the canonical row."""
    row = {
        "id": entry.id,
        "at": entry.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor": f"{entry.actor_kind}:{entry.actor_code}",
        "verb": entry.verb,
        "entity": entry.entity,
        "entity_id": entry.entity_id,
        "from": entry.from_state,
        "to": entry.to_state,
        "version": entry.row_version,
        "detail": entry.detail,
        "request": entry.request_id,
    }
    return sha256_hex(previous.encode() + canonical(row))


def verify_chain(work: Work) -> list[str]:
    """Recompute the whole chain; returns one sentence per difference (empty: sound)."""
    faults: list[str] = []
    previous, expected_idx = "", 0
    links = select(AuditChain, AuditEntry).join(AuditEntry, AuditEntry.id == AuditChain.entry_id).order_by(AuditChain.idx)
    for link, entry in work.session.execute(links).yield_per(1000):
        expected_idx += 1
        previous = chain_hash(previous, entry)
        if link.idx != expected_idx:
            faults.append(f"audit chain: link {expected_idx} is missing")
            expected_idx = link.idx
        if link.hash != previous:
            faults.append(f"audit chain: row {entry.id} does not give the hash of link {link.idx}")
            previous = link.hash
    return faults
