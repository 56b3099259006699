"""The arithmetic of an estimate on plain values: whole fen, no floats.

The figures (how many sales are enough, how long they count) are our own choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ENOUGH = 5  # sales; fewer give a rough range only
FOR_PERCENTILES = 10  # sales; fewer show the lowest and the highest price instead of the 10 % and 90 % points
WINDOW_DAYS = 365
RECENT_DAYS = 90
SHOWN = 10
BASES = ("same_tier", "same_storage", "same_model", "like_age", "like_age_mileage", "same_kind", "none")
LIKE_AGE_MONTHS = 24  # cars at most this much older or younger count as of a like age
LIKE_MILEAGE_KM = 30_000


@dataclass(frozen=True)
class Sale:
    """What an estimate knows about one sale. ``price_fen`` in fen."""

    price_fen: int
    storage_gb: int | None
    tier: str | None
    sold_on: date


@dataclass(frozen=True)
class Sold:
    """A model of which ``count`` were sold in the last year."""

    brand: str
    model: str
    count: int


@dataclass(frozen=True)
class Estimate:
    """What comparable things sold for, all amounts in fen (None when there is nothing to go by).

    ``basis`` names how alike the sales are; ``count`` is how many there are within ``days``; ``enough``: at least 5, below that
    pages speak of a rough range. ``low_fen`` and ``high_fen`` are the 10 % and 90 % points from 10 sales on (``is_full_range``
    False), else the lowest and highest price. ``sales``: the latest ones, newest first.
    """

    count: int
    median_fen: int | None
    low_fen: int | None
    high_fen: int | None
    basis: str
    enough: bool
    sales: tuple[Sale, ...]
    recent_count: int
    recent_median_fen: int | None
    is_full_range: bool = True
    days: int = WINDOW_DAYS
    recent_days: int = RECENT_DAYS


NOTHING = Estimate(0, None, None, None, "none", False, (), 0, None)


def estimate_from(sales: Sequence[Sale], storage_gb: int | None, tier: str | None, today: date) -> Estimate:
    """The estimate for a thing of this storage and tier out of all sales of its model.

    The closest group with enough sales is taken; when no group has enough, all sales of the model stand in, under the
    closest name that is still true of all of them.
    """
    seen = [sale for sale in sales if today - timedelta(days=WINDOW_DAYS) < sale.sold_on <= today]
    if not seen:
        return NOTHING
    groups: list[tuple[str, list[Sale]]] = []
    if storage_gb is not None:
        alike = [sale for sale in seen if sale.storage_gb == storage_gb]
        if tier is not None:
            groups.append(("same_tier", [sale for sale in alike if sale.tier == tier]))
        groups.append(("same_storage", alike))
    groups.append(("same_model", seen))
    basis, chosen = next((group for group in groups if len(group[1]) >= ENOUGH), ("", []))
    if not chosen:
        basis, chosen = next(group for group in groups if len(group[1]) == len(seen))
    return _summed(chosen, basis, today)


@dataclass(frozen=True)
class CarSale:
    """One sale of a car; ``first_used`` is its first registration ("2019-05")."""

    price_fen: int
    first_used: str | None
    mileage_km: int | None
    sold_on: date

    @property
    def plain(self) -> Sale:
        return Sale(self.price_fen, None, None, self.sold_on)


@dataclass(frozen=True)
class ApplianceSale:
    """One sale of an appliance of a brand and kind."""

    price_fen: int
    model: str
    sold_on: date

    @property
    def plain(self) -> Sale:
        return Sale(self.price_fen, None, None, self.sold_on)


def estimate_of_car(sales: Sequence[CarSale], first_used: str | None, mileage_km: int | None, today: date) -> Estimate:
    """The estimate for a car out of all sales of its series: of a like age and mileage, of a like age, else all of them."""
    months = _months(first_used)
    aged = [each for each in sales if _near(_months(each.first_used), months, LIKE_AGE_MONTHS)]
    driven = [each for each in aged if _near(each.mileage_km, mileage_km, LIKE_MILEAGE_KM)]
    return _closest([("like_age_mileage", driven), ("like_age", aged), ("same_model", list(sales))], today)


def estimate_of_appliance(sales: Sequence[ApplianceSale], model: str, today: date) -> Estimate:
    """The estimate for an appliance: its own model, else everything of its brand and kind."""
    return _closest([("same_model", [each for each in sales if each.model == model]), ("same_kind", list(sales))], today)


def _months(written: str | None) -> int | None:
    return int(written[:4]) * 12 + int(written[5:7]) if written else None


def _near(one: int | None, other: int | None, most: int) -> bool:
    return one is not None and other is not None and abs(one - other) <= most


def _closest(groups: Sequence[tuple[str, Sequence[CarSale | ApplianceSale]]], today: date) -> Estimate:
    """From the closest group with enough sales; without one, from the widest, under its own name."""
    seen = [(name, [each.plain for each in group if each.sold_on <= today]) for name, group in groups]
    if not seen[-1][1]:
        return NOTHING
    basis, chosen = next((group for group in seen if len(group[1]) >= ENOUGH), seen[-1])
    return _summed(chosen, basis, today)


def _summed(chosen: Sequence[Sale], basis: str, today: date) -> Estimate:
    prices = sorted(sale.price_fen for sale in chosen)
    recent = sorted(sale.price_fen for sale in chosen if sale.sold_on > today - timedelta(days=RECENT_DAYS))
    by_points = len(prices) >= FOR_PERCENTILES
    return Estimate(
        count=len(prices),
        median_fen=median(prices),
        low_fen=nearest_rank(prices, 10) if by_points else prices[0],
        high_fen=nearest_rank(prices, 90) if by_points else prices[-1],
        basis=basis,
        enough=len(prices) >= ENOUGH,
        sales=tuple(sorted(chosen, key=lambda sale: sale.sold_on, reverse=True)[:SHOWN]),
        recent_count=len(recent),
        recent_median_fen=median(recent) if recent else None,
        is_full_range=not by_points,
    )


def median(prices: Sequence[int]) -> int:
    """The middle of sorted amounts; between two middle ones half way, rounded half up to whole fen."""
    middle = len(prices) // 2
    if len(prices) % 2:
        return prices[middle]
    return (prices[middle - 1] + prices[middle] + 1) // 2


def nearest_rank(prices: Sequence[int], percent: int) -> int:
    """The smallest of sorted amounts that at least ``percent`` of a hundred of them do not exceed (nearest-rank method)."""
    return prices[max((percent * len(prices) + 99) // 100, 1) - 1]
