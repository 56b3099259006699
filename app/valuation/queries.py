"""Estimates for pages and upper rooms."""

from __future__ import annotations

import weakref
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, func, select

from app.goods.queries import OTHER
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.valuation.models import ObservedSale
from app.valuation.rules import (
    NOTHING,
    WINDOW_DAYS,
    ApplianceSale,
    CarSale,
    Estimate,
    Sale,
    Sold,
    estimate_from,
    estimate_of_appliance,
    estimate_of_car,
)

__all__ = ["Estimate", "Sale", "estimate", "sold_models"]

KEPT = 2_000  # estimates in a process, for each database

_SOLD = (
    select(func.count())
    .select_from(ObservedSale)
    .where(ObservedSale.category == bindparam("category"), ObservedSale.brand == bindparam("brand"))
)
_SOLD_OF_MODEL = _SOLD.where(ObservedSale.model == bindparam("model"))
_estimates: weakref.WeakKeyDictionary[Engine, dict[tuple[Any, ...], Estimate]] = weakref.WeakKeyDictionary()


def _kept(work: Work) -> dict[tuple[Any, ...], Estimate]:
    """Estimates that were given before from the database that the work reads."""
    return _estimates.setdefault(work.session.get_bind(), {})


def estimate(
    work: Work,
    category: str,
    brand: str,
    model: str,
    storage_gb: int | None,
    tier: str | None = None,
    *,
    kind: str | None = None,
    first_used: str | None = None,
    mileage_km: int | None = None,
) -> Estimate:
    """What comparable things sold for in the last year. One query where it was asked before and nothing was sold since, else two.

    ``brand`` and ``model`` are catalogue codes; a phone or car that the catalogue does not list has nothing to be compared
    with. A car is compared with its series, of a like age and mileage; an appliance with its model, then with all of its
    brand and kind.
    """
    if OTHER in (brand, model) and category != "appliance":
        return NOTHING
    asked = (category, brand, model, storage_gb, tier, kind, first_used, mileage_km)
    today = shanghai_day(work.now)
    # Observed sales are never changed or removed (triggers), so as many of them are the same ones.
    if category == "appliance":
        sold = work.session.scalar(_SOLD, {"category": category, "brand": brand})
    else:
        sold = work.session.scalar(_SOLD_OF_MODEL, {"category": category, "brand": brand, "model": model})
    kept = _kept(work)
    key = (today, sold, asked)
    if key not in kept:
        if len(kept) >= KEPT:
            kept.clear()
        kept[key] = _estimate(work, today, *asked)
    return kept[key]


def _estimate(
    work: Work,
    today: date,
    category: str,
    brand: str,
    model: str,
    storage_gb: int | None,
    tier: str | None,
    kind: str | None,
    first_used: str | None,
    mileage_km: int | None,
) -> Estimate:
    if category == "car":
        return estimate_of_car(_sales_of_cars(work, brand, model, today), first_used, mileage_km, today)
    if category == "appliance" and brand != OTHER and kind:
        return estimate_of_appliance(_sales_of_kind(work, brand, kind, today), model, today)
    if category != "phone":
        return NOTHING
    rows = work.session.execute(
        select(ObservedSale.price_fen, ObservedSale.storage_gb, ObservedSale.tier, ObservedSale.sold_on)
        .where(
            ObservedSale.category == category,
            ObservedSale.brand == brand,
            ObservedSale.model == model,
            ObservedSale.sold_on > today - timedelta(days=WINDOW_DAYS),
        )
        .order_by(ObservedSale.sold_on.desc(), ObservedSale.id.desc())
        .limit(5000)
    )
    return estimate_from([Sale(*row) for row in rows], storage_gb, tier, today)


def sold_models(work: Work, category: str) -> list[Sold]:
    """The models of a category that were sold in the last year, those of the catalogue only. One query."""
    today, row = shanghai_day(work.now), ObservedSale
    rows = select(row.brand, row.model, func.count()).where(
        row.category == category, row.model != OTHER, row.sold_on > today - timedelta(days=WINDOW_DAYS)
    )
    return [Sold(*each) for each in work.session.execute(rows.group_by(row.brand, row.model).order_by(row.brand, row.model))]


def _sales_of_cars(work: Work, brand: str, model: str, today: date) -> list[CarSale]:
    row = ObservedSale
    rows = select(row.price_fen, row.first_used, row.mileage_km, row.sold_on).where(
        row.category == "car", row.brand == brand, row.model == model, row.sold_on > today - timedelta(days=WINDOW_DAYS)
    )
    return [CarSale(*each) for each in work.session.execute(rows.order_by(row.sold_on.desc(), row.id.desc()).limit(5000))]


def _sales_of_kind(work: Work, brand: str, kind: str, today: date) -> list[ApplianceSale]:
    row = ObservedSale
    rows = select(row.price_fen, row.model, row.sold_on).where(
        row.category == "appliance", row.brand == brand, row.kind == kind, row.sold_on > today - timedelta(days=WINDOW_DAYS)
    )
    return [ApplianceSale(*each) for each in work.session.execute(rows.order_by(row.sold_on.desc(), row.id.desc()).limit(5000))]
