"""Orders and cases, and what must hold for one row even when our Python is not asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import REFUSE_CHANGE, refuse, trigger
from app.kernel.money import MAX_FEN
from app.trades import states
from app.trades.models.carrying import OrderDelivery
from app.trades.models.changes import DeliveryChange
from app.trades.models.checks import OrderCheck, OrderCheckLine
from app.trades.models.offers import Negotiation, NegotiationItem, Offer, PriceFloor
from app.trades.models.reviews import Review
from app.trades.models.terms import OrderTerms

__all__ = [
    "FROZEN",
    "DeliveryChange",
    "Negotiation",
    "NegotiationItem",
    "Offer",
    "Order",
    "OrderCheck",
    "OrderCheckLine",
    "OrderDelivery",
    "OrderTerms",
    "PriceFloor",
    "Review",
    "TradeCase",
]


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


# The order holds or has consumed the listing; after a refund until the thing is back with its seller.
_HOLDING = f"state IN ({_listed(states.HOLDING)}) OR (state = 'closed_refunded' AND shipment_state IN ({_listed(states.AWAY)}))"


class Order(Machine, Base):
    """One sale of one thing. Everything promised at purchase is copied here and never changes."""

    __tablename__ = "trade_order"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    created_at: Mapped[datetime] = mapped_column(Instant)

    # What was promised (frozen by tr_trade_order_frozen).
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    listing_version_no: Mapped[int] = mapped_column(BigInt)
    listing_version_sha256: Mapped[str] = mapped_column(Text)
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    category: Mapped[str] = mapped_column(Text)
    brand: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    storage_gb: Mapped[int | None] = mapped_column(BigInt)
    title: Mapped[str] = mapped_column(Text)
    tier: Mapped[str | None] = mapped_column(Text)  # None: not appraised
    report_code: Mapped[str | None] = mapped_column(Text)
    seller_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    buyer_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    price_fen: Mapped[int] = mapped_column(BigInt)
    fee_bp: Mapped[int] = mapped_column(BigInt)
    fee_fen: Mapped[int] = mapped_column(BigInt)  # the seller pays it out of the price
    delivery_fen: Mapped[int] = mapped_column(BigInt)
    total_fen: Mapped[int] = mapped_column(BigInt)  # what the buyer pays
    currency: Mapped[str] = mapped_column(Text)
    payment_code: Mapped[str] = mapped_column(Text, unique=True)
    delivery: Mapped[str] = mapped_column(Text)
    pay_minutes: Mapped[int] = mapped_column(BigInt)
    ship_days: Mapped[int] = mapped_column(BigInt)
    no_receipt_days: Mapped[int] = mapped_column(BigInt)
    acceptance_hours: Mapped[int] = mapped_column(BigInt)

    # How far it is.
    address_sealed: Mapped[str | None] = mapped_column(Text)  # place "trade_order.address:<code>"
    meet_place: Mapped[str | None] = mapped_column(Text)
    meet_code_sealed: Mapped[str | None] = mapped_column(Text)  # place "trade_order.meet_code:<code>"
    meet_wrong_tries: Mapped[int] = mapped_column(BigInt, default=0)
    meet_locked_until: Mapped[datetime | None] = mapped_column(Instant)
    cancel_asked_at: Mapped[datetime | None] = mapped_column(Instant)  # the buyer wants to end a meeting that is arranged
    erasure_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)  # the seller's declaration
    shipment_state: Mapped[str] = mapped_column(Text, default=states.NONE)
    carrier: Mapped[str | None] = mapped_column(Text)
    tracking_no: Mapped[str | None] = mapped_column(Text)
    problem_state: Mapped[str] = mapped_column(Text, default=states.PROBLEM_NONE)
    pay_due_at: Mapped[datetime] = mapped_column(Instant)
    paid_at: Mapped[datetime | None] = mapped_column(Instant)
    ship_due_at: Mapped[datetime | None] = mapped_column(Instant)
    shipped_at: Mapped[datetime | None] = mapped_column(Instant)
    receipt_due_at: Mapped[datetime | None] = mapped_column(Instant)
    arrived_at: Mapped[datetime | None] = mapped_column(Instant)  # in the room, where installing comes after that
    install_due_at: Mapped[datetime | None] = mapped_column(Instant)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)  # since when it can be checked
    acceptance_due_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    refunded_at: Mapped[datetime | None] = mapped_column(Instant)  # the money has left the provider towards the buyer
    # The way back after a refund by ruling.
    return_address_sealed: Mapped[str | None] = mapped_column(Text)  # the seller's; place "trade_order.return_address:<code>"
    return_due_at: Mapped[datetime | None] = mapped_column(Instant)  # until when the buyer sends it back
    return_carrier: Mapped[str | None] = mapped_column(Text)
    return_tracking_no: Mapped[str | None] = mapped_column(Text)
    return_sent_at: Mapped[datetime | None] = mapped_column(Instant)  # by the buyer's word
    ended_by: Mapped[str | None] = mapped_column(Text)  # who ended a cancelled order
    end_reason: Mapped[str | None] = mapped_column(Text)  # a code of the seller's list, or the operator's words
    held_by_claim: Mapped[str | None] = mapped_column(Text)  # code of the open claim: nothing else moves the order meanwhile
    held_at: Mapped[datetime | None] = mapped_column(Instant)  # since when the time for checking stands still

    __table_args__ = (
        one_of("state", states.ORDER_FLOW.states),
        one_of("delivery", states.DELIVERIES),
        one_of("shipment_state", states.SHIPMENTS),
        one_of("problem_state", states.PROBLEMS),
        CheckConstraint("ended_by IS NULL OR ended_by IN ('buyer', 'seller', 'staff', 'time')", name="ended_by_known"),
        CheckConstraint("buyer_id <> seller_id", name="two_people"),
        CheckConstraint(f"price_fen > 0 AND price_fen <= {MAX_FEN}", name="price_bounds"),
        CheckConstraint("delivery_fen >= 0", name="delivery_not_negative"),
        CheckConstraint("total_fen = price_fen + delivery_fen", name="total_is_the_sum"),
        CheckConstraint("fee_fen >= 0 AND fee_fen <= price_fen", name="fee_within_price"),
        CheckConstraint("currency = 'CNY'", name="currency_known"),
        CheckConstraint("meet_wrong_tries >= 0", name="tries_not_negative"),
        CheckConstraint("delivery = 'meet' OR address_sealed IS NOT NULL", name="parcel_has_address"),
        CheckConstraint(
            "state NOT IN ('completed', 'closed_refunded') OR problem_state <> 'open'", name="no_end_with_open_problem"
        ),
        CheckConstraint("state <> 'completed' OR completed_at IS NOT NULL", name="completed_has_time"),
        CheckConstraint(
            "state NOT IN ('paid', 'fulfilling', 'acceptance', 'completed') OR paid_at IS NOT NULL", name="paid_has_time"
        ),
        CheckConstraint("state <> 'acceptance' OR delivered_at IS NOT NULL", name="acceptance_after_delivery"),
        # Guard B of the sale of one unique thing: whatever code path, one order holds or consumed the listing.
        Index(
            "uq_trade_order_listing_held",
            "listing_id",
            unique=True,
            sqlite_where=sql(_HOLDING),
            postgresql_where=sql(_HOLDING),
        ),
        Index("ix_trade_order_buyer", "buyer_id", "id"),
        Index("ix_trade_order_seller", "seller_id", "id"),
        Index("ix_trade_order_thing", "thing_id"),
    )


FROZEN = (
    "code", "created_at", "listing_id", "listing_version_no", "listing_version_sha256", "thing_id", "category", "brand", "model",
    "storage_gb", "title", "tier", "report_code", "seller_id", "buyer_id", "price_fen", "fee_bp", "fee_fen", "delivery_fen",
    "total_fen", "currency", "payment_code", "delivery", "pay_minutes", "ship_days", "no_receipt_days", "acceptance_hours",
)  # fmt: skip

_CHANGED_SQLITE = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in FROZEN)
_CHANGED_POSTGRESQL = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN)

trigger(
    "tr_trade_order_frozen",
    "trade_order",
    sqlite=f"CREATE TRIGGER tr_trade_order_frozen BEFORE UPDATE ON trade_order WHEN {_CHANGED_SQLITE} "
    "BEGIN SELECT RAISE(ABORT, 'trade_order: what was promised does not change'); END",
    postgresql=(
        REFUSE_CHANGE,
        f"CREATE TRIGGER tr_trade_order_frozen BEFORE UPDATE ON trade_order FOR EACH ROW WHEN ({_CHANGED_POSTGRESQL}) "
        "EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
trigger(
    "tr_trade_order_no_delete",
    "trade_order",
    sqlite="CREATE TRIGGER tr_trade_order_no_delete BEFORE DELETE ON trade_order "
    "BEGIN SELECT RAISE(ABORT, 'trade_order: orders are kept'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_trade_order_no_delete BEFORE DELETE ON trade_order "
        "FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)


refuse(
    "tr_trade_order_claim_holds",
    "trade_order",
    "UPDATE",
    "OLD.held_by_claim IS NOT NULL AND NEW.held_by_claim IS NOT NULL "
    "AND (NEW.state <> OLD.state OR NEW.held_by_claim <> OLD.held_by_claim)",
    "trade_order: an open claim holds it",
)


class TradeCase(Machine, Base):
    """One problem with one order, from the report to the ruling. At most one is open for an order."""

    __tablename__ = "trade_case"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    order_id: Mapped[int] = mapped_column(ForeignKey("trade_order.id"))
    reason: Mapped[str] = mapped_column(Text)  # a code of choices.yaml
    text: Mapped[str] = mapped_column(Text)  # what the buyer wrote; empty when the system opened it
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # buyer or seller; None: a deadline
    opened_at: Mapped[datetime] = mapped_column(Instant)
    # What the other side says to it (the seller, if a deadline opened it): once, kept so by tr_trade_case_said_once.
    answer_text: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    ruling: Mapped[str | None] = mapped_column(Text)
    fault: Mapped[str | None] = mapped_column(Text)  # who caused it, in the eyes of the operator; for the record
    ruled_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    ruled_at: Mapped[datetime | None] = mapped_column(Instant)
    reason_text: Mapped[str | None] = mapped_column(Text)  # the grounds of the ruling, for both sides

    __table_args__ = (
        one_of("state", states.CASE_FLOW.states),
        CheckConstraint("ruling IS NULL OR ruling IN ('release', 'refund')", name="ruling_known"),
        CheckConstraint("fault IS NULL OR fault IN ('seller_fault', 'buyer_fault', 'none')", name="fault_known"),
        CheckConstraint(
            "state <> 'ruled' OR (ruling IS NOT NULL AND fault IS NOT NULL AND ruled_by IS NOT NULL "
            "AND ruled_at IS NOT NULL AND reason_text IS NOT NULL)",
            name="ruled_is_complete",
        ),
        Index(
            "uq_trade_case_open",
            "order_id",
            unique=True,
            sqlite_where=sql("state = 'open'"),
            postgresql_where=sql("state = 'open'"),
        ),
    )


# What was reported never changes; an answer is given once and whole; a case that has ended stays as it ended.
_REPORTED = ("code", "order_id", "reason", "text", "opened_by", "opened_at")
_ANSWER = ("answer_text", "answered_at")
_DECIDED = ("state", *_ANSWER, "ruling", "fault", "ruled_by", "ruled_at", "reason_text")


def _said_twice(differs: str) -> str:
    def changed(columns: tuple[str, ...]) -> str:
        return " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns)

    return (
        f"{changed(_REPORTED)} OR (OLD.answered_at IS NOT NULL AND ({changed(_ANSWER)})) "
        f"OR (OLD.state <> 'open' AND ({changed(_DECIDED)})) OR (NEW.answer_text IS NULL) <> (NEW.answered_at IS NULL)"
    )


trigger(
    "tr_trade_case_said_once",
    "trade_case",
    sqlite=f"CREATE TRIGGER tr_trade_case_said_once BEFORE UPDATE ON trade_case WHEN {_said_twice('IS NOT')} "
    "BEGIN SELECT RAISE(ABORT, 'trade_case: what was said is kept'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_trade_case_said_once BEFORE UPDATE ON trade_case FOR EACH ROW "
        f"WHEN ({_said_twice('IS DISTINCT FROM')}) EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
trigger(
    "tr_trade_case_no_delete",
    "trade_case",
    sqlite="CREATE TRIGGER tr_trade_case_no_delete BEFORE DELETE ON trade_case "
    "BEGIN SELECT RAISE(ABORT, 'trade_case: cases are kept'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_trade_case_no_delete BEFORE DELETE ON trade_case FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
