"""Facts that visits announce."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class VisitMissed(Event):
    """It is settled that one side was not there: ``absent`` is owner or agency."""

    visit_id: int
    absent: str


@dataclass(frozen=True)
class VisitSilent(Event):
    """The time is long over, and nobody has said that both met: it counts as if the agency had not come, unless it objects."""

    visit_id: int
