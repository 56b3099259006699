"""What must hold for every estimate, on real rows: directions over random pairs, sums of reasons, and how long an estimate takes."""

from __future__ import annotations

import time

import numpy as np

from grading.pricing.cleaning import Frame
from grading.pricing.columns import Columns
from grading.pricing.explaining import explain
from grading.pricing.model import Model
from grading.pricing.table import table_of


def check(model: Model, frame: Frame, columns: Columns, n_pairs: int) -> dict[str, object]:
    """Pairs tried and pairs that went against their direction (point, and ends); reasons that did not sum; processor milliseconds (p95)."""
    return {**directions(model, frame, columns, n_pairs), **one_by_one(model, frame)}


def directions(model: Model, frame: Frame, columns: Columns, n_pairs: int) -> dict[str, object]:
    """Two things that differ in one column with a direction, by a random step within the column's range."""
    draw = np.random.default_rng(1)
    wrong = wrong_ends = tried = 0
    names = [name for name, _ in columns.monotone]
    for name in names:
        sign = columns.sign(name)
        rows = draw.choice(frame.n_rows, n_pairs // max(1, len(names)) + 1)
        one = frame.rows(rows)
        values = one.numbers[name]
        said = frame.numbers[name][np.isfinite(frame.numbers[name])]
        step = draw.uniform(0, max(float(np.ptp(said)), 1e-9), len(rows)) * draw.choice([0.02, 0.2, 1.0], len(rows))
        other = Frame(one.n_rows, {**one.numbers, name: values + step}, one.words)
        before, after = model.estimate_frame(one), model.estimate_frame(other)
        known = np.isfinite(values)
        tried += int(known.sum())
        wrong += int((known & (sign * (after.price - before.price) < 0)).sum())
        for level in (80, 90):
            for ends in ("low", "high"):
                change = getattr(after, ends)[level] - getattr(before, ends)[level]
                wrong_ends += int((known & (sign * change < 0)).sum())
    return {"pairs": tried, "pairs_wrong": wrong, "ends_wrong": wrong_ends}


def one_by_one(model: Model, frame: Frame, n_rows: int = 100) -> dict[str, object]:
    """Single rows as a page asks for them: point with ranges, and with reasons."""
    point, reasons, unequal = [], [], 0
    numbers, words = frame.numbers, frame.words
    for row in range(min(n_rows, frame.n_rows)):
        given: dict[str, object] = {
            name: float(values[row]) if np.isfinite(values[row]) else None for name, values in numbers.items()
        }
        given |= {name: cells[row] for name, cells in words.items()}
        start = time.thread_time()
        estimate = model.estimate(table_of([given]))
        point.append(time.thread_time() - start)
        start = time.thread_time()
        found = explain(model, table_of([given]))
        reasons.append(time.thread_time() - start)
        assert found is not None
        unequal += found.start + sum(one.step for one in found.reasons) != found.price or float(found.price) != estimate.price[0]
    return {
        "point_ms": 1000 * float(np.quantile(point, 0.95)),
        "reasons_ms": 1000 * float(np.quantile(reasons, 0.95)),
        "sums_wrong": unequal,
    }
