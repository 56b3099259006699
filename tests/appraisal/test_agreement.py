"""How far two graders agree: tables of cases, and the figures from rows alone."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from app.appraisal.agreement import Pair, Verdict, figures, is_same, missed, steps_between, verdict, weighted_kappa
from grading import load_scheme

PHONE, CAR = load_scheme("phone-2026.1"), load_scheme("gbt30323-2013/r1")


def graded(tier: str) -> Verdict:
    return verdict(PHONE, "graded", tier)


def pair(first: str, second: str, misses: int = 0) -> Pair:
    one, two = graded(first), graded(second)
    return Pair(steps_between(one, two), misses, one, two)


@pytest.mark.parametrize(
    ("first", "second", "steps", "same"),
    [
        (graded("A"), graded("A"), 0, True),
        (graded("S"), graded("A"), 1, False),  # the first was better
        (graded("C"), graded("A"), -2, False),
        (verdict(PHONE, "unsafe", None), verdict(PHONE, "unsafe", None), 0, True),
        (verdict(PHONE, "unsafe", None), graded("E"), None, False),
        (verdict(CAR, "accident", "五级"), verdict(CAR, "graded", "五级"), None, False),  # one tier, two verdicts
        (verdict(CAR, "accident", "五级"), verdict(CAR, "accident", "五级"), 0, True),
        (verdict(CAR, "graded", "一级"), verdict(CAR, "graded", "五级"), 4, False),
    ],
)
def test_two_verdicts_are_compared_in_tiers_only_when_they_say_the_same_kind_of_thing(
    first: Verdict, second: Verdict, steps: int | None, same: bool
) -> None:
    assert (steps_between(first, second), is_same(first, second)) == (steps, same)


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [([], [], ()), (["F1"], ["F1"], ()), ([], ["F1", "F2"], ("F1", "F2")), (["F1"], ["F2", "F2"], ("F2",)), (["F1"], [], ())],
)
def test_a_critical_miss_is_a_hard_stop_that_only_the_second_look_found(
    first: list[str], second: list[str], codes: tuple[str, ...]
) -> None:
    assert missed(first, second) == codes


@pytest.mark.parametrize(
    ("places", "kappa"),
    [
        ([], None),
        ([(0, 0)], None),  # one pair is not set against chance
        ([(1, 1), (1, 1)], None),  # only one tier was ever given
        ([(0, 0), (1, 1)], Fraction(1)),
        ([(0, 1), (1, 0)], Fraction(-1)),
        ([(0, 0), (0, 1), (1, 0), (1, 1)], Fraction(0)),  # as chance would have it
        # two near misses among four: seen 2/4, by chance 18/16
        ([(0, 0), (1, 1), (2, 1), (2, 3)], 1 - Fraction(2 * 4, 18)),
        # the same two misses two tiers wide weigh more
        ([(0, 0), (1, 1), (2, 0), (2, 4)], 1 - Fraction(4 * 4, 24)),
    ],
)
def test_weighted_kappa_is_exact_and_says_when_it_is_not_defined(places: list[tuple[int, int]], kappa: Fraction | None) -> None:
    assert weighted_kappa(places) == kappa


def test_weighted_kappa_is_that_of_the_textbook_by_way_of_the_whole_table() -> None:
    """Against the definition with weights 1 - |i - j| / (k - 1) on a table of four tiers."""
    table = [[11, 3, 1, 0], [2, 14, 4, 1], [0, 3, 9, 2], [0, 0, 2, 8]]
    places = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    n, k = len(places), len(table)
    weight = [[1 - Fraction(abs(i - j), k - 1) for j in range(k)] for i in range(k)]
    rows, columns = [sum(row) for row in table], [sum(row[j] for row in table) for j in range(k)]
    seen = sum(weight[i][j] * Fraction(table[i][j], n) for i in range(k) for j in range(k))
    chance = sum(weight[i][j] * Fraction(rows[i] * columns[j], n * n) for i in range(k) for j in range(k))
    assert weighted_kappa(places) == (seen - chance) / (1 - chance)


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([], (0, 0, 0, None, 0, None, 0)),
        ([pair("A", "A"), pair("B", "B")], (2, 2, 2, "0.00", 0, "1.00", 2)),
        ([pair("S", "A"), pair("A", "A"), pair("A", "C", 1)], (3, 1, 2, "1.00", 1, "0.00", 3)),
        ([Pair(None, 2), Pair(-1, 0)], (2, 0, 1, "-1.00", 2, None, 0)),  # rows of before verdicts were kept
        (
            [pair("A", "B"), pair("B", "A"), pair("B", "B"), pair("A", "A"), pair("B", "C"), pair("A", "A")],
            (6, 3, 6, "0.17", 0, "0.25", 6),
        ),
    ],
)
def test_the_figures_follow_from_the_pairs_alone(pairs: list[Pair], told: tuple[object, ...]) -> None:
    got = figures(pairs)
    decimals = [None if value is None else str(value) for value in (got.bias, got.kappa)]
    assert (got.compared, got.exact, got.within_one, decimals[0], got.critical_misses, decimals[1], got.kappa_pairs) == told


@pytest.mark.parametrize(("steps", "bias"), [([1, 0, 0, 0, 0, 0, 0, 0], "0.13"), ([-1, 0, 0, 0, 0, 0, 0, 0], "-0.13")])
def test_a_mean_is_rounded_half_up_away_from_zero(steps: list[int], bias: str) -> None:
    assert figures([Pair(step, 0) for step in steps]).bias == Decimal(bias)
