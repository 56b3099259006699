"""What an appraiser can: certificates, courses, and the decisions about them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.goods.models import CATEGORIES
from app.kernel.db import Base, BigInt, Day, Instant, code_column, one_of, pk
from app.kernel.guards import append_only

LEVELS = ("appraiser", "senior")
DECISIONS = ("confirmed", "refused", "withdrawn", "struck")


class Certificate(Base):
    """A certificate as it was handed in. It counts once it is confirmed (see Decision)."""

    __tablename__ = "appraiser_certificate"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    category: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)  # the last day
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the system
    recorded_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("user_id", "number", "category"),
        one_of("category", CATEGORIES),
        one_of("level", LEVELS),
        CheckConstraint("valid_from <= valid_until", name="dates_in_order"),
        CheckConstraint("length(number) >= 3 AND length(issuer) >= 2", name="named"),
    )


append_only(Certificate)


class Course(Base):
    """Continuing education. Its hours count in the calendar year of ``taken_on``; one that is wrong is struck by a decision."""

    __tablename__ = "appraiser_course"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    title: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    hours: Mapped[int] = mapped_column(BigInt)
    taken_on: Mapped[date] = mapped_column(Day)
    evidence: Mapped[str] = mapped_column(Text)  # number of the attendance certificate
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the system
    recorded_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("user_id", "provider", "evidence"),
        CheckConstraint("hours BETWEEN 1 AND 200", name="hours_believable"),
        CheckConstraint("length(title) >= 2 AND length(provider) >= 2 AND length(evidence) >= 3", name="named"),
    )


append_only(Course)


class Decision(Base):
    """What the operator found about one certificate, course or calibration. The newest row about it counts."""

    __tablename__ = "register_decision"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("appraiser_certificate.id"))
    course_id: Mapped[int | None] = mapped_column(ForeignKey("appraiser_course.id"))
    calibration_id: Mapped[int | None] = mapped_column(ForeignKey("instrument_calibration.id"))
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)  # read by everybody; empty only for a confirmation
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the system
    decided_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("decision", DECISIONS),
        CheckConstraint(
            "(certificate_id IS NOT NULL AND course_id IS NULL AND calibration_id IS NULL AND decision <> 'struck') "
            "OR (certificate_id IS NULL AND (course_id IS NULL) <> (calibration_id IS NULL) AND decision = 'struck')",
            name="about_one",
        ),
        CheckConstraint("decision = 'confirmed' OR length(reason) >= 5", name="reason_given"),
        Index("ix_register_decision_certificate_id", "certificate_id"),
        Index("ix_register_decision_course_id", "course_id"),
        Index("ix_register_decision_calibration_id", "calibration_id"),
    )


append_only(Decision)
