"""Negotiations, the prices named in them, and lowest prices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
FLAG = sa.Boolean(create_constraint=False).with_variant(sa.Integer(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_negotiation_frozen BEFORE UPDATE ON negotiation WHEN NEW.code IS NOT OLD.code OR NEW.created_at IS NOT OLD.created_at OR NEW.listing_id IS NOT OLD.listing_id OR NEW.buyer_id IS NOT OLD.buyer_id OR NEW.seller_id IS NOT OLD.seller_id OR NEW.category IS NOT OLD.category OR NEW.title IS NOT OLD.title OR NEW.asking_fen IS NOT OLD.asking_fen OR NEW.delivery IS NOT OLD.delivery OR (OLD.state <> 'open' AND NEW.state IS NOT OLD.state) BEGIN SELECT RAISE(ABORT, 'negotiation: who bargains about what does not change, and what ended stays ended'); END""",
    r"""CREATE TRIGGER tr_offer_no_update BEFORE UPDATE ON offer BEGIN SELECT RAISE(ABORT, 'offer is append-only'); END""",
    r"""CREATE TRIGGER tr_offer_no_delete BEFORE DELETE ON offer BEGIN SELECT RAISE(ABORT, 'offer is append-only'); END""",
    r"""CREATE TRIGGER tr_offer_no_replace BEFORE INSERT ON offer WHEN EXISTS (SELECT 1 FROM offer WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM offer WHERE negotiation_id = NEW.negotiation_id AND no = NEW.no) BEGIN SELECT RAISE(ABORT, 'offer is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_negotiation_frozen BEFORE UPDATE ON negotiation FOR EACH ROW WHEN (NEW.code IS DISTINCT FROM OLD.code OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.listing_id IS DISTINCT FROM OLD.listing_id OR NEW.buyer_id IS DISTINCT FROM OLD.buyer_id OR NEW.seller_id IS DISTINCT FROM OLD.seller_id OR NEW.category IS DISTINCT FROM OLD.category OR NEW.title IS DISTINCT FROM OLD.title OR NEW.asking_fen IS DISTINCT FROM OLD.asking_fen OR NEW.delivery IS DISTINCT FROM OLD.delivery OR (OLD.state <> 'open' AND NEW.state IS DISTINCT FROM OLD.state)) EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_offer_no_update BEFORE UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_offer_no_delete BEFORE DELETE ON offer FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_offer_no_truncate BEFORE TRUNCATE ON offer FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "negotiation",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("listing_id", BIGINT, nullable=False),
        sa.Column("buyer_id", BIGINT, nullable=False),
        sa.Column("seller_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("asking_fen", BIGINT, nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("address_sealed", sa.Text(), nullable=True),
        sa.Column("last_no", BIGINT, nullable=False),
        sa.Column("last_by", sa.Text(), nullable=False),
        sa.Column("last_fen", BIGINT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("is_quiet", FLAG, nullable=False),
        sa.Column("seller_answered_at", INSTANT, nullable=True),
        sa.Column("order_id", BIGINT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("delivery IN ('parcel', 'meet')", name=op.f("ck_negotiation_delivery_known")),
        sa.CheckConstraint("last_by = 'buyer' OR NOT is_quiet", name=op.f("ck_negotiation_quiet_is_the_buyers")),
        sa.CheckConstraint("last_by IN ('buyer', 'seller')", name=op.f("ck_negotiation_last_by_known")),
        sa.CheckConstraint("order_id IS NULL OR state IN ('open', 'accepted')", name=op.f("ck_negotiation_order_was_accepted")),
        sa.CheckConstraint("state <> 'accepted' OR order_id IS NOT NULL", name=op.f("ck_negotiation_accepted_has_order")),
        sa.CheckConstraint("state = 'open' OR address_sealed IS NULL", name=op.f("ck_negotiation_address_forgotten")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'withdrawn', 'expired', 'superseded')",
            name=op.f("ck_negotiation_state_known"),
        ),
        sa.CheckConstraint("buyer_id <> seller_id", name=op.f("ck_negotiation_two_people")),
        sa.CheckConstraint("asking_fen > 0 AND asking_fen <= 99999999999", name=op.f("ck_negotiation_asking_bounds")),
        sa.CheckConstraint("last_fen > 0 AND last_fen <= 99999999999", name=op.f("ck_negotiation_price_bounds")),
        sa.CheckConstraint("last_no > 0", name=op.f("ck_negotiation_last_no_positive")),
        sa.ForeignKeyConstraint(["buyer_id"], ["app_user.id"], name=op.f("fk_negotiation_buyer_id")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_negotiation_listing_id")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_negotiation_order_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["app_user.id"], name=op.f("fk_negotiation_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negotiation")),
        sa.UniqueConstraint("code", name=op.f("uq_negotiation_code")),
        sa.UniqueConstraint("order_id", name=op.f("uq_negotiation_order_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_negotiation_buyer", "negotiation", ["buyer_id", "id"], unique=False)
    op.create_index("ix_negotiation_seller", "negotiation", ["seller_id", "id"], unique=False)
    op.create_index(
        "uq_negotiation_open",
        "negotiation",
        ["listing_id", "buyer_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "offer",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("negotiation_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("price_fen", BIGINT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.CheckConstraint("by IN ('buyer', 'seller')", name=op.f("ck_offer_by_known")),
        sa.CheckConstraint("due_at > at", name=op.f("ck_offer_due_after")),
        sa.CheckConstraint("no > 0", name=op.f("ck_offer_no_positive")),
        sa.CheckConstraint("price_fen > 0 AND price_fen <= 99999999999", name=op.f("ck_offer_price_bounds")),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], name=op.f("fk_offer_negotiation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("negotiation_id", "no", name=op.f("uq_offer_negotiation_id_no")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "price_floor",
        sa.Column("listing_id", BIGINT, nullable=False),
        sa.Column("floor_fen", BIGINT, nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.CheckConstraint("floor_fen > 0 AND floor_fen <= 99999999999", name=op.f("ck_price_floor_price_bounds")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_price_floor_listing_id")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_price_floor")),
        sqlite_strict=True,
    )
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    op.drop_table("price_floor")
    op.drop_table("offer")
    op.drop_table("negotiation")
