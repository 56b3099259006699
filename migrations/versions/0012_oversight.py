"""Purposes and accesses of regulators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_access_row_no_update BEFORE UPDATE ON access_row BEGIN SELECT RAISE(ABORT, 'access_row is append-only'); END""",
    r"""CREATE TRIGGER tr_access_row_no_delete BEFORE DELETE ON access_row BEGIN SELECT RAISE(ABORT, 'access_row is append-only'); END""",
    r"""CREATE TRIGGER tr_access_row_no_replace BEFORE INSERT ON access_row WHEN EXISTS (SELECT 1 FROM access_row WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'access_row is append-only'); END""",
    r"""CREATE TRIGGER tr_purpose_is_fixed BEFORE UPDATE ON purpose WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.officer_id IS NOT OLD.officer_id OR NEW.organisation_id IS NOT OLD.organisation_id OR NEW.case_no IS NOT OLD.case_no OR NEW.reason IS NOT OLD.reason OR NEW.opened_at IS NOT OLD.opened_at OR OLD.closed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a purpose can only be closed, once'); END""",
    r"""CREATE TRIGGER tr_purpose_stays BEFORE DELETE ON purpose BEGIN SELECT RAISE(ABORT, 'a purpose stays'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_access_row_no_update BEFORE UPDATE ON access_row FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_access_row_no_delete BEFORE DELETE ON access_row FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_access_row_no_truncate BEFORE TRUNCATE ON access_row FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION purpose_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.officer_id IS DISTINCT FROM OLD.officer_id OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.case_no IS DISTINCT FROM OLD.case_no OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.opened_at IS DISTINCT FROM OLD.opened_at OR OLD.closed_at IS NOT NULL THEN RAISE EXCEPTION 'a purpose can only be closed, once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_purpose_is_fixed BEFORE UPDATE ON purpose FOR EACH ROW EXECUTE FUNCTION purpose_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION purpose_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a purpose stays' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_purpose_stays BEFORE DELETE ON purpose FOR EACH ROW EXECUTE FUNCTION purpose_stays()""",
]
FUNCTIONS = ["purpose_is_fixed", "purpose_stays"]


def upgrade() -> None:
    op.create_table(
        "purpose",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("officer_id", BIGINT, nullable=False),
        sa.Column("organisation_id", BIGINT, nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name=op.f("ck_purpose_closed_after_opened")),
        sa.CheckConstraint("length(case_no) BETWEEN 3 AND 60", name=op.f("ck_purpose_case_no_length")),
        sa.CheckConstraint("length(reason) BETWEEN 10 AND 500", name=op.f("ck_purpose_reason_length")),
        sa.ForeignKeyConstraint(["officer_id"], ["app_user.id"], name=op.f("fk_purpose_officer_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_purpose_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purpose")),
        sa.UniqueConstraint("code", name=op.f("uq_purpose_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_purpose_officer_id", "purpose", ["officer_id", "id"], unique=False)
    op.create_table(
        "access_row",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("purpose_id", BIGINT, nullable=False),
        sa.Column("officer_id", BIGINT, nullable=False),
        sa.Column("organisation_id", BIGINT, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject_id", BIGINT, nullable=True),
        sa.Column("subject_code", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("(what = 'search') = (subject_id IS NULL)", name=op.f("ck_access_row_subject_named")),
        sa.CheckConstraint("what IN ('search', 'record', 'export')", name=op.f("ck_access_row_what_known")),
        sa.ForeignKeyConstraint(["officer_id"], ["app_user.id"], name=op.f("fk_access_row_officer_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_access_row_organisation_id")),
        sa.ForeignKeyConstraint(["purpose_id"], ["purpose.id"], name=op.f("fk_access_row_purpose_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["app_user.id"], name=op.f("fk_access_row_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_row")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_access_row_purpose_id", "access_row", ["purpose_id", "id"], unique=False)
    op.create_index("ix_access_row_subject_id", "access_row", ["subject_id", "id"], unique=False)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("access_row")
    op.drop_table("purpose")
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
