"""Ledger, payments and provider events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_ledger_account_no_update BEFORE UPDATE ON ledger_account BEGIN SELECT RAISE(ABORT, 'ledger_account is append-only'); END""",
    r"""CREATE TRIGGER tr_ledger_account_no_delete BEFORE DELETE ON ledger_account BEGIN SELECT RAISE(ABORT, 'ledger_account is append-only'); END""",
    r"""CREATE TRIGGER tr_ledger_account_no_replace BEFORE INSERT ON ledger_account WHEN EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM ledger_account WHERE name = NEW.name) BEGIN SELECT RAISE(ABORT, 'ledger_account is append-only'); END""",
    r"""CREATE TRIGGER tr_ledger_entry_no_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END""",
    r"""CREATE TRIGGER tr_ledger_entry_no_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END""",
    r"""CREATE TRIGGER tr_ledger_entry_no_replace BEFORE INSERT ON ledger_entry WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END""",
    r"""CREATE TRIGGER tr_ledger_txn_starts_open BEFORE INSERT ON ledger_txn WHEN NEW.state <> 'open' BEGIN SELECT RAISE(ABORT, 'ledger_txn begins open'); END""",
    r"""CREATE TRIGGER tr_ledger_txn_no_replace BEFORE INSERT ON ledger_txn WHEN EXISTS (SELECT 1 FROM ledger_txn WHERE id = NEW.id OR idem_key = NEW.idem_key OR reverses = NEW.reverses) BEGIN SELECT RAISE(ABORT, 'ledger_txn is append-only'); END""",
    r"""CREATE TRIGGER tr_ledger_txn_no_delete BEFORE DELETE ON ledger_txn BEGIN SELECT RAISE(ABORT, 'ledger_txn is append-only'); END""",
    r"""CREATE TRIGGER tr_ledger_txn_only_posting BEFORE UPDATE ON ledger_txn WHEN NOT (OLD.state = 'open' AND NEW.state = 'posted' AND NEW.id IS OLD.id AND NEW.idem_key IS OLD.idem_key AND NEW.at IS OLD.at AND NEW.memo IS OLD.memo AND NEW.reverses IS OLD.reverses AND NEW.xid IS OLD.xid) BEGIN SELECT RAISE(ABORT, 'ledger_txn is append-only'); END""",
    r"""CREATE TRIGGER tr_ledger_txn_balanced BEFORE UPDATE ON ledger_txn WHEN NEW.state = 'posted'
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
    r"""CREATE TRIGGER tr_ledger_entry_into_own_txn BEFORE INSERT ON ledger_entry WHEN (SELECT state FROM ledger_txn WHERE id = NEW.txn_id) IS NOT 'open' OR NOT EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.account_id) BEGIN SELECT RAISE(ABORT, 'this transaction is sealed'); END""",
    r"""CREATE TRIGGER tr_ledger_entry_not_frozen BEFORE INSERT ON ledger_entry WHEN NEW.amount_fen > 0 AND EXISTS (SELECT 1 FROM ledger_account a JOIN payment p ON a.name = 'escrow:' || p.code WHERE a.id = NEW.account_id AND p.frozen_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'this money is frozen'); END""",
    r"""CREATE TRIGGER tr_provider_event_no_update BEFORE UPDATE ON provider_event BEGIN SELECT RAISE(ABORT, 'provider_event is append-only'); END""",
    r"""CREATE TRIGGER tr_provider_event_no_delete BEFORE DELETE ON provider_event BEGIN SELECT RAISE(ABORT, 'provider_event is append-only'); END""",
    r"""CREATE TRIGGER tr_provider_event_no_replace BEFORE INSERT ON provider_event WHEN EXISTS (SELECT 1 FROM provider_event WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM provider_event WHERE event_id = NEW.event_id) BEGIN SELECT RAISE(ABORT, 'provider_event is append-only'); END""",
    r"""CREATE TRIGGER tr_payment_fixed_terms BEFORE UPDATE OF id, code, purpose, payer_id, amount_fen, currency, created_at ON payment BEGIN SELECT RAISE(ABORT, 'the terms of a payment do not change'); END""",
    r"""CREATE TRIGGER tr_payment_no_delete BEFORE DELETE ON payment BEGIN SELECT RAISE(ABORT, 'payment rows stay'); END""",
    r"""CREATE TRIGGER tr_money_command_fixed_terms BEFORE UPDATE OF id, code, kind, payment_code, user_id, amount_fen, idem_key, created_at ON money_command BEGIN SELECT RAISE(ABORT, 'the terms of a money_command do not change'); END""",
    r"""CREATE TRIGGER tr_money_command_no_delete BEFORE DELETE ON money_command BEGIN SELECT RAISE(ABORT, 'money_command rows stay'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_ledger_account_no_update BEFORE UPDATE ON ledger_account FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_ledger_account_no_delete BEFORE DELETE ON ledger_account FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_ledger_account_no_truncate BEFORE TRUNCATE ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_ledger_entry_no_update BEFORE UPDATE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_ledger_entry_no_delete BEFORE DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_ledger_txn_insert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> 'posted' THEN RAISE EXCEPTION 'ledger_txn is inserted as posted' USING ERRCODE = '23514'; END IF;
          NEW.xid := pg_current_xact_id()::text::bigint;
          RETURN NEW;
        END $$""",
    r"""CREATE TRIGGER tr_ledger_txn_starts_open BEFORE INSERT ON ledger_txn FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_txn_insert()""",
    r"""CREATE TRIGGER tr_ledger_txn_no_delete BEFORE DELETE ON ledger_txn FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_ledger_txn_no_truncate BEFORE TRUNCATE ON ledger_txn FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_ledger_txn_only_posting BEFORE UPDATE ON ledger_txn FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_ledger_check_txn(the_txn bigint) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
          IF (SELECT count(*) FROM ledger_entry WHERE txn_id = the_txn) < 2 THEN
            RAISE EXCEPTION 'a transaction has two entries or more' USING ERRCODE = '23514';
          END IF;
          IF EXISTS (SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
              WHERE e.txn_id = the_txn GROUP BY a.currency HAVING sum(e.amount_fen) <> 0) THEN
            RAISE EXCEPTION 'a transaction adds up to zero in each currency' USING ERRCODE = '23514';
          END IF;
        END $$""",
    r"""CREATE OR REPLACE FUNCTION xunyi_ledger_txn_commit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM xunyi_ledger_check_txn(NEW.id); RETURN NULL; END $$""",
    r"""CREATE CONSTRAINT TRIGGER tr_ledger_txn_balanced AFTER INSERT ON ledger_txn DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_txn_commit()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_ledger_entry_insert() RETURNS trigger LANGUAGE plpgsql AS $$
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
    r"""CREATE TRIGGER tr_ledger_entry_into_own_txn BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_entry_insert()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_ledger_entry_commit() RETURNS trigger LANGUAGE plpgsql AS $$
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
    r"""CREATE CONSTRAINT TRIGGER tr_ledger_entry_balanced AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION xunyi_ledger_entry_commit()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_ledger_entry_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE held_code text; since timestamptz;
        BEGIN
          SELECT substr(name, 8) INTO held_code FROM ledger_account WHERE id = NEW.account_id AND name LIKE 'escrow:%';
          IF held_code IS NOT NULL THEN
            SELECT frozen_at INTO since FROM payment WHERE code = held_code FOR SHARE;
            IF since IS NOT NULL THEN RAISE EXCEPTION 'this money is frozen' USING ERRCODE = '23514'; END IF;
          END IF;
          RETURN NEW;
        END $$""",
    r"""CREATE TRIGGER tr_ledger_entry_not_frozen BEFORE INSERT ON ledger_entry FOR EACH ROW WHEN (NEW.amount_fen > 0) EXECUTE FUNCTION xunyi_ledger_entry_frozen()""",
    r"""CREATE TRIGGER tr_provider_event_no_update BEFORE UPDATE ON provider_event FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_provider_event_no_delete BEFORE DELETE ON provider_event FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_provider_event_no_truncate BEFORE TRUNCATE ON provider_event FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_payment_fixed_terms BEFORE UPDATE OF id, code, purpose, payer_id, amount_fen, currency, created_at ON payment FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_payment_no_delete BEFORE DELETE ON payment FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_money_command_fixed_terms BEFORE UPDATE OF id, code, kind, payment_code, user_id, amount_fen, idem_key, created_at ON money_command FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_money_command_no_delete BEFORE DELETE ON money_command FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
]
FUNCTIONS = [
    "xunyi_ledger_txn_insert",
    "xunyi_ledger_check_txn",
    "xunyi_ledger_txn_commit",
    "xunyi_ledger_entry_insert",
    "xunyi_ledger_entry_commit",
    "xunyi_ledger_entry_frozen",
]


def upgrade() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("allow_negative", FLAG, nullable=False),
        sa.CheckConstraint("kind IN ('asset', 'liability', 'income', 'expense')", name=op.f("ck_ledger_account_kind_known")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_ledger_account_currency_iso")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("name", name=op.f("uq_ledger_account_name")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_txn",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("idem_key", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("reverses", BIGINT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("xid", BIGINT, nullable=True),
        sa.CheckConstraint("state IN ('open', 'posted')", name=op.f("ck_ledger_txn_state_known")),
        sa.ForeignKeyConstraint(["reverses"], ["ledger_txn.id"], name=op.f("fk_ledger_txn_reverses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_txn")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_ledger_txn_idem_key")),
        sa.UniqueConstraint("reverses", name=op.f("uq_ledger_txn_reverses")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "parked_event",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("times", BIGINT, nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_parked_event_event_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "provider_event",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_provider_event_event_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("txn_id", BIGINT, nullable=False),
        sa.Column("account_id", BIGINT, nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.CheckConstraint(
            "amount_fen <> 0 AND amount_fen BETWEEN -99999999999 AND 99999999999", name=op.f("ck_ledger_entry_amount_real")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_entry_account_id")),
        sa.ForeignKeyConstraint(["txn_id"], ["ledger_txn.id"], name=op.f("fk_ledger_entry_txn_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_ledger_entry_account", "ledger_entry", ["account_id", "txn_id", "amount_fen"], unique=False)
    op.create_index(op.f("ix_ledger_entry_txn_id"), "ledger_entry", ["txn_id"], unique=False)
    op.create_table(
        "money_anomaly",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("payment_code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_by", BIGINT, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (note IS NULL)", name=op.f("ck_money_anomaly_closed_with_note")),
        sa.ForeignKeyConstraint(["closed_by"], ["app_user.id"], name=op.f("fk_money_anomaly_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_anomaly")),
        sa.UniqueConstraint("code", name=op.f("uq_money_anomaly_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_money_anomaly_open",
        "money_anomaly",
        ["id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "payment",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("payer_id", BIGINT, nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("return_link", sa.Text(), nullable=False),
        sa.Column("attempt", BIGINT, nullable=False),
        sa.Column("intent_id", sa.Text(), nullable=True),
        sa.Column("deadline_at", INSTANT, nullable=False),
        sa.Column("frozen_at", INSTANT, nullable=True),
        sa.Column("freeze_reason", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "frozen_at IS NULL OR (state = 'settled' AND freeze_reason IS NOT NULL)", name=op.f("ck_payment_frozen_when_settled")
        ),
        sa.CheckConstraint("purpose IN ('order', 'appraisal_fee', 'deposit')", name=op.f("ck_payment_purpose_known")),
        sa.CheckConstraint("state IN ('open', 'settled', 'failed', 'cancelled')", name=op.f("ck_payment_state_known")),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 99999999999", name=op.f("ck_payment_amount_positive")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_payment_currency_iso")),
        sa.ForeignKeyConstraint(["payer_id"], ["app_user.id"], name=op.f("fk_payment_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("code", name=op.f("uq_payment_code")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_payment_intent_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_payment_payer_id"), "payment", ["payer_id"], unique=False)
    op.create_table(
        "money_command",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_code", sa.Text(), nullable=True),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("attempts", BIGINT, nullable=False),
        sa.Column("round", BIGINT, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("idem_key", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind <> 'refund' OR payment_code IS NOT NULL", name=op.f("ck_money_command_refund_of_payment")),
        sa.CheckConstraint("kind IN ('refund', 'payout')", name=op.f("ck_money_command_kind_known")),
        sa.CheckConstraint("state IN ('planned', 'submitted', 'succeeded', 'failed')", name=op.f("ck_money_command_state_known")),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 99999999999", name=op.f("ck_money_command_amount_positive")),
        sa.ForeignKeyConstraint(["payment_code"], ["payment.code"], name=op.f("fk_money_command_payment_code")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_money_command_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_command")),
        sa.UniqueConstraint("code", name=op.f("uq_money_command_code")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_money_command_idem_key")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_money_command_provider_ref")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_money_command_payment_code"), "money_command", ["payment_code"], unique=False)
    op.create_index(
        "ix_money_command_unfinished",
        "money_command",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state <> 'succeeded'"),
        postgresql_where=sa.text("state <> 'succeeded'"),
    )
    op.create_index(op.f("ix_money_command_user_id"), "money_command", ["user_id"], unique=False)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("money_command")
    op.drop_table("payment")
    op.drop_table("money_anomaly")
    op.drop_table("ledger_entry")
    op.drop_table("provider_event")
    op.drop_table("parked_event")
    op.drop_table("ledger_txn")
    op.drop_table("ledger_account")
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
