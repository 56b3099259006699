"""The answer to "what is it worth": a pure function of inputs, price model and rows that were seen. Nothing else decides.

Whole numbers only, money in fen, in a form that hashes the same everywhere (RFC 8785). Kinds of price are never mixed: model,
comparables, factor and range are all of the one kind that the document names. Our own choices (how many rows are enough, what
counts as alike) are those of ``rules``; a change of them is a new RULES.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.kernel.money import Fen, fee_half_up
from app.valuation.asking import PLAIN, Asked, from_plain
from app.valuation.evidence import SOLD_HERE, Seen
from app.valuation.features import STEP_OF, Thing, cells, thing_of
from app.valuation.rules import ENOUGH, FOR_PERCENTILES, LIKE_AGE_MONTHS, LIKE_MILEAGE_KM, median, nearest_rank
from app.valuation.standard import Factor, factor_of, formula_fen
from app.valuation.worth import PRICE_KINDS, STEPS
from grading.pricing.comparing import curve
from grading.pricing.explaining import explain
from grading.pricing.model import Estimates, Model
from grading.pricing.table import table_of
from grading.schemes import Scheme

RULES = "worth/1"
SHOWN = 5  # comparables
LOOKED_AT = 200  # rows out of which they are chosen
CURVE_MONTHS = 60  # pages show 24
LIKE_PHONE_MONTHS = 12
LEADING = ("private_sold", "private_asking", "dealer_asking")
"""Kinds that an answer may rest on without a model, the best first. What dealers and recyclers pay says nothing of a sale."""


@dataclass(frozen=True)
class Serving:
    """The model that answers, as the registry knows it."""

    name: str
    sha256: str
    price_kind: str
    is_invented: bool
    model: Model


def document(
    inputs: Mapping[str, Any],
    serving: Serving | None,
    seen: Sequence[Seen],
    graded: Sequence[Seen] = (),
    scheme: Scheme | None = None,
) -> dict[str, Any]:
    """What is stored and shown. ``seen``: prices of the like, newest first; ``graded``: rows for the market's factor on the
    formula of ``scheme``, the one that the inputs name."""
    asked, on = from_plain(inputs["asked"]), date.fromisoformat(inputs["day"])
    thing = replace(thing_of(asked, on), new_price_fen=inputs["new_price_fen"])
    like = [each for each in seen if each.condition == asked.condition]
    if asked.condition != PLAIN:
        serving = None
    lead = serving.price_kind if serving else _leading(thing, like)
    own = [each for each in like if each.price_kind == lead]
    answer = _by_model(thing, serving, own) if serving else None
    if answer is None or (answer["basis"] == "cold" and len(_closest(thing, own)) >= ENOUGH):
        answer = _by_comparables(thing, own)
    value = formula_fen(thing, scheme) if asked.condition == PLAIN else None
    factor = factor_of(graded, thing.brand, lead or LEADING[0], scheme) if value else None
    if answer is None and value and factor:
        lead = lead or LEADING[0]
        answer = _by_formula(value, factor)
    if answer is None:
        answer = {"basis": "none", "support": len(own)}
    span = answer.get("span")
    shown = [*like, *(graded if factor else ())]
    by_model = serving is not None and answer["basis"] in ("warm", "cold")
    return {
        "rules": RULES,
        "category": asked.category,
        "day": inputs["day"],
        "kind": lead if span or own else None,
        "flag": None if asked.condition == PLAIN else asked.condition,
        "start_fen": None,
        "steps": [],
        "curve": [],
        "cuts_bp": [],
        **answer,
        "span": span,
        "comparables": _comparables(thing, serving, own),
        "kinds": [_kind(name, [each for each in like if each.price_kind == name], thing) for name in PRICE_KINDS],
        "standard": _standard(value, factor, span),
        "net_fen": _net(span, inputs["fee_bp"]) if lead == SOLD_HERE else None,
        "model": None if serving is None or not by_model else {"name": serving.name, "sha256": serving.sha256},
        "is_invented": bool((by_model and serving and serving.is_invented) or any(each.is_invented for each in shown)),
    }


def _by_model(thing: Thing, serving: Serving, own: Sequence[Seen]) -> dict[str, Any] | None:
    """None where the model knows nothing of the thing, or has learned too little to have directions and ranges by class."""
    table = table_of([cells(thing)])
    found = serving.model.estimate(table)
    basis = found.basis[0]
    if basis not in ("warm", "cold"):
        return None
    point = _fen(found.price[0])
    reasons = explain(serving.model, table)
    assert reasons is not None  # it estimated the row
    steps = dict.fromkeys(STEPS, 0)
    for reason in reasons.reasons:
        steps[STEP_OF.get(reason.column, "other")] += _fen(reason.step)
    values = step_values(thing)
    return {
        "basis": basis,
        "support": int(found.support[0]),
        "span": {
            "point_fen": point,
            "low80_fen": _fen(found.low[80][0]),
            "high80_fen": _fen(found.high[80][0]),
            "low90_fen": _fen(found.low[90][0]),
            "high90_fen": _fen(found.high[90][0]),
        },
        "start_fen": _fen(reasons.start),
        "steps": [
            {"name": name, "value": values.get(name, ""), "step_fen": step}
            for name, step in steps.items()
            if step or name in values
        ],
        "curve": _curve(thing, serving.model),
        "cuts_bp": _cuts(serving.model, float(found.sigma[0])),
    }


def step_values(thing: Thing) -> dict[str, str]:
    """What the thing says under each name of STEPS, as plain text without units; what is not known is left out."""
    said: dict[str, Any] = {
        "model": f"{thing.brand}/{thing.model}",
        "storage": thing.storage_gb,
        "age": thing.age_months,
        "use": thing.mileage_km,
        "battery": thing.battery_health,
        "grade": thing.tier,
        "place": thing.district,
        "season": thing.on.month,
    }
    return {name: str(value) for name, value in said.items() if value is not None}


def _curve(thing: Thing, model: Model) -> list[list[int]]:
    """Month by month: point, low and high of the 80 % range, fen. Mileage goes on at the thing's own rate."""
    age = thing.age_months
    if age is None:
        return []
    per_month: dict[str, float] = {"age_months": 1.0}
    if thing.category == "car" and thing.mileage_km is not None and age > 0:
        per_month["mileage_km"] = thing.mileage_km / age
    found = curve(model, table_of([cells(thing)]), per_month, CURVE_MONTHS)
    return [[_fen(found.price[at]), _fen(found.low[80][at]), _fen(found.high[80][at])] for at in range(CURVE_MONTHS + 1)]


def _cuts(model: Model, sigma: float) -> list[int]:
    """Asking price over estimate below which 15, 35, 65, 85 of 100 held-out prices of so uncertain a thing lay, basis points."""
    cuts = model.facts.get("cuts")
    if not isinstance(cuts, Sequence) or len(cuts) != 5:
        return []
    return [round((math.exp(float(cut) * sigma) - 1) * 10_000) for cut in cuts[1:]]


def _by_comparables(thing: Thing, own: Sequence[Seen]) -> dict[str, Any] | None:
    chosen = _closest(thing, own)
    if len(chosen) < ENOUGH:
        return None
    prices = sorted(each.price_fen for each in chosen)
    by_points = len(prices) >= FOR_PERCENTILES
    low80, high80 = (nearest_rank(prices, 10), nearest_rank(prices, 90)) if by_points else (prices[0], prices[-1])
    low90, high90 = (nearest_rank(prices, 5), nearest_rank(prices, 95)) if by_points else (prices[0], prices[-1])
    span = {"point_fen": median(prices), "low80_fen": low80, "high80_fen": high80, "low90_fen": low90, "high90_fen": high90}
    return {"basis": "comparables", "support": len(prices), "span": span}


def _by_formula(value: int, factor: Factor) -> dict[str, Any]:
    def at(log: float) -> int:
        return max(1, round(value * math.exp(log)))

    span = {"point_fen": at(factor.log)}
    span |= {"low80_fen": at(factor.log - factor.away80), "high80_fen": at(factor.log + factor.away80)}
    span |= {"low90_fen": at(factor.log - factor.away90), "high90_fen": at(factor.log + factor.away90)}
    return {"basis": "cost", "support": factor.count, "span": span}


def _closest(thing: Thing, own: Sequence[Seen]) -> list[Seen]:
    """The closest group of likes with enough of them; without one, all of the widest."""
    aged = _LIKE_AGE[thing.category]

    def near(one: int | None, other: int | None, most: int) -> bool:
        return one is not None and other is not None and abs(one - other) <= most

    same_age = [each for each in own if near(each.thing.age_months, thing.age_months, aged)]
    same = [each for each in own if each.thing.model == thing.model]
    groups: list[list[Seen]] = []
    if thing.category == "phone" and thing.storage_gb is not None:
        stored = [each for each in own if each.thing.storage_gb == thing.storage_gb]
        stored_aged = [each for each in same_age if each.thing.storage_gb == thing.storage_gb]
        if thing.tier is not None:
            groups.append([each for each in stored_aged if each.thing.tier == thing.tier])
        groups += [stored_aged, stored]
    elif thing.category == "car":
        groups += [[each for each in same_age if near(each.thing.mileage_km, thing.mileage_km, LIKE_MILEAGE_KM)], same_age]
    elif thing.category == "appliance":
        groups += [[each for each in same_age if each.thing.model == thing.model], same]
    groups.append(list(own))
    return next((group for group in groups if len(group) >= ENOUGH), groups[-1])


_LIKE_AGE: Mapping[str, int] = {"phone": LIKE_PHONE_MONTHS, "car": LIKE_AGE_MONTHS, "appliance": LIKE_AGE_MONTHS}


def _leading(thing: Thing, like: Sequence[Seen]) -> str | None:
    """The best kind of price of which there are enough; else the best of which there is any."""
    for enough in (ENOUGH, 1):
        for kind in LEADING:
            if len([each for each in like if each.price_kind == kind]) >= enough:
                return kind
    return None


def _comparables(thing: Thing, serving: Serving | None, own: Sequence[Seen]) -> list[dict[str, Any]]:
    """The nearest ones of one kind of price. With a model their prices are moved to the thing's age, use and condition."""
    near = list(own[:LOOKED_AT])
    moved: list[int | None] = [None] * len(near)
    away: Callable[[int], float]
    if serving is not None and near:
        rows = [replace(each.thing, new_price_fen=each.thing.new_price_fen or thing.new_price_fen) for each in near]
        found: Estimates = serving.model.estimate(table_of([cells(each) for each in (thing, *rows)]))
        point = found.point
        usable = [bool(found.basis[at + 1] in ("warm", "cold")) and math.isfinite(point[0]) for at in range(len(near))]
        moved = [
            max(1, round(each.price_fen * math.exp(float(point[0]) - float(point[at + 1])))) if usable[at] else None
            for at, each in enumerate(near)
        ]

        def away(at: int) -> float:
            return abs(float(point[at + 1]) - float(point[0])) if usable[at] else math.inf
    else:

        def away(at: int) -> float:
            return _distance(thing, near[at].thing)

    order = sorted(range(len(near)), key=lambda at: (away(at), near[at].newest_first))[:SHOWN]
    return [
        {
            "brand": near[at].thing.brand,
            "model": near[at].thing.model,
            "storage_gb": near[at].thing.storage_gb,
            "kind": near[at].price_kind,
            "price_fen": near[at].price_fen,
            "moved_fen": moved[at],
            "seen_on": near[at].thing.on.isoformat(),
            "tier": near[at].thing.tier,
            "listing_code": near[at].listing_code,
            "row": [near[at].source, near[at].id],
        }
        for at in order
    ]


def _distance(thing: Thing, other: Thing) -> float:
    """How unlike two things are, for an order only: a year of age, 20,000 km, another storage or model count one each."""
    found = float(thing.model != other.model) + float(thing.storage_gb != other.storage_gb)
    if thing.age_months is not None and other.age_months is not None:
        found += abs(thing.age_months - other.age_months) / 12
    if thing.mileage_km is not None and other.mileage_km is not None:
        found += abs(thing.mileage_km - other.mileage_km) / 20_000
    return found


def _kind(name: str, rows: Sequence[Seen], thing: Thing) -> dict[str, Any]:
    prices = sorted(each.price_fen for each in _closest(thing, rows))
    if not prices:
        return {"kind": name, "count": 0, "median_fen": None, "low_fen": None, "high_fen": None}
    by_points = len(prices) >= FOR_PERCENTILES
    return {
        "kind": name,
        "count": len(prices),
        "median_fen": median(prices),
        "low_fen": nearest_rank(prices, 10) if by_points else prices[0],
        "high_fen": nearest_rank(prices, 90) if by_points else prices[-1],
    }


def _standard(value: int | None, factor: Factor | None, span: Mapping[str, int] | None) -> dict[str, Any] | None:
    if value is None:
        return None
    by_market = None if factor is None else round(value * math.exp(factor.log))
    differs = bool(span and by_market is not None and not span["low90_fen"] <= by_market <= span["high90_fen"])
    return {"value_fen": value, "factor_bp": None if factor is None else factor.basis_points, "differs": differs}


def _net(span: Mapping[str, int] | None, fee_bp: int | None) -> int | None:
    if span is None or fee_bp is None:
        return None
    return span["point_fen"] - fee_half_up(Fen(span["point_fen"]), fee_bp)


def _fen(yuan: Any) -> int:
    return round(float(yuan) * 100)


__all__ = ["CURVE_MONTHS", "RULES", "Asked", "Serving", "document"]
