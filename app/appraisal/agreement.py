"""How far two graders agree. Plain values only: whoever has the public rows computes the same figures.

A verdict is what a grading came to. Its ``place`` is that of its tier in the scheme, 0 the best; None where there is no tier.
Two verdicts are compared in tiers when both have the same status: then ``steps`` says by how many tiers the first is better
(positive) or worse (negative) than the second. Of the same status without a tier (both unsafe) they are 0 apart. Of different
statuses (one graded, the other an accident car) they cannot be compared, which counts as compared and as not the same.

Weighted kappa is Cohen's, with weights that grow with the distance in tiers (linear): 1 - (mean distance that was seen) / (mean
distance if the two had graded without looking at the same thing, each as often good and bad as they did). 1 is full agreement,
0 what chance gives, below 0 worse than chance. It is not defined while both have only ever given one and the same tier.
Source: J. Cohen, Weighted kappa, Psychological Bulletin 70 (1968) 213-220; linear weights are our own choice, because a tier is
worth about the same money wherever it lies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from grading import Scheme

KAPPA_FROM = 2  # pairs; with one there is nothing to set chance against
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Verdict:
    """What a grading came to."""

    status: str
    tier: str | None
    place: int | None

    def as_dict(self) -> dict[str, Any]:
        return {"status": self.status, "tier": self.tier, "place": self.place}


@dataclass(frozen=True)
class Pair:
    """One comparison as the figures need it. Rows from before verdicts were kept have none, and no part in kappa."""

    steps: int | None
    critical_misses: int
    first: Verdict | None = None
    second: Verdict | None = None


@dataclass(frozen=True)
class Figures:
    """``bias``: mean of the signed steps over the comparable pairs; ``kappa``: over ``kappa_pairs`` pairs.

    Both have two decimals, rounded half up.
    """

    compared: int
    exact: int
    within_one: int
    bias: Decimal | None
    critical_misses: int
    kappa: Decimal | None
    kappa_pairs: int


def verdict(scheme: Scheme, status: str, tier: str | None) -> Verdict:
    """The verdict with the place of its tier in the scheme."""
    order = [each.code for each in scheme.tiers]
    return Verdict(status, tier, order.index(tier) if tier is not None else None)


def read_verdict(kept: Mapping[str, Any] | None) -> Verdict | None:
    return None if kept is None else Verdict(kept["status"], kept["tier"], kept["place"])


def is_same(first: Verdict, second: Verdict) -> bool:
    """Whether both came to the same grade: status and tier."""
    return (first.status, first.tier) == (second.status, second.tier)


def steps_between(first: Verdict, second: Verdict) -> int | None:
    """Tiers by which the first is better than the second; None where they cannot be compared."""
    if first.status != second.status:
        return None
    if first.place is None or second.place is None:
        return 0
    return second.place - first.place


def missed(first_stops: Collection[str], second_stops: Iterable[str]) -> tuple[str, ...]:
    """Critical misses: codes of items and rules that end a grade (accident, unsafe, not tradable) for the second look only."""
    return tuple(dict.fromkeys(code for code in second_stops if code not in first_stops))


def figures(pairs: Sequence[Pair]) -> Figures:
    """Every figure of one person in one category."""
    steps = [pair.steps for pair in pairs if pair.steps is not None]
    tiers = [
        (pair.first.place, pair.second.place)
        for pair in pairs
        if pair.steps is not None
        and pair.first is not None
        and pair.second is not None
        and pair.first.place is not None
        and pair.second.place is not None
    ]
    return Figures(
        compared=len(pairs),
        exact=sum(step == 0 for step in steps),
        within_one=sum(abs(step) <= 1 for step in steps),
        bias=_rounded(Fraction(sum(steps), len(steps))) if steps else None,
        critical_misses=sum(pair.critical_misses for pair in pairs),
        kappa=None if (value := weighted_kappa(tiers)) is None else _rounded(value),
        kappa_pairs=len(tiers),
    )


def weighted_kappa(places: Sequence[tuple[int, int]]) -> Fraction | None:
    """Linear weighted kappa of pairs of places, exact; None where it is not defined."""
    n = len(places)
    if n < KAPPA_FROM:
        return None
    seen = sum(abs(first - second) for first, second in places)
    firsts, seconds = Counter(first for first, _ in places), Counter(second for _, second in places)
    by_chance = sum(a * b * abs(first - second) for first, a in firsts.items() for second, b in seconds.items())
    if by_chance == 0:
        return None
    return 1 - Fraction(seen * n, by_chance)


def _rounded(value: Fraction) -> Decimal:
    """Two decimals, half up (away from zero)."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(_HUNDREDTH, ROUND_HALF_UP)
