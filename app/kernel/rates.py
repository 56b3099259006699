"""How often somebody may do something: counted in the database, so that all processes share the count.

Fixed windows: the count of a window begins at its first use and ends with it. Counting runs in a small transaction of its
own, so that a refused write is counted too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, pk
from app.kernel.work import Work


@dataclass(frozen=True)
class Limit:
    """At most ``most`` in ``seconds`` seconds. ``kind`` names what is counted."""

    kind: str
    most: int
    seconds: int


@dataclass(frozen=True)
class Standing:
    """Where somebody stands after one more: how many are left, and when the window ends (seconds from now)."""

    limit: Limit
    used: int
    reset_seconds: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit.most - self.used)

    @property
    def is_over(self) -> bool:
        return self.used > self.limit.most


class RateCount(Base):
    """How often one subject (a person's public id, a network) did one kind of thing in one window."""

    __tablename__ = "rate_count"

    id: Mapped[int] = pk()
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    window_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    used: Mapped[int] = mapped_column(BigInt)

    __table_args__ = (
        UniqueConstraint("kind", "subject", "window_at"),
        CheckConstraint("used > 0", name="used_positive"),
        Index("ix_rate_count_ends_at", "ends_at"),
    )


def count(work: Work, limit: Limit, subject: str) -> Standing:
    """Count one more and say where the subject stands. One statement, so two at once are never both the last one."""
    begun = int(work.now.timestamp()) // limit.seconds * limit.seconds
    window_at = datetime.fromtimestamp(begun, UTC)
    ends_at = window_at + timedelta(seconds=limit.seconds)
    insert = postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"kind": limit.kind, "subject": subject, "window_at": window_at, "ends_at": ends_at, "used": 1}
    added = work.session.execute(
        insert(RateCount)
        .values(row)
        .on_conflict_do_update(index_elements=["kind", "subject", "window_at"], set_={"used": RateCount.used + 1})
        .returning(RateCount.used)
    )
    left = (ends_at - work.now).total_seconds()
    return Standing(limit, added.scalar_one(), max(1, int(left) + (left % 1 > 0)))


def forget_past(work: Work) -> int:
    """Delete windows that are over (job); returns how many."""
    gone = work.session.execute(delete(RateCount).where(RateCount.ends_at <= work.now))
    return int(gone.rowcount)  # type: ignore[attr-defined]
