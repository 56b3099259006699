"""Bank disputes: the payer's bank has taken a payment back, and decides whose the money is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import trigger
from app.kernel.money import MAX_FEN
from app.payments.models.terms import fixed_terms
from app.payments.states import DISPUTE_FLOW


class BankDispute(Machine, Base):
    """One dispute of one payment, as the provider told it. While it is open, the payment's money does not move."""

    __tablename__ = "bank_dispute"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    payment_code: Mapped[str] = mapped_column(ForeignKey("payment.code"), index=True)
    provider_ref: Mapped[str] = mapped_column(Text, unique=True)
    amount_fen: Mapped[int] = mapped_column(BigInt)  # what the bank has taken back
    reason: Mapped[str] = mapped_column(Text)  # the bank's word
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        one_of("state", DISPUTE_FLOW.states),
        CheckConstraint(f"amount_fen BETWEEN 1 AND {MAX_FEN}", name="amount_positive"),
        CheckConstraint("state = 'open' OR closed_at IS NOT NULL", name="closed_has_time"),
        Index(
            "uq_bank_dispute_open",
            "payment_code",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


fixed_terms("bank_dispute", ("id", "code", "payment_code", "provider_ref", "amount_fen", "reason", "opened_at"))

# While the bank decides, nothing leaves what is held and nothing more is owed to the payer. PostgreSQL fires triggers by name:
# this one after those that lock the payment, so that a dispute that is being written down is waited for and seen.
_MOVED = (
    "SELECT 1 FROM ledger_account a JOIN bank_dispute d ON d.state = 'open' WHERE a.id = NEW.account_id AND "
    "((a.name = 'escrow:' || d.payment_code AND NEW.amount_fen > 0) "
    "OR (a.name = 'refund_payable:' || d.payment_code AND NEW.amount_fen < 0))"
)
trigger(
    "tr_ledger_entry_undisputed",
    "ledger_entry",
    sqlite=f"CREATE TRIGGER tr_ledger_entry_undisputed BEFORE INSERT ON ledger_entry WHEN EXISTS ({_MOVED}) "
    "BEGIN SELECT RAISE(ABORT, 'the bank of the payer disputes this money'); END",
    postgresql=(
        f"""CREATE OR REPLACE FUNCTION xunyi_ledger_entry_disputed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS ({_MOVED}) THEN
            RAISE EXCEPTION 'the bank of the payer disputes this money' USING ERRCODE = '23514';
          END IF;
          RETURN NEW;
        END $$""",
        "CREATE TRIGGER tr_ledger_entry_undisputed BEFORE INSERT ON ledger_entry "
        "FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_entry_disputed()",
    ),
)
# Of one payment never more goes back than came in: by refunds, before or after the release, and by what its bank took.
# On PostgreSQL the payment is locked first, so that two refunds at once count each other.
_GONE = """SELECT coalesce(sum(CASE WHEN a.name = 'refund_payable:' || p.code AND e.amount_fen < 0 THEN -e.amount_fen
              WHEN a.name = 'chargeback_hold:' || p.code AND (e.amount_fen > 0 OR t.idem_key LIKE 'dispute_won:%')
              THEN e.amount_fen ELSE 0 END), 0)
            FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_txn t ON t.id = e.txn_id
            WHERE a.name IN ('refund_payable:' || p.code, 'chargeback_hold:' || p.code)"""
_CAME = """SELECT coalesce(sum(-e.amount_fen), 0)
            FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_txn t ON t.id = e.txn_id
            WHERE a.name = 'escrow:' || p.code AND t.idem_key = 'capture:' || p.code"""
_TOO_MUCH = (
    "SELECT 1 FROM ledger_account n JOIN payment p ON p.code = substr(n.name, 16) WHERE n.id = NEW.account_id "  # noqa: S608
    f"AND n.name LIKE 'refund_payable:%' AND ({_GONE}) - NEW.amount_fen > ({_CAME})"
)
trigger(
    "tr_ledger_entry_refund_within",
    "ledger_entry",
    sqlite=f"""CREATE TRIGGER tr_ledger_entry_refund_within BEFORE INSERT ON ledger_entry
    WHEN NEW.amount_fen < 0 AND EXISTS ({_TOO_MUCH})
    BEGIN SELECT RAISE(ABORT, 'more would go back than was paid'); END""",
    postgresql=(
        f"""CREATE OR REPLACE FUNCTION xunyi_ledger_entry_refund() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE owed_code text;
        BEGIN
          SELECT substr(name, 16) INTO owed_code FROM ledger_account WHERE id = NEW.account_id AND name LIKE 'refund_payable:%';
          IF owed_code IS NOT NULL THEN
            PERFORM 1 FROM payment WHERE code = owed_code FOR UPDATE;
            IF EXISTS ({_TOO_MUCH}) THEN
              RAISE EXCEPTION 'more would go back than was paid' USING ERRCODE = '23514';
            END IF;
          END IF;
          RETURN NEW;
        END $$""",  # noqa: S608 - our own names
        "CREATE TRIGGER tr_ledger_entry_refund_within BEFORE INSERT ON ledger_entry "
        "FOR EACH ROW WHEN (NEW.amount_fen < 0) EXECUTE FUNCTION xunyi_ledger_entry_refund()",
    ),
)
