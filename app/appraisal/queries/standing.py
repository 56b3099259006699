"""Whether a report still counts: worked out whenever it is shown, never by a job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.appraisal.models import Appraisal, Report, ReportRevocation, SecondLook, SecondLookOrder
from app.appraisal.models.second_looks import CONTEST, UPHELD
from app.appraisal.queries.reports import report_of
from app.appraisal.queries.second_looks import stands
from app.appraisal.validity import SEEN_OF, changed_facts, seen_facts
from app.goods.models import Thing
from app.kernel.time import shanghai_day
from app.kernel.work import Work

VALID, CHANGED, EXPIRED, SUPERSEDED, REVOKED = "valid", "changed", "expired", "superseded", "revoked"
CONTESTED = "contested"  # another agency looks at the thing because somebody doubts the grade
CONFIRMING = "confirming"  # of a second look that found the same; the first report stays in force


@dataclass(frozen=True)
class ReportState:
    """How a report stands today. ``kind``: the first that holds of those in ``report_states``; else valid."""

    kind: str
    valid_until: date | None
    changed: tuple[str, ...] = ()  # facts of the thing that are said otherwise now
    reason: str = ""  # of the revocation
    revoked_at: datetime | None = None
    newer: str | None = None  # code of the report that took its place, or that a second look confirms
    upheld_on: date | None = None  # when another agency found the same grade

    @property
    def counts(self) -> bool:
        """Whether a buyer may rely on it for the thing as it is offered."""
        return self.kind == VALID


def _states() -> Select[Any]:
    """A row for each report of ``codes``. Put together once: that costs more than asking it."""
    other, looked = aliased(Report), aliased(Report)
    newest = select(func.max(other.id)).where(other.thing_id == Thing.id, stands(other)).correlate(Thing).scalar_subquery()
    contested = exists().where(
        SecondLook.report_id == looked.id,
        looked.thing_id == Thing.id,
        SecondLook.kind == CONTEST,
        SecondLook.ended_at.is_(None),
    )
    upheld = (
        select(func.max(SecondLook.ended_at))
        .where(SecondLook.report_id == Report.id, SecondLook.outcome == UPHELD)
        .correlate(Report)
        .scalar_subquery()
    )
    return (
        select(
            Report.id, Report.code, Report.valid_until, Report.seen, ReportRevocation.reason, ReportRevocation.revoked_at,
            *(getattr(Thing, name) for name in SEEN_OF),
            newest.label("last"), contested.label("is_contested"), upheld.label("upheld_at"),
        )
        .join(Thing, Thing.id == Report.thing_id)
        .outerjoin(ReportRevocation, ReportRevocation.report_id == Report.id)
        .where(Report.code.in_(bindparam("codes", expanding=True)))
    )  # fmt: skip


_STATES = _states()


def report_state(work: Work, report: Report) -> ReportState:
    """How this report stands today."""
    return report_states(work, [report.code])[report.code]


def report_states(work: Work, codes: Iterable[str]) -> dict[str, ReportState]:
    """How each of these reports stands today: one query. Unknown codes are left out."""
    wanted = [code for code in dict.fromkeys(codes) if code]
    if not wanted:
        return {}
    today = shanghai_day(work.now)
    found: dict[str, ReportState] = {}
    replaced: dict[str, int] = {}
    for row in work.session.execute(_STATES, {"codes": wanted}):
        changed = changed_facts(row.category, row.seen, seen_facts(row))
        kind = VALID
        if row.revoked_at is not None:
            kind = REVOKED
        elif row.last is not None and row.last != row.id:
            kind, replaced[row.code] = SUPERSEDED if row.last > row.id else CONFIRMING, row.last
        elif row.valid_until is not None and today > row.valid_until:
            kind = EXPIRED
        elif row.is_contested:
            kind = CONTESTED
        elif changed:
            kind = CHANGED
        upheld_on = shanghai_day(row.upheld_at) if row.upheld_at is not None else None
        found[row.code] = ReportState(kind, row.valid_until, changed, row.reason or "", row.revoked_at, upheld_on=upheld_on)
    if replaced:
        known = dict(work.session.execute(select(Report.id, Report.code).where(Report.id.in_(replaced.values()))).all())
        for code, last in replaced.items():
            state = found[code]
            found[code] = replace(state, newer=known[last])
    return found


def silenced(work: Work, appraisal: Appraisal) -> str | None:
    """Why a next version of this order's report may not speak for the thing now; None where it may.

    It was withdrawn; the report of another order speaks instead; it is one that only confirms another; or somebody contests
    it, and another agency looks. A second look that was drawn by lot is no reason before its report is signed: nobody is to
    learn of it by a refusal.
    """
    report = report_of(work, appraisal)
    kind = None if report is None else report_state(work, report).kind
    if kind in (REVOKED, SUPERSEDED, CONFIRMING):
        return kind
    second = aliased(Report)
    is_signed = (
        exists()
        .where(SecondLookOrder.second_look_id == SecondLook.id, second.appraisal_id == SecondLookOrder.appraisal_id)
        .correlate(SecondLook)
    )
    open_look = (
        select(SecondLook.id)
        .join(Report, Report.id == SecondLook.report_id)
        .where(
            Report.appraisal_id == appraisal.id,
            SecondLook.ended_at.is_(None),
            or_(SecondLook.kind == CONTEST, is_signed),
        )
    )
    return CONTESTED if work.session.scalars(open_look.limit(1)).first() is not None else None
