"""Observed sales for tests of this and other rooms."""

from __future__ import annotations

from datetime import timedelta

from app.kernel.hub import Hub
from app.kernel.ids import new_code
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.valuation.service import observe


def make_sales(
    hub: Hub,
    *prices_yuan: int,
    brand: str = "apple",
    model: str = "iphone-13",
    storage_gb: int | None = 128,
    tier: str | None = "A",
    days_ago: int = 10,
    category: str = "phone",
    **facts: str | int,
) -> None:
    """Completed sales at these prices (yuan), all on one day."""
    with hub.begin(SYSTEM) as work:
        for price in prices_yuan:
            observe(
                work,
                category=category,
                brand=brand,
                model=model,
                storage_gb=storage_gb,
                tier=tier,
                price_fen=price * 100,
                sold_on=shanghai_day(work.now) - timedelta(days=days_ago),
                order_code=new_code(),
                **facts,
            )
