"""Finding things: one search with its facets and ways out, and building the index anew."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

import structlog

import grading
from app.goods import catalogue
from app.goods.queries import OTHER
from app.kernel.faults import describe
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM, Database, Work
from app.listings import queries as listings
from app.listings.models import Listing
from app.listings.queries import Card
from app.search import queries
from app.search.errors import SearchUnavailable
from app.search.index import Document, WhooshIndex
from app.search.queries import Counts, Found, Place
from app.search.rules import (
    AGE_BOUNDS_YEARS,
    CAPACITY_BOUNDS,
    FILTERS,
    MAX_PAGE,
    MILEAGE_BOUNDS_KM,
    PER_PAGE,
    RELEVANCE,
    SearchQuery,
    age_names,
    bands,
    brand_names,
    capacity_names,
    category_names,
    district_names,
    kind_names,
    mileage_names,
    model_names,
    same,
    shown_word,
    storage_words,
    tier_names,
)
from app.search.words import QueryWords, document_words, query_words

log = structlog.get_logger("search")

MAX_DROPPED_WORDS = 4  # how many words of a text without results are tried without, one at a time


@dataclass(frozen=True)
class Facet:
    """One value of a filter with the number of listings it would leave. `name` is {"zh", "en"}."""

    value: str
    name: dict[str, str] = field(hash=False)
    count: int
    chosen: bool


@dataclass(frozen=True)
class Relaxation:
    """A search nearby that finds something. `kind`: the filter that it drops, "filters", "text" or "word" (then `word`)."""

    kind: str
    query: SearchQuery
    count: int
    word: str = ""


@dataclass(frozen=True)
class SearchPage:
    """What the page shows. `degraded`: the text was compared with titles only, because the index did not answer."""

    query: SearchQuery
    cards: list[Card]
    total: int
    pages: int
    facets: dict[str, list[Facet]]
    relaxations: list[Relaxation]
    tier_names: dict[str, dict[str, str]]  # tiers of the scheme in force, best first
    made: dict[Hashable, Any] = field(default_factory=dict, compare=False)  # what was made of the same numbers before
    degraded: bool = False
    shortened: bool = False
    goes_on: bool = False  # whether there is more behind these cards


def search(work: Work, index: WhooshIndex, query: SearchQuery, after: Place | None = None) -> SearchPage:
    """Listings on sale for the query. At most four SQL queries, however many listings and filters there are.

    The page is that of the query's number, or what follows a place. Never raises for the index: without it the words are looked
    for in the titles, and the page says so.
    """
    words = query_words(query.text)
    found, degraded = _look_up(index, query, words)
    per_page = PER_PAGE if after is None else PER_PAGE + 1  # one more tells whether there is more
    counts, page, ids, kept = queries.look_up(work, query, found, per_page, MAX_PAGE, after)
    query = replace(query, page=page)
    tiers = _tier_names(shanghai_day(work.now), query.category)
    return SearchPage(
        query=query,
        cards=listings.cards(work, ids[:PER_PAGE], kept),
        total=counts.total,
        pages=min(MAX_PAGE, max(1, -(-counts.total // PER_PAGE))),
        facets=_facets(query, counts, tiers),
        relaxations=[] if counts.total else _relaxations(work, index, query, words, counts, degraded=degraded),
        degraded=degraded,
        shortened=words.shortened,
        tier_names=tiers,
        made=counts.made,
        goes_on=page * PER_PAGE < counts.total if after is None else len(ids) > PER_PAGE,
    )


def rebuild(db: Database, index: WhooshIndex) -> int:
    """Build the index anew from the database and switch to it; returns how many listings it holds.

    Raises SearchUnavailable when another rebuild is running.
    """
    return index.rebuild(_all_documents(db))


def refresh(db: Database, index: WhooshIndex, listing_ids: Sequence[int]) -> None:
    """Bring these listings in the index to what the database says. Safe to repeat; raises SearchUnavailable."""

    def read(ids: Sequence[int]) -> list[Document]:
        with db.look(SYSTEM) as work:
            return [_document(listing) for listing in queries.on_sale(work, ids)]

    index.refresh(listing_ids, read)


def differences(db: Database, index: WhooshIndex) -> tuple[set[int], set[int]]:
    """(on sale but not in the index, in the index but not on sale). Both are empty when every job has run."""
    held = index.listing_ids()
    with db.look(SYSTEM) as work:
        wanted = queries.on_sale_ids(work)
    return wanted - held, held - wanted


# -- inside --------------------------------------------------------------------------------------------------------------


def _look_up(index: WhooshIndex, query: SearchQuery, words: QueryWords) -> tuple[Found, bool]:
    if words.is_empty:
        return Found(), False
    try:
        state, ids = index.ranked(words, scored=query.sort == RELEVANCE)
        return Found(ids, state), False
    except SearchUnavailable as trouble:
        log.warning("search_without_index", error=describe(trouble.__cause__ or trouble))
        return Found(like=words), True


def _facets(query: SearchQuery, counts: Counts, tiers: dict[str, dict[str, str]]) -> dict[str, list[Facet]]:
    """Facets with names, kept with the counts, which belong to these filters and this day."""
    if "facets" not in counts.made:
        counts.made["facets"] = _named_facets(query, counts, tiers)
    return counts.made["facets"]  # type: ignore[no-any-return]


def _named_facets(query: SearchQuery, counts: Counts, tiers: dict[str, dict[str, str]]) -> dict[str, list[Facet]]:
    """Facets with names, the fullest first where there is no natural order; a chosen value stays even when it finds nothing."""
    found = {name: dict(values) for name, values in counts.facets.items()}
    priced = query.min_fen is not None or query.max_fen is not None
    own = {band.code for band in bands(query.category) if (band.min_fen, band.max_fen) == (query.min_fen or 0, query.max_fen)}
    chosen: dict[str, set[str]] = {
        "category": {query.category} - {""},
        "brand": {query.brand} - {""},
        "model": {query.model} - {""},
        "kind": {query.kind} - {""},
        "energy": {query.energy} - {""},
        "age": _text_of(query.age),
        "mileage": _text_of(query.mileage),
        "capacity": _text_of(query.capacity),
        "storage": _text_of(query.storage_gb),
        "tier": set(query.tiers),
        "district": {query.district} - {""},
        "price": own if priced else set(),
    }

    def numbers(name: str) -> list[str]:
        return sorted({*found.get(name, {}), *chosen[name]} - {""}, key=int)

    listed_models = [model for each in _places(query) for model in catalogue.models(each, query.brand)]
    order: dict[str, list[str]] = {
        "category": list(catalogue.CATEGORIES),
        "brand": sorted(found.get("brand", {}), key=lambda code: (-found["brand"][code], code)),
        "model": [*(model.code for model in reversed(listed_models)), OTHER],
        "kind": [kind.code for kind in (*catalogue.appliance_types(), *catalogue.bodies())],
        "energy": [kind.code for kind in catalogue.energies()],
        "age": [str(each) for each in AGE_BOUNDS_YEARS],
        "mileage": [str(each) for each in MILEAGE_BOUNDS_KM],
        "capacity": [str(each) for each in CAPACITY_BOUNDS.get(query.kind, ())],
        "storage": numbers("storage"),
        "tier": list(tiers),
        "district": [district.code for district in catalogue.districts()],
        "price": [band.code for band in bands(query.category)],
    }
    facets: dict[str, list[Facet]] = {}
    for name, values in found.items():
        listed = list(dict.fromkeys([*order[name], *sorted(chosen[name])]))
        facets[name] = [
            Facet(value, _name(name, query, value, tiers), values.get(value, 0), value in chosen[name])
            for value in listed
            if value and (values.get(value) or value in chosen[name])
        ]
    return facets


def _name(facet: str, query: SearchQuery, value: str, tiers: dict[str, dict[str, str]]) -> dict[str, str]:
    if facet == "tier":
        return tier_names(value, tiers.get(value, {"zh": "", "en": ""}))
    if facet == "storage":
        words = storage_words(int(value))
        return {"zh": words, "en": words}
    if facet == "model":
        return model_names(query.category, query.brand, value)
    if facet == "capacity":
        return capacity_names(value, query.kind)
    return _NAMES.get(facet, same)(value)


def _text_of(number: int | None) -> set[str]:
    return set() if number is None else {str(number)}


def _places(query: SearchQuery) -> Sequence[str]:
    return (query.category,) if query.category else catalogue.CATEGORIES


def _relaxations(
    work: Work, index: WhooshIndex, query: SearchQuery, words: QueryWords, counts: Counts, *, degraded: bool
) -> list[Relaxation]:
    """Searches nearby that find something: without one filter, without one word, without all filters, without the text.

    The nearest first: those that drop one thing, and among them the one that leaves the fewest, which is the most similar.
    """
    near = [
        Relaxation(name, query.without(name), counts.without[name])
        for name in FILTERS
        if counts.without.get(name) and not (name == "brand" and query.model and counts.without.get("model"))
    ]
    if not degraded:
        near.extend(_with_fewer_words(work, index, query, words))
    near.sort(key=lambda each: each.count)
    wide = []
    if counts.without.get("filters"):
        wide.append(Relaxation("filters", query.without(*query.active_filters()), counts.without["filters"]))
    if counts.without.get("text"):
        wide.append(Relaxation("text", query.without("text"), counts.without["text"]))
    return [*near, *wide]


def _with_fewer_words(work: Work, index: WhooshIndex, query: SearchQuery, words: QueryWords) -> list[Relaxation]:
    if len(words.required) < 2:
        return []
    tried: dict[str, tuple[list[str], set[int]]] = {}
    for word in reversed(words.required):
        if len(tried) == MAX_DROPPED_WORDS:
            break
        kept = [each for each in words.required if each != word]
        try:
            hits = index.match(QueryWords(required=tuple(kept)), scored=False)
        except SearchUnavailable:
            return []  # it went away between two looks: the page has its other ways out
        if hits:
            tried[word] = (kept, {listing_id for listing_id, _ in hits})
    candidates = set().union(*(ids for _, ids in tried.values())) if tried else set()
    if not candidates:
        return []
    passing = queries.matching(work, query, sorted(candidates))
    return [
        Relaxation("word", replace(query, text=" ".join(map(shown_word, kept)), page=1), len(ids & passing), shown_word(word))
        for word, (kept, ids) in tried.items()
        if ids & passing
    ]


@lru_cache(maxsize=16)
def _tier_names(day: date, category: str) -> dict[str, dict[str, str]]:
    """Tiers of the schemes in force for a category, best first; of all categories when none is chosen."""
    schemes = [grading.scheme_for(each, day) for each in ((category,) if category else ("phone", "car"))]
    return {tier.code: {"zh": tier.name.zh, "en": tier.name.en} for scheme in schemes for tier in scheme.tiers}


def _all_documents(db: Database) -> Iterator[Document]:
    """Everything on sale, in short reads: a long one would keep the database's log from being cleared."""
    last = 0
    while True:
        with db.look(SYSTEM) as work:
            documents = [_document(listing) for listing in queries.next_on_sale(work, last)]
        if not documents:
            return
        yield from documents
        last = documents[-1].listing_id


def _document(listing: Listing) -> Document:
    words = document_words(
        title=listing.title,
        brand=listing.brand,
        model=listing.model,
        storage_gb=listing.storage_gb,
        colour=listing.colour,
        district=listing.district,
        category=listing.category,
        kind=listing.kind,
        facts=listings.words_of(listing),
    )
    return Document(listing.id, words)


_NAMES = {
    "category": category_names,
    "brand": brand_names,
    "kind": kind_names,
    "energy": kind_names,
    "age": age_names,
    "mileage": mileage_names,
    "district": district_names,
}
