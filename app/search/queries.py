"""Reads of the search: filters, facets, order and pages over the listings that the text index found.

Counts, order and page come from the shelf (shelf.py), a copy of the facets and amounts of everything on sale that is never
behind the database; the rows that are shown are read from the table.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy import and_ as all_of
from sqlalchemy import or_ as any_of

from app.goods import catalogue
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings.models import Listing
from app.search.rules import (
    AGE_BOUNDS_YEARS,
    CAPACITY_BOUNDS,
    FACETS,
    FILTERS,
    MILEAGE_BOUNDS_KM,
    NEWEST,
    PRICE_DOWN,
    PRICE_UP,
    SearchQuery,
    age_months,
    bands,
    end_of,
)
from app.search.shelf import Cards, Shelf, amount_of
from app.search.shelf import of as shelf_of
from app.search.vocabulary import makers
from app.search.words import QueryWords

CHUNK = 500
# Filters that make no sense without another one go with it.
_DROPPED_WITH = {"category": set(FILTERS) - {"price", "district"}, "brand": {"brand", "model"}, "kind": {"kind", "capacity"}}
_NEWEST = ("published", True)
ORDERS = {NEWEST: (_NEWEST,), PRICE_UP: (("price_fen", False), _NEWEST), PRICE_DOWN: (("price_fen", True), _NEWEST)}
KEPT_ANSWERS = 200  # in a process; each has a bit for every listing on sale
ACTIVE = "active"  # the state of a listing that is on sale


@dataclass(frozen=True)
class Found:
    """What the text says: ids from the index, best first; or words for LIKE when there is no index; or nothing was asked."""

    ids: Sequence[int] | None = None
    state: Hashable = None  # of the index that said so
    like: QueryWords | None = None


@dataclass(frozen=True)
class Place:
    """Where a list went up to: its last listing with what it was put in order by, and how many there were until then."""

    id: int
    published_at: datetime
    price_fen: int
    shown: int


@dataclass
class Counts:
    """Numbers beside the results: facet -> value -> listings; `without` filter -> listings when that filter is dropped.

    Kept as long as they are true; `made` is what pages made of them, kept with them.
    """

    total: int = 0
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    without: dict[str, int] = field(default_factory=dict)
    made: dict[Hashable, Any] = field(default_factory=dict, compare=False)


class Finds(NamedTuple):
    """What a query finds: the numbers, the page that is shown (the last one at most), and the ids on it in its order."""

    counts: Counts
    page: int
    ids: list[int]
    cards: Cards | None  # as far as they are kept


def look_up(work: Work, query: SearchQuery, found: Found, per_page: int, most_pages: int, after: Place | None = None) -> Finds:
    """What the query finds.

    ``after``: instead of a page by its number, what follows this listing, wherever it stands by now. In the order of relevance a
    listing has no standing of its own: there it is what follows it among the finds, or as many as were shown when it is gone.
    One SQL query for the journal of the shelf, and what that has to read anew.
    """
    like = _like_ids(work, found)
    with _shelf(work) as (shelf, cards):
        everything = _on_sale_now(shelf, work)
        counts, wanted = _counted(shelf, work, query, found, like, everything)
        page = max(1, min(query.page, most_pages, -(-counts.total // per_page)))
        offset = (page - 1) * per_page
        if found.ids is not None and query.sort not in ORDERS:
            ids = found.ids
            if after is not None and after.id in ids:
                ids, offset = ids[ids.index(after.id) + 1 :], 0
            elif after is not None:
                offset = after.shown
            return Finds(counts, page, shelf.first(ids, wanted, per_page, offset), cards)
        order = ORDERS.get(query.sort, ORDERS[NEWEST])
        if after is not None:
            standing = {"published": amount_of(after.published_at) or 0, "price_fen": after.price_fen}
            wanted, offset = wanted & shelf.behind(order, [standing[name] for name, _ in order], after.id), 0
        return Finds(counts, page, shelf.in_order(wanted, order, per_page, offset), cards)


def _counted(shelf: Shelf, work: Work, query: SearchQuery, found: Found, like: list[int], everything: int) -> tuple[Counts, int]:
    """The numbers and what the query finds as bits; from memory while nothing on sale has changed and no offer has run out."""
    if found.like is not None:
        return _count(shelf, work, query, found, like, everything)
    key = (replace(query, sort="", page=1), found.state, shanghai_day(work.now))
    kept = shelf.kept.get(key)
    if kept is None or kept[0] != everything:
        if len(shelf.kept) >= KEPT_ANSWERS:
            shelf.kept.clear()
        kept = shelf.kept[key] = (everything, _count(shelf, work, query, found, like, everything))
    return kept[1]  # type: ignore[no-any-return]


def _count(shelf: Shelf, work: Work, query: SearchQuery, found: Found, like: list[int], everything: int) -> tuple[Counts, int]:
    """A facet counts with every other filter on and its own off, so that the other choices can be seen."""
    base = _text_match(shelf, everything, found, like)
    passing = _passing(shelf, work, query)
    wanted = _all(base, passing, FILTERS)
    result = Counts(total=wanted.bit_count())
    needs = {"model": query.brand, "capacity": query.kind}  # listed only within a brand, within a kind
    for name in (each for each in FACETS[query.category] if needs.get(each, "yes")):
        kept = _all(base, passing, set(FILTERS) - _DROPPED_WITH.get(name, {name}))
        counted = {value: (bits & kept).bit_count() for value, bits in _values(shelf, work, query, name)}
        result.facets[name] = {value: number for value, number in counted.items() if number}
    active = query.active_filters()
    for name in active:
        kept = _all(base, passing, set(FILTERS) - _DROPPED_WITH.get(name, {name}))
        result.without[name] = kept.bit_count()
    if len(active) > 1:
        result.without["filters"] = base.bit_count()
    if found.ids is not None or found.like is not None:
        result.without["text"] = _all(everything, passing, FILTERS).bit_count()
    return result, wanted


def matching(work: Work, query: SearchQuery, ids: Sequence[int]) -> set[int]:
    """Which of these listings are on sale and pass the filters of the query."""
    with _shelf(work) as (shelf, _):
        return set(shelf.ids(_all(_on_sale_now(shelf, work) & shelf.of(ids), _passing(shelf, work, query), FILTERS)))


def on_sale(work: Work, ids: Sequence[int]) -> list[Listing]:
    """Those of the listings that the index should hold. One SQL query."""
    return list(work.session.scalars(select(Listing).where(Listing.id.in_(ids), Listing.state == ACTIVE)))


def next_on_sale(work: Work, after_id: int, limit: int = CHUNK) -> list[Listing]:
    """Listings on sale in the order of their ids, for going through all of them. One SQL query."""
    rows = select(Listing).where(Listing.id > after_id, Listing.state == ACTIVE)
    return list(work.session.scalars(rows.order_by(Listing.id).limit(limit)))


def on_sale_ids(work: Work) -> set[int]:
    """Ids of everything that is on sale. One SQL query."""
    return set(work.session.scalars(select(Listing.id).where(Listing.state == ACTIVE)))


# -- inside --------------------------------------------------------------------------------------------------------------


@contextmanager
def _shelf(work: Work) -> Iterator[tuple[Shelf, Cards | None]]:
    """The shelf in the state of this moment, for as long as the block; and the cards that are kept, for as long as the work."""
    found = shelf_of(work, VALUES, AMOUNTS)
    with found.lock:
        cards = found.renew(work)
        yield found, cards


def _on_sale_now(shelf: Shelf, work: Work) -> int:
    """On sale now; an offer whose time is over is gone at once, also before its deadline has been worked off."""
    return shelf.between("expires", (amount_of(work.now) or 0) + 1, None) | shelf.unknown("expires")


def _text_match(shelf: Shelf, everything: int, found: Found, like: list[int]) -> int:
    if found.ids is not None:
        return everything & shelf.of(found.ids)
    return everything & shelf.of(like) if found.like is not None else everything


def _passing(shelf: Shelf, work: Work, query: SearchQuery) -> dict[str, int]:
    """For each filter that is set: the listings that pass it."""
    same = {
        "category": query.category,
        "brand": query.brand,
        "kind": query.kind,
        "energy": query.energy,
        "storage": query.storage_gb,
        "district": query.district,
    }
    passing = {name: shelf.having(name, value) for name, value in same.items() if value not in ("", None)}
    if query.model:
        named = [bits for value, bits in shelf.values("model") if value.partition("/")[2] == query.model]
        passing["model"] = shelf.having("model", f"{query.brand}/{query.model}") if query.brand else reduce(or_, named, 0)
    if query.age is not None:
        passing["age"] = _of_age(shelf, work, query.age)
    if query.mileage is not None:
        passing["mileage"] = _of_mileage(shelf, query.mileage)
    if query.capacity is not None:
        passing["capacity"] = _of_capacity(shelf, query.kind, query.capacity)
    if query.tiers:
        passing["tier"] = reduce(or_, (shelf.having("tier", tier) for tier in query.tiers))
    elif query.appraised:
        passing["tier"] = shelf.everything & ~shelf.having("tier", None)
    if query.min_fen is not None or query.max_fen is not None:
        passing["price"] = shelf.between("price_fen", query.min_fen, query.max_fen)
    return passing


def _values(shelf: Shelf, work: Work, query: SearchQuery, facet: str) -> list[tuple[str, int]]:
    """Every value of a facet with its listings; bands are put together from amounts."""
    if facet == "price":
        return [(band.code, shelf.between("price_fen", band.min_fen, band.max_fen)) for band in bands(query.category)]
    if facet == "age":
        return [(str(least), _of_age(shelf, work, least)) for least in AGE_BOUNDS_YEARS]
    if facet == "mileage":
        return [(str(least), _of_mileage(shelf, least)) for least in MILEAGE_BOUNDS_KM]
    if facet == "capacity":
        return [(str(least), _of_capacity(shelf, query.kind, least)) for least in CAPACITY_BOUNDS.get(query.kind, ())]
    if facet == "model":
        own = f"{query.brand}/"
        return [(value.removeprefix(own), bits) for value, bits in shelf.values("model") if value.startswith(own)]
    return [("" if value is None else str(value), bits) for value, bits in shelf.values(facet)]


def _of_age(shelf: Shelf, work: Work, least: int) -> int:
    earliest, latest = age_months(shanghai_day(work.now), least)
    return shelf.between("first_used", amount_of(earliest), amount_of(latest))


def _of_mileage(shelf: Shelf, least: int) -> int:
    most = end_of(MILEAGE_BOUNDS_KM, least)
    return shelf.between("mileage_km", least, most - 1 if most is not None else None)


def _of_capacity(shelf: Shelf, kind: str, least: int) -> int:
    most = end_of(CAPACITY_BOUNDS.get(kind, ()), least)
    return shelf.between("capacity_tenths", least, most - 1 if most is not None else None)


def _all(base: int, passing: dict[str, int], names: Iterable[str]) -> int:
    return reduce(and_, (passing[name] for name in names if name in passing), base)


def _like_ids(work: Work, found: Found) -> list[int]:
    """Without an index: ids of the listings in whose title or facts the words stand. One SQL query, none otherwise."""
    return list(work.session.scalars(select(Listing.id).where(_on_sale(work), _like(found)))) if found.like is not None else []


def _on_sale(work: Work) -> ColumnElement[bool]:
    """On sale now; an offer whose time is over is gone at once, also before its deadline has been worked off."""
    return all_of(Listing.state == ACTIVE, any_of(Listing.expires_at.is_(None), Listing.expires_at > work.now))


def _like(found: Found) -> ColumnElement[bool]:
    """The words of a query without an index: each must stand in the title or be the brand, model, storage or place."""
    if found.like is None:
        return true()
    return all_of(true(), *[_holds(word) for word in found.like.required])


def _holds(word: str) -> ColumnElement[bool]:
    ways = [func.lower(Listing.title).contains(word, autoescape=True), Listing.model.contains(word, autoescape=True)]
    brands = [brand.code for brand, _models in makers() if word == brand.code or word in brand.also]
    if brands:
        ways.append(Listing.brand.in_(brands))
    if word.isascii() and word.isdigit() and len(word) <= 5:
        ways.append(Listing.storage_gb == int(word))
    places = [district.code for district in catalogue.districts() if district.short == word]
    if places:
        ways.append(Listing.district.in_(places))
    kinds = (*catalogue.appliance_types(), *catalogue.bodies(), *catalogue.energies())
    meant = [kind.code for kind in kinds if word in (kind.code, kind.name.zh, *kind.aliases)]
    if meant:
        ways.extend([Listing.kind.in_(meant), Listing.energy.in_(meant)])
    if word in {"手机", "汽车", "二手车", "家电", "电器", "重庆"}:
        ways.append(true())
    return any_of(*ways)


# What the shelf keeps of every listing on sale: facets, and amounts of which ranges are asked.
VALUES = {
    "category": Listing.category,
    "brand": Listing.brand,
    "model": Listing.brand.concat("/").concat(Listing.model),
    "kind": Listing.kind,
    "energy": Listing.energy,
    "storage": Listing.storage_gb,
    "tier": Listing.tier,
    "district": Listing.district,
}
AMOUNTS = {
    "price_fen": Listing.price_fen,
    "expires": Listing.expires_at,
    "published": Listing.published_at,
    "first_used": Listing.first_used,
    "mileage_km": Listing.mileage_km,
    "capacity_tenths": Listing.capacity_tenths,
}
