"""The demo clock: in development and tests ``now`` is the database's time plus this offset (web, jobs and tests agree)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt
from app.kernel.work import Work


class ClockOffset(Base):
    """At most one row; it does not exist in production, and is not read there."""

    __tablename__ = "clock_offset"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    seconds: Mapped[int] = mapped_column(BigInt)

    __table_args__ = (CheckConstraint("id = 1", name="single"),)


def advance(work: Work, by: timedelta) -> None:
    """Move the demo clock forward (development and tests only; production never reads the row)."""
    row = work.session.get(ClockOffset, 1)
    if row is None:
        work.session.add(ClockOffset(id=1, seconds=int(by.total_seconds())))
    else:
        row.seconds += int(by.total_seconds())
    work.session.flush()
