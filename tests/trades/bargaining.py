"""Makes negotiations through the verbs, for the tests of every room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from app.accounts.models import User
from app.kernel.hub import Hub
from app.kernel.work import Work
from app.listings.models import Listing
from app.notices.models import Notice
from app.trades.models import Order
from app.trades.models.offers import Negotiation
from app.trades.queries import offers as queries
from app.trades.service import offers as service
from tests.accounts.making import actor, make_user
from tests.listings.making import make_listing
from tests.remembering import remembered
from tests.trades.making import ADDRESS, detached, user

LOW = 210_000  # fen; tests.listings.making asks 238,000


def offer(
    hub: Hub,
    listing: Listing,
    buyer: User,
    price_fen: int = LOW,
    delivery: str = "parcel",
    further: Sequence[str] = (),
    **address: str,
) -> Negotiation:
    """The buyer offers this price, for a bundle when there are ``further`` listings."""
    with hub.begin(actor(hub, buyer)) as work:
        made = service.make_offer(
            work, hub.sealer, hub.settings, listing.code, price_fen, delivery, {**ADDRESS, **address}, further
        )
        return detached(work, made)


@remembered
def make_negotiation(
    hub: Hub, price_fen: int = LOW, *, seller: User | None = None, buyer: User | None = None, **answers: Any
) -> Negotiation:
    """An open negotiation in which the seller is to answer."""
    listing = make_listing(hub, seller or make_user(hub, name="许清和"), **answers)
    return offer(hub, listing, buyer or make_user(hub, name="沈知遥"), price_fen)


def as_side(hub: Hub, row: Negotiation, side: str, verb: Any, *given: Any) -> Any:
    """One side takes a step."""
    with hub.begin(actor(hub, user(hub, row.buyer_id if side == "buyer" else row.seller_id))) as work:
        return verb(work, *given)


def fresh(hub: Hub, row: Negotiation) -> Negotiation:
    """The negotiation as it stands in the database now."""
    with hub.look() as work:
        return detached(work, work.session.get_one(Negotiation, row.id))


def listing_of(hub: Hub, row: Negotiation) -> Listing:
    with hub.look() as work:
        found = work.session.get_one(Listing, row.listing_id)
        work.session.expunge(found)
        return found


def prices(hub: Hub, row: Negotiation) -> list[tuple[str, int]]:
    with hub.look() as work:
        return [(each.by, each.price_fen) for each in queries.offers_of(work, row.id)]


def told(hub: Hub, user_id: int) -> list[str]:
    with hub.look() as work:
        return list(work.session.scalars(select(Notice.text).where(Notice.user_id == user_id).order_by(Notice.id)))


def accept(hub: Hub, row: Negotiation, side: str, version: int) -> Order:
    return as_side(hub, row, side, service.accept, hub.sealer, hub.settings, row.code, version)


def counter(hub: Hub, row: Negotiation, side: str, price_fen: int, version: int) -> Negotiation:
    return as_side(hub, row, side, service.counter, hub.settings, row.code, price_fen, version)


def stepping(hub: Hub, user_id: int, verb: Callable[[Work], object]) -> Callable[[], object]:
    """This person's step in a transaction of its own, for a thread."""
    who = actor(hub, user(hub, user_id))
    return lambda: hub.db.run(who, verb)


def offering(hub: Hub, listing: Listing, buyer: User) -> Callable[[], object]:
    return stepping(
        hub,
        buyer.id,
        lambda work: service.make_offer(work, hub.sealer, hub.settings, listing.code, LOW, "parcel", ADDRESS),
    )


def accepting(hub: Hub, row: Negotiation) -> Callable[[], object]:
    return stepping(hub, row.seller_id, lambda work: service.accept(work, hub.sealer, hub.settings, row.code, 1))
