"""Facts that this room announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class ModelWanted(Event):
    """A price model is to be fitted; ``promotes``: it serves at once when its gates let it."""

    model_id: int
    promotes: bool = False


@dataclass(frozen=True)
class ModelServes(Event):
    """Another price model answers for the category from now on."""

    model_id: int
    category: str


@dataclass(frozen=True)
class TableSent(Event):
    """An uploaded price table is to be read: checked or imported, as its state says. ``version``: of its row then."""

    import_id: int
    version: int
