"""When things are due, and what an order takes over from the settings when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.kernel.time import SHANGHAI, add_days

MEET_TRIES = 5
MEET_LOCK = timedelta(minutes=15)
# The acceptance deadline fires this much after its time. A problem reported in time may still be on its way through the
# database (statements end after 5 seconds); it must find the order open, because the report wins when its time is not later.
ACCEPTANCE_GRACE = timedelta(seconds=10)
CANCEL_ANSWER = timedelta(hours=24)  # how long a seller has to say that the buyer who wants to cancel has the item
WAY_BACK_REMINDER_DAYS = (3, 10, 24)  # a seller is reminded of the way back so long after the last step; then nobody is pressed
REMINDER_DAYS = 3  # a seller is reminded three days after the payment, or half way when the time is shorter


class Terms(Protocol):
    """What an order takes over from the settings when it is made; config.Settings fits."""

    @property
    def fee_bp(self) -> int: ...
    @property
    def time_to_pay(self) -> int: ...
    @property
    def ship_days(self) -> int: ...
    @property
    def no_receipt_days(self) -> int: ...
    @property
    def acceptance_hours(self) -> int: ...
    @property
    def appliance_acceptance_days(self) -> int: ...


def clock_words(at: datetime) -> str:
    """An instant in a sentence, in Shanghai: 2026-11-23 14:05."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def reminder_at(paid_at: datetime, ship_days: int) -> datetime:
    """When the seller is reminded to ship."""
    return paid_at + timedelta(days=min(REMINDER_DAYS, ship_days / 2))


def acceptance_hours(category: str, terms: Terms) -> int:
    """How long the buyer may check the thing, as the order keeps it."""
    return 24 * terms.appliance_acceptance_days if category == "appliance" else terms.acceptance_hours


def acceptance_due_at(at: datetime, category: str, hours: int) -> datetime:
    """Until when the buyer may check it: an appliance to the end of the last of its days in Shanghai, a phone to the hour."""
    return add_days(at, hours // 24) if category == "appliance" else at + timedelta(hours=hours)


def check_reminder_at(now: datetime, due_at: datetime) -> datetime:
    """When a buyer with differences and no claim is reminded: a day before the end, or half way when there is less."""
    return max(due_at - timedelta(days=1), now + (due_at - now) / 2)


def cancel_due_at(asked_at: datetime) -> datetime:
    """Until when the seller can object to the buyer's wish to cancel a meeting."""
    return asked_at + CANCEL_ANSWER


def return_due_at(asked_at: datetime, return_days: int) -> datetime:
    """The end of the last day, in Shanghai, for sending a refunded thing back."""
    return add_days(asked_at, return_days)


def return_reminder_at(asked_at: datetime, due_at: datetime) -> datetime:
    """When the buyer is reminded to send a refunded thing back: the day before the last one, or half way when there is less."""
    return max(due_at - timedelta(days=2), asked_at + (due_at - asked_at) / 2)


def way_back_reminder_at(since: datetime, now: datetime) -> datetime | None:
    """When the seller is next reminded that a step of the way back is theirs; ``since``: the last step. None: never again."""
    return next((at for days in WAY_BACK_REMINDER_DAYS if (at := since + timedelta(days=days)) > now), None)


def way_back_reminders(since: datetime, now: datetime) -> int:
    """How many of these reminders are due by now."""
    return sum(since + timedelta(days=days) <= now for days in WAY_BACK_REMINDER_DAYS)


def ship_due_at(paid_at: datetime, ship_days: int) -> datetime:
    """The end of the last day for shipping, in Shanghai."""
    return add_days(paid_at, ship_days)


@dataclass(frozen=True)
class Deadlines:
    """What is due when; None where nothing of the kind was set."""

    pay_at: datetime | None = None
    ship_at: datetime | None = None
    receipt_at: datetime | None = None
    acceptance_at: datetime | None = None
    cancel_at: datetime | None = None  # the buyer has asked to cancel a meeting; what is not answered by then is agreed to
    return_at: datetime | None = None  # until when the buyer sends a refunded thing back; set when the address is named
    install_at: datetime | None = None  # it is in the room and not installed; until when
    returned_at: datetime | None = None  # since when it is on its way back
