"""From a frame to the matrix a booster reads: numbers, categories, averages by key and the score of the text.

While fitting there are two views of a row. The warm view has everything. The cold view lacks what only a thing of a known
series has (its own key, count and average), and its averages are computed from other series only, so that a booster learns
to do without ("key dropout").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grading.pricing.boosting import Recipe, boost, predict
from grading.pricing.cleaning import Frame
from grading.pricing.columns import Columns
from grading.pricing.keys import (
    Ints,
    Level,
    LevelTable,
    encode,
    encode_out_of_fold,
    fit_levels,
    level_keys,
    plan_levels,
    series_level,
)
from grading.pricing.table import Floats
from grading.pricing.texts import TextScore, Vocabulary, documents, fit_text, vectors, vocabulary, weigh

__all__ = ["ALWAYS", "Encoder", "Feature", "Plan", "fit_encoder", "group_folds", "make_plan", "random_folds", "residual"]

ALWAYS = 1_000_000
"""The support of a row where a table has no series: nothing is ever new."""

_FOLDS = 8
_TEXT_FOLDS = 4
_TEXT_WORDS = 100  # distinct keys from which on their letters are worth reading


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of a matrix: where it comes from, its kind (number, category, average, count, text) and direction."""

    name: str
    source: str
    kind: str
    sign: int
    level: int | None = None


@dataclass(frozen=True)
class Plan:
    """What is decided once for a table, before any fold: levels, the level that makes a row cold, texts and categories."""

    columns: Columns
    levels: tuple[Level, ...]
    series: int | None
    text: tuple[str, ...]
    categories: Mapping[str, Mapping[str, int]]

    @cached_property
    def hidden(self) -> frozenset[int]:
        """Places of the levels that a cold row does not have: the series and what is finer."""
        if self.series is None:
            return frozenset()
        found = {self.series}
        for place, level in enumerate(self.levels):
            if level.parent in found:
                found.add(place)
        series = self.levels[self.series].columns[0]
        return frozenset(found | {place for place, level in enumerate(self.levels) if series in level.columns})

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The columns of a matrix, in order."""
        found = [Feature(name, name, "number", self.columns.sign(name)) for name in self.columns.numbers]
        found += [Feature(name, name, "category", 0) for name in self.columns.categorical]
        for place, level in enumerate(self.levels):
            if level.columns not in {(name,) for name in self.columns.categorical}:
                found.append(Feature(f"key of {level.name}", level.columns[0], "category", 0, place))
            found.append(Feature(f"average of {level.name}", level.columns[0], "average", 0, place))
            found.append(Feature(f"count of {level.name}", level.columns[0], "count", 0, place))
        if self.text:
            found.append(Feature("text", self.text[0], "text", 0))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Encoder:
    """What was learned to turn any frame into matrices."""

    plan: Plan
    tables: tuple[LevelTable, ...]
    start: float
    text: TextScore | None

    def encode(self, frame: Frame) -> tuple[Floats, Ints]:
        """The matrix `(n_rows, n_features)` and how many rows of each row's series were learned from (ALWAYS without series)."""
        values, counts = encode(frame, self.plan.levels, self.tables, self.start)
        text = None if self.text is None else weigh(documents(frame, self.plan.text), self.text)
        support = np.full(frame.n_rows, ALWAYS, dtype=np.int64)
        if self.plan.series is not None:
            support = counts[self.plan.series].astype(np.int64)
        return _matrix(self.plan, frame, values, counts, text), support

    def hide(self, matrix: Floats) -> Floats:
        """The rows as if the series of each were unknown: no key, no count, the average of the coarser key."""
        found = matrix.copy()
        hidden, features = self.plan.hidden, self.plan.features
        veiled = {self.plan.levels[place].columns[0] for place in hidden}
        average = {feature.level: place for place, feature in enumerate(features) if feature.kind == "average"}
        for place, feature in enumerate(features):  # coarse before fine, so a parent is settled before its child
            if feature.kind == "category" and feature.source in veiled:
                found[:, place] = np.nan
            elif feature.level in hidden and feature.kind == "count":
                found[:, place] = 0.0
            elif feature.level in hidden and feature.kind == "average":
                parent = self.plan.levels[feature.level].parent
                found[:, place] = self.start if parent is None else found[:, average[parent]]
        return found


def make_plan(frame: Frame, columns: Columns, group: str | None) -> Plan:
    """Decide levels, texts and category codes from the words of the training rows (never from prices)."""
    chains = columns.hierarchy
    if not chains and group is not None and group in columns.words:
        chains = ((group,),)
    levels = tuple(plan_levels(frame, chains))
    text = [*columns.text]
    for level in levels:
        name = level.columns[0]
        if name not in text and len(set(frame.words[name])) >= _TEXT_WORDS:
            text.append(name)
    named: dict[str, Sequence[str]] = {name: frame.words[name] for name in columns.categorical}
    named |= {f"key of {level.name}": level_keys(frame, level.columns) for level in levels}
    categories = {}
    for name, words in named.items():
        counts: dict[str, int] = {}
        for word in words:
            if word:
                counts[word] = counts.get(word, 0) + 1
        ordered = sorted((word for word in counts if counts[word] > 1), key=lambda word: (-counts[word], word))
        categories[name] = {word: code for code, word in enumerate(ordered)}
    return Plan(columns, levels, series_level(frame, levels, group), tuple(text), categories)


def fit_encoder(
    plan: Plan, frame: Frame, log_price: Floats, seed: int, threads: int, words: Vocabulary | None = None
) -> tuple[Encoder, Floats, Floats]:
    """An encoder from these rows, and their own warm and cold matrices, out of fold and out of series."""
    left = residual(plan, frame, log_price, seed, threads)
    fold = random_folds(frame.n_rows, _FOLDS, seed)
    apart, series = fold, None
    if plan.series is not None:
        series = level_keys(frame, plan.levels[plan.series].columns)
        apart = group_folds(series, _FOLDS, seed)
    warm = encode_out_of_fold(frame, plan.levels, left, fold)
    cold = encode_out_of_fold(frame, plan.levels, left, apart, series)
    text, text_warm, text_cold = None, None, None
    if plan.text:
        texts = documents(frame, plan.text)
        words = vocabulary(texts) if words is None else words
        matrix = vectors(texts, words)
        text_warm, text_cold = np.empty(frame.n_rows), np.empty(frame.n_rows)
        for target, by in ((text_warm, fold), (text_cold, apart)):
            for one in range(_TEXT_FOLDS):
                inside = by % _TEXT_FOLDS == one
                if inside.any() and not inside.all():
                    weights, start = fit_text(matrix[~inside], left[~inside])
                    target[inside] = matrix[inside] @ weights + start
        weights, start = fit_text(matrix, left)
        text = TextScore({run: round(float(weights[place]), 7) for run, place in words.items() if weights[place]}, start)
    tables = tuple(fit_levels(frame, plan.levels, left))
    start = float(left.mean())
    encoder = Encoder(plan, tables, start, text)
    return encoder, _matrix(plan, frame, *warm, text_warm), encoder.hide(_matrix(plan, frame, *cold, text_cold))


def random_folds(n_rows: int, n_folds: int, seed: int) -> Ints:
    """A fold number for each row, as even as possible `(n_rows,)`."""
    order = np.random.default_rng(seed).permutation(n_rows)
    fold = np.empty(n_rows, dtype=np.int64)
    fold[order] = np.arange(n_rows) % n_folds
    return fold


def group_folds(groups: Sequence[str], n_folds: int, seed: int) -> Ints:
    """A fold number for each row, the same for all rows of a group; large groups first into the emptiest fold.

    The folds are numbered at random: who takes only some of them shall not always have the largest group.
    """
    counts: dict[str, int] = {}
    for group in groups:
        counts[group] = counts.get(group, 0) + 1
    names = sorted(counts)
    draw = np.random.default_rng(seed)
    order, filled = draw.permutation(len(names)), np.zeros(n_folds)
    place: dict[str, int] = {}
    for index in sorted(order, key=lambda i: -counts[names[i]]):
        place[names[index]] = int(np.argmin(filled))
        filled[place[names[index]]] += counts[names[index]]
    number = draw.permutation(n_folds)
    return np.array([number[place[group]] for group in groups], dtype=np.int64)


def residual(plan: Plan, frame: Frame, log_price: Floats, seed: int, threads: int) -> Floats:
    """What the numbers alone leave unexplained of log price `(n_rows,)`, out of fold, so that it is as large as for new rows."""
    if not plan.columns.numbers:
        return log_price - float(log_price.mean())
    matrix = np.column_stack([frame.numbers[name] for name in plan.columns.numbers])
    recipe = Recipe(learning_rate=0.1, leaves=15, min_child=20, threads=threads, seed=seed)
    fold = random_folds(frame.n_rows, 3, seed)
    left = np.empty(frame.n_rows)
    for one in range(3):
        inside = fold == one
        booster = boost(recipe, matrix[~inside], log_price[~inside], signs=(), categories=(), rounds=100)
        left[inside] = log_price[inside] - predict(booster, matrix[inside], threads=threads)
    return left


def _matrix(
    plan: Plan,
    frame: Frame,
    values: Sequence[Floats],
    counts: Sequence[Floats],
    text: Floats | None,
) -> Floats:
    found: list[Floats] = []
    for feature in plan.features:
        place = feature.level
        if feature.kind == "number":
            found.append(frame.numbers[feature.name])
        elif feature.kind == "text":
            assert text is not None
            found.append(text)
        elif feature.kind == "category":
            words = frame.words[feature.source] if place is None else level_keys(frame, plan.levels[place].columns)
            codes = plan.categories[feature.name]
            found.append(np.array([codes.get(word, np.nan) for word in words], dtype=np.float64))
        elif feature.kind == "average":
            assert place is not None
            found.append(values[place])
        else:
            assert place is not None
            found.append(np.log1p(counts[place]))
    return np.column_stack(found) if found else np.zeros((frame.n_rows, 0))
