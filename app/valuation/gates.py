"""The gates before a price model serves: each a limit as data, what was measured on rows held back, and whether it is enough."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from app.valuation.evidence import Seen
from app.valuation.features import cells, columns_of
from app.valuation.rules import median
from app.valuation.standard import factor_of, formula_fen
from grading.pricing.model import Model
from grading.pricing.table import table_of
from grading.schemes import Scheme

_PARTS = 5  # a quick fit calibrates its ranges on one held-out part of so many, any other on all of them


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Pairs(_Part):
    quick: int
    full: int


class _Segment(_Part):
    least_rows: int
    worse_bp: int


class _Drift(_Part):
    least_rows: int
    warn_psi_bp: int
    act_psi_bp: int
    act_bias_bp: int
    act_coverage90_bp: int


class Limits(_Part):
    """gates.yaml, checked."""

    schema_version: int
    least_rows: int
    part_bp: int
    better_than_median_bp: int
    better_than_formula_bp: int
    coverage90_bp: tuple[int, int]
    standard_errors: int
    pairs: _Pairs
    segment: _Segment
    drift: _Drift


@dataclass(frozen=True)
class Gate:
    """One gate. ``limit`` and ``measured`` in basis points, rows or pairs as ``name`` says; ``most``: upper limit of a span."""

    name: str
    limit: int
    measured: int
    passed: bool
    most: int | None = None

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)


@cache
def limits() -> Limits:
    return Limits.model_validate(yaml.safe_load(Path(__file__).with_name("gates.yaml").read_text("utf-8")))


def split(seen: Sequence[Seen], seed: int) -> tuple[list[Seen], list[Seen]]:
    """Rows to learn from, rows held back. A row that is held back once always is, so that two models can be compared."""

    def is_held(each: Seen) -> bool:
        drawn = sha256(f"{seed}/{each.source}/{each.id}".encode()).digest()
        return int.from_bytes(drawn[:4], "big") % 10_000 < limits().part_bp

    return [each for each in seen if not is_held(each)], [each for each in seen if is_held(each)]


def measure(
    model: Model,
    learned: Sequence[Seen],
    held: Sequence[Seen],
    before: Mapping[str, Any] | None = None,
    schemes: Sequence[Scheme] = (),
    *,
    is_quick: bool,
) -> tuple[list[Gate], dict[str, Any]]:
    """The gates of a model that was fitted on ``learned``, and its measures on ``held`` (basis points).

    ``before``: what the model that serves now measured when it was new, on rows that it had not seen either.
    """
    given = limits()
    n_rows = len(learned) + len(held)
    gates = [Gate("rows", given.least_rows, n_rows, n_rows >= given.least_rows)]
    found = model.estimate(table_of([cells(each.thing) for each in held]))
    true = [each.price_fen / 100 for each in held]
    answered = [at for at in range(len(held)) if math.isfinite(found.price[at])]
    if not answered:
        return [*gates, Gate("answered", 1, 0, False)], {}
    errors = {at: abs(float(found.price[at]) / true[at] - 1) for at in answered}
    error = _mean(list(errors.values()))
    medians = _Medians(learned)
    plain = _mean([abs(medians.of(held[at]) / true[at] - 1) for at in answered])
    gates.append(_better("better_than_median", given.better_than_median_bp, error, plain))
    gates += _formula(learned, held, errors, schemes)
    inside = _mean([float(found.low[90][at] <= true[at] <= found.high[90][at]) for at in answered])
    calibrated = len(learned) // _PARTS if is_quick else len(learned)
    slack = given.standard_errors * math.sqrt(0.9 * 0.1 * (1 / len(answered) + 1 / max(calibrated, 1)))
    low, high = (each / 10_000 for each in given.coverage90_bp)
    gates.append(
        Gate("coverage90", given.coverage90_bp[0], _bp(inside), low - slack <= inside <= high + slack, given.coverage90_bp[1])
    )
    gates.append(directions(model, held, is_quick=is_quick))
    brands = _by_brand(held, errors)
    gates += _not_worse(brands, (before or {}).get("brands", {}))
    measures = {
        "held": len(answered),
        "error_bp": _bp(error),
        "median_error_bp": _bp(_middle(list(errors.values()))),
        "baseline_error_bp": _bp(plain),
        "coverage90_bp": _bp(inside),
        "coverage80_bp": _bp(_mean([float(found.low[80][at] <= true[at] <= found.high[80][at]) for at in answered])),
        "brands": brands,
        "width80_bp": _bp(_middle([(found.high[80][at] - found.low[80][at]) / found.price[at] for at in answered])),
    }
    return gates, measures


def directions(model: Model, rows: Sequence[Seen], *, is_quick: bool) -> Gate:
    """No price and no end of a range against a direction."""
    against = sum(violations(model, rows, limits().pairs.quick if is_quick else limits().pairs.full))
    return Gate("directions", 0, against, against == 0)


def violations(model: Model, rows: Sequence[Seen], pairs: int) -> Iterator[bool]:
    """Whether the price goes against a direction, for random pairs of rows that differ in one cell."""
    columns = columns_of(rows[0].thing.category)
    seen = [cells(each.thing) for each in rows]
    moves: dict[str, tuple[int, list[float]]] = {}
    for name, sign in columns.monotone:
        values = sorted({float(str(row[name])) for row in seen if row.get(name) is not None})
        if len(values) > 1 and name in model.columns.numbers:
            moves[name] = sign, values
    if not moves:
        return
    dice = random.Random(pairs)  # noqa: S311 - the same pairs every time
    lower: list[dict[str, object]] = []
    upper: list[dict[str, object]] = []
    signs: list[int] = []
    for _ in range(pairs):
        name = dice.choice(sorted(moves))
        sign, values = moves[name]
        one, other = sorted(dice.sample(values, 2))
        row = cells(dice.choice(rows).thing)
        lower.append({**row, name: one})
        upper.append({**row, name: other})
        signs.append(sign)
    before, after = model.estimate(table_of(lower)), model.estimate(table_of(upper))
    for at, sign in enumerate(signs):
        ends = [(before.price, after.price), *((before.low[one], after.low[one]) for one in (80, 90))]
        ends += [(before.high[one], after.high[one]) for one in (80, 90)]
        yield any(sign * (float(new[at]) - float(old[at])) < 0 for old, new in ends)


def _formula(learned: Sequence[Seen], held: Sequence[Seen], errors: Mapping[int, float], schemes: Sequence[Scheme]) -> list[Gate]:
    """The standard's formula times its factor on the same rows, where it says anything."""
    kind = held[0].price_kind
    graded = [each for each in learned if each.thing.score_tenths is not None and each.thing.new_price_fen is not None][-600:]
    own, formula = [], []
    for scheme in schemes:
        factors = {brand: factor_of(graded, brand, kind, scheme) for brand in {each.thing.brand for each in held}}
        for at, error in errors.items():
            value, factor = formula_fen(held[at].thing, scheme), factors[held[at].thing.brand]
            if value is not None and factor is not None:
                own.append(error)
                formula.append(abs(value * math.exp(factor.log) / held[at].price_fen - 1))
    if len(own) < limits().segment.least_rows:
        return []
    return [_better("better_than_formula", limits().better_than_formula_bp, _mean(own), _mean(formula))]


def _by_brand(held: Sequence[Seen], errors: Mapping[int, float]) -> dict[str, list[int]]:
    """Rows and error (basis points) of every brand with enough of them."""
    by: dict[str, list[float]] = {}
    for at, error in errors.items():
        by.setdefault(held[at].thing.brand, []).append(error)
    return {brand: [len(of), _bp(_mean(of))] for brand, of in sorted(by.items()) if len(of) >= limits().segment.least_rows}


def _not_worse(brands: Mapping[str, list[int]], before: Mapping[str, list[int]]) -> list[Gate]:
    """By brand: not worse than the model that serves now was on its held-back rows."""
    most = limits().segment.worse_bp
    worse = {brand: error - before[brand][1] for brand, (_, error) in brands.items() if brand in before}
    return [Gate(f"segment:{brand}", most, more, more <= most) for brand, more in worse.items()]


class _Medians:
    """The baseline: median of the model and storage, else of the model, else of everything; yuan."""

    def __init__(self, learned: Sequence[Seen]) -> None:
        by: dict[tuple[object, ...], list[int]] = {}
        for each in learned:
            for key in self._keys(each):
                by.setdefault(key, []).append(each.price_fen)
        self.by = {key: median(sorted(prices)) / 100 for key, prices in by.items()}

    def of(self, one: Seen) -> float:
        return next(self.by[key] for key in self._keys(one) if key in self.by)

    def _keys(self, one: Seen) -> tuple[tuple[object, ...], ...]:
        thing = one.thing
        return ((thing.brand, thing.model, thing.storage_gb), (thing.brand, thing.model), ())


def _better(name: str, limit: int, error: float, baseline: float) -> Gate:
    measured = _bp(1 - error / baseline) if baseline else 0
    return Gate(name, limit, measured, measured >= limit)


def _middle(values: Sequence[float]) -> float:
    """The upper middle of some shares."""
    return sorted(values)[len(values) // 2]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _bp(share: float) -> int:
    return round(float(share) * 10_000)
