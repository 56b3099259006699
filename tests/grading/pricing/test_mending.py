"""What the blend left of a small effect is given back, and noise is not."""

from __future__ import annotations

import numpy as np
import pytest

from grading.pricing.additive import Additive, base_of
from grading.pricing.cleaning import clean
from grading.pricing.columns import parse_columns
from grading.pricing.features import Plan, make_plan
from grading.pricing.filling import learn_filler, meant
from grading.pricing.mending import mend
from grading.pricing.table import Floats, table_of

COLUMNS = {"target": "price", "categorical": ["month"], "numeric": ["grade"], "monotone": {"grade": 1}, "id": "code"}
N_ROWS = 4_000
NOISE = 0.06


@pytest.fixture(scope="module")
def market() -> tuple[Plan, Floats]:
    """A plan of two columns and the matrix of 4,000 things: month, and a grade that half of them have."""
    draw = np.random.default_rng(3)
    rows = [
        {
            "code": f"c{no}",
            "price": 1000 + no,
            "month": f"{1 + no % 12:02d}",
            "grade": int(draw.integers(60, 100)) if draw.random() < 0.5 else None,
        }
        for no in range(N_ROWS)
    ]
    cleaned = clean(table_of(rows), parse_columns(COLUMNS))
    plan = make_plan(cleaned.frame, cleaned.columns, None)
    codes = plan.categories["month"]
    return plan, np.column_stack([cleaned.frame.numbers["grade"], [codes[word] for word in cleaned.frame.words["month"]]])


def given_back(market: tuple[Plan, Floats], left: Floats) -> Additive:
    plan, matrix = market
    return mend(plan, np.arange(len(matrix)), matrix, left)


def test_what_is_left_of_months_and_of_a_report_is_given_back(market: tuple[Plan, Floats]) -> None:
    draw, (_, matrix) = np.random.default_rng(4), market
    season, report = 0.02 * np.sin(matrix[:, 1] * np.pi / 6), np.where(np.isfinite(matrix[:, 0]), 0.01, -0.01)
    found = base_of(given_back(market, season + report + draw.normal(0, NOISE, N_ROWS)).values(matrix), 1.0)
    assert np.corrcoef(found, season + report)[0, 1] > 0.95
    assert np.abs(found - season - report).mean() < 0.3 * np.abs(season + report).mean()


def test_noise_is_hardly_ever_given_back(market: tuple[Plan, Floats]) -> None:
    times = 0
    for seed in range(40):
        times += len(given_back(market, np.random.default_rng(seed).normal(0, NOISE, N_ROWS)).terms)
    assert times <= 6, "of 80"


def test_no_direction_is_touched(market: tuple[Plan, Floats]) -> None:
    _, matrix = market
    left = np.where(np.isfinite(matrix[:, 0]), 0.05 - 0.001 * (matrix[:, 0] - 80), 0.0)
    found = given_back(market, left + np.random.default_rng(1).normal(0, NOISE, N_ROWS))
    said = np.isfinite(matrix[:, 0])
    assert len(np.unique(base_of(found.values(matrix), 1.0)[said & (matrix[:, 1] == 0)])) == 1, "the same for every grade"


def test_same_row_twice_is_no_more_noise_than_once(market: tuple[Plan, Floats]) -> None:
    plan, matrix = market
    times = 0
    for seed in range(30):
        left = np.random.default_rng(seed).normal(0, NOISE, N_ROWS)
        rows = np.arange(N_ROWS)
        twice = mend(plan, np.concatenate([rows, rows]), np.concatenate([matrix, matrix]), np.concatenate([left, left]))
        assert twice == mend(plan, rows, matrix, left)
        times += len(twice.terms)
    assert times <= 5, "of 60"


def test_few_empty_cells_that_mean_something_are_not_filled() -> None:
    draw = np.random.default_rng(2)
    new = np.exp(draw.normal(11.5, 0.5, 600))
    log = np.log(new) - 0.5 + draw.normal(0, 0.05, 600)
    for dearer, stays_empty in ((0.0, False), (1.2, True)):
        rows = [
            {"price": float(np.exp(log[no] + (dearer if no < 9 else 0))), "new_price": None if no < 9 else float(new[no])}
            for no in range(600)
        ]
        cleaned = clean(table_of(rows), parse_columns({"target": "price", "numeric": ["new_price"]}))
        price = np.log(cleaned.price)
        found = meant(
            learn_filler(cleaned.frame, ()), cleaned.frame, lambda filled, p=price: p - np.log(filled.numbers["new_price"])
        )
        assert ("new_price" not in found.rare) is stays_empty
