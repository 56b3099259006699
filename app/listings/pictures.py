"""Photos of listings for a room below that only knows their codes: it asks through a door that wiring opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from app.kernel.work import Work
from app.listings.models import Listing, ListingPhoto
from app.media.models import Photo

_belonging, _of_place = aliased(ListingPhoto), aliased(Photo)
_FIRST = (
    select(_belonging.id)
    .join(_of_place, _of_place.id == _belonging.photo_id)
    .where(_belonging.listing_id == Listing.id, _of_place.audience == "public")
    .order_by(_belonging.position, _belonging.id)
    .limit(1)
    .correlate(Listing)
    .scalar_subquery()
)
_PHOTOS = (
    select(Listing.code, Photo.code, Photo.width, Photo.height)
    .select_from(Listing)
    .join(ListingPhoto, ListingPhoto.id == _FIRST)
    .join(Photo, Photo.id == ListingPhoto.photo_id)
    .where(Listing.code.in_(bindparam("codes", expanding=True)))
)


def first_photos(work: Work, codes: Sequence[str]) -> Mapping[str, Mapping[str, object]]:
    """Code of a listing -> its first photo that everybody may see (code, width, height). One query."""
    found = work.session.execute(_PHOTOS, {"codes": list(codes)})
    return {listing: {"code": code, "width": width, "height": height} for listing, code, width, height in found}
