"""The photos of a draft: send, put in order, delete."""

from __future__ import annotations

from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.listings import errors, queries, service
from app.listings.api.shaping import READ, WRITE, face, photos_out
from app.listings.schemas import PhotoList, PhotoMove, PhotoOut, ShotQuery
from app.media import errors as media
from app.web import hub
from app.web.api import Answer, Call


@face.get(
    "/listings/{code}/photos",
    id="listPhotos",
    summary=N_("The photos of your listing"),
    scope=READ,
    answer=PhotoList,
    refusals=(errors.ListingNotFound,),
)
def list_photos(call: Call, code: str) -> Answer:
    """In your order; a photo that was just sent is `received` for a few seconds."""
    listing = queries.own_listing(call.work, code)
    return Answer(PhotoList(items=photos_out(queries.photos_of(call.work, listing.id), listing)))


@face.post(
    "/listings/{code}/photos",
    id="addPhoto",
    summary=N_("Send a photo"),
    scope=WRITE,
    upload=True,
    query=ShotQuery,
    answer=PhotoOut,
    status=201,
    refusals=(
        errors.ListingNotFound,
        errors.AlreadyPublished,
        InvalidInput,
        media.PhotoEmpty,
        media.PhotoTooLarge,
        media.PhotoIsHeic,
        media.PhotoFormatUnknown,
        media.TooManyPhotosToday,
    ),
    links={"photos": ("listPhotos", {"code": "$request.path.code"})},
)
def add_photo(call: Call, code: str) -> Answer:
    """One JPEG, PNG or WebP photo as the body itself. It is cleaned of everything that is not picture, then `ready`."""
    photo = service.add_photo(call.work, hub().store, code, call.raw, call.query.shot)
    listing = queries.own_draft(call.work, code)
    shown = [each for each in queries.photos_of(call.work, listing.id) if each.code == photo.code]
    return Answer(photos_out(shown, listing)[0], location=f"/media/{photo.code}/progress")


@face.post(
    "/listings/{code}/photos/{photo_code}/move",
    id="movePhoto",
    summary=N_("Move a photo"),
    scope=WRITE,
    body=PhotoMove,
    example={"by": -1},
    answer=PhotoList,
    refusals=(errors.ListingNotFound, errors.AlreadyPublished),
)
def move_photo(call: Call, code: str, photo_code: str) -> Answer:
    """One place forward (-1) or back (1); the first one is shown in lists."""
    service.move_photo(call.work, code, photo_code, call.body.by)
    listing = queries.own_draft(call.work, code)
    return Answer(PhotoList(items=photos_out(queries.photos_of(call.work, listing.id), listing)))


@face.delete(
    "/listings/{code}/photos/{photo_code}",
    id="deletePhoto",
    summary=N_("Delete a photo of a draft"),
    scope=WRITE,
    answer=None,
    refusals=(errors.ListingNotFound, errors.AlreadyPublished, media.PhotoInUse),
)
def delete_photo(call: Call, code: str, photo_code: str) -> Answer:
    """One that is gone already is no error."""
    service.delete_photo(call.work, code, photo_code)
    return Answer()
