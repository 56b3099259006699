"""Negotiations, the prices that were named in them, and lowest prices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Flag, Instant, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import REFUSE_CHANGE, append_only, trigger
from app.kernel.money import MAX_FEN
from app.trades.states import DELIVERIES
from app.trades.states.offers import NEGOTIATION_FLOW, SIDES


class Negotiation(Machine, Base):
    """One buyer and the seller about one listing. The standing offer is the last one of its offers."""

    __tablename__ = "negotiation"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    buyer_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    seller_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    category: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    asking_fen: Mapped[int] = mapped_column(BigInt)  # the price when it began
    delivery: Mapped[str] = mapped_column(Text)
    address_sealed: Mapped[str | None] = mapped_column(Text)  # place "negotiation.address:<code>"; forgotten at the end
    last_no: Mapped[int] = mapped_column(BigInt)
    last_by: Mapped[str] = mapped_column(Text)
    last_fen: Mapped[int] = mapped_column(BigInt)
    due_at: Mapped[datetime] = mapped_column(Instant)  # of the standing offer
    is_quiet: Mapped[bool] = mapped_column(
        Flag, default=False
    )  # the standing offer lies below the seller's lowest price: nobody is told of it
    seller_answered_at: Mapped[datetime | None] = mapped_column(Instant)  # the last step that the seller took by hand
    order_id: Mapped[int | None] = mapped_column(ForeignKey("trade_order.id"), unique=True)

    __table_args__ = (
        one_of("state", NEGOTIATION_FLOW.states),
        one_of("delivery", DELIVERIES),
        one_of("last_by", SIDES),
        CheckConstraint("buyer_id <> seller_id", name="two_people"),
        CheckConstraint(f"asking_fen > 0 AND asking_fen <= {MAX_FEN}", name="asking_bounds"),
        CheckConstraint(f"last_fen > 0 AND last_fen <= {MAX_FEN}", name="price_bounds"),
        CheckConstraint("last_no > 0", name="last_no_positive"),
        CheckConstraint("state <> 'accepted' OR order_id IS NOT NULL", name="accepted_has_order"),
        CheckConstraint("order_id IS NULL OR state IN ('open', 'accepted')", name="order_was_accepted"),
        CheckConstraint("state = 'open' OR address_sealed IS NULL", name="address_forgotten"),
        CheckConstraint("last_by = 'buyer' OR NOT is_quiet", name="quiet_is_the_buyers"),
        Index(
            "uq_negotiation_open",
            "listing_id",
            "buyer_id",
            unique=True,
            sqlite_where=sql("state = 'open'"),
            postgresql_where=sql("state = 'open'"),
        ),
        Index("ix_negotiation_buyer", "buyer_id", "id"),
        Index("ix_negotiation_seller", "seller_id", "id"),
    )


class NegotiationItem(Base):
    """A further listing of a bundle: the first one stands in the negotiation itself. All are reserved together or none."""

    __tablename__ = "negotiation_item"

    id: Mapped[int] = pk()
    negotiation_id: Mapped[int] = mapped_column(ForeignKey("negotiation.id"))
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("trade_order.id"), unique=True)

    __table_args__ = (UniqueConstraint("negotiation_id", "listing_id"), Index("ix_negotiation_item_listing", "listing_id"))


trigger(
    "tr_negotiation_item_frozen",
    "negotiation_item",
    sqlite="CREATE TRIGGER tr_negotiation_item_frozen BEFORE UPDATE ON negotiation_item WHEN "
    "NEW.negotiation_id IS NOT OLD.negotiation_id OR NEW.listing_id IS NOT OLD.listing_id OR OLD.order_id IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'negotiation_item: what belongs to a bundle does not change'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_negotiation_item_frozen BEFORE UPDATE ON negotiation_item FOR EACH ROW WHEN ("
        "NEW.negotiation_id IS DISTINCT FROM OLD.negotiation_id OR NEW.listing_id IS DISTINCT FROM OLD.listing_id "
        "OR OLD.order_id IS NOT NULL) EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)

FROZEN = ("code", "created_at", "listing_id", "buyer_id", "seller_id", "category", "title", "asking_fen", "delivery")

trigger(
    "tr_negotiation_frozen",
    "negotiation",
    sqlite="CREATE TRIGGER tr_negotiation_frozen BEFORE UPDATE ON negotiation WHEN "
    + " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in FROZEN)
    + " OR (OLD.state <> 'open' AND NEW.state IS NOT OLD.state)"
    + " BEGIN SELECT RAISE(ABORT, 'negotiation: who bargains about what does not change, and what ended stays ended'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_negotiation_frozen BEFORE UPDATE ON negotiation FOR EACH ROW WHEN ("
        + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN)
        + " OR (OLD.state <> 'open' AND NEW.state IS DISTINCT FROM OLD.state))"
        " EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)


class Offer(Base):
    """One price that one side named."""

    __tablename__ = "offer"

    id: Mapped[int] = pk()
    negotiation_id: Mapped[int] = mapped_column(ForeignKey("negotiation.id"))
    no: Mapped[int] = mapped_column(BigInt)  # 1, 2, 3 ...
    by: Mapped[str] = mapped_column(Text)
    price_fen: Mapped[int] = mapped_column(BigInt)
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("negotiation_id", "no"),
        one_of("by", SIDES),
        CheckConstraint(f"price_fen > 0 AND price_fen <= {MAX_FEN}", name="price_bounds"),
        CheckConstraint("no > 0", name="no_positive"),
        CheckConstraint("due_at > at", name="due_after"),
    )


append_only(Offer)


class PriceFloor(Base):
    """The lowest price that a seller would take, known to the seller alone."""

    __tablename__ = "price_floor"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    floor_fen: Mapped[int] = mapped_column(BigInt)
    set_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint(f"floor_fen > 0 AND floor_fen <= {MAX_FEN}", name="price_bounds"),)
