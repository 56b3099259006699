"""Inspections: changes of answers, readings with their instruments, photos and the marks on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_inspection_change_no_update BEFORE UPDATE ON inspection_change BEGIN SELECT RAISE(ABORT, 'inspection_change is append-only'); END""",
    r"""CREATE TRIGGER tr_inspection_change_no_delete BEFORE DELETE ON inspection_change BEGIN SELECT RAISE(ABORT, 'inspection_change is append-only'); END""",
    r"""CREATE TRIGGER tr_inspection_change_no_replace BEFORE INSERT ON inspection_change WHEN EXISTS (SELECT 1 FROM inspection_change WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM inspection_change WHERE appraisal_id = NEW.appraisal_id AND device_key = NEW.device_key) OR EXISTS (SELECT 1 FROM inspection_change WHERE appraisal_id = NEW.appraisal_id AND no = NEW.no) OR EXISTS (SELECT 1 FROM inspection_change WHERE appraisal_id = NEW.appraisal_id AND undoes = NEW.undoes) BEGIN SELECT RAISE(ABORT, 'inspection_change is append-only'); END""",
    r"""CREATE TRIGGER tr_inspection_reading_insert_in_time BEFORE INSERT ON inspection_reading WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    r"""CREATE TRIGGER tr_inspection_reading_update_in_time BEFORE UPDATE ON inspection_reading WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    r"""CREATE TRIGGER tr_inspection_reading_delete_in_time BEFORE DELETE ON inspection_reading WHEN (SELECT state FROM appraisal WHERE id = OLD.appraisal_id) NOT IN ('accepted', 'inspecting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    r"""CREATE TRIGGER tr_inspection_photo_insert_in_time BEFORE INSERT ON inspection_photo WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    r"""CREATE TRIGGER tr_inspection_photo_update_in_time BEFORE UPDATE ON inspection_photo WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    r"""CREATE TRIGGER tr_inspection_photo_delete_in_time BEFORE DELETE ON inspection_photo WHEN (SELECT state FROM appraisal WHERE id = OLD.appraisal_id) NOT IN ('accepted', 'inspecting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    r"""CREATE TRIGGER tr_inspection_mark_insert_in_time BEFORE INSERT ON inspection_mark WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    r"""CREATE TRIGGER tr_inspection_mark_update_in_time BEFORE UPDATE ON inspection_mark WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    r"""CREATE TRIGGER tr_inspection_mark_delete_in_time BEFORE DELETE ON inspection_mark WHEN (SELECT state FROM appraisal WHERE id = OLD.appraisal_id) NOT IN ('accepted', 'inspecting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE TRIGGER tr_inspection_change_no_update BEFORE UPDATE ON inspection_change FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_inspection_change_no_delete BEFORE DELETE ON inspection_change FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_inspection_change_no_truncate BEFORE TRUNCATE ON inspection_change FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION inspection_in_time() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE place bigint; BEGIN IF TG_OP = 'DELETE' THEN place := OLD.appraisal_id; ELSE place := NEW.appraisal_id; END IF; IF (SELECT state FROM appraisal WHERE id = place) NOT IN ('accepted', 'inspecting') THEN RAISE EXCEPTION 'the inspection has ended' USING ERRCODE = '23514'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_inspection_reading_insert_in_time BEFORE INSERT ON inspection_reading FOR EACH ROW EXECUTE FUNCTION inspection_in_time()""",
    r"""CREATE TRIGGER tr_inspection_reading_update_in_time BEFORE UPDATE ON inspection_reading FOR EACH ROW EXECUTE FUNCTION inspection_in_time()""",
    r"""CREATE TRIGGER tr_inspection_reading_delete_in_time BEFORE DELETE ON inspection_reading FOR EACH ROW EXECUTE FUNCTION inspection_in_time()""",
    r"""CREATE TRIGGER tr_inspection_photo_insert_in_time BEFORE INSERT ON inspection_photo FOR EACH ROW EXECUTE FUNCTION inspection_in_time()""",
    r"""CREATE TRIGGER tr_inspection_photo_update_in_time BEFORE UPDATE ON inspection_photo FOR EACH ROW EXECUTE FUNCTION inspection_in_time()""",
    r"""CREATE TRIGGER tr_inspection_photo_delete_in_time BEFORE DELETE ON inspection_photo FOR EACH ROW EXECUTE FUNCTION inspection_in_time()""",
    r"""CREATE TRIGGER tr_inspection_mark_insert_in_time BEFORE INSERT ON inspection_mark FOR EACH ROW EXECUTE FUNCTION inspection_in_time()""",
    r"""CREATE TRIGGER tr_inspection_mark_update_in_time BEFORE UPDATE ON inspection_mark FOR EACH ROW EXECUTE FUNCTION inspection_in_time()""",
    r"""CREATE TRIGGER tr_inspection_mark_delete_in_time BEFORE DELETE ON inspection_mark FOR EACH ROW EXECUTE FUNCTION inspection_in_time()""",
]
TABLES = ["inspection_mark", "inspection_photo", "inspection_reading", "inspection_change"]


def upgrade() -> None:
    op.create_table(
        "inspection_change",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("device_key", sa.Text(), nullable=True),
        sa.Column("undoes", BIGINT, nullable=True),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "how IN ('hand', 'code', 'no_finding', 'undo', 'program', 'certificate')", name=op.f("ck_inspection_change_how_known")
        ),
        sa.CheckConstraint("(how = 'undo') = (undoes IS NOT NULL)", name=op.f("ck_inspection_change_undo_names_its_change")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_inspection_change_appraisal_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_inspection_change_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_change")),
        sa.UniqueConstraint("appraisal_id", "device_key", name=op.f("uq_inspection_change_appraisal_id_device_key")),
        sa.UniqueConstraint("appraisal_id", "no", name=op.f("uq_inspection_change_appraisal_id_no")),
        sa.UniqueConstraint("appraisal_id", "undoes", name=op.f("uq_inspection_change_appraisal_id_undoes")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "inspection_reading",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("calibrated_until", DAY, nullable=True),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_inspection_reading_appraisal_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_inspection_reading_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_reading")),
        sa.UniqueConstraint("appraisal_id", "key", name=op.f("uq_inspection_reading_appraisal_id_key")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "inspection_photo",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("photo_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("item_key", sa.Text(), nullable=True),
        sa.Column("shot", sa.Text(), nullable=True),
        sa.Column("device_key", sa.Text(), nullable=True),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("added_by", BIGINT, nullable=False),
        sa.CheckConstraint("(item_key IS NULL) <> (shot IS NULL)", name=op.f("ck_inspection_photo_of_an_item_or_a_shot")),
        sa.ForeignKeyConstraint(["added_by"], ["app_user.id"], name=op.f("fk_inspection_photo_added_by")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_inspection_photo_appraisal_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_inspection_photo_photo_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_photo")),
        sa.UniqueConstraint("appraisal_id", "device_key", name=op.f("uq_inspection_photo_appraisal_id_device_key")),
        sa.UniqueConstraint("appraisal_id", "no", name=op.f("uq_inspection_photo_appraisal_id_no")),
        sa.UniqueConstraint("photo_id", name=op.f("uq_inspection_photo_photo_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "inspection_mark",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("inspection_photo_id", BIGINT, nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("degree", BIGINT, nullable=True),
        sa.Column("x", BIGINT, nullable=False),
        sa.Column("y", BIGINT, nullable=False),
        sa.Column("width", BIGINT, nullable=False),
        sa.Column("height", BIGINT, nullable=False),
        sa.CheckConstraint(
            "x >= 0 AND y >= 0 AND width > 0 AND height > 0 AND x + width <= 1000 AND y + height <= 1000",
            name=op.f("ck_inspection_mark_box_inside_picture"),
        ),
        sa.CheckConstraint("degree IS NULL OR degree BETWEEN 1 AND 9", name=op.f("ck_inspection_mark_degree_is_one_digit")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_inspection_mark_appraisal_id")),
        sa.ForeignKeyConstraint(
            ["inspection_photo_id"], ["inspection_photo.id"], name=op.f("fk_inspection_mark_inspection_photo_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_mark")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_inspection_mark_photo", "inspection_mark", ["inspection_photo_id"], unique=False)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION inspection_in_time")
