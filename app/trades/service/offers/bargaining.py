"""Naming prices, and the answers to them. What an accepted offer leads to is an order like any other (room trades)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from app.accounts import queries as accounts
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import BadState, Conflict
from app.kernel.ids import new_code
from app.kernel.money import format_yuan
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.time import add_days
from app.kernel.work import Work
from app.listings import queries as listings
from app.listings.models import Listing
from app.trades import service as trades
from app.trades.errors import (
    AlreadyBargaining,
    BadOffer,
    CarsNotSoldYet,
    NotYourOffer,
    OfferExpired,
    OfferNotBelow,
    OtherSidesTurn,
    OwnThing,
    TooManyOffers,
    TooManyRounds,
)
from app.trades.events import OfferNamed
from app.trades.models import Order
from app.trades.models.offers import Negotiation, NegotiationItem, Offer, PriceFloor
from app.trades.queries import offers as queries
from app.trades.rules import Terms as SaleTerms
from app.trades.rules import offers as rules
from app.trades.service.offers import bundles
from app.trades.service.offers.ending import end
from app.trades.service.offers.telling import tell
from app.trades.states import PARCEL
from app.trades.states.offers import ACCEPT, BUYER, COUNTER, DECLINE, NEGOTIATION_FLOW, OPEN, SELLER, WITHDRAW


class Terms(rules.Terms, SaleTerms):
    """Everything of the settings that bargaining and the order after it need; config.Settings fits."""


def make_offer(
    work: Work,
    sealer: Sealer,
    settings: rules.Terms,
    listing_code: str,
    price_fen: int | None,
    delivery: str,
    address: Mapping[str, str] | None = None,
    further: Sequence[str] = (),
) -> Negotiation:
    """Begin to bargain: a price below the asking price, and how the thing would come (its order opens at the seller's yes).

    With ``further`` listings (codes) the price is for all of them together. Raises OwnThing, CarsNotSoldYet, ListingNotOnSale,
    BadBundle, BundleBroken, AlreadyBargaining, TooManyOffers, BadOffer, and what ``trades.buy`` raises for the delivery.
    """
    listing = listings.once_public_listing(work, listing_code)
    if listing.seller_id == work.actor.id:
        raise OwnThing()
    if listing.category == "car":
        raise CarsNotSoldYet()
    lots = bundles.gathered(work, listing, further)
    asking_fen = bundles.asking(lots)
    accounts.wait_for(work, work.actor.id)
    if queries.open_of_buyer(work, [lot.id for lot in lots], work.actor.id) is not None:
        raise AlreadyBargaining()
    if queries.begun_since(work, work.actor.id, listing.category, add_days(work.now, -1)) >= settings.offers_a_day:
        raise TooManyOffers(most=str(settings.offers_a_day))
    price_fen = _checked(price_fen, BUYER, asking_fen, None, settings)
    trades.check_delivery(delivery, all(lot.by_parcel for lot in lots), all(lot.by_meeting for lot in lots))
    where = trades.read_address(address, listing.category) if delivery == PARCEL else None
    for lot in lots if where is not None else ():
        trades.can_be_brought(work, lot, where)
    code = new_code()
    sealed = (
        None if where is None else sealer.seal(json.dumps(where.as_dict(), ensure_ascii=False), f"negotiation.address:{code}")
    )
    negotiation = Negotiation(
        code=code,
        created_at=work.now,
        listing_id=listing.id,
        buyer_id=work.actor.id,
        seller_id=listing.seller_id,
        category=listing.category,
        title=listing.title if len(lots) == 1 else f"{listing.title} +{len(lots) - 1}",
        asking_fen=asking_fen,
        delivery=delivery,
        address_sealed=sealed,
        last_no=0,
        state=OPEN,
        version=1,
        entered_at=work.now,
    )
    _name(work, settings, negotiation, BUYER, price_fen, lots)
    work.session.add(negotiation)
    work.session.flush()
    work.session.add_all(NegotiationItem(negotiation_id=negotiation.id, listing_id=lot.id) for lot in lots[1:])
    NEGOTIATION_FLOW.start(work, negotiation, {"price_fen": price_fen})
    _stand(work, negotiation)
    return negotiation


def counter(work: Work, settings: rules.Terms, code: str, price_fen: int | None, expected_version: int) -> Negotiation:
    """Answer the standing offer with another price, which then stands.

    Raises OtherSidesTurn, OfferExpired, TooManyRounds, BadOffer, Conflict when the other side moved since the page was made.
    """
    negotiation, side = _to_answer(work, code, COUNTER, expected_version)
    if negotiation.last_no >= rules.MOST_ROUNDS:
        raise TooManyRounds(most=str(rules.MOST_ROUNDS))
    lots = queries.lots(work, negotiation)
    asking_fen = sum(lot.price_fen or 0 for lot in lots)
    price_fen = _checked(price_fen, side, asking_fen, (negotiation.last_by, negotiation.last_fen), settings)
    _name(work, settings, negotiation, side, price_fen, lots)
    NEGOTIATION_FLOW.apply(
        work, negotiation, COUNTER, detail={"price_fen": price_fen, "by": side}, expected_version=expected_version
    )
    _stand(work, negotiation)
    return negotiation


def accept(work: Work, sealer: Sealer, settings: Terms, code: str, expected_version: int) -> Order:
    """Say yes to the standing offer: the listing is reserved and the order opened, for the buyer to pay.

    Of a bundle every listing gets an order at its part of the price, or none does. Returns the order of the first one. Raises
    OtherSidesTurn, OfferExpired, OfferNotBelow, ListingNotOnSale when somebody else is buying it (of a bundle BundleBroken, which
    says what), Conflict on an old page.
    """
    negotiation, side = _to_answer(work, code, ACCEPT, expected_version)
    lots = bundles.still_for_sale(queries.lots(work, negotiation))
    asking_fen = bundles.asking(lots)
    if asking_fen < negotiation.last_fen:
        raise OfferNotBelow(price=format_yuan(asking_fen))
    where = trades.with_open_slot(work, queries.address_of(negotiation, sealer))
    buyer_id, delivery, pay_minutes = (
        negotiation.buyer_id,
        negotiation.delivery,
        max(settings.offer_pay_hours * 60, settings.time_to_pay),
    )
    shares = dict(
        zip((lot.id for lot in lots), rules.split(negotiation.last_fen, [lot.price_fen or 0 for lot in lots]), strict=True)
    )
    orders = {
        lot.id: trades.open_sale(work, sealer, settings, version, shares[lot.id], buyer_id, delivery, where, pay_minutes)
        for lot, version in bundles.reserved(work, lots)
    }
    order = orders[negotiation.listing_id]
    negotiation.order_id = order.id
    for item in queries.items_of(work, negotiation.id):
        item.order_id = orders[item.listing_id].id
    negotiation.due_at = order.pay_due_at
    _seen(work, negotiation, side)
    end(work, negotiation, ACCEPT, expected_version)
    tell(work, negotiation, f"accepted_by_{side}")
    return order


def decline(work: Work, code: str, expected_version: int) -> Negotiation:
    """Say no to the standing offer; that ends it. Raises OtherSidesTurn, Conflict on an old page."""
    negotiation = queries.own(work, code, to_change=True)
    side = queries.side_of(work, negotiation)
    if negotiation.state == OPEN and negotiation.last_by == side:
        raise OtherSidesTurn()
    _seen(work, negotiation, side)
    end(work, negotiation, DECLINE, expected_version)
    tell(work, negotiation, f"declined_by_{side}")
    return negotiation


def withdraw(work: Work, code: str, expected_version: int) -> Negotiation:
    """Take one's own standing offer back. Raises NotYourOffer, Conflict when it was answered in the meantime."""
    negotiation = queries.own(work, code, to_change=True)
    side = queries.side_of(work, negotiation)
    if negotiation.state == OPEN and negotiation.last_by != side:
        raise NotYourOffer()
    _seen(work, negotiation, side)
    end(work, negotiation, WITHDRAW, expected_version)
    tell(work, negotiation, f"withdrawn_by_{side}")
    return negotiation


def set_floor(work: Work, listing_code: str, floor_fen: int | None) -> None:
    """The seller's lowest price (fen), or None for none, for offers that come from now on. Raises ListingNotFound, BadOffer."""
    listing = listings.own_published(work, listing_code)
    work.session.refresh(listing, with_for_update=True)  # two in the same moment: the later one stands
    known = work.session.get(PriceFloor, listing.id)
    if floor_fen is None:
        if known is not None:
            work.session.delete(known)
        return
    problem = rules.price_problem(floor_fen, 1, listing.price_fen or 0)
    if problem is not None:
        raise BadOffer({"floor": problem}, least=format_yuan(1), most=format_yuan(listing.price_fen or 0))
    if known is None:
        work.session.add(PriceFloor(listing_id=listing.id, floor_fen=floor_fen, set_at=work.now))
    else:
        known.floor_fen, known.set_at = floor_fen, work.now


def _to_answer(work: Work, code: str, event: str, expected_version: int) -> tuple[Negotiation, str]:
    """The negotiation, locked, and the side that acts, which is not the one whose offer stands."""
    negotiation = queries.own(work, code, to_change=True)
    side = queries.side_of(work, negotiation)
    if negotiation.state != OPEN:
        raise BadState(NEGOTIATION_FLOW.name, negotiation.state, event, NEGOTIATION_FLOW.allowed(negotiation.state))
    if negotiation.last_by == side:
        raise OtherSidesTurn()
    if negotiation.version != expected_version:
        raise Conflict()
    if work.now >= negotiation.due_at:
        raise OfferExpired()
    return negotiation, side


def _checked(price_fen: int | None, by: str, asking_fen: int, standing: tuple[str, int] | None, settings: rules.Terms) -> int:
    least, most = rules.bounds(by, asking_fen, standing, settings.offer_least_percent)
    problem = rules.price_problem(price_fen, least, most)
    if problem is not None or price_fen is None:
        raise BadOffer({"price": problem or ""}, least=format_yuan(least), most=format_yuan(max(most, 0)))
    return price_fen


def _name(work: Work, settings: rules.Terms, negotiation: Negotiation, by: str, price_fen: int, lots: list[Listing]) -> None:
    """Let this price stand."""
    floors = [(queries.floor_of(work, lot.id), lot.price_fen or 0) for lot in lots]
    negotiation.last_no += 1
    negotiation.last_by, negotiation.last_fen = by, price_fen
    negotiation.due_at = rules.due_at(work.now, settings)
    negotiation.is_quiet = rules.is_quiet(by, price_fen, floors)
    _seen(work, negotiation, by)


def _seen(work: Work, negotiation: Negotiation, side: str) -> None:
    """Note that the seller took a step by hand."""
    if side == SELLER:
        negotiation.seller_answered_at = work.now


def _stand(work: Work, negotiation: Negotiation) -> None:
    """Keep the price that stands now, set when it ends, and let the other side hear of it."""
    work.session.add(
        Offer(
            negotiation_id=negotiation.id,
            no=negotiation.last_no,
            by=negotiation.last_by,
            price_fen=negotiation.last_fen,
            at=work.now,
            due_at=negotiation.due_at,
        )
    )
    work.session.flush()
    clear_deadlines(work, "negotiation", negotiation.id)
    set_deadline(work, "negotiation", negotiation.id, "due", negotiation.due_at, negotiation.version)
    announce(work, OfferNamed(negotiation.code, negotiation.last_no))
