"""What the two sides say when they did not meet at a time booked at a place of the agency."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0062"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_appraisal_absence_no_update BEFORE UPDATE ON appraisal_absence BEGIN SELECT RAISE(ABORT, 'appraisal_absence is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_absence_no_delete BEFORE DELETE ON appraisal_absence BEGIN SELECT RAISE(ABORT, 'appraisal_absence is append-only'); END""",
    r"""CREATE TRIGGER tr_appraisal_absence_no_replace BEFORE INSERT ON appraisal_absence WHEN EXISTS (SELECT 1 FROM appraisal_absence WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM appraisal_absence WHERE appraisal_id = NEW.appraisal_id AND slot_id = NEW.slot_id AND absent = NEW.absent) BEGIN SELECT RAISE(ABORT, 'appraisal_absence is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_appraisal_absence_no_update BEFORE UPDATE ON appraisal_absence FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_absence_no_delete BEFORE DELETE ON appraisal_absence FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_appraisal_absence_no_truncate BEFORE TRUNCATE ON appraisal_absence FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "appraisal_absence",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("appraisal_id", BIGINT, nullable=False),
        sa.Column("slot_id", BIGINT, nullable=False),
        sa.Column("absent", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("said_by", BIGINT, nullable=False),
        sa.Column("said_at", INSTANT, nullable=False),
        sa.CheckConstraint("absent IN ('owner', 'agency')", name=op.f("ck_appraisal_absence_absent_known")),
        sa.CheckConstraint("length(words) BETWEEN 4 AND 500", name=op.f("ck_appraisal_absence_words_length")),
        sa.ForeignKeyConstraint(["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_absence_appraisal_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["appraisal_slot.id"], name=op.f("fk_appraisal_absence_slot_id")),
        sa.ForeignKeyConstraint(["said_by"], ["app_user.id"], name=op.f("fk_appraisal_absence_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_absence")),
        sa.UniqueConstraint("appraisal_id", "slot_id", "absent", name=op.f("uq_appraisal_absence_appraisal_id_slot_id_absent")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for statement in GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("appraisal_absence")
