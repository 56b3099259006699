"""The additive part of an estimate: one curve per number, one step per category, each added to log price; directions are kept.

A booster finds a small effect only in part: it is drawn towards none in every leaf, and it cannot go on beyond the rows it saw.
So most of what simply adds up is taken from a penalised least squares fit first, and boosters learn what is left. Numbers
have straight pieces between quantiles whose slopes are bound by the direction; averages by key and the text's score have one
slope. Rows far off count less (weights of a smoothed absolute loss, renewed twice).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from grading.pricing.boosting import Recipe, boost, predict
from grading.pricing.features import Feature, Plan, random_folds
from grading.pricing.table import Floats

__all__ = ["Additive", "Halves", "Term", "base_of", "fit_additive", "new_price"]

_HALF, _NEARLY = 0.5, 0.9  # by how much log price rises with the log new price
_ROUNDS = 3  # of weighing rows anew
_FEWEST = 8  # rows of a category that has a step of its own
_MOST = 60  # categories of a column that have steps
_USUAL_CHANGE = 0.3
_MOST_EVEN = 1e4
_FEWEST_TOGETHER = 500  # rows from which on what does not add up is looked for
_SAYS_MOST = 0.9  # share of it that the features which are named for it have to say
_WORTH_IT = 0.9  # of the mean distance: what has to be left at most
_AS_GOOD = 1.03  # of the mean distance: what may be left more without a feature that is then not named
_TRIED_ON = 12_000  # rows
_FOLDS = 3
_RIDGE = {"number": 0.5, "category": 3.0, "line": 1.0}  # counted in rows; drawn towards no effect


@dataclass(frozen=True)
class Term:
    """What one column of the matrix adds, natural log: `values` at `knots` and straight between them (of the logarithm where
    `is_log`), going on beyond them where `is_open`; or, without knots, by code of the category. `missing`: where nothing is
    said. `level`: the mean over rows where something is said.
    """

    place: int
    knots: tuple[float, ...]
    values: tuple[float, ...]
    missing: float
    level: float
    is_log: bool = False
    is_open: bool = False

    def of(self, column: Floats) -> Floats:
        """The addition for each cell `(n_rows,)`."""
        said = np.isfinite(column)
        if not self.knots:
            code = np.where(said, column, len(self.values)).astype(np.int64)
            return self._steps[np.minimum(code, len(self.values))]
        x = np.where(said, column, 1.0)
        if self.is_log:
            x = np.log(np.maximum(x, 1e-9))
        found: Floats = np.interp(x, *self._curve)
        if self.is_open:
            found += self._beyond(x)
        return np.where(said, found, self.missing)

    def halves(self, column: Floats) -> tuple[Floats, Floats]:
        """The same as what a direction does not touch (categories, levels, what is missing) and what it may (slopes)."""
        found = self.of(column)
        if not self.knots:
            return found, np.zeros(len(column))
        said = np.isfinite(column)
        return np.where(said, self.level, found), np.where(said, found - self.level, 0.0)

    @cached_property
    def _steps(self) -> Floats:
        return np.array([*self.values, self.missing])

    @cached_property
    def _curve(self) -> tuple[Floats, Floats]:
        return np.array(self.knots), np.array(self.values)

    def _beyond(self, x: Floats) -> Floats:
        first = (self.values[1] - self.values[0]) / (self.knots[1] - self.knots[0])
        last = (self.values[-1] - self.values[-2]) / (self.knots[-1] - self.knots[-2])
        beyond: Floats = first * np.minimum(0.0, x - self.knots[0]) + last * np.maximum(0.0, x - self.knots[-1])
        return beyond


Halves = tuple[Floats, Floats]
"""Of each row `(n_rows,)`: what counts in full, and what counts by a share; natural logs."""


@dataclass(frozen=True, slots=True)
class Additive:
    """A start (natural log) and the terms."""

    start: float
    terms: tuple[Term, ...]

    def values(self, matrix: Floats) -> Halves:
        """The sums over the terms; always added in the same order, so that a direction holds to the last bit."""
        whole, shared = np.full(len(matrix), self.start), np.zeros(len(matrix))
        for term in self.terms:
            one, other = term.halves(matrix[:, term.place])
            whole += one
            shared += other
        return whole, shared

    def cells(self, matrix: Floats) -> Mapping[int, tuple[float, float]]:
        """Of the first row, by place, what its own cell adds: what counts in full, and what counts by a share."""
        found = {}
        for term in self.terms:
            one, other = term.halves(matrix[:1, term.place])
            found[term.place] = float(one[0]), float(other[0])
        return found

    def parts(self, cells: Mapping[int, tuple[float, float]], share: float) -> tuple[float, Mapping[int, float]]:
        """Of a row with these cells: the value of a usual row, and by place what its own cell adds to that."""
        found = {term.place: cells[term.place][0] + share * cells[term.place][1] - term.level for term in self.terms}
        return self.start + sum(term.level for term in self.terms), found


def base_of(halves: Halves, share: float) -> Floats:
    """What counts in full and a share of the rest, together `(n_rows,)`."""
    return halves[0] + share * halves[1]


def new_price(place: int, column: Floats) -> Additive:
    """The logarithm of the new price and nothing else: half of it up to the median and nearly the whole of it above, where
    things are few and a thing much dearer than all that were seen must not be thought cheap.
    """
    logs = np.log(column[np.isfinite(column) & (column > 0)])
    low, middle = float(logs.min()), float(np.median(logs))
    low = low if low < middle else middle - 1.0
    knots, values = (low, middle, middle + 1.0), (_HALF * low, _HALF * middle, _HALF * middle + _NEARLY)
    level = float(np.interp(logs, knots, values).mean())  # where it goes on beyond them does not matter for a usual row
    return Additive(0.0, (Term(place, knots, values, _HALF * middle, level, True, True),))


@dataclass(slots=True)
class _Block:
    """The columns of one term in the least squares fit, and between which bounds their weights may lie."""

    place: int
    kind: str
    columns: list[Floats]
    low: float
    high: float
    knots: tuple[float, ...] = ()
    codes: Sequence[int] = ()
    is_log: bool = False
    has_missing: bool = False


def fit_additive(plan: Plan, matrix: Floats, log_price: Floats, weight: Floats, recipe: Recipe) -> Additive:
    """The terms for `matrix` (n_rows, n_features) and `log_price` (n_rows,).

    `weight` (n_rows,): the first rows are things as they were seen, with weight 1; the others are the same ones in the same order
    with their series hidden. `recipe`: its seed and threads. What does not add up (one maker's things lose their value faster
    than another's) is noise here, and small effects drown in it. So the few features that say most of it are found, boosters
    tell how much it is of rows that they have not seen, and the other terms are fitted again on what is left.
    """
    reference = plan.columns.reference_price
    features = [_passed_over(one) if one.kind == "category" and one.level in plan.hidden else one for one in plan.features]
    first = _fitted(features, matrix, log_price, weight, reference)
    n_seen = int((weight == 1).sum())
    whole = base_of(first.values(matrix[:n_seen]), 1.0)
    rest, places = _together(plan.features, matrix[:n_seen], log_price[:n_seen] - whole, recipe)
    if rest is None:
        return first
    kept = tuple(term for term in first.terms if term.place in places)
    settled = base_of(Additive(0.0, kept).values(matrix), 1.0) + np.resize(rest, len(matrix))
    others = [_passed_over(one) if place in places else one for place, one in enumerate(features)]
    second = _fitted(others, matrix, log_price - settled, weight, reference)
    return Additive(second.start, tuple(sorted((*kept, *second.terms), key=lambda term: term.place)))


def _passed_over(feature: Feature) -> Feature:
    """The feature as one that no term is made of."""
    return replace(feature, kind="count")


def _together(features: Sequence[Feature], matrix: Floats, left: Floats, recipe: Recipe) -> tuple[Floats | None, frozenset[int]]:
    """What boosters out of fold find in `left` (n_rows,) by the few features that say most of it, and the places of these.

    None where that explains too little to be worth it.
    """
    if len(left) < _FEWEST_TOGETHER:
        return None, frozenset()
    categories = frozenset(place for place, feature in enumerate(features) if feature.kind == "category")
    quick = Recipe(learning_rate=0.1, leaves=31, min_child=20, threads=recipe.threads, seed=recipe.seed)
    fold = random_folds(len(left), _FOLDS, recipe.seed)

    def found(places: Sequence[int], one: int, most: int | None = None) -> tuple[Floats, float]:
        """What is found of the rows of a fold, and the mean distance of what is left."""
        inside, out = np.flatnonzero(fold != one), fold == one
        inside = inside[:: -(-len(inside) // most) if most else 1]
        own = [at for at, place in enumerate(places) if place in categories]
        booster = boost(quick, matrix[inside][:, places], left[inside], signs=(), categories=own, rounds=80)
        value = predict(booster, matrix[out][:, places], threads=recipe.threads)
        return value, float(np.abs(left[out] - value).mean())

    some = slice(None, None, -(-len(left) // _TRIED_ON))
    first = boost(quick, matrix[some], left[some], signs=(), categories=sorted(categories), rounds=40)
    gain = first.feature_importance("gain")
    order = np.argsort(-gain, kind="stable")
    said = np.cumsum(gain[order]) / max(float(gain.sum()), 1e-12)
    places = order[: int(np.searchsorted(said, _SAYS_MOST)) + 1].tolist()
    _, now = found(places, 0, _TRIED_ON)
    for place in reversed([*places]):
        fewer = [each for each in places if each != place]
        if fewer and (without := found(fewer, 0, _TRIED_ON)[1]) <= _AS_GOOD * now:
            places, now = fewer, without
    rest = np.empty(len(left))
    for one in range(_FOLDS):
        rest[fold == one] = found(places, one)[0]
    if np.abs(left - rest).mean() > _WORTH_IT * np.abs(left).mean():
        return None, frozenset()
    return rest, frozenset(places)


def _fitted(features: Sequence[Feature], matrix: Floats, log_price: Floats, weight: Floats, reference: str | None) -> Additive:
    n_rows = len(log_price)
    pieces = 3 if n_rows < 2000 else 5 if n_rows < 9000 else 8
    blocks = [
        block
        for place, feature in enumerate(features)
        if (block := _block(feature, place, matrix[:, place], pieces, feature.name == reference)) is not None
    ]
    columns = [np.ones(n_rows)]
    low, high, ridge = [-np.inf], [np.inf], [1e-6]
    for block in blocks:
        columns += block.columns
        bound = len(block.columns) - block.has_missing
        low += [block.low] * bound + [-np.inf] * block.has_missing
        high += [block.high] * bound + [np.inf] * block.has_missing
        ridge += [_RIDGE[block.kind]] * len(block.columns)
    design = np.column_stack(columns)
    weights = weight
    penalty = np.diag(ridge)
    for _ in range(_ROUNDS):
        found = _bounded(design, log_price, weights, penalty, np.array(low), np.array(high))
        away = log_price - design @ found
        penalty = np.diag(ridge) + _evened(blocks, found, 1.4826 * float(np.median(np.abs(away))))
        weights = weight / np.sqrt(1 + np.square(away / max(float(np.median(np.abs(away))), 1e-9)))
    terms, at = [], 1
    for block in blocks:
        own = found[at : at + len(block.columns)]
        at += len(block.columns)
        terms.append(_term(block, own, matrix[:, block.place]))
    return Additive(float(found[0]), tuple(terms))


def _evened(blocks: Sequence[_Block], found: Floats, noise: float) -> Floats:
    """A penalty on how much the slopes of neighbouring pieces differ: a third of the mean slope is usual. What noise of that
    size leaves of an effect is evened out by it; a curve that stands out of the noise is left as it is.
    """
    penalty, at = np.zeros((len(found), len(found))), 1
    for block in blocks:
        n_pieces = len(block.knots) - 1
        if n_pieces > 1:
            own = slice(at, at + n_pieces)
            across = (block.knots[-1] - block.knots[0]) / np.diff(block.knots)
            change = np.diff(np.diag(across), axis=0)
            usual = _USUAL_CHANGE * float(np.abs(found[own]).sum())
            penalty[own, own] = min((noise / usual) ** 2 if usual else np.inf, _MOST_EVEN) * change.T @ change
        at += len(block.columns)
    return penalty


def _block(feature: Feature, place: int, column: Floats, pieces: int, is_reference: bool) -> _Block | None:
    said = np.isfinite(column)
    if feature.kind == "count" or not said.any():
        return None
    missing = [] if said.all() else [np.where(said, 0.0, 1.0)]
    if feature.kind == "category":
        counts = np.bincount(column[said].astype(np.int64))
        codes = [code for code in range(len(counts)) if counts[code] >= _FEWEST][:_MOST]
        steps = [np.where(said & (column == code), 1.0, 0.0) for code in codes]
        return _Block(place, "category", steps, -np.inf, np.inf, codes=codes) if codes else None
    x = np.where(said, column, 1.0)
    if is_reference:
        x = np.log(np.maximum(x, 1e-9))
    if feature.kind in ("average", "text"):
        knots = np.array([float(x[said].min()), float(x[said].max())])
    else:
        knots = np.unique(x[said])  # a number of few values has a knot at each
        if len(knots) > pieces + 1:
            knots = np.unique(np.quantile(x[said], np.linspace(0, 1, (2 if is_reference else pieces) + 1)))
    if len(knots) < 2 or knots[0] == knots[-1]:
        return None
    slopes = []
    for at in range(len(knots) - 1):
        part = (x - knots[at]) / (knots[at + 1] - knots[at])
        slopes.append(np.where(said, np.clip(part, 0.0, 1.0), 0.0))
    kind = "number" if feature.kind == "number" else "line"
    low, high = (0.0 if feature.sign > 0 else -np.inf), (0.0 if feature.sign < 0 else np.inf)
    return _Block(place, kind, [*slopes, *missing], low, high, tuple(knots.tolist()), (), is_reference, bool(missing))


def _term(block: _Block, found: Floats, column: Floats) -> Term:
    if block.codes:
        values = np.zeros(max(block.codes) + 1)
        values[list(block.codes)] = found
        term = Term(block.place, (), tuple(values.tolist()), 0.0, 0.0)
    else:
        steps = found[: len(block.knots) - 1]
        values = np.concatenate([[0.0], np.cumsum(steps)])
        missing = float(found[-1]) if block.has_missing else 0.0
        term = Term(block.place, block.knots, tuple(values.tolist()), missing, 0.0, block.is_log, block.is_log)
    return replace(term, level=float(term.of(column)[np.isfinite(column)].mean()))


def _bounded(design: Floats, target: Floats, weight: Floats, penalty: Floats, low: Floats, high: Floats) -> Floats:
    """Least squares within bounds of zero: what goes against its direction is set to none, and the rest is fitted again."""
    weighted = design * weight[:, None]
    square, side = design.T @ weighted + penalty, weighted.T @ target
    free: npt.NDArray[np.bool_] = np.ones(len(low), dtype=bool)
    while True:
        found = np.zeros(len(low))
        found[free] = np.linalg.solve(square[np.ix_(free, free)], side[free])
        against = (found < low) | (found > high)
        if not against.any():
            return found
        free &= ~against
