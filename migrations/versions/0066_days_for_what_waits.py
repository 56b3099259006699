"""Orders from before there were due days get one, so that none waits for ever; and an event has the name of what it says now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

AFTER_MEETING = timedelta(days=1)  # after the end of the booked time, as for every order since 0065
FROM_NOW = timedelta(days=10)  # the usual days of an order and three more

BOOKED = """SELECT a.id, s.ends_at FROM appraisal a JOIN appraisal_handing h ON h.appraisal_id = a.id
JOIN appraisal_slot s ON s.id = h.slot_id WHERE a.report_due_at IS NULL AND a.state = 'scheduled'"""
WAITING = """SELECT a.id FROM appraisal a WHERE a.report_due_at IS NULL AND (
a.state IN ('item_received', 'inspecting', 'report_draft', 'peer_review', 'second_look')
OR (a.state = 'awaiting_item' AND EXISTS (SELECT 1 FROM appraisal_custody c WHERE c.appraisal_id = a.id AND c.holder = 'carrier'
AND NOT EXISTS (SELECT 1 FROM appraisal_custody d WHERE d.appraisal_id = a.id AND d.no > c.no))))"""
DUE = "UPDATE appraisal SET report_due_at = :due_at WHERE id = :id"
DEADLINE = """INSERT INTO deadline (entity, entity_id, kind, due_at, attempts)
SELECT 'appraisal', :id, 'report', :due_at, 0 WHERE NOT EXISTS (SELECT 1 FROM deadline d
WHERE d.entity = 'appraisal' AND d.entity_id = :id AND d.kind = 'report' AND d.fired_at IS NULL)"""


def upgrade() -> None:
    give_days(op.get_bind(), datetime.now(UTC))
    op.execute("UPDATE outbox SET name = 'EndedWithoutReport' WHERE name = 'EndedByStaff'")


def downgrade() -> None:
    op.execute("UPDATE outbox SET name = 'EndedByStaff' WHERE name = 'EndedWithoutReport'")


def give_days(connection: sa.Connection, now: datetime) -> None:
    """The day after the booked time for those that have one, ten days from ``now`` for the others."""
    days = {order_id: _read(ends_at) + AFTER_MEETING for order_id, ends_at in connection.execute(sa.text(BOOKED)).all()}
    days |= dict.fromkeys(connection.execute(sa.text(WAITING)).scalars().all(), now + FROM_NOW)
    for order_id, due_at in days.items():
        given = {"id": order_id, "due_at": _write(connection, due_at)}
        connection.execute(sa.text(DUE), given)
        connection.execute(sa.text(DEADLINE), given)


def _read(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _write(connection: sa.Connection, at: datetime) -> Any:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if connection.dialect.name == "sqlite" else at
