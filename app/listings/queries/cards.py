"""Listings as cards: what lists, search results and the first page show of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, select
from sqlalchemy.orm import aliased

from app.appraisal import queries as appraisal
from app.appraisal.queries import ReportState
from app.goods import catalogue
from app.goods.catalogue import District
from app.kernel.db import BigInt
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings.models import Listing, ListingPhoto
from app.listings.states import ACTIVE
from app.media.models import Photo, failure_sentence
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
    thing_id: int

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


def photo_shown(
    code: str, state: str, width: int | None, height: int | None, sha256: str | None, shot: str, error: str | None, photo_id: int
) -> PhotoOf:
    """A row of a photo and its place, as the photo components want it."""
    return PhotoOf(code, state, width, height, sha256, shot, failure_sentence(error), photo_id)


def first_photo(may_be: Callable[[type[Photo]], ColumnElement[bool]]) -> ScalarSelect[int]:
    """For a query of listings: the first place in the seller's order whose photo ``may_be`` shown."""
    belonging, of_place = aliased(ListingPhoto), aliased(Photo)
    return (
        select(belonging.id)
        .join(of_place, of_place.id == belonging.photo_id)
        .where(belonging.listing_id == Listing.id, may_be(of_place))
        .order_by(belonging.position, belonging.id)
        .limit(1)
        .correlate(Listing)
        .scalar_subquery()
    )


def _shown() -> Select[Any]:
    """What a card shows of a listing, not its answers, which are most of the row; and its first ready photo."""
    first = first_photo(lambda photo: photo.state == "ready")
    listing = (
        Listing.id, Listing.code, Listing.category, Listing.title, Listing.price_fen, Listing.tier, Listing.report_code,
        Listing.report_status, Listing.reported_at, Listing.summary, Listing.district, Listing.state, Listing.published_at,
        Listing.seller_id, Listing.thing_id,
    )  # fmt: skip
    photo = (
        Photo.id.label("photo_id"), Photo.code.label("photo_code"), Photo.state.label("photo_state"), Photo.width, Photo.height,
        Photo.sha256, ListingPhoto.shot, Photo.error,
    )  # fmt: skip
    return (
        select(*listing, *photo)
        .select_from(Listing)
        .outerjoin(ListingPhoto, ListingPhoto.id == first)
        .outerjoin(Photo, Photo.id == ListingPhoto.photo_id)
    )


# Statements of the pages that are asked for most are put together once: that costs more than to ask.
_SHOWN = _shown()
_CARDS = _SHOWN.where(Listing.id.in_(bindparam("ids", expanding=True)))
_NEWEST_FIRST = (Listing.published_at.desc(), Listing.id.desc())
_NEWEST = _SHOWN.where(Listing.state == ACTIVE).order_by(*_NEWEST_FIRST).limit(bindparam("limit", type_=BigInt))


class KeptCards(Protocol):
    """Cards without how their reports stand, kept by somebody who knows that they are those of this moment."""

    def get(self, listing_id: int) -> Card | None: ...

    def keep(self, cards: Mapping[int, Card]) -> None: ...


def cards(work: Work, ids: Iterable[int], kept: KeptCards | None = None) -> list[Card]:
    """Cards of the listings, in the ids' order; ids that do not exist are left out. Two SQL queries, one where rows are kept."""
    wanted = list(dict.fromkeys(ids))
    found = {one: card for one in wanted if (card := kept.get(one)) is not None} if kept is not None else {}
    missing = [one for one in wanted if one not in found]
    if missing:
        read = {row.id: _card(row) for row in work.session.execute(_CARDS, {"ids": missing})}
        found |= read
        if kept is not None:
            kept.keep(read)
    return _dressed(work, [found[one] for one in wanted if one in found])


def recent(work: Work, limit: int = 12) -> list[Card]:
    """What was put on sale last."""
    return _dressed(work, map(_card, work.session.execute(_NEWEST, {"limit": limit})))


def on_sale_of(work: Work, seller_id: int, limit: int = 24) -> list[Card]:
    """What a seller offers just now, newest first, for the public seller page."""
    own = _SHOWN.where(Listing.seller_id == seller_id, Listing.state == ACTIVE).order_by(*_NEWEST_FIRST)
    return _dressed(work, map(_card, work.session.execute(own.limit(limit))))


_OUTLIVED = {
    "expired": Words(zh="报告已过有效期", en="report expired"),
    "contested": Words(zh="等级正被质疑", en="grade contested"),
    "changed": Words(zh="出报告后有变化", en="changed since"),
    "revoked": Words(zh="报告已撤回", en="report withdrawn"),
}


_HIDDEN = Words(zh="贵机构正在复检，等级不显示", en="your agency inspects it again: the grade is hidden")


def verdict_of(listing: Listing, state: ReportState | None = None) -> Words:
    """The first sentence about a listing, made from facts only. ``state``: how its report stands today."""
    return _as_of_now(_told_by_report(listing), state)


def _as_of_now(told: Words, state: ReportState | None) -> Words:
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


def _dressed(work: Work, plain: Iterable[Card]) -> list[Card]:
    """The cards with how their reports stand today, and without the grade of what the reader must not know. One query."""
    told = list(plain)
    states = appraisal.report_states(work, [card.report_code for card in told if card.report_code])
    hidden = appraisal.blind_things(work)
    return [_hidden(card) if card.thing_id in hidden else _dated(card, states.get(card.report_code or "")) for card in told]


def _dated(card: Card, state: ReportState | None) -> Card:
    verdict = _as_of_now(card.verdict, state)
    return card if verdict is card.verdict else replace(card, verdict=verdict)


def _hidden(card: Card) -> Card:
    """For whoever inspects the thing a second time and must not see its grade."""
    return replace(card, tier=None, report_code=None, report_status=None, verdict=_HIDDEN)


def _card(row: Any) -> Card:
    """The row as a card, whatever has become of its report."""
    photo = None
    if row.photo_code is not None:
        photo = photo_shown(row.photo_code, row.photo_state, row.width, row.height, row.sha256, row.shot, row.error, row.photo_id)
    return Card(
        id=row.id,
        code=row.code,
        category=row.category,
        title=row.title,
        price_fen=row.price_fen,
        tier=row.tier,
        report_code=row.report_code,
        report_status=row.report_status,
        district=district_names(row.district),
        photo=photo,
        state=row.state,
        verdict=_told_by_report(row),
        published_at=row.published_at,
        seller_id=row.seller_id,
        thing_id=row.thing_id,
    )
