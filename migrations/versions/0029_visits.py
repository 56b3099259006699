"""Visits: an appraiser comes to the owner's home. Areas, times, visits, and which visit belongs to which order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
FLAG = sa.Boolean(create_constraint=False).with_variant(sa.Integer(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_appraisal_home_visit_no_update BEFORE UPDATE ON appraisal_home_visit BEGIN SELECT RAISE(ABORT, 'appraisal_home_visit is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_home_visit_no_delete BEFORE DELETE ON appraisal_home_visit BEGIN SELECT RAISE(ABORT, 'appraisal_home_visit is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_home_visit_no_replace BEFORE INSERT ON appraisal_home_visit WHEN EXISTS (SELECT 1 FROM appraisal_home_visit WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM appraisal_home_visit WHERE appraisal_id = NEW.appraisal_id) OR EXISTS (SELECT 1 FROM appraisal_home_visit WHERE visit_id = NEW.visit_id) BEGIN SELECT RAISE(ABORT, 'appraisal_home_visit is append-only'); END""",
    r"""CREATE TRIGGER tr_visit_area_is_fixed BEFORE UPDATE ON visit_area WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.agency_id IS NOT OLD.agency_id OR NEW.district IS NOT OLD.district OR NEW.fee_fen IS NOT OLD.fee_fen OR NEW.brings_bench IS NOT OLD.brings_bench OR NEW.created_at IS NOT OLD.created_at OR OLD.closed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'visit_area: an area is closed once and never changed'); END""",
    r"""CREATE TRIGGER tr_visit_area_stays BEFORE DELETE ON visit_area BEGIN SELECT RAISE(ABORT, 'visit_area: an area is closed once and never changed'); END""",
    r"""CREATE TRIGGER tr_visit_is_fixed BEFORE UPDATE ON visit WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.area_id IS NOT OLD.area_id OR NEW.fee_fen IS NOT OLD.fee_fen OR NEW.terms_id IS NOT OLD.terms_id OR NEW.created_at IS NOT OLD.created_at OR (OLD.absent_words IS NOT NULL AND NEW.absent_words IS NOT OLD.absent_words) OR (OLD.objection IS NOT NULL AND NEW.objection IS NOT OLD.objection) OR (OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS NOT OLD.decided_by_id) OR (OLD.decision IS NOT NULL AND NEW.decision IS NOT OLD.decision) BEGIN SELECT RAISE(ABORT, 'visit: what was agreed and said does not change'); END""",
    r"""CREATE TRIGGER tr_visit_stays BEFORE DELETE ON visit BEGIN SELECT RAISE(ABORT, 'visit rows stay'); END""",
    r"""CREATE TRIGGER tr_visit_fits_insert BEFORE INSERT ON visit WHEN NEW.slot_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM visit_slot s WHERE s.id = NEW.slot_id AND s.area_id = NEW.area_id) BEGIN SELECT RAISE(ABORT, 'visit: the time is one of its area'); END""",
    r"""CREATE TRIGGER tr_visit_fits_update BEFORE UPDATE ON visit WHEN NEW.slot_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM visit_slot s WHERE s.id = NEW.slot_id AND s.area_id = NEW.area_id) BEGIN SELECT RAISE(ABORT, 'visit: the time is one of its area'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_appraisal_home_visit_no_update BEFORE UPDATE ON appraisal_home_visit FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_home_visit_no_delete BEFORE DELETE ON appraisal_home_visit FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_home_visit_no_truncate BEFORE TRUNCATE ON appraisal_home_visit FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION visit_area_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.agency_id IS DISTINCT FROM OLD.agency_id OR NEW.district IS DISTINCT FROM OLD.district OR NEW.fee_fen IS DISTINCT FROM OLD.fee_fen OR NEW.brings_bench IS DISTINCT FROM OLD.brings_bench OR NEW.created_at IS DISTINCT FROM OLD.created_at OR OLD.closed_at IS NOT NULL THEN RAISE EXCEPTION 'visit_area: an area is closed once and never changed' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_visit_area_is_fixed BEFORE UPDATE ON visit_area FOR EACH ROW EXECUTE FUNCTION visit_area_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION visit_area_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'visit_area: an area is closed once and never changed' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_visit_area_stays BEFORE DELETE ON visit_area FOR EACH ROW EXECUTE FUNCTION visit_area_stays()""",
    r"""CREATE OR REPLACE FUNCTION visit_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.area_id IS DISTINCT FROM OLD.area_id OR NEW.fee_fen IS DISTINCT FROM OLD.fee_fen OR NEW.terms_id IS DISTINCT FROM OLD.terms_id OR NEW.created_at IS DISTINCT FROM OLD.created_at OR (OLD.absent_words IS NOT NULL AND NEW.absent_words IS DISTINCT FROM OLD.absent_words) OR (OLD.objection IS NOT NULL AND NEW.objection IS DISTINCT FROM OLD.objection) OR (OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id) OR (OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision) THEN RAISE EXCEPTION 'visit: what was agreed and said does not change' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_visit_is_fixed BEFORE UPDATE ON visit FOR EACH ROW EXECUTE FUNCTION visit_is_fixed()""",
    r"""CREATE TRIGGER tr_visit_stays BEFORE DELETE ON visit FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION visit_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.slot_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM visit_slot s WHERE s.id = NEW.slot_id AND s.area_id = NEW.area_id) THEN RAISE EXCEPTION 'visit: the time is one of its area' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_visit_fits_insert BEFORE INSERT ON visit FOR EACH ROW EXECUTE FUNCTION visit_fits()""",
    r"""CREATE TRIGGER tr_visit_fits_update BEFORE UPDATE ON visit FOR EACH ROW EXECUTE FUNCTION visit_fits()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "visit_area",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("fee_fen", BIGINT, nullable=False),
        sa.Column("brings_bench", FLAG, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("fee_fen BETWEEN 0 AND 99999999999", name=op.f("ck_visit_area_fee_range")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_visit_area_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_area")),
        sa.UniqueConstraint("code", name=op.f("uq_visit_area_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "uq_visit_area_open",
        "visit_area",
        ["agency_id", "district"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "visit_slot",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("area_id", BIGINT, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_visit_slot_ends_after_start")),
        sa.ForeignKeyConstraint(["area_id"], ["visit_area.id"], name=op.f("fk_visit_slot_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_slot")),
        sa.UniqueConstraint("code", name=op.f("uq_visit_slot_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "uq_visit_slot_open",
        "visit_slot",
        ["area_id", "starts_at"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "visit",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("area_id", BIGINT, nullable=False),
        sa.Column("slot_id", BIGINT, nullable=True),
        sa.Column("fee_fen", BIGINT, nullable=False),
        sa.Column("terms_id", sa.Text(), nullable=False),
        sa.Column("address_sealed", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("moves", BIGINT, nullable=False),
        sa.Column("absent", sa.Text(), nullable=True),
        sa.Column("absent_words", sa.Text(), nullable=True),
        sa.Column("object_due_at", INSTANT, nullable=True),
        sa.Column("objection", sa.Text(), nullable=True),
        sa.Column("decided_by_id", BIGINT, nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('absent', 'disputed', 'missed') OR (absent IS NOT NULL AND object_due_at IS NOT NULL)",
            name=op.f("ck_visit_absence_is_said"),
        ),
        sa.CheckConstraint("absent IS NULL OR absent IN ('owner', 'agency')", name=op.f("ck_visit_absent_known")),
        sa.CheckConstraint(
            "state NOT IN ('booked', 'open', 'absent', 'disputed') OR address_sealed IS NOT NULL",
            name=op.f("ck_visit_address_is_known"),
        ),
        sa.CheckConstraint("(decided_by_id IS NULL) = (decision IS NULL)", name=op.f("ck_visit_decided_with_reason")),
        sa.CheckConstraint("state <> 'disputed' OR objection IS NOT NULL", name=op.f("ck_visit_dispute_has_objection")),
        sa.CheckConstraint("fee_fen BETWEEN 0 AND 99999999999", name=op.f("ck_visit_fee_range")),
        sa.CheckConstraint("moves BETWEEN 0 AND 20", name=op.f("ck_visit_moves_range")),
        sa.CheckConstraint(
            "state IN ('booked', 'open', 'met', 'absent', 'disputed', 'missed', 'cancelled')", name=op.f("ck_visit_state_known")
        ),
        sa.CheckConstraint(
            "state NOT IN ('booked', 'absent', 'disputed', 'met', 'missed') OR slot_id IS NOT NULL",
            name=op.f("ck_visit_time_is_kept"),
        ),
        sa.CheckConstraint(
            "(absent_words IS NULL OR length(absent_words) BETWEEN 4 AND 500) AND (objection IS NULL OR length(objection) BETWEEN 4 AND 500) AND (decision IS NULL OR length(decision) BETWEEN 4 AND 500)",
            name=op.f("ck_visit_words_length"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["visit_area.id"], name=op.f("fk_visit_area_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_visit_decided_by_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["visit_slot.id"], name=op.f("fk_visit_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("code", name=op.f("uq_visit_code")),
        sa.UniqueConstraint("slot_id", name=op.f("uq_visit_slot_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_visit_disputed",
        "visit",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'disputed'"),
        postgresql_where=sa.text("state = 'disputed'"),
    )
    op.create_table(
        "appraisal_home_visit",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("visit_id", BIGINT, nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_home_visit_appraisal_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_appraisal_home_visit_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_home_visit")),
        sa.UniqueConstraint("appraisal_id", name=op.f("uq_appraisal_home_visit_appraisal_id")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_appraisal_home_visit_visit_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # An order whose appraiser is expected at a home would wait for its thing for ever.
    expected = "SELECT 1 FROM visit WHERE state IN ('booked', 'open', 'absent', 'disputed') LIMIT 1"
    if op.get_bind().execute(sa.text(expected)).first():
        raise RuntimeError("a visit is booked: let it take place or end its order first")
    op.drop_table("appraisal_home_visit")
    op.drop_table("visit")
    op.drop_table("visit_slot")
    op.drop_table("visit_area")
    if op.get_bind().dialect.name != "sqlite":
        for name in ("visit_area_is_fixed", "visit_area_stays", "visit_is_fixed", "visit_fits"):
            op.execute(f"DROP FUNCTION {name}()")
