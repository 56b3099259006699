"""What is counted, by what: facts become the cells of a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from app.statistics.rules.periods import SHANGHAI

METHOD = "1"
ALL = "all"  # the dimension with one cell: everything
DIMENSIONS = (ALL, "district", "category", "kind", "tier", "age")
_OF_SALES = ("district", "category", "kind", "tier", "age")
AGES = ((12, "0-1"), (24, "1-2"), (36, "2-3"), (60, "3-5"), (120, "5-10"))  # below so many months: years
OLDEST, UNKNOWN, NONE = "10-", "unknown", "none"
QUARTILES_FROM = 10  # below so many values three quartiles would be nearly all of them
ROUND_FEN = 1_000  # quartiles are told in whole ten yuan: one of them is somebody's price


@dataclass(frozen=True)
class Family:
    """One thing that is counted. ``adds_up``: a quarter is the sum of its months. ``money``, ``days``: what else is told."""

    name: str
    dimensions: tuple[str, ...]
    adds_up: bool = True
    money: bool = False
    days: bool = False


FAMILIES: dict[str, Family] = {
    each.name: each
    for each in (
        Family("listed", _OF_SALES),
        Family("sold", _OF_SALES, adds_up=False),  # of those listed in the period, until its end
        Family("settled", _OF_SALES, money=True),
        Family("given_back", _OF_SALES, money=True),
        Family("called_off", _OF_SALES, money=True),
        Family("claims", _OF_SALES),
        Family("claims_ended", _OF_SALES, days=True),
        Family("returns", _OF_SALES),
        Family("reports", ("category", "kind", "tier")),
    )
}


@dataclass(frozen=True)
class Fact:
    """One thing that happened. ``subject``: the person whom it concerns; ``other``: the one across, where there is one."""

    family: str
    key: str  # the code of what it is about
    at: datetime
    subject: int
    cells: Mapping[str, str]  # dimension -> cell; ALL is understood
    other: int | None = None
    fen: int | None = None
    days: int | None = None

    def line(self) -> list[Any]:
        """What is hashed of it."""
        at = self.at.astimezone(SHANGHAI).isoformat(timespec="seconds")
        return [self.family, self.key, at, self.subject, dict(self.cells), self.other, self.fen, self.days]


@dataclass
class Cell:
    """What is known of one cell before anything is hidden."""

    n: int = 0
    subjects: set[int] = field(default_factory=set)
    others: set[int] = field(default_factory=set)
    fen: list[int] = field(default_factory=list)
    days: list[int] = field(default_factory=list)

    def add(self, fact: Fact) -> None:
        self.n += 1
        self.subjects.add(fact.subject)
        if fact.other is not None:
            self.others.add(fact.other)
        if fact.fen is not None:
            self.fen.append(fact.fen)
        if fact.days is not None:
            self.days.append(fact.days)


Place = tuple[str, str]  # dimension, cell
TOTAL: Place = (ALL, ALL)
Sheet = dict[Place, Cell]  # of one family in one period; what is not in it is zero


def count(facts: Iterable[Fact], families: Iterable[str] = FAMILIES) -> dict[str, Sheet]:
    """The cells of each family over these facts."""
    sheets: dict[str, Sheet] = {name: {} for name in families}
    for fact in facts:
        sheet = sheets[fact.family]
        sheet.setdefault(TOTAL, Cell()).add(fact)
        for dimension in FAMILIES[fact.family].dimensions:
            sheet.setdefault((dimension, fact.cells[dimension]), Cell()).add(fact)
    return sheets


def told(cell: Cell, family: Family) -> dict[str, int]:
    """What is published of a cell that is not hidden: whole numbers only, money in fen."""
    figures = {"n": cell.n, "subjects": len(cell.subjects)}
    if family.money:
        figures |= {"fen": sum(cell.fen), "mean_fen": half_up(Fraction(sum(cell.fen), cell.n))}
        if cell.n >= QUARTILES_FROM:
            values = sorted(cell.fen)
            for name, part in (("q1_fen", 1), ("median_fen", 2), ("q3_fen", 3)):
                figures[name] = half_up(Fraction(nearest(values, part), ROUND_FEN)) * ROUND_FEN
    if family.days:
        figures["median_days"] = nearest(sorted(cell.days), 2)
    return figures


def nearest(values: list[int], quarters: int) -> int:
    """The smallest of the sorted values that so many quarters of them do not exceed."""
    return values[-(-len(values) * quarters // 4) - 1]


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def age_band(first_used: str | None, at: datetime) -> str:
    """How old a thing was, in years, of a month such as "2019-05"; what is not known, or lies ahead, is unknown."""
    if not first_used:
        return UNKNOWN
    year, _, month = first_used.partition("-")
    if not (year.isdigit() and month.isdigit()):
        return UNKNOWN
    day = at.astimezone(SHANGHAI)
    months = (day.year - int(year)) * 12 + day.month - int(month)
    if months < 0:
        return UNKNOWN
    return next((band for below, band in AGES if months < below), OLDEST)


def tier_cell(category: str, tier: str | None) -> str:
    """Tiers are those of a category's scheme, so a cell names both."""
    return f"{category}/{tier or NONE}"
