"""What happens after the commit: an appraiser is drawn for an order whose fee is in escrow."""

from __future__ import annotations

from app.appraisal import service
from app.appraisal.events import AppraiserWanted
from app.kernel.hub import Hub


def find_appraiser(hub: Hub, event: AppraiserWanted) -> None:
    """Draw the next appraiser. Here and not in the listener of the payment, because only jobs can open the day's seed.

    Running it twice draws once: an order that somebody was named for is left alone.
    """
    with hub.begin() as work:
        service.assign(work, hub.sealer, event.appraisal_id)
