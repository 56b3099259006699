"""What the buyer compared at delivery: a list, handed in once, with its lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0054"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_order_check_no_update BEFORE UPDATE ON order_check BEGIN SELECT RAISE(ABORT, 'order_check is append-only'); END""",
    r"""CREATE TRIGGER tr_order_check_no_delete BEFORE DELETE ON order_check BEGIN SELECT RAISE(ABORT, 'order_check is append-only'); END""",
    r"""CREATE TRIGGER tr_order_check_no_replace BEFORE INSERT ON order_check WHEN EXISTS (SELECT 1 FROM order_check WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM order_check WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM order_check WHERE order_id = NEW.order_id) BEGIN SELECT RAISE(ABORT, 'order_check is append-only'); END""",
    r"""CREATE TRIGGER tr_order_check_by_the_buyer BEFORE INSERT ON order_check WHEN NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.buyer_id = NEW.by_id AND o.state = 'acceptance' AND o.held_by_claim IS NULL AND o.problem_state <> 'open') BEGIN SELECT RAISE(ABORT, 'order_check is append-only, and made by the buyer who has the thing and may still check it'); END""",
    r"""CREATE TRIGGER tr_order_check_line_no_update BEFORE UPDATE ON order_check_line BEGIN SELECT RAISE(ABORT, 'order_check_line is append-only'); END""",
    r"""CREATE TRIGGER tr_order_check_line_no_delete BEFORE DELETE ON order_check_line BEGIN SELECT RAISE(ABORT, 'order_check_line is append-only'); END""",
    r"""CREATE TRIGGER tr_order_check_line_no_replace BEFORE INSERT ON order_check_line WHEN EXISTS (SELECT 1 FROM order_check_line WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM order_check_line WHERE check_id = NEW.check_id AND item_key = NEW.item_key) OR EXISTS (SELECT 1 FROM order_check_line WHERE check_id = NEW.check_id AND no = NEW.no) OR EXISTS (SELECT 1 FROM order_check_line WHERE photo_id = NEW.photo_id) BEGIN SELECT RAISE(ABORT, 'order_check_line is append-only'); END""",
    r"""CREATE TRIGGER tr_order_check_line_counted BEFORE INSERT ON order_check_line WHEN NOT EXISTS (SELECT 1 FROM order_check c WHERE c.id = NEW.check_id AND NEW.no BETWEEN 1 AND c.line_count AND (SELECT COUNT(*) FROM order_check_line l WHERE l.check_id = c.id AND l.answer = 'differs') + (CASE WHEN NEW.answer = 'differs' THEN 1 ELSE 0 END) <= c.differing AND (SELECT COUNT(*) FROM order_check_line l WHERE l.check_id = c.id AND l.answer <> 'differs') + (CASE WHEN NEW.answer <> 'differs' THEN 1 ELSE 0 END) <= c.line_count - c.differing) BEGIN SELECT RAISE(ABORT, 'order_check_line is append-only: as many as the check says, and nothing is added to it afterwards'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_order_check_no_update BEFORE UPDATE ON order_check FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_order_check_no_delete BEFORE DELETE ON order_check FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_order_check_no_truncate BEFORE TRUNCATE ON order_check FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION order_check_by_the_buyer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.buyer_id = NEW.by_id AND o.state = 'acceptance' AND o.held_by_claim IS NULL AND o.problem_state <> 'open') THEN RAISE EXCEPTION 'order_check is append-only, and made by the buyer who has the thing and may still check it' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_order_check_by_the_buyer BEFORE INSERT ON order_check FOR EACH ROW EXECUTE FUNCTION order_check_by_the_buyer()""",
    r"""CREATE TRIGGER tr_order_check_line_no_update BEFORE UPDATE ON order_check_line FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_order_check_line_no_delete BEFORE DELETE ON order_check_line FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_order_check_line_no_truncate BEFORE TRUNCATE ON order_check_line FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION order_check_line_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM order_check c WHERE c.id = NEW.check_id AND NEW.no BETWEEN 1 AND c.line_count AND (SELECT COUNT(*) FROM order_check_line l WHERE l.check_id = c.id AND l.answer = 'differs') + (CASE WHEN NEW.answer = 'differs' THEN 1 ELSE 0 END) <= c.differing AND (SELECT COUNT(*) FROM order_check_line l WHERE l.check_id = c.id AND l.answer <> 'differs') + (CASE WHEN NEW.answer <> 'differs' THEN 1 ELSE 0 END) <= c.line_count - c.differing) THEN RAISE EXCEPTION 'order_check_line is append-only: as many as the check says, and nothing is added to it afterwards' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_order_check_line_counted BEFORE INSERT ON order_check_line FOR EACH ROW EXECUTE FUNCTION order_check_line_counted()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "order_check",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("order_id", BIGINT, nullable=False),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("line_count", BIGINT, nullable=False),
        sa.Column("differing", BIGINT, nullable=False),
        sa.Column("report_code", sa.Text(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_check")),
        sa.UniqueConstraint("code", name=op.f("uq_order_check_code")),
        sa.UniqueConstraint("order_id", name=op.f("uq_order_check_order_id")),
        sa.ForeignKeyConstraint(["order_id"], ["trade_order.id"], name=op.f("fk_order_check_order_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_order_check_by_id")),
        sa.CheckConstraint("result IN ('passed', 'differs')", name=op.f("ck_order_check_result_known")),
        sa.CheckConstraint("line_count BETWEEN 1 AND 200", name=op.f("ck_order_check_has_lines")),
        sa.CheckConstraint("differing BETWEEN 0 AND line_count", name=op.f("ck_order_check_differing_within")),
        sa.CheckConstraint("(result = 'differs') = (differing > 0)", name=op.f("ck_order_check_result_follows")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "order_check_line",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("check_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("promised", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("seen_value", sa.Text(), nullable=True),
        sa.Column("seen", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("photo_id", BIGINT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_check_line")),
        sa.UniqueConstraint("check_id", "no", name=op.f("uq_order_check_line_check_id_no")),
        sa.UniqueConstraint("check_id", "item_key", name=op.f("uq_order_check_line_check_id_item_key")),
        sa.UniqueConstraint("photo_id", name=op.f("uq_order_check_line_photo_id")),
        sa.ForeignKeyConstraint(["check_id"], ["order_check.id"], name=op.f("fk_order_check_line_check_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_order_check_line_photo_id")),
        sa.CheckConstraint("answer IN ('same', 'differs', 'unchecked')", name=op.f("ck_order_check_line_answer_known")),
        sa.CheckConstraint("(seen_value IS NULL) = (seen IS NULL)", name=op.f("ck_order_check_line_seen_is_whole")),
        sa.CheckConstraint(
            "answer = 'differs' OR (seen_value IS NULL AND words = '' AND photo_id IS NULL)",
            name=op.f("ck_order_check_line_only_differences_say_more"),
        ),
        sa.CheckConstraint(
            "answer <> 'differs' OR seen_value IS NOT NULL OR length(words) >= 2",
            name=op.f("ck_order_check_line_a_difference_is_said"),
        ),
        sa.CheckConstraint("length(words) <= 300", name=op.f("ck_order_check_line_words_length")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    op.drop_table("order_check_line")
    op.drop_table("order_check")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION order_check_line_counted()")
        op.execute("DROP FUNCTION order_check_by_the_buyer()")
