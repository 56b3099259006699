"""Reports signed with keys: public keys, frozen drafts, signatures, withdrawals; states between inspection and report.

The text of CHECKs and keys is changed as in 0015: SQLite cannot change one in place, and rebuilding a table would drop its
triggers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")

COLUMNS = [
    ("appraisal", "correction_reason", sa.Text()),
    ("appraisal_report", "draft_id", BIGINT),
    ("appraisal_report", "reviewer_id", BIGINT),
    ("appraisal_report", "valid_until", DAY),
    ("appraisal_report", "seen", sa.Text()),
]
KEYS = [("draft_id", "report_draft"), ("reviewer_id", "app_user")]  # of appraisal_report
TABLES = ["report_signature", "key_revocation", "report_revocation", "report_draft", "signing_key"]  # as they can be dropped

# name, before, after; no text before: the CHECK is new
CHECKS = [
    (
        "ck_appraisal_state_known",
        "state IN ('requested', 'accepted', 'declined', 'cancelled', 'quoted', 'fee_paid', 'assigned', 'inspecting', 'scheduled', 'awaiting_item', 'item_received', 'issued', 'unable')",
        "state IN ('requested', 'accepted', 'declined', 'cancelled', 'quoted', 'fee_paid', 'assigned', 'inspecting', 'scheduled', 'awaiting_item', 'item_received', 'issued', 'peer_review', 'report_draft', 'correcting', 'correction_review', 'correction_draft', 'unable')",
    ),
    (
        "ck_appraisal_appraiser_known",
        "state NOT IN ('assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', 'inspecting', 'issued') OR appraiser_id IS NOT NULL",
        "state NOT IN ('assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', 'inspecting', 'report_draft', 'peer_review', 'issued', 'correcting', 'correction_draft', 'correction_review') OR appraiser_id IS NOT NULL",
    ),
    (
        "ck_appraisal_correction_has_reason",
        "",
        "state NOT IN ('correcting', 'correction_draft', 'correction_review') OR correction_reason IS NOT NULL",
    ),
]
OLD_OPEN = "state IN ('requested', 'quoted', 'fee_paid', 'assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', 'inspecting')"
NEW_OPEN = "state IN ('requested', 'quoted', 'fee_paid', 'assigned', 'accepted', 'scheduled', 'awaiting_item', 'item_received', 'inspecting', 'report_draft', 'peer_review')"

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_report_draft_no_update BEFORE UPDATE ON report_draft BEGIN SELECT RAISE(ABORT, 'report_draft is append-only'); END""",
    r"""CREATE TRIGGER tr_report_draft_no_delete BEFORE DELETE ON report_draft BEGIN SELECT RAISE(ABORT, 'report_draft is append-only'); END""",
    r"""CREATE TRIGGER tr_report_draft_no_replace BEFORE INSERT ON report_draft WHEN EXISTS (SELECT 1 FROM report_draft WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM report_draft WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM report_draft WHERE sha256 = NEW.sha256) BEGIN SELECT RAISE(ABORT, 'report_draft is append-only'); END""",
    r"""CREATE TRIGGER tr_report_signature_no_update BEFORE UPDATE ON report_signature BEGIN SELECT RAISE(ABORT, 'report_signature is append-only'); END""",
    r"""CREATE TRIGGER tr_report_signature_no_delete BEFORE DELETE ON report_signature BEGIN SELECT RAISE(ABORT, 'report_signature is append-only'); END""",
    r"""CREATE TRIGGER tr_report_signature_no_replace BEFORE INSERT ON report_signature WHEN EXISTS (SELECT 1 FROM report_signature WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM report_signature WHERE draft_id = NEW.draft_id AND role = NEW.role) BEGIN SELECT RAISE(ABORT, 'report_signature is append-only'); END""",
    r"""CREATE TRIGGER tr_report_signature_own_key BEFORE INSERT ON report_signature WHEN NOT EXISTS (SELECT 1 FROM report_draft d, signing_key k WHERE d.id = NEW.draft_id AND k.id = NEW.key_id AND ((NEW.role = 'appraiser' AND k.holder_id = d.appraiser_id) OR (NEW.role = 'reviewer' AND k.holder_id = d.reviewer_id) OR (NEW.role = 'operator' AND k.holder_id IS NULL)) AND NOT EXISTS (SELECT 1 FROM key_revocation r WHERE r.key_id = k.id)) BEGIN SELECT RAISE(ABORT, 'sealed: a signature needs the own, unrevoked key of its person'); END""",
    r"""CREATE TRIGGER tr_signing_key_no_update BEFORE UPDATE ON signing_key BEGIN SELECT RAISE(ABORT, 'signing_key is append-only'); END""",
    r"""CREATE TRIGGER tr_signing_key_no_delete BEFORE DELETE ON signing_key BEGIN SELECT RAISE(ABORT, 'signing_key is append-only'); END""",
    r"""CREATE TRIGGER tr_signing_key_no_replace BEFORE INSERT ON signing_key WHEN EXISTS (SELECT 1 FROM signing_key WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM signing_key WHERE kid = NEW.kid) OR EXISTS (SELECT 1 FROM signing_key WHERE public_key = NEW.public_key) BEGIN SELECT RAISE(ABORT, 'signing_key is append-only'); END""",
    r"""CREATE TRIGGER tr_key_revocation_no_update BEFORE UPDATE ON key_revocation BEGIN SELECT RAISE(ABORT, 'key_revocation is append-only'); END""",
    r"""CREATE TRIGGER tr_key_revocation_no_delete BEFORE DELETE ON key_revocation BEGIN SELECT RAISE(ABORT, 'key_revocation is append-only'); END""",
    r"""CREATE TRIGGER tr_key_revocation_no_replace BEFORE INSERT ON key_revocation WHEN EXISTS (SELECT 1 FROM key_revocation WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM key_revocation WHERE key_id = NEW.key_id) BEGIN SELECT RAISE(ABORT, 'key_revocation is append-only'); END""",
    r"""CREATE TRIGGER tr_report_revocation_no_update BEFORE UPDATE ON report_revocation BEGIN SELECT RAISE(ABORT, 'report_revocation is append-only'); END""",
    r"""CREATE TRIGGER tr_report_revocation_no_delete BEFORE DELETE ON report_revocation BEGIN SELECT RAISE(ABORT, 'report_revocation is append-only'); END""",
    r"""CREATE TRIGGER tr_report_revocation_no_replace BEFORE INSERT ON report_revocation WHEN EXISTS (SELECT 1 FROM report_revocation WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM report_revocation WHERE report_id = NEW.report_id) BEGIN SELECT RAISE(ABORT, 'report_revocation is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_report_signed BEFORE INSERT ON appraisal_report WHEN NEW.draft_id IS NOT NULL AND (NOT EXISTS (SELECT 1 FROM report_draft d WHERE d.id = NEW.draft_id AND d.sha256 = NEW.sha256 AND d.content = NEW.content AND d.code = NEW.code AND d.appraisal_id = NEW.appraisal_id AND d.appraiser_id = NEW.appraiser_id AND COALESCE(d.reviewer_id, 0) = COALESCE(NEW.reviewer_id, 0)) OR (NEW.reviewer_id IS NULL AND EXISTS (SELECT 1 FROM thing t WHERE t.id = NEW.thing_id AND t.category = 'car')) OR NOT (EXISTS (SELECT 1 FROM report_signature s WHERE s.draft_id = NEW.draft_id AND s.role = 'operator') OR (EXISTS (SELECT 1 FROM report_signature s WHERE s.draft_id = NEW.draft_id AND s.role = 'appraiser') AND (NEW.reviewer_id IS NULL OR EXISTS (SELECT 1 FROM report_signature s WHERE s.draft_id = NEW.draft_id AND s.role = 'reviewer'))))) BEGIN SELECT RAISE(ABORT, 'a report is sealed by the signatures of its draft'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_report_draft_no_update BEFORE UPDATE ON report_draft FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_report_draft_no_delete BEFORE DELETE ON report_draft FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_report_draft_no_truncate BEFORE TRUNCATE ON report_draft FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_report_signature_no_update BEFORE UPDATE ON report_signature FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_report_signature_no_delete BEFORE DELETE ON report_signature FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_report_signature_no_truncate BEFORE TRUNCATE ON report_signature FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION report_signature_own_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM report_draft d, signing_key k WHERE d.id = NEW.draft_id AND k.id = NEW.key_id AND ((NEW.role = 'appraiser' AND k.holder_id = d.appraiser_id) OR (NEW.role = 'reviewer' AND k.holder_id = d.reviewer_id) OR (NEW.role = 'operator' AND k.holder_id IS NULL)) AND NOT EXISTS (SELECT 1 FROM key_revocation r WHERE r.key_id = k.id)) THEN RAISE EXCEPTION 'sealed: a signature needs the own, unrevoked key of its person' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_report_signature_own_key BEFORE INSERT ON report_signature FOR EACH ROW EXECUTE FUNCTION report_signature_own_key()""",
    r"""CREATE TRIGGER tr_signing_key_no_update BEFORE UPDATE ON signing_key FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_signing_key_no_delete BEFORE DELETE ON signing_key FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_signing_key_no_truncate BEFORE TRUNCATE ON signing_key FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_key_revocation_no_update BEFORE UPDATE ON key_revocation FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_key_revocation_no_delete BEFORE DELETE ON key_revocation FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_key_revocation_no_truncate BEFORE TRUNCATE ON key_revocation FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_report_revocation_no_update BEFORE UPDATE ON report_revocation FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_report_revocation_no_delete BEFORE DELETE ON report_revocation FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_report_revocation_no_truncate BEFORE TRUNCATE ON report_revocation FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION appraisal_report_signed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.draft_id IS NOT NULL AND (NOT EXISTS (SELECT 1 FROM report_draft d WHERE d.id = NEW.draft_id AND d.sha256 = NEW.sha256 AND d.content = NEW.content AND d.code = NEW.code AND d.appraisal_id = NEW.appraisal_id AND d.appraiser_id = NEW.appraiser_id AND COALESCE(d.reviewer_id, 0) = COALESCE(NEW.reviewer_id, 0)) OR (NEW.reviewer_id IS NULL AND EXISTS (SELECT 1 FROM thing t WHERE t.id = NEW.thing_id AND t.category = 'car')) OR NOT (EXISTS (SELECT 1 FROM report_signature s WHERE s.draft_id = NEW.draft_id AND s.role = 'operator') OR (EXISTS (SELECT 1 FROM report_signature s WHERE s.draft_id = NEW.draft_id AND s.role = 'appraiser') AND (NEW.reviewer_id IS NULL OR EXISTS (SELECT 1 FROM report_signature s WHERE s.draft_id = NEW.draft_id AND s.role = 'reviewer'))))) THEN RAISE EXCEPTION 'a report is sealed by the signatures of its draft' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_appraisal_report_signed BEFORE INSERT ON appraisal_report FOR EACH ROW EXECUTE FUNCTION appraisal_report_signed()""",
]

# An inspection may be recorded while its report is corrected, too: name, table, statement.
IN_TIME = [
    (
        "tr_inspection_reading_insert_in_time",
        "inspection_reading",
        r"""CREATE TRIGGER tr_inspection_reading_insert_in_time BEFORE INSERT ON inspection_reading WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    ),
    (
        "tr_inspection_reading_update_in_time",
        "inspection_reading",
        r"""CREATE TRIGGER tr_inspection_reading_update_in_time BEFORE UPDATE ON inspection_reading WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    ),
    (
        "tr_inspection_reading_delete_in_time",
        "inspection_reading",
        r"""CREATE TRIGGER tr_inspection_reading_delete_in_time BEFORE DELETE ON inspection_reading WHEN (SELECT state FROM appraisal WHERE id = OLD.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    ),
    (
        "tr_inspection_photo_insert_in_time",
        "inspection_photo",
        r"""CREATE TRIGGER tr_inspection_photo_insert_in_time BEFORE INSERT ON inspection_photo WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    ),
    (
        "tr_inspection_photo_update_in_time",
        "inspection_photo",
        r"""CREATE TRIGGER tr_inspection_photo_update_in_time BEFORE UPDATE ON inspection_photo WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    ),
    (
        "tr_inspection_photo_delete_in_time",
        "inspection_photo",
        r"""CREATE TRIGGER tr_inspection_photo_delete_in_time BEFORE DELETE ON inspection_photo WHEN (SELECT state FROM appraisal WHERE id = OLD.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    ),
    (
        "tr_inspection_mark_insert_in_time",
        "inspection_mark",
        r"""CREATE TRIGGER tr_inspection_mark_insert_in_time BEFORE INSERT ON inspection_mark WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    ),
    (
        "tr_inspection_mark_update_in_time",
        "inspection_mark",
        r"""CREATE TRIGGER tr_inspection_mark_update_in_time BEFORE UPDATE ON inspection_mark WHEN (SELECT state FROM appraisal WHERE id = NEW.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    ),
    (
        "tr_inspection_mark_delete_in_time",
        "inspection_mark",
        r"""CREATE TRIGGER tr_inspection_mark_delete_in_time BEFORE DELETE ON inspection_mark WHEN (SELECT state FROM appraisal WHERE id = OLD.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting') BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END""",
    ),
]
IN_TIME_POSTGRESQL = r"""CREATE OR REPLACE FUNCTION inspection_in_time() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE place bigint; BEGIN IF TG_OP = 'DELETE' THEN place := OLD.appraisal_id; ELSE place := NEW.appraisal_id; END IF; IF (SELECT state FROM appraisal WHERE id = place) NOT IN ('accepted', 'inspecting', 'correcting') THEN RAISE EXCEPTION 'the inspection has ended' USING ERRCODE = '23514'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"""
CORRECTING = ", 'correcting'"


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "signing_key",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("holder_id", BIGINT, nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("until_at", INSTANT, nullable=True),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.CheckConstraint("length(kid) = 16", name=op.f("ck_signing_key_kid_length")),
        sa.CheckConstraint("length(label) BETWEEN 1 AND 60", name=op.f("ck_signing_key_label_length")),
        sa.CheckConstraint("length(public_key) = 64", name=op.f("ck_signing_key_public_key_length")),
        sa.CheckConstraint("until_at IS NULL OR until_at > registered_at", name=op.f("ck_signing_key_until_after_start")),
        sa.ForeignKeyConstraint(["holder_id"], ["app_user.id"], name=op.f("fk_signing_key_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_signing_key_kid")),
        sa.UniqueConstraint("public_key", name=op.f("uq_signing_key_public_key")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_signing_key_holder_id", "signing_key", ["holder_id"], unique=False)
    op.create_table(
        "key_revocation",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("key_id", BIGINT, nullable=False),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "reason IN ('lost', 'stolen', 'replaced', 'left', 'other')", name=op.f("ck_key_revocation_reason_known")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_key_revocation_by_id")),
        sa.ForeignKeyConstraint(["key_id"], ["signing_key.id"], name=op.f("fk_key_revocation_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_revocation")),
        sa.UniqueConstraint("key_id", name=op.f("uq_key_revocation_key_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "report_draft",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("appraiser_id", BIGINT, nullable=False),
        sa.Column("reviewer_id", BIGINT, nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("findings_rev", BIGINT, nullable=False),
        sa.Column("frozen_at", INSTANT, nullable=False),
        sa.CheckConstraint("reviewer_id <> appraiser_id", name=op.f("ck_report_draft_reviewer_is_another")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_report_draft_appraisal_id")),
        sa.ForeignKeyConstraint(["appraiser_id"], ["app_user.id"], name=op.f("fk_report_draft_appraiser_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["app_user.id"], name=op.f("fk_report_draft_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_draft")),
        sa.UniqueConstraint("code", name=op.f("uq_report_draft_code")),
        sa.UniqueConstraint("sha256", name=op.f("uq_report_draft_sha256")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_report_draft_appraisal_id", "report_draft", ["appraisal_id", "id"], unique=False)
    op.create_table(
        "report_signature",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("draft_id", BIGINT, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("key_id", BIGINT, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.CheckConstraint("role IN ('appraiser', 'reviewer', 'operator')", name=op.f("ck_report_signature_role_known")),
        sa.CheckConstraint("length(value) = 128", name=op.f("ck_report_signature_value_length")),
        sa.ForeignKeyConstraint(["draft_id"], ["report_draft.id"], name=op.f("fk_report_signature_draft_id")),
        sa.ForeignKeyConstraint(["key_id"], ["signing_key.id"], name=op.f("fk_report_signature_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_signature")),
        sa.UniqueConstraint("draft_id", "role", name=op.f("uq_report_signature_draft_id_role")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "report_revocation",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("report_id", BIGINT, nullable=False),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=False),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 500", name=op.f("ck_report_revocation_reason_length")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_report_revocation_by_id")),
        sa.ForeignKeyConstraint(["report_id"], ["appraisal_report.id"], name=op.f("fk_report_revocation_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_revocation")),
        sa.UniqueConstraint("report_id", name=op.f("uq_report_revocation_report_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.drop_index("uq_appraisal_open_thing", "appraisal")
    if is_sqlite:
        _rewrite(up=True)
    else:
        for column, target in KEYS:
            op.create_foreign_key(op.f(f"fk_appraisal_report_{column}"), "appraisal_report", target, [column], ["id"])
        for name, before, after in CHECKS:
            if before:
                op.drop_constraint(name, "appraisal", type_="check")
            op.create_check_constraint(op.f(name), "appraisal", after)
    _open_index(NEW_OPEN)
    _in_time("")
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    # Reports stay, with their content and hash; drafts and signatures go with their tables.
    if bind.execute(sa.text(f"SELECT 1 FROM appraisal WHERE NOT ({CHECKS[0][1]}) LIMIT 1")).first():  # noqa: S608
        raise RuntimeError("appraisal holds orders in states that the earlier release does not know")
    op.execute("DROP TRIGGER tr_appraisal_report_signed" + ("" if is_sqlite else " ON appraisal_report"))
    op.drop_index("uq_appraisal_open_thing", "appraisal")
    if is_sqlite:
        _rewrite(up=False)
    else:
        for column, _target in KEYS:
            op.drop_constraint(f"fk_appraisal_report_{column}", "appraisal_report", type_="foreignkey")
        for name, before, _after in CHECKS:
            op.drop_constraint(name, "appraisal", type_="check")
            if before:
                op.create_check_constraint(op.f(name), "appraisal", before)
        op.execute("DROP FUNCTION appraisal_report_signed()")
    _open_index(OLD_OPEN)
    _in_time(CORRECTING)
    for table, name, _kind in reversed(COLUMNS):
        op.drop_column(table, name)
    for table in TABLES:
        op.drop_table(table)
    if not is_sqlite:
        op.execute("DROP FUNCTION report_signature_own_key()")


def _in_time(without: str) -> None:
    """Write the triggers of recording anew; ``without``: a state that they do not name."""
    run = op.get_bind().exec_driver_sql
    if op.get_bind().dialect.name != "sqlite":
        run(IN_TIME_POSTGRESQL.replace(without, "").replace("%", "%%"))
        return
    for name, _table, statement in IN_TIME:
        run(f"DROP TRIGGER {name}")
        run(statement.replace(without, ""))


def _open_index(condition: str) -> None:
    where = sa.text(condition)
    op.create_index("uq_appraisal_open_thing", "appraisal", ["thing_id"], unique=True, sqlite_where=where, postgresql_where=where)


def _changes(*, up: bool) -> list[tuple[str, str, str]]:
    """Table, text before, text after."""
    found = []
    for name, before, after in CHECKS:
        if before:
            found.append(("appraisal", f"CONSTRAINT {name} CHECK ({before})", f"CONSTRAINT {name} CHECK ({after})"))
        else:
            beside = "CONSTRAINT fk_appraisal_agency_id"
            found.append(("appraisal", beside, f"CONSTRAINT {name} CHECK ({after}), {beside}"))
    beside = "CONSTRAINT fk_appraisal_report_agency_id"
    keys = "".join(
        f"CONSTRAINT fk_appraisal_report_{column} FOREIGN KEY({column}) REFERENCES {target} (id), " for column, target in KEYS
    )
    found.append(("appraisal_report", beside, keys + beside))
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
