"""Reads of negotiations, for pages and jobs. Nothing here writes."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.trades.errors import NegotiationNotFound
from app.trades.models.offers import Negotiation, Offer, PriceFloor
from app.trades.rules import Address
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


def open_of_buyer(work: Work, listing_id: int, buyer_id: int) -> Negotiation | None:
    """The buyer's open negotiation about this listing."""
    wanted = select(Negotiation).where(
        Negotiation.listing_id == listing_id, Negotiation.buyer_id == buyer_id, Negotiation.state == OPEN
    )
    return work.session.scalars(wanted).one_or_none()


def open_about(work: Work, listing_id: int) -> list[Negotiation]:
    """Everybody's open negotiations about this listing, in the order in which they began; locked."""
    wanted = select(Negotiation).where(Negotiation.listing_id == listing_id, Negotiation.state == OPEN)
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
        and_(Negotiation.seller_id == user_id, Negotiation.last_by == BUYER, Negotiation.is_quiet.is_(False)),
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
