"""The seller's lowest price: below it offers are declined quietly, and nobody finds it out by trying."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel.deadlines import Deadline
from app.kernel.hub import Hub
from app.listings import service as listings
from app.listings.errors import ListingNotFound
from app.listings.models import Listing
from app.trades.errors import BadOffer
from app.trades.models.offers import Negotiation
from app.trades.queries import offers as queries
from app.trades.rules import offers as rules
from app.trades.service import offers as service
from app.trades.states.offers import DECLINED, EXPIRED, OPEN, SELLER
from tests.accounts.making import actor, make_user
from tests.listings.making import make_draft, make_listing
from tests.trades.bargaining import (
    LOW,
    accept,
    as_side,
    fresh,
    offer,
    stepping,
    told,
)
from tests.trades.making import PRICE, later, user
from tests.trades.test_race import at_once


def with_floor(hub: Hub, floor_fen: int = 220_000) -> tuple[Listing, int]:
    seller = make_user(hub)
    listing = make_listing(hub, seller)
    with hub.begin(actor(hub, seller)) as work:
        service.set_floor(work, listing.code, floor_fen)
    return listing, seller.id


def test_below_the_lowest_price_the_buyer_reads_what_every_declined_buyer_reads(hub: Hub) -> None:
    listing, seller_id = with_floor(hub)
    low, plain = make_user(hub), make_user(hub)
    before = len(told(hub, seller_id))
    quiet = offer(hub, listing, low)
    hub.drain()
    assert len(told(hub, seller_id)) == before
    later(hub, hours=20)
    assert fresh(hub, quiet).state == DECLINED
    loud = offer(hub, listing, plain, 225_000)
    hub.drain()
    as_side(hub, loud, SELLER, service.decline, loud.code, 1)
    assert len(told(hub, seller_id)) == before + 1
    assert told(hub, low.id)[-1] == told(hub, plain.id)[-1]
    with hub.look(actor(hub, low)) as work:
        ours = queries.own(work, quiet.code)
    with hub.look(actor(hub, plain)) as work:
        theirs = queries.own(work, loud.code)
    assert (ours.state, ours.version, ours.last_no) == (theirs.state, theirs.version, theirs.last_no)


def test_the_moment_of_a_quiet_refusal_is_drawn_over_most_of_the_offers_time(hub: Hub) -> None:
    seller = make_user(hub)
    moments = set()
    for _ in range(12):
        listing = make_listing(hub, seller)
        with hub.begin(actor(hub, seller)) as work:
            service.set_floor(work, listing.code, 220_000)
        row = offer(hub, listing, make_user(hub))
        hub.drain()
        with hub.look() as work:
            at = work.session.scalars(
                select(Deadline.due_at).where(
                    Deadline.entity == "negotiation", Deadline.entity_id == row.id, Deadline.kind == "quiet"
                )
            ).one()
        moments.add(at)
        assert row.created_at + timedelta(hours=1) < at < row.due_at - timedelta(hours=4)
    assert len(moments) == 12


def test_a_seller_is_not_troubled_by_a_quiet_offer_and_may_still_accept_it(hub: Hub) -> None:
    listing, seller_id = with_floor(hub)
    row = offer(hub, listing, make_user(hub))
    with hub.look(actor(hub, user(hub, seller_id))) as work:
        assert not queries.waits_for(work, queries.own(work, row.code))
    assert accept(hub, row, SELLER, 1).price_fen == LOW


def left_by_the_request(hub: Hub, row: Negotiation) -> tuple[list[str], int]:
    """Deadlines of the negotiation and notices of its seller, before any job has run."""
    with hub.look() as work:
        of_it = select(Deadline.kind).where(Deadline.entity == "negotiation", Deadline.entity_id == row.id)
        return list(work.session.scalars(of_it)), len(told(hub, row.seller_id))


def test_the_request_itself_does_the_same_above_and_below_the_lowest_price(hub: Hub) -> None:
    listing, _ = with_floor(hub)
    hub.drain()
    above, below = (left_by_the_request(hub, offer(hub, listing, make_user(hub), price)) for price in (225_000, LOW))
    assert above == below
    assert above[0] == ["due"]


def test_of_a_seller_who_answers_nobody_every_offer_runs_out_alike(hub: Hub) -> None:
    listing, _ = with_floor(hub)
    later(hub, hours=rules.SEEN_HOURS + 1)
    rows = [offer(hub, listing, make_user(hub), price) for price in (LOW, 225_000)]
    later(hub, hours=hub.settings.offer_hours - 1)
    assert [fresh(hub, row).state for row in rows] == [OPEN, OPEN]
    later(hub, hours=1)
    below, above = (fresh(hub, row) for row in rows)
    assert [(row.state, row.version, row.entered_at >= row.due_at) for row in (below, above)] == [(EXPIRED, 2, True)] * 2
    ends = [told(hub, row.buyer_id)[-1] for row in rows]
    assert ends[0] == ends[1]


def test_a_lowest_price_above_the_present_asking_price_no_longer_counts(hub: Hub) -> None:
    listing, seller_id = with_floor(hub)
    with hub.begin(actor(hub, user(hub, seller_id))) as work:
        listings.edit(work, listing.code, 215_000, listing.title, listing.revision)
    assert not offer(hub, listing, make_user(hub)).is_quiet


def test_a_lowest_price_is_set_by_the_seller_and_removed_again(hub: Hub) -> None:
    listing, seller_id = with_floor(hub)
    with hub.begin(actor(hub, make_user(hub))) as work, pytest.raises(ListingNotFound):
        service.set_floor(work, listing.code, 1)
    draft = make_draft(hub, user(hub, seller_id))
    with hub.begin(actor(hub, user(hub, seller_id))) as work, pytest.raises(ListingNotFound):
        service.set_floor(work, draft.code, 1)  # nobody can make an offer for it yet
    with hub.begin(actor(hub, user(hub, seller_id))) as work:
        with pytest.raises(BadOffer):
            service.set_floor(work, listing.code, PRICE + 1)
        service.set_floor(work, listing.code, None)
        assert queries.floor_of(work, listing.id) is None

    def setting(fen: int) -> Callable[[], object]:
        return stepping(hub, seller_id, lambda work: service.set_floor(work, listing.code, fen))

    assert at_once(setting(200_000), setting(210_000)) == [None, None]
