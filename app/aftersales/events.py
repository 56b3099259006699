"""What the room announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class ArbitratorWanted(Event):
    """A dispute has nobody who decides: somebody is drawn."""

    dispute_id: int


@dataclass(frozen=True)
class RulingFinal(Event):
    """Nobody can appeal any more: the money goes as it was ruled."""

    dispute_id: int
