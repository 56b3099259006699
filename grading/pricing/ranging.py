"""How far prices are expected to lie from their estimates: learned from held-out rows, for the ranges of intervals.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from grading.pricing.boosting import Recipe, boost
from grading.pricing.features import group_folds, random_folds
from grading.pricing.intervals import Calibration, calibrate
from grading.pricing.keys import Ints
from grading.pricing.model import Sigma
from grading.pricing.table import Floats

if TYPE_CHECKING:
    import lightgbm as lgb

__all__ = ["Held", "fit_ranges"]

_PARTS = 4
_ROUNDS = 120


@dataclass(frozen=True, slots=True)
class Held:
    """Held-out rows, all (n_rows, ...): matrix, estimate and log price, lane, and series."""

    matrix: Floats
    point: Floats
    log_price: Floats
    lanes: Sequence[str]
    groups: Sequence[str]


def fit_ranges(held: Held, signs: Sequence[int], categories: Sequence[int], recipe: Recipe) -> tuple[Sigma, Calibration]:
    """Sigma fitted on held-out distances, and quantiles of distance / sigma with sigma itself out of fold.

    `recipe`: its seed and threads.
    """
    n_rows = len(held.point)
    distance = np.abs(held.log_price - held.point)
    target = np.log(distance + max(0.3 * float(np.median(distance)), 1e-4))
    leaves = 7 if n_rows < 3000 else 15
    recipe = replace(recipe, learning_rate=0.05, leaves=leaves, min_child=40, lambda_l2=5.0)
    least, most = (float(end) for end in np.exp(np.quantile(target, [0.05, 0.95])))

    def grown(rows: Ints, way: int) -> lgb.Booster:
        own = [way * sign for sign in signs]
        return boost(recipe, held.matrix[rows], target[rows], signs=own, categories=categories, rounds=_ROUNDS)

    def both(rows: Ints) -> Sigma:
        return Sigma(grown(rows, -1), grown(rows, 1), least, most)

    has_groups = any(held.groups)
    fold = group_folds(held.groups, _PARTS, recipe.seed) if has_groups else random_folds(n_rows, _PARTS, recipe.seed)
    whole = both(np.arange(n_rows))
    below, above = np.empty(n_rows), np.empty(n_rows)
    for one in range(_PARTS):
        out, inside = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
        if len(out):
            below[out], above[out] = both(inside).values(held.matrix[out], recipe.threads)
    support = [lane.partition("/")[0] for lane in held.lanes]
    return whole, calibrate(held.point, held.log_price, (below, above), support, held.groups)
