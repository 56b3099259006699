"""Whether a report still counts: worked out whenever it is shown, never by a job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from app.appraisal.models import Report, ReportRevocation
from app.appraisal.validity import changed_facts, seen_facts
from app.goods.models import Thing
from app.kernel.time import shanghai_day
from app.kernel.work import Work

VALID, CHANGED, EXPIRED, SUPERSEDED, REVOKED = "valid", "changed", "expired", "superseded", "revoked"


@dataclass(frozen=True)
class ReportState:
    """How a report stands today. ``kind``: the first that holds of revoked, superseded, expired, changed; else valid."""

    kind: str
    valid_until: date | None
    changed: tuple[str, ...] = ()  # facts of the thing that are said otherwise now
    reason: str = ""  # of the revocation
    revoked_at: datetime | None = None
    newer: str | None = None  # code of the report that took its place

    @property
    def counts(self) -> bool:
        """Whether a buyer may rely on it for the thing as it is offered."""
        return self.kind == VALID


def report_state(work: Work, report: Report) -> ReportState:
    """How this report stands today."""
    return report_states(work, [report.code])[report.code]


def report_states(work: Work, codes: Iterable[str]) -> dict[str, ReportState]:
    """How each of these reports stands today: one query. Unknown codes are left out."""
    wanted = [code for code in dict.fromkeys(codes) if code]
    if not wanted:
        return {}
    newest = select(func.max(Report.id)).where(Report.thing_id == Thing.id).correlate(Thing).scalar_subquery()
    rows = (
        select(
            Report.id, Report.code, Report.valid_until, Report.seen, ReportRevocation.reason, ReportRevocation.revoked_at,
            Thing, newest,
        )
        .join(Thing, Thing.id == Report.thing_id)
        .outerjoin(ReportRevocation, ReportRevocation.report_id == Report.id)
        .where(Report.code.in_(wanted))
    )  # fmt: skip
    today = shanghai_day(work.now)
    found: dict[str, ReportState] = {}
    replaced: dict[str, int] = {}
    for report_id, code, valid_until, seen, reason, revoked_at, thing, last in work.session.execute(rows):
        changed = changed_facts(thing.category, seen, seen_facts(thing))
        kind = VALID
        if revoked_at is not None:
            kind = REVOKED
        elif last != report_id:
            kind, replaced[code] = SUPERSEDED, last
        elif valid_until is not None and today > valid_until:
            kind = EXPIRED
        elif changed:
            kind = CHANGED
        found[code] = ReportState(kind, valid_until, changed, reason or "", revoked_at)
    if replaced:
        known = dict(work.session.execute(select(Report.id, Report.code).where(Report.id.in_(replaced.values()))).all())
        for code, last in replaced.items():
            state = found[code]
            found[code] = ReportState(state.kind, state.valid_until, state.changed, newer=known[last])
    return found
