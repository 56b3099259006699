"""Which reports are looked at again without anybody asking: drawn by a seed that nobody could know when they were signed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy.exc import IntegrityError

from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.errors import AlreadyLookedAt
from app.appraisal.models import Report
from app.appraisal.models.second_looks import BLIND
from app.appraisal.queries.standing import CONFIRMING, EXPIRED, REVOKED, SUPERSEDED
from app.credit import service as credit
from app.goods.models import Thing
from app.kernel.draw import draw, find_entry
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.time import SHANGHAI, shanghai_day
from app.kernel.work import Work
from app.reinspection.events import AgencyWanted
from app.reinspection.models import Reinspection
from app.reinspection.queries import month_of, open_reinspection
from app.reinspection.rules import owed
from app.reinspection.states import REINSPECTION_FLOW, SEEKING
from app.reinspection.terms import terms_on

SHARE = "re-inspection"  # purpose of the draw of each report; its subject is the report
MONTH = "re-inspection-month"  # purpose of the draw that fills a month up; its subject is "<appraiser>:<month>:<count>"
PARTS = 100  # a share is drawn in whole percent

OVER = (REVOKED, SUPERSEDED, EXPIRED, CONFIRMING)  # a report that stands so is not looked at again


def draw_report(work: Work, sealer: Sealer, report_code: str, percent: int) -> Reinspection | None:
    """After a report was issued: draw whether it is looked at again (job). Again gives the same; None when it is not.

    Corrections and reports of second looks are not drawn: the first version of an ordinary report is.
    """
    report = appraisals.report_by_code(work, report_code)
    if percent == 0 or report.no != 1 or appraisals.is_second_look(work, report_code):
        return None
    if draw(work, sealer, SHARE, report_code, PARTS) >= percent:
        return None
    return _begin(work, report)


def draw_month(work: Work, sealer: Sealer, least: int) -> list[Reinspection]:
    """Once a month is over: draw so many more of each appraiser's reports that ``least`` of them are looked at again (job).

    Fewer only where fewer were signed, or are still in force. Run again it finds nothing left to do.
    """
    until = datetime.combine(shanghai_day(work.now).replace(day=1), time(), SHANGHAI)
    since = datetime.combine((until - timedelta(days=1)).date().replace(day=1), time(), SHANGHAI)
    made = []
    for month in month_of(work, since, until):
        wanted = owed(month.issued, month.drawn, least)
        states = appraisals.report_states(work, month.issued) if wanted else {}
        left = [code for code in month.issued if code not in month.drawn and states and _counts(work, code, states[code])]
        for _ in range(min(wanted, len(left))):
            subject = _next_subject(work, f"{month.appraiser_code}:{_name(since.date())}")
            code = left.pop(draw(work, sealer, MONTH, subject, len(left), list(left)))
            row = _begin(work, appraisals.report_by_code(work, code))
            if row is not None:
                made.append(row)
    return made


def _counts(work: Work, code: str, state: appraisals.ReportState) -> bool:
    """Whether a signed report is in force, itself or in a next version of its own: a correction keeps the grade."""
    if state.kind == SUPERSEDED and state.newer is not None:
        versions = appraisals.version_codes(work, appraisals.report_by_code(work, code))
        return state.newer in versions and appraisals.report_states(work, [state.newer])[state.newer].kind not in OVER
    return state.kind not in OVER


def _next_subject(work: Work, stem: str) -> str:
    """The first count that was not drawn for yet: a subject is drawn for once."""
    no = 1
    while find_entry(work, MONTH, f"{stem}:{no}") is not None:
        no += 1
    return f"{stem}:{no}"


def _name(first_day: date) -> str:
    return first_day.isoformat()[:7]


def _begin(work: Work, report: Report) -> Reinspection | None:
    """The report is looked at again from now on; None when a version of it is already (drawn before, or contested meanwhile)."""
    if open_reinspection(work, report) is not None:
        return None
    try:
        with work.session.begin_nested():
            look = appraising.begin_second_look(work, report, BLIND)
            row = Reinspection(
                report_id=report.id,
                kind=BLIND,
                state=SEEKING,
                version=1,
                entered_at=work.now,
                created_at=work.now,
                terms_id=terms_on(shanghai_day(work.now)).id,
                second_look_id=look.id,
            )
            work.session.add(row)
    except (IntegrityError, AlreadyLookedAt):
        return None
    REINSPECTION_FLOW.start(work, row, {"report": report.code})
    credit.record(
        work,
        "appraisal.reinspection_drawn",
        report.appraiser_id,
        {"category": work.session.get_one(Thing, report.thing_id).category, "report_sha256": report.sha256},
        key=f"appraisal.reinspection_drawn:{report.code}",
    )
    announce(work, AgencyWanted(row.id))
    return row
