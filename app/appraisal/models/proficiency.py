"""Proficiency tests, their frozen results, and how often an appraiser's grades were found again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.goods.models import CATEGORIES
from app.kernel.db import Base, BigInt, Day, Flag, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only, closes_once

AGREEMENT_KINDS = ("blind", "contest", "peer")  # peer: a second person looked before the report was issued


class ProficiencyTest(Base):
    """A sample inspection that an appraiser has begun. Open until it is handed in, or until its time has run out."""

    __tablename__ = "proficiency_test"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    category: Mapped[str] = mapped_column(Text)
    sample: Mapped[str] = mapped_column(Text)  # code of the sample
    scheme_id: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        one_of("category", CATEGORIES),
        CheckConstraint("due_at > begun_at AND (closed_at IS NULL OR closed_at >= begun_at)", name="dates_in_order"),
        Index(
            "uq_proficiency_test_open",
            "user_id",
            "category",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_proficiency_test_user_id", "user_id", "category", "id"),
    )


closes_once(
    "proficiency_test",
    ("id", "code", "user_id", "category", "sample", "scheme_id", "begun_at", "due_at"),
    "closed_at",
    "a test can only be closed, once",
)


class ProficiencyResult(Base):
    """How a test came out, item by item. ``content`` is canonical text that ``sha256`` is the hash of."""

    __tablename__ = "proficiency_result"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    test_id: Mapped[int] = mapped_column(ForeignKey("proficiency_test.id"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    category: Mapped[str] = mapped_column(Text)
    items: Mapped[int] = mapped_column(BigInt)
    agreed: Mapped[int] = mapped_column(BigInt)
    critical_misses: Mapped[int] = mapped_column(BigInt)
    passed: Mapped[bool] = mapped_column(Flag)
    valid_until: Mapped[date | None] = mapped_column(Day)  # the last day on which it lets its holder take new work
    content: Mapped[Any] = mapped_column(JsonText)
    sha256: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("category", CATEGORIES),
        CheckConstraint("items > 0 AND agreed BETWEEN 0 AND items AND critical_misses >= 0", name="counts"),
        CheckConstraint("(valid_until IS NOT NULL) = passed", name="validity_only_when_passed"),
        Index("ix_proficiency_result_user_id", "user_id", "category", "id"),
    )


append_only(ProficiencyResult)


class Agreement(Base):
    """One report compared with a second, independent look. It belongs to the appraiser, wherever they work later."""

    __tablename__ = "appraisal_agreement"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # for which the report was signed
    category: Mapped[str] = mapped_column(Text)
    report_id: Mapped[int] = mapped_column(ForeignKey("appraisal_report.id"))
    second_report_id: Mapped[int | None] = mapped_column(ForeignKey("appraisal_report.id"))
    kind: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)  # code of what brought the comparison about
    # What each came to: {"status", "tier", "place"}, place 0 being the scheme's best tier. None in rows of before they were kept.
    first_verdict: Mapped[Any | None] = mapped_column(JsonText)
    second_verdict: Mapped[Any | None] = mapped_column(JsonText)
    steps: Mapped[int | None] = mapped_column(
        BigInt
    )  # tiers that the report was better than the second look; None: not comparable
    critical_misses: Mapped[int] = mapped_column(BigInt)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("report_id", "source"),
        one_of("category", CATEGORIES),
        one_of("kind", AGREEMENT_KINDS),
        CheckConstraint("steps IS NULL OR steps BETWEEN -20 AND 20", name="steps_believable"),
        CheckConstraint("critical_misses >= 0", name="misses_counted"),
        CheckConstraint("(first_verdict IS NULL) = (second_verdict IS NULL)", name="both_verdicts"),
        CheckConstraint("second_report_id IS NULL OR second_report_id <> report_id", name="two_reports"),
        Index("ix_appraisal_agreement_appraiser_id", "appraiser_id", "id"),
    )


append_only(Agreement)
