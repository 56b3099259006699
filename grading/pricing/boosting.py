"""LightGBM as this room uses it: one set of parameters, early stopping, text in and out. Always deterministic."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from grading.pricing.table import Floats

if TYPE_CHECKING:
    import lightgbm as lgb

# Waiting OpenMP threads must sleep, not spin: on a busy machine of two cores a fit went from 36 s to 0.8 s (pricing.md 1.9).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = [
    "ABSOLUTE",
    "Recipe",
    "averaged",
    "boost",
    "contributions",
    "from_text",
    "leaves",
    "library",
    "predict",
    "reasons_ms",
    "recipe_for",
    "to_text",
]

ABSOLUTE = "absolute"
"""A recipe's objective: distances count once instead of squared."""

_TREE = re.compile(r"(?m)^(?=Tree=\d+$)")
_VALUES = ("leaf_value", "internal_value")
_LARGE = 6_000  # rows
_MANY_ROWS, _TREES_AT_ONCE = 1000, 50
_BEND = 1.0  # of the median distance: below it the absolute loss is rounded off


def library() -> ModuleType:
    """LightGBM, loaded when it is first needed: that takes a second, and most programs that name a price grow no tree."""
    import lightgbm

    return lightgbm


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a booster is grown. Sources of the figures: pricing.md 2, found on six tables."""

    learning_rate: float = 0.05
    leaves: int = 63
    depth: int = -1
    min_child: int = 10
    column_share: float = 0.6
    row_share: float = 0.8
    lambda_l2: float = 2.0
    objective: str = "regression"
    objective_alpha: float = 0.9
    most_rounds: int = 2500
    patience: int = 60
    seed: int = 7
    threads: int = 1
    constraint: str = "intermediate"

    def parameters(self, signs: Sequence[int]) -> dict[str, object]:
        """LightGBM's parameters; `signs` per feature."""
        given: dict[str, object] = {
            "objective": self.objective,
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "max_depth": self.depth,
            "min_child_samples": self.min_child,
            "feature_fraction": self.column_share,
            "bagging_fraction": self.row_share,
            "bagging_freq": 1,
            "lambda_l2": self.lambda_l2,
            "cat_smooth": 15,
            "cat_l2": 10,
            "min_data_per_group": 20,
            "max_cat_threshold": 64,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.threads,
            "verbosity": -1,
        }
        if self.objective in ("huber", "fair", "quantile"):
            given["fair_c" if self.objective == "fair" else "alpha"] = self.objective_alpha
        if any(signs):
            given["monotone_constraints"] = list(signs)
            given["monotone_constraints_method"] = self.constraint
        return given


def recipe_for(n_rows: int, threads: int, seed: int) -> Recipe:
    """The recipe for a table of that size: fewer leaves and smaller steps where there is little to learn from.

    Never more than 1,000 trees: more of them in steps half as large were no better, and an estimate took twice the time. From
    6,000 rows on larger steps and trees of 63 leaves that are no deeper than eight: as good as deeper ones, and exact reasons of
    1,000 take 10 ms where those take 17. With 31 leaves German offers and English cars lost one part in a hundred.
    """
    if n_rows >= _LARGE:
        return Recipe(learning_rate=0.1, leaves=63, depth=8, most_rounds=1000, threads=threads, seed=seed)
    return Recipe(leaves=15 if n_rows < 1500 else 31, most_rounds=1000, threads=threads, seed=seed)


def reasons_ms(n_trees: int, recipe: Recipe) -> float:
    """About how long exact reasons of so many trees take, milliseconds of a processor: 2, 6 and 17 for 1,000 of 15, 31 and 63
    leaves; six tenths of that where they may be eight deep.
    """
    return n_trees * math.pow(recipe.leaves, 1.4) / 19_400 * (1.0 if recipe.depth < 0 else 0.6)


def boost(
    recipe: Recipe,
    matrix: Floats,
    target: Floats,
    *,
    signs: Sequence[int],
    categories: Sequence[int],
    weight: Floats | None = None,
    rounds: int | None = None,
    watch: tuple[Floats, Floats] | None = None,
) -> lgb.Booster:
    """A booster for `matrix` (n_rows, n_features) and `target` (n_rows,).

    With `rounds` that many; else at most the recipe's, stopped when the mean absolute error on `watch` (matrix, target) no
    longer falls (`best_iteration` says where it was least).
    """
    parameters = recipe.parameters(signs) | {"metric": "l1"}
    places = list(categories)
    start = 0.0
    if recipe.objective == ABSOLUTE:  # LightGBM itself begins at zero then
        start = float(np.median(target))
        parameters["objective"] = _absolute(weight)
    given = {name: value for name, value in parameters.items() if name != "objective"}
    lightgbm = library()
    data = lightgbm.Dataset(matrix, target - start, weight=weight, categorical_feature=places, params=given)
    if rounds is not None:
        return _begun(lightgbm.train(parameters, data, num_boost_round=rounds), start)
    assert watch is not None
    held = lightgbm.Dataset(watch[0], watch[1] - start, reference=data, categorical_feature=places, params=given)
    stop = lightgbm.early_stopping(recipe.patience, verbose=False)
    booster = lightgbm.train(parameters, data, num_boost_round=recipe.most_rounds, valid_sets=[held], callbacks=[stop])
    return _begun(booster, start)


def _absolute(weight: Floats | None) -> Callable[[Floats, lgb.Dataset], tuple[Floats, Floats]]:
    """Gradient and curvature of the absolute loss, smoothed below the median distance so far, by its quadratic majorant.

    LightGBM's own absolute loss sets its leaves anew afterwards and so allows no directions; this one allows them.
    """

    def of(found: Floats, data: lgb.Dataset) -> tuple[Floats, Floats]:
        away = found - np.asarray(data.get_label(), dtype=np.float64)
        bend = max(_BEND * float(np.median(np.abs(away))), 1e-6)
        curve = 1 / np.sqrt(1 + np.square(away / bend))
        if weight is not None:
            curve *= weight
        return away * curve, curve

    return of


def _begun(booster: lgb.Booster, start: float) -> lgb.Booster:
    """The booster with its start in the leaves of its first tree, so that its text is all there is to it."""
    if start:
        n_leaves = booster.dump_model(num_iteration=1)["tree_info"][0]["num_leaves"]
        for leaf in range(n_leaves):
            booster.set_leaf_output(0, leaf, booster.get_leaf_output(0, leaf) + start)
    return booster


def averaged(boosters: Sequence[lgb.Booster]) -> lgb.Booster:
    """One booster with the trees of all: it predicts their mean, and is asked once instead of many times."""
    if len(boosters) == 1:
        return boosters[0]
    texts = [to_text(booster) for booster in boosters]
    head, _, _ = texts[0].partition("Tree=0\n")
    trees = [tree for text in texts for tree in _TREE.split(text.partition("end of trees")[0])[1:]]
    bodies = []
    for number, tree in enumerate(trees):
        lines = [f"Tree={number}"]
        for line in tree.splitlines()[1:]:
            name, _, values = line.partition("=")
            if name in _VALUES and values:
                line = name + "=" + " ".join(repr(float(value) / len(boosters)) for value in values.split())
            lines.append(line)
        bodies.append("\n".join(lines).rstrip("\n") + "\n\n\n")
    sizes = "tree_sizes=" + " ".join(str(len(body.encode())) for body in bodies)
    head = re.sub(r"^tree_sizes=.*$", sizes, head, flags=re.MULTILINE)
    return from_text(head + "".join(bodies) + "end of trees\n\n" + "pandas_categorical:null\n")


def predict(booster: lgb.Booster, matrix: Floats, rounds: int = -1, threads: int = 1) -> Floats:
    """The booster's value for each row `(n_rows,)`.

    LightGBM takes all trees for one row after another; of many rows few trees at once, which stay in the processor's cache, take
    less than half the time. The last bits may then differ from those of a single row.
    """
    if len(matrix) < _MANY_ROWS:
        return np.asarray(booster.predict(matrix, num_iteration=rounds, num_threads=threads), dtype=np.float64)
    n_trees = booster.num_trees() if rounds <= 0 else min(rounds, booster.num_trees())
    total = np.zeros(len(matrix))
    for first in range(0, n_trees, _TREES_AT_ONCE):
        some = min(_TREES_AT_ONCE, n_trees - first)
        total += booster.predict(matrix, start_iteration=first, num_iteration=some, num_threads=threads)
    return total


def contributions(booster: lgb.Booster, matrix: Floats) -> Floats:
    """Exact contribution of each feature and, last, the start value `(n_rows, n_features + 1)`; their sum is the value."""
    return np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=1), dtype=np.float64)


def leaves(booster: lgb.Booster, matrix: Floats) -> Floats:
    """The leaf that each row falls into, by tree `(n_rows, n_trees)`."""
    return np.atleast_2d(np.asarray(booster.predict(matrix, pred_leaf=True, num_threads=1), dtype=np.float64))


def to_text(booster: lgb.Booster) -> str:
    """The model as LightGBM's own text; read again it predicts the same bits."""
    return str(booster.model_to_string(num_iteration=-1, importance_type="gain"))


def from_text(text: str) -> lgb.Booster:
    """The booster in such a text."""
    return library().Booster(model_str=text)  # type: ignore[no-any-return]
