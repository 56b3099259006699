"""What an owner says about a thing's repairs in public."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_thing_statement_no_update BEFORE UPDATE ON thing_statement BEGIN SELECT RAISE(ABORT, 'thing_statement is append-only'); END""",
    r"""CREATE TRIGGER tr_thing_statement_no_delete BEFORE DELETE ON thing_statement BEGIN SELECT RAISE(ABORT, 'thing_statement is append-only'); END""",
    r"""CREATE TRIGGER tr_thing_statement_no_replace BEFORE INSERT ON thing_statement WHEN EXISTS (SELECT 1 FROM thing_statement WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'thing_statement is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_thing_statement_no_update BEFORE UPDATE ON thing_statement FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_thing_statement_no_delete BEFORE DELETE ON thing_statement FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_thing_statement_no_truncate BEFORE TRUNCATE ON thing_statement FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "thing_statement",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("thing_id", BIGINT, nullable=False),
        sa.Column("owner_id", BIGINT, nullable=False),
        sa.Column("said_at", INSTANT, nullable=False),
        sa.Column("version_sha256", sa.Text(), nullable=False),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("contradicted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["thing_id"], ["thing.id"], name=op.f("fk_thing_statement_thing_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_thing_statement_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thing_statement")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_thing_statement_thing_id", "thing_statement", ["thing_id", "id"])
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    op.drop_table("thing_statement")
