"""Estimates for pages and upper rooms."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.goods.queries import OTHER
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.valuation.models import ObservedSale
from app.valuation.rules import NOTHING, WINDOW_DAYS, Estimate, Sale, estimate_from

__all__ = ["Estimate", "Sale", "estimate"]


def estimate(work: Work, category: str, brand: str, model: str, storage_gb: int | None, tier: str | None = None) -> Estimate:
    """What comparable things sold for in the last year. One query.

    ``brand`` and ``model`` are catalogue codes; a model that the catalogue does not list has nothing to be compared with.
    """
    if OTHER in (brand, model):
        return NOTHING
    today = shanghai_day(work.now)
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
