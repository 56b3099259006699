"""Gates of things that store data: certificates of erasure, their re-check, seals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_erasure_certificate_no_update BEFORE UPDATE ON erasure_certificate BEGIN SELECT RAISE(ABORT, 'erasure_certificate is append-only'); END""",
    r"""CREATE TRIGGER tr_erasure_certificate_no_delete BEFORE DELETE ON erasure_certificate BEGIN SELECT RAISE(ABORT, 'erasure_certificate is append-only'); END""",
    r"""CREATE TRIGGER tr_erasure_certificate_no_replace BEFORE INSERT ON erasure_certificate WHEN EXISTS (SELECT 1 FROM erasure_certificate WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM erasure_certificate WHERE appraisal_id = NEW.appraisal_id AND no = NEW.no) OR EXISTS (SELECT 1 FROM erasure_certificate WHERE code = NEW.code) BEGIN SELECT RAISE(ABORT, 'erasure_certificate is append-only'); END""",
    r"""CREATE TRIGGER tr_erasure_check_no_update BEFORE UPDATE ON erasure_check BEGIN SELECT RAISE(ABORT, 'erasure_check is append-only'); END""",
    r"""CREATE TRIGGER tr_erasure_check_no_delete BEFORE DELETE ON erasure_check BEGIN SELECT RAISE(ABORT, 'erasure_check is append-only'); END""",
    r"""CREATE TRIGGER tr_erasure_check_no_replace BEFORE INSERT ON erasure_check WHEN EXISTS (SELECT 1 FROM erasure_check WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM erasure_check WHERE certificate_id = NEW.certificate_id) BEGIN SELECT RAISE(ABORT, 'erasure_check is append-only'); END""",
    r"""CREATE TRIGGER tr_inspection_seal_no_update BEFORE UPDATE ON inspection_seal BEGIN SELECT RAISE(ABORT, 'inspection_seal is append-only'); END""",
    r"""CREATE TRIGGER tr_inspection_seal_no_delete BEFORE DELETE ON inspection_seal BEGIN SELECT RAISE(ABORT, 'inspection_seal is append-only'); END""",
    r"""CREATE TRIGGER tr_inspection_seal_no_replace BEFORE INSERT ON inspection_seal WHEN EXISTS (SELECT 1 FROM inspection_seal WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM inspection_seal WHERE agency_id = NEW.agency_id AND seal_no = NEW.seal_no) OR EXISTS (SELECT 1 FROM inspection_seal WHERE certificate_id = NEW.certificate_id) BEGIN SELECT RAISE(ABORT, 'inspection_seal is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE TRIGGER tr_erasure_certificate_no_update BEFORE UPDATE ON erasure_certificate FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_erasure_certificate_no_delete BEFORE DELETE ON erasure_certificate FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_erasure_certificate_no_truncate BEFORE TRUNCATE ON erasure_certificate FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_erasure_check_no_update BEFORE UPDATE ON erasure_check FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_erasure_check_no_delete BEFORE DELETE ON erasure_check FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_erasure_check_no_truncate BEFORE TRUNCATE ON erasure_check FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_inspection_seal_no_update BEFORE UPDATE ON inspection_seal FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_inspection_seal_no_delete BEFORE DELETE ON inspection_seal FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_inspection_seal_no_truncate BEFORE TRUNCATE ON inspection_seal FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "erasure_certificate",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("operator_id", BIGINT, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_erasure_certificate_sha256_length")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_erasure_certificate_appraisal_id")),
        sa.ForeignKeyConstraint(["operator_id"], ["app_user.id"], name=op.f("fk_erasure_certificate_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_certificate")),
        sa.UniqueConstraint("appraisal_id", "no", name=op.f("uq_erasure_certificate_appraisal_id_no")),
        sa.UniqueConstraint("code", name=op.f("uq_erasure_certificate_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "erasure_check",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("certificate_id", BIGINT, nullable=False),
        sa.Column("operator_id", BIGINT, nullable=False),
        sa.Column("checker_id", BIGINT, nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.CheckConstraint("checker_id <> operator_id", name=op.f("ck_erasure_check_second_person")),
        sa.CheckConstraint("outcome IN ('passed', 'failed')", name=op.f("ck_erasure_check_outcome_known")),
        sa.ForeignKeyConstraint(["certificate_id"], ["erasure_certificate.id"], name=op.f("fk_erasure_check_certificate_id")),
        sa.ForeignKeyConstraint(["checker_id"], ["app_user.id"], name=op.f("fk_erasure_check_checker_id")),
        sa.ForeignKeyConstraint(["operator_id"], ["app_user.id"], name=op.f("fk_erasure_check_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_check")),
        sa.UniqueConstraint("certificate_id", name=op.f("uq_erasure_check_certificate_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "inspection_seal",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("certificate_id", BIGINT, nullable=False),
        sa.Column("seal_no", sa.Text(), nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.Column("sealed_by", BIGINT, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_inspection_seal_agency_id")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_inspection_seal_appraisal_id")),
        sa.ForeignKeyConstraint(["certificate_id"], ["erasure_certificate.id"], name=op.f("fk_inspection_seal_certificate_id")),
        sa.ForeignKeyConstraint(["sealed_by"], ["app_user.id"], name=op.f("fk_inspection_seal_sealed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_seal")),
        sa.UniqueConstraint("agency_id", "seal_no", name=op.f("uq_inspection_seal_agency_id_seal_no")),
        sa.UniqueConstraint("certificate_id", name=op.f("uq_inspection_seal_certificate_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    for table in ("inspection_seal", "erasure_check", "erasure_certificate"):
        op.drop_table(table)
