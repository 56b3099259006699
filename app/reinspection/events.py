"""What the room of re-inspections announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class AgencyWanted(Event):
    """A re-inspection waits for an agency: the deposit has come, it was drawn by lot, or the last agency does not take it."""

    reinspection_id: int
