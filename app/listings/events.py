"""Facts that this room announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class ListingPublished(Event):
    """The listing can be seen and bought by everybody (again)."""

    listing_id: int


@dataclass(frozen=True)
class ListingChanged(Event):
    """Price, text, grade or state of a public listing changed."""

    listing_id: int


@dataclass(frozen=True)
class ListingClosed(Event):
    """The listing is no longer on sale: sold, paused, expired, withdrawn, taken down, or back in review."""

    listing_id: int
