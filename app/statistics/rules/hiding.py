"""Which cells are not told: those of fewer than five people, and as many more as are needed so that none of them follows.

Everything that is published of one family in a period and in its parts are sums: a total of its cells, a category of its tiers, a
quarter of its months. A hidden figure follows when it is a combination of such sums; ``determined`` finds all that do, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import gcd

from app.statistics.rules.counting import TOTAL, Cell, Family, Place, Sheet
from app.statistics.rules.periods import Period

LEAST = 5  # people of whom something may be told together
_ANY = 2**62  # no upper bound is known

Key = tuple[Period, Place]
Hidden = frozenset[Place]


class Unsafe(RuntimeError):
    """Something hidden would follow from what is told: a mistake in this file, never a user's."""


@dataclass(frozen=True)
class Equation:
    """``whole`` is the sum of ``parts``; what is zero is in neither."""

    whole: Key
    parts: tuple[Key, ...]

    @property
    def members(self) -> tuple[Key, ...]:
        return (self.whole, *self.parts)


def is_small(cells: Iterable[Cell]) -> bool:
    """Whether so few people stand behind these cells together that nothing may be told of them."""
    subjects: set[int] = set()
    others: set[int] = set()
    for cell in cells:
        subjects |= cell.subjects
        others |= cell.others
    return len(subjects) < LEAST or 0 < len(others) < LEAST


def equations_of(period: Period, family: Family, sheets: Mapping[Period, Sheet]) -> list[Equation]:
    """Every sum that anybody knows between the cells of a period and of its parts, as far as ``sheets`` holds these."""
    found: list[Equation] = []
    for each in (*period.within(), period):
        sheet = sheets.get(each)
        if sheet is None:
            continue
        found += _inside(each, family, sheet)
        if family.adds_up:
            parts = [part for part in each.parts if part in sheets]
            for place in sheet if parts else ():
                found.append(Equation((each, place), tuple((part, place) for part in parts if place in sheets[part])))
    return found


def _inside(period: Period, family: Family, sheet: Sheet) -> list[Equation]:
    sums: dict[Place, dict[str, list[Place]]] = {}
    for place in sheet:
        dimension, cell = place
        if place == TOTAL:
            continue
        whole = ("category", cell.partition("/")[0]) if dimension == "tier" else TOTAL
        sums.setdefault(whole, {}).setdefault(dimension, []).append(place)
    return [
        Equation((period, whole), tuple((period, part) for part in sorted(parts)))
        for whole, by_dimension in sums.items()
        for parts in by_dimension.values()
    ]


def determined(equations: Iterable[Equation], hidden: Iterable[Key]) -> set[Key]:
    """Which of the hidden figures follow from the others: exact elimination over whole numbers."""
    unknown = set(hidden)
    pivots: dict[Key, dict[Key, int]] = {}
    for equation in equations:
        row: dict[Key, int] = {part: -1 for part in equation.parts if part in unknown}
        if equation.whole in unknown:
            row[equation.whole] = row.get(equation.whole, 0) + 1
        for key in [key for key in row if key in pivots]:
            _take_out(row, pivots[key], key)
        if not row:
            continue
        pivot = min(row)
        for other in pivots.values():
            if pivot in other:
                _take_out(other, row, pivot)
        pivots[pivot] = row
    return {key for key, row in pivots.items() if len(row) == 1}


def _take_out(row: dict[Key, int], by: Mapping[Key, int], key: Key) -> None:
    """Free ``row`` of ``key`` with the help of ``by``, which has it too."""
    own, its = row[key], by[key]
    for name in row:
        row[name] *= its
    for name, value in by.items():
        left = row.get(name, 0) - own * value
        if left:
            row[name] = left
        else:
            row.pop(name, None)
    shared = gcd(*row.values())
    if shared > 1:
        for name in row:
            row[name] //= shared


def hide(period: Period, family: Family, sheets: Mapping[Period, Sheet], before: Mapping[Period, Hidden]) -> Hidden:
    """What is not told of this period, given what is hidden in its parts, which are published already."""
    equations = equations_of(period, family, sheets)
    cells = {(each, place): cell for each, sheet in sheets.items() for place, cell in sheet.items()}
    own = {key for key in cells if key[0] == period}
    hidden = {(each, place) for each, places in before.items() for place in places}
    free = determined(equations, hidden | own) & own  # known from the parts already: hiding it would hide nothing
    small = {key for key in own - free if is_small([cells[key]])}
    chosen = _cover(equations, cells, hidden | small, own - free)
    if determined(equations, chosen):
        raise Unsafe(f"{family.name} of {period.name}")
    return frozenset(place for each, place in chosen if each == period)


def _cover(equations: list[Equation], cells: Mapping[Key, Cell], hidden: set[Key], choice: set[Key]) -> set[Key]:
    """Hide as much of ``choice`` as is needed: first sum by sum, then by the exact test."""
    hidden = set(hidden)
    while True:
        more = _first(equations, cells, hidden, choice) or _near(equations, cells, hidden, choice, determined(equations, hidden))
        more = more or _near(equations, cells, hidden, choice, pinned(equations, cells, hidden))
        if more is None:
            return hidden
        hidden.add(more)


def _first(equations: list[Equation], cells: Mapping[Key, Cell], hidden: set[Key], choice: set[Key]) -> Key | None:
    """The next cell to hide because a sum gives too much away by itself."""
    for equation in equations:
        inside = [key for key in equation.members if key in hidden]
        if not inside or not _gives_away(equation, inside, cells):
            continue
        more = _smallest((key for key in equation.members if key in choice and key not in hidden), cells)
        if more is not None:
            return more
    return None


def _gives_away(equation: Equation, inside: list[Key], cells: Mapping[Key, Cell]) -> bool:
    """One hidden member follows at once. Several hidden parts of a told whole: what they are together must be of enough people,
    and more than one each, because what is hidden is known not to be zero."""
    if len(inside) == 1:
        return True
    if equation.whole in inside:
        return False
    together = [cells[key] for key in inside]
    return is_small(together) or sum(cell.n for cell in together) <= len(together)


def _near(
    equations: list[Equation], cells: Mapping[Key, Cell], hidden: set[Key], choice: set[Key], follows: set[Key]
) -> Key | None:
    """The next cell to hide because sums together give one away: the smallest that hangs together with it."""
    if not follows:
        return None
    reached = set(follows)
    while True:
        touched = {key for equation in equations if reached.intersection(equation.members) for key in equation.members}
        more = _smallest((key for key in touched if key in choice and key not in hidden), cells)
        if more is not None or touched <= reached:
            return more
        reached |= touched


def pinned(equations: Iterable[Equation], cells: Mapping[Key, Cell], hidden: set[Key]) -> set[Key]:
    """Hidden counts of which only one is possible, because none is below one: sum by sum, until no bound moves any more."""
    low = {key: 1 if key in hidden else cell.n for key, cell in cells.items()}
    high = {key: _ANY if key in hidden else cell.n for key, cell in cells.items()}
    waiting = [each for each in equations if hidden.intersection(each.members)]
    moved = True
    while moved:
        moved = False
        for each in waiting:
            least, most = sum(low[part] for part in each.parts), sum(high[part] for part in each.parts)
            bounds = {each.whole: (least, most)}
            for part in each.parts:
                others_least, others_most = least - low[part], most - high[part]
                bounds[part] = (low[each.whole] - others_most, high[each.whole] - others_least)
            for key, (from_, to) in bounds.items():
                if key in hidden and (from_ > low[key] or to < high[key]):
                    low[key], high[key], moved = max(from_, low[key]), min(to, high[key]), True
    return {key for key in hidden if key in cells and low[key] == high[key]}


def _smallest(keys: Iterable[Key], cells: Mapping[Key, Cell]) -> Key | None:
    """Totals last, then the fewest: as little as possible is lost."""
    return min(keys, key=lambda key: (key[1] == TOTAL, key[1][0] == "category", cells[key].n, key), default=None)
