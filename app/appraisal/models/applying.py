"""An agency's application for a licence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.appraisal.states import APPLICATION_FLOW
from app.goods.models import CATEGORIES
from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine


class Application(Machine, Base):
    """The manager asks for a licence in one category. What the agency said stays as it was sent."""

    __tablename__ = "agency_application"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    category: Mapped[str] = mapped_column(Text)
    applied_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    applied_at: Mapped[datetime] = mapped_column(Instant)
    address: Mapped[str] = mapped_column(Text)
    area_m2: Mapped[int] = mapped_column(BigInt)
    documents: Mapped[Any] = mapped_column(JsonText)  # code of a document of the register's data -> its number
    note: Mapped[str] = mapped_column(Text)
    found: Mapped[Any] = mapped_column(JsonText)  # what the register counted when it was sent: equipment and people
    decision_reason: Mapped[str | None] = mapped_column(Text)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        one_of("state", APPLICATION_FLOW.states),
        one_of("category", CATEGORIES),
        CheckConstraint("area_m2 BETWEEN 1 AND 1000000", name="area_believable"),
        CheckConstraint("state <> 'refused' OR decision_reason IS NOT NULL", name="refusal_has_reason"),
        Index(
            "uq_agency_application_open",
            "agency_id",
            "category",
            unique=True,
            sqlite_where=text("state = 'submitted'"),
            postgresql_where=text("state = 'submitted'"),
        ),
    )
