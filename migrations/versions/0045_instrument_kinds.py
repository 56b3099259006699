"""An instrument that measures several things is registered once for each kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

NAME, TABLE = "uq_agency_instrument_in_use", "agency_instrument"
IN_USE = sa.text("retired_at IS NULL")
DEVICE = ["maker", "model", "serial"]


def upgrade() -> None:
    op.drop_index(NAME, table_name=TABLE)
    op.create_index(NAME, TABLE, ["kind", *DEVICE], unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE)


def downgrade() -> None:
    """Refused by the index while a device is there under two kinds: take all but one out of use first."""
    op.drop_index(NAME, table_name=TABLE)
    op.create_index(NAME, TABLE, DEVICE, unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE)
