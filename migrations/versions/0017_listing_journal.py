"""The journal of what is on sale, which copies in memory read; the order by price has an index."""
# ruff: noqa: S608 - statements of constants

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

VERBS = {
    "INSERT": ("NEW", "NEW.state = 'active'"),
    "UPDATE": ("NEW", "NEW.state = 'active' OR OLD.state = 'active'"),
    "DELETE": ("OLD", "OLD.state = 'active'"),
}
OLD = "id <= (SELECT max(id) FROM listing_change) - 100000"
SKIPPING = f"id IN (SELECT id FROM listing_change WHERE {OLD} ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED)"


def upgrade() -> None:
    op.create_table(
        "listing_change",
        sa.Column("id", BIGINT, primary_key=True),
        sa.Column("listing_id", BIGINT, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_listing_price", "listing", ["state", "price_fen", "published_at"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for verb, (row, condition) in VERBS.items():
        name, function = f"tr_listing_change_{verb.lower()}", f"listing_change_{verb.lower()}"
        note = f"INSERT INTO listing_change (listing_id) VALUES ({row}.id)"
        if is_sqlite:
            op.execute(
                f"CREATE TRIGGER {name} AFTER {verb} ON listing WHEN {condition} "
                f"BEGIN {note}; DELETE FROM listing_change WHERE {OLD}; END"
            )
            continue
        op.execute(
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {note}; DELETE FROM listing_change WHERE {SKIPPING}; RETURN NULL; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} AFTER {verb} ON listing FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for verb in VERBS:
        op.execute(f"DROP TRIGGER tr_listing_change_{verb.lower()}" + ("" if is_sqlite else " ON listing"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION listing_change_{verb.lower()}()")
    op.drop_index("ix_listing_price", "listing")
    op.drop_table("listing_change")
