"""What the first agency answers for after an amended grade: said once, never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_reinspection_liability_no_update BEFORE UPDATE ON reinspection_liability BEGIN SELECT RAISE(ABORT, 'reinspection_liability is append-only'); END""",
    r"""CREATE TRIGGER tr_reinspection_liability_no_delete BEFORE DELETE ON reinspection_liability BEGIN SELECT RAISE(ABORT, 'reinspection_liability is append-only'); END""",
    r"""CREATE TRIGGER tr_reinspection_liability_no_replace BEFORE INSERT ON reinspection_liability WHEN EXISTS (SELECT 1 FROM reinspection_liability WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM reinspection_liability WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM reinspection_liability WHERE reinspection_id = NEW.reinspection_id) BEGIN SELECT RAISE(ABORT, 'reinspection_liability is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_reinspection_liability_no_update BEFORE UPDATE ON reinspection_liability FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_reinspection_liability_no_delete BEFORE DELETE ON reinspection_liability FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_reinspection_liability_no_truncate BEFORE TRUNCATE ON reinspection_liability FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "reinspection_liability",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reinspection_id", BIGINT, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("cost_fen", BIGINT, nullable=False),
        sa.Column("fee_fen", BIGINT, nullable=False),
        sa.Column("platform_fen", BIGINT, nullable=False),
        sa.Column("compensation_fen", BIGINT, nullable=False),
        sa.Column("to_id", BIGINT, nullable=True),
        sa.Column("paid_fen", BIGINT, nullable=False),
        sa.Column("debt_fen", BIGINT, nullable=False),
        sa.CheckConstraint(
            "cost_fen >= 0 AND fee_fen >= 0 AND compensation_fen >= 0 AND paid_fen >= 0 AND debt_fen >= 0 AND platform_fen BETWEEN 0 AND fee_fen",
            name=op.f("ck_reinspection_liability_not_negative"),
        ),
        sa.CheckConstraint(
            "cost_fen + fee_fen - platform_fen + compensation_fen = paid_fen + debt_fen AND paid_fen + debt_fen > 0",
            name=op.f("ck_reinspection_liability_sum_whole"),
        ),
        sa.CheckConstraint(
            "(compensation_fen > 0) = (to_id IS NOT NULL)", name=op.f("ck_reinspection_liability_compensation_has_receiver")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_reinspection_liability_agency_id")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_reinspection_liability_appraiser_id")),
        sa.ForeignKeyConstraint(["reinspection_id"], ["reinspection.id"], name=op.f("fk_reinspection_liability_reinspection_id")),
        sa.ForeignKeyConstraint(["to_id"], ["app_user.id"], name=op.f("fk_reinspection_liability_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reinspection_liability")),
        sa.UniqueConstraint("code", name=op.f("uq_reinspection_liability_code")),
        sa.UniqueConstraint("reinspection_id", name=op.f("uq_reinspection_liability_reinspection_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_reinspection_liability_agency_id"), "reinspection_liability", ["agency_id"], unique=False)
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # The movements themselves stand in the ledger and in the audit trail.
    op.drop_table("reinspection_liability")
