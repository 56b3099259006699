"""Price tables as operators uploaded them, until they are imported or put away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "price_import",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("n_rows", BIGINT, nullable=False),
        sa.Column("headings", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("table_id", BIGINT, nullable=True),
        sa.Column("by_id", BIGINT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint("category IN ('phone', 'car', 'appliance')", name=op.f("ck_price_import_category_known")),
        sa.CheckConstraint(
            "state IN ('uploaded', 'checking', 'checked', 'importing', 'imported', 'failed', 'dropped')",
            name=op.f("ck_price_import_state_known"),
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_price_import_sha256_length")),
        sa.CheckConstraint("length(file_name) BETWEEN 1 AND 200", name=op.f("ck_price_import_file_named")),
        sa.CheckConstraint("n_rows > 0", name=op.f("ck_price_import_has_rows")),
        sa.CheckConstraint("state <> 'imported' OR table_id IS NOT NULL", name=op.f("ck_price_import_imported_names_its_table")),
        sa.CheckConstraint(
            "table_id IS NULL OR state IN ('importing', 'imported')", name=op.f("ck_price_import_table_is_of_an_import")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_price_import_by_id")),
        sa.ForeignKeyConstraint(["table_id"], ["price_table.id"], name=op.f("fk_price_import_table_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_import")),
        sa.UniqueConstraint("code", name=op.f("uq_price_import_code")),
        sa.UniqueConstraint("table_id", name=op.f("uq_price_import_table_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("price_import")
