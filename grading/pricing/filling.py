"""A number that nearly every training row had and this row lacks: the median of its trim, series or maker stands in.

A booster that never saw a column empty would read an empty cell as zero: a car without a stated power would be priced as one
without an engine. Where empty cells were common while fitting they mean something, and stay empty unless the column is absent.
So they do where they are few and their prices are not those of the stand-in: a car without a new price was imported on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grading.pricing.cleaning import Frame
from grading.pricing.keys import Level, level_keys
from grading.pricing.table import Floats

__all__ = ["Filler", "learn_filler", "meant"]

_RARELY = 0.02  # share of empty cells up to which an empty cell is an accident
_LEAST = 2  # rows behind a median by key
_TELLING = 5  # empty cells from which on they may mean something
_SURE = 3.0  # standard errors of their median


@dataclass(frozen=True, slots=True)
class Filler:
    """`rare`: columns whose empty cells are filled; `medians[column]`: by level its median by key, last the median of all.

    A key whose rows mostly had no number has none (nan) here: an electric car has no displacement.
    """

    levels: Sequence[Level]
    rare: frozenset[str]
    medians: Mapping[str, Sequence[Mapping[str, float]]]
    middle: Mapping[str, float]

    def fill(self, frame: Frame, present: frozenset[str] | None = None) -> Frame:
        """The frame with stand-ins; `present`: the columns that the table has at all (None: all of them)."""
        numbers: dict[str, Floats] = {}
        keys: list[list[str]] | None = None
        for name, values in frame.numbers.items():
            absent = present is not None and name not in present
            empty = np.isnan(values)
            if name not in self.middle or not (absent or name in self.rare) or not empty.any():
                numbers[name] = values
                continue
            if keys is None:
                keys = [level_keys(frame, level.columns) for level in self.levels]
            numbers[name] = self._filled(name, values, empty, keys)
        return Frame(frame.n_rows, numbers, frame.words)

    def _filled(self, name: str, values: Floats, empty: np.typing.NDArray[np.bool_], keys: Sequence[Sequence[str]]) -> Floats:
        found = values.copy()
        tables = self.medians[name]
        for row in np.flatnonzero(empty).tolist():
            found[row] = self.middle[name]
            for place in range(len(tables) - 1, -1, -1):  # fine before coarse
                known = tables[place].get(keys[place][row])
                if known is not None:
                    found[row] = known
                    break
        return found


def learn_filler(frame: Frame, levels: Sequence[Level]) -> Filler:
    """Medians by key of every numeric column of these rows."""
    rare, medians, middle = set(), {}, {}
    rows_of: list[dict[str, list[int]]] = []
    for level in levels:
        rows: dict[str, list[int]] = {}
        for row, key in enumerate(level_keys(frame, level.columns)):
            if key:
                rows.setdefault(key, []).append(row)
        rows_of.append({key: own for key, own in rows.items() if len(own) >= _LEAST})
    for name, values in frame.numbers.items():
        said = values[np.isfinite(values)]
        if not len(said):
            continue
        middle[name] = float(np.median(said))
        if len(said) >= (1 - _RARELY) * frame.n_rows:
            rare.add(name)
        medians[name] = [{key: _middle(values[own]) for key, own in rows.items()} for rows in rows_of]
    return Filler(tuple(levels), frozenset(rare), medians, middle)


def meant(filler: Filler, frame: Frame, left: Callable[[Frame], Floats]) -> Filler:
    """The filler without those columns whose few empty cells are no accident.

    `frame`: the rows it was learned from; `left`: what numbers alone leave of their log price when filled `(n_rows,)`.
    """
    few = [name for name in sorted(filler.rare) if np.isnan(frame.numbers[name]).sum() >= _TELLING]
    if not few:
        return filler
    away = left(filler.fill(frame))
    away = away - float(np.median(away))
    told = set()
    for name in few:
        own = away[np.isnan(frame.numbers[name])]
        middle = float(np.median(own))
        spread = 1.4826 * max(float(np.median(np.abs(away))), float(np.median(np.abs(own - middle))))
        if abs(middle) * np.sqrt(len(own)) > _SURE * 1.2533 * spread:
            told.add(name)
    return replace(filler, rare=filler.rare - told)


def _middle(values: Floats) -> float:
    """The median; nan where most are not said."""
    said = values[np.isfinite(values)]
    return float(np.median(said)) if 2 * len(said) > len(values) else float("nan")
