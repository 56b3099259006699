"""Cards come from memory on SQLite, and say at every moment what the database says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, text, update

from app.factory import create_hub
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, VISITOR, Work
from app.listings.models import Listing, ListingPhoto
from app.listings.queries import Card
from app.media.models import Photo
from app.search import service
from app.search.rules import SearchQuery
from tests.accounts.making import make_user
from tests.guards.test_reading import statements
from tests.listings.making import make_listing
from tests.search.making import change

TRIGGERS = (
    "tr_listing_change_photo",
    "tr_listing_change_photo_insert",
    "tr_listing_change_photo_update",
    "tr_listing_change_photo_delete",
)


def look_for_cards(hub: Hub, work: Work) -> list[Card]:
    return service.search(work, hub.index, SearchQuery()).cards


def shown(hub: Hub) -> list[Card]:
    with hub.look(VISITOR) as work:
        return look_for_cards(hub, work)


def reads_of_cards(hub: Hub) -> int:
    """How many statements read cards when the first page is looked at now."""
    with statements(hub) as seen:
        shown(hub)
    return sum("listing.report_status" in each for each in seen)


def photos(work: Work, listing_id: int) -> list[ListingPhoto]:
    rows = select(ListingPhoto).where(ListingPhoto.listing_id == listing_id).order_by(ListingPhoto.position)
    return list(work.session.scalars(rows))


def put_last(work: Work, listing_id: int) -> None:
    first = photos(work, listing_id)[1]
    work.session.execute(update(ListingPhoto).where(ListingPhoto.id == first.id).values(position=99))


def take_away(work: Work, listing_id: int) -> None:
    work.session.execute(delete(ListingPhoto).where(ListingPhoto.id == photos(work, listing_id)[1].id))


def put_in_front(work: Work, listing_id: int) -> None:
    """A photo of nothing else comes to stand before the others."""
    last = photos(work, listing_id)[-1]
    work.session.execute(delete(ListingPhoto).where(ListingPhoto.id == last.id))
    work.session.flush()
    work.session.add(ListingPhoto(listing_id=listing_id, photo_id=last.photo_id, shot="other", position=-2))


def prepare(work: Work, listing_id: int) -> None:
    """The photo in front, which the worker had not prepared yet, is ready."""
    first = photos(work, listing_id)[0].photo_id
    ready = {"state": "ready", "sha256": "ab" * 32, "width": 800, "height": 600}
    work.session.execute(update(Photo).where(Photo.id == first, Photo.state == "received").values(**ready))


CHANGES = (prepare, put_last, take_away, put_in_front)


def offer(hub: Hub) -> Listing:
    """On sale with three photos, behind one that is not prepared yet."""
    listing = make_listing(hub, make_user(hub), photos=3)
    with hub.begin(SYSTEM) as work:
        late = Photo(owner_id=listing.seller_id, byte_count=1, upload_sha256="cd" * 32, created_at=work.now)
        work.session.add(late)
        work.session.flush()
        work.session.add(ListingPhoto(listing_id=listing.id, photo_id=late.id, shot="other", position=-1))
    return listing


def test_what_nobody_changed_is_read_once_on_sqlite(hub: Hub) -> None:
    listing = make_listing(hub, make_user(hub))
    assert reads_of_cards(hub) == 1
    kept = 0 if hub.db.dialect == "sqlite" else 1
    assert reads_of_cards(hub) == kept
    change(hub, listing.id, price_fen=100)
    assert reads_of_cards(hub) == 1, "only what was changed"
    assert reads_of_cards(hub) == kept


@pytest.mark.parametrize("act", CHANGES)
def test_a_change_of_its_photos_shows_at_once(hub: Hub, act: Callable[[Work, int], None]) -> None:
    listing = offer(hub)
    (before,) = shown(hub)
    with hub.begin(SYSTEM) as work:
        act(work, listing.id)
    (after,) = shown(hub)
    assert after.photo != before.photo
    fresh = create_hub(hub.settings, queue=False)  # another process, that keeps nothing yet
    try:
        assert shown(fresh) == [after]
    finally:
        fresh.db.dispose()


@pytest.mark.parametrize("act", CHANGES)
def test_the_test_above_sees_triggers_that_are_missing(hub: Hub, act: Callable[[Work, int], None]) -> None:
    """The fault planted: without the triggers the old photo stays. On PostgreSQL nothing is kept, and there are none."""
    is_kept = hub.db.dialect == "sqlite"
    listing = offer(hub)
    before = shown(hub)
    with hub.begin(SYSTEM) as work:
        for name in TRIGGERS if is_kept else ():
            work.session.execute(text(f"DROP TRIGGER {name}"))
    with hub.begin(SYSTEM) as work:
        act(work, listing.id)
    assert (shown(hub) == before) is is_kept


def test_what_was_read_before_the_last_change_is_not_kept(hub: Hub) -> None:
    """A reader whose look began earlier may see the old price; whoever comes after the change must not."""
    listing = make_listing(hub, make_user(hub))
    with hub.look(VISITOR) as early:
        photos(early, listing.id)  # from here on SQLite shows this look nothing newer
        change(hub, listing.id, price_fen=100)
        assert [card.price_fen for card in shown(hub)] == [100]
        change(hub, listing.id, price_fen=200)
        assert look_for_cards(hub, early), "found, but not kept for others"
    assert [card.price_fen for card in shown(hub)] == [200]
