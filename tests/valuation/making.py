"""Observed sales for tests of this and other rooms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.models import User
from app.demo.invented import price_rows
from app.kernel.canonical import sha256_hex
from app.kernel.hub import Hub
from app.kernel.ids import new_code
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.valuation.asking import Asked
from app.valuation.events import ModelWanted, TableSent
from app.valuation.fields import guess
from app.valuation.jobs import fit_model, read_table
from app.valuation.models import PriceModel
from app.valuation.service import Row, ask_to_check, keep_table, observe, upload, value, want_model
from app.valuation.states import WANTED
from tests.accounts.making import actor
from tests.remembering import remembered


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


@remembered
def make_model(hub: Hub, category: str = "phone", n_rows: int = 600, *, is_quick: bool = True) -> None:
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
            row = want_model(work, category, is_quick=is_quick, promotes=True)
        model_id = row.id
    fit_model(hub, ModelWanted(model_id, promotes=True))


TABLE = """品牌,型号,存储,成交价（元）,购机时间,成交日期,编号
苹果,iPhone 13,128GB,2380,2023-05,2026-03-01,A1
Apple,iPhone 13 128GB,,2450,2023-06,2026-03-02,A2
苹果,iPhone 13,128GB,二千,2023-06,2026-03-02,A3
苹果,iPhone 99,128GB,2400,2023-06,2026-03-02,A4
苹果,iPhone 13,256GB,2690,2023-02,2026-02-20,A5
苹果,iPhone 13,128GB,2310,2022-12,2026-02-11,A6
苹果,iPhone 13,128GB,2290,上个月,2026-02-12,A7
苹果,iPhone 13,128GB,2250,2022-12,2026-02-12,A1
苹果,iPhone 13,128GB,2330,2023-01,2026-02-13,=A9
"""
"""Phones of whose rows two cannot be used, one is a copy, and one month cannot be read."""


def told_of(told: dict[str, Any] | None = None, columns: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """What an operator tells of TABLE."""
    guessed = {name: [each.column, each.unit] for name, each in guess("phone", TABLE.splitlines()[0].split(",")).items()}
    base = {"price_kind": "dealer_asking", "source": "清河二手行情（测试）", "licence": "test only", "as_of": "2026-03-31"}
    return {**base, "is_invented": False, "columns": columns or guessed, **(told or {})}


def make_import(hub: Hub, operator: User, data: bytes = TABLE.encode(), *, checked: bool = False, category: str = "phone") -> str:
    """Code of an uploaded table; ``checked``: its rows were read too."""
    with hub.begin(actor(hub, operator)) as work:
        code = upload(work, category, "行情.csv", data).code
    if checked:
        with hub.begin(actor(hub, operator)) as work:
            row = ask_to_check(work, code, told_of(), by_job=False)
            sent = TableSent(row.id, row.version)
        read_table(hub, sent)
    return code


def make_wanted(hub: Hub) -> str:
    """Name of a price model that waits to be trained, by nobody."""
    with hub.begin(SYSTEM) as work:
        return want_model(work, "car", by_job=False).name


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
