"""Orders and cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_trade_order_frozen BEFORE UPDATE ON trade_order WHEN NEW.code IS NOT OLD.code OR NEW.created_at IS NOT OLD.created_at OR NEW.listing_id IS NOT OLD.listing_id OR NEW.listing_version_no IS NOT OLD.listing_version_no OR NEW.listing_version_sha256 IS NOT OLD.listing_version_sha256 OR NEW.thing_id IS NOT OLD.thing_id OR NEW.category IS NOT OLD.category OR NEW.brand IS NOT OLD.brand OR NEW.model IS NOT OLD.model OR NEW.storage_gb IS NOT OLD.storage_gb OR NEW.title IS NOT OLD.title OR NEW.tier IS NOT OLD.tier OR NEW.report_code IS NOT OLD.report_code OR NEW.seller_id IS NOT OLD.seller_id OR NEW.buyer_id IS NOT OLD.buyer_id OR NEW.price_fen IS NOT OLD.price_fen OR NEW.fee_bp IS NOT OLD.fee_bp OR NEW.fee_fen IS NOT OLD.fee_fen OR NEW.delivery_fen IS NOT OLD.delivery_fen OR NEW.total_fen IS NOT OLD.total_fen OR NEW.currency IS NOT OLD.currency OR NEW.payment_code IS NOT OLD.payment_code OR NEW.delivery IS NOT OLD.delivery OR NEW.pay_minutes IS NOT OLD.pay_minutes OR NEW.ship_days IS NOT OLD.ship_days OR NEW.no_receipt_days IS NOT OLD.no_receipt_days OR NEW.acceptance_hours IS NOT OLD.acceptance_hours BEGIN SELECT RAISE(ABORT, 'trade_order: what was promised does not change'); END""",
    r"""CREATE TRIGGER tr_trade_order_no_delete BEFORE DELETE ON trade_order BEGIN SELECT RAISE(ABORT, 'trade_order: orders are kept'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_trade_order_frozen BEFORE UPDATE ON trade_order FOR EACH ROW WHEN (NEW.code IS DISTINCT FROM OLD.code OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.listing_id IS DISTINCT FROM OLD.listing_id OR NEW.listing_version_no IS DISTINCT FROM OLD.listing_version_no OR NEW.listing_version_sha256 IS DISTINCT FROM OLD.listing_version_sha256 OR NEW.thing_id IS DISTINCT FROM OLD.thing_id OR NEW.category IS DISTINCT FROM OLD.category OR NEW.brand IS DISTINCT FROM OLD.brand OR NEW.model IS DISTINCT FROM OLD.model OR NEW.storage_gb IS DISTINCT FROM OLD.storage_gb OR NEW.title IS DISTINCT FROM OLD.title OR NEW.tier IS DISTINCT FROM OLD.tier OR NEW.report_code IS DISTINCT FROM OLD.report_code OR NEW.seller_id IS DISTINCT FROM OLD.seller_id OR NEW.buyer_id IS DISTINCT FROM OLD.buyer_id OR NEW.price_fen IS DISTINCT FROM OLD.price_fen OR NEW.fee_bp IS DISTINCT FROM OLD.fee_bp OR NEW.fee_fen IS DISTINCT FROM OLD.fee_fen OR NEW.delivery_fen IS DISTINCT FROM OLD.delivery_fen OR NEW.total_fen IS DISTINCT FROM OLD.total_fen OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.payment_code IS DISTINCT FROM OLD.payment_code OR NEW.delivery IS DISTINCT FROM OLD.delivery OR NEW.pay_minutes IS DISTINCT FROM OLD.pay_minutes OR NEW.ship_days IS DISTINCT FROM OLD.ship_days OR NEW.no_receipt_days IS DISTINCT FROM OLD.no_receipt_days OR NEW.acceptance_hours IS DISTINCT FROM OLD.acceptance_hours) EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_trade_order_no_delete BEFORE DELETE ON trade_order FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "trade_order",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("listing_id", BIGINT, nullable=False),
        sa.Column("listing_version_no", BIGINT, nullable=False),
        sa.Column("listing_version_sha256", sa.Text(), nullable=False),
        sa.Column("thing_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("storage_gb", BIGINT, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("report_code", sa.Text(), nullable=True),
        sa.Column("seller_id", BIGINT, nullable=False),
        sa.Column("buyer_id", BIGINT, nullable=False),
        sa.Column("price_fen", BIGINT, nullable=False),
        sa.Column("fee_bp", BIGINT, nullable=False),
        sa.Column("fee_fen", BIGINT, nullable=False),
        sa.Column("delivery_fen", BIGINT, nullable=False),
        sa.Column("total_fen", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payment_code", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("pay_minutes", BIGINT, nullable=False),
        sa.Column("ship_days", BIGINT, nullable=False),
        sa.Column("no_receipt_days", BIGINT, nullable=False),
        sa.Column("acceptance_hours", BIGINT, nullable=False),
        sa.Column("address_sealed", sa.Text(), nullable=True),
        sa.Column("meet_place", sa.Text(), nullable=True),
        sa.Column("meet_code_sealed", sa.Text(), nullable=True),
        sa.Column("meet_wrong_tries", BIGINT, nullable=False),
        sa.Column("meet_locked_until", INSTANT, nullable=True),
        sa.Column("erasure_confirmed_at", INSTANT, nullable=True),
        sa.Column("shipment_state", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking_no", sa.Text(), nullable=True),
        sa.Column("problem_state", sa.Text(), nullable=False),
        sa.Column("pay_due_at", INSTANT, nullable=False),
        sa.Column("paid_at", INSTANT, nullable=True),
        sa.Column("ship_due_at", INSTANT, nullable=True),
        sa.Column("shipped_at", INSTANT, nullable=True),
        sa.Column("receipt_due_at", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("acceptance_due_at", INSTANT, nullable=True),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("refunded_at", INSTANT, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("currency = 'CNY'", name=op.f("ck_trade_order_currency_known")),
        sa.CheckConstraint("delivery = 'meet' OR address_sealed IS NOT NULL", name=op.f("ck_trade_order_parcel_has_address")),
        sa.CheckConstraint("delivery IN ('parcel', 'meet')", name=op.f("ck_trade_order_delivery_known")),
        sa.CheckConstraint(
            "ended_by IS NULL OR ended_by IN ('buyer', 'seller', 'staff', 'time')", name=op.f("ck_trade_order_ended_by_known")
        ),
        sa.CheckConstraint("problem_state IN ('none', 'open', 'closed')", name=op.f("ck_trade_order_problem_state_known")),
        sa.CheckConstraint(
            "shipment_state IN ('none', 'shipped', 'delivered', 'returned')", name=op.f("ck_trade_order_shipment_state_known")
        ),
        sa.CheckConstraint(
            "state <> 'acceptance' OR delivered_at IS NOT NULL", name=op.f("ck_trade_order_acceptance_after_delivery")
        ),
        sa.CheckConstraint("state <> 'completed' OR completed_at IS NOT NULL", name=op.f("ck_trade_order_completed_has_time")),
        sa.CheckConstraint(
            "state IN ('awaiting_payment', 'paid', 'cancelled_unpaid', 'cancelled_platform', 'fulfilling', 'cancelled_before_ship', 'acceptance', 'completed', 'closed_refunded')",
            name=op.f("ck_trade_order_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('completed', 'closed_refunded') OR problem_state <> 'open'",
            name=op.f("ck_trade_order_no_end_with_open_problem"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('paid', 'fulfilling', 'acceptance', 'completed') OR paid_at IS NOT NULL",
            name=op.f("ck_trade_order_paid_has_time"),
        ),
        sa.CheckConstraint("buyer_id <> seller_id", name=op.f("ck_trade_order_two_people")),
        sa.CheckConstraint("delivery_fen >= 0", name=op.f("ck_trade_order_delivery_not_negative")),
        sa.CheckConstraint("fee_fen >= 0 AND fee_fen <= price_fen", name=op.f("ck_trade_order_fee_within_price")),
        sa.CheckConstraint("meet_wrong_tries >= 0", name=op.f("ck_trade_order_tries_not_negative")),
        sa.CheckConstraint("price_fen > 0 AND price_fen <= 99999999999", name=op.f("ck_trade_order_price_bounds")),
        sa.CheckConstraint("total_fen = price_fen + delivery_fen", name=op.f("ck_trade_order_total_is_the_sum")),
        sa.ForeignKeyConstraint(["buyer_id"], ["app_user.id"], name=op.f("fk_trade_order_buyer_id")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_trade_order_listing_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["app_user.id"], name=op.f("fk_trade_order_seller_id")),
        sa.ForeignKeyConstraint(["thing_id"], ["thing.id"], name=op.f("fk_trade_order_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_order")),
        sa.UniqueConstraint("code", name=op.f("uq_trade_order_code")),
        sa.UniqueConstraint("payment_code", name=op.f("uq_trade_order_payment_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_trade_order_buyer", "trade_order", ["buyer_id", "id"], unique=False)
    op.create_index("ix_trade_order_seller", "trade_order", ["seller_id", "id"], unique=False)
    op.create_index("ix_trade_order_thing", "trade_order", ["thing_id"], unique=False)
    op.create_index(
        "uq_trade_order_listing_held",
        "trade_order",
        ["listing_id"],
        unique=True,
        sqlite_where=sa.text(
            "state IN ('awaiting_payment', 'paid', 'fulfilling', 'acceptance', 'completed') OR (state = 'closed_refunded' AND shipment_state IN ('shipped', 'delivered'))"
        ),
        postgresql_where=sa.text(
            "state IN ('awaiting_payment', 'paid', 'fulfilling', 'acceptance', 'completed') OR (state = 'closed_refunded' AND shipment_state IN ('shipped', 'delivered'))"
        ),
    )
    op.create_table(
        "trade_case",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("order_id", BIGINT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("opened_by", BIGINT, nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("ruling", sa.Text(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("ruled_by", BIGINT, nullable=True),
        sa.Column("ruled_at", INSTANT, nullable=True),
        sa.Column("reason_text", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "fault IS NULL OR fault IN ('seller_fault', 'buyer_fault', 'none')", name=op.f("ck_trade_case_fault_known")
        ),
        sa.CheckConstraint("ruling IS NULL OR ruling IN ('release', 'refund')", name=op.f("ck_trade_case_ruling_known")),
        sa.CheckConstraint(
            "state <> 'ruled' OR (ruling IS NOT NULL AND fault IS NOT NULL AND ruled_by IS NOT NULL AND ruled_at IS NOT NULL AND reason_text IS NOT NULL)",
            name=op.f("ck_trade_case_ruled_is_complete"),
        ),
        sa.CheckConstraint("state IN ('open', 'ruled', 'settled')", name=op.f("ck_trade_case_state_known")),
        sa.ForeignKeyConstraint(["opened_by"], ["app_user.id"], name=op.f("fk_trade_case_opened_by")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_trade_case_order_id")),
        sa.ForeignKeyConstraint(["ruled_by"], ["app_user.id"], name=op.f("fk_trade_case_ruled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_case")),
        sa.UniqueConstraint("code", name=op.f("uq_trade_case_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "uq_trade_case_open",
        "trade_case",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("trade_case")
    op.drop_table("trade_order")
