"""The wizard's verbs: answers are kept one by one, photos one by one, nothing is lost between devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update

from app.kernel.audit import record
from app.kernel.canonical import sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import policy, wizard
from app.listings.errors import ListingNotFound, StaleDraft, TooManyDrafts
from app.listings.models import Listing, ListingPhoto
from app.listings.queries import PhotoOf, own_draft, own_listing, photo_of, photos_of
from app.listings.schema import newest_schema, schema_by_id
from app.listings.states import DRAFT, LISTING_FLOW, WITHDRAW
from app.media import service as media
from app.media.models import Photo

MOST_DRAFTS = 20  # unfinished listings of one person; our own choice


def start_draft(work: Work, category: str = "phone") -> Listing:
    """An empty draft of the actor. Raises TooManyDrafts, InvalidInput for a category that cannot be sold yet."""
    schema = newest_schema(category)
    if schema is None:
        raise InvalidInput({"category": N_("This kind of item cannot be sold here yet.")})
    open_ones = select(func.count()).select_from(Listing).where(Listing.seller_id == work.actor.id, Listing.state == DRAFT)
    count = work.session.scalars(open_ones).one()
    if count >= MOST_DRAFTS:
        raise TooManyDrafts(count=count)
    listing = Listing(
        state=DRAFT,
        version=1,
        entered_at=work.now,
        seller_id=work.actor.id,
        category=category,
        schema_id=schema.id,
        draft={},
        summary={},
        created_at=work.now,
    )
    work.session.add(listing)
    work.session.flush()
    LISTING_FLOW.start(work, listing, {"category": category})
    return listing


def save_answer(work: Work, code: str, screen: wizard.Screen, given: Mapping[str, Any], expected_revision: int) -> Listing:
    """Keep the answer of one screen.

    Raises InvalidInput with one sentence per field; StaleDraft when the draft was changed elsewhere since ``expected_revision``
    (saving what is kept already is no change, so sending the same form twice is harmless).
    """
    listing = own_draft(work, code)
    schema = schema_by_id(listing.schema_id)
    changed = wizard.accept(schema, listing.draft, screen, given, shanghai_day(work.now))
    if changed != listing.draft:
        keep_answers(work, listing, changed, expected_revision)
    return listing


def keep_answers(work: Work, listing: Listing, answers: wizard.Draft, expected_revision: int) -> None:
    """Write the answers when nobody else has since ``expected_revision``. Raises StaleDraft."""
    kept = work.session.execute(
        update(Listing)
        .where(Listing.id == listing.id, Listing.state == listing.state, Listing.revision == expected_revision)
        .values(draft=answers, revision=expected_revision + 1, title=wizard.title_of(schema_by_id(listing.schema_id), answers))
        .execution_options(synchronize_session=False)
    )
    if kept.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleDraft()
    work.session.refresh(listing, attribute_names=["draft", "revision", "title"])


def draft_photos(work: Work, code: str) -> list[PhotoOf]:
    """The photos of one of the actor's own listings."""
    return photos_of(work, own_listing(work, code).id)


def add_photo(work: Work, store: Any, code: str, data: bytes, shot: str = "other") -> Photo:
    """Take one photo into a draft, at the end of the row. ``store`` is the hub's photo store.

    Raises media's PhotoRefused, InvalidInput when there are enough photos or the same picture is here already.
    """
    listing = own_draft(work, code)
    schema = schema_by_id(listing.schema_id)
    here = photos_of(work, listing.id)
    if len(here) >= schema.photos.most:
        enough = N_("There are %(most)s photos already. Delete one to add another.")
        raise InvalidInput({"photo": enough}, most=schema.photos.most)
    if _has_picture(work, listing, data):
        raise InvalidInput({"photo": N_("This picture is here already. Please choose another one.")})
    known = [each.code for each in schema.photos.shots]
    photo = media.receive(work, store, work.actor.id, data)
    place = ListingPhoto(
        listing_id=listing.id, photo_id=photo.id, shot=shot if shot in known else "other", position=_next_position(work, listing)
    )
    work.session.add(place)
    work.session.flush()
    return photo


def delete_photo(work: Work, code: str, photo_code: str) -> None:
    """Take a photo out of a draft. One that was public before (a draft that came back) only leaves the listing.

    One that is gone already (a second tap, another tab) is no error.
    """
    listing = own_draft(work, code)
    try:
        photo = photo_of(work, listing.id, photo_code)
    except ListingNotFound:
        return
    place = work.session.scalars(select(ListingPhoto).where(ListingPhoto.photo_id == photo.id)).one()
    work.session.delete(place)
    work.session.flush()
    if photo.audience == "owner":
        media.delete(work, photo)


def move_photo(work: Work, code: str, photo_code: str, by: int) -> None:
    """Move a photo one place forward (-1) or back (+1); at the end of the row nothing happens."""
    listing = own_draft(work, code)
    photo = photo_of(work, listing.id, photo_code)
    rows = select(ListingPhoto).where(ListingPhoto.listing_id == listing.id).order_by(ListingPhoto.position, ListingPhoto.id)
    places = list(work.session.scalars(rows))
    here = next(index for index, place in enumerate(places) if place.photo_id == photo.id)
    there = here + (1 if by > 0 else -1)
    if 0 <= there < len(places):
        places[here], places[there] = places[there], places[here]
        for position, place in enumerate(places, start=1):
            place.position = position
        work.session.flush()


def sell_again(work: Work, code: str) -> Listing:
    """A new draft with the answers of a listing that its seller has withdrawn. Photos have to be sent anew.

    Raises TooManyDrafts, ListingNotFound when it is not withdrawn or was never published.
    """
    old = own_listing(work, code)
    if not policy.can_sell_again(work.actor, old):
        raise ListingNotFound()
    listing = start_draft(work, old.category)
    asked_then, asked_now = schema_by_id(old.schema_id), schema_by_id(listing.schema_id)
    listing.draft = wizard.still_asked(asked_then, asked_now, old.draft)
    listing.title = wizard.title_of(asked_now, listing.draft)
    work.session.flush()
    return listing


def discard_draft(work: Work, code: str) -> None:
    """Throw a draft away with the photos that nobody has seen."""
    listing = own_draft(work, code)
    for photo in photos_of(work, listing.id):
        delete_photo(work, code, photo.code)
    LISTING_FLOW.apply(work, listing, WITHDRAW)
    listing.draft = {}
    record(work, "listing.discard", "listing", listing.id)


def _has_picture(work: Work, listing: Listing, data: bytes) -> bool:
    """Whether one of the listing's photos that can be used was sent as exactly these bytes."""
    same = (Photo.upload_sha256 == sha256_hex(data), Photo.state != "failed")
    here = select(Photo.id).join(ListingPhoto, ListingPhoto.photo_id == Photo.id).where(ListingPhoto.listing_id == listing.id)
    return work.session.scalars(here.where(*same).limit(1)).first() is not None


def _next_position(work: Work, listing: Listing) -> int:
    last = select(func.max(ListingPhoto.position)).where(ListingPhoto.listing_id == listing.id)
    return (work.session.scalars(last).one() or 0) + 1
