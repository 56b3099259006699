"""Facts that this room announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class ThingTransferred(Event):
    """The thing has a new owner; ``via`` is the order's code."""

    thing_id: int
    via: str
