"""Sending the same write twice has one effect: the key of a write is kept with its answer, in the effect's own transaction.

A key belongs to one person. The unique constraint decides between two requests at the same moment; the second one waits
for the first and then gets the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, pk
from app.kernel.errors import Conflict, Unavailable
from app.kernel.text import N_
from app.kernel.work import Work, is_unreachable

LIFE = timedelta(hours=24)
ABANDONED = timedelta(seconds=60)  # a write in several transactions that has no answer after this time was cut off


class KeyOfAnotherRequest(Conflict):
    """The same key came with another method, address or body."""

    status = 422
    code = "idempotency_key_reused"
    message = N_("This idempotency key was used for another request before. Please make a new key for every new request.")


class StillAtWork(Unavailable):
    """The first request with this key has not been answered yet."""

    status = 409
    code = "request_in_progress"
    message = N_("The first request with this idempotency key is still at work. Please send the same again in a moment.")
    retry_after_seconds = 1


class IdempotencyKey(Base):
    """One write that a program sent. ``status`` is empty while a write in several transactions is at work."""

    __tablename__ = "idempotency_key"

    id: Mapped[int] = pk()
    owner: Mapped[str] = mapped_column(Text)  # public id of the person
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(Text)  # SHA-256 over method, address, conditions and body
    status: Mapped[int | None] = mapped_column(BigInt)
    headers: Mapped[str] = mapped_column(Text, default="")  # "Name: value" lines that belong to the answer
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    started_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("owner", "key"),
        CheckConstraint("length(key) BETWEEN 1 AND 100", name="key_length"),
        CheckConstraint("length(fingerprint) = 64", name="fingerprint_length"),
        CheckConstraint("(status IS NULL) = (body IS NULL)", name="answer_is_whole"),
        Index("ix_idempotency_key_expires_at", "expires_at"),
    )


@dataclass(frozen=True)
class Kept:
    """The answer that the first request got."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def claim(work: Work, owner: str, key: str, fingerprint: str) -> Kept | None:
    """Take the key for the write that is about to happen in this transaction; the kept answer when it happened already.

    Raises KeyOfAnotherRequest, and StillAtWork when the first request is not done (it waits for it as long as the database
    lets it).
    """
    same = (IdempotencyKey.owner == owner, IdempotencyKey.key == key)
    try:
        work.session.execute(delete(IdempotencyKey).where(*same, IdempotencyKey.expires_at <= work.now))
        insert = postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert
        row = {
            "owner": owner, "key": key, "fingerprint": fingerprint, "headers": "", "started_at": work.now,
            "expires_at": work.now + LIFE,
        }  # fmt: skip
        added = work.session.execute(
            insert(IdempotencyKey)
            .values(row)
            .on_conflict_do_nothing(index_elements=["owner", "key"])
            .returning(IdempotencyKey.id)
        )
        if added.scalar_one_or_none() is not None:
            return None
    except DBAPIError as trouble:
        if is_unreachable(trouble):
            raise StillAtWork() from trouble
        raise
    found = work.session.scalars(select(IdempotencyKey).where(*same)).one()
    if found.fingerprint != fingerprint:
        raise KeyOfAnotherRequest()
    if found.status is not None and found.body is not None:
        return Kept(found.status, _read(found.headers), found.body)
    # Whoever moves "started_at" takes an abandoned write over; two who try at once cannot both.
    taken = work.session.execute(
        update(IdempotencyKey)
        .where(*same, IdempotencyKey.status.is_(None), IdempotencyKey.started_at <= work.now - ABANDONED)
        .values(started_at=work.now)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise StillAtWork()
    return None


def keep(work: Work, owner: str, key: str, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Keep the answer of the write, in the transaction of its effect (or of its last part)."""
    work.session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.owner == owner, IdempotencyKey.key == key)
        .values(status=status, headers="\n".join(f"{name}: {value}" for name, value in headers), body=body)
        .execution_options(synchronize_session=False)
    )


def let_go(work: Work, owner: str, key: str) -> None:
    """A write in several transactions was refused: the key is free again, like after a refusal in one transaction."""
    work.session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.owner == owner, IdempotencyKey.key == key, IdempotencyKey.status.is_(None))
    )


def forget_expired(work: Work) -> int:
    """Delete keys older than 24 hours (job); returns how many."""
    gone = work.session.execute(delete(IdempotencyKey).where(IdempotencyKey.expires_at <= work.now))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _read(lines: str) -> tuple[tuple[str, str], ...]:
    pairs = [line.partition(": ") for line in lines.splitlines()]
    return tuple((name, value) for name, _, value in pairs)
