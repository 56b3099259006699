"""Deadlines are rows. One fires only when the thing still stands where it stood when the deadline was set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Index, Text, bindparam, delete, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.audit import record, recorded_version
from app.kernel.db import Base, BigInt, Instant, pk
from app.kernel.work import Work

MAX_ATTEMPTS = 8

DeadlineHandler = Callable[[Work, int], None]


class Deadline(Base):
    """At ``due_at`` the handler of (entity, kind) runs once for ``entity_id``."""

    __tablename__ = "deadline"

    id: Mapped[int] = pk()
    entity: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[int] = mapped_column(BigInt)
    kind: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(Instant)
    row_version: Mapped[int | None] = mapped_column(BigInt)  # None: fires whatever the row's version is
    fired_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(BigInt, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index(
            "uq_deadline_waiting",
            "entity",
            "entity_id",
            "kind",
            unique=True,
            sqlite_where=text("fired_at IS NULL"),
            postgresql_where=text("fired_at IS NULL"),
        ),
        Index(
            "ix_deadline_due",
            "due_at",
            sqlite_where=text("fired_at IS NULL"),
            postgresql_where=text("fired_at IS NULL"),
        ),
    )


_DUE = (
    select(Deadline)
    .where(Deadline.fired_at.is_(None), Deadline.due_at <= bindparam("now", type_=Instant), Deadline.attempts < MAX_ATTEMPTS)
    .order_by(Deadline.due_at, Deadline.id)
    .limit(bindparam("limit", type_=BigInt))
)


def set_deadline(work: Work, entity: str, entity_id: int, kind: str, due_at: datetime, row_version: int | None = None) -> None:
    """Set or move the deadline of this kind; one per thing and kind waits at a time."""
    clear_deadlines(work, entity, entity_id, kind)
    work.session.add(Deadline(entity=entity, entity_id=entity_id, kind=kind, due_at=due_at, row_version=row_version, attempts=0))
    work.session.flush()


def clear_deadlines(work: Work, entity: str, entity_id: int, *kinds: str) -> None:
    """Remove waiting deadlines of a thing: the kinds named, or all of them."""
    waiting = delete(Deadline).where(Deadline.entity == entity, Deadline.entity_id == entity_id, Deadline.fired_at.is_(None))
    work.session.execute(waiting.where(Deadline.kind.in_(kinds)) if kinds else waiting)


def drop_deadlines(work: Work, entity: str, entity_id: int, *kinds: str) -> None:
    """Remove waiting deadlines of a thing that is locked and has ended, or is past them: the kinds named, or all of them.

    One that fires at this moment is left to its job: that waits for the thing and finds that it is over, while who waited for
    the job here would stand in its way (a deadlock).
    """
    waiting = select(Deadline.id).where(Deadline.entity == entity, Deadline.entity_id == entity_id, Deadline.fired_at.is_(None))
    if kinds:
        waiting = waiting.where(Deadline.kind.in_(kinds))
    free = list(work.session.scalars(waiting.order_by(Deadline.id).with_for_update(skip_locked=True)))
    work.session.execute(delete(Deadline).where(Deadline.id.in_(free)))


def due(work: Work, limit: int = 200) -> list[Deadline]:
    """Deadlines that have come, oldest first. Those that failed wait longer after each attempt (run by the sweep)."""
    return list(work.session.scalars(_DUE, {"now": work.now, "limit": limit}))


def gave_up(work: Work, limit: int = 100) -> list[Deadline]:
    """Deadlines whose handler failed too often, newest first: for the staff page."""
    late = select(Deadline).where(Deadline.fired_at.is_(None), Deadline.attempts >= MAX_ATTEMPTS)
    return list(work.session.scalars(late.order_by(Deadline.id.desc()).limit(limit)))


def try_again(work: Work, deadline_id: int) -> None:
    """Let a deadline that gave up fire at the next sweep (a member of staff decided so)."""
    revived = work.session.execute(
        update(Deadline)
        .where(Deadline.id == deadline_id, Deadline.fired_at.is_(None), Deadline.attempts >= MAX_ATTEMPTS)
        .values(attempts=0, due_at=work.now)
    )
    if revived.rowcount == 1:  # type: ignore[attr-defined]
        record(work, "deadline.try_again", "deadline", deadline_id)


def take(work: Work, deadline_id: int) -> Deadline | None:
    """Claim a due deadline inside the transaction that acts on it.

    None when somebody else has it, when it was moved, or when the thing has made a step since the deadline was set: then
    the deadline is put away with the note "moved on".
    """
    taken = work.session.execute(
        update(Deadline)
        .where(Deadline.id == deadline_id, Deadline.fired_at.is_(None), Deadline.due_at <= work.now)
        .values(fired_at=work.now)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    deadline = work.session.get_one(Deadline, deadline_id)
    present = recorded_version(work, deadline.entity, deadline.entity_id)
    if deadline.row_version is not None and present is not None and present != deadline.row_version:
        deadline.last_error = "moved on"
        return None
    return deadline
