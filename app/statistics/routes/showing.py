"""Documents as rows of pages and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from app.goods import catalogue
from app.statistics.rules import DIMENSIONS, FAMILIES, read_period
from app.statistics.wording import CELL_WORDS, GROUPS, TIER_WORDS
from app.web.rendering import in_language

HEAD = ("table", "cell", "family", "n", "subjects", "fen", "mean_fen", "q1_fen", "median_fen", "q3_fen", "median_days")
HIDDEN = "hidden"
PERIOD_MONTHS = {"month": 1, "quarter": 3, "year": 12}

Figures = dict[str, int] | None  # None: hidden
Row = tuple[str, list[int | str | None]]  # the cell in words; each figure, HIDDEN, or None where there is none


@dataclass(frozen=True)
class Bar:
    """One bar of a drawing. ``percent`` of the longest; none where the figure is hidden."""

    label: str
    n: int | None
    percent: int


@dataclass(frozen=True)
class Group:
    """Columns that belong together."""

    heading: str
    columns: tuple[tuple[str, str], ...]  # heading, how it is written
    rows: list[Row]


@dataclass(frozen=True)
class Shown:
    """One dimension of a period."""

    dimension: str
    bars: list[Bar]
    bars_of: str
    groups: list[Group]


def flat_rows(content: Mapping[str, Any], dimension: str) -> Iterator[tuple[Any, ...]]:
    """The lines of a table as a file has them."""
    families = content["tables"][dimension]
    for name in FAMILIES:
        for cell, figures in sorted(families.get(name, {}).items()):
            known = [HIDDEN] * 2 if figures is None else [figures["n"], figures["subjects"]]
            yield (dimension, cell, name, *known, *("" if figures is None else figures.get(each, "") for each in HEAD[5:]))


def shown(content: Mapping[str, Any]) -> list[Shown]:
    """Everything of a period that a page shows, dimension by dimension; what is empty is left out."""
    found = []
    for dimension in DIMENSIONS:
        families = content["tables"][dimension]
        cells = _ordered(dimension, {cell for cells in families.values() for cell in cells})
        if not cells:
            continue
        bars_of = "settled" if "settled" in families else "reports"
        bars = [] if dimension == "all" else _bars(families.get(bars_of, {}), cells)
        found.append(Shown(dimension, bars, bars_of, [group for group in _groups(families, cells) if group.rows]))
    return found


def _groups(families: Mapping[str, Mapping[str, Figures]], cells: list[str]) -> Iterator[Group]:
    for heading, columns in GROUPS:
        wanted = {family for family, _, _, _ in columns}
        inside = [cell for cell in cells if any(cell in families.get(family, {}) for family in wanted)]
        rows = [(cell_word(cell), [_figure(families, cell, family, name) for family, name, _, _ in columns]) for cell in inside]
        yield Group(heading, tuple((label, kind) for _, _, label, kind in columns), rows)


def _figure(families: Mapping[str, Mapping[str, Figures]], cell: str, family: str, name: str) -> int | str | None:
    """A published figure, or one that follows from two published ones."""
    if family in _FOLLOWING:
        first, second = (_raw(families, cell, *each) for each in _FOLLOWING[family][:2])
        if HIDDEN in (first, second):
            return HIDDEN
        return _FOLLOWING[family][2](first or 0, second or 0)
    return _raw(families, cell, family, name)


def _raw(families: Mapping[str, Mapping[str, Figures]], cell: str, family: str, name: str) -> int | str | None:
    """A cell that is not there is zero: it has a count and an amount, and no mean."""
    cells = families.get(family, {})
    if cell not in cells:
        return 0 if name in ("n", "subjects", "fen") else None
    figures = cells[cell]
    return HIDDEN if figures is None else figures.get(name)


def _share(part: Any, whole: Any) -> int | None:
    return round(part * 10_000 / whole) if whole else None


_FOLLOWING: dict[str, tuple[tuple[str, str], tuple[str, str], Any]] = {
    "net": (("settled", "fen"), ("given_back", "fen"), lambda value, back: value - back),
    "through": (("sold", "n"), ("listed", "n"), _share),
    "per_thousand": (("claims", "n"), ("settled", "n"), lambda claims, sales: round(claims * 1_000 / sales) if sales else None),
}


def _bars(cells: Mapping[str, Figures], order: list[str]) -> list[Bar]:
    known = {cell: None if figures is None else figures["n"] for cell, figures in cells.items()}
    most = max((n for n in known.values() if n is not None), default=0)
    return [Bar(cell_word(cell), n, 100 * n // most if n else 0) for cell in order if cell in known for n in (known[cell],)]


def cell_word(cell: str) -> str:
    """A cell in the reader's words."""
    category, _, tier = cell.partition("/")
    if tier:
        return f"{gettext(CELL_WORDS[category])} · {gettext(TIER_WORDS[tier]) if tier in TIER_WORDS else tier}"
    if cell in CELL_WORDS:
        return str(gettext(CELL_WORDS[cell]))
    district = catalogue.find_district(cell)
    return in_language(district.name.model_dump()) if district else cell


def _ordered(dimension: str, cells: set[str]) -> list[str]:
    """Districts in official order, ages and grades from young and good to old and bad."""
    places = [one.code for one in catalogue.districts()] if dimension == "district" else [*CELL_WORDS]
    tiers = ["S", "A", "B", "C", "D", "E", "一级", "二级", "三级", "四级", "五级", *TIER_WORDS]

    def turn(cell: str) -> tuple[int, int, str]:
        first, _, tier = cell.partition("/")
        return _place(places, first), _place(tiers, tier), cell

    return sorted(cells, key=turn)


def _place(order: list[str], one: str) -> int:
    return order.index(one) if one in order else len(order)


def parts_of(name: str, closed: set[str]) -> list[str]:
    """The closed parts of a period, by name."""
    return [part.name for part in read_period(name).parts if part.name in closed]


def within(name: str, closed: set[str]) -> list[str]:
    """The closed longer periods that hold this one."""
    period = read_period(name)
    wider = [one for one in (read_period(each) for each in closed) if period in one.within()]
    return [one.name for one in sorted(wider, key=lambda one: PERIOD_MONTHS[one.kind])]
