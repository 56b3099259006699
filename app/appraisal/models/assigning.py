"""Who was drawn for an order, what they answered, and what two members of staff let pass."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk

ANSWERS = ("accepted", "passed", "timed_out", "withdrawn")  # withdrawn: the order ended before the answer


class Assignment(Base):
    """One appraiser who was asked to take one order: by draw among those with the least work, or by staff."""

    __tablename__ = "appraisal_assignment"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    no: Mapped[int] = mapped_column(BigInt)  # 1, 2, 3 ...
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    by: Mapped[str] = mapped_column(Text)  # draw or staff
    # Everybody of the agency with public code, open orders and what stood against them: enough to replay the choice.
    considered: Mapped[Any] = mapped_column(JsonText)
    assigned_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)  # the appraiser's words when passing it on

    __table_args__ = (
        UniqueConstraint("appraisal_id", "no"),
        one_of("by", ("draw", "staff")),
        CheckConstraint(
            "answer IS NULL OR answer IN (" + ", ".join(f"'{answer}'" for answer in ANSWERS) + ")", name="answer_known"
        ),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_with_time"),
        Index("ix_appraisal_assignment_appraiser", "appraiser_id", "id"),
    )


class Override(Base):
    """A conflict of interest that two different members of staff let pass for one appraiser and one order, with the reason.

    Nobody lets an appraiser appraise what is their own: the order itself refuses that.
    """

    __tablename__ = "appraisal_override"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("appraisal_id", "appraiser_id"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_with_time"),
    )
