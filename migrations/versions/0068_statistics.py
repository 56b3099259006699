"""Closed periods of the statistics: tables that were published, for good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_statistics_period_no_update BEFORE UPDATE ON statistics_period BEGIN SELECT RAISE(ABORT, 'statistics_period is append-only'); END""",
    r"""CREATE TRIGGER tr_statistics_period_no_delete BEFORE DELETE ON statistics_period BEGIN SELECT RAISE(ABORT, 'statistics_period is append-only'); END""",
    r"""CREATE TRIGGER tr_statistics_period_no_replace BEFORE INSERT ON statistics_period WHEN EXISTS (SELECT 1 FROM statistics_period WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM statistics_period WHERE name = NEW.name) BEGIN SELECT RAISE(ABORT, 'statistics_period is append-only'); END""",
    r"""CREATE TRIGGER tr_statistics_period_in_order BEFORE INSERT ON statistics_period WHEN EXISTS (SELECT 1 FROM statistics_period p WHERE p.first_on <= NEW.first_on AND p.last_on >= NEW.last_on AND p.name <> NEW.name) BEGIN SELECT RAISE(ABORT, 'statistics_period: a part is closed before the whole'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_statistics_period_no_update BEFORE UPDATE ON statistics_period FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_statistics_period_no_delete BEFORE DELETE ON statistics_period FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_statistics_period_no_truncate BEFORE TRUNCATE ON statistics_period FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION statistics_period_in_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM statistics_period p WHERE p.first_on <= NEW.first_on AND p.last_on >= NEW.last_on AND p.name <> NEW.name) THEN RAISE EXCEPTION 'statistics_period: a part is closed before the whole' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_statistics_period_in_order BEFORE INSERT ON statistics_period FOR EACH ROW EXECUTE FUNCTION statistics_period_in_order()""",
]


def upgrade() -> None:
    op.create_table(
        "statistics_period",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_on", DAY, nullable=False),
        sa.Column("last_on", DAY, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("log_size", BIGINT, nullable=False),
        sa.Column("log_root", sa.Text(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('month', 'quarter', 'year')", name=op.f("ck_statistics_period_kind_known")),
        sa.CheckConstraint("length(name) IN (4, 7)", name=op.f("ck_statistics_period_name_length")),
        sa.CheckConstraint("first_on < last_on", name=op.f("ck_statistics_period_first_before_last")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_statistics_period_sha256_length")),
        sa.CheckConstraint("length(log_root) = 64", name=op.f("ck_statistics_period_log_root_length")),
        sa.CheckConstraint("log_size >= 0", name=op.f("ck_statistics_period_log_size_not_negative")),
        sa.CheckConstraint("closed_at >= ends_at", name=op.f("ck_statistics_period_closed_when_over")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics_period")),
        sa.UniqueConstraint("name", name=op.f("uq_statistics_period_name")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("statistics_period")
