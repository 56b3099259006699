"""How a report compares with a second, independent look: the only door through which accuracy is counted."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from app.appraisal.agreement import Verdict, verdict
from app.appraisal.models import Agreement, Report
from app.credit import service as credit
from app.goods.models import Thing
from app.kernel.audit import record
from app.kernel.errors import Conflict
from app.kernel.work import Work
from app.schemes.queries import get_scheme


def record_agreement(
    work: Work,
    report: Report,
    *,
    source: str,
    kind: str,
    steps: int | None,
    critical_misses: int,
    second: Report | None = None,
    verdicts: tuple[Verdict, Verdict] | None = None,
) -> Agreement:
    """Count one comparison for the appraiser who signed ``report``.

    ``source``: code of the draw, contest or peer review that brought it about, once per report. ``kind``: "blind", "contest" or
    "peer". ``steps``: tiers by which the report was better than the second look (negative: worse), None when they cannot be
    compared (one is graded, the other an accident car). ``verdicts``: what both came to, where that does not stand in ``second``.
    The appraiser's credit record gets the outcome too. Raises Conflict when this source was counted for the report already.
    """
    category = work.session.get_one(Thing, report.thing_id).category
    if verdicts is None and second is not None:
        verdicts = (_verdict_of(work, report), _verdict_of(work, second))
    agreement = Agreement(
        appraiser_id=report.appraiser_id,
        agency_id=report.agency_id,
        category=category,
        report_id=report.id,
        second_report_id=second.id if second else None,
        kind=kind,
        source=source,
        steps=steps,
        critical_misses=critical_misses,
        first_verdict=verdicts[0].as_dict() if verdicts else None,
        second_verdict=verdicts[1].as_dict() if verdicts else None,
        at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.session.add(agreement)
    except IntegrityError as counted:
        raise Conflict() from counted
    detail = {"report": report.code, "source": source, "steps": steps, "critical_misses": critical_misses}
    record(work, "agreement.record", "appraisal_agreement", agreement.id, detail)
    credit.record(
        work,
        "appraisal.reinspected",
        report.appraiser_id,
        {
            "category": category,
            "report_sha256": report.sha256,
            "kind": kind,
            "found": _found(steps),
            "tiers_apart": None if steps is None else abs(steps),
            "critical_misses": critical_misses,
        },
        key=f"appraisal.reinspected:{agreement.code}",
    )
    return agreement


def _found(steps: int | None) -> str:
    """How the report compares with the second look, as a word of the credit record."""
    if steps is None:
        return "not_comparable"
    return "same" if steps == 0 else "better" if steps > 0 else "worse"


def _verdict_of(work: Work, report: Report) -> Verdict:
    return verdict(get_scheme(work, report.scheme_id), report.status, report.tier)
