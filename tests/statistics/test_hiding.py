"""Nothing hidden follows from what is told: an attacker with linear algebra, and one who also knows that counts are not negative."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from app.statistics.rules import FAMILIES, LEAST, Fact, Hidden, Period, count, determined, equations_of, hide, read_period
from app.statistics.rules.counting import TOTAL, Cell, Place, Sheet
from app.statistics.rules.hiding import pinned
from tests.statistics.inventing import closed_year, invented

Closed = dict[Period, tuple[Sheet, Hidden]]
SIZES = [(60, 8), (150, 10), (400, 20), (900, 40), (2500, 90), (6000, 400)]
CASES = [(seed, *size, family) for seed in range(3) for size in SIZES for family in ("settled", "given_back", "reports")]


class Attack:
    """What an outsider knows of one family: months are unknown, quarters and years their sums, and everything told is a row.

    Built from the published side alone; it shares nothing with the code that hides.
    """

    def __init__(self, closed: Closed) -> None:
        self.closed = closed
        months = [each for each in closed if each.kind == "month"]
        self.place = {key: no for no, key in enumerate((month, cell) for month in months for cell in closed[month][0])}
        rows = []
        for month in months:
            for whole, part in (("all", "district"), ("all", "category"), ("all", "kind"), ("all", "age"), ("category", "tier")):
                for cell in [cell for cell in closed[month][0] if cell[0] == whole]:
                    inside = [
                        one for one in closed[month][0] if one[0] == part and (whole == "all" or one[1].split("/")[0] == cell[1])
                    ]
                    if inside:  # reports have no districts
                        rows.append((self._row([(month, one) for one in inside]) - self._row([(month, cell)]), 0))
        for period, (sheet, hidden) in closed.items():
            rows += [(self.sum_of(period, cell), sheet[cell].n) for cell in sheet if cell not in hidden]
        self.matrix = np.array([row for row, _ in rows])
        self.values = np.array([value for _, value in rows])
        self.secrets = [(period, cell) for period, (_, hidden) in closed.items() for cell in hidden]

    def _row(self, keys: list) -> np.ndarray:
        row = np.zeros(len(self.place))
        for key in keys:
            row[self.place[key]] = 1
        return row

    def sum_of(self, period: Period, cell: Place) -> np.ndarray:
        inside = [month for month, _ in self.place if period.first <= month.first < period.next_first]
        return self._row([key for key in {(month, cell) for month in inside} if key in self.place])

    def learns(self) -> list[tuple[str, Place]]:
        """Every hidden figure that is the same in all worlds which fit what is told."""
        _, sizes, directions = np.linalg.svd(self.matrix, full_matrices=True)
        free = directions[int((sizes > 1e-9).sum()) :]
        return [
            (period.name, cell) for period, cell in self.secrets if np.abs(free @ self.sum_of(period, cell)).max(initial=0) < 1e-7
        ]

    def span(self, period: Period, cell: Place) -> tuple[float, float]:
        """The least and the most that a hidden count can be; what is hidden is at least one."""
        aim = self.sum_of(period, cell)
        known = {"A_eq": self.matrix, "b_eq": self.values, "bounds": [(1, None)] * len(self.place), "method": "highs"}
        least, most = linprog(aim, **known), linprog(-aim, **known)
        return least.fun, np.inf if most.status == 3 else -most.fun


@pytest.mark.parametrize(("seed", "number", "sellers", "family"), CASES)
def test_no_hidden_figure_follows_from_all_that_is_told(seed: int, number: int, sellers: int, family: str) -> None:
    attack = Attack(closed_year(invented(seed, number, sellers=sellers), family))
    assert attack.secrets
    assert attack.learns() == []


@pytest.mark.parametrize("seed", range(4))
def test_everything_told_is_of_five_people_or_more(seed: int) -> None:
    for family in FAMILIES:
        for period, (sheet, hidden) in closed_year(invented(seed, 900, sellers=40), family).items():
            for place, cell in sheet.items():
                if place not in hidden:
                    assert len(cell.subjects) >= LEAST, (family, period.name, place)


@pytest.mark.parametrize("seed", range(8))
def test_the_attack_sees_what_follows_where_only_small_cells_are_hidden(seed: int) -> None:
    closed = closed_year(invented(seed, 900, sellers=40), "settled")
    careless = {
        period: (sheet, frozenset(place for place, cell in sheet.items() if len(cell.subjects) < LEAST))
        for period, (sheet, _) in closed.items()
    }
    assert Attack(careless).learns()


@pytest.mark.parametrize("seed", range(8))
def test_the_attack_sees_a_quarter_that_gives_away_its_month(seed: int) -> None:
    """Each table is safe by itself; told side by side they are not."""
    facts = invented(seed, 900, sellers=40)
    closed = closed_year(facts, "settled")
    alone = {
        period: (sheet, hide(replace(period, kind="month"), FAMILIES["settled"], {replace(period, kind="month"): sheet}, {}))
        for period, (sheet, _) in closed.items()
    }
    assert Attack(alone).learns()


@pytest.mark.parametrize(("seed", "number", "sellers"), [(0, 150, 10), (1, 400, 20), (2, 400, 20), (3, 900, 40)])
def test_a_hidden_count_is_never_the_only_one_possible(seed: int, number: int, sellers: int) -> None:
    """By linear programming over everything told, knowing that what is hidden is not zero."""
    attack = Attack(closed_year(invented(seed, number, sellers=sellers), "settled"))
    for period, cell in attack.secrets:
        least, most = attack.span(period, cell)
        assert most - least >= 1, (period.name, cell, least, most)


def sheet_of(**cells: int) -> Sheet:
    """A table by district with so many sellers each, one sale a seller."""
    sheet: Sheet = {TOTAL: Cell()}
    seller = 0
    for name, number in cells.items():
        sheet["district", name] = Cell()
        for _ in range(number):
            fact = Fact("settled", "k", read_period("2026-01").starts_at, seller := seller + 1, {}, fen=100)
            for place in (TOTAL, ("district", name)):
                sheet[place].add(fact)
    return sheet


def hidden_in(**cells: int) -> set[str]:
    january = read_period("2026-01")
    return {cell for _, cell in hide(january, FAMILIES["settled"], {january: sheet_of(**cells)}, {})}


def test_a_small_cell_takes_the_smallest_other_with_it() -> None:
    assert hidden_in(a=3, b=9, c=7, d=50) == {"a", "c"}
    assert hidden_in(a=5, b=9) == set()
    assert hidden_in(a=4, b=9) == {"a", "b"}


def test_small_cells_that_are_too_few_together_take_another() -> None:
    assert hidden_in(a=1, b=2, c=7, d=50) == {"a", "b", "c"}, "three people are too few"
    assert hidden_in(a=1, b=1, c=1, d=1, e=1, f=20, g=30) == {"a", "b", "c", "d", "e", "f"}, "five of one each are known"


def test_a_month_of_few_people_is_not_told_at_all() -> None:
    assert hidden_in(a=2, b=2) == {"a", "b", "all"}


def test_few_buyers_are_few_people_too() -> None:
    january = read_period("2026-01")
    sheet = sheet_of(a=9, b=30)
    for place, buyers in ((("district", "a"), range(2)), (("district", "b"), range(2, 30)), (TOTAL, range(30))):
        sheet[place].others = set(buyers)
    assert {cell for _, cell in hide(january, FAMILIES["settled"], {january: sheet}, {})} == {"a", "b"}


def test_a_quarter_does_not_give_away_its_only_hidden_month() -> None:
    year = {name: read_period(f"2026-{name}") for name in ("01", "02", "03", "Q1")}
    numbers = {"01": {"a": 2, "b": 8, "c": 20}, "02": {"a": 9, "b": 9, "c": 9}, "03": {"a": 6, "b": 7, "c": 8}}
    sheets = {year[name]: sheet_of(**cells) for name, cells in numbers.items()}
    family, before = FAMILIES["settled"], {}
    for month in list(sheets):
        before[month] = hide(month, family, {month: sheets[month]}, {})
    assert [len(before[month]) for month in sheets] == [2, 0, 0]
    sheets[year["Q1"]] = sheet_of(a=17, b=24, c=37)
    assert {cell for _, cell in hide(year["Q1"], family, sheets, before)} == {"a", "b"}


def test_elimination_finds_what_follows_from_several_sums_together() -> None:
    facts = [fact for fact in invented(3, 900, sellers=40) if fact.family == "settled"]
    january = read_period("2026-01")
    sheet = count(facts, ["settled"])["settled"]
    equations = equations_of(january, FAMILIES["settled"], {january: sheet})
    phone = [(january, place) for place in sheet if place[0] == "tier" and place[1].startswith("phone/")]
    assert determined(equations, {phone[0]}) == {phone[0]}
    assert determined(equations, set(phone[:2])) == set()
    both = {*phone[:2], (january, ("category", "phone"))}
    assert determined(equations, both) == {(january, ("category", "phone"))}


def test_a_count_that_its_sums_leave_no_choice_is_seen() -> None:
    january = read_period("2026-01")
    sheet = sheet_of(a=1, b=1, c=7)
    equations = equations_of(january, FAMILIES["settled"], {january: sheet})
    cells = {(january, place): cell for place, cell in sheet.items()}
    both = {(january, ("district", name)) for name in "ab"}
    assert pinned(equations, cells, both) == both, "two together, and neither is zero"
    assert pinned(equations, cells, {*both, (january, ("district", "c"))}) == set()
