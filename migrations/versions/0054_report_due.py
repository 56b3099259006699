"""When the report of an order is due: afterwards staff may end it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.add_column("appraisal", sa.Column("report_due_at", INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("appraisal", "report_due_at")
