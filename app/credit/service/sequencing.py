"""Giving facts their place in the log: one writer at a time, no gap, and the tree grows in the same transaction."""

from __future__ import annotations

from sqlalchemy import func, insert, select, text

from app.credit.events import CreditFact
from app.credit.log.merkle import leaf_hash, node_hash
from app.credit.models import CreditEvent, CreditFactKey, CreditLog, CreditNode
from app.credit.queries import read_range
from app.credit.rules import event_bytes
from app.kernel.ids import uuid7
from app.kernel.outbox import OutboxRow
from app.kernel.work import Work

BATCH = 200  # events of one transaction: short enough that nobody waits long for the writer


def sequence(work: Work) -> int:
    """Give waiting facts their place in the log, in the order of their announcement; returns how many were taken.

    One writer at a time: SQLite's write transaction, on PostgreSQL a lock on the row of ``credit_log``.
    """
    session = work.session
    session.execute(text("INSERT INTO credit_log (id, size) VALUES (1, 0) ON CONFLICT DO NOTHING"))
    log = session.scalars(select(CreditLog).where(CreditLog.id == 1).with_for_update()).one()
    waiting = session.execute(
        select(CreditFactKey.outbox_id, OutboxRow.payload)
        .join(OutboxRow, OutboxRow.id == CreditFactKey.outbox_id)
        .outerjoin(CreditEvent, CreditEvent.outbox_id == CreditFactKey.outbox_id)
        .where(CreditEvent.idx.is_(None))
        .order_by(CreditFactKey.outbox_id)
        .limit(BATCH)
    ).all()
    heads: dict[str, tuple[int, bytes | None]] = {}
    size = log.size
    for outbox_id, payload in waiting:
        fact = CreditFact(**payload)
        seq, prev = heads.get(fact.subject) or _head(work, fact.subject)
        content = event_bytes(
            id=uuid7(int(work.now.timestamp() * 1000)),
            type=fact.type,
            ts=fact.ts,
            subject=fact.subject,
            seq=seq + 1,
            prev=prev,
            actor=fact.actor,
            refs=fact.refs,
            data=fact.data,
        )
        leaf = leaf_hash(content)
        session.add(
            CreditEvent(
                idx=size,
                leaf_hash=leaf,
                canonical=content,
                type=fact.type,
                subject=fact.subject,
                seq=seq + 1,
                ts=fact.ts,
                received_at=work.now,
                outbox_id=outbox_id,
            )
        )
        session.flush()  # one by one: the database itself checks that each is the next
        size += 1
        heads[fact.subject] = (seq + 1, leaf)
    if waiting:
        log.size = size
        session.flush()
        _grow(work, size)
    return len(waiting)


def _grow(work: Work, size: int) -> None:
    """Add every node that is complete at this size and not there yet (of an older log: all of them)."""
    level = 1
    while size >> level:
        last = work.session.scalar(select(func.max(CreditNode.pos)).where(CreditNode.level == level))
        start, end = (0 if last is None else last + 1), size >> level
        if start == end:
            return  # then nothing is missing above either
        below = read_range(work, level - 1, 2 * start, 2 * end)
        rows = [
            {"level": level, "pos": start + each, "hash": node_hash(below[2 * each], below[2 * each + 1])}
            for each in range(end - start)
        ]
        work.session.execute(insert(CreditNode), rows)
        level += 1


def _head(work: Work, subject: str) -> tuple[int, bytes | None]:
    last = work.session.execute(
        select(CreditEvent.seq, CreditEvent.leaf_hash)
        .where(CreditEvent.subject == subject)
        .order_by(CreditEvent.seq.desc())
        .limit(1)
    ).first()
    return (last.seq, bytes(last.leaf_hash)) if last else (0, None)
