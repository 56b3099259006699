"""A report with a second look is issued: the pair goes into its appraiser's record, and both are told how it came out."""

from __future__ import annotations

from app.appraisal import queries as appraisal
from app.appraisal.events import ReportSigned
from app.appraisal.service import record_agreement
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.peerreviews import queries
from app.peerreviews.models import AGREES


def on_report_signed(work: Work, event: ReportSigned) -> None:
    """Count the blind comparison: what the appraiser had found before anybody said anything, beside the second look.

    Hearing it twice counts once; corrections are no peer reviews.
    """
    report = appraisal.report_by_code(work, event.report_code)
    review = queries.review_of_order(work, report.appraisal_id)
    if review is None or report.no != 1 or queries.is_counted(work, report.id, review.code):
        return
    blind, last = queries.results_of(work, review.id)[0], queries.results_of(work, review.id)[-1]
    first, second = appraisal.read_verdict(blind.content["first"]), appraisal.read_verdict(blind.content["second"])
    assert first is not None
    assert second is not None
    record_agreement(
        work,
        report,
        source=review.code,
        kind="peer",
        steps=blind.steps,
        critical_misses=blind.critical_misses,
        verdicts=(first, second),
    )
    words = {
        True: N_("The second look came to the same grade; the report is issued."),
        False: N_("The second look differed; a senior appraiser let the report stand, and it is issued."),
    }
    for person_id in (review.appraiser_id, blind.reviewer_id):
        notify(
            work,
            person_id,
            text=words[last.outcome == AGREES],
            values={},
            link=f"/peer-reviews/{review.code}",
            key=f"peer_review.done:{review.code}",
            mail=False,
        )
