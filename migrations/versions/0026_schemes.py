"""Schemes in operation: proposed and approved revisions, what agencies read in the text of a standard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")

TABLES = ["scheme_reading_check", "scheme_reading", "scheme_decision", "scheme_proposal"]  # as they can be dropped

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_scheme_proposal_no_update BEFORE UPDATE ON scheme_proposal BEGIN SELECT RAISE(ABORT, 'scheme_proposal is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_proposal_no_delete BEFORE DELETE ON scheme_proposal BEGIN SELECT RAISE(ABORT, 'scheme_proposal is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_proposal_no_replace BEFORE INSERT ON scheme_proposal WHEN EXISTS (SELECT 1 FROM scheme_proposal WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM scheme_proposal WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM scheme_proposal WHERE id = NEW.id AND scheme_id = NEW.scheme_id AND category = NEW.category AND no = NEW.no AND sha256 = NEW.sha256 AND effective_on = NEW.effective_on AND proposed_by = NEW.proposed_by) BEGIN SELECT RAISE(ABORT, 'scheme_proposal is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_decision_no_update BEFORE UPDATE ON scheme_decision BEGIN SELECT RAISE(ABORT, 'scheme_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_decision_no_delete BEFORE DELETE ON scheme_decision BEGIN SELECT RAISE(ABORT, 'scheme_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_decision_no_replace BEFORE INSERT ON scheme_decision WHEN EXISTS (SELECT 1 FROM scheme_decision WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM scheme_decision WHERE proposal_id = NEW.proposal_id) OR EXISTS (SELECT 1 FROM scheme_decision WHERE scheme_id = NEW.scheme_id AND published_no = NEW.published_no) BEGIN SELECT RAISE(ABORT, 'scheme_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_decision_in_order BEFORE INSERT ON scheme_decision WHEN NEW.published_no IS NOT NULL AND (EXISTS (SELECT 1 FROM scheme_decision d WHERE d.scheme_id = NEW.scheme_id AND d.published_no IS NOT NULL AND (d.published_no >= NEW.published_no OR d.effective_on >= NEW.effective_on)) OR (EXISTS (SELECT 1 FROM scheme_decision d WHERE d.scheme_id = NEW.scheme_id AND d.published_no IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM scheme_decision d WHERE d.scheme_id = NEW.scheme_id AND d.published_no IS NOT NULL AND d.published_no = NEW.published_no - 1))) BEGIN SELECT RAISE(ABORT, 'revisions of a scheme have no gaps, and each begins on a later day'); END""",
    r"""CREATE TRIGGER tr_scheme_reading_no_update BEFORE UPDATE ON scheme_reading BEGIN SELECT RAISE(ABORT, 'scheme_reading is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_reading_no_delete BEFORE DELETE ON scheme_reading BEGIN SELECT RAISE(ABORT, 'scheme_reading is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_reading_no_replace BEFORE INSERT ON scheme_reading WHEN EXISTS (SELECT 1 FROM scheme_reading WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM scheme_reading WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM scheme_reading WHERE id = NEW.id AND agency_id = NEW.agency_id AND reader_id = NEW.reader_id) BEGIN SELECT RAISE(ABORT, 'scheme_reading is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_reading_check_no_update BEFORE UPDATE ON scheme_reading_check BEGIN SELECT RAISE(ABORT, 'scheme_reading_check is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_reading_check_no_delete BEFORE DELETE ON scheme_reading_check BEGIN SELECT RAISE(ABORT, 'scheme_reading_check is append-only'); END""",
    r"""CREATE TRIGGER tr_scheme_reading_check_no_replace BEFORE INSERT ON scheme_reading_check WHEN EXISTS (SELECT 1 FROM scheme_reading_check WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM scheme_reading_check WHERE reading_id = NEW.reading_id) BEGIN SELECT RAISE(ABORT, 'scheme_reading_check is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_scheme_proposal_no_update BEFORE UPDATE ON scheme_proposal FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_proposal_no_delete BEFORE DELETE ON scheme_proposal FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_proposal_no_truncate BEFORE TRUNCATE ON scheme_proposal FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_decision_no_update BEFORE UPDATE ON scheme_decision FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_decision_no_delete BEFORE DELETE ON scheme_decision FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_decision_no_truncate BEFORE TRUNCATE ON scheme_decision FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION scheme_decision_in_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.published_no IS NOT NULL AND (EXISTS (SELECT 1 FROM scheme_decision d WHERE d.scheme_id = NEW.scheme_id AND d.published_no IS NOT NULL AND (d.published_no >= NEW.published_no OR d.effective_on >= NEW.effective_on)) OR (EXISTS (SELECT 1 FROM scheme_decision d WHERE d.scheme_id = NEW.scheme_id AND d.published_no IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM scheme_decision d WHERE d.scheme_id = NEW.scheme_id AND d.published_no IS NOT NULL AND d.published_no = NEW.published_no - 1))) THEN RAISE EXCEPTION 'revisions of a scheme have no gaps, and each begins on a later day' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_scheme_decision_in_order BEFORE INSERT ON scheme_decision FOR EACH ROW EXECUTE FUNCTION scheme_decision_in_order()""",
    r"""CREATE TRIGGER tr_scheme_reading_no_update BEFORE UPDATE ON scheme_reading FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_reading_no_delete BEFORE DELETE ON scheme_reading FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_reading_no_truncate BEFORE TRUNCATE ON scheme_reading FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_reading_check_no_update BEFORE UPDATE ON scheme_reading_check FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_reading_check_no_delete BEFORE DELETE ON scheme_reading_check FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_scheme_reading_check_no_truncate BEFORE TRUNCATE ON scheme_reading_check FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "scheme_proposal",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("effective_on", DAY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("proposed_by", BIGINT, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.CheckConstraint("length(file) BETWEEN 1 AND 300000", name=op.f("ck_scheme_proposal_file_length")),
        sa.CheckConstraint("length(reason) BETWEEN 5 AND 500", name=op.f("ck_scheme_proposal_reason_given")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_scheme_proposal_sha256_length")),
        sa.CheckConstraint("no >= 2", name=op.f("ck_scheme_proposal_first_is_in_the_package")),
        sa.ForeignKeyConstraint(["proposed_by"], ["app_user.id"], name=op.f("fk_scheme_proposal_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_proposal")),
        sa.UniqueConstraint("code", name=op.f("uq_scheme_proposal_code")),
        sa.UniqueConstraint(
            "id", "scheme_id", "category", "no", "sha256", "effective_on", "proposed_by", name="uq_scheme_proposal_as_decided"
        ),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "scheme_decision",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("proposal_id", BIGINT, nullable=False),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("effective_on", DAY, nullable=False),
        sa.Column("proposed_by", BIGINT, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("published_no", BIGINT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", BIGINT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("decided_on", DAY, nullable=False),
        sa.CheckConstraint(
            "(decision = 'approved') = (published_no IS NOT NULL)", name=op.f("ck_scheme_decision_published_when_approved")
        ),
        sa.CheckConstraint("decision <> 'approved' OR decided_by <> proposed_by", name=op.f("ck_scheme_decision_two_people")),
        sa.CheckConstraint("decision <> 'approved' OR effective_on > decided_on", name=op.f("ck_scheme_decision_begins_later")),
        sa.CheckConstraint(
            "decision <> 'refused' OR length(reason) BETWEEN 5 AND 500", name=op.f("ck_scheme_decision_refusal_has_reason")
        ),
        sa.CheckConstraint(
            "decision <> 'withdrawn' OR decided_by = proposed_by", name=op.f("ck_scheme_decision_withdrawn_by_its_proposer")
        ),
        sa.CheckConstraint("decision IN ('approved', 'refused', 'withdrawn')", name=op.f("ck_scheme_decision_decision_known")),
        sa.CheckConstraint("published_no IS NULL OR published_no = no", name=op.f("ck_scheme_decision_published_as_proposed")),
        sa.ForeignKeyConstraint(["decided_by"], ["app_user.id"], name=op.f("fk_scheme_decision_decided_by")),
        sa.ForeignKeyConstraint(
            ["proposal_id", "scheme_id", "category", "no", "sha256", "effective_on", "proposed_by"],
            [
                "scheme_proposal.id",
                "scheme_proposal.scheme_id",
                "scheme_proposal.category",
                "scheme_proposal.no",
                "scheme_proposal.sha256",
                "scheme_proposal.effective_on",
                "scheme_proposal.proposed_by",
            ],
            name="fk_scheme_decision_of_proposal",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_decision")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_scheme_decision_proposal_id")),
        sa.UniqueConstraint("scheme_id", "published_no", name=op.f("uq_scheme_decision_scheme_id_published_no")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_scheme_decision_in_force", "scheme_decision", ["category", "effective_on"], unique=False)
    op.create_table(
        "scheme_reading",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("read_on", DAY, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("reader_id", BIGINT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(verdict = 'confirmed') = (found = asked AND words = '')", name=op.f("ck_scheme_reading_verdict_follows")
        ),
        sa.CheckConstraint("verdict IN ('confirmed', 'corrected')", name=op.f("ck_scheme_reading_verdict_known")),
        sa.CheckConstraint("length(page) BETWEEN 1 AND 40", name=op.f("ck_scheme_reading_page_given")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_scheme_reading_sha256_length")),
        sa.CheckConstraint("length(words) <= 500", name=op.f("ck_scheme_reading_words_length")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_scheme_reading_agency_id")),
        sa.ForeignKeyConstraint(["reader_id"], ["app_user.id"], name=op.f("fk_scheme_reading_reader_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_reading")),
        sa.UniqueConstraint("code", name=op.f("uq_scheme_reading_code")),
        sa.UniqueConstraint("id", "agency_id", "reader_id", name=op.f("uq_scheme_reading_id_agency_id_reader_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_scheme_reading_item", "scheme_reading", ["scheme_id", "item_code"], unique=False)
    op.create_table(
        "scheme_reading_check",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("reading_id", BIGINT, nullable=False),
        sa.Column("agency_id", BIGINT, nullable=False),
        sa.Column("reader_id", BIGINT, nullable=False),
        sa.Column("checker_id", BIGINT, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "verdict = 'agreed' OR length(note) BETWEEN 3 AND 500", name=op.f("ck_scheme_reading_check_says_why_not")
        ),
        sa.CheckConstraint("verdict IN ('agreed', 'disagreed')", name=op.f("ck_scheme_reading_check_verdict_known")),
        sa.CheckConstraint("checker_id <> reader_id", name=op.f("ck_scheme_reading_check_two_people")),
        sa.ForeignKeyConstraint(["checker_id"], ["app_user.id"], name=op.f("fk_scheme_reading_check_checker_id")),
        sa.ForeignKeyConstraint(
            ["reading_id", "agency_id", "reader_id"],
            ["scheme_reading.id", "scheme_reading.agency_id", "scheme_reading.reader_id"],
            name="fk_scheme_reading_check_of_reading",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_reading_check")),
        sa.UniqueConstraint("reading_id", name=op.f("uq_scheme_reading_check_reading_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION scheme_decision_in_order()")
