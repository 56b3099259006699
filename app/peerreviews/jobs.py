"""After the commit a person is drawn: here and not in the verb, because only jobs and staff's pages can open the day's seed."""

from __future__ import annotations

from app.kernel.hub import Hub
from app.peerreviews import service
from app.peerreviews.events import ReviewerWanted


def find_person(hub: Hub, event: ReviewerWanted) -> None:
    """Running it twice draws once: a review that somebody was named for is left alone."""
    with hub.begin() as work:
        service.ask_next(work, hub.sealer, event.review_id)
