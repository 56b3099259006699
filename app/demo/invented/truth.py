"""What a thing is truly worth in the invented market: a product of known factors, without noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from app.valuation.features import Thing, grade_points

FILE = Path(__file__).with_name("effects.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Class(_Part):
    """Cars of a class: how many of a hundred, and what they bring of a plain one's price, percent."""

    share: float
    percent: float


class Effects(_Part):
    """effects.yaml, checked."""

    schema_version: Literal[1]
    curves: dict[str, tuple[float, ...]]
    budget_brands: tuple[str, ...]
    grade_at: float
    battery_at: float
    usual_km_a_month: float
    effects: dict[str, dict[str, float]]
    works: dict[int, float]
    season: dict[str, tuple[float, ...]]
    district: dict[str, dict[str, float]]
    appraised: dict[str, float]
    noise: dict[str, float]
    kinds: dict[str, float]
    rows: dict[str, dict[str, int]]
    classes: dict[str, Class]


@cache
def effects() -> Effects:
    data: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return Effects.model_validate(data)


def curve_name(category: str, brand: str, energy: str | None) -> str:
    """Which curve a thing's value follows."""
    if category == "appliance":
        return "appliance"
    if category == "phone":
        return "ios" if brand == "apple" else "budget" if brand in effects().budget_brands else "android"
    return {"diesel": "petrol", "range_extender": "plug_in"}.get(energy or "petrol", energy or "petrol")


def left(curve: str, months: int) -> float:
    """Share of the new price after so many months of usual use; beyond the last year it falls on at the last year's rate."""
    points = effects().curves[curve]
    year, part = min(months // 12, len(points) - 2), months / 12
    one, other = math.log(points[year] / 100), math.log(points[year + 1] / 100)
    return math.exp(one + (other - one) * (part - year))


def factors(thing: Thing) -> dict[str, float]:
    """Every factor by name; what is not known of the thing counts as usual."""
    given, facts = effects(), thing.facts
    each = {name: math.log1p(percent / 100) for name, percent in given.effects[thing.category].items()}
    found = {"age": left(curve_name(thing.category, thing.brand, thing.energy), thing.age_months or 0)}
    points = grade_points(thing)
    if points is not None:
        found["grade"] = math.exp(each["grade"] * (points - given.grade_at))
        found["appraised"] = given.appraised[thing.category] / 100
    if "battery" in each and thing.battery_health is not None:
        found["battery"] = math.exp(each["battery"] * (thing.battery_health - given.battery_at))
    if "km" in each and thing.mileage_km is not None:
        more = thing.mileage_km - given.usual_km_a_month * (thing.age_months or 0)
        found["km"] = math.exp(each["km"] * more / 10_000)
    for name in ("screen", "housing", "faults", "replaced", "owners"):
        if name in each and name in facts:
            found[name] = math.exp(each[name] * facts[name])
    if "works" in facts:
        found["works"] = given.works[facts["works"]] / 100
    found["season"] = given.season[thing.category][thing.on.month - 1] / 100
    found["district"] = given.district[thing.category].get(thing.district or "", 100.0) / 100
    return found


def truth_yuan(thing: Thing, price_kind: str = "private_sold", condition: str = "plain") -> float:
    """The true price of a kind, yuan. Needs the new price."""
    assert thing.new_price_fen is not None
    share: Mapping[str, Class] = effects().classes
    kind = effects().kinds[price_kind] / 100 * (share[condition].percent / 100 if condition in share else 1.0)
    return thing.new_price_fen / 100 * math.prod(factors(thing).values()) * kind
