"""Listings, versions and decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_listing_is_the_sellers BEFORE UPDATE ON listing WHEN NEW.code IS NOT OLD.code OR NEW.seller_id IS NOT OLD.seller_id OR NEW.created_at IS NOT OLD.created_at BEGIN SELECT RAISE(ABORT, 'a listing keeps its seller'); END""",
    r"""CREATE TRIGGER tr_listing_version_no_update BEFORE UPDATE ON listing_version BEGIN SELECT RAISE(ABORT, 'listing_version is append-only'); END""",
    r"""CREATE TRIGGER tr_listing_version_no_delete BEFORE DELETE ON listing_version BEGIN SELECT RAISE(ABORT, 'listing_version is append-only'); END""",
    r"""CREATE TRIGGER tr_listing_version_no_replace BEFORE INSERT ON listing_version WHEN EXISTS (SELECT 1 FROM listing_version WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM listing_version WHERE listing_id = NEW.listing_id AND no = NEW.no) BEGIN SELECT RAISE(ABORT, 'listing_version is append-only'); END""",
    r"""CREATE TRIGGER tr_listing_decision_no_update BEFORE UPDATE ON listing_decision BEGIN SELECT RAISE(ABORT, 'listing_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_listing_decision_no_delete BEFORE DELETE ON listing_decision BEGIN SELECT RAISE(ABORT, 'listing_decision is append-only'); END""",
    r"""CREATE TRIGGER tr_listing_decision_no_replace BEFORE INSERT ON listing_decision WHEN EXISTS (SELECT 1 FROM listing_decision WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'listing_decision is append-only'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION listing_is_the_sellers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.code IS DISTINCT FROM OLD.code OR NEW.seller_id IS DISTINCT FROM OLD.seller_id OR NEW.created_at IS DISTINCT FROM OLD.created_at THEN RAISE EXCEPTION 'a listing keeps its seller' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_listing_is_the_sellers BEFORE UPDATE ON listing FOR EACH ROW EXECUTE FUNCTION listing_is_the_sellers()""",
    r"""CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    r"""CREATE TRIGGER tr_listing_version_no_update BEFORE UPDATE ON listing_version FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_listing_version_no_delete BEFORE DELETE ON listing_version FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_listing_version_no_truncate BEFORE TRUNCATE ON listing_version FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_listing_decision_no_update BEFORE UPDATE ON listing_decision FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_listing_decision_no_delete BEFORE DELETE ON listing_decision FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()""",
    r"""CREATE TRIGGER tr_listing_decision_no_truncate BEFORE TRUNCATE ON listing_decision FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()""",
]
FUNCTIONS = ["listing_is_the_sellers"]


def upgrade() -> None:
    op.create_table(
        "listing",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("seller_id", BIGINT, nullable=False),
        sa.Column("thing_id", BIGINT, nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("schema_id", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("revision", BIGINT, nullable=False),
        sa.Column("current_version_no", BIGINT, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("storage_gb", BIGINT, nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("report_code", sa.Text(), nullable=True),
        sa.Column("report_status", sa.Text(), nullable=True),
        sa.Column("reported_at", INSTANT, nullable=True),
        sa.Column("price_fen", BIGINT, nullable=True),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("by_parcel", FLAG, nullable=False),
        sa.Column("by_meeting", FLAG, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("reserved_at", INSTANT, nullable=True),
        sa.Column("removed_by_id", BIGINT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone')", name=op.f("ck_listing_category_known")),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'active', 'paused', 'reserved', 'sold', 'expired', 'withdrawn', 'removed')",
            name=op.f("ck_listing_state_known"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (price_fen IS NOT NULL AND thing_id IS NOT NULL AND current_version_no >= 1 AND expires_at IS NOT NULL)",
            name=op.f("ck_listing_offer_is_whole"),
        ),
        sa.CheckConstraint("price_fen IS NULL OR price_fen BETWEEN 1 AND 99999999999", name=op.f("ck_listing_price_range")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_listing_revision_positive")),
        sa.CheckConstraint("storage_gb IS NULL OR storage_gb > 0", name=op.f("ck_listing_storage_positive")),
        sa.ForeignKeyConstraint(["removed_by_id"], ["app_user.id"], name=op.f("fk_listing_removed_by_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["app_user.id"], name=op.f("fk_listing_seller_id")),
        sa.ForeignKeyConstraint(["thing_id"], ["thing.id"], name=op.f("fk_listing_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("code", name=op.f("uq_listing_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_listing_model", "listing", ["brand", "model", "storage_gb"], unique=False)
    op.create_index("ix_listing_seller_id", "listing", ["seller_id", "id"], unique=False)
    op.create_index("ix_listing_state", "listing", ["state", "published_at"], unique=False)
    op.create_index(
        "uq_listing_thing_on_sale",
        "listing",
        ["thing_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('in_review', 'active', 'paused', 'reserved')"),
        postgresql_where=sa.text("state IN ('in_review', 'active', 'paused', 'reserved')"),
    )
    op.create_table(
        "listing_decision",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("listing_id", BIGINT, nullable=False),
        sa.Column("version_no", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", BIGINT, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('rules', 'approve', 'reject', 'take_down', 'restore')", name=op.f("ck_listing_decision_kind_known")
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_listing_decision_decided_by_id")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_listing_decision_listing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_decision")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_listing_decision_listing_id", "listing_decision", ["listing_id", "id"], unique=False)
    op.create_table(
        "listing_photo",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("listing_id", BIGINT, nullable=False),
        sa.Column("photo_id", BIGINT, nullable=False),
        sa.Column("shot", sa.Text(), nullable=False),
        sa.Column("position", BIGINT, nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_listing_photo_listing_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_listing_photo_photo_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_photo")),
        sa.UniqueConstraint("photo_id", name=op.f("uq_listing_photo_photo_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_listing_photo_listing_id", "listing_photo", ["listing_id", "position"], unique=False)
    op.create_table(
        "listing_version",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("listing_id", BIGINT, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("price_fen", BIGINT, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_listing_version_sha256_length")),
        sa.CheckConstraint("no >= 1", name=op.f("ck_listing_version_no_positive")),
        sa.CheckConstraint("price_fen BETWEEN 1 AND 99999999999", name=op.f("ck_listing_version_price_range")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_listing_version_listing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_version")),
        sa.UniqueConstraint("listing_id", "no", name=op.f("uq_listing_version_listing_id_no")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("listing_version")
    op.drop_table("listing_photo")
    op.drop_table("listing_decision")
    op.drop_table("listing")
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
