"""The bank door: what a payer is asked to transfer, rows of imported statements, and transfers that go out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Day, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.money import MAX_FEN
from app.payments.models.terms import fixed_terms
from app.payments.states import ROW_FLOW, ROW_RESOLVED, TRANSFER_FLOW

TRANSFER_KINDS = ("refund", "payout", "return")  # a return sends money back that belongs to no payment
ROW_KINDS = ("capture", "received", "payout_return", "refund", "payout", "return", "fee", "taken")


class BankInstruction(Base):
    """What one try of a payer shall transfer: this amount, with this reference. It never changes."""

    __tablename__ = "bank_instruction"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    payment_code: Mapped[str] = mapped_column(ForeignKey("payment.code"))
    attempt: Mapped[int] = mapped_column(BigInt)
    reference: Mapped[str] = mapped_column(Text, unique=True)  # what the payer writes into the transfer
    amount_fen: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("payment_code", "attempt"),
        CheckConstraint(f"amount_fen BETWEEN 1 AND {MAX_FEN}", name="amount_positive"),
    )


class BankImport(Base):
    """One statement file that was read: how many of its rows were new, known already, or could not be read."""

    __tablename__ = "bank_import"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # nobody for a command
    sha256: Mapped[str] = mapped_column(Text)
    new_count: Mapped[int] = mapped_column(BigInt)
    known_count: Mapped[int] = mapped_column(BigInt)
    faults: Mapped[Any] = mapped_column(JsonText)  # a list of {line, fault}: which rows were left out, and why


class BankFile(Base):
    """One payment file: the transfers that name it were given to the bank with it."""

    __tablename__ = "bank_file"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    count: Mapped[int] = mapped_column(BigInt)
    total_fen: Mapped[int] = mapped_column(BigInt)


class BankRow(Machine, Base):
    """One row of a statement: money that really came in (positive) or went out. Each number of the bank once."""

    __tablename__ = "bank_row"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    number: Mapped[str] = mapped_column(Text, unique=True)  # the bank's own number of the row
    sha256: Mapped[str] = mapped_column(Text)  # of everything that the row says: the same number with other values is refused
    booked_on: Mapped[date] = mapped_column(Day)
    amount_fen: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str] = mapped_column(Text)
    other_sealed: Mapped[str] = mapped_column(Text)  # name and account of the other side
    memo: Mapped[str] = mapped_column(Text)  # what was written into the transfer
    kind: Mapped[str] = mapped_column(Text)  # what the row is in our books: part of the ledger's key
    about: Mapped[str] = mapped_column(Text)  # code of the payment, command, transfer or row that the key names
    paid_for: Mapped[str | None] = mapped_column(ForeignKey("payment.code"), index=True)  # the payment whose money it is
    why: Mapped[str] = mapped_column(
        Text, default=""
    )  # why nobody could match it (rules.ROW_WORDS); empty when it was matched at once
    read_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("state", ROW_FLOW.states),
        one_of("kind", ROW_KINDS),
        CheckConstraint(f"amount_fen <> 0 AND amount_fen BETWEEN -{MAX_FEN} AND {MAX_FEN}", name="amount_real"),
        CheckConstraint(f"state = '{ROW_RESOLVED}' OR why <> ''", name="open_has_reason"),
        CheckConstraint("(amount_fen > 0) = (kind IN ('capture', 'received', 'payout_return'))", name="kind_fits_sign"),
        Index(
            "ix_bank_row_waiting",
            "id",
            sqlite_where=text(f"state <> '{ROW_RESOLVED}'"),
            postgresql_where=text(f"state <> '{ROW_RESOLVED}'"),
        ),
    )


class BankTransfer(Machine, Base):
    """One transfer that shall go out. ``destination``: ``user:`` or ``organisation:`` and a code, or ``row:`` and the code of
    the row whose sender gets it."""

    __tablename__ = "bank_transfer"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    kind: Mapped[str] = mapped_column(Text)
    idem_key: Mapped[str] = mapped_column(Text, unique=True)
    command_code: Mapped[str | None] = mapped_column(ForeignKey("money_command.code"), index=True)
    row_code: Mapped[str | None] = mapped_column(ForeignKey("bank_row.code"), index=True)  # of a return: what is sent back
    told: Mapped[Any] = mapped_column(JsonText)  # what we gave with it: command_code and round
    reference: Mapped[str] = mapped_column(Text, unique=True)  # the bank's statement shows it again
    destination: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    file_code: Mapped[str | None] = mapped_column(ForeignKey("bank_file.code"), index=True)

    __table_args__ = (
        one_of("state", TRANSFER_FLOW.states),
        one_of("kind", TRANSFER_KINDS),
        CheckConstraint(f"amount_fen BETWEEN 1 AND {MAX_FEN}", name="amount_positive"),
        CheckConstraint("(kind = 'return') = (command_code IS NULL)", name="command_unless_return"),
        CheckConstraint("(kind = 'return') = (row_code IS NOT NULL)", name="return_of_row"),
    )


fixed_terms("bank_instruction", ("id", "code", "payment_code", "attempt", "reference", "amount_fen", "currency", "created_at"))
fixed_terms("bank_import", ("id", "code", "at", "by_id", "sha256", "new_count", "known_count", "faults"))
fixed_terms("bank_file", ("id", "code", "at", "by_id", "count", "total_fen"))
fixed_terms(
    "bank_row", ("id", "code", "number", "sha256", "booked_on", "amount_fen", "currency", "other_sealed", "memo", "read_at")
)
fixed_terms(
    "bank_transfer",
    ("id", "code", "kind", "idem_key", "command_code", "row_code", "told", "reference", "destination", "amount_fen", "currency",
     "created_at"),
)  # fmt: skip
