"""Photos of listings for a room below that only knows their codes: it asks through a door that wiring opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select

from app.kernel.work import Work
from app.listings.models import Listing, ListingPhoto
from app.listings.queries.cards import first_photo
from app.media.models import Photo

_PHOTOS = (
    select(Listing.code, Photo.code, Photo.width, Photo.height)
    .select_from(Listing)
    .join(ListingPhoto, ListingPhoto.id == first_photo(lambda photo: photo.audience == "public"))
    .join(Photo, Photo.id == ListingPhoto.photo_id)
    .where(Listing.code.in_(bindparam("codes", expanding=True)))
)


def first_photos(work: Work, codes: Sequence[str]) -> Mapping[str, Mapping[str, object]]:
    """Code of a listing -> its first photo that everybody may see (code, width, height). One query."""
    found = work.session.execute(_PHOTOS, {"codes": list(codes)})
    return {listing: {"code": code, "width": width, "height": height} for listing, code, width, height in found}
