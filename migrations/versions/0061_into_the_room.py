"""How an appliance comes into the room: what that costs line by line, and the time between arriving and being installed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0055"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_order_delivery_no_update BEFORE UPDATE ON order_delivery BEGIN SELECT RAISE(ABORT, 'order_delivery is append-only'); END""",
    r"""CREATE TRIGGER tr_order_delivery_no_delete BEFORE DELETE ON order_delivery BEGIN SELECT RAISE(ABORT, 'order_delivery is append-only'); END""",
    r"""CREATE TRIGGER tr_order_delivery_no_replace BEFORE INSERT ON order_delivery WHEN EXISTS (SELECT 1 FROM order_delivery WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM order_delivery WHERE order_id = NEW.order_id) BEGIN SELECT RAISE(ABORT, 'order_delivery is append-only'); END""",
    r"""CREATE TRIGGER tr_order_delivery_is_the_orders BEFORE INSERT ON order_delivery WHEN NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.state = 'awaiting_payment' AND o.category = 'appliance' AND o.delivery = 'parcel' AND o.delivery_fen = NEW.total_fen) BEGIN SELECT RAISE(ABORT, 'order_delivery is append-only: written with the order of an appliance, and its sum is what the order says'); END""",
    r"""CREATE TRIGGER tr_trade_order_installed BEFORE UPDATE ON trade_order WHEN OLD.state = 'fulfilling' AND NEW.state = 'acceptance' AND NEW.arrived_at IS NULL AND EXISTS (SELECT 1 FROM order_delivery d WHERE d.order_id = NEW.id AND d.installing <> 'none') BEGIN SELECT RAISE(ABORT, 'trade_order: what is installed has arrived before'); END""",
    r"""CREATE TRIGGER tr_trade_order_delivery_told BEFORE UPDATE ON trade_order WHEN OLD.state = 'awaiting_payment' AND NEW.state = 'paid' AND NEW.delivery_fen > 0 AND NOT EXISTS (SELECT 1 FROM order_delivery d WHERE d.order_id = NEW.id) BEGIN SELECT RAISE(ABORT, 'trade_order: what the delivery costs stands in its lines'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_order_delivery_no_update BEFORE UPDATE ON order_delivery FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_order_delivery_no_delete BEFORE DELETE ON order_delivery FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_order_delivery_no_truncate BEFORE TRUNCATE ON order_delivery FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION order_delivery_is_the_orders() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.state = 'awaiting_payment' AND o.category = 'appliance' AND o.delivery = 'parcel' AND o.delivery_fen = NEW.total_fen) THEN RAISE EXCEPTION 'order_delivery is append-only: written with the order of an appliance, and its sum is what the order says' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_order_delivery_is_the_orders BEFORE INSERT ON order_delivery FOR EACH ROW EXECUTE FUNCTION order_delivery_is_the_orders()""",
    r"""CREATE OR REPLACE FUNCTION trade_order_installed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state = 'fulfilling' AND NEW.state = 'acceptance' AND NEW.arrived_at IS NULL AND EXISTS (SELECT 1 FROM order_delivery d WHERE d.order_id = NEW.id AND d.installing <> 'none') THEN RAISE EXCEPTION 'trade_order: what is installed has arrived before' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_trade_order_installed BEFORE UPDATE ON trade_order FOR EACH ROW EXECUTE FUNCTION trade_order_installed()""",
    r"""CREATE OR REPLACE FUNCTION trade_order_delivery_told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state = 'awaiting_payment' AND NEW.state = 'paid' AND NEW.delivery_fen > 0 AND NOT EXISTS (SELECT 1 FROM order_delivery d WHERE d.order_id = NEW.id) THEN RAISE EXCEPTION 'trade_order: what the delivery costs stands in its lines' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_trade_order_delivery_told BEFORE UPDATE ON trade_order FOR EACH ROW EXECUTE FUNCTION trade_order_delivery_told()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.add_column("trade_order", sa.Column("arrived_at", INSTANT, nullable=True))
    op.add_column("trade_order", sa.Column("install_due_at", INSTANT, nullable=True))
    op.create_table(
        "order_delivery",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("order_id", BIGINT, nullable=False),
        sa.Column("table_id", sa.Text(), nullable=False),
        sa.Column("bring_fen", BIGINT, nullable=False),
        sa.Column("stairs_fen", BIGINT, nullable=False),
        sa.Column("narrow_fen", BIGINT, nullable=False),
        sa.Column("old_unit_fen", BIGINT, nullable=False),
        sa.Column("install_fen", BIGINT, nullable=False),
        sa.Column("total_fen", BIGINT, nullable=False),
        sa.Column("slot_on", DAY, nullable=True),
        sa.Column("slot_part", sa.Text(), nullable=True),
        sa.Column("installing", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_delivery")),
        sa.UniqueConstraint("order_id", name=op.f("uq_order_delivery_order_id")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_order_delivery_order_id")),
        sa.CheckConstraint("installing IN ('none', 'seller', 'own')", name=op.f("ck_order_delivery_installing_known")),
        sa.CheckConstraint(
            "bring_fen >= 0 AND stairs_fen >= 0 AND narrow_fen >= 0 AND old_unit_fen >= 0 AND install_fen >= 0",
            name=op.f("ck_order_delivery_lines_not_negative"),
        ),
        sa.CheckConstraint(
            "total_fen = bring_fen + stairs_fen + narrow_fen + old_unit_fen + install_fen",
            name=op.f("ck_order_delivery_total_is_the_sum"),
        ),
        sa.CheckConstraint("(slot_on IS NULL) = (slot_part IS NULL)", name=op.f("ck_order_delivery_slot_whole")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    bind = op.get_bind()
    told = "SELECT 1 FROM order_delivery WHERE total_fen > 0 OR installing <> 'none' LIMIT 1"
    if bind.exec_driver_sql(told).first() is not None:
        raise RuntimeError("deliveries were priced or are installed, which the earlier release does not know")
    on = "" if bind.dialect.name == "sqlite" else " ON trade_order"
    for name in ("tr_trade_order_installed", "tr_trade_order_delivery_told"):
        op.execute(f"DROP TRIGGER {name}{on}")
    op.drop_table("order_delivery")
    if bind.dialect.name != "sqlite":
        for function in ("order_delivery_is_the_orders", "trade_order_installed", "trade_order_delivery_told"):
            op.execute(f"DROP FUNCTION {function}()")
    op.drop_column("trade_order", "install_due_at")
    op.drop_column("trade_order", "arrived_at")
