"""Estimates: honest arithmetic on sales that really happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.valuation.models import ObservedSale
from app.valuation.queries import estimate
from app.valuation.rules import Sale, estimate_from, median, nearest_rank
from app.valuation.service import on_order_completed
from tests.valuation.making import make_sales

TODAY = date(2026, 11, 23)


def sale(price, storage=128, tier="A", days_ago=5):
    return Sale(price, storage, tier, TODAY - timedelta(days=days_ago))


@pytest.mark.parametrize(
    ("prices", "middle"),
    [
        ([5], 5),
        ([1, 2], 2),
        ([1, 4], 3),
        ([1, 2, 3], 2),
        ([100, 101], 101),
        ([100, 103], 102),
        ([1, 2, 3, 4], 3),
        ([2, 4, 6, 8], 5),
    ],
)
def test_median_rounds_half_up_to_whole_fen(prices, middle):
    assert median(prices) == middle


def test_points_are_nearest_ranks():
    prices = list(range(1, 11))
    assert (nearest_rank(prices, 10), nearest_rank(prices, 90), nearest_rank(prices, 100)) == (1, 9, 10)
    assert (nearest_rank(list(range(1, 21)), 10), nearest_rank(list(range(1, 21)), 90)) == (2, 18)
    assert nearest_rank([7], 10) == 7


@pytest.mark.parametrize(
    ("sales", "storage", "tier", "basis", "count", "enough"),
    [
        ([], 128, "A", "none", 0, False),
        ([sale(1)] * 5, 128, "A", "same_tier", 5, True),
        ([sale(1)] * 4 + [sale(1, tier="B")], 128, "A", "same_storage", 5, True),
        ([sale(1)] * 4 + [sale(1, storage=256)], 128, "A", "same_model", 5, True),
        ([sale(1)] * 5 + [sale(1, tier=None)] * 9, 128, "A", "same_tier", 5, True),
        ([sale(1)] * 3, 128, "A", "same_tier", 3, False),
        ([sale(1)] * 2 + [sale(1, tier="C")], 128, "A", "same_storage", 3, False),
        ([sale(1)] * 2 + [sale(1, storage=64)], 128, "A", "same_model", 3, False),
        ([sale(1, storage=64)] * 6, 128, "A", "same_model", 6, True),
        ([sale(1)] * 6, 128, None, "same_storage", 6, True),
        ([sale(1)] * 6, None, "A", "same_model", 6, True),
        ([sale(1, days_ago=365)] * 6, 128, "A", "none", 0, False),
        ([sale(1, days_ago=364)] * 6, 128, "A", "same_tier", 6, True),
        ([sale(1, days_ago=-1)] * 6, 128, "A", "none", 0, False),
    ],
)
def test_closest_group_with_enough_sales_is_taken(sales, storage, tier, basis, count, enough):
    found = estimate_from(sales, storage, tier, TODAY)
    assert (found.basis, found.count, found.enough) == (basis, count, enough)


def test_few_sales_show_their_whole_range_and_many_the_middle_eight_of_ten():
    few = estimate_from([sale(price) for price in (300, 100, 200)], 128, "A", TODAY)
    assert (few.low_fen, few.median_fen, few.high_fen, few.is_full_range) == (100, 200, 300, True)
    many = estimate_from([sale(price) for price in range(100, 1100, 100)], 128, "A", TODAY)
    assert (many.low_fen, many.median_fen, many.high_fen, many.is_full_range) == (100, 550, 900, False)


def test_recent_figures_and_latest_sales():
    sales = [sale(100 + number, days_ago=number * 12) for number in range(15)]
    found = estimate_from(sales, 128, "A", TODAY)
    assert (found.count, found.recent_count, found.recent_median_fen) == (15, 8, 104)
    assert [each.price_fen for each in found.sales] == list(range(100, 110))
    assert estimate_from([sale(1, days_ago=200)], 128, "A", TODAY).recent_median_fen is None


def test_order_of_the_sales_does_not_matter():
    sales = [sale(price, tier=tier) for price in (5, 3, 9, 1, 7) for tier in ("A", "B")]
    first, second = (estimate_from(each, 128, "A", TODAY) for each in (sales, sales[::-1]))
    assert (first.median_fen, first.low_fen, first.high_fen) == (second.median_fen, second.low_fen, second.high_fen)


@dataclass(frozen=True)
class Completed:
    order_code: str = "0" * 26
    category: str = "phone"
    brand: str = "apple"
    model: str = "iphone-13"
    storage_gb: int | None = 128
    tier: str | None = None
    price_fen: int = 238_000
    completed_on: str = "2026-11-23"
    kind: str | None = None
    first_used: str | None = None
    mileage_km: int | None = None
    listing_code: str | None = None


def test_completed_order_is_observed_once(hub):
    with hub.begin() as work:
        on_order_completed(work, Completed())
        on_order_completed(work, Completed(price_fen=1))
    with hub.look() as work:
        row = work.session.scalars(select(ObservedSale)).one()
        assert (row.price_fen, row.sold_on, row.tier) == (238_000, date(2026, 11, 23), None)


def test_instant_becomes_the_shanghai_day(hub):
    with hub.begin() as work:
        on_order_completed(work, Completed(completed_on="2026-11-22T16:30:00+00:00"))
        assert work.session.scalars(select(ObservedSale.sold_on)).one() == date(2026, 11, 23)


def test_estimate_reads_only_the_asked_model(hub):
    make_sales(hub, 2000, 2100, 2200, 2300, 2400)
    make_sales(hub, 9000, model="iphone-13-pro")
    make_sales(hub, 9000, days_ago=400)
    with hub.look() as work:
        found = estimate(work, "phone", "apple", "iphone-13", 128, "A")
        assert (found.count, found.median_fen, found.basis, found.enough) == (5, 220_000, "same_tier", True)
        assert estimate(work, "phone", "apple", "iphone-15", 128, "A").basis == "none"


def test_models_outside_the_catalogue_are_compared_with_nothing(hub):
    make_sales(hub, 100, 200, 300, 400, 500, brand="other", model="other")
    with hub.look() as work:
        assert estimate(work, "phone", "other", "other", 128).count == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE observed_sale SET price_fen = 1",
        "DELETE FROM observed_sale",
        "INSERT INTO observed_sale (category, brand, model, price_fen, sold_on, order_code) "
        "SELECT category, brand, model, 5, sold_on, order_code FROM observed_sale",
        "INSERT INTO observed_sale (category, brand, model, price_fen, sold_on, order_code) "
        "SELECT category, brand, model, 0, sold_on, 'x' FROM observed_sale",
    ],
)
def test_database_keeps_observed_sales_as_they_were(hub, statement):
    make_sales(hub, 2000)
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(statement))
    with hub.look() as work:
        assert work.session.scalar(select(func.sum(ObservedSale.price_fen))) == 200_000
