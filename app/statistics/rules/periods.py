"""Months, quarters and years as they run in Shanghai."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONTH, QUARTER, YEAR = "month", "quarter", "year"
KINDS = (MONTH, QUARTER, YEAR)
_MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}
_FORM = re.compile(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?", re.ASCII)


class BadPeriod(ValueError):
    """What was typed is no month (2026-03), quarter (2026-Q1) or year (2026)."""


@dataclass(frozen=True, order=True)
class Period:
    """``first``: its first day. The name is 2026-03, 2026-Q1 or 2026."""

    first: date
    kind: str

    @property
    def name(self) -> str:
        year = f"{self.first.year:04d}"
        if self.kind == YEAR:
            return year
        return f"{year}-Q{(self.first.month + 2) // 3}" if self.kind == QUARTER else f"{year}-{self.first.month:02d}"

    @property
    def next_first(self) -> date:
        """The first day after it."""
        months = self.first.year * 12 + self.first.month - 1 + _MONTHS[self.kind]
        return date(months // 12, months % 12 + 1, 1)

    @property
    def last(self) -> date:
        return self.next_first - timedelta(days=1)

    @property
    def starts_at(self) -> datetime:
        return _midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first instant that is not in it."""
        return _midnight(self.next_first)

    @property
    def parts(self) -> tuple[Period, ...]:
        """What it is the sum of: a year of quarters, a quarter of months."""
        if self.kind == MONTH:
            return ()
        smaller = QUARTER if self.kind == YEAR else MONTH
        parts = [Period(self.first, smaller)]
        while parts[-1].next_first < self.next_first:
            parts.append(Period(parts[-1].next_first, smaller))
        return tuple(parts)

    def within(self) -> Iterator[Period]:
        """Its parts and their parts, the smallest first."""
        for part in self.parts:
            yield from part.within()
            yield part

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def read_period(name: str) -> Period:
    """The period of a name. Raises BadPeriod."""
    found = _FORM.fullmatch(name)
    if found is None or not 2000 <= int(found[1]) <= 9998:
        raise BadPeriod(name)
    year, month, quarter = int(found[1]), found[2], found[3]
    if quarter:
        return Period(date(year, int(quarter) * 3 - 2, 1), QUARTER)
    return Period(date(year, int(month), 1), MONTH) if month else Period(date(year, 1, 1), YEAR)


def period_at(at: datetime, kind: str = MONTH) -> Period:
    """The period of a kind in which the instant lies."""
    day = at.astimezone(SHANGHAI).date()
    month = 1 if kind == YEAR else (day.month - 1) // 3 * 3 + 1 if kind == QUARTER else day.month
    return Period(date(day.year, month, 1), kind)


def following(first: datetime, over_at: datetime) -> Iterator[Period]:
    """Every period that is over at ``over_at``, from the month of ``first`` on: a quarter after its last month, then a year."""
    month = period_at(first)
    while month.ends_at <= over_at:
        yield month
        for kind in (QUARTER, YEAR):
            wider = period_at(month.starts_at, kind)
            if wider.ends_at == month.ends_at:
                yield wider
        month = Period(month.next_first, MONTH)
