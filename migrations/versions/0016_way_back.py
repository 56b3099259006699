"""The way back of a refunded thing; a case is answered once and stays as it ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

COLUMNS = [
    ("return_address_sealed", sa.Text()),
    ("return_due_at", INSTANT),
    ("return_carrier", sa.Text()),
    ("return_tracking_no", sa.Text()),
    ("return_sent_at", INSTANT),
]

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_trade_case_said_once BEFORE UPDATE ON trade_case WHEN NEW.code IS NOT OLD.code OR NEW.order_id IS NOT OLD.order_id OR NEW.reason IS NOT OLD.reason OR NEW.text IS NOT OLD.text OR NEW.opened_by IS NOT OLD.opened_by OR NEW.opened_at IS NOT OLD.opened_at OR (OLD.answered_at IS NOT NULL AND (NEW.answer_text IS NOT OLD.answer_text OR NEW.answered_at IS NOT OLD.answered_at)) OR (OLD.state <> 'open' AND (NEW.state IS NOT OLD.state OR NEW.answer_text IS NOT OLD.answer_text OR NEW.answered_at IS NOT OLD.answered_at OR NEW.ruling IS NOT OLD.ruling OR NEW.fault IS NOT OLD.fault OR NEW.ruled_by IS NOT OLD.ruled_by OR NEW.ruled_at IS NOT OLD.ruled_at OR NEW.reason_text IS NOT OLD.reason_text)) OR (NEW.answer_text IS NULL) <> (NEW.answered_at IS NULL) BEGIN SELECT RAISE(ABORT, 'trade_case: what was said is kept'); END""",
    r"""CREATE TRIGGER tr_trade_case_no_delete BEFORE DELETE ON trade_case BEGIN SELECT RAISE(ABORT, 'trade_case: cases are kept'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_trade_case_said_once BEFORE UPDATE ON trade_case FOR EACH ROW WHEN (NEW.code IS DISTINCT FROM OLD.code OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.text IS DISTINCT FROM OLD.text OR NEW.opened_by IS DISTINCT FROM OLD.opened_by OR NEW.opened_at IS DISTINCT FROM OLD.opened_at OR (OLD.answered_at IS NOT NULL AND (NEW.answer_text IS DISTINCT FROM OLD.answer_text OR NEW.answered_at IS DISTINCT FROM OLD.answered_at)) OR (OLD.state <> 'open' AND (NEW.state IS DISTINCT FROM OLD.state OR NEW.answer_text IS DISTINCT FROM OLD.answer_text OR NEW.answered_at IS DISTINCT FROM OLD.answered_at OR NEW.ruling IS DISTINCT FROM OLD.ruling OR NEW.fault IS DISTINCT FROM OLD.fault OR NEW.ruled_by IS DISTINCT FROM OLD.ruled_by OR NEW.ruled_at IS DISTINCT FROM OLD.ruled_at OR NEW.reason_text IS DISTINCT FROM OLD.reason_text)) OR (NEW.answer_text IS NULL) <> (NEW.answered_at IS NULL)) EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_trade_case_no_delete BEFORE DELETE ON trade_case FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("trade_order", sa.Column(name, kind, nullable=True))
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    for name in ("tr_trade_case_said_once", "tr_trade_case_no_delete"):
        op.execute(f"DROP TRIGGER {name}" if op.get_bind().dialect.name == "sqlite" else f"DROP TRIGGER {name} ON trade_case")
    for name, _ in reversed(COLUMNS):
        op.drop_column("trade_order", name)
