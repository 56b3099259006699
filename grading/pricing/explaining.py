"""Why this price: from the typical price, step by step and in money, to the estimate. The steps sum exactly to it.

LightGBM's exact contributions (TreeSHAP; Lundberg 2018) are natural logarithms per feature; they are joined per column of the
table together with what the additive part adds to a usual row, multiplied out in the order of the columns, and rounded by
largest remainder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from grading.pricing.bending import Bend, level
from grading.pricing.boosting import contributions
from grading.pricing.cleaning import Frame, Report, frame_of
from grading.pricing.model import MENDED, Boosted, Model, Small, Views, log_reference, nothing_said
from grading.pricing.table import Floats, Table

_SAME = 1e-9  # natural log

__all__ = ["Explanation", "Reason", "explain", "share_out"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One column's step: what the row says there, the step in currency, and the same as a factor on the price so far."""

    column: str
    value: str
    step: Decimal
    factor: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """`start` plus all steps is exactly `price` (both in currency, rounded as the model rounds)."""

    start: Decimal
    reasons: Sequence[Reason]
    price: Decimal


def explain(model: Model, table: Table, row: int = 0) -> Explanation | None:
    """The reasons of one row's estimate; None where nothing is known about it, and so nothing is estimated.

    Costs one exact contribution per booster: about 10 ms.
    """
    report = Report(table.n_rows)
    frame = frame_of(table.rows([row]), model.columns, model.limits, report)
    if nothing_said(frame, model.columns)[0]:
        return None
    present = frozenset(table.columns)
    parts = model.parts
    if isinstance(parts, Small):
        estimate = model.estimate_frame(frame, present=present)
        start, by_column = _small(parts, frame, model)
    else:
        views = parts.views(frame, present)
        estimate = model.estimate_frame(frame, present=present, views=views)
        start, by_column = _logs(parts, views)
    price = _money(float(estimate.price[0]), model.step)
    names = [name for name in model.columns.used if name in by_column]
    raw, so_far = [], math.exp(start)
    for name in names:
        after = so_far * math.exp(by_column[name])
        raw.append(after - so_far)
        so_far = after
    shares = share_out([math.exp(start), *raw], price, Decimal(str(model.step)))
    cells = {name: table.column(name)[row] for name in names}
    reasons = [Reason(name, cells[name], step, math.exp(by_column[name])) for name, step in zip(names, shares[1:], strict=True)]
    return Explanation(shares[0], reasons, price)


def share_out(parts: Sequence[float], total: Decimal, step: Decimal) -> list[Decimal]:
    """Whole steps for each part that sum exactly to `total`: rounded down, the rest to the largest remainders (ties: first)."""
    scaled = [part / float(step) for part in parts]
    whole = [math.floor(one) for one in scaled]
    left = int(total / step) - sum(whole)
    order = sorted(range(len(parts)), key=lambda place: (whole[place] - scaled[place], place))
    each, rest = divmod(left, len(parts))
    for rank, place in enumerate(order):
        whole[place] += each + (1 if rank < rest else 0)
    return [one * step for one in whole]


def _logs(parts: Boosted, views: Views) -> tuple[float, dict[str, float]]:
    """Start and contribution by column (natural log); their sum is the log price."""
    lane = views.lanes[0]
    cells = {name: additive.cells(views.matrix) for name, additive in parts.additives.items()}
    total = np.zeros(len(parts.features) + 1)
    bend = parts.blend[1].get(lane.partition("/")[0], level(0.0))
    start = bend.at_low if bend.is_level else 0.0
    for member, weight in zip(parts.members, parts.blend[0][lane], strict=True):
        if not weight:
            continue
        shown, new = member.deciding(views.matrix)
        given: Floats = contributions(member.booster, shown)[0]
        total[[*member.places, len(total) - 1]] += weight * given
        if member.rising is not None:
            start += weight * member.rising.usual
            total[member.places[member.rising.place]] += weight * (new - member.rising.usual)
        if member.share:
            usual, added = parts.additives[member.base].parts(cells[member.base], member.share)
            start += weight * usual
            for place, value in added.items():
                total[place] += weight * value
    if not bend.is_level:
        start, total = _bent(bend, start, total)
    if MENDED in parts.additives:
        usual, added = parts.additives[MENDED].parts(cells[MENDED], 1.0)
        start += usual
        for place, value in added.items():
            total[place] += value
    start += float(total[-1])
    found: dict[str, float] = {}
    for feature, value in zip(parts.features, total[:-1], strict=True):
        found[feature.source] = found.get(feature.source, 0.0) + float(value)
    return start, found


def _bent(bend: Bend, start: float, total: Floats) -> tuple[float, Floats]:
    """The same with the correction: a usual thing's at the start, the rest in proportion to what each column adds."""
    usual, point = start + float(total[-1]), start + float(total.sum())
    first, last = bend.of(np.array([usual, point])).tolist()
    times = 1 + (last - first) / (point - usual) if abs(point - usual) > _SAME else 1.0
    return usual + first, np.append(total[:-1] * times, 0.0)


def _small(small: Small, frame: Frame, model: Model) -> tuple[float, dict[str, float]]:
    reference = float(log_reference(frame, model.columns)[0])
    if small.factor is None or math.isnan(reference) or model.columns.reference_price is None:
        return small.median, {}
    return small.median, {model.columns.reference_price: reference + small.factor - small.median}


def _money(value: float, step: float) -> Decimal:
    return Decimal(round(value / step)) * Decimal(str(step))
