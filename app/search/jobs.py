"""Effects after commit: the text index follows what is on sale. Every job can run twice without harm."""

from __future__ import annotations

from app.kernel.hub import Hub
from app.listings.events import ListingChanged, ListingClosed, ListingPublished
from app.search import service


def index_listing(hub: Hub, event: ListingPublished | ListingChanged | ListingClosed) -> None:
    """Bring one listing in the index to what the database says now: added, replaced, or taken out.

    A missing or broken index is built anew. Raises SearchUnavailable while somebody else writes; the outbox tries again.
    """
    if hub.index.health().ok:
        service.refresh(hub.db, hub.index, [event.listing_id])
    else:
        service.rebuild(hub.db, hub.index)
