"""Seeds and draws that anybody can recompute."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_draw_seed_only_revealed BEFORE UPDATE ON draw_seed WHEN OLD.revealed IS NOT NULL OR NEW.revealed IS NULL OR NEW.id IS NOT OLD.id OR NEW.day IS NOT OLD.day OR NEW.sha256 IS NOT OLD.sha256 OR NEW.sealed IS NOT OLD.sealed OR NEW.published_at IS NOT OLD.published_at BEGIN SELECT RAISE(ABORT, 'a seed is only revealed, once'); END""",
    r"""CREATE TRIGGER tr_draw_seed_no_delete BEFORE DELETE ON draw_seed BEGIN SELECT RAISE(ABORT, 'seeds stay'); END""",
    r"""CREATE TRIGGER tr_draw_entry_no_update BEFORE UPDATE ON draw_entry BEGIN SELECT RAISE(ABORT, 'draw_entry is append-only'); END""",
    r"""CREATE TRIGGER tr_draw_entry_no_delete BEFORE DELETE ON draw_entry BEGIN SELECT RAISE(ABORT, 'draw_entry is append-only'); END""",
    r"""CREATE TRIGGER tr_draw_entry_no_replace BEFORE INSERT ON draw_entry WHEN EXISTS (SELECT 1 FROM draw_entry WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM draw_entry WHERE purpose = NEW.purpose AND subject = NEW.subject) BEGIN SELECT RAISE(ABORT, 'draw_entry is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION draw_seed_only_revealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.revealed IS NOT NULL OR NEW.revealed IS NULL OR NEW.id IS DISTINCT FROM OLD.id OR NEW.day IS DISTINCT FROM OLD.day OR NEW.sha256 IS DISTINCT FROM OLD.sha256 OR NEW.sealed IS DISTINCT FROM OLD.sealed OR NEW.published_at IS DISTINCT FROM OLD.published_at THEN RAISE EXCEPTION 'a seed is only revealed, once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_draw_seed_only_revealed BEFORE UPDATE ON draw_seed FOR EACH ROW EXECUTE FUNCTION draw_seed_only_revealed()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_draw_seed_no_delete BEFORE DELETE ON draw_seed FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_draw_entry_no_update BEFORE UPDATE ON draw_entry FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_draw_entry_no_delete BEFORE DELETE ON draw_entry FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_draw_entry_no_truncate BEFORE TRUNCATE ON draw_entry FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "draw_seed",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("day", DAY, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("revealed", sa.Text(), nullable=True),
        sa.Column("revealed_at", INSTANT, nullable=True),
        sa.CheckConstraint("(revealed IS NULL) = (revealed_at IS NULL)", name=op.f("ck_draw_seed_revealed_with_time")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_draw_seed_sha256_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_seed")),
        sa.UniqueConstraint("day", name=op.f("uq_draw_seed_day")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "draw_entry",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("day", DAY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("n", BIGINT, nullable=False),
        sa.Column("result", BIGINT, nullable=False),
        sa.Column("candidates", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("n > 0 AND result >= 0 AND result < n", name=op.f("ck_draw_entry_result_below_n")),
        sa.ForeignKeyConstraint(["day"], ["draw_seed.day"], name=op.f("fk_draw_entry_day")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_entry")),
        sa.UniqueConstraint("purpose", "subject", name=op.f("uq_draw_entry_purpose_subject")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_draw_entry_day", "draw_entry", ["day", "id"], unique=False)
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    op.drop_table("draw_entry")
    op.drop_table("draw_seed")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION draw_seed_only_revealed()")
