"""A case has an answer; a buyer asks before an arranged meeting is cancelled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.add_column("trade_order", sa.Column("cancel_asked_at", INSTANT, nullable=True))
    op.add_column("trade_case", sa.Column("answer_text", sa.Text(), nullable=True))
    op.add_column("trade_case", sa.Column("answered_at", INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("trade_case", "answered_at")
    op.drop_column("trade_case", "answer_text")
    op.drop_column("trade_order", "cancel_asked_at")
