"""Appraisals and signed reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_appraisal_report_no_update BEFORE UPDATE ON appraisal_report BEGIN SELECT RAISE(ABORT, 'appraisal_report is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_report_no_delete BEFORE DELETE ON appraisal_report BEGIN SELECT RAISE(ABORT, 'appraisal_report is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_report_no_replace BEFORE INSERT ON appraisal_report WHEN EXISTS (SELECT 1 FROM appraisal_report WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM appraisal_report WHERE appraisal_id = NEW.appraisal_id AND no = NEW.no) OR EXISTS (SELECT 1 FROM appraisal_report WHERE code = NEW.code) BEGIN SELECT RAISE(ABORT, 'appraisal_report is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_appraisal_report_no_update BEFORE UPDATE ON appraisal_report FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_report_no_delete BEFORE DELETE ON appraisal_report FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_report_no_truncate BEFORE TRUNCATE ON appraisal_report FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "appraisal",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("thing_id", BIGINT, nullable=False),
        sa.Column("owner_id", BIGINT, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=True),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("findings_rev", BIGINT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'accepted', 'declined', 'cancelled', 'inspecting', 'issued', 'unable')",
            name=op.f("ck_appraisal_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'inspecting', 'issued') OR appraiser_id IS NOT NULL",
            name=op.f("ck_appraisal_appraiser_known"),
        ),
        sa.CheckConstraint("appraiser_id IS NULL OR appraiser_id <> owner_id", name=op.f("ck_appraisal_not_own_thing")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_appraisal_agency_id")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_appraisal_appraiser_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_appraisal_owner_id")),
        sa.ForeignKeyConstraint(["thing_id"], ["thing.id"], name=op.f("fk_appraisal_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal")),
        sa.UniqueConstraint("code", name=op.f("uq_appraisal_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_appraisal_agency_state", "appraisal", ["agency_id", "state"], unique=False)
    op.create_index("ix_appraisal_owner_id", "appraisal", ["owner_id"], unique=False)
    op.create_index(
        "uq_appraisal_open_thing",
        "appraisal",
        ["thing_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('requested', 'accepted', 'inspecting')"),
        postgresql_where=sa.text("state IN ('requested', 'accepted', 'inspecting')"),
    )
    op.create_table(
        "appraisal_report",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("thing_id", BIGINT, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=False),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("score", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.CheckConstraint("(status = 'graded') = (tier IS NOT NULL)", name=op.f("ck_appraisal_report_tier_only_when_graded")),
        sa.CheckConstraint(
            "status IN ('graded', 'ungradable', 'unsafe', 'recycle_only', 'prohibited')",
            name=op.f("ck_appraisal_report_status_known"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_appraisal_report_agency_id")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_report_appraisal_id")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_appraisal_report_appraiser_id")),
        sa.ForeignKeyConstraint(["thing_id"], ["thing.id"], name=op.f("fk_appraisal_report_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_report")),
        sa.UniqueConstraint("appraisal_id", "no", name=op.f("uq_appraisal_report_appraisal_id_no")),
        sa.UniqueConstraint("code", name=op.f("uq_appraisal_report_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_appraisal_report_thing_id", "appraisal_report", ["thing_id", "id"], unique=False)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("appraisal_report")
    op.drop_table("appraisal")
