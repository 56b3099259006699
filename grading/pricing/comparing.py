"""Beside the estimate: things of the same kind that were seen, what becomes of the value, how an asking price looks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grading.pricing.boosting import leaves
from grading.pricing.cleaning import Frame, Report, frame_of
from grading.pricing.keys import level_keys
from grading.pricing.model import Boosted, Estimates, Model
from grading.pricing.table import Floats, Table

__all__ = ["RATINGS", "Comparable", "Opinion", "Rating", "comparables", "curve", "rate"]

_LOOKED_AT = 200  # rows of the same key that leaves are compared with, the nearest in estimate first
_TOO_WIDE = 0.40  # an 80 % range wider than this says too little to rate a price by
_USEFUL = 0.5  # share of prices cut by 30 % that the flag has to catch on held-out rows to be used at all

RATINGS = ("suspicious", "low", "rather_low", "usual", "rather_high", "high")
"""From far below the estimate to far above it; the first asks for a review and accuses nobody."""


@dataclass(frozen=True, slots=True)
class Comparable:
    """A thing of the training table: its row there and its id, its price, and the price moved to the asked thing's state."""

    row: int
    id: str
    price: float
    moved: float
    likeness: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """Comparables of one thing, nearest first; `level`: the key they share; `median` of the moved prices, None without any.

    `inside`: whether that median lies in the model's own 90 % range.
    """

    comparables: Sequence[Comparable]
    level: str
    median: float | None
    inside: bool


@dataclass(frozen=True, slots=True)
class Rating:
    """An asking price beside the estimate: name (one of RATINGS, None where the range is too wide), distance, and its share."""

    name: str | None
    distance: float
    share: float


def comparables(model: Model, table: Table, row: int = 0, n: int = 5) -> Opinion:
    """The `n` nearest things of the finest key that has so many: nearest is who shares the most leaves of the boosters."""
    nothing = Opinion((), "", None, True)
    parts, seen = model.parts, model.seen
    if not isinstance(parts, Boosted) or seen is None:
        return nothing
    frame = frame_of(table.rows([row]), model.columns, model.limits, Report(1))
    own = model.estimate_frame(frame)
    if math.isnan(own.price[0]):
        return nothing
    for level in reversed(parts.encoder.plan.levels):
        key = level_keys(frame, level.columns)[0]
        places = [place for place, other in enumerate(level_keys(seen.frame, level.columns)) if other == key] if key else []
        if len(places) < n:
            continue
        near = sorted(places, key=lambda place: (abs(seen.point[place] - own.point[0]), place))[:_LOOKED_AT]
        likeness = _likeness(parts, frame, seen.frame.rows(near))
        order = sorted(range(len(near)), key=lambda at: (-likeness[at], near[at]))[:n]
        found = []
        for at in order:
            place = near[at]
            moved = float(seen.price[place] * math.exp(float(own.point[0]) - float(seen.point[place])))
            found.append(Comparable(int(seen.kept[place]), seen.ids[place], float(seen.price[place]), moved, float(likeness[at])))
        median = float(np.median([one.moved for one in found]))
        return Opinion(found, level.name, median, bool(own.low[90][0] <= median <= own.high[90][0]))
    return nothing


def curve(model: Model, table: Table, per_month: Mapping[str, float], months: int = 60, row: int = 0) -> Estimates:
    """What becomes of the value: estimates at 0, 1, ... `months` from now, entry by month.

    `per_month`: by how much each column of numbers moves in a month, such as {"age": 1 / 12, "km": 900}.
    """
    report = Report(months + 1, months + 1)
    frame = frame_of(table.rows([row] * (months + 1)), model.columns, model.limits, report)
    numbers = dict(frame.numbers)
    for name, step in per_month.items():
        if name not in numbers:
            raise KeyError(f"{name!r} is no column of numbers of this model")
        low, high = model.limits.get(name, (-math.inf, math.inf))
        numbers[name] = np.clip(numbers[name] + step * np.arange(months + 1), low, high)
    return model.estimate_frame(Frame(frame.n_rows, numbers, frame.words), report, present=frozenset(table.columns))


def rate(model: Model, estimates: Estimates, asking: float, row: int = 0) -> Rating:
    """How an asking price (in currency) stands to an estimate, by what was usual on held-out rows: cut at 1, 15, 35, 65, 85 %.

    "suspicious" is used only where the model's own held-out rows show that it would catch most prices cut by 30 %.
    """
    price = float(estimates.price[row])
    share = asking / price - 1
    distance = math.log(asking / price) / float(estimates.sigma[row])
    cuts, caught = model.facts.get("cuts"), model.facts.get("caught_at_30")
    width = (float(estimates.high[80][row]) - float(estimates.low[80][row])) / price
    if not isinstance(cuts, Sequence) or not width <= _TOO_WIDE:
        return Rating(None, distance, share)
    place = sum(distance > cut for cut in cuts)
    if place == 0 and not (isinstance(caught, float) and caught >= _USEFUL):
        place = 1
    return Rating(RATINGS[place], distance, share)


def _likeness(parts: Boosted, frame: Frame, others: Frame) -> Floats:
    """Share of trees in which each other row falls into the same leaf as the first row `(n_others,)`."""
    member = next((one for one in parts.members if not one.share), parts.members[0])
    one = leaves(member.booster, member.part(parts.views(frame).matrix))
    many = leaves(member.booster, member.part(parts.views(others).matrix))
    found: Floats = (many == one).mean(axis=1)
    return found
