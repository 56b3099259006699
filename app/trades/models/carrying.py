"""How an appliance comes into the room and what that costs, frozen when the order is made."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Day, Instant, one_of, pk
from app.kernel.guards import append_only, refuse
from app.trades.carrying import INSTALLERS, LINES, Charge


class OrderDelivery(Base):
    """The lines of the delivery cost, when it was agreed to come, and who installs it. Written once, with the order."""

    __tablename__ = "order_delivery"

    id: Mapped[int] = pk()
    order_id: Mapped[int] = mapped_column(ForeignKey("trade_order.id"), unique=True)
    table_id: Mapped[str] = mapped_column(Text)  # of the price table that was in force
    bring_fen: Mapped[int] = mapped_column(BigInt)
    stairs_fen: Mapped[int] = mapped_column(BigInt)
    narrow_fen: Mapped[int] = mapped_column(BigInt)
    old_unit_fen: Mapped[int] = mapped_column(BigInt)
    install_fen: Mapped[int] = mapped_column(BigInt)
    total_fen: Mapped[int] = mapped_column(BigInt)
    slot_on: Mapped[date | None] = mapped_column(Day)
    slot_part: Mapped[str | None] = mapped_column(Text)
    installing: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def lines(self) -> list[Charge]:
        """What is paid, line by line."""
        each = ((code, getattr(self, f"{code}_fen")) for code in LINES)
        return [Charge(code, fen) for code, fen in each if fen]

    __table_args__ = (
        one_of("installing", INSTALLERS),
        CheckConstraint(
            "bring_fen >= 0 AND stairs_fen >= 0 AND narrow_fen >= 0 AND old_unit_fen >= 0 AND install_fen >= 0",
            name="lines_not_negative",
        ),
        CheckConstraint("total_fen = bring_fen + stairs_fen + narrow_fen + old_unit_fen + install_fen", name="total_is_the_sum"),
        CheckConstraint("(slot_on IS NULL) = (slot_part IS NULL)", name="slot_whole"),
    )


append_only(OrderDelivery)
refuse(
    "tr_order_delivery_is_the_orders",
    "order_delivery",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.state = 'awaiting_payment' "
    "AND o.category = 'appliance' AND o.delivery = 'parcel' AND o.delivery_fen = NEW.total_fen)",
    "order_delivery is append-only: written with the order of an appliance, and its sum is what the order says",
)
refuse(
    "tr_trade_order_installed",
    "trade_order",
    "UPDATE",
    "OLD.state = 'fulfilling' AND NEW.state = 'acceptance' AND NEW.arrived_at IS NULL "
    "AND EXISTS (SELECT 1 FROM order_delivery d WHERE d.order_id = NEW.id AND d.installing <> 'none')",
    "trade_order: what is installed has arrived before",
)
refuse(
    "tr_trade_order_delivery_told",
    "trade_order",
    "UPDATE",
    "OLD.state = 'awaiting_payment' AND NEW.state = 'paid' AND NEW.delivery_fen > 0 "
    "AND NOT EXISTS (SELECT 1 FROM order_delivery d WHERE d.order_id = NEW.id)",
    "trade_order: what the delivery costs stands in its lines",
)
