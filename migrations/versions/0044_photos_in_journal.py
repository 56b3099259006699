"""The journal of what is on sale tells of photos too: cards are kept in memory by it (SQLite)."""

from __future__ import annotations

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

TRIGGERS = {
    "tr_listing_change_photo_insert": ("INSERT ON listing_photo", "= NEW.listing_id"),
    "tr_listing_change_photo_update": ("UPDATE ON listing_photo", "IN (OLD.listing_id, NEW.listing_id)"),
    "tr_listing_change_photo_delete": ("DELETE ON listing_photo", "= OLD.listing_id"),
    "tr_listing_change_photo": ("UPDATE ON photo", "IN (SELECT listing_id FROM listing_photo WHERE photo_id = NEW.id)"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name, (event, of) in TRIGGERS.items():
        noted = f"SELECT id FROM listing WHERE state = 'active' AND id {of}"  # noqa: S608 - constants
        op.execute(f"CREATE TRIGGER {name} AFTER {event} BEGIN INSERT INTO listing_change (listing_id) {noted}; END")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
