"""Appraisal orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.appraisal.states import AFTER_ISSUE, APPRAISAL_FLOW, OPEN, WITH_APPRAISER
from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine

_OPEN = "state IN (" + ", ".join(f"'{state}'" for state in OPEN) + ")"
_NOT_CORRECTED = "state NOT IN (" + ", ".join(f"'{state}'" for state in AFTER_ISSUE) + ")"
_UNTAKEN = "state NOT IN (" + ", ".join(f"'{state}'" for state in WITH_APPRAISER) + ")"


class Appraisal(Machine, Base):
    """One order of a thing's owner to one agency. ``findings`` grows item by item until the report is signed."""

    __tablename__ = "appraisal"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))  # who owned the thing when it was ordered
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    appraiser_id: Mapped[int | None] = mapped_column(
        ForeignKey("app_user.id")
    )  # set when one is drawn, or accepts without a draw
    scheme_id: Mapped[str] = mapped_column(Text)
    findings: Mapped[Any] = mapped_column(JsonText)  # item key -> answer, numbers as text
    findings_rev: Mapped[int] = mapped_column(BigInt, default=0)  # counts saves: two devices cannot overwrite each other
    created_at: Mapped[datetime] = mapped_column(Instant)
    report_due_at: Mapped[datetime | None] = mapped_column(Instant)  # afterwards staff may end it: see service.coming.expect_by
    correction_reason: Mapped[str | None] = mapped_column(Text)  # why the issued report is corrected, while it is
    decline_reason: Mapped[str | None] = mapped_column(Text)  # why it was declined, or could not be finished

    __table_args__ = (
        one_of("state", APPRAISAL_FLOW.states),
        CheckConstraint("appraiser_id IS NULL OR appraiser_id <> owner_id", name="not_own_thing"),
        CheckConstraint(f"{_UNTAKEN} OR appraiser_id IS NOT NULL", name="appraiser_known"),
        CheckConstraint(f"{_NOT_CORRECTED} OR correction_reason IS NOT NULL", name="correction_has_reason"),
        Index(
            "uq_appraisal_open_thing",
            "thing_id",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        Index("ix_appraisal_agency_state", "agency_id", "state"),
        Index("ix_appraisal_owner_id", "owner_id"),
    )
