"""Photos are found by the bytes that came in: the same picture does not show two things."""

from __future__ import annotations

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_photo_upload_sha256", "photo", ["upload_sha256"])


def downgrade() -> None:
    op.drop_index("ix_photo_upload_sha256", "photo")
