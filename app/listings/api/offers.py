"""Offers: publish, read, change, pause, renew, withdraw."""

from __future__ import annotations

from app.appraisal.errors import BlindToReport
from app.goods import errors as goods
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.listings import errors, queries, service
from app.listings.api.shaping import OF_DRAFT, READ, STATE, WRITE, cards_out, face, offer_answer, photos_mark
from app.listings.schemas import Cards, ListingOut, MineQuery, OfferChange, RegisteredOut
from app.web import hub
from app.web.api import Answer, Call, cut, read_cursor

SALE = (goods.ThingAlreadyOnSale, errors.ThingNotTradable)

# Read once more when the thing is registered.
NUMBERS = (goods.UnknownModel, goods.BadImei, goods.BadSerial, goods.BadVin, InvalidInput)


@face.get(
    "/listings/{code}",
    id="getListing",
    summary=N_("Read an offer"),
    roles=("anyone",),
    scope=READ,
    answer=ListingOut,
    tagged=True,
    refusals=(errors.ListingNotFound, BlindToReport),
    links={
        "buy": ("buy", {}),
        "seller": ("getSeller", {"code": "$response.body#/seller"}),
        "report": ("getReport", {"code": "$response.body#/report/code"}),
    },
)
def show(call: Call, code: str) -> Answer:
    """One that is on sale, reserved or sold; your own whatever its state, once it was sent in."""
    return offer_answer(call.work, queries.readable_listing(call.work, code))


@face.get(
    "/my/listings",
    id="listMyListings",
    summary=N_("Your own listings"),
    scope=READ,
    query=MineQuery,
    answer=Cards,
)
def mine(call: Call) -> Answer:
    """The one whose state changed last comes first."""
    place = f"listMyListings {call.query.state}"
    after = read_cursor(place, call.query.cursor)
    states = [call.query.state] if call.query.state else None
    rows = queries.page_of_seller(call.work, call.work.actor.id, states, after, call.query.limit + 1)
    shown, further = cut(rows, call.query.limit, place, queries.place_of)
    return Answer(Cards(items=cards_out(queries.cards(call.work, [row.id for row in shown])), next_cursor=further))


@face.post(
    "/listings/{code}/publish",
    id="publishListing",
    summary=N_("Publish a draft"),
    scope=WRITE,
    answer=ListingOut,
    if_match="read",
    tagged=True,
    refusals=(*STATE, *SALE, errors.AlreadyPublished, errors.ListingIncomplete, errors.ChangedSinceSeen, *NUMBERS),
    links={"listing": ("getListing", OF_DRAFT), "appraise": ("requestAppraisal", {})},
)
def publish(call: Call, code: str) -> Answer:
    """On sale at once, or `in_review` when a rule fired. With If-Match only what was seen is published, photos too."""
    listing = queries.own_draft(call.work, code)
    if call.seen is not None:
        mark = photos_mark(queries.photos_of(call.work, listing.id))
        call.seen.require(listing.version, listing.revision, mark)
    seen = call.seen.revision if call.seen is not None else None
    return offer_answer(call.work, service.publish(call.work, code, hub().settings.listing_days, seen))


@face.post(
    "/listings/{code}/register",
    id="registerThing",
    summary=N_("Register the item of a draft without offering it"),
    scope=WRITE,
    answer=RegisteredOut,
    status=201,
    refusals=(errors.ListingNotFound, errors.AlreadyPublished, errors.ThingNotDescribed, *NUMBERS),
    links={"appraise": ("requestAppraisal", {})},
)
def register(call: Call, code: str) -> Answer:
    """For an appraisal of what is not on sale: its draft needs to say no more than what it is. Nothing is offered or claimed."""
    return Answer(RegisteredOut(thing=service.register_unoffered(call.work, code).code))


@face.patch(
    "/listings/{code}",
    id="editListing",
    summary=N_("Change price or text of an offer"),
    scope=WRITE,
    body=OfferChange,
    example={"price_fen": 229900},
    answer=ListingOut,
    if_match="needed",
    tagged=True,
    refusals=(*STATE, errors.BeingBought, errors.NoLongerOffered, errors.StaleDraft),
)
def edit(call: Call, code: str) -> Answer:
    """A new frozen version; what was promised before stays readable. A rule that fires sends it to review first."""
    listing = queries.own_listing(call.work, code)
    call.seen.require(listing.version, listing.revision)  # type: ignore[union-attr]
    price_fen = call.body.price_fen if call.body.price_fen is not None else listing.draft.get("price_fen")
    text = call.body.description if call.body.description is not None else listing.draft.get("description", "")
    return offer_answer(call.work, service.edit(call.work, code, price_fen, text, call.seen.revision))  # type: ignore[union-attr]


@face.post(
    "/listings/{code}/pause",
    id="pauseListing",
    summary=N_("Pause an offer"),
    scope=WRITE,
    answer=ListingOut,
    tagged=True,
    refusals=STATE,
)
def pause(call: Call, code: str) -> Answer:
    """Nobody else sees it until it is resumed."""
    return offer_answer(call.work, service.pause(call.work, code))


@face.post(
    "/listings/{code}/resume",
    id="resumeListing",
    summary=N_("Offer a paused listing again"),
    scope=WRITE,
    answer=ListingOut,
    tagged=True,
    refusals=(*STATE, errors.ThingNotTradable),
)
def resume(call: Call, code: str) -> Answer:
    """When its days ran out in the meantime they start anew."""
    return offer_answer(call.work, service.resume(call.work, code, hub().settings.listing_days))


@face.post(
    "/listings/{code}/renew",
    id="renewListing",
    summary=N_("Offer an expired listing again"),
    scope=WRITE,
    answer=ListingOut,
    tagged=True,
    refusals=(*STATE, *SALE),
)
def renew(call: Call, code: str) -> Answer:
    """For its full time."""
    return offer_answer(call.work, service.renew(call.work, code, hub().settings.listing_days))


@face.post(
    "/listings/{code}/withdraw",
    id="withdrawListing",
    summary=N_("End an offer for good"),
    scope=WRITE,
    answer=ListingOut,
    tagged=True,
    refusals=STATE,
)
def withdraw(call: Call, code: str) -> Answer:
    """A new one can be made at any time."""
    return offer_answer(call.work, service.withdraw(call.work, code))
