"""News of this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.kernel.outbox import Event


@dataclass(frozen=True)
class CreditFact(Event):
    """Something that a person did, waiting for its place in the log. Checked against the catalogue before it is announced."""

    key: str
    type: str
    subject: str  # pseudonym
    actor: str
    ts: str
    data: dict[str, Any]
    refs: list[str]
