"""An appraisal can end without a report: the state ``unable``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CHECK = "ck_appraisal_state_known"
BEFORE = "state IN ('requested', 'accepted', 'declined', 'cancelled', 'inspecting', 'issued')"
AFTER = "state IN ('requested', 'accepted', 'declined', 'cancelled', 'inspecting', 'issued', 'unable')"


def upgrade() -> None:
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    op.execute("UPDATE appraisal SET state = 'declined' WHERE state = 'unable'")
    _replace(AFTER, BEFORE)


def _replace(old: str, new: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(CHECK), "appraisal", type_="check")
        op.create_check_constraint(op.f(CHECK), "appraisal", new)
        return
    # SQLite cannot alter a CHECK. Rebuilding the table would drop what hangs on it (signed reports point here), so the stored
    # text is changed, as sqlite.org/lang_altertable.html (section 7) describes for constraints.
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :old, :new) "
            "WHERE type = 'table' AND name = 'appraisal' AND instr(sql, :old) > 0"
        ),
        {"old": old, "new": new},
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"{CHECK} is not what this migration expects")
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
