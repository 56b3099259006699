"""Instants are aware UTC and end in ``_at``; calendar days are those of Shanghai and end in ``_on``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
EARLIEST_YEAR = 1950  # nothing that is sold here is older
_MONTH = re.compile(r"\s*(\d{4})\s*[-./年]?\s*(\d{1,2})\s*月?\s*")


def shanghai_day(at: datetime) -> date:
    """The calendar day in Shanghai on which the instant falls."""
    return at.astimezone(SHANGHAI).date()


def add_days(at: datetime, days: int) -> datetime:
    """The end (last second) of the Shanghai day that is ``days`` days after the instant's day.

    "Seven days" for a user means seven whole days after today, so the deadline never falls in the middle of a day.
    """
    end = datetime.combine(shanghai_day(at) + timedelta(days=days), time(23, 59, 59), tzinfo=SHANGHAI)
    return end.astimezone(UTC)


def iso_seconds(at: datetime) -> str:
    """The instant as ``YYYY-MM-DDTHH:MM:SSZ``, the form used in signed content and in the credit log."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_month(typed: str) -> str | None:
    """A month as people write it (2019-05, 2019/5, 2019年5月, 201905) as "2019-05"; None when it is none."""
    found = _MONTH.fullmatch(typed)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    return f"{year:04d}-{month:02d}" if year >= EARLIEST_YEAR and 1 <= month <= 12 else None
