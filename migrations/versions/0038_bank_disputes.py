"""Bank disputes; payouts that come back or are closed; never more goes back to a payer than came in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

CHECK = "ck_money_command_state_known"
BEFORE = "state IN ('planned', 'submitted', 'succeeded', 'failed')"
AFTER = "state IN ('planned', 'submitted', 'succeeded', 'failed', 'returned', 'closed')"

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_bank_dispute_fixed_terms BEFORE UPDATE OF id, code, payment_code, provider_ref, amount_fen, reason, opened_at ON bank_dispute BEGIN SELECT RAISE(ABORT, 'the terms of a bank_dispute do not change'); END""",
    r"""CREATE TRIGGER tr_bank_dispute_no_delete BEFORE DELETE ON bank_dispute BEGIN SELECT RAISE(ABORT, 'bank_dispute rows stay'); END""",
    r"""CREATE TRIGGER tr_ledger_entry_undisputed BEFORE INSERT ON ledger_entry WHEN EXISTS (SELECT 1 FROM ledger_account a JOIN bank_dispute d ON d.state = 'open' WHERE a.id = NEW.account_id AND ((a.name = 'escrow:' || d.payment_code AND NEW.amount_fen > 0) OR (a.name = 'refund_payable:' || d.payment_code AND NEW.amount_fen < 0))) BEGIN SELECT RAISE(ABORT, 'the bank of the payer disputes this money'); END""",
    r"""CREATE TRIGGER tr_ledger_entry_refund_within BEFORE INSERT ON ledger_entry
    WHEN NEW.amount_fen < 0 AND EXISTS (SELECT 1 FROM ledger_account n JOIN payment p ON p.code = substr(n.name, 16) WHERE n.id = NEW.account_id AND n.name LIKE 'refund_payable:%' AND (SELECT coalesce(sum(CASE WHEN a.name = 'refund_payable:' || p.code AND e.amount_fen < 0 THEN -e.amount_fen
              WHEN a.name = 'chargeback_hold:' || p.code AND (e.amount_fen > 0 OR t.idem_key LIKE 'dispute_won:%')
              THEN e.amount_fen ELSE 0 END), 0)
            FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_txn t ON t.id = e.txn_id
            WHERE a.name IN ('refund_payable:' || p.code, 'chargeback_hold:' || p.code)) - NEW.amount_fen > (SELECT coalesce(sum(-e.amount_fen), 0)
            FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_txn t ON t.id = e.txn_id
            WHERE a.name = 'escrow:' || p.code AND t.idem_key = 'capture:' || p.code))
    BEGIN SELECT RAISE(ABORT, 'more would go back than was paid'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_bank_dispute_fixed_terms BEFORE UPDATE OF id, code, payment_code, provider_ref, amount_fen, reason, opened_at ON bank_dispute FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_bank_dispute_no_delete BEFORE DELETE ON bank_dispute FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_ledger_entry_disputed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT 1 FROM ledger_account a JOIN bank_dispute d ON d.state = 'open' WHERE a.id = NEW.account_id AND ((a.name = 'escrow:' || d.payment_code AND NEW.amount_fen > 0) OR (a.name = 'refund_payable:' || d.payment_code AND NEW.amount_fen < 0))) THEN
            RAISE EXCEPTION 'the bank of the payer disputes this money' USING ERRCODE = '23514';
          END IF;
          RETURN NEW;
        END $$""",
    r"""CREATE TRIGGER tr_ledger_entry_undisputed BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_entry_disputed()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_ledger_entry_refund() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE owed_code text;
        BEGIN
          SELECT substr(name, 16) INTO owed_code FROM ledger_account WHERE id = NEW.account_id AND name LIKE 'refund_payable:%';
          IF owed_code IS NOT NULL THEN
            PERFORM 1 FROM payment WHERE code = owed_code FOR UPDATE;
            IF EXISTS (SELECT 1 FROM ledger_account n JOIN payment p ON p.code = substr(n.name, 16) WHERE n.id = NEW.account_id AND n.name LIKE 'refund_payable:%' AND (SELECT coalesce(sum(CASE WHEN a.name = 'refund_payable:' || p.code AND e.amount_fen < 0 THEN -e.amount_fen
              WHEN a.name = 'chargeback_hold:' || p.code AND (e.amount_fen > 0 OR t.idem_key LIKE 'dispute_won:%')
              THEN e.amount_fen ELSE 0 END), 0)
            FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_txn t ON t.id = e.txn_id
            WHERE a.name IN ('refund_payable:' || p.code, 'chargeback_hold:' || p.code)) - NEW.amount_fen > (SELECT coalesce(sum(-e.amount_fen), 0)
            FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_txn t ON t.id = e.txn_id
            WHERE a.name = 'escrow:' || p.code AND t.idem_key = 'capture:' || p.code)) THEN
              RAISE EXCEPTION 'more would go back than was paid' USING ERRCODE = '23514';
            END IF;
          END IF;
          RETURN NEW;
        END $$""",
    r"""CREATE TRIGGER tr_ledger_entry_refund_within BEFORE INSERT ON ledger_entry FOR EACH ROW WHEN (NEW.amount_fen < 0) EXECUTE FUNCTION xunyi_ledger_entry_refund()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "bank_dispute",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("payment_code", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('open', 'won', 'lost')", name=op.f("ck_bank_dispute_state_known")),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 99999999999", name=op.f("ck_bank_dispute_amount_positive")),
        sa.CheckConstraint("state = 'open' OR closed_at IS NOT NULL", name=op.f("ck_bank_dispute_closed_has_time")),
        sa.ForeignKeyConstraint(["payment_code"], ["payment.code"], name=op.f("fk_bank_dispute_payment_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_dispute")),
        sa.UniqueConstraint("code", name=op.f("uq_bank_dispute_code")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_bank_dispute_provider_ref")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_bank_dispute_payment_code"), "bank_dispute", ["payment_code"], unique=False)
    op.create_index(
        "uq_bank_dispute_open",
        "bank_dispute",
        ["payment_code"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    _check(BEFORE, AFTER)
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    bind = op.get_bind()
    for table, what, why in (
        ("bank_dispute", "1 = 1", "a bank has disputed a payment"),
        ("money_command", "state IN ('returned', 'closed')", "a payout came back or was closed"),
    ):
        if bind.execute(sa.text(f"SELECT 1 FROM {table} WHERE {what} LIMIT 1")).first():  # noqa: S608 - our own names
            raise RuntimeError(f"{why}, which the earlier release does not know")
    on = "" if bind.dialect.name == "sqlite" else " ON ledger_entry"
    for name in ("tr_ledger_entry_undisputed", "tr_ledger_entry_refund_within"):
        op.execute(f"DROP TRIGGER {name}{on}")
    if bind.dialect.name != "sqlite":
        for name in ("xunyi_ledger_entry_disputed", "xunyi_ledger_entry_refund"):
            op.execute(f"DROP FUNCTION {name}()")
    _check(AFTER, BEFORE)
    op.drop_table("bank_dispute")


def _check(old: str, new: str) -> None:
    """Change the states of a command. No batch mode: it would rebuild the table without its triggers."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(CHECK, "money_command", type_="check")
        op.create_check_constraint(op.f(CHECK), "money_command", new)
        return
    run = op.get_bind().exec_driver_sql
    run("PRAGMA writable_schema = ON")
    try:
        sql = run("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'money_command'").scalar_one()
        if sql.count(old) != 1:
            raise RuntimeError(f"money_command: expected once in its definition: {old}")
        run("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'money_command'", (sql.replace(old, new),))
        version = run("PRAGMA schema_version").scalar_one()
        run(f"PRAGMA schema_version = {version + 1}")
    finally:
        run("PRAGMA writable_schema = RESET")
    broken = run("PRAGMA integrity_check").scalars().all()
    if broken != ["ok"]:
        raise RuntimeError(f"the database is not in order after the change: {broken[:3]}")
