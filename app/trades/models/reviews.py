"""Reviews: what two sides of a completed order say of each other. Nothing of it changes or goes once it is written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import REFUSE_CHANGE, refuse, trigger
from app.trades.states.reviews import HIDE_REASONS, LONGEST, REVIEW_FLOW


class Review(Machine, Base):
    """One side's review of the other. The log holds its salted digests from the first moment, and its stars once it is opened."""

    __tablename__ = "review"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    order_id: Mapped[int] = mapped_column(ForeignKey("trade_order.id"))
    side: Mapped[str] = mapped_column(Text)  # of whoever wrote it
    author_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    subject_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    stars: Mapped[int] = mapped_column(BigInt)
    text: Mapped[str] = mapped_column(Text)  # may be empty
    stars_salt: Mapped[str] = mapped_column(Text)
    text_salt: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(Instant)
    reveal_at: Mapped[datetime] = mapped_column(Instant)  # opened then at the latest
    hidden_reason: Mapped[str | None] = mapped_column(Text)
    hidden_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        one_of("state", REVIEW_FLOW.states),
        one_of("side", ("buyer", "seller")),
        UniqueConstraint("order_id", "side"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_possible"),
        CheckConstraint(f"length(text) <= {LONGEST}", name="text_length"),
        CheckConstraint("length(stars_salt) = 26 AND length(text_salt) = 26 AND stars_salt <> text_salt", name="salts"),
        CheckConstraint(
            "hidden_reason IS NULL OR hidden_reason IN ({})".format(", ".join(f"'{reason}'" for reason in HIDE_REASONS)),
            name="hidden_reason_known",
        ),
        CheckConstraint("state <> 'hidden' OR hidden_reason IS NOT NULL", name="hidden_has_reason"),
        CheckConstraint("(hidden_reason IS NULL) = (hidden_by IS NULL)", name="hidden_by_somebody"),
        Index("ix_review_subject", "subject_id", "id"),
    )


_PARTY = (
    "SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.state = 'completed' AND "
    "((NEW.side = 'buyer' AND o.buyer_id = NEW.author_id AND o.seller_id = NEW.subject_id) OR "
    "(NEW.side = 'seller' AND o.seller_id = NEW.author_id AND o.buyer_id = NEW.subject_id))"
)
_THERE = (  # REPLACE would take a review away without a DELETE
    "SELECT 1 FROM review r WHERE r.id = NEW.id OR r.code = NEW.code OR (r.order_id = NEW.order_id AND r.side = NEW.side)"
)
_WRITTEN = (
    "id", "code", "order_id", "side", "author_id", "subject_id", "stars", "text", "stars_salt", "text_salt", "written_at",
    "reveal_at",
)  # fmt: skip
_CHANGED = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in _WRITTEN)
_STEP = "(OLD.state = 'sealed' AND NEW.state = 'revealed') OR (OLD.state = 'revealed' AND NEW.state = 'hidden')"
_ALONE = "(SELECT COUNT(*) FROM review r WHERE r.order_id = OLD.order_id) < 2"

refuse(
    "tr_review_by_a_party",
    "review",
    "INSERT",
    f"NEW.state <> 'sealed' OR NEW.written_at >= NEW.reveal_at OR NOT EXISTS ({_PARTY}) OR EXISTS ({_THERE})",
    "only the two sides of a completed order review each other, in time",
)
_HIDDEN_AGAIN = (
    "(OLD.hidden_reason IS NOT NULL AND (NEW.hidden_reason IS NULL OR NEW.hidden_reason <> OLD.hidden_reason "
    "OR NEW.hidden_by <> OLD.hidden_by)) OR (OLD.state = 'sealed' AND NEW.hidden_reason IS NOT NULL)"
)
refuse(
    "tr_review_is_written",
    "review",
    "UPDATE",
    f"{_CHANGED} OR (NEW.state <> OLD.state AND NOT ({_STEP})) OR {_HIDDEN_AGAIN}",
    "a review stays as it was written",
)
refuse(
    "tr_review_is_sealed",
    "review",
    "UPDATE",
    f"OLD.state = 'sealed' AND NEW.state <> 'sealed' AND NEW.entered_at < OLD.reveal_at AND {_ALONE}",
    "a review is sealed until the other side has written, or time has run out",
)
trigger(
    "tr_review_no_truncate",
    "review",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_review_no_truncate BEFORE TRUNCATE ON review "
        "FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
refuse("tr_review_stays", "review", "DELETE", "OLD.id IS NOT NULL", "reviews are kept")
