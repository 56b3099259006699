"""Weights rest on what held-out rows can tell apart, and the kinds that are listened to cost no more than they may."""

from __future__ import annotations

import numpy as np
import pytest

from grading.pricing.bending import Bend, doubt_of, fit_bend, level
from grading.pricing.blending import blend, choose, independent, within

LANES = ["new/known"] * 400


def two_kinds(n_series: int, bias: float) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Log prices by a kind with little noise and one with more, the truth, and the series; all of it lies off by `bias`."""
    draw = np.random.default_rng(5)
    truth = draw.normal(11, 0.5, 400)
    series = np.arange(400) % n_series
    own = np.linspace(-0.08, 0.08, n_series)[series]
    good, bad = truth - bias + own + draw.normal(0, 0.02, 400), truth - bias + own + draw.normal(0, 0.2, 400)
    return np.stack([good, bad]), truth, [f"series {one}" for one in series]


def test_better_kind_has_the_weight() -> None:
    values, truth, groups = two_kinds(80, 0.0)
    weights, _ = choose(values, truth, LANES, [True, True], groups)
    assert weights["new/known"][0] >= 0.9


def test_what_a_few_series_have_in_common_is_hardly_followed() -> None:
    found = {}
    for n_series in (4, 200):
        values, truth, groups = two_kinds(n_series, 0.05)
        found[n_series] = choose(values, truth, LANES, [True, True], groups)[1]["new"]
    assert min(found[200].at_low, found[200].at_high) > 2 * max(found[4].at_low, found[4].at_high) > 0


def noisy(n_rows: int = 6_000) -> tuple[np.ndarray, np.ndarray]:
    """Estimates and true log prices of things whose cheap ones are often worth next to nothing."""
    draw = np.random.default_rng(11)
    point = draw.uniform(5, 9, n_rows)
    spread = 0.6 - 0.1 * (point - 5)
    return point, point + spread * draw.normal(0, 1, n_rows) - np.where(draw.random(n_rows) < 0.1, 1.0, 0.0)


def test_low_prices_are_corrected_for_percentages_and_high_ones_for_money() -> None:
    point, truth = noisy()
    bend = fit_bend(point[::2], truth[::2], 1e-5)
    assert bend.at_low < -0.1 < bend.at_high

    def errors(guess: np.ndarray) -> tuple[float, float]:
        off = np.abs(np.exp(guess) - np.exp(truth[1::2]))
        return float(off.mean()), float((off / np.exp(truth[1::2])).mean())

    (money, share), before = errors(point[1::2] + bend.of(point[1::2])), errors(point[1::2])
    assert share < 0.97 * before[1]
    assert money < 1.01 * before[0]


def test_what_rows_of_a_series_have_in_common_counts_once() -> None:
    draw = np.random.default_rng(4)
    series = np.repeat(np.arange(50), 40)
    own, noise = 0.1 * draw.normal(0, 1, 50)[series], 0.1 * draw.normal(0, 1, 2_000)
    names = np.array([f"series {one}" for one in series])
    assert doubt_of(noise, None) == pytest.approx(0.01 / 2_000, rel=0.1)
    assert doubt_of(noise, names) == pytest.approx(0.01 / 2_000, rel=0.6)
    assert doubt_of(own + noise, names) == pytest.approx(0.01 / 50, rel=0.4)


def test_a_correction_turns_no_two_prices_round() -> None:
    low_is_dear = np.linspace(8, 8.4, 2_000)
    truth = low_is_dear + np.where(low_is_dear < 8.2, 0.6, -0.6) + np.random.default_rng(2).normal(0, 0.4, 2_000)
    bend = fit_bend(low_is_dear, truth, 1e-5)
    bent = low_is_dear + bend.of(low_is_dear)
    assert not bend.is_level
    assert (np.diff(bent) > 0).all()
    steep = Bend(8.0, 8.4, 0.3, -0.3)
    assert (np.diff(low_is_dear + steep.of(low_is_dear)) < 0).any(), "one as steep as that would"


def test_a_correction_of_older_models_is_the_same_at_every_price() -> None:
    point = np.array([2.0, 9.5, 13.1])
    assert (point + level(-0.0137).of(point) == point + -0.0137).all()


def test_unseen_series_listen_only_to_who_knows_the_new_price() -> None:
    values, truth, groups = two_kinds(80, 0.0)
    weights, _ = choose(values, truth, LANES, [False, True], groups)
    assert weights["new/known"] == (0.0, 1.0)
    assert weights["new/unknown"] == (1.0, 0.0)


def test_series_count_by_their_size() -> None:
    assert independent(np.array(["a"] * 50 + ["b"] * 50)) == pytest.approx(2)
    assert independent(np.array(["a"] * 98 + ["b", "c"])) < 1.1


def test_kinds_of_least_weight_for_their_cost_are_left_out() -> None:
    weights = {"warm/known": (0.5, 0.1, 0.4), "new/known": (0.0, 0.0, 1.0)}
    found, _ = within((weights, {}), [4.0, 2.0, 6.0], 10.0)
    assert found["warm/known"] == pytest.approx((5 / 9, 0.0, 4 / 9))
    assert found["new/known"] == (0.0, 0.0, 1.0)
    dear, _ = within((weights, {}), [4.0, 2.0, 60.0], 10.0)
    assert dear["new/known"] == (0.0, 0.0, 1.0), "one is always left"
    values = np.array([[1.0], [2.0], [4.0]])
    assert blend(values, ["warm/known"], (found, {}))[0] == pytest.approx(5 / 9 + 16 / 9)
