"""What is taken back of a payout from its receiver, for a refund after the release."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import refuse
from app.kernel.money import MAX_FEN
from app.payments.models.terms import fixed_terms
from app.payments.states import NOT_TAKEN, TAKE_BACK_FLOW


class TakeBack(Machine, Base):
    """One amount out of one payout for one refund. Of a payout never more is taken back than it was."""

    __tablename__ = "take_back"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    payout_code: Mapped[str] = mapped_column(ForeignKey("money_command.code"))
    refund_code: Mapped[str] = mapped_column(ForeignKey("money_command.code"), index=True)
    amount_fen: Mapped[int] = mapped_column(BigInt)
    provider_ref: Mapped[str | None] = mapped_column(Text)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("state", TAKE_BACK_FLOW.states),
        UniqueConstraint("payout_code", "refund_code"),
        CheckConstraint(f"amount_fen BETWEEN 1 AND {MAX_FEN}", name="amount_positive"),
    )


fixed_terms("take_back", ("id", "code", "payout_code", "refund_code", "amount_fen", "created_at"))
refuse(
    "tr_take_back_within",
    "take_back",
    "INSERT",
    "(SELECT coalesce(sum(t.amount_fen), 0) FROM take_back t "  # noqa: S608 - our own names
    f"WHERE t.payout_code = NEW.payout_code AND t.state <> '{NOT_TAKEN}') "
    "+ NEW.amount_fen > (SELECT c.amount_fen FROM money_command c WHERE c.code = NEW.payout_code)",
    "more would be taken back than was paid out",
)
