"""Sales are observed as they are completed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from sqlalchemy import func, select

from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.valuation.models import ObservedSale

_ONE_AT_A_TIME = 727_029  # any number of our own


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
    def kind(self) -> str | None: ...
    @property
    def first_used(self) -> str | None: ...
    @property
    def mileage_km(self) -> int | None: ...
    @property
    def completed_on(self) -> str: ...  # a Shanghai day or an instant, ISO text
    @property
    def listing_code(self) -> str | None: ...


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
    kind: str | None = None,
    first_used: str | None = None,
    mileage_km: int | None = None,
    listing_code: str | None = None,
) -> ObservedSale:
    """Keep a completed sale; the same order is kept once."""
    known = work.session.scalars(select(ObservedSale).where(ObservedSale.order_code == order_code)).first()
    if known is not None:
        return known
    in_order(work)
    sale = ObservedSale(
        category=category,
        brand=brand,
        model=model,
        storage_gb=storage_gb,
        tier=tier,
        price_fen=price_fen,
        sold_on=sold_on,
        order_code=order_code,
        kind=kind,
        first_used=first_used,
        mileage_km=mileage_km,
        listing_code=listing_code,
    )
    work.session.add(sale)
    work.session.flush()
    return sale


def in_order(work: Work) -> None:
    """Before prices are added: their ids must become visible in their order, or an estimate could not be computed again from
    the rows up to an id. SQLite has one writer; PostgreSQL needs a lock."""
    if work.session.get_bind().dialect.name == "postgresql":
        work.session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


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
        kind=event.kind,
        first_used=event.first_used,
        mileage_km=event.mileage_km,
        listing_code=event.listing_code,
    )


def _day(written: str) -> date:
    """The Shanghai day of ISO text that is a day or an instant with its offset."""
    if len(written) == 10:
        return date.fromisoformat(written)
    return shanghai_day(datetime.fromisoformat(written))
