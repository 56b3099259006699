"""What the buyer compared at delivery: handed in once, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only, refuse

SAME, DIFFERS, UNCHECKED = "same", "differs", "unchecked"
ANSWERS = (SAME, DIFFERS, UNCHECKED)
PASSED = "passed"
RESULTS = (PASSED, DIFFERS)
LONGEST = 300  # code points about one difference


class OrderCheck(Base):
    """The buyer's comparison of what arrived with what was promised, once for an order. Its lines are written with it."""

    __tablename__ = "order_check"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    order_id: Mapped[int] = mapped_column(ForeignKey("trade_order.id"), unique=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    result: Mapped[str] = mapped_column(Text)
    line_count: Mapped[int] = mapped_column(BigInt)
    differing: Mapped[int] = mapped_column(BigInt)
    report_code: Mapped[str | None] = mapped_column(Text)  # of the report that was compared with; None: the seller's words
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("result", RESULTS),
        CheckConstraint("line_count BETWEEN 1 AND 200", name="has_lines"),
        CheckConstraint("differing BETWEEN 0 AND line_count", name="differing_within"),
        CheckConstraint("(result = 'differs') = (differing > 0)", name="result_follows"),
    )


append_only(OrderCheck)
refuse(
    "tr_order_check_by_the_buyer",
    "order_check",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.buyer_id = NEW.by_id AND o.state = 'acceptance' "
    "AND o.held_by_claim IS NULL AND o.problem_state <> 'open')",
    "order_check is append-only, and made by the buyer who has the thing and may still check it",
)


class OrderCheckLine(Base):
    """One thing that was promised, and what the buyer found."""

    __tablename__ = "order_check_line"

    id: Mapped[int] = pk()
    check_id: Mapped[int] = mapped_column(ForeignKey("order_check.id"))
    no: Mapped[int] = mapped_column(BigInt)
    item_key: Mapped[str] = mapped_column(Text)
    name: Mapped[Any] = mapped_column(JsonText)
    promised: Mapped[Any] = mapped_column(JsonText)
    answer: Mapped[str] = mapped_column(Text)
    seen_value: Mapped[str | None] = mapped_column(Text)  # an answer of the scheme or of the seller's form, or a number
    seen: Mapped[Any | None] = mapped_column(JsonText)  # the same in words
    words: Mapped[str] = mapped_column(Text)
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"), unique=True)

    __table_args__ = (
        UniqueConstraint("check_id", "no"),
        UniqueConstraint("check_id", "item_key"),
        one_of("answer", ANSWERS),
        CheckConstraint("(seen_value IS NULL) = (seen IS NULL)", name="seen_is_whole"),
        CheckConstraint(
            "answer = 'differs' OR (seen_value IS NULL AND words = '' AND photo_id IS NULL)", name="only_differences_say_more"
        ),
        CheckConstraint("answer <> 'differs' OR seen_value IS NOT NULL OR length(words) >= 2", name="a_difference_is_said"),
        CheckConstraint(f"length(words) <= {LONGEST}", name="words_length"),
    )


append_only(OrderCheckLine)
refuse(
    "tr_order_check_line_counted",
    "order_check_line",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM order_check c WHERE c.id = NEW.check_id AND NEW.no BETWEEN 1 AND c.line_count "
    "AND (SELECT COUNT(*) FROM order_check_line l WHERE l.check_id = c.id AND l.answer = 'differs') "
    "+ (CASE WHEN NEW.answer = 'differs' THEN 1 ELSE 0 END) <= c.differing "
    "AND (SELECT COUNT(*) FROM order_check_line l WHERE l.check_id = c.id AND l.answer <> 'differs') "
    "+ (CASE WHEN NEW.answer <> 'differs' THEN 1 ELSE 0 END) <= c.line_count - c.differing)",
    "order_check_line is append-only: as many as the check says, and nothing is added to it afterwards",
)
