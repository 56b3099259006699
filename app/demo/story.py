"""When what happens in the demo town: the steps of every item, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.town import Inspection, Item, Sale
from app.kernel.time import SHANGHAI

# Days after buying.
SEND, RECEIVE, DECIDE, RULE, TAKE_BACK = 1.1, 3.0, 3.8, 5.0, 7.5
FRESH_DAYS = 3.5  # from here on the hours matter for what is still open
SOON = 0.01  # days between two steps of one item at the least


@dataclass(frozen=True)
class Step:
    """One thing that somebody does; ``verb`` is a method of ``selling.Street``."""

    days_ago: float
    verb: str
    item: Item


def plan(items: Sequence[Item], now: datetime) -> list[Step]:
    """Everything that happens to these items, first things first."""
    steps = [step for item in items for step in _by_day(item, now)]
    return sorted(steps, key=lambda step: -step.days_ago)  # stable: steps of one moment keep their order


def days(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps in groups that happen within a day, without two steps of one item: the second may need what the first began."""
    group: list[Step] = []
    for step in steps:
        if group and (group[0].days_ago - step.days_ago > 1 or any(other.item is step.item for other in group)):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def _by_day(item: Item, now: datetime) -> Iterator[Step]:
    """The steps of one item, moved into hours in which people are awake; what is fresh keeps its distance from now."""
    latest = float("inf")
    for number, step in enumerate(_of(item)):
        days_ago = step.days_ago
        if days_ago > FRESH_DAYS:
            day = (now - timedelta(days=days_ago)).astimezone(SHANGHAI)
            hour = day.replace(hour=9 + number, minute=item.number * 17 % 60, second=number * 7)
            days_ago = (now - hour) / timedelta(days=1)
        latest = min(days_ago, latest - SOON)
        yield Step(latest, step.verb, item)


def _of(item: Item) -> Iterator[Step]:
    yield Step(item.listed, "offer", item)
    if item.appraisal is not None:
        for share, verb in _inspection(item.appraisal):
            yield Step(item.listed - share * item.appraisal.after, verb, item)
    if item.sale is not None:
        bought = item.listed - item.sale.after
        for days, verb in _sale(item.sale):
            yield Step(bought - days, verb, item)
        if item.later is not None:
            yield Step(bought - TAKE_BACK, "offer_again", item)


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
