"""Holds, commands to the provider, and what the provider told us."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import append_only
from app.kernel.money import MAX_FEN
from app.payments.models.terms import fixed_terms
from app.payments.rules import CURRENCY, PURPOSES
from app.payments.states import COMMAND_FAILED, COMMAND_FLOW, DONE, PAYMENT_FLOW, RETURNED

COMMAND_KINDS = ("refund", "payout")


class Payment(Machine, Base):
    """Money that somebody shall pay and that is then held until its opener says where it goes."""

    __tablename__ = "payment"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    purpose: Mapped[str] = mapped_column(Text)
    payer_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str] = mapped_column(Text, default=CURRENCY)
    subject: Mapped[str] = mapped_column(Text, default="")  # what is paid, in plain words, for the payer's page
    return_link: Mapped[str] = mapped_column(Text, default="")  # our own path where the payer goes on
    attempt: Mapped[int] = mapped_column(BigInt, default=1)  # counts the payer's tries; part of the provider's key
    intent_id: Mapped[str | None] = mapped_column(Text, unique=True)  # the provider's id of the present try
    deadline_at: Mapped[datetime] = mapped_column(Instant)  # until when the thing is reserved
    frozen_at: Mapped[datetime | None] = mapped_column(Instant)
    freeze_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("state", PAYMENT_FLOW.states),
        one_of("purpose", PURPOSES),
        CheckConstraint(f"amount_fen BETWEEN 1 AND {MAX_FEN}", name="amount_positive"),
        CheckConstraint("length(currency) = 3", name="currency_iso"),
        CheckConstraint("frozen_at IS NULL OR (state = 'settled' AND freeze_reason IS NOT NULL)", name="frozen_when_settled"),
    )


class MoneyCommand(Machine, Base):
    """A refund or payout that the provider shall carry out: planned with the decision, confirmed by the provider's news."""

    __tablename__ = "money_command"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    kind: Mapped[str] = mapped_column(Text)
    payment_code: Mapped[str | None] = mapped_column(ForeignKey("payment.code"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)  # who gets it; of an agency's: who answers for it
    amount_fen: Mapped[int] = mapped_column(BigInt)
    reason: Mapped[str] = mapped_column(Text, default="")
    provider_ref: Mapped[str | None] = mapped_column(Text, unique=True)
    attempts: Mapped[int] = mapped_column(BigInt, default=0)  # calls to the provider, of all rounds
    round: Mapped[int] = mapped_column(BigInt, default=1)  # a new round, with a new key, only after a definite failure
    last_error: Mapped[str | None] = mapped_column(Text)
    idem_key: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("state", COMMAND_FLOW.states),
        one_of("kind", COMMAND_KINDS),
        CheckConstraint(f"amount_fen BETWEEN 1 AND {MAX_FEN}", name="amount_positive"),
        CheckConstraint("kind <> 'refund' OR payment_code IS NOT NULL", name="refund_of_payment"),
        Index(
            "ix_money_command_unfinished",
            "id",
            sqlite_where=text("state <> 'succeeded'"),
            postgresql_where=text("state <> 'succeeded'"),
        ),
    )

    @property
    def provider_key(self) -> str:
        """The idempotency key given to the provider: the same for every call of one round."""
        return f"{self.idem_key}:{self.round}"

    @property
    def is_done(self) -> bool:
        """Nobody waits for it: the provider has done it, or the money was needed for something else."""
        return self.state in DONE

    @property
    def is_refused(self) -> bool:
        """The provider will not do it, or the bank has sent it back: it has to be asked for again."""
        return self.state in (COMMAND_FAILED, RETURNED)


class ReceivedEvent(Base):
    """An event of the provider that was taken in, once. Written in the transaction of its effect."""

    __tablename__ = "provider_event"

    id: Mapped[int] = pk()
    event_id: Mapped[str] = mapped_column(Text, unique=True)
    type: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    payload: Mapped[Any] = mapped_column(JsonText)
    received_at: Mapped[datetime] = mapped_column(Instant)


append_only(ReceivedEvent)


class ParkedEvent(Base):
    """An event about something that we do not know (yet): how often it was sent."""

    __tablename__ = "parked_event"

    id: Mapped[int] = pk()
    event_id: Mapped[str] = mapped_column(Text, unique=True)
    times: Mapped[int] = mapped_column(BigInt)
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)


class Anomaly(Base):
    """Something the provider said that does not fit our books: never acted upon, shown to staff until somebody looked at it."""

    __tablename__ = "money_anomaly"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    kind: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str | None] = mapped_column(Text)
    payment_code: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[Any] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    note: Mapped[str | None] = mapped_column(Text)  # what the member of staff found out

    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (note IS NULL)", name="closed_with_note"),
        Index("ix_money_anomaly_open", "id", sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL")),
    )


fixed_terms("payment", ("id", "code", "purpose", "payer_id", "amount_fen", "currency", "created_at"))
fixed_terms("money_command", ("id", "code", "kind", "payment_code", "user_id", "amount_fen", "idem_key", "created_at"))
