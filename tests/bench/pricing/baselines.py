"""What the estimator is measured against: medians, new price by age, and the usual boosters, each fitted on the same rows.

Rows and parameters: pricing.md 2 (CatBoost left out). Each gives log prices `(n_test,)`; nan never.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from grading.pricing.boosting import Recipe, boost, predict
from grading.pricing.cleaning import Frame
from grading.pricing.columns import Columns
from grading.pricing.features import random_folds
from grading.pricing.table import Floats

MEDIANS = "median by key, with back-off"
BY_AGE = "new price x median ratio by age"
HIST = "HistGradientBoosting, log"
DEFAULT = "LightGBM default, log"
TUNED = "LightGBM tuned, log, native categories"
MONOTONE = "the same, monotone"
L1 = "L1 on log(price / new price)"
MEAN = "mean of four boosters in log (no single model)"
SINGLE = (MEDIANS, BY_AGE, HIST, DEFAULT, TUNED, MONOTONE, L1)


@dataclass(frozen=True, slots=True)
class Rows:
    """Training and test rows: frames, log price of the training rows, the column of age and how many of its units make a year."""

    columns: Columns
    train: Frame
    log_price: Floats
    test: Frame
    age: str | None
    per_year: float
    threads: int
    seed: int


def fit_all(rows: Rows) -> dict[str, Floats]:
    """Log prices of the test rows by baseline; the ones that a table does not allow are left out."""
    makers: Mapping[str, Callable[[Rows], Floats | None]] = {
        MEDIANS: _medians,
        BY_AGE: _by_age,
        HIST: _hist,
        DEFAULT: lambda r: _lightgbm(r, Recipe(threads=r.threads, seed=r.seed), default=True),
        TUNED: lambda r: _lightgbm(r, tuned(r)),
        MONOTONE: lambda r: _lightgbm(r, tuned(r), monotone=True),
        L1: lambda r: _lightgbm(r, replace(tuned(r), objective="regression_l1"), ratio=True),
    }
    found = {name: value for name, maker in makers.items() if (value := maker(rows)) is not None}
    four = [found[name] for name in (HIST, TUNED, MONOTONE, L1)]
    return found | {MEAN: np.mean(four, axis=0)}


def tuned(rows: Rows) -> Recipe:
    """The parameters of pricing.md 2 for a table of that size, whatever the library itself has come to use."""
    n_rows = rows.train.n_rows
    leaves = 15 if n_rows < 1500 else 31 if n_rows < 6000 else 63
    return Recipe(learning_rate=0.03 if n_rows < 3000 else 0.05, leaves=leaves, threads=rows.threads, seed=rows.seed)


def _medians(rows: Rows) -> Floats:
    """The median price of the finest key that has at least three rows, from (key, year of age) upwards."""
    chain = rows.columns.hierarchy[0] if rows.columns.hierarchy else rows.columns.categorical[:1]
    steps: list[tuple[tuple[str, ...], bool]] = []
    for place in range(len(chain)):
        steps += [(tuple(chain[place:]), True), (tuple(chain[place:]), False)]
    found = np.full(rows.test.n_rows, np.nan)
    for names, with_age in steps:
        seen: dict[tuple[str, ...], list[float]] = {}
        for key, value in zip(_keys(rows, rows.train, names, with_age), rows.log_price, strict=True):
            seen.setdefault(key, []).append(float(value))
        for row, key in enumerate(_keys(rows, rows.test, names, with_age)):
            if np.isnan(found[row]) and len(seen.get(key, ())) >= 3:
                found[row] = np.median(seen[key])
    return np.where(np.isnan(found), np.median(rows.log_price), found)


def _keys(rows: Rows, frame: Frame, names: Sequence[str], with_age: bool) -> list[tuple[str, ...]]:
    parts = [frame.words[name] for name in names]
    if with_age and rows.age is not None:
        parts = [*parts, [str(value) for value in _years(rows, frame)]]
    return list(zip(*parts, strict=True))


def _by_age(rows: Rows) -> Floats | None:
    """New price times the median ratio of the same full year of age; the median of the key where the new price is not known."""
    reference = rows.columns.reference_price
    if reference is None or rows.age is None:
        return None
    ratio = rows.log_price - np.log(rows.train.numbers[reference])
    known = np.isfinite(ratio)
    year = _years(rows, rows.train)
    by = {one: float(np.median(ratio[known & (year == one)])) for one in np.unique(year[known])}
    whole = float(np.median(ratio[known]))
    test = _years(rows, rows.test)
    found = np.log(rows.test.numbers[reference]) + np.array([by.get(one, whole) for one in test])
    return np.where(np.isfinite(found), found, _medians(rows))


def _years(rows: Rows, frame: Frame) -> Floats:
    """Full years of age, rounded; -1 where it is not known."""
    assert rows.age is not None
    return np.nan_to_num(np.round(frame.numbers[rows.age] / rows.per_year), nan=-1)


def inputs(rows: Rows, ordinal: bool = False) -> tuple[Floats, Floats, list[int], list[int]]:
    """Plain matrices for a booster: numbers and codes of categories and keys; places of the categories; directions."""
    names = list(dict.fromkeys((*rows.columns.categorical, *rows.columns.keys)))
    train = [rows.train.numbers[name] for name in rows.columns.numbers]
    test = [rows.test.numbers[name] for name in rows.columns.numbers]
    for name in names:
        codes = {word: float(code) for code, word in enumerate(sorted(set(rows.train.words[name]) - {""}))}
        train.append(np.array([codes.get(word, np.nan) for word in rows.train.words[name]]))
        test.append(np.array([codes.get(word, np.nan) for word in rows.test.words[name]]))
    places = [] if ordinal else list(range(len(rows.columns.numbers), len(train)))
    signs = [rows.columns.sign(name) for name in rows.columns.numbers] + [0] * len(names)
    return np.column_stack(train), np.column_stack(test), places, signs


def _hist(rows: Rows) -> Floats:
    train, test, _, _ = inputs(rows, ordinal=True)
    model = HistGradientBoostingRegressor(max_iter=400, learning_rate=0.08, early_stopping=True, random_state=rows.seed)
    return np.asarray(model.fit(train, rows.log_price).predict(test))


def _lightgbm(rows: Rows, recipe: Recipe, *, default: bool = False, monotone: bool = False, ratio: bool = False) -> Floats:
    train, test, places, signs = inputs(rows)
    signs = signs if monotone else [0] * len(signs)
    if default:
        recipe = Recipe(
            learning_rate=0.1, leaves=31, min_child=20, column_share=1.0, row_share=1.0, lambda_l2=0.0, threads=recipe.threads
        )
        return predict(boost(recipe, train, rows.log_price, signs=signs, categories=places, rounds=100), test)
    offset, ahead = np.zeros(len(train)), np.zeros(len(test))
    if ratio and rows.columns.reference_price is not None:
        offset, ahead = (_filled(rows, part) for part in (rows.train, rows.test))
    target = rows.log_price - offset
    held = random_folds(len(target), 8, rows.seed) == 0
    first = boost(recipe, train[~held], target[~held], signs=signs, categories=places, watch=(train[held], target[held]))
    booster = boost(recipe, train, target, signs=signs, categories=places, rounds=max(1, int(first.best_iteration * 1.08)))
    return predict(booster, test) + ahead


def _filled(rows: Rows, frame: Frame) -> Floats:
    """Log new price, the training rows' median where it is not known."""
    name = rows.columns.reference_price
    assert name is not None
    known = np.log(rows.train.numbers[name])
    own = np.log(frame.numbers[name])
    return np.where(np.isfinite(own), own, np.median(known[np.isfinite(known)]))
