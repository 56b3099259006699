"""Reads of the search in SQL: filters, facets, order and pages over the listings that the text index found.

The text match comes as a list of ids and is joined as a table (json_each on SQLite, unnest on PostgreSQL), so the number of
SQL queries does not depend on it. Facets, the total and the counts of "the same without ..." come from one query.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from app.goods import catalogue
from app.kernel.db import BigInt
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings.models import Listing
from app.search.rules import (
    AGE_BOUNDS_YEARS,
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
from app.search.vocabulary import makers
from app.search.words import QueryWords

CHUNK = 500
# Filters that make no sense without another one go with it.
_DROPPED_WITH = {"category": set(FILTERS) - {"price", "district"}, "brand": {"brand", "model"}, "kind": {"kind", "capacity"}}
ACTIVE = "active"  # the state of a listing that is on sale


@dataclass(frozen=True)
class Found:
    """What the text says: ids from the index, best first; or words for LIKE when there is no index; or nothing was asked."""

    ids: tuple[int, ...] | None = None
    like: QueryWords | None = None


@dataclass
class Counts:
    """Numbers beside the results: facet -> value -> listings; `without` filter -> listings when that filter is dropped."""

    total: int = 0
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    without: dict[str, int] = field(default_factory=dict)


def counts(work: Work, query: SearchQuery, found: Found) -> Counts:
    """Total, facets and what dropping a filter would give. One SQL query.

    A facet counts with every other filter on and its own off, so that the other choices can be seen.
    """
    base = _base(work, query, found, "base")
    rows: list[Select[str, str, int]] = [_count(base, "total", FILTERS)]
    values: dict[str, tuple[ColumnElement[Any], set[str]]] = {
        "category": (base.c.category, set(FILTERS) - {"price", "district"}),
        "brand": (base.c.brand, {"brand", "model"}),
        "model": (base.c.model, {"model"}),
        "kind": (base.c.kind, {"kind", "capacity"}),
        "energy": (base.c.energy, {"energy"}),
        "age": (base.c.age, {"age"}),
        "mileage": (base.c.mileage, {"mileage"}),
        "capacity": (cast(base.c.capacity_tenths, Text), {"capacity"}),
        "storage": (cast(base.c.storage_gb, Text), {"storage"}),
        "tier": (base.c.tier, {"tier"}),
        "price": (base.c.band, {"price"}),
        "district": (base.c.district, {"district"}),
    }
    needs = {"model": query.brand, "capacity": query.kind}  # listed only within a brand, within a kind
    facets = {name: values[name] for name in FACETS[query.category] if needs.get(name, "yes")}
    for name, (value, own) in facets.items():
        kept = [each for each in FILTERS if each not in own]
        rows.append(
            select(literal(f"facet {name}"), func.coalesce(value, ""), func.count()).where(_all(base, kept)).group_by(value)
        )
    active = query.active_filters()
    for name in active:
        dropped = _DROPPED_WITH.get(name, {name})
        rows.append(_count(base, f"without {name}", [each for each in FILTERS if each not in dropped]))
    if len(active) > 1:
        rows.append(_count(base, "without filters", ()))
    if found.ids is not None or found.like is not None:
        everything = _base(work, query, Found(), "everything")
        rows.append(_count(everything, "without text", FILTERS))
    result = Counts(facets={name: {} for name in facets})
    answer: Sequence[Any] = work.session.execute(union_all(*rows)).all()
    for label, value, number in answer:
        kind, _, name = label.partition(" ")
        if kind == "total":
            result.total = number
        elif kind == "facet":
            result.facets[name][value] = number
        else:
            result.without[name] = number
    return result


def page_ids(work: Work, query: SearchQuery, found: Found, *, limit: int, offset: int) -> list[int]:
    """Ids of one page in the order of the query. One SQL query."""
    source, rank = _source(work, found)
    newest = (Listing.published_at.desc().nulls_last(), Listing.id.desc())
    price = Listing.price_fen
    orders: dict[str, tuple[ColumnElement[Any], ...]] = {
        NEWEST: newest,
        PRICE_UP: (price.asc(), *newest),
        PRICE_DOWN: (price.desc(), *newest),
    }
    order = orders.get(query.sort) or ((rank.asc(), Listing.id.desc()) if rank is not None else newest)
    wanted = select(Listing.id).select_from(source).where(_on_sale(work), *_conditions(work, query).values(), _like(found))
    return list(work.session.scalars(wanted.order_by(*order).limit(limit).offset(offset)))


def matching(work: Work, query: SearchQuery, ids: Sequence[int]) -> set[int]:
    """Which of these listings are on sale and pass the filters of the query. One SQL query."""
    source, _ = _source(work, Found(ids=tuple(ids)))
    return set(
        work.session.scalars(select(Listing.id).select_from(source).where(_on_sale(work), *_conditions(work, query).values()))
    )


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


def _base(work: Work, query: SearchQuery, found: Found, name: str) -> CTE:
    """Every listing of the text match with its facet values and, for each filter, whether it passes (1) or not (0)."""
    source, _ = _source(work, found)
    band = case(*[(_in_band(each.min_fen, each.max_fen), each.code) for each in bands(query.category)], else_="")
    today = shanghai_day(work.now)
    age = case(*[(Listing.first_used.between(*age_months(today, each)), str(each)) for each in AGE_BOUNDS_YEARS], else_="")
    mileage = case(*[(_in_mileage(each), str(each)) for each in MILEAGE_BOUNDS_KM], else_="")
    passes = [case((condition, 1), else_=0).label(f"ok_{each}") for each, condition in _conditions(work, query).items()]
    return (
        select(
            Listing.category,
            Listing.brand,
            Listing.model,
            Listing.kind,
            Listing.energy,
            Listing.capacity_tenths,
            Listing.storage_gb,
            age.label("age"),
            mileage.label("mileage"),
            Listing.tier,
            Listing.district,
            band.label("band"),
            *passes,
        )
        .select_from(source)
        .where(_on_sale(work), _like(found))
        .cte(name)
    )


def _source(work: Work, found: Found) -> tuple[FromClause, ColumnElement[int] | None]:
    """Where listings come from, and the place of each in the text match when there is one."""
    if found.ids is None:
        return Listing.__table__, None
    if work.session.get_bind().dialect.name == "sqlite":
        numbers = func.json_each(json.dumps(found.ids)).table_valued(column("value", BigInt), column("key", BigInt))
    else:
        listed = func.unnest(cast(list(found.ids), ARRAY(BigInteger)))
        numbers = listed.table_valued(column("value", BigInteger), with_ordinality="key").render_derived()
    # Materialised: SQLite takes json_each for one cheap row and would otherwise read all of it again for every listing.
    hits = select(numbers.c.value, numbers.c.key).cte("hits").prefix_with("MATERIALIZED")
    return hits.join(Listing.__table__, Listing.id == hits.c.value), hits.c.key


def _on_sale(work: Work) -> ColumnElement[bool]:
    """On sale now; an offer whose time is over is gone at once, also before its deadline has been worked off."""
    return and_(Listing.state == ACTIVE, or_(Listing.expires_at.is_(None), Listing.expires_at > work.now))


def _conditions(work: Work, query: SearchQuery) -> dict[str, ColumnElement[bool]]:
    """One condition for each name of FILTERS; true where the query asks nothing."""
    tier: ColumnElement[bool] = true()
    if query.tiers:
        tier = Listing.tier.in_(query.tiers)
    elif query.appraised:
        tier = Listing.tier.is_not(None)
    return {
        "category": Listing.category == query.category if query.category else true(),
        "kind": Listing.kind == query.kind if query.kind else true(),
        "energy": Listing.energy == query.energy if query.energy else true(),
        "age": Listing.first_used.between(*age_months(shanghai_day(work.now), query.age)) if query.age is not None else true(),
        "mileage": _in_mileage(query.mileage) if query.mileage is not None else true(),
        "capacity": Listing.capacity_tenths == query.capacity if query.capacity is not None else true(),
        "brand": Listing.brand == query.brand if query.brand else true(),
        "model": Listing.model == query.model if query.model else true(),
        "storage": Listing.storage_gb == query.storage_gb if query.storage_gb is not None else true(),
        "tier": tier,
        "price": _in_band(query.min_fen, query.max_fen),
        "district": Listing.district == query.district if query.district else true(),
    }


def _in_mileage(least: int) -> ColumnElement[bool]:
    most = end_of(MILEAGE_BOUNDS_KM, least)
    return and_(Listing.mileage_km >= least, Listing.mileage_km < most if most is not None else true())


def _in_band(min_fen: int | None, max_fen: int | None) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = []
    if min_fen is not None:
        bounds.append(Listing.price_fen >= min_fen)
    if max_fen is not None:
        bounds.append(Listing.price_fen <= max_fen)
    return and_(true(), *bounds)


def _like(found: Found) -> ColumnElement[bool]:
    """The words of a query without an index: each must stand in the title or be the brand, model, storage or place."""
    if found.like is None:
        return true()
    return and_(true(), *[_holds(word) for word in found.like.required])


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
    return or_(*ways)


def _all(base: CTE, names: Sequence[str]) -> ColumnElement[bool]:
    return and_(true(), *[base.c[f"ok_{name}"] == 1 for name in names])


def _count(base: CTE, label: str, names: Sequence[str]) -> Select[str, str, int]:
    return select(literal(label), literal(""), func.count()).select_from(base).where(_all(base, names))
