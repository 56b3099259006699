"""What the law and the platform's rules are asked about an order, frozen when it is made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Instant, JsonText, one_of, pk
from app.kernel.guards import append_only
from app.regulations.queries import SELLER_KINDS


class OrderTerms(Base):
    """As what the seller sold, and what the buyer confirmed separately for this order. Written once, with the order."""

    __tablename__ = "order_terms"

    id: Mapped[int] = pk()
    order_id: Mapped[int] = mapped_column(ForeignKey("trade_order.id"), unique=True)
    seller_kind: Mapped[str] = mapped_column(Text)
    rules_id: Mapped[str] = mapped_column(Text)  # the set of rights whose words the buyer was shown
    confirmed: Mapped[Any] = mapped_column(JsonText)  # codes of exceptions; usually none
    disclosed: Mapped[Any] = mapped_column(JsonText)  # keys of the report's items that a confirmed exception speaks of
    made_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (one_of("seller_kind", SELLER_KINDS),)


append_only(OrderTerms)
