"""Sales are observed; estimates come from them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from sqlalchemy import select

from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.valuation.models import ObservedSale


class CompletedOrder(Protocol):
    """What this room needs to know of a completed order (the event of the room that sells)."""

    @property
    def order_code(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def brand(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def storage_gb(self) -> int | None: ...
    @property
    def tier(self) -> str | None: ...
    @property
    def price_fen(self) -> int: ...
    @property
    def completed_on(self) -> str: ...  # a Shanghai day or an instant, ISO text


def observe(
    work: Work,
    *,
    category: str,
    brand: str,
    model: str,
    storage_gb: int | None,
    tier: str | None,
    price_fen: int,
    sold_on: date,
    order_code: str,
) -> ObservedSale:
    """Keep a completed sale; the same order is kept once."""
    known = work.session.scalars(select(ObservedSale).where(ObservedSale.order_code == order_code)).first()
    if known is not None:
        return known
    sale = ObservedSale(
        category=category,
        brand=brand,
        model=model,
        storage_gb=storage_gb,
        tier=tier,
        price_fen=price_fen,
        sold_on=sold_on,
        order_code=order_code,
    )
    work.session.add(sale)
    work.session.flush()
    return sale


def on_order_completed(work: Work, event: CompletedOrder) -> None:
    """Hears that an order is completed."""
    observe(
        work,
        category=event.category,
        brand=event.brand,
        model=event.model,
        storage_gb=event.storage_gb,
        tier=event.tier,
        price_fen=event.price_fen,
        sold_on=_day(event.completed_on),
        order_code=event.order_code,
    )


def _day(written: str) -> date:
    """The Shanghai day of ISO text that is a day or an instant with its offset."""
    if len(written) == 10:
        return date.fromisoformat(written)
    return shanghai_day(datetime.fromisoformat(written))
