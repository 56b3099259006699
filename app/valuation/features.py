"""From a thing to the cells that a price model reads: one mapping for what is asked and for what was observed.

The columns of each category are data (``columns/*.yaml``). The official tier comes from the scheme and never from here: a
tier without a score stands for the middle of its scores, because directions need numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from app.valuation.asking import Asked
from grading import list_schemes, load_scheme
from grading.pricing.columns import Columns, read_columns

COLUMNS = Path(__file__).with_name("columns")

STEP_OF: Mapping[str, str] = {
    **dict.fromkeys(("new_price", "model", "brand", "series", "type", "body", "energy"), "model"),
    "storage_gb": "storage",
    "age_months": "age",
    **dict.fromkeys(("mileage_km", "owners"), "use"),
    "battery": "battery",
    **dict.fromkeys(("grade", "appraised", "screen", "housing", "faults", "replaced", "works"), "grade"),
    "district": "place",
    "month": "season",
}
"""Under which name of worth.STEPS a column's reason is shown; any other column: other."""


@dataclass(frozen=True)
class Thing(Asked):
    """What is told of one thing, on one day: whether somebody asks about it or its price was seen."""

    on: date = field(kw_only=True)

    @cached_property
    def age_months(self) -> int | None:
        """Whole months in use on the day; never negative."""
        return months_between(self.first_used, self.on)


_TOLD = tuple(each.name for each in fields(Asked))


def thing_of(asked: Asked, on: date) -> Thing:
    """The asked thing as it is on a day."""
    return Thing(**{name: getattr(asked, name) for name in _TOLD}, on=on)


@cache
def columns_of(category: str) -> Columns:
    """The columns of a category."""
    return read_columns(COLUMNS / f"{category}.yaml")


def cells(thing: Thing) -> dict[str, object]:
    """One row for the category's model; None where nothing is known. Money in yuan."""
    row: dict[str, object] = {
        "model": f"{thing.brand}/{thing.model}",
        "new_price": None if thing.new_price_fen is None else thing.new_price_fen / 100,
        "age_months": thing.age_months,
        "grade": grade_points(thing),
        "appraised": "yes" if thing.tier or thing.score_tenths is not None else "no",
        "month": f"{thing.on.month:02d}",
        "district": thing.district,
        "housing": thing.facts.get("housing"),
        "replaced": thing.facts.get("replaced"),
    }
    if thing.category == "phone":
        row |= {"brand": thing.brand, "storage_gb": thing.storage_gb, "battery": thing.battery_health}
        row |= {name: thing.facts.get(name) for name in ("screen", "faults")}
    elif thing.category == "car":
        row |= {"brand": thing.brand, "energy": thing.energy, "body": thing.kind}
        row |= {"mileage_km": thing.mileage_km, "owners": thing.facts.get("owners")}
    else:
        row |= {"series": f"{thing.brand}/{thing.kind}", "type": thing.kind, "works": thing.facts.get("works")}
    return row


def grade_points(thing: Thing) -> float | None:
    """Points of the report; of a tier alone, the middle of its scores."""
    if thing.score_tenths is not None:
        return thing.score_tenths / 10
    return None if thing.tier is None else tier_points(thing.category).get(thing.tier)


@cache
def tier_points(category: str) -> Mapping[str, float]:
    """Code of a tier -> the middle of its scores; tiers without scores (accident cars) are not there.

    Always by the first scheme of the category: a model must read the same cell for ever, whatever later revisions say.
    """
    schemes = [scheme for scheme in map(load_scheme, list_schemes()) if scheme.category == category]
    first = min(schemes, key=lambda scheme: (scheme.effective_from, scheme.reference))
    found, above = {}, 100.0
    for tier in first.tiers:
        if tier.min_score is not None:
            found[tier.code] = (above + float(tier.min_score)) / 2
            above = float(tier.min_score)
    return found


@cache
def tiers(category: str) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Code and names of the tiers of the category's newest scheme, best first."""
    schemes = [scheme for scheme in map(load_scheme, list_schemes()) if scheme.category == category]
    newest = max(schemes, key=lambda scheme: (scheme.effective_from, scheme.id))
    return tuple((tier.code, tier.name) for tier in newest.tiers)


def months_between(first: str | None, on: date) -> int | None:
    """Months from "2019-05" to the day, at least 0."""
    if first is None:
        return None
    return max(0, (on.year - int(first[:4])) * 12 + on.month - int(first[5:7]))
