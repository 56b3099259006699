"""What held-out rows still show of a month, a district, a colour, or of a cell being filled at all, is given back.

A booster is drawn towards none in every leaf and so leaves a part of every small effect. What the blend left of one is seen in
rows that no part of it learned from: the mean of what is left, by category, drawn towards none by its own noise (Morris 1983).
It is given back only where it stands out of that noise, so a table that holds no such effect is left as it was. Keys of the
hierarchy are left alone: they have averages of their own. Categories and empty cells have no direction, so nothing can be
turned round by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grading.pricing.additive import Additive, Term
from grading.pricing.features import Feature, Plan
from grading.pricing.keys import Ints
from grading.pricing.table import Floats

__all__ = ["mend"]

_FEWEST = 500  # rows from which on it is looked for
_FEWEST_OF_ONE = 20  # rows of a category
_STANDS_OUT = 2.0  # standard deviations of what noise alone would show
_RARE = 0.02  # share of cells that have to be empty, and to be filled
_FAR = 3.0  # spreads, beyond which a row counts as that far


def mend(plan: Plan, rows: Ints, matrix: Floats, left: Floats) -> Additive:
    """The steps to be added to log price. `rows` (n_held,): place in the table, a row may come more than once; `matrix`
    (n_held, n_features) and `left` (n_held,): those rows and their log price less the blend's.
    """
    if len(left) < _FEWEST:
        return Additive(0.0, ())
    left = left - float(np.median(left))
    spread = 1.4826 * float(np.median(np.abs(left)))
    left = np.clip(left, -_FAR * spread, _FAR * spread)
    _, first, own, counts = np.unique(rows, return_index=True, return_inverse=True, return_counts=True)
    once = np.bincount(own, left) / counts  # the same noise twice is no more than once
    shown = matrix[first]
    terms: list[Term] = []
    for place, feature in enumerate(plan.features):
        codes = None if feature.source in plan.columns.keys else _codes(feature, shown[:, place])
        steps = None if codes is None else _steps(codes, once)
        if codes is not None and steps is not None:
            once = once - steps[codes]
            terms.append(_term(feature, place, steps, shown[:, place]))
    return Additive(0.0, tuple(terms))


def _codes(feature: Feature, column: Floats) -> Ints | None:
    """Which group each row belongs to, 0: not said. None where the column has no groups of this sort."""
    said = np.isfinite(column)
    if feature.kind == "category" and feature.level is None:
        return np.where(said, np.nan_to_num(column), -1.0).astype(np.int64) + 1
    if feature.kind == "number" and _RARE < said.mean() < 1 - _RARE:
        return said.astype(np.int64)
    return None


def _steps(codes: Ints, left: Floats) -> Floats | None:
    """What is given back to each group; None where what is left does not stand out of its noise."""
    counts = np.bincount(codes).astype(np.float64)
    large = counts >= _FEWEST_OF_ONE
    if large.sum() < 2:
        return None
    means = np.bincount(codes, left) / np.maximum(counts, 1)
    middle = float(np.average(means[large], weights=counts[large]))
    noise = float(np.var(left - means[codes]))
    means, more = means - middle, int(large.sum()) - 1
    shown = float((counts[large] * np.square(means[large])).sum()) / max(noise, 1e-12)
    if shown < more + _STANDS_OUT * np.sqrt(2 * more):
        return None
    n_rows = float(counts[large].sum())
    between = noise * (shown - more) / (n_rows - float(np.square(counts[large]).sum()) / n_rows)
    return np.asarray(np.where(large, means * between / (between + noise / np.maximum(counts, 1)), 0.0))


def _term(feature: Feature, place: int, steps: Sequence[float] | Floats, column: Floats) -> Term:
    given = [float(step) for step in steps]
    said = column[np.isfinite(column)]
    if feature.kind == "category":
        values = (*given[1:],)
        level = float(np.mean(np.array([*values, given[0]])[said.astype(np.int64)])) if len(said) else 0.0
        return Term(place, (), values, given[0], level)
    return Term(place, (float(said.min()), float(said.max()) + 1.0), (given[1], given[1]), given[0], given[1])
