"""Instants are aware UTC and end in ``_at``; calendar days are those of Shanghai and end in ``_on``."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


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
