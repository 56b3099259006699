"""Reads of negotiations, for pages and jobs. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.listings import queries as listings
from app.listings.models import Listing
from app.trades.errors import NegotiationNotFound
from app.trades.models import Order
from app.trades.models.offers import Negotiation, NegotiationItem, Offer, PriceFloor
from app.trades.rules import Address
from app.trades.rules import offers as rules
from app.trades.states import AWAITING_PAYMENT, CANCELLED_UNPAID
from app.trades.states.offers import BUYER, OPEN, SELLER


def side_of(work: Work, negotiation: Negotiation) -> str:
    """Buyer or seller: the reader is one of the two (``own`` has seen to it)."""
    return BUYER if negotiation.buyer_id == work.actor.user_id else SELLER


def own(work: Work, code: str, *, to_change: bool = False) -> Negotiation:
    """The negotiation, for its buyer and its seller. Raises NegotiationNotFound for everybody else.

    ``to_change`` locks the row until the transaction ends (PostgreSQL; on SQLite the writer is alone already).
    """
    wanted = select(Negotiation).where(
        Negotiation.code == code, or_(Negotiation.buyer_id == work.actor.user_id, Negotiation.seller_id == work.actor.user_id)
    )
    found = work.session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none()
    if found is None:
        raise NegotiationNotFound()
    return found


def by_code(work: Work, code: str) -> Negotiation:
    """For news, which acts for nobody; locked."""
    return work.session.scalars(select(Negotiation).where(Negotiation.code == code).with_for_update()).one()


def by_id(work: Work, negotiation_id: int) -> Negotiation:
    """For deadlines, which act for nobody; locked."""
    return work.session.scalars(select(Negotiation).where(Negotiation.id == negotiation_id).with_for_update()).one()


def open_of_buyer(work: Work, listing_ids: Iterable[int], buyer_id: int) -> Negotiation | None:
    """The buyer's open negotiation about one of these listings, alone or in a bundle; the newest."""
    wanted = select(Negotiation).where(_about(listing_ids), Negotiation.buyer_id == buyer_id, Negotiation.state == OPEN)
    return work.session.scalars(wanted.order_by(Negotiation.id.desc()).limit(1)).one_or_none()


def _about(listing_ids: Iterable[int]) -> ColumnElement[bool]:
    ids = list(listing_ids)
    further = select(NegotiationItem.negotiation_id).where(NegotiationItem.listing_id.in_(ids))
    return or_(Negotiation.listing_id.in_(ids), Negotiation.id.in_(further))


def lots(work: Work, negotiation: Negotiation) -> list[Listing]:
    """The listings that it is about, as they stand now: one, or all of a bundle, the first one first."""
    further = select(NegotiationItem.listing_id).where(NegotiationItem.negotiation_id == negotiation.id)
    ids = [negotiation.listing_id, *work.session.scalars(further.order_by(NegotiationItem.id))]
    found = listings.listings_by_id(work, ids)
    return [found[each] for each in ids]


def items_of(work: Work, negotiation_id: int) -> list[NegotiationItem]:
    """The further listings of a bundle."""
    wanted = select(NegotiationItem).where(NegotiationItem.negotiation_id == negotiation_id)
    return list(work.session.scalars(wanted.order_by(NegotiationItem.id)))


def bundle_of(work: Work, order_id: int, *, to_change: bool = False) -> Negotiation | None:
    """The negotiation whose bundle this order belongs to; None for an order of its own."""
    further = select(NegotiationItem.negotiation_id).where(NegotiationItem.order_id == order_id)
    wanted = select(Negotiation).where(
        or_(Negotiation.order_id == order_id, Negotiation.id.in_(further)),
        select(NegotiationItem.id).where(NegotiationItem.negotiation_id == Negotiation.id).exists(),
    )
    return work.session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none()


def orders_of_bundle(work: Work, negotiation: Negotiation, *, to_change: bool = False) -> list[Order]:
    """The orders of an accepted bundle, in the order in which they are locked."""
    ids = [negotiation.order_id, *(item.order_id for item in items_of(work, negotiation.id))]
    wanted = select(Order).where(Order.id.in_(ids)).order_by(Order.id)
    if to_change:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return list(work.session.scalars(wanted))


def shares_of(negotiation: Negotiation, lots: Sequence[Listing], orders: Sequence[Order]) -> dict[int, int]:
    """What each listing of a bundle costs at the standing price, fen, by listing id; of an accepted one what its order says."""
    if orders:
        return {order.listing_id: order.price_fen for order in orders}
    prices = [lot.price_fen or 0 for lot in lots]
    if not len(lots) <= negotiation.last_fen <= sum(prices):
        return {}  # the asking prices have come down below the offer: it cannot be accepted as it stands
    return dict(zip((lot.id for lot in lots), rules.split(negotiation.last_fen, prices), strict=True))


def unpaid_of_bundle(work: Work, order_id: int) -> list[Order]:
    """The orders of the same bundle that are not paid, or ended without being paid: nothing is sent while there are any."""
    bundle = bundle_of(work, order_id)
    unpaid = (AWAITING_PAYMENT, CANCELLED_UNPAID)
    return [] if bundle is None else [each for each in orders_of_bundle(work, bundle) if each.state in unpaid]


def open_about(work: Work, listing_id: int) -> list[Negotiation]:
    """Everybody's open negotiations about this listing, in the order in which they began; locked."""
    wanted = select(Negotiation).where(_about([listing_id]), Negotiation.state == OPEN)
    return list(work.session.scalars(wanted.order_by(Negotiation.id).with_for_update()))


def begun_since(work: Work, buyer_id: int, category: str, since: datetime) -> int:
    """How many negotiations the buyer has begun in this category since then, open or not."""
    counted = select(func.count()).where(
        Negotiation.buyer_id == buyer_id, Negotiation.category == category, Negotiation.created_at >= since
    )
    return work.session.scalar(counted) or 0


def offers_of(work: Work, negotiation_id: int) -> list[Offer]:
    """The prices that were named, oldest first."""
    return list(work.session.scalars(select(Offer).where(Offer.negotiation_id == negotiation_id).order_by(Offer.no)))


def negotiations_of(work: Work, user_id: int, limit: int = 100) -> list[Negotiation]:
    """What somebody bargains or bargained about, as buyer and as seller; what is open first, then the newest."""
    mine = select(Negotiation).where(or_(Negotiation.buyer_id == user_id, Negotiation.seller_id == user_id))
    return list(work.session.scalars(mine.order_by(Negotiation.state != OPEN, Negotiation.id.desc()).limit(limit)))


def page_of(work: Work, user_id: int, before: int | None, limit: int) -> list[Negotiation]:
    """Some of somebody's negotiations, newest first; ``before`` is an id to go on from."""
    mine = select(Negotiation).where(or_(Negotiation.buyer_id == user_id, Negotiation.seller_id == user_id))
    if before is not None:
        mine = mine.where(Negotiation.id < before)
    return list(work.session.scalars(mine.order_by(Negotiation.id.desc()).limit(limit)))


def waits_for(work: Work, row: Negotiation) -> bool:
    """Whether the reader is to answer. Of an offer below their lowest price sellers are not troubled."""
    return row.state == OPEN and row.last_by != side_of(work, row) and not row.is_quiet


def awaits(user_id: int) -> ColumnElement[bool]:
    """The same of everybody's negotiations, as a condition for counting."""
    turn = or_(
        and_(Negotiation.buyer_id == user_id, Negotiation.last_by == SELLER),
        and_(Negotiation.seller_id == user_id, Negotiation.last_by == BUYER, ~Negotiation.is_quiet),
    )
    return and_(Negotiation.state == OPEN, turn)


def floor_of(work: Work, listing_id: int) -> int | None:
    """The lowest price of a listing, fen; only for its seller and for the verbs."""
    return work.session.scalar(select(PriceFloor.floor_fen).where(PriceFloor.listing_id == listing_id))


def seller_was_seen(work: Work, negotiation: Negotiation, since: datetime) -> bool:
    """Whether the seller has answered anybody since then, or set this listing's lowest price."""
    answered = select(Negotiation.id).where(
        Negotiation.seller_id == negotiation.seller_id, Negotiation.seller_answered_at >= since
    )
    floor_set = select(PriceFloor.listing_id).where(PriceFloor.listing_id == negotiation.listing_id, PriceFloor.set_at >= since)
    return bool(work.session.scalar(select(or_(answered.exists(), floor_set.exists()))))


def address_of(negotiation: Negotiation, sealer: Sealer) -> Address | None:
    """Where the thing goes when it comes to a sale; None for a meeting and after the end."""
    if negotiation.address_sealed is None:
        return None
    return Address(**json.loads(sealer.open(negotiation.address_sealed, f"negotiation.address:{negotiation.code}")))
