"""What the operations of listings share: the face, refusals, and a listing as programs get it."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext

from app.accounts import queries as accounts
from app.goods import queries as things
from app.kernel.canonical import sha256_hex
from app.kernel.errors import BadState, Conflict
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.listings import errors, queries, wizard
from app.listings.models import Listing, ListingVersion
from app.listings.queries import PhotoOf
from app.listings.schema import schema_by_id
from app.listings.schemas import CardOut, DraftOut, Lack, ListingOut, PhotoOut, ReportLine, VersionLine
from app.listings.states import DRAFT, PUBLIC
from app.web.api import Answer, Face, Tag
from app.web.api.shapes import words
from app.web.rendering import in_language

face = Face("listings")

READ, WRITE = "listings:read", "listings:write"
OF_DRAFT = {"code": "$response.body#/code"}
STATE = (errors.ListingNotFound, BadState, Conflict)


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


def draft_answer(work: Work, listing: Listing, *, created: bool = False) -> Answer:
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
        photos=photos_out(photos, listing),
        missing=[
            Lack(step=each.step, name=each.screen, message=_said(each)) for each in wizard.missing(schema, listing.draft, photos)
        ],
        refused_because=decision.reason if decision is not None and decision.kind == "reject" else None,
    )
    location = url_for("api.getDraft", code=listing.code) if created else None
    return Answer(shape, Tag(listing.version, listing.revision, photos_mark(photos)), location)


def photos_mark(photos: list[PhotoOf]) -> str:
    """Stands for the photos of a draft and their order: sending, moving and deleting them is no edit of its answers."""
    return sha256_hex("\n".join(f"{each.code} {each.shot}" for each in photos).encode())[:8]


def _said(lack: wizard.Missing) -> str:
    values: dict[str, Any] = dict(lack.values)
    if lack.names:
        values["name"] = in_language(dict(lack.names))
    return gettext(lack.message, **values) if values else gettext(lack.message)


def offer_answer(work: Work, listing: Listing) -> Answer:
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
        photos=photos_out([each for each in queries.photos_of(work, listing.id) if is_own or each.state == "ready"], listing),
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


def photos_out(photos: list[PhotoOf], listing: Listing) -> list[PhotoOut]:
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
