"""Reads of listings, for pages and for the rooms above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from app.appraisal import queries as appraisal
from app.appraisal.queries import ReportState
from app.goods import catalogue
from app.goods.catalogue import District
from app.kernel.db import BigInt
from app.kernel.ids import is_code
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import policy, wizard
from app.listings.errors import AlreadyPublished, ListingNotFound
from app.listings.models import Listing, ListingDecision, ListingPhoto, ListingVersion
from app.listings.schema import newest_schema, schema_by_id
from app.listings.states import ACTIVE, DRAFT, IN_REVIEW, PUBLIC
from app.listings.wording import answer_lines
from app.media.models import Photo, failure_sentence
from app.valuation import queries as valuation
from app.valuation.queries import Estimate
from grading import list_schemes, load_scheme


class Words(dict[str, str]):
    """Words in both languages ({"zh", "en"}); written out by itself it is the Chinese. Pages use ``|named``."""

    def __str__(self) -> str:
        return self.get("zh", "")


@dataclass(frozen=True)
class PhotoOf:
    """One photo of a listing, ready for the photo components."""

    code: str
    state: str
    width: int | None
    height: int | None
    sha256: str | None
    shot: str
    sentence: str  # why it failed; empty otherwise
    photo_id: int


@dataclass(frozen=True)
class Card:
    """A listing as a card: what search results, lists and the first page show of it."""

    id: int
    code: str
    category: str
    title: str
    price_fen: int | None
    tier: str | None
    report_code: str | None
    report_status: str | None
    district: Words
    photo: PhotoOf | None
    state: str
    verdict: Words
    published_at: datetime | None
    seller_id: int

    @property
    def tier_kind(self) -> str:
        """The shape of its badge: what an inspection barred or found to be an accident car never looks like a grade."""
        if self.report_code is None:
            return "ungraded"
        return "graded" if self.report_status == "graded" else "barred"

    @property
    def photo_code(self) -> str | None:
        return self.photo.code if self.photo else None

    @property
    def district_name(self) -> str:
        return str(self.district)

    @property
    def tier_name(self) -> Words | None:
        return tier_words(self.category, self.tier) if self.tier else None


# What a card shows of a listing: not its answers, which are most of the row.
_ON_CARDS = (
    Listing.id, Listing.code, Listing.category, Listing.title, Listing.price_fen, Listing.tier, Listing.report_code,
    Listing.report_status, Listing.reported_at, Listing.summary, Listing.district, Listing.state, Listing.published_at,
    Listing.seller_id, Listing.thing_id,
)  # fmt: skip
# Statements of the pages that are asked for most are put together once: that costs more than to ask.
_CARDS = select(*_ON_CARDS).where(Listing.id.in_(bindparam("ids", expanding=True)))
_BY_CODE = select(Listing).where(Listing.code == bindparam("code"))
_VERSION = select(ListingVersion).where(
    ListingVersion.listing_id == bindparam("listing_id"), ListingVersion.no == bindparam("no")
)

_NEWEST = (
    select(*_ON_CARDS)
    .where(Listing.state == ACTIVE)
    .order_by(Listing.published_at.desc(), Listing.id.desc())
    .limit(bindparam("limit", type_=BigInt))
)


def cards(work: Work, ids: Iterable[int]) -> list[Card]:
    """Cards of the listings, in the ids' order; ids that do not exist are left out. Two SQL queries."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    rows = {row.id: row for row in work.session.execute(_CARDS, {"ids": wanted})}
    return _dressed(work, [rows[one] for one in wanted if one in rows])


def recent(work: Work, limit: int = 12) -> list[Card]:
    """What was put on sale last."""
    return _dressed(work, work.session.execute(_NEWEST, {"limit": limit}).all())


def on_sale_of(work: Work, seller_id: int, limit: int = 24) -> list[Card]:
    """What a seller offers just now, newest first, for the public seller page."""
    own = select(*_ON_CARDS).where(Listing.seller_id == seller_id, Listing.state == ACTIVE)
    newest = own.order_by(Listing.published_at.desc(), Listing.id.desc())
    return _dressed(work, work.session.execute(newest.limit(limit)).all())


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
    return [(card, fired.get(card.id)) for card in _dressed(work, rows)]


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


_OUTLIVED = {
    "expired": Words(zh="报告已过有效期", en="report expired"),
    "contested": Words(zh="等级正被质疑", en="grade contested"),
    "changed": Words(zh="出报告后有变化", en="changed since"),
    "revoked": Words(zh="报告已撤回", en="report withdrawn"),
}


_HIDDEN = Words(zh="贵机构正在复检，等级不显示", en="your agency inspects it again: the grade is hidden")


def verdict_of(listing: Listing, state: ReportState | None = None) -> Words:
    """The first sentence about a listing, made from facts only. ``state``: how its report stands today."""
    told = _told_by_report(listing)
    outlived = _OUTLIVED.get(state.kind) if state is not None else None
    if outlived is None:
        return told
    return Words(zh=f"{told['zh']} · {outlived['zh']}", en=f"{told['en']} · {outlived['en']}")


def _told_by_report(listing: Listing) -> Words:
    if listing.report_code and listing.reported_at is not None:
        day = shanghai_day(listing.reported_at).isoformat()
        if listing.tier:
            found = {"zh": "，事故车", "en": ", accident car"} if listing.report_status == "accident" else {"zh": "", "en": ""}
            grade = listing.tier if listing.tier.endswith("级") else f"{listing.tier} 级"
            return Words(
                zh=f"第三方鉴定 {grade}{found['zh']} · {day} 出具报告",
                en=f"Third-party grade {listing.tier}{found['en']} · report of {day}",
            )
        return Words(zh=f"第三方鉴定：未能评级 · {day} 出具报告", en=f"Appraised, but not gradable · report of {day}")
    return told_verdict(listing.summary or {})


def told_verdict(told: Mapping[str, str]) -> Words:
    """The first sentence about a listing that was not appraised: the seller's own words, marked as such."""
    if not told:
        return Words(zh="未鉴定 · 卖家自述", en="Not appraised · seller's own words")
    return Words(zh=f"未鉴定 · 卖家自述：{told['zh']}", en=f"Not appraised · seller says: {told['en']}")


@cache
def tier_words(category: str, tier: str) -> Words:
    """What a tier of the category's scheme is called ("优品"); empty for a tier that the scheme does not know.

    Schemes lie in files that do not change while the process runs.
    """
    schemes = [scheme for scheme in map(load_scheme, list_schemes()) if scheme.category == category]
    newest = max(schemes, key=lambda scheme: (scheme.effective_from, scheme.id))
    named = [found.name for found in newest.tiers if found.code == tier]
    return Words(zh=named[0]["zh"], en=named[0]["en"]) if named else Words()


def district_names(code: str) -> Words:
    """How a district is called on cards and pages."""
    district: District | None = catalogue.find_district(code)
    return Words(zh=district.short, en=district.name.en) if district else Words()


def _by_code(work: Work, code: str) -> Listing | None:
    if not is_code(code):
        return None  # also what a database cannot even look for, such as a NUL character
    return work.session.scalars(_BY_CODE, {"code": code}).first()


def _dressed(work: Work, rows: Sequence[Any]) -> list[Card]:
    """The rows as cards, with their first photo and with how their report stands today. Two queries."""
    states = appraisal.report_states(work, [row.report_code for row in rows if row.report_code])
    hidden = appraisal.blind_things(work)
    return [
        _card(row, photo, states.get(row.report_code or ""), hidden=row.thing_id in hidden)
        for row, photo in _with_first_photos(work, rows)
    ]


def _card(row: Any, photo: PhotoOf | None, state: ReportState | None, *, hidden: bool) -> Card:
    """``hidden``: the reader inspects the thing a second time and must not see its grade."""
    return Card(
        id=row.id,
        code=row.code,
        category=row.category,
        title=row.title,
        price_fen=row.price_fen,
        tier=None if hidden else row.tier,
        report_code=None if hidden else row.report_code,
        report_status=None if hidden else row.report_status,
        district=district_names(row.district),
        photo=photo,
        state=row.state,
        verdict=_HIDDEN if hidden else verdict_of(row, state),
        published_at=row.published_at,
        seller_id=row.seller_id,
    )


def _with_first_photos(work: Work, rows: Sequence[Any]) -> list[tuple[Any, PhotoOf | None]]:
    """Each row with the first ready photo of its listing. One query."""
    if not rows:
        return []
    found = work.session.execute(_FIRST_PHOTOS, {"ids": [row.id for row in rows]})
    photos = {listing_id: _photo(*columns) for listing_id, *columns in found}
    return [(row, photos.get(row.id)) for row in rows]


_OF_PHOTOS = (
    ListingPhoto.listing_id, Photo.code, Photo.state, Photo.width, Photo.height, Photo.sha256, ListingPhoto.shot, Photo.error,
    Photo.id,
)  # fmt: skip


def _first_photos() -> Select[Any]:
    belonging, of_place = aliased(ListingPhoto), aliased(Photo)
    first = (
        select(belonging.id)
        .join(of_place, of_place.id == belonging.photo_id)
        .where(belonging.listing_id == Listing.id, of_place.state == "ready")
        .order_by(belonging.position, belonging.id)
        .limit(1)
        .correlate(Listing)
        .scalar_subquery()
    )
    return (
        select(*_OF_PHOTOS)
        .select_from(Listing)
        .join(ListingPhoto, ListingPhoto.id == first)
        .join(Photo, Photo.id == ListingPhoto.photo_id)
        .where(Listing.id.in_(bindparam("ids", expanding=True)))
    )


_FIRST_PHOTOS = _first_photos()
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
        found.setdefault(listing_id, []).append(_photo(*columns))
    return found


def _photo(
    code: str, state: str, width: int | None, height: int | None, sha256: str | None, shot: str, error: str | None, photo_id: int
) -> PhotoOf:
    return PhotoOf(code, state, width, height, sha256, shot, failure_sentence(error), photo_id)
