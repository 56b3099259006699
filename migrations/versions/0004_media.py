"""Photos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_photo_settled_is_fixed BEFORE UPDATE ON photo WHEN NEW.code IS NOT OLD.code OR NEW.owner_id IS NOT OLD.owner_id OR NEW.byte_count IS NOT OLD.byte_count OR NEW.upload_sha256 IS NOT OLD.upload_sha256 OR NEW.created_at IS NOT OLD.created_at OR (OLD.state <> 'received' AND (NEW.state IS NOT OLD.state OR NEW.sha256 IS NOT OLD.sha256 OR NEW.width IS NOT OLD.width OR NEW.height IS NOT OLD.height OR NEW.error IS NOT OLD.error)) BEGIN SELECT RAISE(ABORT, 'a settled photo does not change'); END""",
    r"""CREATE TRIGGER tr_photo_shared_stays BEFORE DELETE ON photo WHEN OLD.audience <> 'owner' BEGIN SELECT RAISE(ABORT, 'a shared photo stays'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION photo_settled_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.code IS DISTINCT FROM OLD.code OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.byte_count IS DISTINCT FROM OLD.byte_count OR NEW.upload_sha256 IS DISTINCT FROM OLD.upload_sha256 OR NEW.created_at IS DISTINCT FROM OLD.created_at OR (OLD.state <> 'received' AND (NEW.state IS DISTINCT FROM OLD.state OR NEW.sha256 IS DISTINCT FROM OLD.sha256 OR NEW.width IS DISTINCT FROM OLD.width OR NEW.height IS DISTINCT FROM OLD.height OR NEW.error IS DISTINCT FROM OLD.error)) THEN RAISE EXCEPTION 'a settled photo does not change' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_photo_settled_is_fixed BEFORE UPDATE ON photo FOR EACH ROW EXECUTE FUNCTION photo_settled_is_fixed()""",
    r"""CREATE OR REPLACE FUNCTION photo_shared_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.audience <> 'owner' THEN RAISE EXCEPTION 'a shared photo stays' USING ERRCODE = '23514'; END IF; RETURN OLD; END $$""",
    r"""CREATE TRIGGER tr_photo_shared_stays BEFORE DELETE ON photo FOR EACH ROW EXECUTE FUNCTION photo_shared_stays()""",
]
FUNCTIONS = ["photo_settled_is_fixed", "photo_shared_stays"]


def upgrade() -> None:
    op.create_table(
        "photo",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("owner_id", BIGINT, nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("width", BIGINT, nullable=True),
        sa.Column("height", BIGINT, nullable=True),
        sa.Column("byte_count", BIGINT, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("upload_sha256", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name=op.f("ck_photo_failed_says_why")),
        sa.CheckConstraint(
            "(state = 'ready') = (sha256 IS NOT NULL AND width IS NOT NULL AND height IS NOT NULL)",
            name=op.f("ck_photo_ready_is_whole"),
        ),
        sa.CheckConstraint("audience <> 'public' OR state = 'ready'", name=op.f("ck_photo_public_is_ready")),
        sa.CheckConstraint("audience IN ('owner', 'parties', 'public')", name=op.f("ck_photo_audience_known")),
        sa.CheckConstraint(
            "error IN ('unreadable', 'too_many_pixels', 'too_small', 'too_demanding', 'lost')", name=op.f("ck_photo_error_known")
        ),
        sa.CheckConstraint("state IN ('received', 'ready', 'failed')", name=op.f("ck_photo_state_known")),
        sa.CheckConstraint("byte_count > 0", name=op.f("ck_photo_bytes_positive")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_photo_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("code", name=op.f("uq_photo_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_photo_owner_id", "photo", ["owner_id", "id"], unique=False)
    op.create_table(
        "upload_day",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("owner_id", BIGINT, nullable=False),
        sa.Column("sent_on", DAY, nullable=False),
        sa.Column("photos", BIGINT, nullable=False),
        sa.Column("byte_count", BIGINT, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_upload_day_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_day")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("uq_upload_day", "upload_day", ["owner_id", "sent_on"], unique=True)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("upload_day")
    op.drop_table("photo")
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
