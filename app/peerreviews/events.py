"""What the room announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class ReviewerWanted(Event):
    """A peer review has nobody: a second person, or the senior who decides, is drawn."""

    review_id: int
