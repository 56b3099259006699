"""Fitting: what is learned from a table, and everything that is chosen about it, on the table's own rows only.

Boosters of several kinds (kinds.py) are tried on held-out rows and on held-out series; weights, shifts, ranges and rounds come
from these; then each kind that has weight is fitted on all rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from grading.pricing.additive import Additive, Halves, base_of, fit_additive, new_price
from grading.pricing.blending import NEW, THIN, WARM, Blend, blend, choose, lanes_of, within
from grading.pricing.boosting import ABSOLUTE, Recipe, averaged, boost, predict, reasons_ms, recipe_for
from grading.pricing.cleaning import Cleaned, clean
from grading.pricing.columns import Columns
from grading.pricing.evaluating import held_out_errors
from grading.pricing.features import Encoder, Plan, fit_encoder, group_folds, make_plan, random_folds, residual
from grading.pricing.filling import learn_filler, meant
from grading.pricing.keys import Ints, level_keys
from grading.pricing.kinds import Kind, kinds_for
from grading.pricing.mending import mend
from grading.pricing.model import ADDED, MENDED, NEW_PRICE, Boosted, Member, Model, Seen, log_reference, step_for
from grading.pricing.ranging import Held, fit_ranges
from grading.pricing.rising import Rising, rising_for
from grading.pricing.small import fit_small
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
_DEAREST, _SEVERAL = 14.0, 2.0  # milliseconds that reasons of all kinds may take; of one that is asked at several steps


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
        return Model(cleaned.columns, cleaned.limits, step, fit_small(cleaned, log_price), {"rounds": {}})
    plan = make_plan(cleaned.frame, cleaned.columns, cleaned.columns.group)
    words = vocabulary(documents(cleaned.frame, plan.text)) if plan.text else None
    work = _Work(cleaned, plan, log_price, settings, words, progress)
    return work.model(step)


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
        filler = learn_filler(cleaned.frame, plan.levels)
        self.filler = meant(
            filler, cleaned.frame, lambda filled: residual(plan, filled, log_price, settings.seed, settings.n_threads)
        )
        self.frame = self.filler.fill(cleaned.frame)
        self.n_rows = len(log_price)
        self.recipe = recipe_for(self.n_rows, settings.n_threads, settings.seed)
        if settings.quick:
            self.recipe = replace(self.recipe, learning_rate=0.12, most_rounds=100, patience=15)
        self.kinds = kinds_for(plan, has_new=self.needs_new)[: _QUICK_KINDS if settings.quick else None]
        self.new_only = [self.needs_new and kind.needs_new for kind in self.kinds]
        self.signs = [feature.sign for feature in plan.features]
        self.categories = [place for place, feature in enumerate(plan.features) if feature.kind == "category"]
        self.places = [kind.places(plan) for kind in self.kinds]
        self.rising = [self._rising(kind, places) for kind, places in zip(self.kinds, self.places, strict=True)]
        self.series = [""] * self.n_rows if plan.series is None else level_keys(cleaned.frame, plan.levels[plan.series].columns)

    def _rising(self, kind: Kind, places: Sequence[int]) -> Rising | None:
        if not kind.free:
            return None
        names = [self.plan.features[place].name for place in places]
        return rising_for(names.index(str(self.cleaned.columns.reference_price)), self.reference)

    def _base(self, kind: Kind, bases: Mapping[str, Halves], rows: Ints) -> Floats:
        """What boosters of a kind start from on these rows of the table."""
        return self.reference[rows] if kind.free else kind.base_of(bases, len(rows))

    def _read(self, which: int, matrix: Floats) -> Floats:
        """What boosters of a kind read of these rows."""
        part, rising = matrix[:, list(self.places[which])], self.rising[which]
        return part if rising is None else rising.stepped(part)

    def model(self, step: float) -> Model:
        """All steps."""
        known = self._held(*self._random_folds())
        held = [known] if self.plan.series is None else [known, self._held(*self._series_folds())]
        rows = np.concatenate([one.rows for one in held])
        values = np.concatenate([one.values for one in held], axis=1)
        support = np.concatenate([one.support for one in held])
        lanes = lanes_of(support, np.isfinite(self.reference[rows]))
        matrix = np.concatenate([one.matrix for one in held])
        groups = [self.series[row] or f"row {row}" for row in rows]
        rounds = [self._rounds(known, place) for place in range(len(self.kinds))]
        costs = [self._cost(place, rounds[place]) for place in range(len(self.kinds))]
        chosen = within(choose(values, self.log_price[rows], lanes, self.new_only, groups), costs, _DEAREST)
        point = self._apart(values, self.log_price[rows], lanes, groups, chosen, costs)
        warm = np.array([lane.startswith(WARM) for lane in lanes])  # what is left of an unseen series is mostly its own
        mended = mend(self.plan, rows[warm], matrix[warm], (self.log_price[rows] - point)[warm])
        point = point + base_of(mended.values(matrix), 1.0)
        sigma, calibration = fit_ranges(
            Held(matrix, point, self.log_price[rows], lanes, groups), self.signs, self.categories, self._recipe_of_ranges
        )
        self.progress("fitting on all rows")
        view = self._view(np.arange(self.n_rows))
        members, chosen = self._members(chosen, rounds, view)
        parts = Boosted(view.encoder, {**view.additives, MENDED: mended}, members, chosen, sigma, calibration, self.filler)
        below, above = sigma.values(matrix, self.settings.n_threads)
        middle = (below + above) / 2
        away = (self.log_price[rows] - point) / middle
        warm = warm if warm.any() else ~warm
        cut = float(np.quantile(away[warm], 0.01))
        facts: dict[str, object] = {
            "caught_at_20": round(float(np.mean(away[warm] + np.log(0.8) / middle[warm] < cut)), 4),
            "caught_at_30": round(float(np.mean(away[warm] + np.log(0.7) / middle[warm] < cut)), 4),
            "held_out": {
                one: held_out_errors(self.log_price[rows], point, [lane.startswith(one) for lane in lanes])
                for one in (WARM, THIN, NEW)
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
                ahead = self._base(kind, bases, out)
                use = np.isfinite(ahead)
                if not use.any():
                    boosters.append(None)
                    continue
                booster = self._boost(
                    place, view, self.recipe, watch=(self._read(place, seen[use]), (self.log_price[out] - ahead)[use])
                )
                rounds[place].append(max(1, booster.best_iteration))
                boosters.append((booster, ahead))
            grown.append((out, seen, support, boosters))
        usual = [round(float(np.mean(counts))) if counts else 1 for counts in rounds]
        values = np.full((len(self.kinds), sum(len(part[0]) for part in grown)), np.nan)
        start = 0
        for out, seen, _, boosters in grown:
            for place, found in enumerate(boosters):
                if found is not None:
                    values[place, start : start + len(out)] = self._said(place, found, seen, usual[place])
            start += len(out)
        return _Held(
            np.concatenate([part[0] for part in grown]),
            values,
            np.concatenate([part[1] for part in grown]),
            np.concatenate([part[2] for part in grown]),
            rounds,
        )

    def _said(self, which: int, found: tuple[lgb.Booster, Floats], matrix: Floats, rounds: int) -> Floats:
        """Log prices by a booster and what it starts from."""
        part, rising = matrix[:, list(self.places[which])], self.rising[which]

        def ask(shown: Floats) -> Floats:
            return predict(found[0], shown, rounds, self.settings.n_threads)

        return ask(part) + found[1] if rising is None else rising.values(part, ask)

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
        target = log_price - self._base(kind, view.bases, view.rows)
        use = np.isfinite(target)
        shown, aim, weight = self._read(which, view.matrix[use]), target[use], None
        if kind.dropout:
            again = use & (np.random.default_rng(recipe.seed).random(len(target)) < _DROPOUT_SHARE)
            shown = np.concatenate([shown, view.hidden[again][:, places]])
            weight = np.concatenate([np.ones(len(aim)), np.full(int(again.sum()), _DROPOUT_WEIGHT)])
            aim = np.concatenate([aim, (log_price - kind.base_of(view.hidden_bases, len(log_price)))[again]])
        categories = [new for new, place in enumerate(places) if place in self.categories]
        signs = [self.signs[place] for place in places]
        if (rising := self.rising[which]) is not None:
            signs[rising.place] = 0
        return boost(recipe, shown, aim, signs=signs, categories=categories, weight=weight, rounds=rounds, watch=watch)

    @property
    def _recipe_of_ranges(self) -> Recipe:
        return replace(Recipe(), threads=self.settings.n_threads, seed=self.settings.seed)

    @property
    def _repeats(self) -> int:
        """How many seeds of each kind are averaged."""
        return 2 if self.n_rows < _MANY_ROWS and not self.settings.quick else 1

    def _rounds(self, known: _Held, which: int) -> int:
        """How many trees a kind gets on all rows."""
        counts = known.rounds[which]
        return max(1, round(1.08 * float(np.mean(counts)))) if counts else 100

    def _cost(self, which: int, rounds: int) -> float:
        """What a kind takes for one row, in milliseconds of reasons; whoever asks at several steps takes longer for many rows."""
        several = 1 if self.rising[which] is None else _SEVERAL
        return several * reasons_ms(rounds * self._repeats, self.recipe)

    def _members(self, chosen: Blend, rounds: Sequence[int], view: _View) -> tuple[tuple[Member, ...], Blend]:
        """The kinds that have weight somewhere, fitted on all rows, and the weights of these."""
        weights, shifts = chosen
        kept = [p for p in range(len(self.kinds)) if max(w[p] for w in weights.values()) >= _LEAST_WEIGHT]
        members = []
        for place in kept:
            kind, boosters = self.kinds[place], []
            for repeat in range(self._repeats):
                self.progress(f"{kind.name}, {repeat + 1} of {self._repeats}")
                recipe = replace(self.recipe, seed=self.settings.seed + 101 * repeat)
                boosters.append(self._boost(place, view, recipe, rounds=rounds[place]))
            members.append(Member(kind.name, kind.share, kind.base, self.places[place], averaged(boosters), self.rising[place]))
        left: Mapping[str, tuple[float, ...]] = {lane: tuple(w[p] for p in kept) for lane, w in weights.items()}
        return tuple(members), (left, shifts)

    def _apart(
        self,
        values: Floats,
        log_price: Floats,
        lanes: Sequence[str],
        groups: Sequence[str],
        chosen: Blend,
        costs: Sequence[float],
    ) -> Floats:
        """The blend of held-out rows, in small tables by weights that were chosen on the rows of other series."""
        if self.settings.quick or self.n_rows > _MANY_ROWS:
            return blend(values, lanes, chosen)
        fold, at, names = group_folds(groups, 4, self.settings.seed + 2), np.array(lanes), np.array(groups)
        point = np.empty(len(log_price))
        for one in range(4):
            out, inside = fold == one, fold != one
            others = choose(values[:, inside], log_price[inside], at[inside].tolist(), self.new_only, names[inside].tolist())
            point[out] = blend(values[:, out], at[out].tolist(), within(others, costs, _DEAREST))
        return point
