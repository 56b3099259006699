"""What each comparison with the payment provider's own list has found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_reconciliation_no_update BEFORE UPDATE ON reconciliation BEGIN SELECT RAISE(ABORT, 'reconciliation is append-only'); END""",
    r"""CREATE TRIGGER tr_reconciliation_no_delete BEFORE DELETE ON reconciliation BEGIN SELECT RAISE(ABORT, 'reconciliation is append-only'); END""",
    r"""CREATE TRIGGER tr_reconciliation_no_replace BEFORE INSERT ON reconciliation WHEN EXISTS (SELECT 1 FROM reconciliation WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM reconciliation WHERE code = NEW.code) BEGIN SELECT RAISE(ABORT, 'reconciliation is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_reconciliation_no_update BEFORE UPDATE ON reconciliation FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_reconciliation_no_delete BEFORE DELETE ON reconciliation FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_reconciliation_no_truncate BEFORE TRUNCATE ON reconciliation FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "reconciliation",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("ours_count", BIGINT, nullable=False),
        sa.Column("theirs_count", BIGINT, nullable=False),
        sa.Column("ours_fen", BIGINT, nullable=False),
        sa.Column("theirs_fen", BIGINT, nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
        sa.UniqueConstraint("code", name=op.f("uq_reconciliation_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # What was found can be found again: both lists are still there.
    op.drop_table("reconciliation")
