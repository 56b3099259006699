"""A draft beside what the second person found: both grades are frozen, and the review moves on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.accounts import queries as accounts
from app.appraisal import queries as appraisal
from app.appraisal.models import ReportDraft
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.outbox import announce
from app.kernel.work import Work
from app.peerreviews import queries
from app.peerreviews.events import ReviewerWanted
from app.peerreviews.models import AGREES, DIFFERED, PeerReview, ReviewResult
from app.peerreviews.rules import differing
from app.peerreviews.states import AGREE, DIFFER, REVIEW_FLOW
from app.schemes.queries import get_scheme
from grading import GradeResult, Scheme

FORMAT = "xunyi-peer-review/1"


def compare(work: Work, review: PeerReview, draft: ReportDraft) -> ReviewResult:
    """Freeze both grades. The same grade agrees; for another one a senior is wanted.

    The first comparison is blind. Later ones set a new draft beside the same answers of the second person, whose look stays what
    it was.
    """
    earlier = queries.results_of(work, review.id)
    order = appraisal.appraisal_by_id(work, review.appraisal_id)
    scheme = get_scheme(work, order.scheme_id)
    result = appraisal.seconded(scheme, draft, review.answers)
    reviewer_id = earlier[0].reviewer_id if earlier else work.actor.id
    first, second = appraisal.verdict_of_draft(scheme, draft), appraisal.verdict_of_result(scheme, result)
    critical = appraisal.missed(appraisal.stops_of_draft(draft), appraisal.stops_of_result(result))
    outcome = AGREES if appraisal.is_same(first, second) else DIFFERED
    steps = appraisal.steps_between(first, second)
    content = {
        "format": FORMAT,
        "review": review.code,
        "appraisal": order.code,
        "no": len(earlier) + 1,
        "draft": {"code": draft.code, "sha256": draft.sha256},
        "reasons": review.reasons,
        "basis": review.basis,
        "appraiser": accounts.user_by_id(work, draft.appraiser_id).code,
        "reviewer": accounts.user_by_id(work, reviewer_id).code,
        **_grades(scheme, draft, result, review.answers),
        "outcome": outcome,
        "steps": steps,
        "critical_misses": list(critical),
    }
    row = ReviewResult(
        review_id=review.id,
        draft_id=draft.id,
        no=len(earlier) + 1,
        appraiser_id=draft.appraiser_id,
        reviewer_id=reviewer_id,
        outcome=outcome,
        steps=steps,
        critical_misses=len(critical),
        content=content,
        sha256=sha256_hex(canonical(content)),
        at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    told = {"result": row.code, "sha256": row.sha256, "first": content["first"], "second": content["second"]}
    REVIEW_FLOW.apply(work, review, AGREE if outcome == AGREES else DIFFER, detail=told)
    if outcome == DIFFERED:
        announce(work, ReviewerWanted(review.id))
    return row


def _grades(scheme: Scheme, draft: ReportDraft, result: GradeResult, answers: Mapping[str, str]) -> dict[str, Any]:
    judged = {key: value for key, value in answers.items() if value not in ("", appraisal.NOT_JUDGED)}
    first = draft.content["result"]
    asked = [item.key for item in scheme.items] + [fact.key for fact in scheme.facts]
    return {
        "scheme": {"id": scheme.reference, "sha256": scheme.sha256},
        "first": {**appraisal.verdict_of_draft(scheme, draft).as_dict(), "score": first["score"]},
        "second": {
            **appraisal.verdict_of_result(scheme, result).as_dict(),
            "score": None if result.score is None else str(result.score),
        },
        "answers": judged,
        "not_judged": sorted(key for key, value in answers.items() if value == appraisal.NOT_JUDGED),
        "differs": differing(asked, judged, appraisal.first_answers(draft)),
    }
