"""The checklist of an order at delivery, what the buyer handed in, and which grade the thing would have with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.kernel.work import Work
from app.media import queries as media
from app.media.models import Photo
from app.trades import states
from app.trades.checklist import looks
from app.trades.models import Order, OrderCheck, OrderCheckLine
from app.trades.models.checks import DIFFERS
from app.trades.queries.promised import PromisedItem, promised_items, report_content, scheme_of
from grading import FindingsError, Scheme, grade

REPORT = "report:"


@dataclass(frozen=True)
class Ask:
    """One line of the checklist: what was promised, how to look, whether a photo of a difference helps."""

    item: PromisedItem
    how: dict[str, str]
    photo: bool

    @property
    def others(self) -> Mapping[str, dict[str, str]]:
        """What may be seen instead, by value; empty where it is a number or said in words."""
        return {value: name for value, name in self.item.choices.items() if value != self.item.value}


@dataclass(frozen=True)
class Checklist:
    """What is asked, and how many further items of the report only somebody with instruments can compare."""

    asks: list[Ask]
    beyond: int
    with_report: bool


def checklist_of(work: Work, order: Order) -> Checklist:
    """From the items of the signed report that a layman can compare; without a report from the seller's frozen answers."""
    promised = {item.key: item for item in promised_items(work, order) if item.is_known}
    with_report = any(key.startswith(REPORT) for key in promised)
    wanted = looks(order.category, with_report=with_report)
    asks = [
        Ask(promised[key], {str(language): text for language, text in look.how.items()}, look.photo)
        for key, look in wanted.items()
        if key in promised
    ]
    return Checklist(asks, len([key for key in promised if key.startswith(REPORT) and key not in wanted]), with_report)


def can_check(order: Order) -> bool:
    """Whether the buyer has the thing, may still check it, and nothing else is being looked at."""
    return order.state == states.ACCEPTANCE and order.held_by_claim is None and order.problem_state != states.PROBLEM_OPEN


def check_of(work: Work, order_id: int) -> OrderCheck | None:
    return work.session.scalars(select(OrderCheck).where(OrderCheck.order_id == order_id)).one_or_none()


@dataclass(frozen=True)
class CheckedLine:
    """A line of a check with its photo."""

    row: OrderCheckLine
    photo: Photo | None


def lines_of(work: Work, check: OrderCheck) -> list[CheckedLine]:
    """In the order of the checklist."""
    wanted = select(OrderCheckLine).where(OrderCheckLine.check_id == check.id).order_by(OrderCheckLine.no)
    rows = list(work.session.scalars(wanted))
    photos = media.photos_by_id(work, [row.photo_id for row in rows if row.photo_id is not None])
    return [CheckedLine(row, photos.get(row.photo_id) if row.photo_id is not None else None) for row in rows]


def differences_of(work: Work, order_id: int) -> list[CheckedLine]:
    """What the buyer found otherwise than promised; none without a check."""
    check = check_of(work, order_id)
    return [] if check is None else [line for line in lines_of(work, check) if line.row.answer == DIFFERS]


@dataclass(frozen=True)
class Delivered:
    """The grade that the report's own scheme gives with what the buyer saw; ``tier`` None: none, ``status`` says why."""

    tier: str | None
    status: dict[str, str]


def grade_as_delivered(work: Work, order: Order, differing: Sequence[OrderCheckLine]) -> Delivered | None:
    """The report graded again with the buyer's findings in place of the appraiser's: a hint, no inspection.

    None without a report, without a difference in it, when one was said in words only, or when its scheme is not kept here.
    """
    content = report_content(work, order)
    of_report = [row for row in differing if row.item_key.startswith(REPORT)]
    if content is None or not of_report or any(row.seen_value is None for row in of_report):
        return None
    scheme = scheme_of(work, content)
    seen = {row.item_key.removeprefix(REPORT): row.seen_value for row in of_report}
    return None if scheme is None else _graded(scheme, content["result"], seen)


def _graded(scheme: Scheme, result: Mapping[str, dict[str, object]], seen: Mapping[str, object]) -> Delivered | None:
    try:
        again = grade(scheme, {**result["findings"], **seen}, result["facts"])
    except FindingsError:  # what a layman sees need not fit together with what was measured
        return None
    return Delivered(again.tier, dict(again.status_name))
