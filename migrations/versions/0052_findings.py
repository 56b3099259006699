"""Keys of authorities, and the findings that they sign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0050"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_credit_regulator_key_no_update BEFORE UPDATE ON credit_regulator_key BEGIN SELECT RAISE(ABORT, 'credit_regulator_key is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_regulator_key_no_delete BEFORE DELETE ON credit_regulator_key BEGIN SELECT RAISE(ABORT, 'credit_regulator_key is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_regulator_key_no_replace BEFORE INSERT ON credit_regulator_key WHEN EXISTS (SELECT 1 FROM credit_regulator_key WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM credit_regulator_key WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM credit_regulator_key WHERE vkey = NEW.vkey) BEGIN SELECT RAISE(ABORT, 'credit_regulator_key is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_regulator_key_step_no_update BEFORE UPDATE ON credit_regulator_key_step BEGIN SELECT RAISE(ABORT, 'credit_regulator_key_step is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_regulator_key_step_no_delete BEFORE DELETE ON credit_regulator_key_step BEGIN SELECT RAISE(ABORT, 'credit_regulator_key_step is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_regulator_key_step_no_replace BEFORE INSERT ON credit_regulator_key_step WHEN EXISTS (SELECT 1 FROM credit_regulator_key_step WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM credit_regulator_key_step WHERE key_id = NEW.key_id AND step = NEW.step) BEGIN SELECT RAISE(ABORT, 'credit_regulator_key_step is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_regulator_key_step_by_two BEFORE INSERT ON credit_regulator_key_step WHEN NEW.step = 'confirmed' AND (EXISTS (SELECT 1 FROM credit_regulator_key k WHERE k.id = NEW.key_id AND k.proposed_by = NEW.by_id) OR EXISTS (SELECT 1 FROM credit_regulator_key_step s WHERE s.key_id = NEW.key_id AND s.step = 'ended')) BEGIN SELECT RAISE(ABORT, 'a key is confirmed by another officer than the one who brought it'); END""",
    r"""CREATE TRIGGER tr_credit_finding_no_update BEFORE UPDATE ON credit_finding BEGIN SELECT RAISE(ABORT, 'credit_finding is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_finding_no_delete BEFORE DELETE ON credit_finding BEGIN SELECT RAISE(ABORT, 'credit_finding is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_finding_no_replace BEFORE INSERT ON credit_finding WHEN EXISTS (SELECT 1 FROM credit_finding WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM credit_finding WHERE code = NEW.code) OR EXISTS (SELECT 1 FROM credit_finding WHERE note_sha256 = NEW.note_sha256) BEGIN SELECT RAISE(ABORT, 'credit_finding is append-only'); END""",
    r"""CREATE TRIGGER tr_credit_finding_by_a_key BEFORE INSERT ON credit_finding WHEN NOT EXISTS (SELECT 1 FROM credit_regulator_key_step s WHERE s.key_id = NEW.key_id AND s.step = 'confirmed') OR EXISTS (SELECT 1 FROM credit_regulator_key_step s WHERE s.key_id = NEW.key_id AND s.step = 'ended') BEGIN SELECT RAISE(ABORT, 'a finding is signed with a key that two officers registered and nobody ended'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_credit_regulator_key_no_update BEFORE UPDATE ON credit_regulator_key FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_regulator_key_no_delete BEFORE DELETE ON credit_regulator_key FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_regulator_key_no_truncate BEFORE TRUNCATE ON credit_regulator_key FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_regulator_key_step_no_update BEFORE UPDATE ON credit_regulator_key_step FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_regulator_key_step_no_delete BEFORE DELETE ON credit_regulator_key_step FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_regulator_key_step_no_truncate BEFORE TRUNCATE ON credit_regulator_key_step FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION credit_regulator_key_step_by_two() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.step = 'confirmed' AND (EXISTS (SELECT 1 FROM credit_regulator_key k WHERE k.id = NEW.key_id AND k.proposed_by = NEW.by_id) OR EXISTS (SELECT 1 FROM credit_regulator_key_step s WHERE s.key_id = NEW.key_id AND s.step = 'ended')) THEN RAISE EXCEPTION 'a key is confirmed by another officer than the one who brought it' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_credit_regulator_key_step_by_two BEFORE INSERT ON credit_regulator_key_step FOR EACH ROW EXECUTE FUNCTION credit_regulator_key_step_by_two()""",
    r"""CREATE TRIGGER tr_credit_finding_no_update BEFORE UPDATE ON credit_finding FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_finding_no_delete BEFORE DELETE ON credit_finding FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_credit_finding_no_truncate BEFORE TRUNCATE ON credit_finding FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE OR REPLACE FUNCTION credit_finding_by_a_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM credit_regulator_key_step s WHERE s.key_id = NEW.key_id AND s.step = 'confirmed') OR EXISTS (SELECT 1 FROM credit_regulator_key_step s WHERE s.key_id = NEW.key_id AND s.step = 'ended') THEN RAISE EXCEPTION 'a finding is signed with a key that two officers registered and nobody ended' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_credit_finding_by_a_key BEFORE INSERT ON credit_finding FOR EACH ROW EXECUTE FUNCTION credit_finding_by_a_key()""",
]
TABLES = ("credit_finding", "credit_regulator_key_step", "credit_regulator_key")
KINDS = "kind IN ('penalty', 'sanction', 'sanction_ended', 'repair', 'overturned', 'audit_finding')"


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    op.create_table(
        "credit_regulator_key",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("organisation_id", BIGINT, nullable=False),
        sa.Column("proposed_by", BIGINT, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.CheckConstraint("length(vkey) <= 200", name=op.f("ck_credit_regulator_key_vkey_length")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_credit_regulator_key_organisation_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["app_user.id"], name=op.f("fk_credit_regulator_key_proposed_by")),
        sa.UniqueConstraint("code", name=op.f("uq_credit_regulator_key_code")),
        sa.UniqueConstraint("vkey", name=op.f("uq_credit_regulator_key_vkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_regulator_key")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "credit_regulator_key_step",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("key_id", BIGINT, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("step IN ('confirmed', 'ended')", name=op.f("ck_credit_regulator_key_step_step_known")),
        sa.ForeignKeyConstraint(["key_id"], ["credit_regulator_key.id"], name=op.f("fk_credit_regulator_key_step_key_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_credit_regulator_key_step_by_id")),
        sa.UniqueConstraint("key_id", "step", name=op.f("uq_credit_regulator_key_step_key_id_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_regulator_key_step")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "credit_finding",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("key_id", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("note_sha256", sa.Text(), nullable=False),
        sa.Column("uploaded_by", BIGINT, nullable=False),
        sa.Column("uploaded_at", INSTANT, nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_credit_finding_kind_known")),
        sa.CheckConstraint("length(note_sha256) = 64", name=op.f("ck_credit_finding_note_sha256_length")),
        sa.ForeignKeyConstraint(["key_id"], ["credit_regulator_key.id"], name=op.f("fk_credit_finding_key_id")),
        sa.ForeignKeyConstraint(["subject"], ["credit_subject.pseudonym"], name=op.f("fk_credit_finding_subject")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["app_user.id"], name=op.f("fk_credit_finding_uploaded_by")),
        sa.UniqueConstraint("code", name=op.f("uq_credit_finding_code")),
        sa.UniqueConstraint("note_sha256", name=op.f("uq_credit_finding_note_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_finding")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_credit_finding_subject", "credit_finding", ["subject"])
    for statement in GUARDS_SQLITE if is_sqlite else GUARDS_POSTGRESQL:
        bind.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    # What authorities signed stands in the log; an earlier release could not show on what its events rest.
    bind = op.get_bind()
    if bind.exec_driver_sql("SELECT 1 FROM credit_finding LIMIT 1").first() is not None:
        raise RuntimeError("there are findings of authorities; an earlier release would lose them")
    for table in TABLES:
        op.drop_table(table)
    if bind.dialect.name == "postgresql":
        for function in ("credit_regulator_key_step_by_two", "credit_finding_by_a_key"):
            bind.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}()")
