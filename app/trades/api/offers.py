"""Bargaining for programs."""

from __future__ import annotations

from flask import url_for

from app.kernel.errors import BadState, Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.listings import errors as listing_errors
from app.listings import queries as listings
from app.trades import errors
from app.trades import errors as trades
from app.trades import queries as orders
from app.trades.models.offers import Negotiation
from app.trades.queries import offers as queries
from app.trades.schemas import (
    CounterIn,
    FloorIn,
    FloorOut,
    NegotiationLine,
    NegotiationOut,
    Negotiations,
    NewOffer,
    OfferOut,
    PartOut,
)
from app.trades.service import offers as service
from app.web import hub
from app.web.api import Answer, Call, Face, Tag, cut, read_cursor
from app.web.api.shapes import PageQuery

face = Face("offers")

READ, WRITE = "orders:read", "orders:write"
SAME = {"code": "$request.path.code"}
STEP = (errors.NegotiationNotFound, errors.OtherSidesTurn, BadState, Conflict)


@face.post(
    "/listings/{code}/offers",
    id="makeOffer",
    summary=N_("Offer a price"),
    scope=WRITE,
    body=NewOffer,
    example={
        "price_fen": 210000,
        "delivery": "parcel",
        "address": {"name": "沈知遥", "phone": "13800138000", "address": "重庆市渝北区云杉路 8 号 2-1-4"},
    },
    answer=NegotiationOut,
    status=201,
    tagged=True,
    refusals=(
        listing_errors.ListingNotFound,
        listing_errors.ListingNotOnSale,
        trades.OwnThing,
        trades.CarsNotSoldYet,
        trades.BadAddress,
        errors.AlreadyBargaining,
        errors.TooManyOffers,
        errors.BadOffer,
        errors.BadBundle,
        errors.BundleBroken,
        InvalidInput,
    ),
    links={"negotiation": ("getNegotiation", {"code": "$response.body#/code"})},
)
def make(call: Call, code: str) -> Answer:
    """The seller has some hours to accept, name another price or decline. When it is accepted, your order is open to be paid."""
    wanted: NewOffer = call.body
    address = None if wanted.address is None else wanted.address.model_dump()
    row = service.make_offer(
        call.work, hub().sealer, hub().settings, code, wanted.price_fen, wanted.delivery, address, wanted.further
    )
    return _answer(call.work, row, created=True)


@face.get(
    "/negotiations",
    id="listNegotiations",
    summary=N_("What you bargain about"),
    scope=READ,
    query=PageQuery,
    answer=Negotiations,
)
def listed(call: Call) -> Answer:
    """As buyer and as seller, newest first."""
    asked: PageQuery = call.query
    place = "listNegotiations"
    rows = queries.page_of(call.work, call.work.actor.id, read_cursor(place, asked.cursor), asked.limit + 1)
    shown, further = cut(rows, asked.limit, place, lambda row: row.id)
    return Answer(Negotiations(items=[NegotiationLine(**_line(call.work, row)) for row in shown], next_cursor=further))


@face.get(
    "/negotiations/{code}",
    id="getNegotiation",
    summary=N_("Read a negotiation"),
    scope=READ,
    answer=NegotiationOut,
    tagged=True,
    refusals=(errors.NegotiationNotFound,),
    links={each: (f"{each}Offer", SAME) for each in ("accept", "counter", "decline", "withdraw")},
)
def show(call: Call, code: str) -> Answer:
    """For its buyer and its seller."""
    return _answer(call.work, queries.own(call.work, code))


@face.post(
    "/negotiations/{code}/accept",
    id="acceptOffer",
    summary=N_("Accept the standing offer"),
    scope=WRITE,
    answer=NegotiationOut,
    if_match="needed",
    tagged=True,
    refusals=(
        *STEP,
        errors.OfferExpired,
        errors.OfferNotBelow,
        errors.BundleBroken,
        errors.BadAddress,
        listing_errors.ListingNotOnSale,
        listing_errors.ListingNotFound,
        listing_errors.PriceChanged,
        listing_errors.ThingNotTradable,
    ),
    links={"order": ("getOrder", {"code": "$response.body#/order"})},
)
def accept(call: Call, code: str) -> Answer:
    """The thing is reserved and the order opened at this price; its buyer pays."""
    version = _seen(call, code)
    service.accept(call.work, hub().sealer, hub().settings, code, version)
    return _answer(call.work, queries.own(call.work, code))


@face.post(
    "/negotiations/{code}/counter",
    id="counterOffer",
    summary=N_("Name another price"),
    scope=WRITE,
    body=CounterIn,
    example={"price_fen": 225000},
    answer=NegotiationOut,
    if_match="needed",
    tagged=True,
    refusals=(*STEP, errors.OfferExpired, errors.TooManyRounds, errors.BadOffer),
)
def counter(call: Call, code: str) -> Answer:
    """It takes the place of the standing offer; the other side has the same time again."""
    version = _seen(call, code)
    return _answer(call.work, service.counter(call.work, hub().settings, code, call.body.price_fen, version))


@face.post(
    "/negotiations/{code}/decline",
    id="declineOffer",
    summary=N_("Decline the standing offer"),
    scope=WRITE,
    answer=NegotiationOut,
    if_match="needed",
    tagged=True,
    refusals=STEP,
)
def decline(call: Call, code: str) -> Answer:
    """That ends the negotiation."""
    version = _seen(call, code)
    return _answer(call.work, service.decline(call.work, code, version))


@face.post(
    "/negotiations/{code}/withdraw",
    id="withdrawOffer",
    summary=N_("Take your own offer back"),
    scope=WRITE,
    answer=NegotiationOut,
    if_match="needed",
    tagged=True,
    refusals=(errors.NegotiationNotFound, errors.NotYourOffer, BadState, Conflict),
)
def withdraw(call: Call, code: str) -> Answer:
    """As long as it was not answered."""
    version = _seen(call, code)
    return _answer(call.work, service.withdraw(call.work, code, version))


@face.get(
    "/listings/{code}/floor",
    id="getFloor",
    summary=N_("Read your lowest price"),
    scope="listings:read",
    answer=FloorOut,
    refusals=(listing_errors.ListingNotFound,),
)
def floor(call: Call, code: str) -> Answer:
    """For the seller alone."""
    return Answer(FloorOut(floor_fen=queries.floor_of(call.work, listings.own_published(call.work, code).id)))


@face.post(
    "/listings/{code}/floor",
    id="setFloor",
    summary=N_("Set your lowest price"),
    scope="listings:write",
    body=FloorIn,
    example={"floor_fen": 200000},
    answer=FloorOut,
    refusals=(listing_errors.ListingNotFound, errors.BadOffer),
)
def set_floor(call: Call, code: str) -> Answer:
    """Offers below it are declined for you, at some moment of their time. Nobody else can read it."""
    service.set_floor(call.work, code, call.body.floor_fen)
    return Answer(FloorOut(floor_fen=call.body.floor_fen))


def _seen(call: Call, code: str) -> int:
    """The version that the program saw. Raises what a stale page raises."""
    version = queries.own(call.work, code, to_change=True).version
    call.seen.require(version)
    return version


def _answer(work: Work, row: Negotiation, *, created: bool = False) -> Answer:
    order = None if row.order_id is None else orders.order_by_id(work, row.order_id).code
    shape = NegotiationOut(
        **_line(work, row),
        version=row.version,
        asking_fen=row.asking_fen,
        offers=[
            OfferOut(by=each.by, price_fen=each.price_fen, at=iso_seconds(each.at))  # type: ignore[arg-type]
            for each in queries.offers_of(work, row.id)
        ],
        parts=_parts(work, row),
        order=order,
    )
    return Answer(shape, Tag(row.version), url_for("api.getNegotiation", code=row.code) if created else None)


def _parts(work: Work, row: Negotiation) -> list[PartOut]:
    lots = queries.lots(work, row)
    if len(lots) == 1:
        return []
    made = queries.orders_of_bundle(work, row) if row.order_id is not None else []
    shares, codes = queries.shares_of(row, lots, made), {order.listing_id: order.code for order in made}
    return [PartOut(listing=lot.code, title=lot.title, price_fen=shares.get(lot.id), order=codes.get(lot.id)) for lot in lots]


def _line(work: Work, row: Negotiation) -> dict[str, object]:
    listing = listings.listing_by_id(work, row.listing_id)
    assert listing is not None
    return {
        "code": row.code,
        "listing": listing.code,
        "title": row.title,
        "side": queries.side_of(work, row),
        "state": row.state,
        "standing_fen": row.last_fen,
        "due_at": iso_seconds(row.due_at),
        "waits_for_you": queries.waits_for(work, row),
    }
