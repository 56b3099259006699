"""The accounts at a payment provider to which people and agencies are paid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_provider_account_fixed_terms BEFORE UPDATE OF id, provider, owner, ref, created_at ON provider_account BEGIN SELECT RAISE(ABORT, 'the terms of a provider_account do not change'); END""",
    r"""CREATE TRIGGER tr_provider_account_no_delete BEFORE DELETE ON provider_account BEGIN SELECT RAISE(ABORT, 'provider_account rows stay'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_provider_account_fixed_terms BEFORE UPDATE OF id, provider, owner, ref, created_at ON provider_account FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_provider_account_no_delete BEFORE DELETE ON provider_account FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "provider_account",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("transfers", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_account")),
        sa.UniqueConstraint("provider", "owner", name=op.f("uq_provider_account_provider_owner")),
        sa.UniqueConstraint("provider", "ref", name=op.f("uq_provider_account_provider_ref")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # Whoever is paid there opens the account again.
    op.drop_table("provider_account")
