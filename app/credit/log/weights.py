"""The arithmetic of scores: whole numbers only, parts per million, division rounds down, so that every computer gets the same.

Proposed values stand as defaults; a policy gives its own. Sources of the forms: Beta reputation (Jøsang and Ismail 2002) for the
mean, Wilson's lower bound (one-sided 95 %) for the floor, windows of the two orders on credit repair (NDRC 36, SAMR 107).
"""

from __future__ import annotations

import calendar
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import isqrt

ONE = 1_000_000
KNOTS = ((0, ONE), (90, ONE), (180, 750_000), (365, 500_000), (730, 250_000), (1095, 0))
"""(days, weight): straight lines between; nothing counts after the last."""
PRIOR = (9_000_000, 1_000_000)
"""Good and bad evidence that everybody begins with."""
Z = 1_645_000
COUNTERPARTY = (ONE, 500_000, 0)
"""The weight of the first, second and every further praise from one side within thirty days."""


@dataclass(frozen=True, slots=True)
class Window:
    """When repair can be asked for at the earliest (None: not needed), and when display ends by itself."""

    earliest_repair: date | None
    automatic_end: date


def decay(days: int, knots: Sequence[tuple[int, int]] = KNOTS) -> int:
    """What is left of an event's weight after whole days. Raises ValueError for a day before the event."""
    if days < 0:
        raise ValueError(f"{days} days")
    for (from_day, from_weight), (to_day, to_weight) in itertools.pairwise(knots):
        if days <= to_day:
            return from_weight - (from_weight - to_weight) * (days - from_day) // (to_day - from_day)
    return 0


def counterparty_factor(earlier: int, factors: Sequence[int] = COUNTERPARTY) -> int:
    """For praise from somebody who praised ``earlier`` times within thirty days before."""
    return factors[min(earlier, len(factors) - 1)]


def times(*factors: int) -> int:
    """The product of factors in parts per million."""
    product = ONE
    for each in factors:
        product = product * each // ONE
    return product


def mean(good: int, total: int, prior: tuple[int, int] = PRIOR) -> int:
    """The expected share of good outcomes, from weights of good and of all evidence."""
    return (good + prior[0]) * ONE // (total + sum(prior))


def floor(good: int, total: int, z: int = Z) -> int:
    """The share of good outcomes that the evidence bears out; without evidence 0."""
    if total == 0:
        return 0
    z2 = z * z // ONE
    root = isqrt((good * (total - good) // total + z2 // 4) * ONE)
    return max(0, (good + z2 // 2 - z * root // ONE) * ONE // (total + z2))


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def window(severity: str, decided_on: date) -> Window:
    """How long something is shown: minor, general or serious, counted from the day of the deciding document."""
    if severity == "minor":
        return Window(None, months_later(decided_on, 3))
    earliest, end = {"general": (3, 12), "serious": (12, 36)}[severity]
    return Window(months_later(decided_on, earliest), months_later(decided_on, end))
