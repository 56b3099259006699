"""Appraisals with a fee: prices, draws of appraisers, times, custody; the states between request and report.

The text of CHECKs is changed as in 0015: SQLite cannot change one in place, and rebuilding a table would drop its triggers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

OLD = {
    "ck_appraisal_state_known": "state IN ('requested', 'accepted', 'declined', 'cancelled', 'inspecting', 'issued', 'unable')",
    "ck_appraisal_appraiser_known": "state NOT IN ('accepted', 'inspecting', 'issued') OR appraiser_id IS NOT NULL",
}
NEW = {
    "ck_appraisal_state_known": "state IN ('requested', 'accepted', 'declined', 'cancelled', 'quoted', 'fee_paid', 'assigned', "
    "'inspecting', 'scheduled', 'awaiting_item', 'item_received', 'issued', 'unable')",
    "ck_appraisal_appraiser_known": "state NOT IN ('assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', "
    "'inspecting', 'issued') OR appraiser_id IS NOT NULL",
}
OLD_OPEN = "state IN ('requested', 'accepted', 'inspecting')"
NEW_OPEN = (
    "state IN ('requested', 'quoted', 'fee_paid', 'assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', "
    "'inspecting')"
)

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_appraisal_declared_no_update BEFORE UPDATE ON appraisal_declared BEGIN SELECT RAISE(ABORT, 'appraisal_declared is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_declared_no_delete BEFORE DELETE ON appraisal_declared BEGIN SELECT RAISE(ABORT, 'appraisal_declared is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_declared_no_replace BEFORE INSERT ON appraisal_declared WHEN EXISTS (SELECT 1 FROM appraisal_declared WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'appraisal_declared is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_fee_agreed BEFORE UPDATE ON appraisal_fee WHEN NEW.id IS NOT OLD.id OR NEW.appraisal_id IS NOT OLD.appraisal_id OR NEW.fee_fen IS NOT OLD.fee_fen OR NEW.wait_days IS NOT OLD.wait_days OR NEW.terms_id IS NOT OLD.terms_id OR NEW.payment_code IS NOT OLD.payment_code OR (OLD.settled_at IS NOT NULL AND (NEW.settled_at IS NOT OLD.settled_at OR NEW.refund_fen IS NOT OLD.refund_fen OR NEW.agency_fen IS NOT OLD.agency_fen OR NEW.platform_fen IS NOT OLD.platform_fen)) BEGIN SELECT RAISE(ABORT, 'appraisal_fee: what was agreed and split does not change'); END""",
    r"""CREATE TRIGGER tr_appraisal_custody_no_update BEFORE UPDATE ON appraisal_custody BEGIN SELECT RAISE(ABORT, 'appraisal_custody is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_custody_no_delete BEFORE DELETE ON appraisal_custody BEGIN SELECT RAISE(ABORT, 'appraisal_custody is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_custody_no_replace BEFORE INSERT ON appraisal_custody WHEN EXISTS (SELECT 1 FROM appraisal_custody WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM appraisal_custody WHERE appraisal_id = NEW.appraisal_id AND no = NEW.no) BEGIN SELECT RAISE(ABORT, 'appraisal_custody is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_appraisal_declared_no_update BEFORE UPDATE ON appraisal_declared FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_declared_no_delete BEFORE DELETE ON appraisal_declared FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_declared_no_truncate BEFORE TRUNCATE ON appraisal_declared FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_fee_agreed BEFORE UPDATE ON appraisal_fee FOR EACH ROW WHEN (NEW.id IS DISTINCT FROM OLD.id OR NEW.appraisal_id IS DISTINCT FROM OLD.appraisal_id OR NEW.fee_fen IS DISTINCT FROM OLD.fee_fen OR NEW.wait_days IS DISTINCT FROM OLD.wait_days OR NEW.terms_id IS DISTINCT FROM OLD.terms_id OR NEW.payment_code IS DISTINCT FROM OLD.payment_code OR (OLD.settled_at IS NOT NULL AND (NEW.settled_at IS DISTINCT FROM OLD.settled_at OR NEW.refund_fen IS DISTINCT FROM OLD.refund_fen OR NEW.agency_fen IS DISTINCT FROM OLD.agency_fen OR NEW.platform_fen IS DISTINCT FROM OLD.platform_fen))) EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_custody_no_update BEFORE UPDATE ON appraisal_custody FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_custody_no_delete BEFORE DELETE ON appraisal_custody FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_custody_no_truncate BEFORE TRUNCATE ON appraisal_custody FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    _change_states(up=True)
    op.create_table(
        "appraisal_place",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("length(address) BETWEEN 4 AND 120", name=op.f("ck_appraisal_place_address_length")),
        sa.CheckConstraint("length(name) BETWEEN 2 AND 40", name=op.f("ck_appraisal_place_name_length")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_appraisal_place_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_place")),
        sa.UniqueConstraint("code", name=op.f("uq_appraisal_place_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_appraisal_place_agency_id"), "appraisal_place", ["agency_id"], unique=False)
    op.create_table(
        "appraisal_price",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("fee_fen", BIGINT, nullable=False),
        sa.Column("wait_days", BIGINT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", BIGINT, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_appraisal_price_category_known")),
        sa.CheckConstraint("fee_fen BETWEEN 1 AND 99999999999", name=op.f("ck_appraisal_price_fee_range")),
        sa.CheckConstraint("wait_days BETWEEN 1 AND 60", name=op.f("ck_appraisal_price_wait_days_range")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_appraisal_price_agency_id")),
        sa.ForeignKeyConstraint(["changed_by"], ["app_user.id"], name=op.f("fk_appraisal_price_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_price")),
        sa.UniqueConstraint("agency_id", "category", name=op.f("uq_appraisal_price_agency_id_category")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "appraisal_declared",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("thing_id", BIGINT, nullable=False),
        sa.Column("owner_id", BIGINT, nullable=False),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("version_sha256", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_appraisal_declared_owner_id")),
        sa.ForeignKeyConstraint(["thing_id"], ["thing.id"], name=op.f("fk_appraisal_declared_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_declared")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_appraisal_declared_thing", "appraisal_declared", ["thing_id", "owner_id", "id"], unique=False)
    op.create_table(
        "appraisal_slot",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("place_id", BIGINT, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appraisal_slot_ends_after_start")),
        sa.ForeignKeyConstraint(["place_id"], ["appraisal_place.id"], name=op.f("fk_appraisal_slot_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_slot")),
        sa.UniqueConstraint("code", name=op.f("uq_appraisal_slot_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_appraisal_slot_place", "appraisal_slot", ["place_id", "starts_at"], unique=False)
    op.create_table(
        "appraisal_assignment",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("considered", sa.Text(), nullable=False),
        sa.Column("assigned_at", INSTANT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "answer IS NULL OR answer IN ('accepted', 'passed', 'timed_out', 'withdrawn')",
            name=op.f("ck_appraisal_assignment_answer_known"),
        ),
        sa.CheckConstraint("by IN ('draw', 'staff')", name=op.f("ck_appraisal_assignment_by_known")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_appraisal_assignment_answered_with_time")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_assignment_appraisal_id")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_appraisal_assignment_appraiser_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_assignment")),
        sa.UniqueConstraint("appraisal_id", "no", name=op.f("uq_appraisal_assignment_appraisal_id_no")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_appraisal_assignment_appraiser", "appraisal_assignment", ["appraiser_id", "id"], unique=False)
    op.create_table(
        "appraisal_custody",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Text(), nullable=False),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.Column("place_id", BIGINT, nullable=True),
        sa.Column("seal_no", sa.Text(), nullable=True),
        sa.Column("discrepancy", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking_no", sa.Text(), nullable=True),
        sa.Column("photos", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("confirmed IN ('digits', 'parcel')", name=op.f("ck_appraisal_custody_confirmed_known")),
        sa.CheckConstraint("holder IN ('owner', 'carrier', 'agency')", name=op.f("ck_appraisal_custody_holder_known")),
        sa.CheckConstraint("kind IN ('sent', 'received', 'sent_back', 'returned')", name=op.f("ck_appraisal_custody_kind_known")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_custody_appraisal_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_appraisal_custody_by_id")),
        sa.ForeignKeyConstraint(["place_id"], ["appraisal_place.id"], name=op.f("fk_appraisal_custody_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_custody")),
        sa.UniqueConstraint("appraisal_id", "no", name=op.f("uq_appraisal_custody_appraisal_id_no")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "appraisal_fee",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("fee_fen", BIGINT, nullable=False),
        sa.Column("wait_days", BIGINT, nullable=False),
        sa.Column("terms_id", sa.Text(), nullable=False),
        sa.Column("payment_code", sa.Text(), nullable=False),
        sa.Column("pay_due_at", INSTANT, nullable=False),
        sa.Column("paid_at", INSTANT, nullable=True),
        sa.Column("passes", BIGINT, nullable=False),
        sa.Column("answer_due_at", INSTANT, nullable=True),
        sa.Column("staff_reason", sa.Text(), nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("refund_fen", BIGINT, nullable=True),
        sa.Column("agency_fen", BIGINT, nullable=True),
        sa.Column("platform_fen", BIGINT, nullable=True),
        sa.CheckConstraint(
            "staff_reason IS NULL OR staff_reason IN ('nobody', 'passes', 'not_back')",
            name=op.f("ck_appraisal_fee_staff_reason_known"),
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL AND refund_fen IS NULL AND agency_fen IS NULL AND platform_fen IS NULL) OR (settled_at IS NOT NULL AND refund_fen >= 0 AND agency_fen >= 0 AND platform_fen >= 0 AND refund_fen + agency_fen + platform_fen = fee_fen)",
            name=op.f("ck_appraisal_fee_split_whole"),
        ),
        sa.CheckConstraint("fee_fen BETWEEN 1 AND 99999999999", name=op.f("ck_appraisal_fee_fee_range")),
        sa.CheckConstraint("passes >= 0", name=op.f("ck_appraisal_fee_passes_not_negative")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_fee_appraisal_id")),
        sa.ForeignKeyConstraint(["payment_code"], ["payment.code"], name=op.f("fk_appraisal_fee_payment_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_fee")),
        sa.UniqueConstraint("appraisal_id", name=op.f("uq_appraisal_fee_appraisal_id")),
        sa.UniqueConstraint("payment_code", name=op.f("uq_appraisal_fee_payment_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_appraisal_fee_staff",
        "appraisal_fee",
        ["id"],
        unique=False,
        sqlite_where=sa.text("staff_reason IS NOT NULL"),
        postgresql_where=sa.text("staff_reason IS NOT NULL"),
    )
    op.create_table(
        "appraisal_handing",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("way", sa.Text(), nullable=True),
        sa.Column("place_id", BIGINT, nullable=True),
        sa.Column("slot_id", BIGINT, nullable=True),
        sa.Column("digits_sealed", sa.Text(), nullable=True),
        sa.Column("wrong_tries", BIGINT, nullable=False),
        sa.Column("locked_until", INSTANT, nullable=True),
        sa.Column("come_due_at", INSTANT, nullable=True),
        sa.Column("back_way", sa.Text(), nullable=True),
        sa.Column("back_address_sealed", sa.Text(), nullable=True),
        sa.Column("back_due_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "back_way IS NULL OR back_way IN ('fetch', 'parcel')", name=op.f("ck_appraisal_handing_back_way_known")
        ),
        sa.CheckConstraint(
            "way IS NULL OR way <> 'visit' OR slot_id IS NOT NULL", name=op.f("ck_appraisal_handing_visit_has_slot")
        ),
        sa.CheckConstraint("way IS NULL OR way IN ('visit', 'bring', 'send')", name=op.f("ck_appraisal_handing_way_known")),
        sa.CheckConstraint("wrong_tries >= 0", name=op.f("ck_appraisal_handing_wrong_tries_not_negative")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_handing_appraisal_id")),
        sa.ForeignKeyConstraint(["place_id"], ["appraisal_place.id"], name=op.f("fk_appraisal_handing_place_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["appraisal_slot.id"], name=op.f("fk_appraisal_handing_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_handing")),
        sa.UniqueConstraint("appraisal_id", name=op.f("uq_appraisal_handing_appraisal_id")),
        sa.UniqueConstraint("slot_id", name=op.f("uq_appraisal_handing_slot_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "appraisal_override",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", BIGINT, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("confirmed_by", BIGINT, nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_appraisal_override_confirmed_with_time")
        ),
        sa.CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_appraisal_override_two_people")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_override_appraisal_id")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_appraisal_override_appraiser_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["app_user.id"], name=op.f("fk_appraisal_override_confirmed_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["app_user.id"], name=op.f("fk_appraisal_override_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_override")),
        sa.UniqueConstraint("appraisal_id", "appraiser_id", name=op.f("uq_appraisal_override_appraisal_id_appraiser_id")),
        sa.UniqueConstraint("code", name=op.f("uq_appraisal_override_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    # ### end Alembic commands ###
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    with_fee = "SELECT 1 FROM appraisal_fee LIMIT 1"
    if op.get_bind().execute(sa.text(with_fee)).first():
        raise RuntimeError("there are appraisals with a fee, which the earlier release does not know")
    op.drop_table("appraisal_override")
    op.drop_table("appraisal_handing")
    op.drop_table("appraisal_fee")
    op.drop_table("appraisal_custody")
    op.drop_table("appraisal_assignment")
    op.drop_table("appraisal_slot")
    op.drop_table("appraisal_declared")
    op.drop_table("appraisal_price")
    op.drop_table("appraisal_place")
    _change_states(up=False)


def _change_states(*, up: bool) -> None:
    before, after = (OLD, NEW) if up else (NEW, OLD)
    op.drop_index("uq_appraisal_open_thing", "appraisal")
    if op.get_bind().dialect.name == "sqlite":
        pairs = [(f"CONSTRAINT {name} CHECK ({before[name]})", f"CONSTRAINT {name} CHECK ({after[name]})") for name in OLD]
        _rewrite("appraisal", pairs)
    else:
        for name, rule in after.items():
            op.drop_constraint(name, "appraisal", type_="check")
            op.create_check_constraint(op.f(name), "appraisal", rule)
    still_open = sa.text(NEW_OPEN if up else OLD_OPEN)
    op.create_index(
        "uq_appraisal_open_thing", "appraisal", ["thing_id"], unique=True, sqlite_where=still_open, postgresql_where=still_open
    )


def _rewrite(table: str, pairs: list[tuple[str, str]]) -> None:
    """Change the text of a CREATE TABLE statement where it lies. Raises when a text is not found exactly once."""
    run = op.get_bind().exec_driver_sql
    run("PRAGMA writable_schema = ON")
    try:
        sql = run("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).scalar_one()
        for old, new in pairs:
            if sql.count(old) != 1:
                raise RuntimeError(f"{table}: expected once in its definition: {old}")
            sql = sql.replace(old, new)
        run("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (sql, table))
        version = run("PRAGMA schema_version").scalar_one()
        run(f"PRAGMA schema_version = {version + 1}")
    finally:
        run("PRAGMA writable_schema = RESET")
    broken = run("PRAGMA integrity_check").scalars().all()
    if broken != ["ok"]:
        raise RuntimeError(f"the database is not in order after the change: {broken[:3]}")
