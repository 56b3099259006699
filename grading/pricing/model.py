"""A fitted estimator: from the rows of any table to price, ranges and on what they rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from grading.pricing.additive import Additive, Halves, base_of
from grading.pricing.blending import WARM, Blend, blend, lanes_of, places_of
from grading.pricing.boosting import predict
from grading.pricing.cleaning import Frame, Limits, Report, frame_of
from grading.pricing.columns import Columns
from grading.pricing.features import Encoder, Feature
from grading.pricing.filling import Filler
from grading.pricing.intervals import LEVELS, Calibration, Sides, ends
from grading.pricing.rising import Rising
from grading.pricing.table import Floats, Table

if TYPE_CHECKING:
    import lightgbm as lgb

__all__ = [
    "ADDED",
    "COLD",
    "COST",
    "MEDIAN",
    "MENDED",
    "NEW_PRICE",
    "NOTHING_KNOWN",
    "Boosted",
    "Estimates",
    "Member",
    "Model",
    "Sigma",
    "Small",
    "Views",
    "round_to",
]

ADDED, NEW_PRICE, MENDED = "added", "new", "mended"
"""Names of the additive parts: all that simply adds up, the log new price alone, and what is given back after the blend."""

COLD, COST, MEDIAN, NOTHING_KNOWN = "cold", "cost", "median", "refused:nothing_known"


@dataclass(frozen=True, slots=True)
class Member:
    """A booster, the mean of some seeds, of log price less `share` x the additive part `base`, over the features at `places`.

    With `rising` it is one of the ratio to the new price instead.
    """

    name: str
    share: float
    base: str
    places: tuple[int, ...]
    booster: lgb.Booster
    rising: Rising | None = None

    def values(self, matrix: Floats, bases: Mapping[str, Halves], threads: int) -> Floats:
        """Log price of each row `(n_rows,)`; `bases`: what the additive parts say of them."""
        if self.rising is not None:
            return self.rising.values(self._columns(matrix), lambda shown: predict(self.booster, shown, threads=threads))
        total = predict(self.booster, self.part(matrix), threads=threads)
        return total + base_of(bases[self.base], self.share) if self.share else total

    def part(self, matrix: Floats) -> Floats:
        """What the booster reads of these rows; without a copy where it reads all of it."""
        return self._columns(matrix) if self.rising is None else self.rising.stepped(self._columns(matrix))

    def deciding(self, matrix: Floats) -> tuple[Floats, float]:
        """What it reads where the first row's price is decided, and by which log new price its ratio is multiplied."""
        if self.rising is None:
            return self.part(matrix), 0.0
        return self.rising.deciding(self._columns(matrix), lambda shown: predict(self.booster, shown))

    def _columns(self, matrix: Floats) -> Floats:
        return matrix if self.places == tuple(range(matrix.shape[1])) else matrix[:, list(self.places)]


@dataclass(frozen=True, slots=True)
class Sigma:
    """The expected distance of a price from its estimate, natural log, below and above it: two boosters, within bounds."""

    below: lgb.Booster
    above: lgb.Booster
    least: float
    most: float

    def values(self, matrix: Floats, threads: int) -> Sides:
        """Sigma of each row, below and above."""
        one, other = (
            np.clip(np.exp(predict(booster, matrix, threads=threads)), self.least, self.most)
            for booster in (self.below, self.above)
        )
        return one, other


@dataclass(frozen=True, slots=True)
class Views:
    """Rows as boosters read them: matrix, lane and rows of the own series."""

    matrix: Floats
    lanes: Sequence[str]
    support: Sequence[int]


@dataclass(frozen=True, slots=True)
class Boosted:
    """The working parts of a model that was fitted on enough rows."""

    encoder: Encoder
    additives: Mapping[str, Additive]
    members: tuple[Member, ...]
    blend: Blend
    sigma: Sigma
    calibration: Calibration
    filler: Filler

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns of the matrix."""
        return self.encoder.plan.features

    def views(self, frame: Frame, present: frozenset[str] | None = None) -> Views:
        """Everything the boosters read of these rows."""
        reference = log_reference(frame, self.encoder.plan.columns)
        matrix, support = self.encoder.encode(self.filler.fill(frame, present))
        return Views(matrix, lanes_of(support, np.isfinite(reference)), support.tolist())

    def log_prices(self, views: Views, threads: int = 1) -> tuple[Floats, Sides]:
        """Log price `(n_rows,)` and sigma of each row."""
        n_rows = len(views.matrix)
        values = np.full((len(self.members), n_rows), np.nan)
        bases = {name: additive.values(views.matrix) for name, additive in self.additives.items()}
        rows_of = places_of(views.lanes)
        for place, member in enumerate(self.members):
            asked = [rows for lane, rows in rows_of.items() if self.blend[0][lane][place]]
            if len(asked) == len(rows_of):
                values[place] = member.values(views.matrix, bases, threads)
            elif asked:
                rows = np.sort(np.concatenate(asked))
                own = {name: (whole[rows], shared[rows]) for name, (whole, shared) in bases.items()}
                values[place, rows] = member.values(views.matrix[rows], own, threads)
        point = blend(values, views.lanes, self.blend)
        if MENDED in bases:  # older models have none
            point = point + base_of(bases[MENDED], 1.0)
        return point, self.sigma.values(views.matrix, threads)


@dataclass(frozen=True, slots=True)
class Small:
    """What a table under 30 rows supports: the median price, and the market's factor on the new price (natural log).

    `cost_half`, `median_half`: half widths of the ranges by level, natural log.
    """

    median: float
    median_half: Mapping[str, float]
    factor: float | None
    cost_half: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Estimates:
    """One entry per row `(n_rows,)`: price and ends in currency (nan where refused), basis, logarithms before rounding; `sigma`:
    the mean of both sides.
    """

    price: Floats
    low: Mapping[int, Floats]
    high: Mapping[int, Floats]
    basis: Sequence[str]
    support: Sequence[int]
    point: Floats
    sigma: Floats
    report: Report


@dataclass(frozen=True, slots=True)
class Seen:
    """The rows a model was fitted on: frame, price in currency, estimate (natural log), row of the table, id ("" without)."""

    frame: Frame
    price: Floats
    point: Floats
    kept: Sequence[int]
    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Model:
    """An estimator for one table's kind of things. `step`: the currency step that prices are rounded to (half up)."""

    columns: Columns
    limits: Limits
    step: float
    parts: Boosted | Small
    facts: Mapping[str, object] = field(default_factory=dict)
    seen: Seen | None = None

    def estimate(self, table: Table, threads: int = 1) -> Estimates:
        """Price, ranges and basis of every row; columns that the table lacks count as not said."""
        report = Report(table.n_rows, table.n_rows)
        frame = frame_of(table, self.columns, self.limits, report)
        return self.estimate_frame(frame, report, threads, frozenset(table.columns))

    def estimate_frame(
        self,
        frame: Frame,
        report: Report | None = None,
        threads: int = 1,
        present: frozenset[str] | None = None,
        views: Views | None = None,
    ) -> Estimates:
        """The same for a frame; `present`: the columns that its table has at all (None: all). `views`: of these rows, where
        they are at hand.
        """
        report = Report(frame.n_rows, frame.n_rows) if report is None else report
        if isinstance(self.parts, Small):
            support: Sequence[int] = [0] * frame.n_rows
            point, half, basis = _small(self.parts, frame, self.columns)
            bounds = {level: (point - half[level], point + half[level]) for level in LEVELS}
            middle = half[90]
        else:
            views = self.parts.views(frame, present) if views is None else views
            point, sigma = self.parts.log_prices(views, threads)
            support, known = views.support, [lane.partition("/")[0] for lane in views.lanes]
            bounds = ends(point, sigma, known, self.parts.calibration)
            middle = (sigma[0] + sigma[1]) / 2
            basis = [WARM if one == WARM else COLD for one in known]
        empty = nothing_said(frame, self.columns)
        basis = [NOTHING_KNOWN if gone else one for gone, one in zip(empty.tolist(), basis, strict=True)]
        price = np.where(empty, np.nan, round_to(np.exp(point), self.step))
        low = {
            level: np.where(empty, np.nan, np.minimum(price, round_to(np.exp(bounds[level][0]), self.step))) for level in LEVELS
        }
        high = {
            level: np.where(empty, np.nan, np.maximum(price, round_to(np.exp(bounds[level][1]), self.step))) for level in LEVELS
        }
        return Estimates(price, low, high, basis, support, point, middle, report)


def log_reference(frame: Frame, columns: Columns) -> Floats:
    """Log of the new price `(n_rows,)`, nan where it is not known."""
    if columns.reference_price is None:
        return np.full(frame.n_rows, np.nan)
    reference = frame.numbers[columns.reference_price]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(reference > 0, np.log(reference), np.nan)


def nothing_said(frame: Frame, columns: Columns) -> np.typing.NDArray[np.bool_]:
    """Rows in which no column says anything `(n_rows,)`."""
    empty = np.ones(frame.n_rows, dtype=bool)
    for name in columns.numbers:
        empty &= np.isnan(frame.numbers[name])
    for name in columns.words:
        empty &= np.array([not word for word in frame.words[name]], dtype=bool)
    return empty


def round_to(price: Floats, step: float) -> Floats:
    """Prices in whole steps, half up, at least one step."""
    whole: Floats = np.maximum(1.0, np.floor(price / step + 0.5))
    return whole * step if step >= 1 else whole / round(1 / step)


def step_for(prices: Floats) -> float:
    """Whole units of the currency for ordinary prices, hundredths for small ones."""
    return 1.0 if float(np.median(prices)) >= 200 else 0.01


def _small(small: Small, frame: Frame, columns: Columns) -> tuple[Floats, dict[int, Floats], list[str]]:
    reference = log_reference(frame, columns)
    use = np.isfinite(reference) & (small.factor is not None)
    point = np.where(use, np.nan_to_num(reference) + (small.factor or 0.0), small.median)
    half = {level: np.where(use, small.cost_half.get(str(level), math.inf), small.median_half[str(level)]) for level in LEVELS}
    return point, half, [COST if one else MEDIAN for one in use.tolist()]
