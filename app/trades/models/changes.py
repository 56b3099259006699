"""Changes on site: what bringing an appliance costs more than was agreed, proposed by the seller and answered by the buyer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import closes_once, refuse
from app.trades.states.changes import CHANGE_FLOW, MOST_FEN, REASONS


class DeliveryChange(Machine, Base):
    """One proposal. The amount is paid to whoever brings the thing, at the door; the marketplace does not hold it."""

    __tablename__ = "delivery_change"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    order_id: Mapped[int] = mapped_column(ForeignKey("trade_order.id"))
    no: Mapped[int] = mapped_column(BigInt)
    reason: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(BigInt)
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("order_id", "no"),
        one_of("state", CHANGE_FLOW.states),
        one_of("reason", REASONS),
        CheckConstraint(f"amount_fen BETWEEN 1 AND {MOST_FEN}", name="amount_bounds"),
        CheckConstraint("length(words) BETWEEN 4 AND 300", name="words_length"),
        Index(
            "uq_delivery_change_open",
            "order_id",
            unique=True,
            sqlite_where=sql("state = 'open'"),
            postgresql_where=sql("state = 'open'"),
        ),
    )


closes_once(
    "delivery_change",
    ("code", "order_id", "no", "reason", "words", "amount_fen", "proposed_at"),
    "ended_at",
    "delivery_change: what was proposed does not change, and is answered once",
)
refuse(
    "tr_delivery_change_on_the_way",
    "delivery_change",
    "INSERT",
    "NEW.state <> 'open' OR NEW.ended_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id "
    "AND o.state = 'fulfilling' AND o.category = 'appliance' AND o.delivery = 'parcel' AND o.arrived_at IS NULL)",
    "delivery_change: only while an appliance is being brought",
)
refuse(
    "tr_delivery_change_answered",
    "delivery_change",
    "UPDATE",
    "OLD.state <> 'open' AND NEW.state <> OLD.state",
    "delivery_change: it is answered once",
)
