"""Observed sales for tests of this and other rooms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.demo.invented import price_rows
from app.kernel.canonical import sha256_hex
from app.kernel.hub import Hub
from app.kernel.ids import new_code
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.valuation.asking import Asked
from app.valuation.events import ModelWanted
from app.valuation.jobs import fit_model
from app.valuation.models import PriceModel
from app.valuation.service import Row, keep_table, observe, value, want_model
from app.valuation.states import WANTED


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


def make_prices(
    hub: Hub,
    price_kind: str,
    *prices_yuan: int,
    category: str = "phone",
    brand: str = "apple",
    model: str = "iphone-13",
    storage_gb: int | None = 128,
    condition: str = "plain",
    days_ago: int = 10,
    is_invented: bool = False,
    **facts: Any,
) -> None:
    """A table with these prices (yuan), all of one thing's like on one day."""
    with hub.begin(SYSTEM) as work:
        day = shanghai_day(work.now) - timedelta(days=days_ago)
        rows = [
            Row(Asked(category, brand, model, storage_gb=storage_gb, **_CLASS[condition], **facts), price * 100, day)
            for price in prices_yuan
        ]
        keep_table(
            work,
            category=category,
            price_kind=price_kind,
            source="清河二手行情（测试）",
            licence="test only",
            as_of=day,
            mapping={},
            sha256=sha256_hex(new_code().encode()),
            rows=rows,
            is_invented=is_invented,
        )


def make_model(hub: Hub, category: str = "phone", n_rows: int = 600) -> None:
    """A quick price model of the invented market that serves; where one is waited for, that one."""
    with hub.begin(SYSTEM) as work:
        wanted = select(PriceModel).where(PriceModel.category == category, PriceModel.state == WANTED)
        row = work.session.scalars(wanted).first()
        if row is None:
            today = shanghai_day(work.now)
            keep_table(
                work,
                category=category,
                price_kind="private_sold",
                source="虚构市场（测试）",
                licence="test only",
                as_of=today,
                mapping={},
                sha256=sha256_hex(new_code().encode()),
                rows=price_rows(category, "private_sold", today, n_rows),
                is_invented=True,
            )
            row = want_model(work, category, is_quick=True, promotes=True)
        model_id = row.id
    fit_model(hub, ModelWanted(model_id, promotes=True))


def make_worth(hub: Hub, asked: Asked | None = None) -> str:
    """Code of a stored estimate, as the public page asks for it."""
    with hub.begin(SYSTEM) as work:
        return value(work, asked or Asked("phone", "apple", "iphone-13", storage_gb=128), "public").code


_CLASS: dict[str, dict[str, Any]] = {
    "plain": {},
    "accident": {"is_accident": True},
    "flood": {"is_flood": True},
    "ungraded": {"is_ungraded": True},
}
