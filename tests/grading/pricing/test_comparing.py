"""Beside the estimate: comparables, the curve of value, and what is said of an asking price."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grading.pricing import artifacts
from grading.pricing.comparing import RATINGS, comparables, curve, rate
from grading.pricing.table import table_of
from tests.grading.pricing import market


def test_comparables_are_of_the_same_key_and_moved_to_the_same_state(tmp_path: Path) -> None:
    model, cleaned = market.fitted()
    table = market.fresh_table(20)
    own = model.estimate(table)
    artifacts.save(model, tmp_path, {}, {})
    again = artifacts.load(tmp_path)
    for row in range(20):
        found = comparables(model, table, row)
        assert found == comparables(again, table, row)
        assert len(found.comparables) == 5
        assert found.median is not None
        assert found.inside == (own.low[90][row] <= found.median <= own.high[90][row])
        for one in found.comparables:
            assert one.id == f"c{one.row}"
            assert one.price == cleaned.price[list(cleaned.kept).index(one.row)]
            if "series" in found.level:
                assert one.row in {r for r, s in enumerate(cleaned.frame.words["series"]) if s == table.column("series")[row]}
    moved = [
        abs(float(found.median or 0) / price - 1)
        for found, price in ((comparables(model, table, r), own.price[r]) for r in range(20))
    ]
    assert np.median(moved) < 0.08


def test_without_a_known_key_there_are_no_comparables() -> None:
    found = comparables(market.fitted()[0], table_of([{"km": 5}]))
    assert found.comparables == ()
    assert found.median is None


def test_the_curve_falls_month_by_month_with_its_range() -> None:
    model, _ = market.fitted()
    found = curve(model, market.fresh_table(1), {"age": 1 / 12, "km": 900})
    assert len(found.price) == 61
    assert found.price[0] == model.estimate(market.fresh_table(1)).price[0]
    assert (np.diff(found.price) <= 0).all()
    assert (np.diff(found.high[90]) <= 0).all()
    assert found.price[24] < found.price[0]
    with pytest.raises(KeyError, match="colour"):
        curve(model, market.fresh_table(1), {"colour": 1})


def test_ratings_follow_the_asking_price_and_are_silent_on_wide_ranges() -> None:
    model, _ = market.fitted()
    found = model.estimate(market.fresh_table(1))
    names = [rate(model, found, float(found.price[0]) * factor).name for factor in (0.6, 0.93, 1.0, 1.07, 1.4)]
    assert names[0] == "suspicious"
    assert names[-1] == "high"
    assert [RATINGS.index(str(name)) for name in names] == sorted(RATINGS.index(str(name)) for name in names)
    assert rate(model, found, float(found.price[0]) * 1.1).share == pytest.approx(0.1)
    wide = replace(found, high={80: found.price * 1.5, 90: found.price * 1.6})
    assert rate(model, wide, 1000.0).name is None


def test_the_flag_is_off_where_held_out_rows_do_not_support_it() -> None:
    model, _ = market.fitted()
    found = model.estimate(market.fresh_table(1))
    deaf = replace(model, facts={**model.facts, "caught_at_30": 0.2})
    assert rate(deaf, found, float(found.price[0]) * 0.6).name == "low"
