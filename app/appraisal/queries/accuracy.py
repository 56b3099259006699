"""How often an appraiser's reports were found again by a second, independent look. Counted from rows that everybody can read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select

from app.appraisal.models import Agreement, Report
from app.kernel.time import shanghai_day
from app.kernel.work import Work


@dataclass(frozen=True)
class Compared:
    """One comparison, as everybody reads it. ``steps``: tiers that the report was better than the second look."""

    category: str
    kind: str
    report: str
    second_report: str | None
    agency_id: int
    steps: int | None
    critical_misses: int
    day: str


@dataclass(frozen=True)
class Accuracy:
    """The figures of one category. ``bias``: mean of the signed steps over the comparable pairs, two decimals, half up."""

    category: str
    compared: int
    exact: int
    within_one: int
    bias: Decimal | None
    critical_misses: int


def comparisons(work: Work, appraiser_ids: Collection[int]) -> dict[int, list[Compared]]:
    """The rows that count for each appraiser, newest first, of whatever agency they worked for. Two queries."""
    rows = list(
        work.session.scalars(
            select(Agreement).where(Agreement.appraiser_id.in_(list(appraiser_ids))).order_by(Agreement.id.desc())
        )
    )
    wanted = {one.report_id for one in rows} | {one.second_report_id for one in rows if one.second_report_id}
    reports = work.session.execute(select(Report.id, Report.code).where(Report.id.in_(wanted)))
    codes = {row.id: row.code for row in reports}
    found: dict[int, list[Compared]] = {appraiser_id: [] for appraiser_id in appraiser_ids}
    for one in rows:
        found[one.appraiser_id].append(
            Compared(
                category=one.category,
                kind=one.kind,
                report=codes[one.report_id],
                second_report=codes[one.second_report_id] if one.second_report_id else None,
                agency_id=one.agency_id,
                steps=one.steps,
                critical_misses=one.critical_misses,
                day=shanghai_day(one.at).isoformat(),
            )
        )
    return found


def accuracy(rows: Sequence[Compared]) -> list[Accuracy]:
    """The figures by category, from the rows alone: whoever has the rows gets the same figures."""
    found = []
    for category in sorted({one.category for one in rows}):
        own = [one for one in rows if one.category == category]
        steps = [one.steps for one in own if one.steps is not None]
        mean = (Decimal(sum(steps)) / len(steps)).quantize(Decimal("0.01"), ROUND_HALF_UP) if steps else None
        found.append(
            Accuracy(
                category=category,
                compared=len(own),
                exact=sum(step == 0 for step in steps),
                within_one=sum(abs(step) <= 1 for step in steps),
                bias=mean,
                critical_misses=sum(one.critical_misses for one in own),
            )
        )
    return found
