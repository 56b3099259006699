"""The double-entry ledger: append-only, balanced, never overdrawn. The database itself refuses everything else.

A balance is never stored: it is the sum of the entries of posted transactions, on the account's normal side. How a
transaction is sealed differs, because SQLite has no deferred triggers:

- SQLite: inserted as ``open``, entries added, then the one allowed update ``open -> posted``, whose trigger counts, sums and
  looks for overdrafts. A posted transaction takes no more entries.
- PostgreSQL: inserted as ``posted``; ``xid`` (set by a trigger) says in which database transaction, and entries are taken
  only there; deferred constraint triggers count, sum and look for overdrafts at the commit.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Flag, Instant, one_of, pk
from app.kernel.guards import REFUSE_CHANGE, append_only, trigger
from app.kernel.money import MAX_FEN
from app.payments.rules import ACCOUNT_KINDS

TXN_STATES = ("open", "posted")


class LedgerAccount(Base):
    """One account. Its kind, currency and whether it may go below zero never change."""

    __tablename__ = "ledger_account"

    id: Mapped[int] = pk()
    name: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)  # ISO 4217
    allow_negative: Mapped[bool] = mapped_column(Flag)

    __table_args__ = (one_of("kind", ACCOUNT_KINDS), CheckConstraint("length(currency) = 3", name="currency_iso"))


class LedgerTxn(Base):
    """One business event in the books. A correction is a new transaction that names the old one in ``reverses``."""

    __tablename__ = "ledger_txn"

    id: Mapped[int] = pk()
    idem_key: Mapped[str] = mapped_column(Text, unique=True)  # from the business event, such as "capture:<payment code>"
    at: Mapped[datetime] = mapped_column(Instant)
    memo: Mapped[str] = mapped_column(Text)
    reverses: Mapped[int | None] = mapped_column(ForeignKey("ledger_txn.id"), unique=True)
    state: Mapped[str] = mapped_column(Text)
    xid: Mapped[int | None] = mapped_column(BigInt)  # PostgreSQL: the database transaction that wrote it; set by a trigger

    __table_args__ = (one_of("state", TXN_STATES),)


class LedgerEntry(Base):
    """One line: debit positive, credit negative, fen."""

    __tablename__ = "ledger_entry"

    id: Mapped[int] = pk()
    txn_id: Mapped[int] = mapped_column(ForeignKey("ledger_txn.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"))
    amount_fen: Mapped[int] = mapped_column(BigInt)

    __table_args__ = (
        CheckConstraint(f"amount_fen <> 0 AND amount_fen BETWEEN -{MAX_FEN} AND {MAX_FEN}", name="amount_real"),
        Index("ix_ledger_entry_account", "account_id", "txn_id", "amount_fen"),  # a balance is read from the index alone
    )


append_only(LedgerAccount)
append_only(LedgerEntry)

trigger(
    "tr_ledger_txn_starts_open",
    "ledger_txn",
    sqlite="CREATE TRIGGER tr_ledger_txn_starts_open BEFORE INSERT ON ledger_txn WHEN NEW.state <> 'open' "
    "BEGIN SELECT RAISE(ABORT, 'ledger_txn begins open'); END",
    postgresql=(
        """CREATE OR REPLACE FUNCTION xunyi_ledger_txn_insert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> 'posted' THEN RAISE EXCEPTION 'ledger_txn is inserted as posted' USING ERRCODE = '23514'; END IF;
          NEW.xid := pg_current_xact_id()::text::bigint;
          RETURN NEW;
        END $$""",
        "CREATE TRIGGER tr_ledger_txn_starts_open BEFORE INSERT ON ledger_txn "
        "FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_txn_insert()",
    ),
)
trigger(
    "tr_ledger_txn_no_replace",
    "ledger_txn",
    sqlite="CREATE TRIGGER tr_ledger_txn_no_replace BEFORE INSERT ON ledger_txn "
    "WHEN EXISTS (SELECT 1 FROM ledger_txn WHERE id = NEW.id OR idem_key = NEW.idem_key OR reverses = NEW.reverses) "
    "BEGIN SELECT RAISE(ABORT, 'ledger_txn is append-only'); END",
)
trigger(
    "tr_ledger_txn_no_delete",
    "ledger_txn",
    sqlite="CREATE TRIGGER tr_ledger_txn_no_delete BEFORE DELETE ON ledger_txn "
    "BEGIN SELECT RAISE(ABORT, 'ledger_txn is append-only'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_ledger_txn_no_delete BEFORE DELETE ON ledger_txn FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
trigger(
    "tr_ledger_txn_no_truncate",
    "ledger_txn",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_ledger_txn_no_truncate BEFORE TRUNCATE ON ledger_txn "
        "FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
trigger(
    "tr_ledger_txn_only_posting",
    "ledger_txn",
    sqlite="CREATE TRIGGER tr_ledger_txn_only_posting BEFORE UPDATE ON ledger_txn "
    "WHEN NOT (OLD.state = 'open' AND NEW.state = 'posted' AND NEW.id IS OLD.id AND NEW.idem_key IS OLD.idem_key "
    "AND NEW.at IS OLD.at AND NEW.memo IS OLD.memo AND NEW.reverses IS OLD.reverses AND NEW.xid IS OLD.xid) "
    "BEGIN SELECT RAISE(ABORT, 'ledger_txn is append-only'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_ledger_txn_only_posting BEFORE UPDATE ON ledger_txn "
        "FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
# Only a movement that lowers a balance can overdraw it, so only the accounts lowered by this transaction are summed.
trigger(
    "tr_ledger_txn_balanced",
    "ledger_txn",
    sqlite="""CREATE TRIGGER tr_ledger_txn_balanced BEFORE UPDATE ON ledger_txn WHEN NEW.state = 'posted'
    BEGIN
      SELECT RAISE(ABORT, 'a transaction has two entries or more')
        WHERE (SELECT count(*) FROM ledger_entry WHERE txn_id = NEW.id) < 2;
      SELECT RAISE(ABORT, 'a transaction adds up to zero in each currency')
        WHERE EXISTS (SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
          WHERE e.txn_id = NEW.id GROUP BY a.currency HAVING sum(e.amount_fen) <> 0);
      SELECT RAISE(ABORT, 'an account would go below zero')
        WHERE EXISTS (SELECT 1 FROM ledger_account a
          WHERE a.allow_negative = 0
          AND a.id IN (SELECT account_id FROM ledger_entry WHERE txn_id = NEW.id)
          AND (SELECT sum(e.amount_fen) FROM ledger_entry e WHERE e.txn_id = NEW.id AND e.account_id = a.id)
            * (CASE WHEN a.kind IN ('asset', 'expense') THEN 1 ELSE -1 END) < 0
          AND (SELECT sum(e.amount_fen) FROM ledger_entry e JOIN ledger_txn t ON t.id = e.txn_id
              WHERE e.account_id = a.id AND (t.state = 'posted' OR t.id = NEW.id))
            * (CASE WHEN a.kind IN ('asset', 'expense') THEN 1 ELSE -1 END) < 0);
    END""",
    postgresql=(
        """CREATE OR REPLACE FUNCTION xunyi_ledger_check_txn(the_txn bigint) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
          IF (SELECT count(*) FROM ledger_entry WHERE txn_id = the_txn) < 2 THEN
            RAISE EXCEPTION 'a transaction has two entries or more' USING ERRCODE = '23514';
          END IF;
          IF EXISTS (SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
              WHERE e.txn_id = the_txn GROUP BY a.currency HAVING sum(e.amount_fen) <> 0) THEN
            RAISE EXCEPTION 'a transaction adds up to zero in each currency' USING ERRCODE = '23514';
          END IF;
        END $$""",
        """CREATE OR REPLACE FUNCTION xunyi_ledger_txn_commit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM xunyi_ledger_check_txn(NEW.id); RETURN NULL; END $$""",
        "CREATE CONSTRAINT TRIGGER tr_ledger_txn_balanced AFTER INSERT ON ledger_txn DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_txn_commit()",
    ),
)
# The account's row is locked by whoever lowers its balance: the next one waits, then sums what the first has left. Raising
# needs no lock: money that is not committed yet is not counted by anybody else. REPEATABLE READ would keep its old view
# after the wait, so it is refused; SERIALIZABLE notices the conflict by itself.
trigger(
    "tr_ledger_entry_into_own_txn",
    "ledger_entry",
    sqlite="CREATE TRIGGER tr_ledger_entry_into_own_txn BEFORE INSERT ON ledger_entry "
    "WHEN (SELECT state FROM ledger_txn WHERE id = NEW.txn_id) IS NOT 'open' "
    "OR NOT EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.account_id) "  # foreign keys may be off there
    "BEGIN SELECT RAISE(ABORT, 'this transaction is sealed'); END",
    postgresql=(
        """CREATE OR REPLACE FUNCTION xunyi_ledger_entry_insert() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE acc ledger_account%ROWTYPE;
        BEGIN
          IF current_setting('transaction_isolation') NOT IN ('read committed', 'serializable') THEN
            RAISE EXCEPTION 'the ledger is written in READ COMMITTED or SERIALIZABLE' USING ERRCODE = '23514';
          END IF;
          IF (SELECT xid FROM ledger_txn WHERE id = NEW.txn_id) IS DISTINCT FROM pg_current_xact_id()::text::bigint THEN
            RAISE EXCEPTION 'this transaction is sealed' USING ERRCODE = '23514';
          END IF;
          SELECT * INTO acc FROM ledger_account WHERE id = NEW.account_id;
          IF NOT acc.allow_negative AND (acc.kind IN ('asset', 'expense')) = (NEW.amount_fen < 0) THEN
            PERFORM 1 FROM ledger_account WHERE id = NEW.account_id FOR UPDATE;
          END IF;
          RETURN NEW;
        END $$""",
        "CREATE TRIGGER tr_ledger_entry_into_own_txn BEFORE INSERT ON ledger_entry "
        "FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_entry_insert()",
    ),
)
trigger(
    "tr_ledger_entry_balanced",
    "ledger_entry",
    postgresql=(
        """CREATE OR REPLACE FUNCTION xunyi_ledger_entry_commit() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE acc ledger_account%ROWTYPE; side int;
        BEGIN
          PERFORM xunyi_ledger_check_txn(NEW.txn_id);
          SELECT * INTO acc FROM ledger_account WHERE id = NEW.account_id;
          side := CASE WHEN acc.kind IN ('asset', 'expense') THEN 1 ELSE -1 END;
          IF NOT acc.allow_negative AND NEW.amount_fen * side < 0
              AND (SELECT sum(amount_fen) FROM ledger_entry WHERE account_id = acc.id) * side < 0 THEN
            RAISE EXCEPTION 'an account would go below zero' USING ERRCODE = '23514';
          END IF;
          RETURN NULL;
        END $$""",
        "CREATE CONSTRAINT TRIGGER tr_ledger_entry_balanced AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_entry_commit()",
    ),
)
# "No money command succeeds while frozen", said once more where nobody can forget it. The row is share-locked, so that a
# freeze that is being committed is waited for.
trigger(
    "tr_ledger_entry_not_frozen",
    "ledger_entry",
    sqlite="CREATE TRIGGER tr_ledger_entry_not_frozen BEFORE INSERT ON ledger_entry WHEN NEW.amount_fen > 0 "
    "AND EXISTS (SELECT 1 FROM ledger_account a JOIN payment p ON a.name = 'escrow:' || p.code "
    "WHERE a.id = NEW.account_id AND p.frozen_at IS NOT NULL) "
    "BEGIN SELECT RAISE(ABORT, 'this money is frozen'); END",
    postgresql=(
        """CREATE OR REPLACE FUNCTION xunyi_ledger_entry_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE held_code text; since timestamptz;
        BEGIN
          SELECT substr(name, 8) INTO held_code FROM ledger_account WHERE id = NEW.account_id AND name LIKE 'escrow:%';
          IF held_code IS NOT NULL THEN
            SELECT frozen_at INTO since FROM payment WHERE code = held_code FOR SHARE;
            IF since IS NOT NULL THEN RAISE EXCEPTION 'this money is frozen' USING ERRCODE = '23514'; END IF;
          END IF;
          RETURN NEW;
        END $$""",
        "CREATE TRIGGER tr_ledger_entry_not_frozen BEFORE INSERT ON ledger_entry "
        "FOR EACH ROW WHEN (NEW.amount_fen > 0) EXECUTE FUNCTION xunyi_ledger_entry_frozen()",
    ),
)
