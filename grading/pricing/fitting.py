"""Fitting: what is learned from a table, and everything that is chosen about it, on the table's own rows only.

Boosters of several kinds are tried on held-out rows and on held-out series; weights, shifts, ranges and rounds come from
these; then each kind that has weight is fitted on all rows. A kind aims at log price less a share of what simply adds up
(additive.py) or of the log new price. With the whole of it a direction would forbid that, say, dearer things lose a larger
part of their value, which they do; with a part of it the price still keeps its direction, and far more is learned from few rows.

    log     log price                                 new     half of the log new price
    half    half of the additive part                 most    four fifths of the additive part
    specs   half of it, without texts, averages and counts     plain   log price, without them

All but `specs` and `plain` have key dropout. `new`, `most` and `specs` count distances once instead of squared: what is judged is
money, not its square.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from grading.pricing.additive import Additive, Halves, base_of, fit_additive, new_price
from grading.pricing.blending import NEW, THIN, WARM, Blend, blend, choose, lanes_of
from grading.pricing.boosting import ABSOLUTE, Recipe, averaged, boost, predict, recipe_for
from grading.pricing.cleaning import Cleaned, clean
from grading.pricing.columns import Columns
from grading.pricing.features import Encoder, Plan, fit_encoder, group_folds, make_plan, random_folds
from grading.pricing.filling import learn_filler
from grading.pricing.intervals import LEVELS, Calibration, calibrate
from grading.pricing.keys import Ints, level_keys
from grading.pricing.model import ADDED, NEW_PRICE, Boosted, Member, Model, Seen, Sigma, Small, log_reference, step_for
from grading.pricing.table import Floats, Table
from grading.pricing.texts import Vocabulary, documents, vocabulary

if TYPE_CHECKING:
    import lightgbm as lgb

__all__ = ["ENOUGH_ROWS", "Settings", "fit", "fit_cleaned"]

ENOUGH_ROWS = 30
"""Under so many rows a category has the cost formula with the market's factor, or the median (pricing.md 3)."""

_DROPOUT_SHARE, _DROPOUT_WEIGHT = 0.5, 0.3  # part of the rows repeated without their series, and how much they count
_ABSOLUTE_STEP = 0.12  # small gradients need larger steps for the same number of trees
_QUICK_KINDS = 3
_MANY_ROWS = 6_000  # from which on what is chosen on rows hardly flatters them
_FOLDS = 5
_LEAST_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be chosen from outside: the seed of everything random, threads (0: one per processor), and haste.

    `quick`: one held-out part, large steps, few rounds; for trying a table out, not for prices that are shown.
    """

    seed: int = 7
    threads: int = 0
    quick: bool = False

    @property
    def n_threads(self) -> int:
        """Threads of a fit: as given, else one per processor."""
        return self.threads or os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of booster. `share` of the additive part called `base`; `dropout`: rows are repeated without their series.

    `plain`: numbers and categories only; `absolute`: distances count once.
    """

    name: str
    share: float = 0.0
    base: str = ADDED
    dropout: bool = False
    plain: bool = False
    absolute: bool = False

    def base_of(self, bases: Mapping[str, Halves], n_rows: int) -> Floats:
        """What its boosters start from `(n_rows,)`."""
        return base_of(bases[self.base], self.share) if self.share else np.zeros(n_rows)


@dataclass(frozen=True, slots=True)
class _Held:
    """Held-out rows of all folds, one after another: place in the table, log price by kind (n_kinds, n_rows), matrix, support."""

    rows: Ints
    values: Floats
    matrix: Floats
    support: Ints
    rounds: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class _View:
    """Some rows as the boosters learn from them: their places in the table, what was learned to encode them, the matrix, the
    same with the series hidden, and what the additive parts say of both (n_rows,).
    """

    rows: Ints
    encoder: Encoder
    matrix: Floats
    hidden: Floats
    additives: Mapping[str, Additive]
    bases: Mapping[str, Halves]
    hidden_bases: Mapping[str, Halves]


Progress = Callable[[str], None]


def fit(
    table: Table, columns: Columns, settings: Settings | None = None, progress: Progress | None = None
) -> tuple[Model, Cleaned]:
    """A model for the table's kind of things, and what it was fitted on. Raises TableRefused, ColumnsRefused.

    50,000 rows take under two minutes on two quiet processors.
    """
    cleaned = clean(table, columns)
    return fit_cleaned(cleaned, settings or Settings(), progress or (lambda said: None)), cleaned


def fit_cleaned(cleaned: Cleaned, settings: Settings, progress: Progress = lambda said: None) -> Model:
    """The same from cleaned rows."""
    log_price = np.log(cleaned.price)
    step = step_for(cleaned.price)
    if len(log_price) < ENOUGH_ROWS:
        return Model(cleaned.columns, cleaned.limits, step, _fit_small(cleaned, log_price), {"rounds": {}})
    plan = make_plan(cleaned.frame, cleaned.columns, cleaned.columns.group)
    words = vocabulary(documents(cleaned.frame, plan.text)) if plan.text else None
    work = _Work(cleaned, plan, log_price, settings, words, progress)
    return work.model(step)


def kinds_for(plan: Plan, *, has_new: bool) -> list[Kind]:
    """The kinds worth trying: with dropout where there are series, with the new price where most things have one."""
    series = plan.series is not None
    kinds = [
        Kind("log", dropout=series),
        Kind("half", 0.5, dropout=series),
        Kind("most", 0.8, dropout=series, absolute=True),
        Kind("specs", 0.5, plain=True, absolute=True),
        Kind("plain", plain=True),
    ]
    return [*kinds, Kind("new", 0.5, NEW_PRICE, dropout=series, absolute=True)] if has_new else kinds


class _Work:
    """One fit: the rows, and the steps over them."""

    def __init__(
        self,
        cleaned: Cleaned,
        plan: Plan,
        log_price: Floats,
        settings: Settings,
        words: Vocabulary | None,
        progress: Progress,
    ) -> None:
        self.cleaned, self.plan, self.settings = cleaned, plan, settings
        self.log_price, self.words, self.progress = log_price, words, progress
        self.reference = log_reference(cleaned.frame, cleaned.columns)
        self.needs_new = bool(np.isfinite(self.reference).mean() > 0.5)
        self.filler = learn_filler(cleaned.frame, plan.levels)
        self.frame = self.filler.fill(cleaned.frame)
        self.n_rows = len(log_price)
        self.recipe = recipe_for(self.n_rows, settings.n_threads, settings.seed)
        if settings.quick:
            self.recipe = replace(self.recipe, learning_rate=0.12, most_rounds=100, patience=15)
        self.kinds = kinds_for(plan, has_new=self.needs_new)[: _QUICK_KINDS if settings.quick else None]
        self.new_only = [self.needs_new and kind.share > 0 for kind in self.kinds]
        self.signs = [feature.sign for feature in plan.features]
        self.categories = [place for place, feature in enumerate(plan.features) if feature.kind == "category"]
        simple = [place for place, feature in enumerate(plan.features) if feature.kind in ("number", "category")]
        self.places = [tuple(simple) if kind.plain else tuple(range(len(plan.features))) for kind in self.kinds]
        self.series = [""] * self.n_rows if plan.series is None else level_keys(cleaned.frame, plan.levels[plan.series].columns)

    def model(self, step: float) -> Model:
        """All steps."""
        known = self._held(*self._random_folds())
        held = [known] if self.plan.series is None else [known, self._held(*self._series_folds())]
        rows = np.concatenate([one.rows for one in held])
        values = np.concatenate([one.values for one in held], axis=1)
        support = np.concatenate([one.support for one in held])
        lanes = lanes_of(support, np.isfinite(self.reference[rows]))
        chosen = choose(values, self.log_price[rows], lanes, self.new_only)
        matrix = np.concatenate([one.matrix for one in held])
        groups = [self.series[row] or f"row {row}" for row in rows]
        point = self._apart(values, self.log_price[rows], lanes, groups, chosen)
        sigma, calibration = self._ranges(matrix, point, self.log_price[rows], lanes, groups)
        self.progress("fitting on all rows")
        view = self._view(np.arange(self.n_rows))
        members, chosen = self._members(chosen, held, view)
        parts = Boosted(view.encoder, view.additives, members, chosen, sigma, calibration, self.filler)
        below, above = sigma.values(matrix, self.settings.n_threads)
        middle = (below + above) / 2
        away = (self.log_price[rows] - point) / middle
        warm = [place for place, lane in enumerate(lanes) if lane.startswith(WARM)] or list(range(len(lanes)))
        cut = float(np.quantile(away[warm], 0.01))
        facts: dict[str, object] = {
            "caught_at_20": round(float(np.mean(away[warm] + np.log(0.8) / middle[warm] < cut)), 4),
            "caught_at_30": round(float(np.mean(away[warm] + np.log(0.7) / middle[warm] < cut)), 4),
            "held_out": {
                one: _errors(self.log_price[rows], point, [lane.startswith(one) for lane in lanes]) for one in (WARM, THIN, NEW)
            },
            "cuts": [round(float(q), 4) for q in np.quantile(away[warm], [0.01, 0.15, 0.35, 0.65, 0.85])],
            "weights": {lane: dict(zip((m.name for m in members), w, strict=True)) for lane, w in chosen[0].items()},
            "rounds": {member.name: member.booster.num_trees() for member in members},
        }
        model = Model(self.cleaned.columns, self.cleaned.limits, step, parts, facts)
        frame, price = self.cleaned.frame, self.cleaned.price
        point = model.estimate_frame(frame, threads=self.settings.n_threads).point
        return replace(model, seen=Seen(frame, price, point, self.cleaned.kept.tolist(), self.cleaned.ids or [""] * self.n_rows))

    def _random_folds(self) -> tuple[Ints, int, str]:
        group = self.cleaned.group
        if any(group) and self.cleaned.columns.group not in self.cleaned.columns.words:
            names = [one or f"row {row}" for row, one in enumerate(group)]
            return group_folds(names, _FOLDS, self.settings.seed), self._n_folds(1), "rows"
        return random_folds(self.n_rows, _FOLDS, self.settings.seed), self._n_folds(1), "rows"

    def _series_folds(self) -> tuple[Ints, int, str]:
        names = [one or f"row {row}" for row, one in enumerate(self.series)]
        return group_folds(names, _FOLDS, self.settings.seed + 1), self._n_folds(2), "series"

    def _n_folds(self, least: int) -> int:
        """How many of the five folds are worth their time: enough held-out rows for ranges by price class."""
        if self.settings.quick:
            return 1
        return _FOLDS if self.n_rows < 4000 else 3 if self.n_rows < 9000 else least

    def _view(self, inside: Ints) -> _View:
        frame = self.frame if len(inside) == self.n_rows else self.frame.rows(inside)
        log_price = self.log_price[inside]
        encoder, matrix, hidden = fit_encoder(
            self.plan, frame, log_price, self.settings.seed, self.settings.n_threads, self.words
        )
        rows, prices, weight = matrix, log_price, np.ones(len(inside))
        if self.plan.series is not None:
            rows, prices = np.concatenate([matrix, hidden]), np.concatenate([log_price, log_price])
            weight = np.concatenate([weight, np.full(len(inside), _DROPOUT_WEIGHT)])
        name = self.cleaned.columns.reference_price
        additives = {ADDED: fit_additive(self.plan, rows, prices, weight, self.recipe)}
        if self.needs_new:
            place = next(at for at, feature in enumerate(self.plan.features) if feature.name == name)
            additives[NEW_PRICE] = new_price(place, matrix[:, place])
        bases, hidden_bases = self._bases(additives, matrix, inside), self._bases(additives, hidden, inside)
        return _View(inside, encoder, matrix, hidden, additives, bases, hidden_bases)

    def _bases(self, additives: Mapping[str, Additive], matrix: Floats, rows: Ints) -> dict[str, Halves]:
        """What the additive parts say; nan where most things have a new price and this one has none."""
        known = np.isfinite(self.reference[rows]) if self.needs_new else np.ones(len(rows), dtype=bool)
        found = {}
        for name, one in additives.items():
            whole, shared = one.values(matrix)
            found[name] = np.where(known, whole, np.nan), shared
        return found

    def _held(self, fold: Ints, n_folds: int, what: str) -> _Held:
        """Boosters of each kind on the rows of all folds but one, and what they say of that one after as many rounds as were
        best on average: after the rounds that were best for it, it would look better known than a new row.
        """
        grown: list[tuple[Ints, Floats, Ints, list[tuple[lgb.Booster, Floats] | None]]] = []
        rounds: list[list[int]] = [[] for _ in self.kinds]
        for one in range(n_folds):
            self.progress(f"held-out {what}, {one + 1} of {n_folds}")
            out, inside = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
            if not len(out) or not len(inside):
                continue
            view = self._view(inside)
            seen, support = view.encoder.encode(self.frame.rows(out))
            bases = self._bases(view.additives, seen, out)
            boosters: list[tuple[lgb.Booster, Floats] | None] = []
            for place, kind in enumerate(self.kinds):
                ahead = kind.base_of(bases, len(out))
                use = np.isfinite(ahead)
                if not use.any():
                    boosters.append(None)
                    continue
                shown = seen[use][:, list(self.places[place])]
                booster = self._boost(place, view, self.recipe, watch=(shown, (self.log_price[out] - ahead)[use]))
                rounds[place].append(max(1, booster.best_iteration))
                boosters.append((booster, ahead))
            grown.append((out, seen, support, boosters))
        usual = [round(float(np.mean(counts))) if counts else 1 for counts in rounds]
        values = np.full((len(self.kinds), sum(len(part[0]) for part in grown)), np.nan)
        start = 0
        for out, seen, _, boosters in grown:
            for place, found in enumerate(boosters):
                if found is not None:
                    shown = seen[:, list(self.places[place])]
                    price = predict(found[0], shown, usual[place], self.settings.n_threads) + found[1]
                    values[place, start : start + len(out)] = price
            start += len(out)
        return _Held(
            np.concatenate([part[0] for part in grown]),
            values,
            np.concatenate([part[1] for part in grown]),
            np.concatenate([part[2] for part in grown]),
            rounds,
        )

    def _boost(
        self,
        which: int,
        view: _View,
        recipe: Recipe,
        *,
        rounds: int | None = None,
        watch: tuple[Floats, Floats] | None = None,
    ) -> lgb.Booster:
        kind, places = self.kinds[which], list(self.places[which])
        if kind.absolute:
            recipe = replace(recipe, objective=ABSOLUTE, learning_rate=max(recipe.learning_rate, _ABSOLUTE_STEP))
        log_price = self.log_price[view.rows]
        target = log_price - kind.base_of(view.bases, len(log_price))
        use = np.isfinite(target)
        shown, aim, weight = view.matrix[use][:, places], target[use], None
        if kind.dropout:
            again = use & (np.random.default_rng(recipe.seed).random(len(target)) < _DROPOUT_SHARE)
            shown = np.concatenate([shown, view.hidden[again][:, places]])
            weight = np.concatenate([np.ones(len(aim)), np.full(int(again.sum()), _DROPOUT_WEIGHT)])
            aim = np.concatenate([aim, (log_price - kind.base_of(view.hidden_bases, len(log_price)))[again]])
        categories = [new for new, place in enumerate(places) if place in self.categories]
        signs = [self.signs[place] for place in places]
        return boost(recipe, shown, aim, signs=signs, categories=categories, weight=weight, rounds=rounds, watch=watch)

    def _members(self, chosen: Blend, held: Sequence[_Held], view: _View) -> tuple[tuple[Member, ...], Blend]:
        """The kinds that have weight somewhere, fitted on all rows, and the weights of these."""
        weights, shifts = chosen
        kept = [p for p in range(len(self.kinds)) if max(w[p] for w in weights.values()) >= _LEAST_WEIGHT]
        repeats = 2 if self.n_rows < 6_000 and not self.settings.quick else 1
        members = []
        for place in kept:
            kind = self.kinds[place]
            counts = [count for one in held[:1] for count in one.rounds[place]]
            rounds = max(1, round(1.08 * float(np.mean(counts)))) if counts else 100
            boosters = []
            for repeat in range(repeats):
                self.progress(f"{kind.name}, {repeat + 1} of {repeats}")
                recipe = replace(self.recipe, seed=self.settings.seed + 101 * repeat)
                boosters.append(self._boost(place, view, recipe, rounds=rounds))
            members.append(Member(kind.name, kind.share, kind.base, self.places[place], averaged(boosters)))
        left: Mapping[str, tuple[float, ...]] = {lane: tuple(w[p] for p in kept) for lane, w in weights.items()}
        return tuple(members), (left, shifts)

    def _apart(self, values: Floats, log_price: Floats, lanes: Sequence[str], groups: Sequence[str], chosen: Blend) -> Floats:
        """The blend of held-out rows, in small tables by weights that were chosen on the rows of other series."""
        if self.settings.quick or self.n_rows > _MANY_ROWS:
            return blend(values, lanes, chosen)
        fold, at = group_folds(groups, 4, self.settings.seed + 2), np.array(lanes)
        point = np.empty(len(log_price))
        for one in range(4):
            out, inside = fold == one, fold != one
            others = choose(values[:, inside], log_price[inside], at[inside].tolist(), self.new_only)
            point[out] = blend(values[:, out], at[out].tolist(), others)
        return point

    def _ranges(
        self, matrix: Floats, point: Floats, log_price: Floats, lanes: Sequence[str], groups: Sequence[str]
    ) -> tuple[Sigma, Calibration]:
        """Sigma fitted on held-out distances, and quantiles of distance / sigma with sigma itself out of fold."""
        distance = np.abs(log_price - point)
        target = np.log(distance + max(0.3 * float(np.median(distance)), 1e-4))
        recipe = Recipe(
            learning_rate=0.05,
            leaves=7 if len(point) < 3000 else 15,
            min_child=40,
            lambda_l2=5.0,
            threads=self.settings.n_threads,
            seed=self.settings.seed,
        )

        def grown(rows: Ints, way: int) -> lgb.Booster:
            signs = [way * sign for sign in self.signs]
            return boost(recipe, matrix[rows], target[rows], signs=signs, categories=self.categories, rounds=120)

        least, most = (float(end) for end in np.exp(np.quantile(target, [0.05, 0.95])))
        fold = group_folds(groups, 4, self.settings.seed) if any(groups) else random_folds(len(point), 4, self.settings.seed)
        whole = Sigma(grown(np.arange(len(point)), -1), grown(np.arange(len(point)), 1), least, most)
        below, above = np.empty(len(point)), np.empty(len(point))
        for one in range(4):
            out, inside = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
            if len(out):
                part = Sigma(grown(inside, -1), grown(inside, 1), least, most)
                below[out], above[out] = part.values(matrix[out], self.settings.n_threads)
        support = [lane.partition("/")[0] for lane in lanes]
        return whole, calibrate(point, log_price, (below, above), support, groups)


def _fit_small(cleaned: Cleaned, log_price: Floats) -> Small:
    ratio = log_price - log_reference(cleaned.frame, cleaned.columns)
    ratio = ratio[np.isfinite(ratio)]
    factor = float(np.median(ratio)) if len(ratio) >= 3 else None
    return Small(float(np.median(log_price)), _halves(log_price), factor, _halves(ratio) if factor is not None else {})


def _halves(values: Floats) -> dict[str, float]:
    """Half widths around the median; where there are too few rows for a quantile, the largest distance and half of it again."""
    distance = np.sort(np.abs(values - np.median(values)))
    found = {}
    for level in LEVELS:
        place = int(np.ceil((len(distance) + 1) * level / 100)) - 1
        found[str(level)] = float(distance[place] if place < len(distance) else 1.5 * distance[-1]) or 0.05
    return found


def _errors(log_price: Floats, point: Floats, rows: Sequence[bool]) -> dict[str, float]:
    use = np.array(rows)
    if not use.any():
        return {"rows": 0}
    price, guess = np.exp(log_price[use]), np.exp(point[use])
    share = np.abs(guess / price - 1)
    return {
        "rows": int(use.sum()),
        "median_error": round(float(np.median(share)), 5),
        "mape": round(float(share.mean()), 5),
        "mae": round(float(np.abs(guess - price).mean()), 4),
    }
