"""Two grades differ: a senior reads both and decides, with a reason that stays."""

from __future__ import annotations

from app.appraisal import service as appraisals
from app.kernel.audit import record
from app.kernel.errors import BadState, InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work
from app.peerreviews import queries
from app.peerreviews.models import LOOK_AGAIN, STANDS, ReviewDecision
from app.peerreviews.service.asking import close_asking, free_person, refuse_barred
from app.peerreviews.states import DECIDING, REVIEW_FLOW, SEND_BACK, STAND


def decide(work: Work, code: str, decision: str, reason: str) -> ReviewDecision:
    """The first grade stands and the report is issued, or its appraiser looks again; both grades stay on record either way.

    The reason is read by the appraiser and by the second person. Raises ReviewNotFound, BadState, NotEntitled, InvalidInput.
    """
    review = queries.own_review(work, code)
    appraisals.held(work, review.appraisal_id)  # the order is locked first, as by everybody who moves both
    review = queries.own_review(work, code, lock=True)
    if review.state != DECIDING:
        raise BadState(REVIEW_FLOW.name, review.state, STAND, REVIEW_FLOW.allowed(review.state))
    refuse_barred(work, review)
    reason = reason.strip()
    errors = {} if decision in (STANDS, LOOK_AGAIN) else {"decision": N_("Please choose one of the answers.")}
    if not 10 <= len(reason) <= 500:
        errors["reason"] = N_("Please give the reason in 10 to 500 characters. Both of them read it.")
    if errors:
        raise InvalidInput(errors)
    result = queries.results_of(work, review.id)[-1]
    row = ReviewDecision(
        result_id=result.id,
        appraiser_id=result.appraiser_id,
        reviewer_id=result.reviewer_id,
        by_id=work.actor.id,
        decision=decision,
        reason=reason,
        at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    record(
        work,
        "peer_review.decide",
        "peer_review_decision",
        row.id,
        {"result": result.code, "decision": decision, "reason": reason},
    )
    close_asking(work, review, "decided")
    REVIEW_FLOW.apply(work, review, STAND if decision == STANDS else SEND_BACK, reason=reason, detail={"result": result.code})
    free_person(work, review)
    if decision == STANDS:
        appraisals.let_through(work, review.appraisal_id)
    else:
        appraisals.look_again(work, review.appraisal_id, reason)
    return row
