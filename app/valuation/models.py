"""Sales as they were seen. Never changed: an estimate given once can be recomputed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Day, pk
from app.kernel.guards import append_only
from app.kernel.money import MAX_FEN


class ObservedSale(Base):
    """One completed sale. No people in it; ``order_code`` only keeps a sale from being counted twice."""

    __tablename__ = "observed_sale"

    id: Mapped[int] = pk()
    category: Mapped[str] = mapped_column(Text)
    brand: Mapped[str] = mapped_column(Text)  # codes of the catalogue
    model: Mapped[str] = mapped_column(Text)
    storage_gb: Mapped[int | None] = mapped_column(BigInt)
    kind: Mapped[str | None] = mapped_column(Text)  # a type of appliance, a body of cars
    first_used: Mapped[str | None] = mapped_column(Text)  # "2019-05": since when it is in use
    mileage_km: Mapped[int | None] = mapped_column(BigInt)
    tier: Mapped[str | None] = mapped_column(Text)  # of the appraisal report it was sold with; None: not appraised
    price_fen: Mapped[int] = mapped_column(BigInt)
    sold_on: Mapped[date] = mapped_column(Day)  # Shanghai day of completion
    order_code: Mapped[str] = mapped_column(Text, unique=True)

    __table_args__ = (
        CheckConstraint(f"price_fen > 0 AND price_fen <= {int(MAX_FEN)}", name="price_range"),
        CheckConstraint("mileage_km IS NULL OR mileage_km >= 0", name="mileage_not_negative"),
        CheckConstraint("storage_gb IS NULL OR storage_gb > 0", name="storage_positive"),
        Index("ix_observed_sale_comparable", "category", "brand", "model", "sold_on"),
    )


append_only(ObservedSale)
