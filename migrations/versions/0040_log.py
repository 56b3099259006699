"""The tree over the log, its keys and checkpoints; the marketplace itself becomes a subject, for events about the log.

The definition of ``credit_subject`` is changed where it lies, as in 0024: SQLite cannot change a column in place, and rebuilding
the table would drop its triggers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

OLD_KINDS = "kind IN ('seller', 'appraiser')"
NEW_KINDS = "kind IN ('seller', 'appraiser', 'platform')"
NOBODY = "(user_id IS NULL) = (kind = 'platform')"
KIND, PERSON = "ck_credit_subject_kind_known", "ck_credit_subject_platform_is_nobody"
# text before, text after
CHANGES = [
    ("user_id INTEGER NOT NULL", "user_id INTEGER"),
    (f"CONSTRAINT {KIND} CHECK ({OLD_KINDS})", f"CONSTRAINT {KIND} CHECK ({NEW_KINDS}), CONSTRAINT {PERSON} CHECK ({NOBODY})"),
]

TABLES = ["credit_checkpoint", "credit_log_key", "credit_node"]  # as they can be dropped
FUNCTIONS = ["credit_log_is_as_long", "credit_log_stays", "credit_node_is_complete", "credit_checkpoint_is_next"]

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_credit_log_is_as_long BEFORE UPDATE ON credit_log WHEN NEW.id <> OLD.id OR NEW.size <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event) BEGIN SELECT RAISE(ABORT, 'the log is as long as its events'); END""",
    r"""CREATE TRIGGER tr_credit_log_stays BEFORE DELETE ON credit_log WHEN OLD.id = 1 BEGIN SELECT RAISE(ABORT, 'the log stays'); END""",
    r"""CREATE TRIGGER tr_credit_node_no_update BEFORE UPDATE ON credit_node BEGIN SELECT RAISE(ABORT, 'credit_node is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_node_no_delete BEFORE DELETE ON credit_node BEGIN SELECT RAISE(ABORT, 'credit_node is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_node_no_replace BEFORE INSERT ON credit_node WHEN EXISTS (SELECT 1 FROM credit_node WHERE level = NEW.level AND pos = NEW.pos) BEGIN SELECT RAISE(ABORT, 'credit_node is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_node_is_complete BEFORE INSERT ON credit_node WHEN ((NEW.pos + 1) << CAST(NEW.level AS INTEGER)) > (SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event) BEGIN SELECT RAISE(ABORT, 'a node of the log has all its leaves'); END""",
    r"""CREATE TRIGGER tr_credit_log_key_no_update BEFORE UPDATE ON credit_log_key BEGIN SELECT RAISE(ABORT, 'credit_log_key is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_log_key_no_delete BEFORE DELETE ON credit_log_key BEGIN SELECT RAISE(ABORT, 'credit_log_key is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_log_key_no_replace BEFORE INSERT ON credit_log_key WHEN EXISTS (SELECT 1 FROM credit_log_key WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM credit_log_key WHERE vkey = NEW.vkey) BEGIN SELECT RAISE(ABORT, 'credit_log_key is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_checkpoint_no_update BEFORE UPDATE ON credit_checkpoint BEGIN SELECT RAISE(ABORT, 'credit_checkpoint is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_checkpoint_no_delete BEFORE DELETE ON credit_checkpoint BEGIN SELECT RAISE(ABORT, 'credit_checkpoint is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_checkpoint_no_replace BEFORE INSERT ON credit_checkpoint WHEN EXISTS (SELECT 1 FROM credit_checkpoint WHERE size = NEW.size) BEGIN SELECT RAISE(ABORT, 'credit_checkpoint is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_checkpoint_is_next BEFORE INSERT ON credit_checkpoint WHEN NEW.size <= (SELECT COALESCE(MAX(size), 0) FROM credit_checkpoint) OR NEW.size > (SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event) BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only: each is of a longer log'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION credit_log_is_as_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id <> OLD.id OR NEW.size <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event) THEN RAISE EXCEPTION 'the log is as long as its events' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_credit_log_is_as_long BEFORE UPDATE ON credit_log FOR EACH ROW EXECUTE FUNCTION credit_log_is_as_long()""",
    r"""CREATE OR REPLACE FUNCTION credit_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id = 1 THEN RAISE EXCEPTION 'the log stays' USING ERRCODE = '23514'; END IF; RETURN OLD; END $$""",
    r"""CREATE TRIGGER tr_credit_log_stays BEFORE DELETE ON credit_log FOR EACH ROW EXECUTE FUNCTION credit_log_stays()""",
    r"""CREATE TRIGGER tr_credit_node_no_update BEFORE UPDATE ON credit_node FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_node_no_delete BEFORE DELETE ON credit_node FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_node_no_truncate BEFORE TRUNCATE ON credit_node FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION credit_node_is_complete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF ((NEW.pos + 1) << CAST(NEW.level AS INTEGER)) > (SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event) THEN RAISE EXCEPTION 'a node of the log has all its leaves' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_credit_node_is_complete BEFORE INSERT ON credit_node FOR EACH ROW EXECUTE FUNCTION credit_node_is_complete()""",
    r"""CREATE TRIGGER tr_credit_log_key_no_update BEFORE UPDATE ON credit_log_key FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_log_key_no_delete BEFORE DELETE ON credit_log_key FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_log_key_no_truncate BEFORE TRUNCATE ON credit_log_key FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_checkpoint_no_update BEFORE UPDATE ON credit_checkpoint FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_checkpoint_no_delete BEFORE DELETE ON credit_checkpoint FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_checkpoint_no_truncate BEFORE TRUNCATE ON credit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION credit_checkpoint_is_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.size <= (SELECT COALESCE(MAX(size), 0) FROM credit_checkpoint) OR NEW.size > (SELECT COALESCE(MAX(idx) + 1, 0) FROM credit_event) THEN RAISE EXCEPTION 'checkpoints are append-only: each is of a longer log' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_credit_checkpoint_is_next BEFORE INSERT ON credit_checkpoint FOR EACH ROW EXECUTE FUNCTION credit_checkpoint_is_next()""",
]


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    if is_sqlite:
        _rewrite(CHANGES)
    else:
        op.alter_column("credit_subject", "user_id", existing_type=BIGINT, nullable=True)
        op.drop_constraint(KIND, "credit_subject", type_="check")
        op.create_check_constraint(op.f(KIND), "credit_subject", NEW_KINDS)
        op.create_check_constraint(op.f(PERSON), "credit_subject", NOBODY)
    where = sa.text("kind = 'platform'")
    op.create_index(
        "uq_credit_subject_platform", "credit_subject", ["kind"], unique=True, sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "credit_node",
        sa.Column("level", BIGINT, autoincrement=False, nullable=False),
        sa.Column("pos", BIGINT, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 48 AND pos >= 0", name=op.f("ck_credit_node_place_possible")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_credit_node_hash_length")),
        sa.PrimaryKeyConstraint("level", "pos", name=op.f("pk_credit_node")),
        sqlite_strict=True,
    )
    op.create_table(
        "credit_log_key",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("from_size", BIGINT, nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_log_key")),
        sa.UniqueConstraint("vkey", name=op.f("uq_credit_log_key_vkey")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "credit_checkpoint",
        sa.Column("size", BIGINT, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("key_id", BIGINT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_credit_checkpoint_size_positive")),
        sa.CheckConstraint("length(root) = 32", name=op.f("ck_credit_checkpoint_root_length")),
        sa.ForeignKeyConstraint(["key_id"], ["credit_log_key.id"], name=op.f("fk_credit_checkpoint_key_id")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_credit_checkpoint")),
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    if bind.execute(sa.text("SELECT 1 FROM credit_subject WHERE kind = 'platform'")).first():
        raise RuntimeError("the log holds events about itself, which the earlier release does not know")
    on = "" if is_sqlite else " ON credit_log"
    for name in ("tr_credit_log_is_as_long", "tr_credit_log_stays"):
        op.execute(f"DROP TRIGGER {name}{on}")
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("uq_credit_subject_platform", "credit_subject")
    if is_sqlite:
        _rewrite([(after, before) for before, after in reversed(CHANGES)])
    else:
        op.drop_constraint(PERSON, "credit_subject", type_="check")
        op.drop_constraint(KIND, "credit_subject", type_="check")
        op.create_check_constraint(op.f(KIND), "credit_subject", OLD_KINDS)
        op.alter_column("credit_subject", "user_id", existing_type=BIGINT, nullable=False)
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")


def _rewrite(changes: list[tuple[str, str]]) -> None:
    """Change the text of the CREATE TABLE statement where it lies. Raises when a text is not found exactly once."""
    run = op.get_bind().exec_driver_sql
    run("PRAGMA writable_schema = ON")
    try:
        for old, new in changes:
            sql = run("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'credit_subject'").scalar_one()
            if sql.count(old) != 1:
                raise RuntimeError(f"credit_subject: expected once in its definition: {old}")
            changed = sql.replace(old, new)
            run("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'credit_subject'", (changed,))
        version = run("PRAGMA schema_version").scalar_one()
        run(f"PRAGMA schema_version = {version + 1}")
    finally:
        run("PRAGMA writable_schema = RESET")
    broken = run("PRAGMA integrity_check").scalars().all()
    if broken != ["ok"]:
        raise RuntimeError(f"the database is not in order after the change: {broken[:3]}")
