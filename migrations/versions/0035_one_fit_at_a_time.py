"""Of each category at most one price model is wanted or being fitted. Of several the newest goes on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

UNDER_WAY = sa.text("state IN ('wanted', 'fitting')")


def upgrade() -> None:
    op.execute(
        "UPDATE price_model SET state = 'failed' WHERE state IN ('wanted', 'fitting') AND id NOT IN "
        "(SELECT max(id) FROM price_model WHERE state IN ('wanted', 'fitting') GROUP BY category)"
    )
    op.create_index(
        "uq_price_model_under_way", "price_model", ["category"], unique=True, sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY
    )


def downgrade() -> None:
    op.drop_index("uq_price_model_under_way", table_name="price_model")
