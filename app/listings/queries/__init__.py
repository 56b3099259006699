"""Reads of listings, for pages and for the rooms above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select

from app.appraisal import queries as appraisal
from app.goods import catalogue
from app.kernel.ids import is_code
from app.kernel.work import Work
from app.listings import policy, wizard
from app.listings.errors import AlreadyPublished, ListingNotFound
from app.listings.models import Listing, ListingDecision, ListingPhoto, ListingVersion
from app.listings.queries.cards import (
    Card,
    PhotoOf,
    Words,
    cards,
    district_names,
    on_sale_of,
    photo_shown,
    recent,
    tier_words,
    told_verdict,
    verdict_of,
)
from app.listings.queries.promised import AnswerKind, promised_kinds
from app.listings.queries.rights import named_defects, sale_facts
from app.listings.schema import newest_schema, schema_by_id
from app.listings.states import DRAFT, IN_REVIEW, PUBLIC
from app.listings.wording import answer_lines
from app.media.models import Photo
from app.valuation import queries as valuation
from app.valuation.queries import Estimate

__all__ = [
    "AnswerKind",
    "Card",
    "PhotoOf",
    "Words",
    "cards",
    "comparables",
    "decisions_of",
    "district_names",
    "holds_data",
    "is_public",
    "last_decision",
    "last_decisions",
    "listing_by_id",
    "listings_by_id",
    "listings_of_seller",
    "named_defects",
    "on_sale_of",
    "once_public_listing",
    "own_draft",
    "own_listing",
    "own_published",
    "page_of_seller",
    "photo_of",
    "photos_by_listing",
    "photos_of",
    "place_of",
    "promised_answers",
    "promised_by_key",
    "promised_kinds",
    "promised_photos",
    "public_listing",
    "readable_listing",
    "recent",
    "sale_facts",
    "tier_words",
    "told_verdict",
    "verdict_of",
    "version",
    "versions_of",
    "waiting_for_review",
    "words_of",
]

# Statements of the pages that are asked for most are put together once: that costs more than to ask.
_BY_CODE = select(Listing).where(Listing.code == bindparam("code"))
_VERSION = select(ListingVersion).where(
    ListingVersion.listing_id == bindparam("listing_id"), ListingVersion.no == bindparam("no")
)


def public_listing(work: Work, code: str) -> Listing:
    """A listing that everybody may read: on sale, reserved or sold. Raises ListingNotFound for all others.

    Raises BlindToReport for whoever inspects the thing a second time and must not know what it is offered as.
    """
    listing = _by_code(work, code)
    if listing is None or listing.state not in PUBLIC:
        raise ListingNotFound()
    appraisal.refuse_blind_thing(work, listing.thing_id)
    return listing


def is_public(listing: Listing) -> bool:
    """Whether everybody may read its page now."""
    return listing.state in PUBLIC


def once_public_listing(work: Work, code: str) -> Listing:
    """A listing that somebody may still have open, also when it has been paused, withdrawn or taken down since.

    Only for saying that it is gone. Raises ListingNotFound for what was never on sale.
    """
    listing = _by_code(work, code)
    if listing is None or listing.current_version_no == 0 or listing.published_at is None:
        raise ListingNotFound()
    return listing


def readable_listing(work: Work, code: str) -> Listing:
    """A listing that the actor may read: public ones, one's own, and for staff those that were ever sent in.

    Raises ListingNotFound, BlindToReport.
    """
    listing = _by_code(work, code)
    if listing is None or not policy.can_read(work.actor, listing):
        raise ListingNotFound()
    appraisal.refuse_blind_thing(work, listing.thing_id)
    return listing


def own_listing(work: Work, code: str) -> Listing:
    """One of the actor's own listings. Raises ListingNotFound for everybody else's."""
    listing = _by_code(work, code)
    if listing is None or not policy.is_seller(work.actor, listing):
        raise ListingNotFound()
    return listing


def own_published(work: Work, code: str) -> Listing:
    """One of the actor's own listings that is an offer or was one. Raises ListingNotFound for drafts and everybody else's."""
    listing = own_listing(work, code)
    if not listing.current_version_no:
        raise ListingNotFound()
    return listing


def own_draft(work: Work, code: str) -> Listing:
    """One of the actor's own drafts. Raises AlreadyPublished when it has become an offer, ListingNotFound when it is none."""
    listing = own_listing(work, code)
    if listing.state != DRAFT:
        raise AlreadyPublished() if listing.current_version_no else ListingNotFound()
    return listing


def words_of(listing: Listing) -> list[str]:
    """What the seller said the thing is, in Chinese, for the text search: 自动挡, 国六, 天然气."""
    schema = schema_by_id(listing.schema_id)
    told = wizard.facts_told(schema, listing.draft)
    chosen = [(question, told[question.code]) for question in schema.facts if question.code in told and question.options]
    return [option.name.zh for question, code in chosen if (option := question.option(code)) and code != wizard.UNKNOWN]


def holds_data(listing: Listing) -> bool:
    """Whether the thing keeps its owner's data (phones, smart TVs): then it is erased before it is handed over."""
    return schema_by_id(listing.schema_id).needs_erasing(listing.draft)


def listing_by_id(work: Work, listing_id: int) -> Listing | None:
    return work.session.get(Listing, listing_id)


def listings_by_id(work: Work, ids: Iterable[int]) -> dict[int, Listing]:
    """Listings by their internal id. One query."""
    wanted = set(ids)
    found = work.session.scalars(select(Listing).where(Listing.id.in_(wanted))) if wanted else ()
    return {listing.id: listing for listing in found}


def version(work: Work, listing_id: int, no: int) -> ListingVersion:
    """One frozen version. Raises ListingNotFound."""
    row = work.session.scalars(_VERSION, {"listing_id": listing_id, "no": no}).first()
    if row is None:
        raise ListingNotFound()
    return row


def promised_answers(frozen: ListingVersion) -> list[tuple[Any, Any]]:
    """What the seller had said about the thing in this version, in words: see ``wording.answer_lines``."""
    schema, content = schema_by_id(frozen.content["schema"]), frozen.content
    facts = answer_lines(schema.facts, content["thing"].get("facts", {}))
    return [*facts, *answer_lines((*schema.questions, *schema.handing), content["answers"])]


def promised_by_key(frozen: ListingVersion) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """Each answer of the seller in this version: its code, what it is about, and what was said, in both languages."""
    schema, content = schema_by_id(frozen.content["schema"]), frozen.content
    told = {**content["thing"].get("facts", {}), **content["answers"]}
    found = []
    for question in (*schema.facts, *schema.questions, *schema.handing):
        for name, said in answer_lines((question,), told):
            parts = said if isinstance(said, list) else [said]
            both = [part if isinstance(part, dict) else {"zh": part, "en": part} for part in parts]
            joined = {"zh": "、".join(part["zh"] for part in both), "en": ", ".join(part["en"] for part in both)}
            found.append((question.code, name, joined))
    return found


def promised_photos(frozen: ListingVersion) -> list[dict[str, Any]]:
    """The photos of this version: code, SHA-256, and what each shows ({"zh", "en"}; empty for a free photo)."""
    shots = {shot.code: shot.name.names for shot in schema_by_id(frozen.content["schema"]).photos.shots}
    return [{**photo, "shows": shots.get(photo["shot"], {})} for photo in frozen.content["photos"]]


def versions_of(work: Work, listing_id: int) -> list[ListingVersion]:
    """All versions, newest first."""
    rows = select(ListingVersion).where(ListingVersion.listing_id == listing_id).order_by(ListingVersion.no.desc())
    return list(work.session.scalars(rows))


def listings_of_seller(work: Work, seller_id: int, states: Sequence[str] | None = None) -> list[Listing]:
    """A seller's listings in these states (all when None), the one changed last first."""
    own = select(Listing).where(Listing.seller_id == seller_id)
    if states is not None:
        own = own.where(Listing.state.in_(states))
    return list(work.session.scalars(own.order_by(Listing.entered_at.desc(), Listing.id.desc())))


def page_of_seller(
    work: Work, seller_id: int, states: Sequence[str] | None, after: Sequence[Any] | None, limit: int
) -> list[Listing]:
    """Some of a seller's listings, the one changed last first; ``after`` is ``place_of`` the last one of the page before."""
    own = select(Listing).where(Listing.seller_id == seller_id)
    if states is not None:
        own = own.where(Listing.state.in_(states))
    if after is not None:
        at, listing_id = datetime.fromisoformat(after[0]), int(after[1])
        own = own.where(or_(Listing.entered_at < at, and_(Listing.entered_at == at, Listing.id < listing_id)))
    return list(work.session.scalars(own.order_by(Listing.entered_at.desc(), Listing.id.desc()).limit(limit)))


def place_of(listing: Listing) -> list[Any]:
    """Where a listing stands in ``page_of_seller``."""
    return [listing.entered_at.isoformat(), listing.id]


def photos_of(work: Work, listing_id: int) -> list[PhotoOf]:
    """The photos of a listing in the seller's order, whatever their state."""
    return _photos(work, [listing_id]).get(listing_id, [])


def photos_by_listing(work: Work, listing_ids: Sequence[int]) -> dict[int, list[PhotoOf]]:
    """The photos of several listings. One query."""
    return _photos(work, listing_ids)


def photo_of(work: Work, listing_id: int, photo_code: str) -> Photo:
    """A photo that belongs to the listing. Raises ListingNotFound."""
    if not is_code(photo_code):
        raise ListingNotFound()
    belonging = select(Photo).join(ListingPhoto, ListingPhoto.photo_id == Photo.id)
    photo = work.session.scalars(belonging.where(ListingPhoto.listing_id == listing_id, Photo.code == photo_code)).first()
    if photo is None:
        raise ListingNotFound()
    return photo


def decisions_of(work: Work, listing_id: int) -> list[ListingDecision]:
    """Decisions about a listing, newest first."""
    rows = select(ListingDecision).where(ListingDecision.listing_id == listing_id).order_by(ListingDecision.id.desc())
    return list(work.session.scalars(rows))


def last_decision(work: Work, listing_id: int) -> ListingDecision | None:
    return last_decisions(work, [listing_id]).get(listing_id)


def last_decisions(work: Work, listing_ids: Iterable[int]) -> dict[int, ListingDecision]:
    """The newest decision about each of these listings that has one. One query."""
    newest = select(func.max(ListingDecision.id)).where(ListingDecision.listing_id.in_(list(listing_ids)))
    found = select(ListingDecision).where(ListingDecision.id.in_(newest.group_by(ListingDecision.listing_id)))
    return {decision.listing_id: decision for decision in work.session.scalars(found)}


def waiting_for_review(work: Work, limit: int = 100) -> list[tuple[Card, ListingDecision | None]]:
    """Listings that wait for staff, the longest first, each with the rules that fired."""
    waiting = select(Listing).where(Listing.state == IN_REVIEW).order_by(Listing.entered_at, Listing.id).limit(limit)
    rows = list(work.session.scalars(waiting))
    newest = (
        select(func.max(ListingDecision.id))
        .where(ListingDecision.listing_id.in_([row.id for row in rows]), ListingDecision.kind == "rules")
        .group_by(ListingDecision.listing_id)
    )
    found = work.session.scalars(select(ListingDecision).where(ListingDecision.id.in_(newest))) if rows else ()
    fired = {decision.listing_id: decision for decision in found}
    return [(card, fired.get(card.id)) for card in cards(work, [row.id for row in rows])]


def comparables(work: Work, category: str, draft: Any, tier: str | None = None) -> Estimate | None:
    """The price estimate for what the answers describe; None while the model is unknown or not in the catalogue."""
    brand, model, storage_gb = draft.get("brand", ""), draft.get("model", ""), draft.get("storage_gb")
    if category == "phone":
        if catalogue.find_model(category, brand, model) is None or not storage_gb:
            return None
        return valuation.estimate(work, category, brand, model, storage_gb, tier)
    if not brand or not model:
        return None
    schema = newest_schema(category)
    columns = wizard.columns_of(schema, draft) if schema is not None else {}
    facts = {name: columns.get(name) for name in ("kind", "first_used", "mileage_km")}
    return valuation.estimate(work, category, brand, model, None, tier, **facts)


def _by_code(work: Work, code: str) -> Listing | None:
    if not is_code(code):
        return None  # also what a database cannot even look for, such as a NUL character
    return work.session.scalars(_BY_CODE, {"code": code}).first()


_OF_PHOTOS = (
    ListingPhoto.listing_id, Photo.code, Photo.state, Photo.width, Photo.height, Photo.sha256, ListingPhoto.shot, Photo.error,
    Photo.id,
)  # fmt: skip


_PHOTOS = (
    select(*_OF_PHOTOS)
    .join(Photo, Photo.id == ListingPhoto.photo_id)
    .where(ListingPhoto.listing_id.in_(bindparam("ids", expanding=True)))
    .order_by(ListingPhoto.position, ListingPhoto.id)
)


def _photos(work: Work, listing_ids: Sequence[int]) -> dict[int, list[PhotoOf]]:
    if not listing_ids:
        return {}
    found: dict[int, list[PhotoOf]] = {}
    for listing_id, *columns in work.session.execute(_PHOTOS, {"ids": list(listing_ids)}):
        found.setdefault(listing_id, []).append(photo_shown(*columns))
    return found
