"""How often an appraiser's reports were found again by a second, independent look. Counted from rows that everybody can read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.appraisal.agreement import Figures, Pair, Verdict, figures, read_verdict
from app.appraisal.models import Agreement, Report
from app.kernel.time import shanghai_day
from app.kernel.work import Work


@dataclass(frozen=True)
class Compared:
    """One comparison, as everybody reads it. ``steps``: tiers that the report was better than the second look."""

    category: str
    kind: str
    source: str
    report: str
    second_report: str | None
    agency_id: int
    steps: int | None
    critical_misses: int
    day: str
    first: Verdict | None = None
    second: Verdict | None = None

    @property
    def pair(self) -> Pair:
        return Pair(self.steps, self.critical_misses, self.first, self.second)


@dataclass(frozen=True)
class Accuracy:
    """The figures of one category (see ``agreement.Figures``)."""

    category: str
    figures: Figures


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
                source=one.source,
                report=codes[one.report_id],
                second_report=codes[one.second_report_id] if one.second_report_id else None,
                agency_id=one.agency_id,
                steps=one.steps,
                critical_misses=one.critical_misses,
                day=shanghai_day(one.at).isoformat(),
                first=read_verdict(one.first_verdict),
                second=read_verdict(one.second_verdict),
            )
        )
    return found


def accuracy(rows: Sequence[Compared]) -> list[Accuracy]:
    """The figures by category, from the rows alone: whoever has the rows gets the same figures."""
    return [
        Accuracy(category, figures([one.pair for one in rows if one.category == category]))
        for category in sorted({one.category for one in rows})
    ]
