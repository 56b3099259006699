"""What each comparison with the provider's own list has found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, pk
from app.kernel.guards import append_only


class Reconciliation(Base):
    """One comparison: both lists counted and added up, and every difference with its name. Never changed afterwards."""

    __tablename__ = "reconciliation"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    at: Mapped[datetime] = mapped_column(Instant)
    provider: Mapped[str] = mapped_column(Text)
    ours_count: Mapped[int] = mapped_column(BigInt)
    theirs_count: Mapped[int] = mapped_column(BigInt)
    ours_fen: Mapped[int] = mapped_column(BigInt)
    theirs_fen: Mapped[int] = mapped_column(BigInt)
    differences: Mapped[Any] = mapped_column(JsonText)  # a list of Difference.as_data


append_only(Reconciliation)
