"""How far the truth may lie from an estimate: split conformal ranges on log price, scaled row by row, each side for itself.

    range = exp(point - q below x sigma below) to exp(point + q above x sigma above)
    sigma: a small booster's expected distance       q: quantile of distance / sigma on held-out rows, per support and price class

What raises the price never raises sigma below and never lowers sigma above, and q moves slowly with the price, so that both ends
keep the direction of the point. Rows of unseen series are calibrated on rows whose series was held out as a whole; there the
level is raised by a fifth of the standard error of the number of series. Sources: Papadopoulos 2002 (scaled), Vovk 2003
(Mondrian), Linusson 2014 (each side for itself).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grading.pricing.blending import NEW, THIN, WARM, independent, places_of
from grading.pricing.table import Floats

__all__ = ["LEVELS", "SIDES", "Calibration", "Sides", "calibrate", "ends"]

LEVELS = (80, 90)
"""Percent of things whose price lies in the range."""

SIDES = ("below", "above")

Sides = tuple[Floats, Floats]
"""Below and above the point, each `(n_rows,)`."""

_CLASSES = 3
_FEWEST_THIN = 150
_ROWS_PER_CLASS = 300
_STEEPEST = 0.8  # how fast an end may move against the point, per unit of log price
_CERTAIN = 0.2  # standard errors of the number of series by which the level for new series is raised
_WIDEST = 1.5  # natural log: nothing is said to be known worse than by a factor of 4.5


@dataclass(frozen=True, slots=True)
class Calibration:
    """By support, and by level and side ("90 below"): knots of log price and the quantile at each; between them it is drawn
    straight.
    """

    knots: Mapping[str, tuple[float, ...]]
    quantiles: Mapping[str, Mapping[str, tuple[float, ...]]]


def calibrate(point: Floats, log_price: Floats, sigma: Sides, support: Sequence[str], groups: Sequence[str]) -> Calibration:
    """Quantiles from held-out rows; all arrays `(n_rows,)`. `groups`: the series, for the certainty about new ones."""
    away = log_price - point
    scores = (-away / sigma[0], away / sigma[1])
    at, names = np.array(support), np.array(groups)
    knots: dict[str, tuple[float, ...]] = {}
    quantiles: dict[str, dict[str, tuple[float, ...]]] = {}
    for one, others in ((WARM, (NEW, THIN)), (NEW, (WARM,)), (THIN, (NEW, WARM))):
        rows = at == one
        for other in others:
            if rows.sum() < (_FEWEST_THIN if one == THIN else 30):
                rows = at == other
        if not rows.any():
            rows = np.ones(len(at), dtype=bool)
        series = independent(names[rows]) if one == NEW else None
        quantiles[one] = {}
        for side, score, scale in zip(SIDES, scores, sigma, strict=True):
            knots[one], by_level = _one(point[rows], score[rows], series, float(scale.max()))
            quantiles[one] |= {f"{level} {side}": found for level, found in by_level.items()}
    return Calibration(knots, quantiles)


def ends(point: Floats, sigma: Sides, support: Sequence[str], calibration: Calibration) -> dict[int, Sides]:
    """Low and high log price by level, each `(n_rows,)`."""
    rows_of, found = places_of(support), {}
    for level in LEVELS:
        halves = (np.empty(len(point)), np.empty(len(point)))
        for one, rows in rows_of.items():
            for side, half, scale in zip(SIDES, halves, sigma, strict=True):
                given = calibration.quantiles[one][f"{level} {side}"]
                half[rows] = np.interp(point[rows], calibration.knots[one], given) * scale[rows]
        found[level] = (point - halves[0], point + halves[1])
    return found


def _one(
    point: Floats, score: Floats, series: float | None, widest: float
) -> tuple[tuple[float, ...], dict[str, tuple[float, ...]]]:
    n_classes = min(_CLASSES, max(1, len(point) // _ROWS_PER_CLASS))
    edges = np.quantile(point, np.linspace(0, 1, n_classes + 1))
    place = np.clip(np.searchsorted(edges, point, side="right") - 1, 0, n_classes - 1)
    classes = np.unique(place)  # fewer than asked for where many points are the same
    knots = [float(np.median(point[place == one])) for one in classes]
    by_level: dict[str, tuple[float, ...]] = {}
    for level in LEVELS:
        wanted = (1 + level / 100) / 2
        if series is not None:
            wanted = min(0.99, wanted + _CERTAIN * np.sqrt(wanted * (1 - wanted) / max(series, 4)))
        raw = np.array([_quantile(score[place == one], wanted) for one in classes])
        smooth = _gentle(np.array(knots), raw, _STEEPEST / widest)
        # Drawing straight between the knots and the limit on steepness cost a little coverage: one common factor gives it back.
        drawn = np.interp(point, knots, smooth)
        smooth *= _quantile(score / drawn, wanted)
        by_level[str(level)] = tuple(float(one) for one in _gentle(np.array(knots), smooth, _STEEPEST / widest))
    by_level["90"] = tuple(max(pair) for pair in zip(by_level["80"], by_level["90"], strict=True))
    return tuple(knots), by_level


def _quantile(score: Floats, wanted: float) -> float:
    """The conformal quantile: of n + 1 scores, the unknown one counted as the largest."""
    share = min(1.0, np.ceil((len(score) + 1) * wanted) / len(score))
    return max(float(np.quantile(score, share, method="higher")), 1e-6)


def _gentle(knots: Floats, values: Floats, steepest: float) -> Floats:
    """The least values not below the given ones that nowhere change faster than `steepest` per unit."""
    found = values.copy()
    for one in range(len(found)):
        for other in range(len(found)):
            found[one] = max(found[one], values[other] - steepest * abs(knots[one] - knots[other]))
    return found
