"""What owners have said about their things."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Instant, JsonText, pk
from app.kernel.guards import append_only


class Declared(Base):
    """What an owner has said about a thing in public, in the answers of an appraisal scheme. The newest row counts."""

    __tablename__ = "appraisal_declared"

    id: Mapped[int] = pk()
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    scheme_id: Mapped[str] = mapped_column(Text)
    # A list; of each entry's alternatives (item key -> answer) at least one is so.
    findings: Mapped[Any] = mapped_column(JsonText)
    version_sha256: Mapped[str] = mapped_column(Text)  # of the listing version in which it was said
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_appraisal_declared_thing", "thing_id", "owner_id", "id"),)


append_only(Declared)
