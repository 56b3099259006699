"""Things, their owners and claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_thing_owner_no_update BEFORE UPDATE ON thing_owner BEGIN SELECT RAISE(ABORT, 'thing_owner is append-only'); END""",
    r"""CREATE TRIGGER tr_thing_owner_no_delete BEFORE DELETE ON thing_owner BEGIN SELECT RAISE(ABORT, 'thing_owner is append-only'); END""",
    r"""CREATE TRIGGER tr_thing_owner_no_replace BEFORE INSERT ON thing_owner WHEN EXISTS (SELECT 1 FROM thing_owner WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM thing_owner WHERE thing_id = NEW.thing_id AND seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'thing_owner is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_thing_owner_no_update BEFORE UPDATE ON thing_owner FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_thing_owner_no_delete BEFORE DELETE ON thing_owner FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_thing_owner_no_truncate BEFORE TRUNCATE ON thing_owner FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]


def upgrade() -> None:
    op.create_table(
        "thing",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("storage_gb", BIGINT, nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("imei", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("owner_id", BIGINT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone')", name=op.f("ck_thing_category_known")),
        sa.CheckConstraint("imei IS NULL OR length(imei) = 15", name=op.f("ck_thing_imei_length")),
        sa.CheckConstraint("storage_gb IS NULL OR storage_gb > 0", name=op.f("ck_thing_storage_positive")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_thing_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thing")),
        sa.UniqueConstraint("code", name=op.f("uq_thing_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_thing_imei", "thing", ["imei"], unique=False)
    op.create_index("ix_thing_owner_id", "thing", ["owner_id"], unique=False)
    op.create_table(
        "thing_claim",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("thing_id", BIGINT, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=False),
        sa.Column("released_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('imei', 'serial')", name=op.f("ck_thing_claim_kind_known")),
        sa.ForeignKeyConstraint(["thing_id"], ["thing.id"], name=op.f("fk_thing_claim_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thing_claim")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_thing_claim_thing_id", "thing_claim", ["thing_id"], unique=False)
    op.create_index(
        "uq_thing_claim_on_sale",
        "thing_claim",
        ["kind", "value"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "thing_owner",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("thing_id", BIGINT, nullable=False),
        sa.Column("seq", BIGINT, nullable=False),
        sa.Column("owner_id", BIGINT, nullable=False),
        sa.Column("acquired_at", INSTANT, nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_thing_owner_seq_positive")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_thing_owner_owner_id")),
        sa.ForeignKeyConstraint(["thing_id"], ["thing.id"], name=op.f("fk_thing_owner_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thing_owner")),
        sa.UniqueConstraint("thing_id", "seq", name=op.f("uq_thing_owner_thing_id_seq")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_thing_owner_owner_id", "thing_owner", ["owner_id"], unique=False)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("thing_owner")
    op.drop_table("thing_claim")
    op.drop_table("thing")
