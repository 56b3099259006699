"""Signed reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only

STATUSES = ("graded", "ungradable", "unsafe", "recycle_only", "prohibited", "accident", "not_tradable")  # of all schemes


class Report(Base):
    """A signed report: canonical content and its hash. A correction would be a new row with the next ``no``."""

    __tablename__ = "appraisal_report"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    no: Mapped[int] = mapped_column(BigInt)
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    scheme_id: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    tier: Mapped[str | None] = mapped_column(Text)
    score: Mapped[str | None] = mapped_column(Text)  # decimal text with one digit; None where the scheme allows no score
    content: Mapped[Any] = mapped_column(JsonText)  # RFC 8785 text of the whole report
    sha256: Mapped[str] = mapped_column(Text)  # of that text
    signed_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("status", STATUSES),
        CheckConstraint("(status IN ('graded', 'accident')) = (tier IS NOT NULL)", name="tier_only_when_graded"),
        UniqueConstraint("appraisal_id", "no"),
        Index("ix_appraisal_report_thing_id", "thing_id", "id"),
    )


append_only(Report)
