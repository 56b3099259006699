"""Audit, outbox, deadlines and the demo clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END""",
    r"""CREATE TRIGGER tr_audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END""",
    r"""CREATE TRIGGER tr_audit_entry_no_replace BEFORE INSERT ON audit_entry WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END""",
    r"""CREATE TRIGGER tr_audit_chain_no_update BEFORE UPDATE ON audit_chain BEGIN SELECT RAISE(ABORT, 'audit_chain is append-only'); END""",
    r"""CREATE TRIGGER tr_audit_chain_no_delete BEFORE DELETE ON audit_chain BEGIN SELECT RAISE(ABORT, 'audit_chain is append-only'); END""",
    r"""CREATE TRIGGER tr_audit_chain_no_replace BEFORE INSERT ON audit_chain WHEN EXISTS (SELECT 1 FROM audit_chain WHERE idx = NEW.idx) OR EXISTS (SELECT 1 FROM audit_chain WHERE entry_id = NEW.entry_id) BEGIN SELECT RAISE(ABORT, 'audit_chain is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_audit_entry_no_update BEFORE UPDATE ON audit_entry FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_audit_entry_no_delete BEFORE DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_audit_chain_no_update BEFORE UPDATE ON audit_chain FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_audit_chain_no_delete BEFORE DELETE ON audit_chain FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_audit_chain_no_truncate BEFORE TRUNCATE ON audit_chain FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]
FUNCTIONS = ["xunyi_refuse_change"]


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_code", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", BIGINT, nullable=True),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("row_version", BIGINT, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'visitor', 'system', 'provider')", name=op.f("ck_audit_entry_actor_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_audit_entry_entity", "audit_entry", ["entity", "entity_id", "id"], unique=False)
    op.create_table(
        "clock_offset",
        sa.Column("id", BIGINT, autoincrement=False, nullable=False),
        sa.Column("seconds", BIGINT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_clock_offset_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_offset")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "deadline",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("row_version", BIGINT, nullable=True),
        sa.Column("fired_at", INSTANT, nullable=True),
        sa.Column("attempts", BIGINT, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_deadline_due",
        "deadline",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("fired_at IS NULL"),
        postgresql_where=sa.text("fired_at IS NULL"),
    )
    op.create_index(
        "uq_deadline_waiting",
        "deadline",
        ["entity", "entity_id", "kind"],
        unique=True,
        sqlite_where=sa.text("fired_at IS NULL"),
        postgresql_where=sa.text("fired_at IS NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "audit_chain",
        sa.Column("idx", BIGINT, autoincrement=False, nullable=False),
        sa.Column("entry_id", BIGINT, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_chain_entry_id")),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_audit_chain")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_chain_entry_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "delivery",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("outbox_id", BIGINT, nullable=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", BIGINT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('pending', 'running', 'done', 'dead')", name=op.f("ck_delivery_state_known")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_delivery_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_delivery_dead",
        "delivery",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index("uq_delivery_once", "delivery", ["outbox_id", "listener"], unique=True)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("delivery")
    op.drop_table("audit_chain")
    op.drop_table("outbox")
    op.drop_table("deadline")
    op.drop_table("clock_offset")
    op.drop_table("audit_entry")
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
