"""What holds for every estimate: direction, sums, coverage, the same bits again, and bytes that nobody changed."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from grading.pricing import artifacts
from grading.pricing.columns import parse_columns
from grading.pricing.errors import ModelRefused
from grading.pricing.evaluating import evaluate
from grading.pricing.explaining import explain, share_out
from grading.pricing.fitting import fit
from grading.pricing.model import Boosted, Model
from grading.pricing.table import Table, table_of
from tests.grading.pricing import market

DIRECTIONS = [("km", -1, 30_000), ("age", -1, 2.0), ("grade", 1, 12), ("new_price", 1, 40_000)]


def turned_round(model: Model, name: str, sign: int, far: float, n_pairs: int = 400) -> int:
    """Pairs of things that differ in one column only and whose price, or an end of its range, goes against the direction."""
    given = [row for row in market.rows(n_pairs, 5) if row["new_price"]]
    draw = np.random.default_rng(0)
    moved = [{**row, name: float(str(row[name])) + float(draw.uniform(0, far))} for row in given]
    one, other = model.estimate(table_of(given)), model.estimate(table_of(moved))
    wrong = 0
    for before, after in (
        (one.price, other.price),
        *((one.low[level], other.low[level]) for level in (80, 90)),
        *((one.high[level], other.high[level]) for level in (80, 90)),
    ):
        wrong += int((sign * (after - before) < 0).sum())
    return wrong


@pytest.mark.parametrize(("name", "sign", "far"), DIRECTIONS)
def test_more_of_it_never_turns_the_price_or_its_range_round(name: str, sign: int, far: float) -> None:
    assert turned_round(market.fitted()[0], name, sign, far) == 0


def test_a_model_without_directions_is_noticed() -> None:
    roles = {**market.ROLES, "monotone": {"new_price": 1}, "numeric": ["km", "age", "grade", "power"]}
    model, _ = fit(table_of(market.rows()), parse_columns(roles), market.QUICK)
    assert sum(turned_round(model, name, sign, far) for name, sign, far in DIRECTIONS[:3]) > 50


def test_reasons_sum_exactly_to_the_price() -> None:
    model, _ = market.fitted()
    table = market.fresh_table(40)
    prices = model.estimate(table).price
    for row in range(table.n_rows):
        found = explain(model, table, row)
        assert found is not None
        assert found.start + sum(one.step for one in found.reasons) == found.price == Decimal(int(prices[row]))
        assert {one.column for one in found.reasons} <= set(model.columns.used)


def test_a_lost_contribution_does_not_hide_in_the_rounding() -> None:
    model, _ = market.fitted()
    table = market.fresh_table(1)
    found = explain(model, table)
    assert found is not None
    # what the factors give, multiplied out, is the price up to its rounding: nothing was moved into one step to make it fit
    product = float(found.start)
    for one in found.reasons:
        product *= one.factor
    assert product == pytest.approx(float(found.price), abs=3)


@pytest.mark.parametrize(
    ("parts", "total", "expected"),
    [
        ([10.4, 0.4, 0.2], "11", ["11", "0", "0"]),
        ([10.5, -3.2, 2.7], "10", ["10", "-3", "3"]),
        ([1.0], "1", ["1"]),
        ([0.5, 0.5], "1", ["1", "0"]),
    ],
)
def test_steps_are_rounded_by_largest_remainder(parts: list[float], total: str, expected: list[str]) -> None:
    assert share_out(parts, Decimal(total), Decimal(1)) == [Decimal(one) for one in expected]


def test_ranges_cover_and_contain_each_other() -> None:
    model, _ = market.fitted()
    table = market.fresh_table(600, 9)
    found = model.estimate(table)
    assert (found.low[90] <= found.low[80]).all()
    assert (found.low[80] <= found.price).all()
    assert (found.price <= found.high[80]).all()
    assert (found.high[80] <= found.high[90]).all()
    measured = evaluate(model, table)["all"]
    assert isinstance(measured, dict)
    assert 0.85 < measured["coverage90"] < 0.97
    assert measured["median_error"] < 0.06


def test_an_unseen_series_is_cold_and_has_a_wider_range() -> None:
    model, _ = market.fitted()
    row = {**market.rows(1, 4)[0], "new_price": 200_000}
    known = {**row, "maker": "maker 3", "series": "series 3", "title": "maker 3 series 3 1.0 plus", "trim": "1.0 plus"}
    new = {**known, "series": "series 99", "title": "maker 3 series 99 1.0 plus"}
    found = model.estimate(table_of([known, new]))
    assert list(found.basis) == ["warm", "cold"]
    width = (found.high[90] - found.low[90]) / found.price
    assert width[1] > width[0]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    table, columns = table_of(market.rows(200)), parse_columns(market.ROLES)
    for name in ("one", "other"):
        model, _ = fit(table, columns, market.QUICK)
        artifacts.save(model, tmp_path / name, {}, {})
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes(), file.name


def saved(folder: Path) -> Path:
    artifacts.save(market.fitted()[0], folder, {"report.json": b"{}\n"}, {"data": {"rows": 700}})
    return folder


def test_a_read_model_estimates_the_same_bits(tmp_path: Path) -> None:
    model, table = market.fitted()[0], market.fresh_table(50)
    again = artifacts.load(saved(tmp_path))
    one, other = model.estimate(table), again.estimate(table)
    assert np.array_equal(one.point, other.point)
    assert np.array_equal(one.high[90], other.high[90])
    without = Table({name: cells for name, cells in table.columns.items() if name not in ("power", "title")}, table.n_rows)
    assert np.array_equal(model.estimate(without).point, again.estimate(without).point)
    assert not list(tmp_path.glob("*.pkl"))


def test_many_rows_at_once_are_estimated_as_one_by_one() -> None:
    model, table = market.fitted()[0], market.fresh_table(1_100)
    many = model.estimate(table)
    for first in range(0, 1_100, 100):
        some, rows = model.estimate(table.rows(range(first, first + 100))), slice(first, first + 100)
        assert np.allclose(some.point, many.point[rows], rtol=1e-13, atol=0)
        assert np.array_equal(some.price, many.price[rows])
        assert np.array_equal(some.low[90], many.low[90][rows])


def test_a_changed_byte_is_refused_with_the_name_of_its_file(tmp_path: Path) -> None:
    files = sorted(saved(tmp_path).iterdir())
    assert len(files) > 8
    for file in files:
        whole = file.read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 1):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(ModelRefused) as refused:
                artifacts.load(tmp_path)
            assert refused.value.detail["file"] == file.name
        file.unlink()
        with pytest.raises(ModelRefused) as refused:
            artifacts.load(tmp_path)
        assert refused.value.detail["file"] == file.name
        file.write_bytes(whole)
    artifacts.load(tmp_path)


def test_a_manifest_written_anew_without_its_hash_is_refused(tmp_path: Path) -> None:
    manifest = json.loads((saved(tmp_path) / "manifest.json").read_text(encoding="utf-8"))
    manifest["data"] = {"rows": 701}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelRefused, match=r"manifest\.json"):
        artifacts.load(tmp_path)


def test_a_planted_fault_in_the_blend_is_seen_by_the_pairs() -> None:
    model, _ = market.fitted()
    parts = model.parts
    assert isinstance(parts, Boosted)
    # a booster of negative weight turns its directions round: the sum of the weights stays one
    weights = {
        lane: tuple(-1.0 if place == 0 else 2.0 / (len(w) - 1) for place in range(len(w))) for lane, w in parts.blend[0].items()
    }
    broken = replace(model, parts=replace(parts, blend=(weights, parts.blend[1])))
    assert sum(turned_round(broken, name, sign, far) for name, sign, far in DIRECTIONS) > 0
