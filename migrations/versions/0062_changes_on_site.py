"""Changes on site while an appliance is being brought."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_delivery_change_is_fixed BEFORE UPDATE ON delivery_change WHEN NEW.code IS NOT OLD.code OR NEW.order_id IS NOT OLD.order_id OR NEW.no IS NOT OLD.no OR NEW.reason IS NOT OLD.reason OR NEW.words IS NOT OLD.words OR NEW.amount_fen IS NOT OLD.amount_fen OR NEW.proposed_at IS NOT OLD.proposed_at OR OLD.ended_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'delivery_change: what was proposed does not change, and is answered once'); END""",
    r"""CREATE TRIGGER tr_delivery_change_stays BEFORE DELETE ON delivery_change BEGIN SELECT RAISE(ABORT, 'delivery_change: what was proposed does not change, and is answered once'); END""",
    r"""CREATE TRIGGER tr_delivery_change_on_the_way BEFORE INSERT ON delivery_change WHEN NEW.state <> 'open' OR NEW.ended_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.state = 'fulfilling' AND o.category = 'appliance' AND o.delivery = 'parcel' AND o.arrived_at IS NULL) BEGIN SELECT RAISE(ABORT, 'delivery_change: only while an appliance is being brought'); END""",
    r"""CREATE TRIGGER tr_delivery_change_answered BEFORE UPDATE ON delivery_change WHEN OLD.state <> 'open' AND NEW.state <> OLD.state BEGIN SELECT RAISE(ABORT, 'delivery_change: it is answered once'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION delivery_change_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.code IS DISTINCT FROM OLD.code OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.no IS DISTINCT FROM OLD.no OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.words IS DISTINCT FROM OLD.words OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.proposed_at IS DISTINCT FROM OLD.proposed_at OR OLD.ended_at IS NOT NULL THEN RAISE EXCEPTION 'delivery_change: what was proposed does not change, and is answered once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_delivery_change_is_fixed BEFORE UPDATE ON delivery_change FOR EACH ROW EXECUTE FUNCTION delivery_change_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION delivery_change_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'delivery_change: what was proposed does not change, and is answered once' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_delivery_change_stays BEFORE DELETE ON delivery_change FOR EACH ROW EXECUTE FUNCTION delivery_change_stays()""",
    r"""CREATE OR REPLACE FUNCTION delivery_change_on_the_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'open' OR NEW.ended_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.state = 'fulfilling' AND o.category = 'appliance' AND o.delivery = 'parcel' AND o.arrived_at IS NULL) THEN RAISE EXCEPTION 'delivery_change: only while an appliance is being brought' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_delivery_change_on_the_way BEFORE INSERT ON delivery_change FOR EACH ROW EXECUTE FUNCTION delivery_change_on_the_way()""",
    r"""CREATE OR REPLACE FUNCTION delivery_change_answered() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> 'open' AND NEW.state <> OLD.state THEN RAISE EXCEPTION 'delivery_change: it is answered once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_delivery_change_answered BEFORE UPDATE ON delivery_change FOR EACH ROW EXECUTE FUNCTION delivery_change_answered()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "delivery_change",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("order_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_change")),
        sa.UniqueConstraint("code", name=op.f("uq_delivery_change_code")),
        sa.UniqueConstraint("order_id", "no", name=op.f("uq_delivery_change_order_id_no")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_delivery_change_order_id")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'refused', 'withdrawn', 'lapsed')", name=op.f("ck_delivery_change_state_known")
        ),
        sa.CheckConstraint(
            "reason IN ('floor', 'no_lift', 'narrow_door', 'far', 'other')", name=op.f("ck_delivery_change_reason_known")
        ),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 100000", name=op.f("ck_delivery_change_amount_bounds")),
        sa.CheckConstraint("length(words) BETWEEN 4 AND 300", name=op.f("ck_delivery_change_words_length")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    open_now = sa.text("state = 'open'")
    op.create_index(
        "uq_delivery_change_open", "delivery_change", ["order_id"], unique=True, sqlite_where=open_now, postgresql_where=open_now
    )
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    op.drop_table("delivery_change")
    if op.get_bind().dialect.name != "sqlite":
        for function in (
            "delivery_change_answered",
            "delivery_change_is_fixed",
            "delivery_change_on_the_way",
            "delivery_change_stays",
        ):
            op.execute(f"DROP FUNCTION {function}()")
