"""After the commit: an arbitrator is drawn (only jobs and staff's pages can open the day's seed), and a ruling is carried out."""

from __future__ import annotations

from app.aftersales import service
from app.aftersales.events import ArbitratorWanted
from app.kernel.hub import Hub


def find_arbitrator(hub: Hub, event: ArbitratorWanted) -> None:
    """Running it twice draws once: a dispute that somebody was named for is left alone."""
    with hub.begin() as work:
        service.draw_next(work, hub.sealer, event.dispute_id)
