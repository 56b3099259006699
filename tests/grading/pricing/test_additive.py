"""What simply adds up is found in its true size, also beside what does not add up."""

from __future__ import annotations

import numpy as np
import pytest

from grading.pricing.additive import Additive, base_of, fit_additive
from grading.pricing.boosting import Recipe
from grading.pricing.cleaning import Cleaned, clean
from grading.pricing.columns import parse_columns
from grading.pricing.features import Plan, fit_encoder, make_plan
from grading.pricing.table import Floats, table_of

COLUMNS = {
    "target": "price",
    "categorical": ["month"],
    "numeric": ["age", "battery", "works"],
    "hierarchy": [["model", "brand"]],
    "monotone": {"age": -1, "battery": 1, "works": 1},
    "group": "model",
}
RATES = {"one": -0.05, "two": -0.20, "three": -0.40}  # of a year: what each brand loses of its log price
BATTERY = 0.006  # a percent; of brand "one" it is always known, of the others hardly ever
WORKS = (-1.2, -0.5, 0.0)
MONTHS = {"04": -0.03, "10": 0.03}


@pytest.fixture(scope="module")
def found() -> tuple[Plan, Cleaned, Floats, Additive]:
    """The additive part of 4,000 invented things with noise of three percent."""
    draw, rows = np.random.default_rng(5), []
    for number in range(4000):
        brand = str(draw.choice(list(RATES)))
        age, battery, works = draw.uniform(0, 5), int(draw.integers(72, 101)), int(draw.choice(3, p=[0.04, 0.1, 0.86]))
        month = str(draw.choice(["01", "04", "07", "10"]))
        known = brand == "one" or draw.random() < 0.1
        log_price = 8 + (brand == "one") * 0.8 + RATES[brand] * age + WORKS[works] + MONTHS.get(month, 0) + draw.normal(0, 0.03)
        log_price += BATTERY * (battery - 86) if known else 0.0
        rows.append(
            {"price": np.exp(log_price), "month": month, "age": age, "battery": battery if known else None, "works": works}
            | {"model": f"{brand} {number % 8}", "brand": brand}
        )
    cleaned = clean(table_of(rows), parse_columns(COLUMNS))
    plan, log_price = make_plan(cleaned.frame, cleaned.columns, "model"), np.log(cleaned.price)
    _, matrix, hidden = fit_encoder(plan, cleaned.frame, log_price, 7, 1)
    both, weight = np.concatenate([matrix, hidden]), np.repeat([1.0, 0.3], len(log_price))
    additive = fit_additive(plan, both, np.concatenate([log_price, log_price]), weight, Recipe(threads=1))
    return plan, cleaned, matrix, additive


def moved(found: tuple[Plan, Cleaned, Floats, Additive], name: str, before: float, after: float) -> float:
    """By how much the additive part differs between two cells of a column, natural log."""
    plan, _, matrix, additive = found
    place = next(at for at, feature in enumerate(plan.features) if feature.name == name)
    one, other = matrix[:1].copy(), matrix[:1].copy()
    one[0, place], other[0, place] = before, after
    return float(base_of(additive.values(other), 1.0)[0] - base_of(additive.values(one), 1.0)[0])


def test_season_is_found_where_brands_lose_their_value_at_different_rates(found):
    codes = found[0].categories["month"]
    assert moved(found, "month", codes["04"], codes["10"]) == pytest.approx(0.06, rel=0.1)


def test_unknown_battery_does_not_stand_in_for_the_brand(found):
    assert moved(found, "battery", 75, 95) == pytest.approx(20 * BATTERY, rel=0.1)
    assert abs(moved(found, "battery", 86, np.nan)) < 0.02


def test_number_of_few_values_keeps_each_of_them(found):
    for value, planted in enumerate(WORKS):
        assert moved(found, "works", 2, value) == pytest.approx(planted, rel=0.06, abs=1e-9)
