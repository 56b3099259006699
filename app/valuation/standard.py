"""The appraisal standard's cost formula beside the market: its value, and by what factor the market differs from it.

The standard knows such a formula for cars only. The factor is the mean of log(price / formula) over graded things that were
seen, of the brand where there are enough and drawn towards all brands where there are few (n / (n + 8)). Battery cars have a
scheme and a formula of their own; their rows measure no factor of others, and others none of theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kernel.work import Work
from app.schemes.queries import scheme_in_force
from app.valuation.evidence import Seen
from app.valuation.features import Thing
from app.valuation.rules import ENOUGH
from grading.cost import read_terms, replacement_value
from grading.errors import FindingsError
from grading.schemes import Scheme

_DRAWN_TOWARDS_ALL = 8
_ELECTRIC, _BATTERY_CAR = "electric", "electric_car"


@dataclass(frozen=True)
class Factor:
    """Market over formula: natural log of the middle, and of the distances that 80 and 90 of 100 rows keep; ``count`` rows."""

    log: float
    away80: float
    away90: float
    count: int

    @property
    def basis_points(self) -> int:
        """As it is shown: 10,000 means that the market pays what the formula says."""
        return round(math.exp(self.log) * 10_000)


def formula_scheme(work: Work, category: str, energy: str | None, on: date) -> Scheme | None:
    """The revision whose formula holds for the thing on the day; None: there is none. One query for cars."""
    if category != "car":
        return None
    return scheme_in_force(work, _BATTERY_CAR if energy == _ELECTRIC else "car", on)


def formula_schemes(work: Work, category: str, on: date) -> tuple[Scheme, ...]:
    """Every revision of which a formula holds on the day for things of the category."""
    found = (formula_scheme(work, category, energy, on) for energy in (None, _ELECTRIC))
    return tuple(each for each in found if each is not None)


def formula_fen(thing: Thing, scheme: Scheme | None) -> int | None:
    """What the formula gives, fen; None for another class of cars, and where score, new price, age or a battery's measured
    health is not known."""
    if scheme is None or thing.score_tenths is None or thing.new_price_fen is None or thing.age_months is None:
        return None
    valuation = scheme.valuation
    if (
        (thing.energy == _ELECTRIC) != (scheme.category == _BATTERY_CAR)
        or valuation is None
        or (valuation.battery_item and thing.battery_health is None)
    ):
        return None
    given = {"new_price": Decimal(thing.new_price_fen) / 100, "used_months": Decimal(thing.age_months)}
    battery = Decimal(thing.battery_health or 0) if valuation.battery_item else None
    try:
        cost = replacement_value(Decimal(thing.score_tenths) / 10, read_terms(valuation, given), battery)
    except FindingsError:  # an age or a price beyond what the formula is made for
        return None
    return int(cost.value * 100) or None


def factor_of(seen: Sequence[Seen], brand: str, price_kind: str, scheme: Scheme | None) -> Factor | None:
    """The factor on a scheme's formula for a brand, from rows of one kind of price; None under 5 rows."""
    own: list[float] = []
    every: list[float] = []
    for each in seen:
        value = formula_fen(each.thing, scheme) if each.price_kind == price_kind else None
        if value is not None:
            every.append(math.log(each.price_fen / value))
            if each.thing.brand == brand:
                own.append(every[-1])
    if len(every) < ENOUGH:
        return None
    middle = math.fsum(every) / len(every)
    share = len(own) / (len(own) + _DRAWN_TOWARDS_ALL)
    log = share * (math.fsum(own) / len(own)) + (1 - share) * middle if own else middle
    away = sorted(abs(each - log) for each in every)
    return Factor(log, _reach(away, 80), _reach(away, 90), len(own) or len(every))


def _reach(away: Sequence[float], percent: int) -> float:
    """The distance within which so many of a hundred rows lie; with few rows the largest."""
    return away[min(len(away) - 1, (percent * (len(away) + 1) + 99) // 100 - 1)]
