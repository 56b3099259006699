"""What rights depend on, frozen with each order: as what the seller sold, and what the buyer confirmed separately."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_order_terms_no_update BEFORE UPDATE ON order_terms BEGIN SELECT RAISE(ABORT, 'order_terms is append-only'); END""",
    r"""CREATE TRIGGER tr_order_terms_no_delete BEFORE DELETE ON order_terms BEGIN SELECT RAISE(ABORT, 'order_terms is append-only'); END""",
    r"""CREATE TRIGGER tr_order_terms_no_replace BEFORE INSERT ON order_terms WHEN EXISTS (SELECT 1 FROM order_terms WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM order_terms WHERE order_id = NEW.order_id) BEGIN SELECT RAISE(ABORT, 'order_terms is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_order_terms_no_update BEFORE UPDATE ON order_terms FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_order_terms_no_delete BEFORE DELETE ON order_terms FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_order_terms_no_truncate BEFORE TRUNCATE ON order_terms FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "order_terms",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("order_id", BIGINT, nullable=False),
        sa.Column("seller_kind", sa.Text(), nullable=False),
        sa.Column("rules_id", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Text(), nullable=False),
        sa.Column("disclosed", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "seller_kind IN ('individual', 'business', 'platform_self')", name=op.f("ck_order_terms_seller_kind_known")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_order_terms_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_terms")),
        sa.UniqueConstraint("order_id", name=op.f("uq_order_terms_order_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # Confirmations are evidence of the buyer's will: nothing else says that an exception counts.
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT 1 FROM order_terms WHERE confirmed <> '[]' LIMIT 1").first() is not None:
        raise RuntimeError("buyers have confirmed exceptions; an earlier release would treat them as never confirmed")
    op.drop_table("order_terms")
