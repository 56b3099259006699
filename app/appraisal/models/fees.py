"""What an agency asks for, and the fee of one order."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.goods.models import CATEGORIES
from app.kernel.db import Base, BigInt, Instant, one_of, pk
from app.kernel.guards import REFUSE_CHANGE, trigger
from app.kernel.money import MAX_FEN

MOST_WAIT_DAYS = 60
STAFF_REASONS = ("nobody", "passes", "not_back")  # why staff must look at an order


class Price(Base):
    """The fee of an agency for a category, and how many days an appraisal takes. No row: it works for nothing."""

    __tablename__ = "appraisal_price"

    id: Mapped[int] = pk()
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    category: Mapped[str] = mapped_column(Text)
    fee_fen: Mapped[int] = mapped_column(BigInt)
    wait_days: Mapped[int] = mapped_column(BigInt)  # from the fee to the report, as the agency says it
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        UniqueConstraint("agency_id", "category"),
        one_of("category", CATEGORIES),
        CheckConstraint(f"fee_fen BETWEEN 1 AND {MAX_FEN}", name="fee_range"),
        CheckConstraint(f"wait_days BETWEEN 1 AND {MOST_WAIT_DAYS}", name="wait_days_range"),
    )


class Fee(Base):
    """The fee of one order, copied when it was quoted: what the agency asks for later does not change it."""

    __tablename__ = "appraisal_fee"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"), unique=True)
    fee_fen: Mapped[int] = mapped_column(BigInt)
    wait_days: Mapped[int] = mapped_column(BigInt)
    terms_id: Mapped[str] = mapped_column(Text)  # shares, times and refunds: see terms.yaml
    payment_code: Mapped[str] = mapped_column(ForeignKey("payment.code"), unique=True)
    pay_due_at: Mapped[datetime] = mapped_column(Instant)
    paid_at: Mapped[datetime | None] = mapped_column(Instant)
    passes: Mapped[int] = mapped_column(BigInt, default=0)  # how many appraisers declined or did not answer
    answer_due_at: Mapped[datetime | None] = mapped_column(Instant)  # of the appraiser who was drawn last
    staff_reason: Mapped[str | None] = mapped_column(Text)  # why staff must look at it now
    settled_at: Mapped[datetime | None] = mapped_column(Instant)  # when it was said where the fee goes
    refund_fen: Mapped[int | None] = mapped_column(BigInt)  # of it, back to the owner
    agency_fen: Mapped[int | None] = mapped_column(BigInt)  # of it, to the agency
    platform_fen: Mapped[int | None] = mapped_column(BigInt)  # of it, to the platform

    __table_args__ = (
        CheckConstraint(f"fee_fen BETWEEN 1 AND {MAX_FEN}", name="fee_range"),
        CheckConstraint("passes >= 0", name="passes_not_negative"),
        CheckConstraint(
            "(settled_at IS NULL AND refund_fen IS NULL AND agency_fen IS NULL AND platform_fen IS NULL) OR "
            "(settled_at IS NOT NULL AND refund_fen >= 0 AND agency_fen >= 0 AND platform_fen >= 0 "
            "AND refund_fen + agency_fen + platform_fen = fee_fen)",
            name="split_whole",
        ),
        CheckConstraint(
            "staff_reason IS NULL OR staff_reason IN (" + ", ".join(f"'{reason}'" for reason in STAFF_REASONS) + ")",
            name="staff_reason_known",
        ),
        Index(
            "ix_appraisal_fee_staff",
            "id",
            sqlite_where=text("staff_reason IS NOT NULL"),
            postgresql_where=text("staff_reason IS NOT NULL"),
        ),
    )


_AGREED = ("id", "appraisal_id", "fee_fen", "wait_days", "terms_id", "payment_code")
_SPLIT = ("settled_at", "refund_fen", "agency_fen", "platform_fen")
_MOVED = (
    " OR ".join(f"NEW.{name} {{word}} OLD.{name}" for name in _AGREED)
    + " OR (OLD.settled_at IS NOT NULL AND ("
    + " OR ".join(f"NEW.{name} {{word}} OLD.{name}" for name in _SPLIT)
    + "))"
)
trigger(
    "tr_appraisal_fee_agreed",
    "appraisal_fee",
    sqlite=f"CREATE TRIGGER tr_appraisal_fee_agreed BEFORE UPDATE ON appraisal_fee WHEN {_MOVED.format(word='IS NOT')} "
    "BEGIN SELECT RAISE(ABORT, 'appraisal_fee: what was agreed and split does not change'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_appraisal_fee_agreed BEFORE UPDATE ON appraisal_fee FOR EACH ROW "
        f"WHEN ({_MOVED.format(word='IS DISTINCT FROM')}) EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
