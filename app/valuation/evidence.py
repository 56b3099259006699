"""Prices that were seen, as an estimate reads them: sales of this marketplace and rows of imported tables, up to two ids.

Rows are never changed or removed, so the same ids always give the same evidence. A number of queries that does not grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select

from app.goods.queries import OTHER
from app.kernel.db import BigInt, Flag
from app.kernel.work import Work
from app.valuation.asking import ACCIDENT, PLAIN, Asked
from app.valuation.features import Thing, tier_points
from app.valuation.models import ObservedPrice, ObservedSale, PriceTable
from app.valuation.rules import WINDOW_DAYS, median

MOST = 2000  # rows of a thing's own model that are looked at, the newest first
MOST_FOR_FACTOR = 300
SOLD_HERE = "private_sold"  # what a sale of this marketplace counts as


@dataclass(frozen=True)
class Seen:
    """One price that was seen. ``source`` and ``id`` name its row: "sale" or "price"."""

    thing: Thing
    price_fen: int
    price_kind: str
    condition: str
    source: str
    id: int
    is_invented: bool
    listing_code: str | None = None

    @property
    def newest_first(self) -> tuple[int, str, int]:
        """Order of rows; no two are equal."""
        return (-self.thing.on.toordinal(), self.source, -self.id)


@dataclass(frozen=True)
class Until:
    """The newest rows of a category that an estimate may look at, 0: none; and whether it may look at invented ones."""

    sale_id: int
    price_id: int
    may_invent: bool = True


_NEWEST_SALE = select(func.max(ObservedSale.id)).where(ObservedSale.category == bindparam("category"))
_NEWEST_PRICE = select(func.max(ObservedPrice.id)).where(ObservedPrice.category == bindparam("category"))


def newest(work: Work, category: str, may_invent: bool = True) -> Until:
    """What there is now. Two queries."""
    of = {"category": category}
    sale, price = work.session.scalar(_NEWEST_SALE, of), work.session.scalar(_NEWEST_PRICE, of)
    return Until(sale or 0, price or 0, may_invent)


_TOLD = tuple(each.name for each in fields(Asked) if each.name in ObservedPrice.__table__.columns)  # of a row of a table
_IS_MODEL = ("brand", "model")
_IS_KIND = ("brand", "kind")


def _like(row: Any, names: Iterable[str]) -> list[Any]:
    return [getattr(row, name) == bindparam(name) for name in names]


def _sales(*wanted: Any) -> Select[Any]:
    row = ObservedSale
    names = ("category", "brand", "model", "storage_gb", "kind", "first_used", "mileage_km", "tier")
    columns = [getattr(row, name) for name in names]
    found = select(*columns, row.sold_on.label("on"), row.price_fen, row.id, row.listing_code)
    found = found.where(row.category == bindparam("category"), row.id <= bindparam("sale_id"), *wanted)
    return found.order_by(row.sold_on.desc(), row.id.desc())


def _prices(*wanted: Any) -> Select[Any]:
    row = ObservedPrice
    columns = [getattr(row, name) for name in _TOLD]
    columns += [row.seen_on.label("on"), row.price_fen, row.price_kind, row.condition, row.id, PriceTable.is_invented]
    found = select(*columns).join(PriceTable, PriceTable.id == row.table_id)
    found = found.where(row.category == bindparam("category"), row.id <= bindparam("price_id"))
    found = found.where(PriceTable.is_invented <= bindparam("may_invent", type_=Flag), *wanted)
    return found.order_by(row.seen_on.desc(), row.id.desc())


def _within(day: Any) -> list[Any]:
    return [day > bindparam("after"), day <= bindparam("day")]


def _alike(names: Iterable[str]) -> tuple[Select[Any], Select[Any]]:
    sale, price = ObservedSale, ObservedPrice
    most = bindparam("most")
    return (
        _sales(*_like(sale, names), *_within(sale.sold_on)).limit(most),
        _prices(*_like(price, names), *_within(price.seen_on)).limit(most),
    )


_GRADED = (
    ObservedPrice.score_tenths.is_not(None),
    ObservedPrice.new_price_fen.is_not(None),
    ObservedPrice.first_used.is_not(None),
    ObservedPrice.condition == PLAIN,
    *_within(ObservedPrice.seen_on),
)
_SAME_MODEL, _SAME_KIND = _alike(_IS_MODEL), _alike(_IS_KIND)
_GRADED_OWN = _prices(*_GRADED, ObservedPrice.brand == bindparam("brand")).limit(bindparam("most"))
_GRADED_OTHERS = _prices(*_GRADED, ObservedPrice.brand != bindparam("brand")).limit(bindparam("most"))
_EVERY_SALE = _sales()
_EVERY_PRICE = _prices(ObservedPrice.price_kind == bindparam("price_kind"), ObservedPrice.condition == PLAIN)
_NEW_PRICES = (
    select(ObservedPrice.new_price_fen)
    .join(PriceTable, PriceTable.id == ObservedPrice.table_id)
    .where(
        ObservedPrice.category == bindparam("category"),
        *_like(ObservedPrice, _IS_MODEL),
        ObservedPrice.id <= bindparam("price_id"),
        ObservedPrice.new_price_fen.is_not(None),
        PriceTable.is_invented <= bindparam("may_invent", type_=Flag),
        or_(bindparam("storage_gb", type_=BigInt).is_(None), ObservedPrice.storage_gb == bindparam("storage_gb", type_=BigInt)),
    )
    .order_by(ObservedPrice.id.desc())
    .limit(201)
)
"""Statements are put together once: that costs more than running them."""


def known_new_price(work: Work, asked: Asked, until: Until) -> int | None:
    """What the model costs new, fen: as the asker says, else the middle of what the rows of its model say. One query."""
    if asked.new_price_fen is not None or OTHER in (asked.brand, asked.model):
        return asked.new_price_fen
    told = {**_of(asked), "storage_gb": asked.storage_gb, "price_id": until.price_id, "may_invent": until.may_invent}
    found = sorted(work.session.scalars(_NEW_PRICES, told))
    return median(found) if found else None


def alike(work: Work, asked: Asked, on: date, until: Until) -> list[Seen]:
    """Prices of the same model in the year before the day, newest first; of appliances, of its brand and kind. Two queries."""
    if OTHER in (asked.brand, asked.model) and asked.category != "appliance":
        return []
    by_kind = asked.category == "appliance" and bool(asked.kind)
    sales, prices = _SAME_KIND if by_kind else _SAME_MODEL
    told = {**_of(asked), **_year(on), "kind": asked.kind, "most": MOST}
    return sorted([*_sold(work, sales, told, until), *_seen(work, prices, told, until)], key=lambda each: each.newest_first)


def graded(work: Work, asked: Asked, on: date, until: Until) -> list[Seen]:
    """Rows by which the market's factor on the formula is measured: with points and new price. Two queries."""
    told = {**_of(asked), **_year(on), "most": MOST_FOR_FACTOR}
    found = [*_seen(work, _GRADED_OWN, told, until), *_seen(work, _GRADED_OTHERS, told, until)]
    return sorted(found, key=lambda each: each.newest_first)


def learnable(work: Work, category: str, price_kind: str, until: Until) -> list[Seen]:
    """Every plain row of one kind of price, oldest first: what a model learns from. Two queries."""
    told = {"category": category, "price_kind": price_kind}
    found = _seen(work, _EVERY_PRICE, told, until)
    if price_kind == SOLD_HERE:
        found += _sold(work, _EVERY_SALE, told, until)
    plain = [each for each in found if each.condition == PLAIN]
    return sorted(plain, key=lambda each: each.newest_first, reverse=True)


def _of(asked: Asked) -> dict[str, Any]:
    return {"category": asked.category, "brand": asked.brand, "model": asked.model}


def _year(on: date) -> dict[str, date]:
    return {"after": on - timedelta(days=WINDOW_DAYS), "day": on}


def _sold(work: Work, statement: Select[Any], told: Mapping[str, Any], until: Until) -> list[Seen]:
    rows = work.session.execute(statement, {**told, "sale_id": until.sale_id})
    found = []
    for *of, on, price_fen, row_id, listing_code in rows:
        category, brand, model, storage_gb, kind, first_used, mileage_km, tier = of
        thing = Thing(category, brand, model, storage_gb, kind, None, first_used, mileage_km, tier, on=on)
        # A tier without points is that of accident cars.
        condition = PLAIN if tier is None or tier in tier_points(category) else ACCIDENT
        found.append(Seen(thing, price_fen, SOLD_HERE, condition, "sale", row_id, False, listing_code))
    return found


def _seen(work: Work, statement: Select[Any], told: Mapping[str, Any], until: Until) -> list[Seen]:
    rows = work.session.execute(statement, {**told, "price_id": until.price_id, "may_invent": until.may_invent})
    return [
        Seen(Thing(**dict(zip(_TOLD, told, strict=True)), on=on), price_fen, price_kind, condition, "price", row_id, is_invented)
        for *told, on, price_fen, price_kind, condition, row_id, is_invented in rows
    ]
