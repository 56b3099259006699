"""The register: licences, suspensions, instruments, certificates, courses, proficiency tests, agreement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
FLAG = sa.Boolean(create_constraint=False).with_variant(sa.Integer(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_appraiser_certificate_no_update BEFORE UPDATE ON appraiser_certificate BEGIN SELECT RAISE(ABORT, 'appraiser_certificate is append-only'); END""",
    r"""CREATE TRIGGER tr_appraiser_certificate_no_delete BEFORE DELETE ON appraiser_certificate BEGIN SELECT RAISE(ABORT, 'appraiser_certificate is append-only'); END""",
    r"""CREATE TRIGGER tr_appraiser_certificate_no_replace BEFORE INSERT ON appraiser_certificate WHEN EXISTS (SELECT 1 FROM appraiser_certificate WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM appraiser_certificate WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM appraiser_certificate WHERE user_id = NEW.user_id AND number = NEW.number AND category = NEW.category) BEGIN SELECT RAISE(ABORT, 'appraiser_certificate is append-only'); END""",
    r"""CREATE TRIGGER tr_appraiser_course_no_update BEFORE UPDATE ON appraiser_course BEGIN SELECT RAISE(ABORT, 'appraiser_course is append-only'); END""",
    r"""CREATE TRIGGER tr_appraiser_course_no_delete BEFORE DELETE ON appraiser_course BEGIN SELECT RAISE(ABORT, 'appraiser_course is append-only'); END""",
    r"""CREATE TRIGGER tr_appraiser_course_no_replace BEFORE INSERT ON appraiser_course WHEN EXISTS (SELECT 1 FROM appraiser_course WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM appraiser_course WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM appraiser_course WHERE user_id = NEW.user_id AND provider = NEW.provider AND evidence = NEW.evidence) BEGIN SELECT RAISE(ABORT, 'appraiser_course is append-only'); END""",
    r"""CREATE TRIGGER tr_register_decision_no_update BEFORE UPDATE ON register_decision BEGIN SELECT RAISE(ABORT, 'register_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_register_decision_no_delete BEFORE DELETE ON register_decision BEGIN SELECT RAISE(ABORT, 'register_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_register_decision_no_replace BEFORE INSERT ON register_decision WHEN EXISTS (SELECT 1 FROM register_decision WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM register_decision WHERE code = NEW.code) BEGIN SELECT RAISE(ABORT, 'register_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_proficiency_test_is_fixed BEFORE UPDATE ON proficiency_test WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.user_id IS NOT OLD.user_id OR NEW.category IS NOT OLD.category OR NEW.sample IS NOT OLD.sample OR NEW.scheme_id IS NOT OLD.scheme_id OR NEW.begun_at IS NOT OLD.begun_at OR NEW.due_at IS NOT OLD.due_at OR OLD.closed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a test can only be closed, once'); END""",
    r"""CREATE TRIGGER tr_proficiency_test_stays BEFORE DELETE ON proficiency_test BEGIN SELECT RAISE(ABORT, 'a test can only be closed, once'); END""",
    r"""CREATE TRIGGER tr_proficiency_result_no_update BEFORE UPDATE ON proficiency_result BEGIN SELECT RAISE(ABORT, 'proficiency_result is append-only'); END""",
    r"""CREATE TRIGGER tr_proficiency_result_no_delete BEFORE DELETE ON proficiency_result BEGIN SELECT RAISE(ABORT, 'proficiency_result is append-only'); END""",
    r"""CREATE TRIGGER tr_proficiency_result_no_replace BEFORE INSERT ON proficiency_result WHEN EXISTS (SELECT 1 FROM proficiency_result WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM proficiency_result WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM proficiency_result WHERE test_id = NEW.test_id) BEGIN SELECT RAISE(ABORT, 'proficiency_result is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_agreement_no_update BEFORE UPDATE ON appraisal_agreement BEGIN SELECT RAISE(ABORT, 'appraisal_agreement is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_agreement_no_delete BEFORE DELETE ON appraisal_agreement BEGIN SELECT RAISE(ABORT, 'appraisal_agreement is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_agreement_no_replace BEFORE INSERT ON appraisal_agreement WHEN EXISTS (SELECT 1 FROM appraisal_agreement WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM appraisal_agreement WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM appraisal_agreement WHERE report_id = NEW.report_id AND source = NEW.source) BEGIN SELECT RAISE(ABORT, 'appraisal_agreement is append-only'); END""",
    r"""CREATE TRIGGER tr_agency_licence_no_update BEFORE UPDATE ON agency_licence BEGIN SELECT RAISE(ABORT, 'agency_licence is append-only'); END""",
    r"""CREATE TRIGGER tr_agency_licence_no_delete BEFORE DELETE ON agency_licence BEGIN SELECT RAISE(ABORT, 'agency_licence is append-only'); END""",
    r"""CREATE TRIGGER tr_agency_licence_no_replace BEFORE INSERT ON agency_licence WHEN EXISTS (SELECT 1 FROM agency_licence WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM agency_licence WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM agency_licence WHERE licence_no = NEW.licence_no AND category = NEW.category AND version = NEW.version) BEGIN SELECT RAISE(ABORT, 'agency_licence is append-only'); END""",
    r"""CREATE TRIGGER tr_agency_licence_fits BEFORE INSERT ON agency_licence WHEN NEW.version <> (SELECT coalesce(max(version), 0) + 1 FROM agency_licence AS own WHERE own.licence_no = NEW.licence_no AND own.category = NEW.category) OR EXISTS (SELECT 1 FROM agency_licence AS own WHERE own.licence_no = NEW.licence_no AND own.agency_id <> NEW.agency_id) OR (NEW.action <> 'withdrawn' AND EXISTS (SELECT 1 FROM agency_licence AS other WHERE other.agency_id = NEW.agency_id AND other.category = NEW.category AND other.licence_no <> NEW.licence_no AND other.action <> 'withdrawn' AND other.valid_from <= NEW.valid_until AND NEW.valid_from <= other.valid_until AND NOT EXISTS (SELECT 1 FROM agency_licence AS later WHERE later.licence_no = other.licence_no AND later.category = other.category AND later.version > other.version))) BEGIN SELECT RAISE(ABORT, 'versions of a licence follow with no gaps, and its days overlap no other'); END""",
    r"""CREATE TRIGGER tr_instrument_calibration_no_update BEFORE UPDATE ON instrument_calibration BEGIN SELECT RAISE(ABORT, 'instrument_calibration is append-only'); END""",
    r"""CREATE TRIGGER tr_instrument_calibration_no_delete BEFORE DELETE ON instrument_calibration BEGIN SELECT RAISE(ABORT, 'instrument_calibration is append-only'); END""",
    r"""CREATE TRIGGER tr_instrument_calibration_no_replace BEFORE INSERT ON instrument_calibration WHEN EXISTS (SELECT 1 FROM instrument_calibration WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM instrument_calibration WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM instrument_calibration WHERE instrument_id = NEW.instrument_id AND certificate_no = NEW.certificate_no) BEGIN SELECT RAISE(ABORT, 'instrument_calibration is append-only'); END""",
    r"""CREATE TRIGGER tr_agency_suspension_is_fixed BEFORE UPDATE ON agency_suspension WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.agency_id IS NOT OLD.agency_id OR NEW.authority_id IS NOT OLD.authority_id OR NEW.imposed_by_id IS NOT OLD.imposed_by_id OR NEW.since_at IS NOT OLD.since_at OR NEW.reason IS NOT OLD.reason OR NEW.purpose_code IS NOT OLD.purpose_code OR OLD.lifted_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a suspension can only be lifted, once'); END""",
    r"""CREATE TRIGGER tr_agency_suspension_stays BEFORE DELETE ON agency_suspension BEGIN SELECT RAISE(ABORT, 'a suspension can only be lifted, once'); END""",
    r"""CREATE TRIGGER tr_agency_instrument_is_fixed BEFORE UPDATE ON agency_instrument WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.agency_id IS NOT OLD.agency_id OR NEW.kind IS NOT OLD.kind OR NEW.maker IS NOT OLD.maker OR NEW.model IS NOT OLD.model OR NEW.serial IS NOT OLD.serial OR NEW.added_by_id IS NOT OLD.added_by_id OR NEW.added_at IS NOT OLD.added_at OR OLD.retired_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'an instrument can only be retired, once'); END""",
    r"""CREATE TRIGGER tr_agency_instrument_stays BEFORE DELETE ON agency_instrument BEGIN SELECT RAISE(ABORT, 'an instrument can only be retired, once'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_appraiser_certificate_no_update BEFORE UPDATE ON appraiser_certificate FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraiser_certificate_no_delete BEFORE DELETE ON appraiser_certificate FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraiser_certificate_no_truncate BEFORE TRUNCATE ON appraiser_certificate FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraiser_course_no_update BEFORE UPDATE ON appraiser_course FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraiser_course_no_delete BEFORE DELETE ON appraiser_course FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraiser_course_no_truncate BEFORE TRUNCATE ON appraiser_course FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_register_decision_no_update BEFORE UPDATE ON register_decision FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_register_decision_no_delete BEFORE DELETE ON register_decision FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_register_decision_no_truncate BEFORE TRUNCATE ON register_decision FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION proficiency_test_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.user_id IS DISTINCT FROM OLD.user_id OR NEW.category IS DISTINCT FROM OLD.category OR NEW.sample IS DISTINCT FROM OLD.sample OR NEW.scheme_id IS DISTINCT FROM OLD.scheme_id OR NEW.begun_at IS DISTINCT FROM OLD.begun_at OR NEW.due_at IS DISTINCT FROM OLD.due_at OR OLD.closed_at IS NOT NULL THEN RAISE EXCEPTION 'a test can only be closed, once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_proficiency_test_is_fixed BEFORE UPDATE ON proficiency_test FOR EACH ROW EXECUTE FUNCTION proficiency_test_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION proficiency_test_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a test can only be closed, once' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_proficiency_test_stays BEFORE DELETE ON proficiency_test FOR EACH ROW EXECUTE FUNCTION proficiency_test_stays()""",
    r"""CREATE TRIGGER tr_proficiency_result_no_update BEFORE UPDATE ON proficiency_result FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_proficiency_result_no_delete BEFORE DELETE ON proficiency_result FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_proficiency_result_no_truncate BEFORE TRUNCATE ON proficiency_result FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_agreement_no_update BEFORE UPDATE ON appraisal_agreement FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_agreement_no_delete BEFORE DELETE ON appraisal_agreement FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_agreement_no_truncate BEFORE TRUNCATE ON appraisal_agreement FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_agency_licence_no_update BEFORE UPDATE ON agency_licence FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_agency_licence_no_delete BEFORE DELETE ON agency_licence FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_agency_licence_no_truncate BEFORE TRUNCATE ON agency_licence FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION agency_licence_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 FROM organisation WHERE id = NEW.agency_id FOR NO KEY UPDATE; IF NEW.version <> (SELECT coalesce(max(version), 0) + 1 FROM agency_licence AS own WHERE own.licence_no = NEW.licence_no AND own.category = NEW.category) OR EXISTS (SELECT 1 FROM agency_licence AS own WHERE own.licence_no = NEW.licence_no AND own.agency_id <> NEW.agency_id) OR (NEW.action <> 'withdrawn' AND EXISTS (SELECT 1 FROM agency_licence AS other WHERE other.agency_id = NEW.agency_id AND other.category = NEW.category AND other.licence_no <> NEW.licence_no AND other.action <> 'withdrawn' AND other.valid_from <= NEW.valid_until AND NEW.valid_from <= other.valid_until AND NOT EXISTS (SELECT 1 FROM agency_licence AS later WHERE later.licence_no = other.licence_no AND later.category = other.category AND later.version > other.version))) THEN RAISE EXCEPTION 'versions of a licence follow with no gaps, and its days overlap no other' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_agency_licence_fits BEFORE INSERT ON agency_licence FOR EACH ROW EXECUTE FUNCTION agency_licence_fits()""",
    r"""CREATE TRIGGER tr_instrument_calibration_no_update BEFORE UPDATE ON instrument_calibration FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_instrument_calibration_no_delete BEFORE DELETE ON instrument_calibration FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_instrument_calibration_no_truncate BEFORE TRUNCATE ON instrument_calibration FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION agency_suspension_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.agency_id IS DISTINCT FROM OLD.agency_id OR NEW.authority_id IS DISTINCT FROM OLD.authority_id OR NEW.imposed_by_id IS DISTINCT FROM OLD.imposed_by_id OR NEW.since_at IS DISTINCT FROM OLD.since_at OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.purpose_code IS DISTINCT FROM OLD.purpose_code OR OLD.lifted_at IS NOT NULL THEN RAISE EXCEPTION 'a suspension can only be lifted, once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_agency_suspension_is_fixed BEFORE UPDATE ON agency_suspension FOR EACH ROW EXECUTE FUNCTION agency_suspension_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION agency_suspension_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a suspension can only be lifted, once' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_agency_suspension_stays BEFORE DELETE ON agency_suspension FOR EACH ROW EXECUTE FUNCTION agency_suspension_stays()""",
    r"""CREATE OR REPLACE FUNCTION agency_instrument_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.agency_id IS DISTINCT FROM OLD.agency_id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.maker IS DISTINCT FROM OLD.maker OR NEW.model IS DISTINCT FROM OLD.model OR NEW.serial IS DISTINCT FROM OLD.serial OR NEW.added_by_id IS DISTINCT FROM OLD.added_by_id OR NEW.added_at IS DISTINCT FROM OLD.added_at OR OLD.retired_at IS NOT NULL THEN RAISE EXCEPTION 'an instrument can only be retired, once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_agency_instrument_is_fixed BEFORE UPDATE ON agency_instrument FOR EACH ROW EXECUTE FUNCTION agency_instrument_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION agency_instrument_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'an instrument can only be retired, once' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_agency_instrument_stays BEFORE DELETE ON agency_instrument FOR EACH ROW EXECUTE FUNCTION agency_instrument_stays()""",
]
FUNCTIONS = [
    "proficiency_test_is_fixed",
    "proficiency_test_stays",
    "agency_licence_fits",
    "agency_suspension_is_fixed",
    "agency_suspension_stays",
    "agency_instrument_is_fixed",
    "agency_instrument_stays",
]


def upgrade() -> None:
    op.create_table(
        "agency_application",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("applied_by_id", BIGINT, nullable=False),
        sa.Column("applied_at", INSTANT, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("area_m2", BIGINT, nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_by_id", BIGINT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_agency_application_category_known")),
        sa.CheckConstraint(
            "state <> 'refused' OR decision_reason IS NOT NULL", name=op.f("ck_agency_application_refusal_has_reason")
        ),
        sa.CheckConstraint(
            "state IN ('submitted', 'approved', 'refused', 'withdrawn')", name=op.f("ck_agency_application_state_known")
        ),
        sa.CheckConstraint("area_m2 BETWEEN 1 AND 1000000", name=op.f("ck_agency_application_area_believable")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_agency_application_agency_id")),
        sa.ForeignKeyConstraint(["applied_by_id"], ["app_user.id"], name=op.f("fk_agency_application_applied_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_agency_application_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_application")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_application_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "uq_agency_application_open",
        "agency_application",
        ["agency_id", "category"],
        unique=True,
        sqlite_where=sa.text("state = 'submitted'"),
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.create_table(
        "agency_instrument",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("added_by_id", BIGINT, nullable=True),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.Column("retire_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(retired_at IS NULL) = (retire_reason IS NULL)", name=op.f("ck_agency_instrument_retired_whole")),
        sa.CheckConstraint(
            "length(maker) >= 1 AND length(model) >= 1 AND length(serial) >= 1", name=op.f("ck_agency_instrument_named")
        ),
        sa.CheckConstraint("retired_at IS NULL OR retired_at >= added_at", name=op.f("ck_agency_instrument_retired_after")),
        sa.ForeignKeyConstraint(["added_by_id"], ["app_user.id"], name=op.f("fk_agency_instrument_added_by_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_agency_instrument_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_instrument")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_instrument_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_agency_instrument_agency_id", "agency_instrument", ["agency_id", "kind"], unique=False)
    op.create_index(
        "uq_agency_instrument_in_use",
        "agency_instrument",
        ["maker", "model", "serial"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "agency_suspension",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("authority_id", BIGINT, nullable=False),
        sa.Column("imposed_by_id", BIGINT, nullable=False),
        sa.Column("since_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("purpose_code", sa.Text(), nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lifted_by_id", BIGINT, nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.Column("lift_purpose_code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by_id IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)",
            name=op.f("ck_agency_suspension_lifted_whole"),
        ),
        sa.CheckConstraint("length(reason) BETWEEN 10 AND 500", name=op.f("ck_agency_suspension_reason_length")),
        sa.CheckConstraint(
            "lift_reason IS NULL OR length(lift_reason) BETWEEN 10 AND 500", name=op.f("ck_agency_suspension_lift_reason_length")
        ),
        sa.CheckConstraint("lifted_at IS NULL OR lifted_at >= since_at", name=op.f("ck_agency_suspension_lifted_after")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_agency_suspension_agency_id")),
        sa.ForeignKeyConstraint(["authority_id"], ["organisation.id"], name=op.f("fk_agency_suspension_authority_id")),
        sa.ForeignKeyConstraint(["imposed_by_id"], ["app_user.id"], name=op.f("fk_agency_suspension_imposed_by_id")),
        sa.ForeignKeyConstraint(["lifted_by_id"], ["app_user.id"], name=op.f("fk_agency_suspension_lifted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_suspension")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_suspension_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "uq_agency_suspension_open",
        "agency_suspension",
        ["agency_id", "authority_id"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "appraiser_certificate",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("valid_from", DAY, nullable=False),
        sa.Column("valid_until", DAY, nullable=False),
        sa.Column("recorded_by_id", BIGINT, nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_appraiser_certificate_category_known")),
        sa.CheckConstraint("level IN ('appraiser', 'senior')", name=op.f("ck_appraiser_certificate_level_known")),
        sa.CheckConstraint("length(number) >= 3 AND length(issuer) >= 2", name=op.f("ck_appraiser_certificate_named")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_appraiser_certificate_dates_in_order")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["app_user.id"], name=op.f("fk_appraiser_certificate_recorded_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_appraiser_certificate_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraiser_certificate")),
        sa.UniqueConstraint("code", name=op.f("uq_appraiser_certificate_code")),
        sa.UniqueConstraint("user_id", "number", "category", name=op.f("uq_appraiser_certificate_user_id_number_category")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "appraiser_course",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("hours", BIGINT, nullable=False),
        sa.Column("taken_on", DAY, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", BIGINT, nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("hours BETWEEN 1 AND 200", name=op.f("ck_appraiser_course_hours_believable")),
        sa.CheckConstraint(
            "length(title) >= 2 AND length(provider) >= 2 AND length(evidence) >= 3", name=op.f("ck_appraiser_course_named")
        ),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["app_user.id"], name=op.f("fk_appraiser_course_recorded_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_appraiser_course_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraiser_course")),
        sa.UniqueConstraint("code", name=op.f("uq_appraiser_course_code")),
        sa.UniqueConstraint("user_id", "provider", "evidence", name=op.f("uq_appraiser_course_user_id_provider_evidence")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "proficiency_test",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_proficiency_test_category_known")),
        sa.CheckConstraint(
            "due_at > begun_at AND (closed_at IS NULL OR closed_at >= begun_at)", name=op.f("ck_proficiency_test_dates_in_order")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_proficiency_test_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proficiency_test")),
        sa.UniqueConstraint("code", name=op.f("uq_proficiency_test_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_proficiency_test_user_id", "proficiency_test", ["user_id", "category", "id"], unique=False)
    op.create_index(
        "uq_proficiency_test_open",
        "proficiency_test",
        ["user_id", "category"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "agency_licence",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("licence_no", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("valid_from", DAY, nullable=False),
        sa.Column("valid_until", DAY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("unmet", sa.Text(), nullable=False),
        sa.Column("application_id", BIGINT, nullable=True),
        sa.Column("decided_by_id", BIGINT, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.CheckConstraint("action IN ('granted', 'corrected', 'withdrawn')", name=op.f("ck_agency_licence_action_known")),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_agency_licence_category_known")),
        sa.CheckConstraint(
            "version >= 1 AND (version = 1) = (action = 'granted')", name=op.f("ck_agency_licence_version_fits_action")
        ),
        sa.CheckConstraint("length(licence_no) BETWEEN 3 AND 60", name=op.f("ck_agency_licence_licence_no_length")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_agency_licence_dates_in_order")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_agency_licence_agency_id")),
        sa.ForeignKeyConstraint(["application_id"], ["agency_application.id"], name=op.f("fk_agency_licence_application_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_agency_licence_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_licence")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_licence_code")),
        sa.UniqueConstraint("licence_no", "category", "version", name=op.f("uq_agency_licence_licence_no_category_version")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_agency_licence_agency_id", "agency_licence", ["agency_id", "category"], unique=False)
    op.create_table(
        "instrument_calibration",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("instrument_id", BIGINT, nullable=False),
        sa.Column("done_on", DAY, nullable=False),
        sa.Column("valid_until", DAY, nullable=False),
        sa.Column("certificate_no", sa.Text(), nullable=False),
        sa.Column("laboratory", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", BIGINT, nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("done_on <= valid_until", name=op.f("ck_instrument_calibration_dates_in_order")),
        sa.CheckConstraint(
            "length(certificate_no) >= 3 AND length(laboratory) >= 2", name=op.f("ck_instrument_calibration_named")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["agency_instrument.id"], name=op.f("fk_instrument_calibration_instrument_id")
        ),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["app_user.id"], name=op.f("fk_instrument_calibration_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_calibration")),
        sa.UniqueConstraint("code", name=op.f("uq_instrument_calibration_code")),
        sa.UniqueConstraint(
            "instrument_id", "certificate_no", name=op.f("uq_instrument_calibration_instrument_id_certificate_no")
        ),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "proficiency_result",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("test_id", BIGINT, nullable=False),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("items", BIGINT, nullable=False),
        sa.Column("agreed", BIGINT, nullable=False),
        sa.Column("critical_misses", BIGINT, nullable=False),
        sa.Column("passed", FLAG, nullable=False),
        sa.Column("valid_until", DAY, nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_proficiency_result_category_known")),
        sa.CheckConstraint("(valid_until IS NOT NULL) = passed", name=op.f("ck_proficiency_result_validity_only_when_passed")),
        sa.CheckConstraint(
            "items > 0 AND agreed BETWEEN 0 AND items AND critical_misses >= 0", name=op.f("ck_proficiency_result_counts")
        ),
        sa.ForeignKeyConstraint(["test_id"], ["proficiency_test.id"], name=op.f("fk_proficiency_result_test_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_proficiency_result_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proficiency_result")),
        sa.UniqueConstraint("code", name=op.f("uq_proficiency_result_code")),
        sa.UniqueConstraint("test_id", name=op.f("uq_proficiency_result_test_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_proficiency_result_user_id", "proficiency_result", ["user_id", "category", "id"], unique=False)
    op.create_table(
        "register_decision",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("certificate_id", BIGINT, nullable=True),
        sa.Column("course_id", BIGINT, nullable=True),
        sa.Column("calibration_id", BIGINT, nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", BIGINT, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(certificate_id IS NOT NULL AND course_id IS NULL AND calibration_id IS NULL AND decision <> 'struck') OR (certificate_id IS NULL AND (course_id IS NULL) <> (calibration_id IS NULL) AND decision = 'struck')",
            name=op.f("ck_register_decision_about_one"),
        ),
        sa.CheckConstraint("decision = 'confirmed' OR length(reason) >= 5", name=op.f("ck_register_decision_reason_given")),
        sa.CheckConstraint(
            "decision IN ('confirmed', 'refused', 'withdrawn', 'struck')", name=op.f("ck_register_decision_decision_known")
        ),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["instrument_calibration.id"], name=op.f("fk_register_decision_calibration_id")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["appraiser_certificate.id"], name=op.f("fk_register_decision_certificate_id")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["appraiser_course.id"], name=op.f("fk_register_decision_course_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_register_decision_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_decision")),
        sa.UniqueConstraint("code", name=op.f("uq_register_decision_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_register_decision_calibration_id", "register_decision", ["calibration_id"], unique=False)
    op.create_index("ix_register_decision_certificate_id", "register_decision", ["certificate_id"], unique=False)
    op.create_index("ix_register_decision_course_id", "register_decision", ["course_id"], unique=False)
    op.create_table(
        "appraisal_agreement",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("report_id", BIGINT, nullable=False),
        sa.Column("second_report_id", BIGINT, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("steps", BIGINT, nullable=True),
        sa.Column("critical_misses", BIGINT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_appraisal_agreement_category_known")),
        sa.CheckConstraint("kind IN ('blind', 'contest')", name=op.f("ck_appraisal_agreement_kind_known")),
        sa.CheckConstraint("critical_misses >= 0", name=op.f("ck_appraisal_agreement_misses_counted")),
        sa.CheckConstraint(
            "second_report_id IS NULL OR second_report_id <> report_id", name=op.f("ck_appraisal_agreement_two_reports")
        ),
        sa.CheckConstraint("steps IS NULL OR steps BETWEEN -20 AND 20", name=op.f("ck_appraisal_agreement_steps_believable")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_appraisal_agreement_agency_id")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_appraisal_agreement_appraiser_id")),
        sa.ForeignKeyConstraint(["report_id"], ["appraisal_report.id"], name=op.f("fk_appraisal_agreement_report_id")),
        sa.ForeignKeyConstraint(
            ["second_report_id"], ["appraisal_report.id"], name=op.f("fk_appraisal_agreement_second_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_agreement")),
        sa.UniqueConstraint("code", name=op.f("uq_appraisal_agreement_code")),
        sa.UniqueConstraint("report_id", "source", name=op.f("uq_appraisal_agreement_report_id_source")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_appraisal_agreement_appraiser_id", "appraisal_agreement", ["appraiser_id", "id"], unique=False)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("appraisal_agreement")
    op.drop_table("register_decision")
    op.drop_table("proficiency_result")
    op.drop_table("instrument_calibration")
    op.drop_table("agency_licence")
    op.drop_table("proficiency_test")
    op.drop_table("appraiser_course")
    op.drop_table("appraiser_certificate")
    op.drop_table("agency_suspension")
    op.drop_table("agency_instrument")
    op.drop_table("agency_application")
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
