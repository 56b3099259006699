"""From cells to numbers and words: what was missing, mixed or absurd is put right or left out, and said by column and row.

A number outside the limits learned while fitting is taken as not said; in a column with a direction it is moved to the
limit instead, so that more of it still never turns the price round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from grading.pricing.columns import Columns
from grading.pricing.errors import TableRefused
from grading.pricing.table import Floats, Table, read_moment, read_numbers, read_word

__all__ = ["LEAST_ROWS", "Cleaned", "Frame", "Limits", "Report", "clean", "frame_of", "moments", "prices_of"]

LEAST_ROWS = 5
"""Below this many usable prices nothing sound can be learned, not even a median with a range."""

LEFT_OUT = "row left out"
_LISTED = 20
_SPANS = 5.0  # how many spans between the 0.5 % and 99.5 % quantiles a number may lie outside of them
_PRICE_FACTOR = 60.0  # a price this many times above or below the median is looked at with the spread of the table
_RATIO_FACTOR = 12.0  # the same for price / new price

Limits = Mapping[str, tuple[float, float]]


@dataclass(slots=True)
class Report:
    """What was found in a table: one entry per column and kind of fault, with the first rows and the count."""

    n_rows: int
    n_used: int = 0
    problems: list[dict[str, object]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[tuple[str, str, Sequence[int], bool]] = field(default_factory=list)
    """The same with every row: column, fault, rows, and whether they were left out. Not part of the JSON."""

    def add(self, column: str, problem: str, rows: Sequence[int], action: str) -> None:
        """One kind of fault in one column; nothing when there are no rows."""
        if len(rows):
            shown = [int(row) for row in rows[:_LISTED]]
            self.problems.append({"column": column, "problem": problem, "count": len(rows), "rows": shown, "action": action})
            self.faults.append((column, problem, [int(row) for row in rows], action == LEFT_OUT))

    def to_plain(self) -> dict[str, object]:
        """As JSON: rows, rows used, problems by column, notes."""
        return {"rows": self.n_rows, "used": self.n_used, "problems": self.problems, "notes": self.notes}


@dataclass(frozen=True, slots=True)
class Frame:
    """The cells that prices are estimated from. `numbers[name]` `(n_rows,)`, nan where not said; `words[name]`, "" where not."""

    n_rows: int
    numbers: Mapping[str, Floats]
    words: Mapping[str, Sequence[str]]

    def rows(self, chosen: Sequence[int] | np.typing.NDArray[np.intp]) -> Frame:
        """The chosen rows in that order."""
        index = np.asarray(chosen, dtype=np.intp)
        words = {name: [cells[i] for i in index] for name, cells in self.words.items()}
        return Frame(len(index), {name: values[index] for name, values in self.numbers.items()}, words)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What can be learned from: frame and price `(n_used,)` in currency, the table's rows they came from, and the limits."""

    columns: Columns
    frame: Frame
    price: Floats
    kept: np.typing.NDArray[np.intp]
    time: Floats
    group: Sequence[str]
    limits: Limits
    report: Report
    ids: Sequence[str] = ()


def frame_of(table: Table, columns: Columns, limits: Limits, report: Report) -> Frame:
    """The frame of any table by learned limits; faults go into the report. Columns that are not there are all missing."""
    numbers: dict[str, Floats] = {}
    for name in columns.numbers:
        values, wrong = read_numbers(table.column(name))
        report.add(name, "not a number", wrong, "taken as not said")
        numbers[name] = _limited(name, values, columns.sign(name), limits.get(name), report)
    words = {name: _words(table.column(name)) for name in columns.words}
    for name in columns.used:
        if name not in table.columns:
            report.notes.append(f"column {name!r} is not in the table: taken as not said")
    return Frame(table.n_rows, numbers, words)


def prices_of(table: Table, columns: Columns) -> Floats:
    """The positive prices in the target column `(n_rows,)`, nan where there is none."""
    values, _ = read_numbers(table.column(columns.target))
    return np.where(values > 0, values, np.nan)


def moments(table: Table, columns: Columns) -> Floats:
    """When each price was seen, as a number that grows with time `(n_rows,)`; nan without a time column."""
    if columns.time is None or columns.time not in table.columns:
        return np.full(table.n_rows, np.nan)
    known: dict[str, float] = {}
    return np.array([known.setdefault(cell, read_moment(cell)) for cell in table.column(columns.time)], dtype=np.float64)


def clean(table: Table, columns: Columns) -> Cleaned:
    """What a model can be fitted on. Raises TableRefused (with the report) when fewer than LEAST_ROWS prices are left."""
    columns = columns.within(table.columns)
    report = Report(table.n_rows)
    columns = _settle_mixed(table, columns, report)
    report.notes[:0] = [*table.notes, *columns.notes]
    price, wrong = read_numbers(table.column(columns.target))
    report.add(columns.target, "not a number", wrong, LEFT_OUT)
    report.add(columns.target, "no price", np.setdiff1d(np.flatnonzero(np.isnan(price)), wrong).tolist(), LEFT_OUT)
    report.add(columns.target, "not above zero", np.flatnonzero(price <= 0).tolist(), LEFT_OUT)
    with np.errstate(invalid="ignore", divide="ignore"):
        log_price = np.where(price > 0, np.log(price), np.nan)
    far = _far(log_price, _PRICE_FACTOR)
    report.add(columns.target, "absurd: far outside all other prices", np.flatnonzero(far).tolist(), LEFT_OUT)
    use = np.isfinite(log_price) & ~far
    if not use.any():
        raise TableRefused("no usable price in the table", report=report.to_plain())
    limits = {name: found for name in columns.numbers if (found := _limits(read_numbers(table.column(name))[0][use])) is not None}
    frame = frame_of(table, columns, limits, report)
    if columns.reference_price is not None:
        use &= ~_settle_reference(frame, columns, log_price, use, report)
    time = moments(table, columns)
    use &= ~_copies(table, columns, frame, price, time, use, report)
    kept = np.flatnonzero(use)
    report.n_used = len(kept)
    if len(kept) < LEAST_ROWS:
        raise TableRefused(f"{len(kept)} usable prices; at least {LEAST_ROWS} are needed", report=report.to_plain())
    groups = table.column(columns.group) if columns.group else [""] * table.n_rows
    group = [read_word(groups[i]) for i in kept.tolist()]
    named = _words(table.column(columns.id)) if columns.id else [""] * table.n_rows
    ids = [named[i] for i in kept.tolist()]
    return Cleaned(columns, frame.rows(kept), price[kept], kept, time[kept], group, limits, report, ids)


def _words(cells: Sequence[str]) -> list[str]:
    known: dict[str, str] = {}
    found = []
    for cell in cells:
        word = known.get(cell)
        if word is None:
            word = known[cell] = read_word(cell)
        found.append(word)
    return found


def _settle_mixed(table: Table, columns: Columns, report: Report) -> Columns:
    """A column of numbers that mostly holds words is read as a category (or, with a direction, not at all)."""
    for name in columns.numeric:
        cells = table.column(name)
        _, wrong = read_numbers(cells)
        said = sum(1 for cell in cells if read_word(cell))
        if said and len(wrong) > said / 2:
            numeric = tuple(one for one in columns.numeric if one != name)
            if columns.sign(name):
                columns = replace(columns, numeric=numeric, monotone=tuple(p for p in columns.monotone if p[0] != name))
                report.notes.append(f"column {name!r} mostly holds no numbers and has a direction: not used")
            else:
                columns = replace(columns, numeric=numeric, categorical=(*columns.categorical, name))
                report.notes.append(f"column {name!r} mostly holds no numbers: read as a category")
    return columns


def _far(log_values: Floats, factor: float) -> np.typing.NDArray[np.bool_]:
    """Where a logarithm lies further from the median than log(factor) and than 7 robust standard deviations."""
    said = log_values[np.isfinite(log_values)]
    if len(said) < 3:
        return np.zeros(len(log_values), dtype=bool)
    middle = float(np.median(said))
    spread = 1.4826 * float(np.median(np.abs(said - middle)))
    with np.errstate(invalid="ignore"):
        far: np.typing.NDArray[np.bool_] = np.abs(log_values - middle) > max(np.log(factor), 7 * spread)
    return far


def _limits(values: Floats) -> tuple[float, float] | None:
    """Between which numbers a column is believed; None for a column without numbers."""
    said = values[np.isfinite(values)]
    if not len(said):
        return None
    low, high = (float(one) for one in np.quantile(said, [0.005, 0.995]))
    span = high - low
    if span == 0:
        low, high = float(said.min()), float(said.max())
        span = (high - low) or abs(high) or 1.0
    least = 0.0 if np.mean(said >= 0) > 0.99 else low - _SPANS * span
    return least, high + _SPANS * span


def _limited(name: str, values: Floats, sign: int, limits: tuple[float, float] | None, report: Report) -> Floats:
    if limits is None:
        return values
    with np.errstate(invalid="ignore"):
        outside = (values < limits[0]) | (values > limits[1])
    rows = np.flatnonzero(outside)
    if not len(rows):
        return values
    between = f"absurd: outside {limits[0]:.6g} to {limits[1]:.6g}"
    if sign:
        report.add(name, between, rows.tolist(), "moved to the limit")
        clipped: Floats = np.clip(values, *limits)
        return clipped
    report.add(name, between, rows.tolist(), "taken as not said")
    return np.where(outside, np.nan, values)


def _settle_reference(
    frame: Frame, columns: Columns, log_price: Floats, use: np.typing.NDArray[np.bool_], report: Report
) -> np.typing.NDArray[np.bool_]:
    """Forget new prices that are absurd beside the price; gives the rows whose price is the absurd one of the two."""
    assert columns.reference_price is not None
    reference = frame.numbers[columns.reference_price]
    reference[~(reference > 0)] = np.nan
    log_reference = np.log(reference)
    far = _far(np.where(use, log_price - log_reference, np.nan), _RATIO_FACTOR)

    def distance(values: Floats) -> Floats:
        said = values[use & np.isfinite(values)]
        middle = np.median(said) if len(said) else 0.0
        away: Floats = np.abs(values - middle)
        return away

    blame_price = far & (distance(log_price) > distance(log_reference))
    rows = np.flatnonzero(far & ~blame_price)
    report.add(columns.reference_price, "absurd beside the price", rows.tolist(), "taken as not said")
    reference[rows] = np.nan
    report.add(columns.target, "absurd beside the new price", np.flatnonzero(blame_price).tolist(), LEFT_OUT)
    return blame_price


def _copies(
    table: Table, columns: Columns, frame: Frame, price: Floats, time: Floats, use: np.typing.NDArray[np.bool_], report: Report
) -> np.typing.NDArray[np.bool_]:
    """Rows that say the same as another, or name the same thing: the newest (else the last) is kept."""
    order = np.lexsort((np.arange(table.n_rows), np.nan_to_num(time, nan=-np.inf)))[::-1]
    names = _words(table.column(columns.id)) if columns.id else []
    if names and len(set(names)) < table.n_rows / 2:
        report.notes.append(f"column {columns.id!r} does not name single things: copies are found by content")
        names = []
    parts: list[Sequence[object]] = [price.tolist(), *(v.tolist() for v in frame.numbers.values()), *frame.words.values()]
    seen: set[object] = set()
    copies = np.zeros(table.n_rows, dtype=bool)
    for row in order:
        if not use[row]:
            continue
        name = names[row] if names else ""
        key = name or repr([part[row] for part in parts])
        copies[row] = key in seen
        seen.add(key)
    report.add(columns.id or "(row)", "a copy of another row", np.flatnonzero(copies).tolist(), LEFT_OUT)
    return copies
