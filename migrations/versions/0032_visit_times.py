"""Times of visits: taken back once, never while they are booked, and never booked afterwards."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_visit_slot_is_fixed BEFORE UPDATE ON visit_slot WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.area_id IS NOT OLD.area_id OR NEW.starts_at IS NOT OLD.starts_at OR NEW.ends_at IS NOT OLD.ends_at OR NEW.created_at IS NOT OLD.created_at OR OLD.closed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'visit_slot: a time is taken back once and never changed'); END""",
    r"""CREATE TRIGGER tr_visit_slot_stays BEFORE DELETE ON visit_slot BEGIN SELECT RAISE(ABORT, 'visit_slot: a time is taken back once and never changed'); END""",
    r"""CREATE TRIGGER tr_visit_slot_is_kept BEFORE UPDATE ON visit_slot WHEN NEW.closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM visit v WHERE v.slot_id = NEW.id) BEGIN SELECT RAISE(ABORT, 'visit_slot: a booked time is not taken back'); END""",
    r"""CREATE TRIGGER tr_visit_time_is_offered_insert BEFORE INSERT ON visit WHEN EXISTS (SELECT 1 FROM visit_slot s WHERE s.id = NEW.slot_id AND s.closed_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'visit: a time that was taken back is not booked'); END""",
    r"""CREATE TRIGGER tr_visit_time_is_offered_update BEFORE UPDATE ON visit WHEN EXISTS (SELECT 1 FROM visit_slot s WHERE s.id = NEW.slot_id AND s.closed_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'visit: a time that was taken back is not booked'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION visit_slot_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.area_id IS DISTINCT FROM OLD.area_id OR NEW.starts_at IS DISTINCT FROM OLD.starts_at OR NEW.ends_at IS DISTINCT FROM OLD.ends_at OR NEW.created_at IS DISTINCT FROM OLD.created_at OR OLD.closed_at IS NOT NULL THEN RAISE EXCEPTION 'visit_slot: a time is taken back once and never changed' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_visit_slot_is_fixed BEFORE UPDATE ON visit_slot FOR EACH ROW EXECUTE FUNCTION visit_slot_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION visit_slot_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'visit_slot: a time is taken back once and never changed' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_visit_slot_stays BEFORE DELETE ON visit_slot FOR EACH ROW EXECUTE FUNCTION visit_slot_stays()""",
    r"""CREATE OR REPLACE FUNCTION visit_slot_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM visit v WHERE v.slot_id = NEW.id) THEN RAISE EXCEPTION 'visit_slot: a booked time is not taken back' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_visit_slot_is_kept BEFORE UPDATE ON visit_slot FOR EACH ROW EXECUTE FUNCTION visit_slot_is_kept()""",
    r"""CREATE OR REPLACE FUNCTION visit_time_is_offered() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM visit_slot s WHERE s.id = NEW.slot_id AND s.closed_at IS NOT NULL) THEN RAISE EXCEPTION 'visit: a time that was taken back is not booked' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_visit_time_is_offered_insert BEFORE INSERT ON visit FOR EACH ROW EXECUTE FUNCTION visit_time_is_offered()""",
    r"""CREATE TRIGGER tr_visit_time_is_offered_update BEFORE UPDATE ON visit FOR EACH ROW EXECUTE FUNCTION visit_time_is_offered()""",
]
NAMES = (
    ("visit_slot", "tr_visit_slot_is_fixed", "visit_slot_is_fixed"),
    ("visit_slot", "tr_visit_slot_stays", "visit_slot_stays"),
    ("visit_slot", "tr_visit_slot_is_kept", "visit_slot_is_kept"),
    ("visit", "tr_visit_time_is_offered_insert", ""),
    ("visit", "tr_visit_time_is_offered_update", "visit_time_is_offered"),
)


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, name, function in NAMES:
        op.execute(f"DROP TRIGGER {name}" if is_sqlite else f"DROP TRIGGER {name} ON {table}")
        if function and not is_sqlite:
            op.execute(f"DROP FUNCTION {function}()")
