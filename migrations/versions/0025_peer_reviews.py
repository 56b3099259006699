"""Peer reviews: a second look before some reports are issued, with who was asked, both grades and a senior's decision.

An order gets the state in which its signed report waits; agreements get the verdicts of both and a kind of their own. The text of
CHECKs is changed as in 0024: SQLite cannot change one in place, and rebuilding a table would drop its triggers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

TABLES = ["peer_review_decision", "peer_review_result", "peer_review_asking", "peer_review"]  # as they can be dropped
FUNCTIONS = [
    "appraisal_report_second_look",
    "peer_review_decision_fits",
    "peer_review_result_blind",
    "peer_review_stays",
    "peer_review_is_fixed",
    "peer_review_asking_stays",
    "peer_review_asking_is_fixed",
]

# table, name, before, after; no text before: the CHECK is new
CHECKS = [
    (
        "appraisal",
        "ck_appraisal_state_known",
        "state IN ('requested', 'accepted', 'declined', 'cancelled', 'quoted', 'fee_paid', 'assigned', 'inspecting', 'scheduled', 'awaiting_item', 'item_received', 'issued', 'peer_review', 'report_draft', 'correcting', 'correction_review', 'correction_draft', 'unable')",
        "state IN ('requested', 'accepted', 'declined', 'cancelled', 'quoted', 'fee_paid', 'assigned', 'inspecting', 'scheduled', 'awaiting_item', 'item_received', 'issued', 'peer_review', 'report_draft', 'second_look', 'correcting', 'correction_review', 'correction_draft', 'unable')",
    ),
    (
        "appraisal",
        "ck_appraisal_appraiser_known",
        "state NOT IN ('assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', 'inspecting', 'report_draft', 'peer_review', 'issued', 'correcting', 'correction_draft', 'correction_review') OR appraiser_id IS NOT NULL",
        "state NOT IN ('assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', 'inspecting', 'report_draft', 'peer_review', 'second_look', 'issued', 'correcting', 'correction_draft', 'correction_review') OR appraiser_id IS NOT NULL",
    ),
    (
        "appraisal_agreement",
        "ck_appraisal_agreement_kind_known",
        "kind IN ('blind', 'contest')",
        "kind IN ('blind', 'contest', 'peer')",
    ),
    (
        "appraisal_agreement",
        "ck_appraisal_agreement_both_verdicts",
        "",
        "(first_verdict IS NULL) = (second_verdict IS NULL)",
    ),
]
OLD_OPEN = "state IN ('requested', 'quoted', 'fee_paid', 'assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', 'inspecting', 'report_draft', 'peer_review')"
NEW_OPEN = "state IN ('requested', 'quoted', 'fee_paid', 'assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', 'inspecting', 'report_draft', 'peer_review', 'second_look')"

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_peer_review_result_no_update BEFORE UPDATE ON peer_review_result BEGIN SELECT RAISE(ABORT, 'peer_review_result is append-only'); END""",
    r"""CREATE TRIGGER tr_peer_review_result_no_delete BEFORE DELETE ON peer_review_result BEGIN SELECT RAISE(ABORT, 'peer_review_result is append-only'); END""",
    r"""CREATE TRIGGER tr_peer_review_result_no_replace BEFORE INSERT ON peer_review_result WHEN EXISTS (SELECT 1 FROM peer_review_result WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM peer_review_result WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM peer_review_result WHERE draft_id = NEW.draft_id) OR EXISTS (SELECT 1 FROM peer_review_result WHERE review_id = NEW.review_id AND no = NEW.no) BEGIN SELECT RAISE(ABORT, 'peer_review_result is append-only'); END""",
    r"""CREATE TRIGGER tr_peer_review_decision_no_update BEFORE UPDATE ON peer_review_decision BEGIN SELECT RAISE(ABORT, 'peer_review_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_peer_review_decision_no_delete BEFORE DELETE ON peer_review_decision BEGIN SELECT RAISE(ABORT, 'peer_review_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_peer_review_decision_no_replace BEFORE INSERT ON peer_review_decision WHEN EXISTS (SELECT 1 FROM peer_review_decision WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM peer_review_decision WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM peer_review_decision WHERE result_id = NEW.result_id) BEGIN SELECT RAISE(ABORT, 'peer_review_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_peer_review_asking_is_fixed BEFORE UPDATE ON peer_review_asking WHEN NEW.id IS NOT OLD.id OR NEW.review_id IS NOT OLD.review_id OR NEW.no IS NOT OLD.no OR NEW.role IS NOT OLD.role OR NEW.person_id IS NOT OLD.person_id OR NEW.agency_id IS NOT OLD.agency_id OR NEW.by IS NOT OLD.by OR NEW.considered IS NOT OLD.considered OR NEW.asked_at IS NOT OLD.asked_at OR OLD.answered_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'who was asked stays; an answer is given once'); END""",
    r"""CREATE TRIGGER tr_peer_review_asking_stays BEFORE DELETE ON peer_review_asking BEGIN SELECT RAISE(ABORT, 'who was asked stays; an answer is given once'); END""",
    r"""CREATE TRIGGER tr_peer_review_is_fixed BEFORE UPDATE ON peer_review WHEN NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.appraisal_id IS NOT OLD.appraisal_id OR NEW.draft_id IS NOT OLD.draft_id OR NEW.agency_id IS NOT OLD.agency_id OR NEW.appraiser_id IS NOT OLD.appraiser_id OR NEW.category IS NOT OLD.category OR NEW.reasons IS NOT OLD.reasons OR NEW.basis IS NOT OLD.basis OR NEW.created_at IS NOT OLD.created_at OR (NEW.answers IS NOT OLD.answers AND OLD.state <> 'asked') BEGIN SELECT RAISE(ABORT, 'a peer review stays what it was asked for; its answers end with the handing in'); END""",
    r"""CREATE TRIGGER tr_peer_review_stays BEFORE DELETE ON peer_review WHEN OLD.id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'peer reviews stay'); END""",
    r"""CREATE TRIGGER tr_peer_review_result_blind BEFORE INSERT ON peer_review_result WHEN NOT EXISTS (SELECT 1 FROM peer_review p, report_draft d WHERE p.id = NEW.review_id AND d.id = NEW.draft_id AND d.appraisal_id = p.appraisal_id AND d.appraiser_id = NEW.appraiser_id AND COALESCE(d.reviewer_id, 0) <> NEW.reviewer_id) OR (NEW.no > 1 AND NOT EXISTS (SELECT 1 FROM peer_review_result r WHERE r.review_id = NEW.review_id AND r.no = 1 AND r.reviewer_id = NEW.reviewer_id)) BEGIN SELECT RAISE(ABORT, 'sealed: a second look is of somebody who has not signed the first'); END""",
    r"""CREATE TRIGGER tr_peer_review_decision_fits BEFORE INSERT ON peer_review_decision WHEN NOT EXISTS (SELECT 1 FROM peer_review_result r WHERE r.id = NEW.result_id AND r.outcome = 'differ' AND r.appraiser_id = NEW.appraiser_id AND r.reviewer_id = NEW.reviewer_id) BEGIN SELECT RAISE(ABORT, 'sealed: a decision needs two grades that differ'); END""",
    r"""CREATE TRIGGER tr_appraisal_report_second_look BEFORE INSERT ON appraisal_report WHEN NEW.no = 1 AND EXISTS (SELECT 1 FROM peer_review p WHERE p.appraisal_id = NEW.appraisal_id) AND NOT EXISTS (SELECT 1 FROM peer_review_result r WHERE r.draft_id = NEW.draft_id AND (r.outcome = 'agree' OR EXISTS (SELECT 1 FROM peer_review_decision x WHERE x.result_id = r.id AND x.decision = 'stands'))) BEGIN SELECT RAISE(ABORT, 'a report is sealed by its second look'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE TRIGGER tr_peer_review_result_no_update BEFORE UPDATE ON peer_review_result FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_peer_review_result_no_delete BEFORE DELETE ON peer_review_result FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_peer_review_result_no_truncate BEFORE TRUNCATE ON peer_review_result FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_peer_review_decision_no_update BEFORE UPDATE ON peer_review_decision FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_peer_review_decision_no_delete BEFORE DELETE ON peer_review_decision FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_peer_review_decision_no_truncate BEFORE TRUNCATE ON peer_review_decision FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION peer_review_asking_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.review_id IS DISTINCT FROM OLD.review_id OR NEW.no IS DISTINCT FROM OLD.no OR NEW.role IS DISTINCT FROM OLD.role OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.agency_id IS DISTINCT FROM OLD.agency_id OR NEW.by IS DISTINCT FROM OLD.by OR NEW.considered IS DISTINCT FROM OLD.considered OR NEW.asked_at IS DISTINCT FROM OLD.asked_at OR OLD.answered_at IS NOT NULL THEN RAISE EXCEPTION 'who was asked stays; an answer is given once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_peer_review_asking_is_fixed BEFORE UPDATE ON peer_review_asking FOR EACH ROW EXECUTE FUNCTION peer_review_asking_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION peer_review_asking_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'who was asked stays; an answer is given once' USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_peer_review_asking_stays BEFORE DELETE ON peer_review_asking FOR EACH ROW EXECUTE FUNCTION peer_review_asking_stays()""",
    r"""CREATE OR REPLACE FUNCTION peer_review_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.code IS DISTINCT FROM OLD.code OR NEW.appraisal_id IS DISTINCT FROM OLD.appraisal_id OR NEW.draft_id IS DISTINCT FROM OLD.draft_id OR NEW.agency_id IS DISTINCT FROM OLD.agency_id OR NEW.appraiser_id IS DISTINCT FROM OLD.appraiser_id OR NEW.category IS DISTINCT FROM OLD.category OR NEW.reasons IS DISTINCT FROM OLD.reasons OR NEW.basis IS DISTINCT FROM OLD.basis OR NEW.created_at IS DISTINCT FROM OLD.created_at OR (NEW.answers IS DISTINCT FROM OLD.answers AND OLD.state <> 'asked') THEN RAISE EXCEPTION 'a peer review stays what it was asked for; its answers end with the handing in' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_peer_review_is_fixed BEFORE UPDATE ON peer_review FOR EACH ROW EXECUTE FUNCTION peer_review_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION peer_review_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id IS NOT NULL THEN RAISE EXCEPTION 'peer reviews stay' USING ERRCODE = '23514'; END IF; RETURN OLD; END $$""",
    r"""CREATE TRIGGER tr_peer_review_stays BEFORE DELETE ON peer_review FOR EACH ROW EXECUTE FUNCTION peer_review_stays()""",
    r"""CREATE OR REPLACE FUNCTION peer_review_result_blind() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM peer_review p, report_draft d WHERE p.id = NEW.review_id AND d.id = NEW.draft_id AND d.appraisal_id = p.appraisal_id AND d.appraiser_id = NEW.appraiser_id AND COALESCE(d.reviewer_id, 0) <> NEW.reviewer_id) OR (NEW.no > 1 AND NOT EXISTS (SELECT 1 FROM peer_review_result r WHERE r.review_id = NEW.review_id AND r.no = 1 AND r.reviewer_id = NEW.reviewer_id)) THEN RAISE EXCEPTION 'sealed: a second look is of somebody who has not signed the first' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_peer_review_result_blind BEFORE INSERT ON peer_review_result FOR EACH ROW EXECUTE FUNCTION peer_review_result_blind()""",
    r"""CREATE OR REPLACE FUNCTION peer_review_decision_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM peer_review_result r WHERE r.id = NEW.result_id AND r.outcome = 'differ' AND r.appraiser_id = NEW.appraiser_id AND r.reviewer_id = NEW.reviewer_id) THEN RAISE EXCEPTION 'sealed: a decision needs two grades that differ' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_peer_review_decision_fits BEFORE INSERT ON peer_review_decision FOR EACH ROW EXECUTE FUNCTION peer_review_decision_fits()""",
    r"""CREATE OR REPLACE FUNCTION appraisal_report_second_look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.no = 1 AND EXISTS (SELECT 1 FROM peer_review p WHERE p.appraisal_id = NEW.appraisal_id) AND NOT EXISTS (SELECT 1 FROM peer_review_result r WHERE r.draft_id = NEW.draft_id AND (r.outcome = 'agree' OR EXISTS (SELECT 1 FROM peer_review_decision x WHERE x.result_id = r.id AND x.decision = 'stands'))) THEN RAISE EXCEPTION 'a report is sealed by its second look' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_appraisal_report_second_look BEFORE INSERT ON appraisal_report FOR EACH ROW EXECUTE FUNCTION appraisal_report_second_look()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "peer_review",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("draft_id", BIGINT, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("person_id", BIGINT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("answers_rev", BIGINT, nullable=False),
        sa.Column("staff_reason", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_peer_review_category_known")),
        sa.CheckConstraint("staff_reason IS NULL OR staff_reason = 'nobody'", name=op.f("ck_peer_review_staff_reason_known")),
        sa.CheckConstraint(
            "state IN ('waiting', 'asked', 'agreed', 'differs', 'deciding', 'stood', 'looking_again', 'ended')",
            name=op.f("ck_peer_review_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('asked', 'deciding') OR (person_id IS NOT NULL AND due_at IS NOT NULL)",
            name=op.f("ck_peer_review_somebody_named"),
        ),
        sa.CheckConstraint("person_id IS NULL OR person_id <> appraiser_id", name=op.f("ck_peer_review_another_person")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_peer_review_agency_id")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_peer_review_appraisal_id")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_peer_review_appraiser_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["report_draft.id"], name=op.f("fk_peer_review_draft_id")),
        sa.ForeignKeyConstraint(["person_id"], ["app_user.id"], name=op.f("fk_peer_review_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_review")),
        sa.UniqueConstraint("appraisal_id", name=op.f("uq_peer_review_appraisal_id")),
        sa.UniqueConstraint("code", name=op.f("uq_peer_review_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_peer_review_person_id", "peer_review", ["person_id"], unique=False)
    op.create_index("ix_peer_review_state", "peer_review", ["state", "id"], unique=False)
    op.create_table(
        "peer_review_asking",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("review_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_id", BIGINT, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("considered", sa.Text(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "answer IS NULL OR answer IN ('handed_in', 'decided', 'passed', 'timed_out', 'ended')",
            name=op.f("ck_peer_review_asking_answer_known"),
        ),
        sa.CheckConstraint("by IN ('draw', 'staff')", name=op.f("ck_peer_review_asking_by_known")),
        sa.CheckConstraint("role IN ('reviewer', 'senior')", name=op.f("ck_peer_review_asking_role_known")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_peer_review_asking_answered_with_time")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_peer_review_asking_agency_id")),
        sa.ForeignKeyConstraint(["person_id"], ["app_user.id"], name=op.f("fk_peer_review_asking_person_id")),
        sa.ForeignKeyConstraint(["review_id"], ["peer_review.id"], name=op.f("fk_peer_review_asking_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_review_asking")),
        sa.UniqueConstraint("review_id", "no", name=op.f("uq_peer_review_asking_review_id_no")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_peer_review_asking_person_id", "peer_review_asking", ["person_id", "id"], unique=False)
    op.create_table(
        "peer_review_result",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("review_id", BIGINT, nullable=False),
        sa.Column("draft_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=False),
        sa.Column("reviewer_id", BIGINT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("steps", BIGINT, nullable=True),
        sa.Column("critical_misses", BIGINT, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "outcome <> 'agree' OR (steps IS NOT NULL AND steps = 0)", name=op.f("ck_peer_review_result_same_grade_when_agreed")
        ),
        sa.CheckConstraint("outcome IN ('agree', 'differ')", name=op.f("ck_peer_review_result_outcome_known")),
        sa.CheckConstraint("critical_misses >= 0", name=op.f("ck_peer_review_result_misses_counted")),
        sa.CheckConstraint("reviewer_id <> appraiser_id", name=op.f("ck_peer_review_result_another_person")),
        sa.CheckConstraint("steps IS NULL OR steps BETWEEN -20 AND 20", name=op.f("ck_peer_review_result_steps_believable")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_peer_review_result_appraiser_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["report_draft.id"], name=op.f("fk_peer_review_result_draft_id")),
        sa.ForeignKeyConstraint(["review_id"], ["peer_review.id"], name=op.f("fk_peer_review_result_review_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["app_user.id"], name=op.f("fk_peer_review_result_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_review_result")),
        sa.UniqueConstraint("code", name=op.f("uq_peer_review_result_code")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_peer_review_result_draft_id")),
        sa.UniqueConstraint("review_id", "no", name=op.f("uq_peer_review_result_review_id_no")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "peer_review_decision",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("result_id", BIGINT, nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=False),
        sa.Column("reviewer_id", BIGINT, nullable=False),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("decision IN ('stands', 'look_again')", name=op.f("ck_peer_review_decision_decision_known")),
        sa.CheckConstraint("by_id <> appraiser_id AND by_id <> reviewer_id", name=op.f("ck_peer_review_decision_third_person")),
        sa.CheckConstraint("length(reason) BETWEEN 10 AND 500", name=op.f("ck_peer_review_decision_reason_length")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_peer_review_decision_appraiser_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_peer_review_decision_by_id")),
        sa.ForeignKeyConstraint(["result_id"], ["peer_review_result.id"], name=op.f("fk_peer_review_decision_result_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["app_user.id"], name=op.f("fk_peer_review_decision_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_review_decision")),
        sa.UniqueConstraint("code", name=op.f("uq_peer_review_decision_code")),
        sa.UniqueConstraint("result_id", name=op.f("uq_peer_review_decision_result_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for name in ("first_verdict", "second_verdict"):
        op.add_column("appraisal_agreement", sa.Column(name, sa.Text()))
    op.drop_index("uq_appraisal_open_thing", "appraisal")
    if is_sqlite:
        _rewrite(up=True)
    else:
        for table, name, before, after in CHECKS:
            if before:
                op.drop_constraint(name, table, type_="check")
            op.create_check_constraint(op.f(name), table, after)
    _open_index(NEW_OPEN)
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for table, known in ((CHECKS[0][0], CHECKS[0][2]), (CHECKS[2][0], CHECKS[2][2])):
        if bind.execute(sa.text(f"SELECT 1 FROM {table} WHERE NOT ({known}) LIMIT 1")).first():  # noqa: S608
            raise RuntimeError(
                f"{table} holds what the earlier release does not know: reports that wait, or peer reviews counted"
            )
    op.execute("DROP TRIGGER tr_appraisal_report_second_look" + ("" if is_sqlite else " ON appraisal_report"))
    op.drop_index("uq_appraisal_open_thing", "appraisal")
    if is_sqlite:
        _rewrite(up=False)
    else:
        for table, name, before, _after in CHECKS:
            op.drop_constraint(name, table, type_="check")
            if before:
                op.create_check_constraint(op.f(name), table, before)
    _open_index(OLD_OPEN)
    for name in ("second_verdict", "first_verdict"):
        op.drop_column("appraisal_agreement", name)
    for table in TABLES:
        op.drop_table(table)
    if not is_sqlite:
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")


def _open_index(condition: str) -> None:
    where = sa.text(condition)
    op.create_index("uq_appraisal_open_thing", "appraisal", ["thing_id"], unique=True, sqlite_where=where, postgresql_where=where)


def _changes(*, up: bool) -> list[tuple[str, str, str]]:
    """Table, text before, text after."""
    found = []
    for table, name, before, after in CHECKS:
        if before:
            found.append((table, f"CONSTRAINT {name} CHECK ({before})", f"CONSTRAINT {name} CHECK ({after})"))
        else:
            beside = "CONSTRAINT ck_appraisal_agreement_misses_counted"
            found.append((table, beside, f"CONSTRAINT {name} CHECK ({after}), {beside}"))
    return found if up else [(table, after, before) for table, before, after in reversed(found)]


def _rewrite(*, up: bool) -> None:
    """Change the text of CREATE TABLE statements where they lie. Raises when a text is not found exactly once."""
    run = op.get_bind().exec_driver_sql
    run("PRAGMA writable_schema = ON")
    try:
        for table, old, new in _changes(up=up):
            sql = run("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).scalar_one()
            if sql.count(old) != 1:
                raise RuntimeError(f"{table}: expected once in its definition: {old}")
            run("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (sql.replace(old, new), table))
        version = run("PRAGMA schema_version").scalar_one()
        run(f"PRAGMA schema_version = {version + 1}")
    finally:
        run("PRAGMA writable_schema = RESET")
    broken = run("PRAGMA integrity_check").scalars().all()
    if broken != ["ok"]:
        raise RuntimeError(f"the database is not in order after the change: {broken[:3]}")
