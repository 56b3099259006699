"""Effects after commit: when another price model answers, what is on sale is valued anew. Runs twice without harm."""

from __future__ import annotations

import time

from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.service.valuing import on_sale_in, value_listing
from app.valuation.events import ModelServes

# Who waits for SQLite's one place to write looks again after at most 0.1 s: without a pause he may find it taken every time.
PAUSE_SECONDS = 0.05


def value_what_is_on_sale(hub: Hub, event: ModelServes) -> None:
    """One listing at a time, so that nobody waits long for the database."""
    with hub.look(SYSTEM) as work:
        waiting = on_sale_in(work, event.category)
    for listing_id in waiting:
        with hub.begin(SYSTEM) as work:
            value_listing(work, listing_id)
        time.sleep(PAUSE_SECONDS)
