"""When what happens in the demo town: the steps of every phone, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.town import Inspection, Phone, Sale
from app.kernel.time import SHANGHAI

# Days after buying.
SEND, RECEIVE, DECIDE, RULE, TAKE_BACK = 1.1, 3.0, 3.8, 5.0, 7.5
FRESH_DAYS = 3.5  # from here on the hours matter for what is still open
SOON = 0.01  # days between two steps of one phone at the least


@dataclass(frozen=True)
class Step:
    """One thing that somebody does; ``verb`` is a method of ``selling.Street``."""

    days_ago: float
    verb: str
    phone: Phone


def plan(phones: Sequence[Phone], now: datetime) -> list[Step]:
    """Everything that happens to these phones, first things first."""
    steps = [step for phone in phones for step in _by_day(phone, now)]
    return sorted(steps, key=lambda step: -step.days_ago)  # stable: steps of one moment keep their order


def _by_day(phone: Phone, now: datetime) -> Iterator[Step]:
    """The steps of one phone, moved into hours in which people are awake; what is fresh keeps its distance from now."""
    latest = float("inf")
    for number, step in enumerate(_of(phone)):
        days_ago = step.days_ago
        if days_ago > FRESH_DAYS:
            day = (now - timedelta(days=days_ago)).astimezone(SHANGHAI)
            hour = day.replace(hour=9 + number, minute=int(phone.code[1:]) * 17 % 60, second=number * 7)
            days_ago = (now - hour) / timedelta(days=1)
        latest = min(days_ago, latest - SOON)
        yield Step(latest, step.verb, phone)


def _of(phone: Phone) -> Iterator[Step]:
    yield Step(phone.listed, "offer", phone)
    if phone.appraisal is not None:
        for share, verb in _inspection(phone.appraisal):
            yield Step(phone.listed - share * phone.appraisal.after, verb, phone)
    if phone.sale is not None:
        bought = phone.listed - phone.sale.after
        for days, verb in _sale(phone.sale):
            yield Step(bought - days, verb, phone)
        if phone.later is not None:
            yield Step(bought - TAKE_BACK, "offer_again", phone)


def _inspection(inspection: Inspection) -> Iterator[tuple[float, str]]:
    """Share of the days until the signature, and what happens then."""
    yield 0.3, "request_appraisal"
    if inspection.until != "requested":
        yield 0.6, "begin_inspection"
    if inspection.until == "signed":
        yield 1.0, "sign_report"


def _sale(sale: Sale) -> Iterator[tuple[float, str]]:
    yield 0.0, "buy"
    if sale.until == "paid":
        return
    yield SEND, "hand_to_carrier" if sale.by == "parcel" else "arrange"
    if sale.until == "shipped":
        return
    yield RECEIVE, "receive" if sale.by == "parcel" else "meet"
    if sale.until in ("problem", "refunded"):
        yield DECIDE, "complain"
    if sale.until == "completed":
        yield DECIDE, "accept"
    if sale.until == "refunded":
        yield RULE, "rule_refund"
