"""Listings for programs: the same verbs and reads as the pages."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext

from app.accounts import queries as accounts
from app.goods import errors as goods
from app.goods import queries as things
from app.kernel.errors import BadState, Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.listings import errors, queries, service, wizard
from app.listings.models import Listing, ListingVersion
from app.listings.queries import PhotoOf
from app.listings.schema import categories, newest_schema, schema_by_id
from app.listings.schemas import (
    EXAMPLE_ANSWERS,
    EXAMPLE_FACTS,
    CardOut,
    Cards,
    Categories,
    CategoryOut,
    CategorySchema,
    DraftChange,
    DraftOut,
    Lack,
    ListingOut,
    MineQuery,
    NewListing,
    OfferChange,
    PhotoList,
    PhotoMove,
    PhotoOut,
    ReportLine,
    ShotQuery,
    VersionLine,
    changes,
    field_of,
)
from app.listings.schemas.describing import described
from app.listings.states import DRAFT, PUBLIC
from app.media import errors as media
from app.web import hub
from app.web.api import Answer, Call, Face, Tag, make_cursor, read_cursor
from app.web.api.errors import UnknownField
from app.web.api.reading import filled
from app.web.api.shapes import words

face = Face("listings")

READ, WRITE = "listings:read", "listings:write"
_OF_DRAFT = {"code": "$response.body#/code"}
_STATE = (errors.ListingNotFound, BadState, Conflict)
_SALE = (goods.ThingAlreadyOnSale, errors.ThingNotTradable)

# Read once more when the thing is registered.
_NUMBERS = (goods.UnknownModel, goods.BadImei, goods.BadSerial, goods.BadVin, InvalidInput)

EXAMPLE_CHANGE = {
    "facts": EXAMPLE_FACTS,
    "answers": EXAMPLE_ANSWERS,
    "description": "Used for a year and a half, always in a case.",
    "price_fen": 238000,
    "district": "yubei",
    "delivery": ["parcel", "meeting"],
    "erasure": {"lock_off": True, "wiped": True},
}


# The questions


@face.get(
    "/categories",
    id="listCategories",
    tag="catalogue",
    summary=N_("What can be sold"),
    roles=("anyone",),
    answer=Categories,
    links={"schema": ("getCategorySchema", {"category": "$response.body#/items/0/code"})},
)
def list_categories(call: Call) -> Answer:
    """Every category with the id of its newest schema."""
    items = [
        CategoryOut(code=each.category, name=words(each.name.names), schema_id=each.id)
        for each in map(newest_schema, categories())
        if each is not None
    ]
    return Answer(Categories(items=items, next_cursor=None))


@face.get(
    "/categories/{category}/schema",
    id="getCategorySchema",
    tag="catalogue",
    summary=N_("What a seller is asked"),
    roles=("anyone",),
    answer=CategorySchema,
    refusals=(goods.CategoryNotFound,),
)
def category_schema(call: Call, category: str) -> Answer:
    """The facts, questions and photos of new listings of a category: what `facts` and `answers` of a draft may hold."""
    schema = newest_schema(category)
    if schema is None:
        raise goods.CategoryNotFound()
    return Answer(described(schema))


# Drafts


@face.post(
    "/listings",
    id="createListing",
    summary=N_("Begin a listing"),
    scope=WRITE,
    body=NewListing,
    example={"category": "phone"},
    answer=DraftOut,
    status=201,
    tagged=True,
    refusals=(errors.TooManyDrafts,),
    links={
        "draft": ("getDraft", _OF_DRAFT),
        "answers": ("saveDraft", _OF_DRAFT),
        "photos": ("addPhoto", _OF_DRAFT),
        "publish": ("publishListing", _OF_DRAFT),
    },
)
def create(call: Call) -> Answer:
    """An empty draft of a category. Answer its questions, send photos, then publish it."""
    listing = service.start_draft(call.work, call.body.category)
    return _draft(call.work, listing, created=True)


@face.get(
    "/listings/{code}/draft",
    id="getDraft",
    summary=N_("Read a draft"),
    scope=READ,
    answer=DraftOut,
    tagged=True,
    refusals=(errors.ListingNotFound, errors.AlreadyPublished),
)
def draft(call: Call, code: str) -> Answer:
    """The answers so far, the photos, and what is missing before it can be published."""
    return _draft(call.work, queries.own_draft(call.work, code))


@face.patch(
    "/listings/{code}/draft",
    id="saveDraft",
    summary=N_("Answer questions of a draft"),
    scope=WRITE,
    body=DraftChange,
    example=EXAMPLE_CHANGE,
    answer=DraftOut,
    if_match="needed",
    tagged=True,
    refusals=(
        errors.ListingNotFound,
        errors.AlreadyPublished,
        errors.StaleDraft,
    ),
)
def save(call: Call, code: str) -> Answer:
    """Any number of facts and answers at once: all of them are kept, or none and every wrong one is named."""
    listing = queries.own_draft(call.work, code)
    call.seen.require(listing.version, listing.revision)  # type: ignore[union-attr]
    schema = schema_by_id(listing.schema_id)
    revision, wrong = call.seen.revision, {}  # type: ignore[union-attr]
    try:
        for screen, given in changes(schema, lambda: listing.draft, call.body):
            try:
                revision = service.save_answer(call.work, code, screen, given, revision).revision
            except InvalidInput as refusal:
                wrong |= {field_of(schema, screen, name): filled(text, refusal.values) for name, text in refusal.errors.items()}
    except UnknownField:
        raise
    except InvalidInput as refusal:  # what does not apply
        wrong = {**refusal.errors, **wrong}
    if wrong:
        raise InvalidInput(wrong)
    return _draft(call.work, listing)


@face.delete(
    "/listings/{code}/draft",
    id="discardDraft",
    summary=N_("Throw a draft away"),
    scope=WRITE,
    answer=None,
    refusals=(*_STATE, errors.AlreadyPublished, media.PhotoInUse),
)
def discard(call: Call, code: str) -> Answer:
    """With its photos, which nobody has seen."""
    service.discard_draft(call.work, code)
    return Answer()


# Photos


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
    return Answer(PhotoList(items=_photos(queries.photos_of(call.work, listing.id), listing)))


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
    return Answer(_photos(shown, listing)[0], location=f"/media/{photo.code}/progress")


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
    return Answer(PhotoList(items=_photos(queries.photos_of(call.work, listing.id), listing)))


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


# Offers


@face.get(
    "/listings/{code}",
    id="getListing",
    summary=N_("Read an offer"),
    roles=("anyone",),
    scope=READ,
    answer=ListingOut,
    tagged=True,
    refusals=(errors.ListingNotFound,),
    links={
        "buy": ("buy", {}),
        "seller": ("getSeller", {"code": "$response.body#/seller"}),
        "report": ("getReport", {"code": "$response.body#/report/code"}),
    },
)
def show(call: Call, code: str) -> Answer:
    """One that is on sale, reserved or sold; your own whatever its state, once it was sent in."""
    return _offer(call.work, queries.readable_listing(call.work, code))


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
    shown = rows[: call.query.limit]
    further = make_cursor(place, queries.place_of(shown[-1])) if len(rows) > len(shown) else None
    return Answer(Cards(items=cards_out(queries.cards(call.work, [row.id for row in shown])), next_cursor=further))


@face.post(
    "/listings/{code}/publish",
    id="publishListing",
    summary=N_("Publish a draft"),
    scope=WRITE,
    answer=ListingOut,
    if_match="read",
    tagged=True,
    refusals=(*_STATE, *_SALE, errors.AlreadyPublished, errors.ListingIncomplete, errors.ChangedSinceSeen, *_NUMBERS),
    links={"listing": ("getListing", _OF_DRAFT), "appraise": ("requestAppraisal", {})},
)
def publish(call: Call, code: str) -> Answer:
    """On sale at once, or `in_review` when a rule fired. With If-Match only what was seen is published."""
    listing = queries.own_draft(call.work, code)
    if call.seen is not None:
        call.seen.require(listing.version, listing.revision)
    seen = call.seen.revision if call.seen is not None else None
    return _offer(call.work, service.publish(call.work, code, hub().settings.listing_days, seen))


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
    refusals=(*_STATE, errors.BeingBought, errors.NoLongerOffered, errors.StaleDraft),
)
def edit(call: Call, code: str) -> Answer:
    """A new frozen version; what was promised before stays readable. A rule that fires sends it to review first."""
    listing = queries.own_listing(call.work, code)
    call.seen.require(listing.version, listing.revision)  # type: ignore[union-attr]
    price_fen = call.body.price_fen if call.body.price_fen is not None else listing.draft.get("price_fen")
    text = call.body.description if call.body.description is not None else listing.draft.get("description", "")
    return _offer(call.work, service.edit(call.work, code, price_fen, text, call.seen.revision))  # type: ignore[union-attr]


@face.post(
    "/listings/{code}/pause",
    id="pauseListing",
    summary=N_("Pause an offer"),
    scope=WRITE,
    answer=ListingOut,
    tagged=True,
    refusals=_STATE,
)
def pause(call: Call, code: str) -> Answer:
    """Nobody else sees it until it is resumed."""
    return _offer(call.work, service.pause(call.work, code))


@face.post(
    "/listings/{code}/resume",
    id="resumeListing",
    summary=N_("Offer a paused listing again"),
    scope=WRITE,
    answer=ListingOut,
    tagged=True,
    refusals=(*_STATE, errors.ThingNotTradable),
)
def resume(call: Call, code: str) -> Answer:
    """When its days ran out in the meantime they start anew."""
    return _offer(call.work, service.resume(call.work, code, hub().settings.listing_days))


@face.post(
    "/listings/{code}/renew",
    id="renewListing",
    summary=N_("Offer an expired listing again"),
    scope=WRITE,
    answer=ListingOut,
    tagged=True,
    refusals=(*_STATE, *_SALE),
)
def renew(call: Call, code: str) -> Answer:
    """For its full time."""
    return _offer(call.work, service.renew(call.work, code, hub().settings.listing_days))


@face.post(
    "/listings/{code}/withdraw",
    id="withdrawListing",
    summary=N_("End an offer for good"),
    scope=WRITE,
    answer=ListingOut,
    tagged=True,
    refusals=_STATE,
)
def withdraw(call: Call, code: str) -> Answer:
    """A new one can be made at any time."""
    return _offer(call.work, service.withdraw(call.work, code))


@face.post(
    "/listings/{code}/sell-again",
    id="sellAgain",
    summary=N_("Begin anew with the answers of a withdrawn listing"),
    scope=WRITE,
    answer=DraftOut,
    status=201,
    tagged=True,
    refusals=(errors.ListingNotFound, errors.TooManyDrafts, InvalidInput),
    links={"draft": ("getDraft", _OF_DRAFT)},
)
def sell_again(call: Call, code: str) -> Answer:
    """A new draft; photos have to be sent anew."""
    return _draft(call.work, service.sell_again(call.work, code), created=True)


# Shapes of listings


def cards_out(cards: list[queries.Card]) -> list[CardOut]:
    """Cards as programs get them."""
    return [
        CardOut(
            code=each.code,
            state=each.state,
            category=each.category,
            title=each.title,
            price_fen=each.price_fen,
            tier=each.tier,
            report=each.report_code,
            verdict=words(each.verdict),
            district=words(each.district),
            photo_url=url_for("media.show", code=each.photo_code, size="card") if each.photo and each.state in PUBLIC else None,
            published_at=iso_seconds(each.published_at) if each.published_at else None,
        )
        for each in cards
    ]


def _draft(work: Work, listing: Listing, *, created: bool = False) -> Answer:
    schema = schema_by_id(listing.schema_id)
    photos = queries.photos_of(work, listing.id)
    kept = listing.draft
    names = [*(each.code for each in schema.attributes), "brand_name", "model_name"]
    decision = queries.last_decision(work, listing.id)
    shape = DraftOut(
        code=listing.code,
        state=listing.state,
        version=listing.version,
        revision=listing.revision,
        category=listing.category,
        schema_id=listing.schema_id,
        title=listing.title,
        facts={name: kept[name] for name in names if kept.get(name) not in (None, "")} | dict(kept.get("facts", {})),
        answers=dict(kept.get("answers", {})),
        description=kept.get("description", ""),
        price_fen=kept.get("price_fen"),
        district=kept.get("district"),
        delivery=[way for way in ("parcel", "meeting") if kept.get(f"by_{way}")],
        erasure={name: bool(kept.get(name)) for name in ("lock_off", "wiped")} if schema.erasure else {},
        photos=_photos(photos, listing),
        missing=[
            Lack(step=each.step, name=each.screen, message=_said(each)) for each in wizard.missing(schema, listing.draft, photos)
        ],
        refused_because=decision.reason if decision is not None and decision.kind == "reject" else None,
    )
    location = url_for("api.getDraft", code=listing.code) if created else None
    return Answer(shape, Tag(listing.version, listing.revision), location)


def _said(lack: wizard.Missing) -> str:
    name = words(lack.names) if lack.names else None
    values: dict[str, Any] = dict(lack.values)
    if name is not None:
        values["name"] = name.en if gettext("Please fill this in.") == "Please fill this in." else name.zh
    return gettext(lack.message, **values) if values else gettext(lack.message)


def _offer(work: Work, listing: Listing) -> Answer:
    if listing.current_version_no == 0:
        raise errors.ListingNotFound()
    frozen: ListingVersion = queries.version(work, listing.id, listing.current_version_no)
    content = frozen.content
    is_own = listing.seller_id == work.actor.user_id
    thing = things.thing_by_id(work, listing.thing_id) if is_own and listing.thing_id else None
    report = None
    if listing.report_code:
        at = iso_seconds(listing.reported_at) if listing.reported_at else None
        report = ReportLine(code=listing.report_code, tier=listing.tier, status=listing.report_status or "", signed_at=at)
    shape = ListingOut(
        code=listing.code,
        state=listing.state,
        version=listing.version,
        revision=listing.revision,
        category=listing.category,
        schema_id=listing.schema_id,
        title=listing.title,
        verdict=words(queries.verdict_of(listing)),
        facts=_facts(content["thing"]),
        answers=content["answers"],
        description=listing.description,
        price_fen=listing.price_fen or content["price_fen"],
        district=listing.district,
        delivery=content["delivery"],
        photos=_photos([each for each in queries.photos_of(work, listing.id) if is_own or each.state == "ready"], listing),
        report=report,
        frozen=VersionLine(no=frozen.no, sha256=frozen.sha256),
        seller=accounts.user_by_id(work, listing.seller_id).code,
        thing=thing.code if thing is not None else None,
        published_at=iso_seconds(listing.published_at) if listing.published_at else None,
        expires_at=iso_seconds(listing.expires_at) if listing.expires_at else None,
        page=url_for("listings.show", code=listing.code),
    )
    return Answer(shape, Tag(listing.version, listing.revision))


def _facts(thing: dict[str, Any]) -> dict[str, Any]:
    """The public facts of a frozen version: those of every thing, and those that its category asks for, side by side."""
    own = {name: value for name, value in thing.items() if name not in ("code", "facts") and value not in (None, "")}
    return own | dict(thing.get("facts") or {})


def _photos(photos: list[PhotoOf], listing: Listing) -> list[PhotoOut]:
    is_public = listing.state in PUBLIC and listing.state != DRAFT
    return [
        PhotoOut(
            code=each.code,
            state=each.state,
            shot=each.shot,
            width=each.width,
            height=each.height,
            sha256=each.sha256,
            problem=gettext(each.sentence) if each.sentence else "",
            url=url_for("media.show", code=each.code, size="page") if is_public and each.state == "ready" else None,
        )
        for each in photos
    ]
