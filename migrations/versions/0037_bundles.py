"""Further listings of a negotiation: a bundle is reserved as a whole or not at all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

GUARD_SQLITE = r"""CREATE TRIGGER tr_negotiation_item_frozen BEFORE UPDATE ON negotiation_item WHEN NEW.negotiation_id IS NOT OLD.negotiation_id OR NEW.listing_id IS NOT OLD.listing_id OR OLD.order_id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'negotiation_item: what belongs to a bundle does not change'); END"""
GUARD_POSTGRESQL = r"""CREATE TRIGGER tr_negotiation_item_frozen BEFORE UPDATE ON negotiation_item FOR EACH ROW WHEN (NEW.negotiation_id IS DISTINCT FROM OLD.negotiation_id OR NEW.listing_id IS DISTINCT FROM OLD.listing_id OR OLD.order_id IS NOT NULL) EXECUTE FUNCTION xunyi_refuse_change()"""


def upgrade() -> None:
    op.create_table(
        "negotiation_item",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("negotiation_id", BIGINT, nullable=False),
        sa.Column("listing_id", BIGINT, nullable=False),
        sa.Column("order_id", BIGINT, nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_negotiation_item_listing_id")),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], name=op.f("fk_negotiation_item_negotiation_id")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_negotiation_item_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negotiation_item")),
        sa.UniqueConstraint("negotiation_id", "listing_id", name=op.f("uq_negotiation_item_negotiation_id_listing_id")),
        sa.UniqueConstraint("order_id", name=op.f("uq_negotiation_item_order_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_negotiation_item_listing", "negotiation_item", ["listing_id"], unique=False)
    bind = op.get_bind()
    bind.exec_driver_sql(GUARD_SQLITE if bind.dialect.name == "sqlite" else GUARD_POSTGRESQL)


def downgrade() -> None:
    op.drop_table("negotiation_item")
