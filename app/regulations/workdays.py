"""Which days are working days: weekends, the days off of each year, and weekends on which people work (workdays.yaml)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
SATURDAY = 5


class _Year(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    free: tuple[tuple[_MonthDay, _MonthDay], ...]
    worked: tuple[_MonthDay, ...]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    years: dict[Annotated[int, Field(ge=2000, le=2200)], _Year]


@dataclass(frozen=True)
class Calendar:
    """Days off and working weekends of the years that are known."""

    years: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]

    def is_workday(self, day: date) -> bool:
        """A day on which people work; of a year that is not known every day but a weekend."""
        if day in self.work:
            return True
        return day not in self.off and day.weekday() < SATURDAY

    def workday_from(self, day: date) -> date:
        """The day itself, or the next working day after it."""
        while not self.is_workday(day):
            day += timedelta(days=1)
        return day

    def is_known(self, day: date) -> bool:
        """Whether the days off of that year are known."""
        return day.year in self.years


@cache
def calendar() -> Calendar:
    """The calendar of the file, read once. A day that does not exist, or is both, stops the start."""
    text = Path(__file__).with_name("workdays.yaml").read_text("utf-8")
    years = _File.model_validate(yaml.safe_load(text)).years
    off: set[date] = set()
    work: set[date] = set()
    for number, year in years.items():
        for first, last in year.free:
            begin, end = _day(number, first), _day(number, last)
            if end < begin:
                raise ValueError(f"{number}: {first} to {last} ends before it begins")
            off |= {begin + timedelta(days=count) for count in range((end - begin).days + 1)}
        work |= {_day(number, each) for each in year.worked}
    if off & work or any(day.weekday() < SATURDAY for day in work):
        raise ValueError("a day on which people work must be a weekend and no day off")
    return Calendar(frozenset(years), frozenset(off), frozenset(work))


def _day(year: int, month_day: str) -> date:
    return date.fromisoformat(f"{year}-{month_day}")
