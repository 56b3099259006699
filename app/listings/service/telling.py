"""What sellers are told about their listings."""

from __future__ import annotations

from datetime import datetime

from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.listings.models import Listing
from app.notices.service import notify


def tell(work: Work, listing: Listing, text: str, what: str, **values: str) -> None:
    """Tell the seller once per ``what`` (and per offering period for what time does)."""
    moment: datetime | None = listing.expires_at
    suffix = iso_seconds(moment) if what.startswith("expir") and moment is not None else ""
    notify(
        work,
        listing.seller_id,
        text=text,
        values={"title": listing.title, **values},
        link=f"/items/{listing.code}",
        key=f"listing.{what}:{listing.code}:{suffix}",
        mail=True,
    )
