"""The sequencer, run after every recorded fact. Several may run at once; each fact is taken once."""

from __future__ import annotations

from app.credit import service
from app.credit.events import CreditFact
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM


def sequence_all(hub: Hub) -> int:
    """Take everything that waits, in transactions of a bounded length; returns how many events were written."""
    written = 0
    while True:
        taken = hub.db.run(SYSTEM, service.sequence)
        written += taken
        if taken < service.BATCH:
            return written


def sequence(hub: Hub, event: CreditFact) -> None:
    """Hears that a fact was recorded."""
    sequence_all(hub)
