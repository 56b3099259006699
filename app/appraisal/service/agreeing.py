"""How a report compares with a second, independent look: the only door through which accuracy is counted."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from app.appraisal.models import Agreement, Report
from app.goods.models import Thing
from app.kernel.audit import record
from app.kernel.errors import Conflict
from app.kernel.work import Work


def record_agreement(
    work: Work,
    report: Report,
    *,
    source: str,
    kind: str,
    steps: int | None,
    critical_misses: int,
    second: Report | None = None,
) -> Agreement:
    """Count one comparison for the appraiser who signed ``report``.

    ``source``: code of the draw or contest that brought it about, once per report. ``kind``: "blind" or "contest". ``steps``:
    tiers by which the report was better than the second look (negative: worse), None when they cannot be compared (one is graded,
    the other an accident car). Raises Conflict when this source was counted for the report already.
    """
    agreement = Agreement(
        appraiser_id=report.appraiser_id,
        agency_id=report.agency_id,
        category=work.session.get_one(Thing, report.thing_id).category,
        report_id=report.id,
        second_report_id=second.id if second else None,
        kind=kind,
        source=source,
        steps=steps,
        critical_misses=critical_misses,
        at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.session.add(agreement)
    except IntegrityError as counted:
        raise Conflict() from counted
    detail = {"report": report.code, "source": source, "steps": steps, "critical_misses": critical_misses}
    record(work, "agreement.record", "appraisal_agreement", agreement.id, detail)
    return agreement
