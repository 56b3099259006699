"""Second looks at signed reports, and the re-inspections that bring them about: contests with a deposit, and drawn ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
FLAG = sa.Boolean(create_constraint=False).with_variant(sa.Integer(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_second_look_is_fixed BEFORE UPDATE ON second_look WHEN NEW.id IS NOT OLD.id OR NEW.report_id IS NOT OLD.report_id OR NEW.kind IS NOT OLD.kind OR NEW.begun_at IS NOT OLD.begun_at OR OLD.ended_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a second look ends once'); END""",
    r"""CREATE TRIGGER tr_second_look_stays BEFORE DELETE ON second_look BEGIN SELECT RAISE(ABORT, 'a second look ends once'); END""",
    r"""CREATE TRIGGER tr_second_look_order_no_update BEFORE UPDATE ON second_look_order BEGIN SELECT RAISE(ABORT, 'second_look_order is append-only'); END""",
    r"""CREATE TRIGGER tr_second_look_order_no_delete BEFORE DELETE ON second_look_order BEGIN SELECT RAISE(ABORT, 'second_look_order is append-only'); END""",
    r"""CREATE TRIGGER tr_second_look_order_no_replace BEFORE INSERT ON second_look_order WHEN EXISTS (SELECT 1 FROM second_look_order WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM second_look_order WHERE appraisal_id = NEW.appraisal_id) BEGIN SELECT RAISE(ABORT, 'second_look_order is append-only'); END""",
    r"""CREATE TRIGGER tr_second_look_order_fits BEFORE INSERT ON second_look_order WHEN NOT EXISTS (SELECT 1 FROM second_look s JOIN appraisal_report r ON r.id = s.report_id JOIN appraisal a ON a.id = NEW.appraisal_id WHERE s.id = NEW.second_look_id AND a.thing_id = r.thing_id AND a.agency_id <> r.agency_id) BEGIN SELECT RAISE(ABORT, 'sealed: a second look is of the same thing and by another agency'); END""",
    r"""CREATE TRIGGER tr_reinspection_is_fixed BEFORE UPDATE ON reinspection WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.report_id IS NOT OLD.report_id OR NEW.kind IS NOT OLD.kind OR NEW.created_at IS NOT OLD.created_at OR NEW.terms_id IS NOT OLD.terms_id OR NEW.by_id IS NOT OLD.by_id OR NEW.side IS NOT OLD.side OR NEW.reason IS NOT OLD.reason OR NEW.deposit_fen IS NOT OLD.deposit_fen OR NEW.payment_code IS NOT OLD.payment_code OR NEW.pay_due_at IS NOT OLD.pay_due_at OR (OLD.photos IS NOT NULL AND NEW.photos IS NOT OLD.photos) OR (OLD.paid_at IS NOT NULL AND NEW.paid_at IS NOT OLD.paid_at) OR (OLD.second_look_id IS NOT NULL AND NEW.second_look_id IS NOT OLD.second_look_id) OR (OLD.settled_at IS NOT NULL AND NEW.settled_at IS NOT OLD.settled_at) OR (OLD.settled_at IS NOT NULL AND NEW.refund_fen IS NOT OLD.refund_fen) OR (OLD.settled_at IS NOT NULL AND NEW.spent_fen IS NOT OLD.spent_fen) OR (OLD.settled_at IS NOT NULL AND NEW.platform_fen IS NOT OLD.platform_fen) OR (OLD.critical_misses IS NOT NULL AND NEW.steps IS NOT OLD.steps) OR (OLD.critical_misses IS NOT NULL AND NEW.critical_misses IS NOT OLD.critical_misses) OR (OLD.critical_misses IS NOT NULL AND NEW.is_liable IS NOT OLD.is_liable) BEGIN SELECT RAISE(ABORT, 'reinspection: what was asked, paid and found does not change'); END""",
    r"""CREATE TRIGGER tr_reinspection_stays BEFORE DELETE ON reinspection BEGIN SELECT RAISE(ABORT, 'reinspection rows stay'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION second_look_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.report_id IS DISTINCT FROM OLD.report_id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.begun_at IS DISTINCT FROM OLD.begun_at OR OLD.ended_at IS NOT NULL THEN RAISE EXCEPTION 'a second look ends once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_second_look_is_fixed BEFORE UPDATE ON second_look FOR EACH ROW EXECUTE FUNCTION second_look_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION second_look_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a second look ends once' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_second_look_stays BEFORE DELETE ON second_look FOR EACH ROW EXECUTE FUNCTION second_look_stays()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_second_look_order_no_update BEFORE UPDATE ON second_look_order FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_second_look_order_no_delete BEFORE DELETE ON second_look_order FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_second_look_order_no_truncate BEFORE TRUNCATE ON second_look_order FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION second_look_order_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM second_look s JOIN appraisal_report r ON r.id = s.report_id JOIN appraisal a ON a.id = NEW.appraisal_id WHERE s.id = NEW.second_look_id AND a.thing_id = r.thing_id AND a.agency_id <> r.agency_id) THEN RAISE EXCEPTION 'sealed: a second look is of the same thing and by another agency' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_second_look_order_fits BEFORE INSERT ON second_look_order FOR EACH ROW EXECUTE FUNCTION second_look_order_fits()""",
    r"""CREATE OR REPLACE FUNCTION reinspection_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.report_id IS DISTINCT FROM OLD.report_id OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.terms_id IS DISTINCT FROM OLD.terms_id OR NEW.by_id IS DISTINCT FROM OLD.by_id OR NEW.side IS DISTINCT FROM OLD.side OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.deposit_fen IS DISTINCT FROM OLD.deposit_fen OR NEW.payment_code IS DISTINCT FROM OLD.payment_code OR NEW.pay_due_at IS DISTINCT FROM OLD.pay_due_at OR (OLD.photos IS NOT NULL AND NEW.photos IS DISTINCT FROM OLD.photos) OR (OLD.paid_at IS NOT NULL AND NEW.paid_at IS DISTINCT FROM OLD.paid_at) OR (OLD.second_look_id IS NOT NULL AND NEW.second_look_id IS DISTINCT FROM OLD.second_look_id) OR (OLD.settled_at IS NOT NULL AND NEW.settled_at IS DISTINCT FROM OLD.settled_at) OR (OLD.settled_at IS NOT NULL AND NEW.refund_fen IS DISTINCT FROM OLD.refund_fen) OR (OLD.settled_at IS NOT NULL AND NEW.spent_fen IS DISTINCT FROM OLD.spent_fen) OR (OLD.settled_at IS NOT NULL AND NEW.platform_fen IS DISTINCT FROM OLD.platform_fen) OR (OLD.critical_misses IS NOT NULL AND NEW.steps IS DISTINCT FROM OLD.steps) OR (OLD.critical_misses IS NOT NULL AND NEW.critical_misses IS DISTINCT FROM OLD.critical_misses) OR (OLD.critical_misses IS NOT NULL AND NEW.is_liable IS DISTINCT FROM OLD.is_liable) THEN RAISE EXCEPTION 'reinspection: what was asked, paid and found does not change' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_reinspection_is_fixed BEFORE UPDATE ON reinspection FOR EACH ROW EXECUTE FUNCTION reinspection_is_fixed()""",
    r"""CREATE TRIGGER tr_reinspection_stays BEFORE DELETE ON reinspection FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "second_look",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("report_id", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("second_report_id", BIGINT, nullable=True),
        sa.CheckConstraint(
            "(second_report_id IS NOT NULL) = (outcome IS NOT NULL AND outcome <> 'none')",
            name=op.f("ck_second_look_result_has_report"),
        ),
        sa.CheckConstraint("kind IN ('blind', 'contest')", name=op.f("ck_second_look_kind_known")),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('upheld', 'amended', 'none')", name=op.f("ck_second_look_outcome_known")
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_second_look_ended_with_outcome")),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= begun_at", name=op.f("ck_second_look_ended_after")),
        sa.CheckConstraint("second_report_id IS NULL OR second_report_id <> report_id", name=op.f("ck_second_look_two_reports")),
        sa.ForeignKeyConstraint(["report_id"], ["appraisal_report.id"], name=op.f("fk_second_look_report_id")),
        sa.ForeignKeyConstraint(["second_report_id"], ["appraisal_report.id"], name=op.f("fk_second_look_second_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_look")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_second_look_report_id", "second_look", ["report_id", "id"], unique=False)
    op.create_index(
        "uq_second_look_open",
        "second_look",
        ["report_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "reinspection",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("report_id", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("terms_id", sa.Text(), nullable=False),
        sa.Column("by_id", BIGINT, nullable=True),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("photos", sa.Text(), nullable=True),
        sa.Column("deposit_fen", BIGINT, nullable=True),
        sa.Column("payment_code", sa.Text(), nullable=True),
        sa.Column("pay_due_at", INSTANT, nullable=True),
        sa.Column("paid_at", INSTANT, nullable=True),
        sa.Column("second_look_id", BIGINT, nullable=True),
        sa.Column("show_due_at", INSTANT, nullable=True),
        sa.Column("staff_reason", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("refund_fen", BIGINT, nullable=True),
        sa.Column("spent_fen", BIGINT, nullable=True),
        sa.Column("platform_fen", BIGINT, nullable=True),
        sa.Column("steps", BIGINT, nullable=True),
        sa.Column("critical_misses", BIGINT, nullable=True),
        sa.Column("is_liable", FLAG, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(kind = 'contest') = (by_id IS NOT NULL) AND (kind = 'contest') = (side IS NOT NULL) AND (kind = 'contest') = (reason IS NOT NULL) AND (kind = 'contest') = (deposit_fen IS NOT NULL) AND (kind = 'contest') = (payment_code IS NOT NULL) AND (kind = 'contest') = (pay_due_at IS NOT NULL)",
            name=op.f("ck_reinspection_contest_is_whole"),
        ),
        sa.CheckConstraint(
            "(state NOT IN ('upheld', 'amended') OR critical_misses IS NOT NULL) AND (critical_misses IS NULL OR (is_liable IS NOT NULL AND state IN ('with_agency', 'upheld', 'amended')))",
            name=op.f("ck_reinspection_decided_is_compared"),
        ),
        sa.CheckConstraint(
            "kind <> 'contest' OR state NOT IN ('seeking', 'with_agency', 'upheld', 'amended') OR paid_at IS NOT NULL",
            name=op.f("ck_reinspection_paid_before_agency"),
        ),
        sa.CheckConstraint("kind IN ('blind', 'contest')", name=op.f("ck_reinspection_kind_known")),
        sa.CheckConstraint(
            "paid_at IS NULL OR state IN ('awaiting_deposit', 'seeking', 'with_agency') OR settled_at IS NOT NULL",
            name=op.f("ck_reinspection_ended_deposit_is_settled"),
        ),
        sa.CheckConstraint("side IS NULL OR side IN ('owner', 'buyer')", name=op.f("ck_reinspection_side_known")),
        sa.CheckConstraint(
            "staff_reason IS NULL OR staff_reason IN ('nobody', 'busy', 'slow')", name=op.f("ck_reinspection_staff_reason_known")
        ),
        sa.CheckConstraint(
            "state <> 'awaiting_deposit' OR kind = 'contest'", name=op.f("ck_reinspection_only_contests_are_paid")
        ),
        sa.CheckConstraint("state <> 'closed' OR end_reason IS NOT NULL", name=op.f("ck_reinspection_closed_has_reason")),
        sa.CheckConstraint(
            "state IN ('awaiting_deposit', 'seeking', 'lapsed', 'withdrawn', 'closed', 'with_agency', 'upheld', 'amended')",
            name=op.f("ck_reinspection_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('seeking', 'with_agency', 'upheld', 'amended') OR second_look_id IS NOT NULL",
            name=op.f("ck_reinspection_look_known"),
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL AND refund_fen IS NULL AND spent_fen IS NULL AND platform_fen IS NULL) OR (settled_at IS NOT NULL AND paid_at IS NOT NULL AND refund_fen >= 0 AND spent_fen >= 0 AND platform_fen >= 0 AND refund_fen + spent_fen = deposit_fen)",
            name=op.f("ck_reinspection_split_whole"),
        ),
        sa.CheckConstraint(
            "deposit_fen IS NULL OR deposit_fen BETWEEN 1 AND 99999999999", name=op.f("ck_reinspection_deposit_range")
        ),
        sa.CheckConstraint("reason IS NULL OR length(reason) BETWEEN 10 AND 1000", name=op.f("ck_reinspection_reason_length")),
        sa.CheckConstraint(
            "steps IS NULL OR (critical_misses IS NOT NULL AND steps BETWEEN -20 AND 20)",
            name=op.f("ck_reinspection_steps_believable"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_reinspection_by_id")),
        sa.ForeignKeyConstraint(["payment_code"], ["payment.code"], name=op.f("fk_reinspection_payment_code")),
        sa.ForeignKeyConstraint(["report_id"], ["appraisal_report.id"], name=op.f("fk_reinspection_report_id")),
        sa.ForeignKeyConstraint(["second_look_id"], ["second_look.id"], name=op.f("fk_reinspection_second_look_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reinspection")),
        sa.UniqueConstraint("code", name=op.f("uq_reinspection_code")),
        sa.UniqueConstraint("payment_code", name=op.f("uq_reinspection_payment_code")),
        sa.UniqueConstraint("second_look_id", name=op.f("uq_reinspection_second_look_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_reinspection_by_id", "reinspection", ["by_id", "id"], unique=False)
    op.create_index("ix_reinspection_report_id", "reinspection", ["report_id", "id"], unique=False)
    op.create_index(
        "uq_reinspection_open",
        "reinspection",
        ["report_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('awaiting_deposit', 'seeking', 'with_agency')"),
        postgresql_where=sa.text("state IN ('awaiting_deposit', 'seeking', 'with_agency')"),
    )
    op.create_table(
        "second_look_order",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("second_look_id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_second_look_order_appraisal_id")),
        sa.ForeignKeyConstraint(["second_look_id"], ["second_look.id"], name=op.f("fk_second_look_order_second_look_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_look_order")),
        sa.UniqueConstraint("appraisal_id", name=op.f("uq_second_look_order_appraisal_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_second_look_order_second_look_id"), "second_look_order", ["second_look_id"], unique=False)
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # Money that is held for a contest would be forgotten with its row.
    held = "SELECT 1 FROM reinspection WHERE paid_at IS NOT NULL AND settled_at IS NULL LIMIT 1"
    if op.get_bind().execute(sa.text(held)).first():
        raise RuntimeError("a deposit is held for a contest: decide or close it first")
    op.drop_table("second_look_order")
    op.drop_table("reinspection")
    op.drop_table("second_look")
    if op.get_bind().dialect.name != "sqlite":
        for name in ("second_look_is_fixed", "second_look_stays", "second_look_order_fits", "reinspection_is_fixed"):
            op.execute(f"DROP FUNCTION {name}()")
