"""Observed sales."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_observed_sale_no_update BEFORE UPDATE ON observed_sale BEGIN SELECT RAISE(ABORT, 'observed_sale is append-only'); END""",
    r"""CREATE TRIGGER tr_observed_sale_no_delete BEFORE DELETE ON observed_sale BEGIN SELECT RAISE(ABORT, 'observed_sale is append-only'); END""",
    r"""CREATE TRIGGER tr_observed_sale_no_replace BEFORE INSERT ON observed_sale WHEN EXISTS (SELECT 1 FROM observed_sale WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM observed_sale WHERE order_code = NEW.order_code) BEGIN SELECT RAISE(ABORT, 'observed_sale is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_observed_sale_no_update BEFORE UPDATE ON observed_sale FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_observed_sale_no_delete BEFORE DELETE ON observed_sale FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_observed_sale_no_truncate BEFORE TRUNCATE ON observed_sale FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "observed_sale",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("storage_gb", BIGINT, nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("price_fen", BIGINT, nullable=False),
        sa.Column("sold_on", DAY, nullable=False),
        sa.Column("order_code", sa.Text(), nullable=False),
        sa.CheckConstraint("price_fen > 0 AND price_fen <= 99999999999", name=op.f("ck_observed_sale_price_range")),
        sa.CheckConstraint("storage_gb IS NULL OR storage_gb > 0", name=op.f("ck_observed_sale_storage_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observed_sale")),
        sa.UniqueConstraint("order_code", name=op.f("uq_observed_sale_order_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_observed_sale_comparable", "observed_sale", ["category", "brand", "model", "sold_on"], unique=False)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("observed_sale")
