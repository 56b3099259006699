"""What is taken back of payouts for refunds after the release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_take_back_fixed_terms BEFORE UPDATE OF id, code, payout_code, refund_code, amount_fen, created_at ON take_back BEGIN SELECT RAISE(ABORT, 'the terms of a take_back do not change'); END""",
    r"""CREATE TRIGGER tr_take_back_no_delete BEFORE DELETE ON take_back BEGIN SELECT RAISE(ABORT, 'take_back rows stay'); END""",
    r"""CREATE TRIGGER tr_take_back_within BEFORE INSERT ON take_back WHEN (SELECT coalesce(sum(t.amount_fen), 0) FROM take_back t WHERE t.payout_code = NEW.payout_code AND t.state <> 'not_taken') + NEW.amount_fen > (SELECT c.amount_fen FROM money_command c WHERE c.code = NEW.payout_code) BEGIN SELECT RAISE(ABORT, 'more would be taken back than was paid out'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_take_back_fixed_terms BEFORE UPDATE OF id, code, payout_code, refund_code, amount_fen, created_at ON take_back FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_take_back_no_delete BEFORE DELETE ON take_back FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION take_back_within() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT coalesce(sum(t.amount_fen), 0) FROM take_back t WHERE t.payout_code = NEW.payout_code AND t.state <> 'not_taken') + NEW.amount_fen > (SELECT c.amount_fen FROM money_command c WHERE c.code = NEW.payout_code) THEN RAISE EXCEPTION 'more would be taken back than was paid out' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_take_back_within BEFORE INSERT ON take_back FOR EACH ROW EXECUTE FUNCTION take_back_within()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "take_back",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("payout_code", sa.Text(), nullable=False),
        sa.Column("refund_code", sa.Text(), nullable=False),
        sa.Column("amount_fen", BIGINT, nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 99999999999", name=op.f("ck_take_back_amount_positive")),
        sa.CheckConstraint("state IN ('planned', 'taken', 'not_taken')", name=op.f("ck_take_back_state_known")),
        sa.ForeignKeyConstraint(["payout_code"], ["money_command.code"], name=op.f("fk_take_back_payout_code")),
        sa.ForeignKeyConstraint(["refund_code"], ["money_command.code"], name=op.f("fk_take_back_refund_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_take_back")),
        sa.UniqueConstraint("code", name=op.f("uq_take_back_code")),
        sa.UniqueConstraint("payout_code", "refund_code", name=op.f("uq_take_back_payout_code_refund_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_take_back_refund_code"), "take_back", ["refund_code"], unique=False)
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # Which payout it was is lost; the ledger keeps what moved.
    op.drop_table("take_back")
