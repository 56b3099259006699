"""The usual ways of giving a range, fitted on the same rows: constant split conformal, scaled split conformal, and CQR.

All on the tuned LightGBM of the baselines; a fifth of the training rows calibrates (whole series where the test has unseen ones).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grading.pricing.boosting import boost, predict
from grading.pricing.features import group_folds, random_folds
from grading.pricing.table import Floats
from tests.bench.pricing.baselines import Rows, inputs, tuned

CONSTANT, SCALED, CQR = "split conformal", "scaled split conformal", "CQR"
Range = tuple[Floats, Floats]


def fit_ranges(rows: Rows, groups: list[str] | None, level: float = 0.9) -> dict[str, Range]:
    """Low and high log price of the test rows by method; `groups`: calibrate on whole groups."""
    train, test, places, signs = inputs(rows)
    fold = random_folds(len(train), 5, rows.seed) if groups is None else group_folds(groups, 5, rows.seed)
    own, held = fold != 0, fold == 0
    recipe, none = tuned(rows), [0] * len(signs)
    y = rows.log_price
    point = boost(recipe, train[own], y[own], signs=none, categories=places, watch=(train[held], y[held]))
    left = np.abs(y[held] - predict(point, train[held], point.best_iteration))
    middle = predict(point, test, point.best_iteration)
    found = {CONSTANT: (middle - _q(left, level), middle + _q(left, level))}
    inner = random_folds(int(own.sum()), 2, rows.seed) if groups is None else group_folds(_pick(groups, own), 2, rows.seed)
    away = np.empty(int(own.sum()))
    for one in (0, 1):
        part = boost(recipe, train[own][inner != one], y[own][inner != one], signs=none, categories=places, rounds=200)
        away[inner == one] = np.abs(y[own][inner == one] - predict(part, train[own][inner == one]))
    small = replace(recipe, leaves=15, min_child=40)
    scale = boost(small, train[own], np.log(away + 0.01), signs=none, categories=places, rounds=120)
    ahead, here = (np.exp(predict(scale, part)) for part in (test, train[held]))
    found[SCALED] = (middle - _q(left / here, level) * ahead, middle + _q(left / here, level) * ahead)
    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        one = replace(recipe, objective="quantile", objective_alpha=share)
        ends.append(boost(one, train[own], y[own], signs=none, categories=places, rounds=max(50, point.best_iteration)))
    low, high = (predict(one, train[held]) for one in ends)
    q = _q(np.maximum(low - y[held], y[held] - high), level)
    found[CQR] = (predict(ends[0], test) - q, predict(ends[1], test) + q)
    return found


def _q(score: Floats, level: float) -> float:
    return float(np.quantile(score, min(1.0, np.ceil((len(score) + 1) * level) / len(score)), method="higher"))


def _pick(groups: list[str], own: np.typing.NDArray[np.bool_]) -> list[str]:
    return [group for group, one in zip(groups, own.tolist(), strict=True) if one]
