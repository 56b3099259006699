"""Recording facts, and giving them their place in the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select, text, update

from app.credit.catalogue import amount_band, problems
from app.credit.errors import EventRefused
from app.credit.events import CreditFact
from app.credit.log.canonical import in_base64
from app.credit.log.merkle import leaf_hash
from app.credit.models import CreditEvent, CreditFactKey, CreditLog, CreditSubject
from app.credit.rules import event_bytes, tier_word
from app.kernel.db import Instant
from app.kernel.ids import new_code, uuid7
from app.kernel.outbox import OutboxRow, announce
from app.kernel.time import iso_seconds
from app.kernel.work import Work

__all__ = ["amount_band", "cluster_of", "record", "sequence", "subject_of", "tier_word"]

BATCH = 200  # events of one transaction: short enough that nobody waits long for the writer


def record(work: Work, type: str, subject_user_id: int, data: Mapping[str, Any], refs: Iterable[str] = (), *, key: str) -> None:
    """Record what a person did, in the caller's transaction; the log takes it after the commit. Once per ``key``.

    ``data`` must fit the schema of its type (``catalogue.TYPES``): codes, hashes, counts and fixed words, never prices, names or
    numbers of people. ``refs`` are base64 leaf hashes of earlier events that this one answers.
    Raises EventRefused (a ValueError) otherwise: that is a mistake of the calling code.
    """
    plain = {name: value for name, value in data.items() if value is not None}
    wrong = problems(type, plain)
    if wrong:
        raise EventRefused(f"{type}: {'; '.join(wrong)}")
    taken = work.session.execute(
        text("INSERT INTO credit_fact_key (key) VALUES (:key) ON CONFLICT DO NOTHING RETURNING id"), {"key": key}
    ).scalar_one_or_none()
    if taken is None:
        return
    subject = subject_of(work, subject_user_id, "appraiser" if type.startswith("appraisal.") else "seller")
    outbox_id = announce(
        work,
        CreditFact(
            key=key,
            type=type,
            subject=subject.pseudonym,
            actor=_actor_name(work, type, subject),
            ts=iso_seconds(work.now),
            data=plain,
            refs=list(refs),
        ),
    )
    work.session.execute(update(CreditFactKey).where(CreditFactKey.id == taken).values(outbox_id=outbox_id))


def subject_of(work: Work, user_id: int, kind: str = "seller") -> CreditSubject:
    """The person's names in the log, made on first use; two requests at once get the same."""
    wanted = select(CreditSubject).where(CreditSubject.user_id == user_id)
    found = work.session.scalars(wanted).first()
    if found is not None:
        return found
    dialect = work.session.get_bind().dialect
    work.session.execute(
        text(
            "INSERT INTO credit_subject (kind, pseudonym, cluster, user_id, created_at) "
            "VALUES (:kind, :pseudonym, :cluster, :user_id, :created_at) ON CONFLICT DO NOTHING"
        ),
        {
            "kind": kind,
            "pseudonym": f"s_{new_code()}",
            "cluster": f"c_{new_code()}",
            "user_id": user_id,
            "created_at": Instant().process_bind_param(work.now, dialect),
        },
    )
    return work.session.scalars(wanted).one()


def cluster_of(work: Work, user_id: int) -> str:
    """The name of a buyer in somebody else's events (field ``counterparty``)."""
    return subject_of(work, user_id).cluster


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
                idx=log.size,
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
        log.size += 1
        heads[fact.subject] = (seq + 1, leaf)
    session.flush()
    return len(waiting)


def _head(work: Work, subject: str) -> tuple[int, bytes | None]:
    last = work.session.execute(
        select(CreditEvent.seq, CreditEvent.leaf_hash)
        .where(CreditEvent.subject == subject)
        .order_by(CreditEvent.seq.desc())
        .limit(1)
    ).first()
    return (last.seq, bytes(last.leaf_hash)) if last else (0, None)


def _actor_name(work: Work, type: str, subject: CreditSubject) -> str:
    if work.actor.kind == "system":
        return "system"
    if type.startswith("appraisal.") and work.actor.user_id == subject.user_id:
        return f"appraiser:{subject.pseudonym}"
    return "platform"


def reference(event: CreditEvent) -> str:
    """How another event refers to this one."""
    return in_base64(event.leaf_hash)
