"""The hierarchy as keys: trim within series within maker, how often each was seen, and what it adds to a price on average.

An average by key ("encoding") is the mean residual of log price after all numbers, drawn towards the next coarser key by
n / (n + 8), as measured on six tables. While fitting it is computed out of fold, so that no row sees its own price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grading.pricing.cleaning import Frame
from grading.pricing.table import Floats

__all__ = [
    "SHRINK",
    "Level",
    "LevelTable",
    "encode",
    "encode_out_of_fold",
    "fit_levels",
    "level_keys",
    "plan_levels",
    "series_level",
]

SHRINK = 8.0
"""Rows of the coarser key that a finer key's own rows have to outweigh."""

Ints = npt.NDArray[np.int64]
_NESTED = 0.95  # share of rows from which on the finer word is said to determine the coarser one
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a chain: the columns that make its key, finest first, and the place of the next coarser level."""

    columns: tuple[str, ...]
    parent: int | None

    @property
    def name(self) -> str:
        """For reports and feature names: trim within series."""
        return " within ".join(self.columns)


@dataclass(frozen=True, slots=True)
class LevelTable:
    """What was learned of one level: by key its number of rows and its encoding (natural log)."""

    counts: Mapping[str, int]
    values: Mapping[str, float]


def plan_levels(frame: Frame, chains: Sequence[Sequence[str]]) -> list[Level]:
    """The levels of all chains, coarse before fine; a word that does not determine its parent is keyed together with it."""
    levels: list[Level] = []
    places: dict[tuple[str, ...], int] = {}
    for chain in chains:
        parent: int | None = None
        for position in range(len(chain) - 1, -1, -1):
            name = chain[position]
            columns: tuple[str, ...] = (name,)
            if parent is not None and not _determines(frame.words[name], level_keys(frame, levels[parent].columns)):
                columns = tuple(dict.fromkeys((name, *levels[parent].columns)))
            if columns not in places:
                places[columns] = len(levels)
                levels.append(Level(columns, parent))
            parent = places[columns]
    return levels


def series_level(frame: Frame, levels: Sequence[Level], group: str | None) -> int | None:
    """The level whose unseen keys make a row cold: the group's where it is one, else the finest that is seen often enough."""
    if not levels:
        return None
    for place, level in enumerate(levels):
        if group is not None and level.columns[0] == group:
            return place
    for place in range(len(levels) - 1, -1, -1):
        keys = level_keys(frame, levels[place].columns)
        counts: dict[str, int] = {}
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
        if np.mean([counts[key] >= 6 for key in keys]) > 0.6:
            return place
    return None


def level_keys(frame: Frame, columns: Sequence[str]) -> list[str]:
    """The key of each row at a level; "" where its finest word is not said."""
    if len(columns) == 1:
        return list(frame.words[columns[0]])
    parts = [frame.words[name] for name in columns]
    return [_SEPARATOR.join(words) if words[0] else "" for words in zip(*parts, strict=True)]


def fit_levels(frame: Frame, levels: Sequence[Level], residual: Floats) -> list[LevelTable]:
    """What all rows say about each level; `residual` (n_rows,) in natural log."""
    tables: list[LevelTable] = []
    start = float(residual.mean()) if len(residual) else 0.0
    for level in levels:
        keys = level_keys(frame, level.columns)
        parents = None if level.parent is None else level_keys(frame, levels[level.parent].columns)
        sums: dict[str, float] = {}
        counts: dict[str, int] = {}
        above: dict[str, float] = {}
        for row, key in enumerate(keys):
            if not key:
                continue
            if key not in counts:
                counts[key], sums[key] = 0, 0.0
                coarse = None if parents is None or level.parent is None else tables[level.parent].values.get(parents[row])
                above[key] = start if coarse is None else coarse
            counts[key] += 1
            sums[key] += float(residual[row])
        values = {key: (sums[key] + SHRINK * above[key]) / (count + SHRINK) for key, count in counts.items()}
        tables.append(LevelTable(counts, values))
    return tables


def encode(
    frame: Frame, levels: Sequence[Level], tables: Sequence[LevelTable], start: float
) -> tuple[list[Floats], list[Floats]]:
    """Encodings and counts of any rows by learned tables, one array `(n_rows,)` per level."""
    values: list[Floats] = []
    counts: list[Floats] = []
    for level, table in zip(levels, tables, strict=True):
        keys = level_keys(frame, level.columns)
        above = np.full(frame.n_rows, start) if level.parent is None else values[level.parent]
        found = np.array([table.values.get(key, np.nan) for key in keys], dtype=np.float64)
        values.append(np.where(np.isnan(found), above, found))
        counts.append(np.array([table.counts.get(key, 0) for key in keys], dtype=np.float64))
    return values, counts


def encode_out_of_fold(
    frame: Frame, levels: Sequence[Level], residual: Floats, fold: Ints, apart: Sequence[str] | None = None
) -> tuple[list[Floats], list[Floats]]:
    """The same for the rows themselves, each encoded from the rows of the other folds only; `fold` (n_rows,) numbers the folds.

    Counts are those of all other rows, as a new row would find them, without those of the same word of `apart` (n_rows,): trees
    tell keys by their counts, and would take one for another if a new row's were an eighth larger.
    """
    n_folds = int(fold.max()) + 1 if len(fold) else 1
    total = np.bincount(fold, residual, minlength=n_folds)
    number = np.bincount(fold, minlength=n_folds)
    start = (total.sum() - total) / np.maximum(1, number.sum() - number)
    values: list[Floats] = []
    counts: list[Floats] = []
    for level in levels:
        keys = level_keys(frame, level.columns)
        known: dict[str, int] = {}
        code = np.array([known.setdefault(key, len(known)) for key in keys], dtype=np.int64)
        cell = code * n_folds + fold
        size = len(known) * n_folds
        sums = np.bincount(cell, residual, minlength=size).reshape(-1, n_folds)
        rows = np.bincount(cell, minlength=size).reshape(-1, n_folds)
        others = (sums.sum(axis=1, keepdims=True) - sums).ravel()[cell]
        n = (rows.sum(axis=1, keepdims=True) - rows).ravel()[cell].astype(np.float64)
        said = np.array([bool(key) for key in keys])
        above = start[fold] if level.parent is None else values[level.parent]
        values.append(np.where(said & (n > 0), (others + SHRINK * above) / (n + SHRINK), above))
        own = np.ones(len(keys)) if apart is None else _sizes(list(zip(keys, apart, strict=True)))
        counts.append(np.where(said, _sizes(keys) - own, 0.0))
    return values, counts


def _sizes(keys: Sequence[Hashable]) -> Floats:
    """How many rows have the key of each row `(n_rows,)`."""
    found = Counter(keys)
    return np.array([found[key] for key in keys], dtype=np.float64)


def _determines(fine: Sequence[str], coarse: Sequence[str]) -> bool:
    """Whether the finer word leaves no doubt about the coarser one, for nearly all rows."""
    pairs: dict[str, dict[str, int]] = {}
    for one, other in zip(fine, coarse, strict=True):
        if one and other:
            by = pairs.setdefault(one, {})
            by[other] = by.get(other, 0) + 1
    total = sum(sum(by.values()) for by in pairs.values())
    return total > 0 and sum(max(by.values()) for by in pairs.values()) / total >= _NESTED
