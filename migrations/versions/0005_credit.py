"""Credit subjects and events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_credit_subject_no_update BEFORE UPDATE ON credit_subject BEGIN SELECT RAISE(ABORT, 'credit_subject is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_subject_no_delete BEFORE DELETE ON credit_subject BEGIN SELECT RAISE(ABORT, 'credit_subject is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_subject_no_replace BEFORE INSERT ON credit_subject WHEN EXISTS (SELECT 1 FROM credit_subject WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM credit_subject WHERE cluster = NEW.cluster) OR EXISTS (SELECT 1 FROM credit_subject WHERE pseudonym = NEW.pseudonym) OR EXISTS (SELECT 1 FROM credit_subject WHERE user_id = NEW.user_id) BEGIN SELECT RAISE(ABORT, 'credit_subject is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_event_no_update BEFORE UPDATE ON credit_event BEGIN SELECT RAISE(ABORT, 'credit_event is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_event_no_delete BEFORE DELETE ON credit_event BEGIN SELECT RAISE(ABORT, 'credit_event is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_event_no_replace BEFORE INSERT ON credit_event WHEN EXISTS (SELECT 1 FROM credit_event WHERE idx = NEW.idx) OR EXISTS (SELECT 1 FROM credit_event WHERE leaf_hash = NEW.leaf_hash) OR EXISTS (SELECT 1 FROM credit_event WHERE outbox_id = NEW.outbox_id) OR EXISTS (SELECT 1 FROM credit_event WHERE subject = NEW.subject AND seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'credit_event is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_event_is_next BEFORE INSERT ON credit_event WHEN NEW.idx <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event) OR NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM credit_event WHERE subject = NEW.subject) BEGIN SELECT RAISE(ABORT, 'the log has no gaps'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_credit_subject_no_update BEFORE UPDATE ON credit_subject FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_subject_no_delete BEFORE DELETE ON credit_subject FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_subject_no_truncate BEFORE TRUNCATE ON credit_subject FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_event_no_update BEFORE UPDATE ON credit_event FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_event_no_delete BEFORE DELETE ON credit_event FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_event_no_truncate BEFORE TRUNCATE ON credit_event FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION credit_event_is_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.idx <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event) OR NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM credit_event WHERE subject = NEW.subject) THEN RAISE EXCEPTION 'the log has no gaps' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_credit_event_is_next BEFORE INSERT ON credit_event FOR EACH ROW EXECUTE FUNCTION credit_event_is_next()""",
]
FUNCTIONS = ["credit_event_is_next"]


def upgrade() -> None:
    op.create_table(
        "credit_fact_key",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("outbox_id", BIGINT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_fact_key")),
        sa.UniqueConstraint("key", name=op.f("uq_credit_fact_key_key")),
        sa.UniqueConstraint("outbox_id", name=op.f("uq_credit_fact_key_outbox_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "credit_log",
        sa.Column("id", BIGINT, autoincrement=False, nullable=False),
        sa.Column("size", BIGINT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_credit_log_single")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_credit_log_size_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_log")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "credit_subject",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('seller', 'appraiser')", name=op.f("ck_credit_subject_kind_known")),
        sa.CheckConstraint("length(cluster) = 28", name=op.f("ck_credit_subject_cluster_length")),
        sa.CheckConstraint("length(pseudonym) = 28", name=op.f("ck_credit_subject_pseudonym_length")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_credit_subject_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_subject")),
        sa.UniqueConstraint("cluster", name=op.f("uq_credit_subject_cluster")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_credit_subject_pseudonym")),
        sa.UniqueConstraint("user_id", name=op.f("uq_credit_subject_user_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "credit_event",
        sa.Column("idx", BIGINT, autoincrement=False, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("seq", BIGINT, nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("outbox_id", BIGINT, nullable=False),
        sa.CheckConstraint("length(canonical) <= 65535", name=op.f("ck_credit_event_canonical_length")),
        sa.CheckConstraint("length(leaf_hash) = 32", name=op.f("ck_credit_event_leaf_hash_length")),
        sa.ForeignKeyConstraint(["subject"], ["credit_subject.pseudonym"], name=op.f("fk_credit_event_subject")),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_credit_event")),
        sa.UniqueConstraint("leaf_hash", name=op.f("uq_credit_event_leaf_hash")),
        sa.UniqueConstraint("outbox_id", name=op.f("uq_credit_event_outbox_id")),
        sa.UniqueConstraint("subject", "seq", name=op.f("uq_credit_event_subject_seq")),
        sqlite_strict=True,
    )
    op.create_index("ix_credit_event_subject_type", "credit_event", ["subject", "type"], unique=False)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("credit_event")
    op.drop_table("credit_subject")
    op.drop_table("credit_log")
    op.drop_table("credit_fact_key")
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
