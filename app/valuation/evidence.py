"""Prices that were seen, as an estimate reads them: sales of this marketplace and rows of imported tables, up to two ids.

Rows are never changed or removed, so the same ids always give the same evidence. A number of queries that does not grow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from app.goods.queries import OTHER
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
    """The newest rows of a category that an estimate may look at; 0: none."""

    sale_id: int
    price_id: int


def newest(work: Work, category: str) -> Until:
    """What there is now. Two queries."""
    sale = work.session.scalar(select(func.max(ObservedSale.id)).where(ObservedSale.category == category))
    price = work.session.scalar(select(func.max(ObservedPrice.id)).where(ObservedPrice.category == category))
    return Until(sale or 0, price or 0)


def known_new_price(work: Work, asked: Asked, until: Until) -> int | None:
    """What the model costs new, fen: as the asker says, else the middle of what the rows of its model say. One query."""
    row = ObservedPrice
    if asked.new_price_fen is not None or OTHER in (asked.brand, asked.model):
        return asked.new_price_fen
    rows = select(row.new_price_fen).where(
        row.category == asked.category,
        row.brand == asked.brand,
        row.model == asked.model,
        row.id <= until.price_id,
        row.new_price_fen.is_not(None),
    )
    if asked.storage_gb is not None:
        rows = rows.where(row.storage_gb == asked.storage_gb)
    found = sorted(each for each in work.session.scalars(rows.order_by(row.id.desc()).limit(201)) if each is not None)
    return median(found) if found else None


def alike(work: Work, asked: Asked, on: date, until: Until) -> list[Seen]:
    """Prices of the same model in the year before the day, newest first; of appliances, of its brand and kind. Two queries."""
    if OTHER in (asked.brand, asked.model) and asked.category != "appliance":
        return []
    found: list[Seen] = []
    for row in (ObservedSale, ObservedPrice):
        same: list[Any] = [row.category == asked.category, row.brand == asked.brand]
        if asked.category == "appliance" and asked.kind:
            same.append(row.kind == asked.kind)
        else:
            same.append(row.model == asked.model)
        found += _read(work, row, same, on, until, MOST)
    return sorted(found, key=lambda each: each.newest_first)


def graded(work: Work, asked: Asked, on: date, until: Until) -> list[Seen]:
    """Rows by which the market's factor on the formula is measured: with points and new price. Two queries."""
    row = ObservedPrice
    known: list[Any] = [
        row.category == asked.category,
        row.score_tenths.is_not(None),
        row.new_price_fen.is_not(None),
        row.first_used.is_not(None),
        row.condition == PLAIN,
    ]
    own = _read(work, row, [*known, row.brand == asked.brand], on, until, MOST_FOR_FACTOR)
    others = _read(work, row, [*known, row.brand != asked.brand], on, until, MOST_FOR_FACTOR)
    return sorted([*own, *others], key=lambda each: each.newest_first)


def learnable(work: Work, category: str, price_kind: str, until: Until) -> list[Seen]:
    """Every plain row of one kind of price, oldest first: what a model learns from. Two queries."""
    same: list[Any] = [ObservedPrice.category == category, ObservedPrice.price_kind == price_kind]
    found = _read(work, ObservedPrice, [*same, ObservedPrice.condition == PLAIN], None, until, None)
    if price_kind == SOLD_HERE:
        found += _read(work, ObservedSale, [ObservedSale.category == category], None, until, None)
    plain = [each for each in found if each.condition == PLAIN]
    return sorted(plain, key=lambda each: each.newest_first, reverse=True)


def _read(work: Work, row: Any, wanted: Iterable[Any], on: date | None, until: Until, most: int | None) -> list[Seen]:
    is_sale = row is ObservedSale
    day = row.sold_on if is_sale else row.seen_on
    rows: Any = select(row) if is_sale else select(row, PriceTable.is_invented).join(PriceTable, PriceTable.id == row.table_id)
    rows = rows.where(*wanted, row.id <= (until.sale_id if is_sale else until.price_id))
    if on is not None:
        rows = rows.where(day > on - timedelta(days=WINDOW_DAYS), day <= on)
    rows = rows.order_by(day.desc(), row.id.desc()).limit(most)
    if is_sale:
        return [_sale(each) for each in work.session.scalars(rows)]
    return [_price(each, is_invented) for each, is_invented in work.session.execute(rows)]


def _sale(row: ObservedSale) -> Seen:
    thing = Thing(
        category=row.category,
        brand=row.brand,
        model=row.model,
        on=row.sold_on,
        storage_gb=row.storage_gb,
        kind=row.kind,
        first_used=row.first_used,
        mileage_km=row.mileage_km,
        tier=row.tier,
    )
    # A tier without points is that of accident cars.
    condition = PLAIN if row.tier is None or row.tier in tier_points(row.category) else ACCIDENT
    return Seen(thing, row.price_fen, SOLD_HERE, condition, "sale", row.id, False, row.listing_code)


def _price(row: ObservedPrice, is_invented: bool) -> Seen:
    thing = Thing(
        category=row.category,
        brand=row.brand,
        model=row.model,
        on=row.seen_on,
        storage_gb=row.storage_gb,
        kind=row.kind,
        energy=row.energy,
        first_used=row.first_used,
        mileage_km=row.mileage_km,
        tier=row.tier,
        score_tenths=row.score_tenths,
        battery_health=row.battery_health,
        district=row.district,
        new_price_fen=row.new_price_fen,
        facts=row.facts,
    )
    return Seen(thing, row.price_fen, row.price_kind, row.condition, "price", row.id, is_invented)
