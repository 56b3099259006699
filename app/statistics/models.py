"""Closed periods: what was published, for good."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Day, Instant, one_of, pk
from app.kernel.guards import append_only, refuse

KINDS = ("month", "quarter", "year")


class ClosedPeriod(Base):
    """The tables of one period, as canonical JSON. ``log_size``, ``log_root``: how far the log was when it was closed."""

    __tablename__ = "statistics_period"

    id: Mapped[int] = pk()
    name: Mapped[str] = mapped_column(Text, unique=True)  # 2026-03, 2026-Q1, 2026
    kind: Mapped[str] = mapped_column(Text)
    first_on: Mapped[date] = mapped_column(Day)
    last_on: Mapped[date] = mapped_column(Day)
    ends_at: Mapped[datetime] = mapped_column(Instant)  # the first instant after it
    method: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)  # the exact text that is hashed and handed out
    sha256: Mapped[str] = mapped_column(Text)
    log_size: Mapped[int] = mapped_column(BigInt)
    log_root: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("kind", KINDS),
        CheckConstraint("length(name) IN (4, 7)", name="name_length"),
        CheckConstraint("first_on < last_on", name="first_before_last"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("length(log_root) = 64", name="log_root_length"),
        CheckConstraint("log_size >= 0", name="log_size_not_negative"),
        CheckConstraint("closed_at >= ends_at", name="closed_when_over"),
    )


append_only(ClosedPeriod)
# What is hidden in a longer period is chosen with its parts in view: a part that came later could give it away.
refuse(
    "tr_statistics_period_in_order",
    "statistics_period",
    "INSERT",
    "EXISTS (SELECT 1 FROM statistics_period p WHERE p.first_on <= NEW.first_on AND p.last_on >= NEW.last_on "
    "AND p.name <> NEW.name)",
    "statistics_period: a part is closed before the whole",
)
