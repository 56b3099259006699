"""What follows from a second look: the signed report is issued as it is, or its appraiser looks again."""

from __future__ import annotations

from app.appraisal.models import Appraisal, Report
from app.appraisal.queries import draft_of
from app.appraisal.service.coming import expect_report
from app.appraisal.service.fetching import locked
from app.appraisal.service.leaving import end_if_left
from app.appraisal.service.signing import issue
from app.appraisal.states import APPRAISAL_FLOW, LET_THROUGH, LOOK_AGAIN, SECOND_LOOK
from app.kernel.errors import BadState
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify


def held(work: Work, appraisal_id: int, event: str = LET_THROUGH) -> Appraisal:
    """The order whose signed report waits for a second look, locked. Raises BadState for every other."""
    appraisal = locked(work, appraisal_id)
    if appraisal.state != SECOND_LOOK:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, event, APPRAISAL_FLOW.allowed(appraisal.state))
    return appraisal


def let_through(work: Work, appraisal_id: int) -> Report:
    """Issue the report that waits, exactly as it was signed.

    Also while its agency is suspended since: everybody had signed before, and who agreed now is of another agency, as nobody of a
    suspended one may (docs/register.md).
    """
    appraisal = held(work, appraisal_id)
    draft = draft_of(work, appraisal)
    assert draft is not None  # without one nothing is held
    return issue(work, appraisal, draft, LET_THROUGH)


def look_again(work: Work, appraisal_id: int, reason: str) -> Appraisal:
    """Give the inspection back to its appraiser, with the reason; every answer is there, the signatures end with their draft."""
    appraisal = held(work, appraisal_id, LOOK_AGAIN)
    APPRAISAL_FLOW.apply(work, appraisal, LOOK_AGAIN, reason=reason)
    expect_report(work, appraisal)
    assert appraisal.appraiser_id is not None
    notify(
        work,
        appraisal.appraiser_id,
        text=N_("A second look at your inspection came to another grade. Please look again: %(reason)s"),
        values={"reason": reason},
        link=f"/appraisals/{appraisal.code}",
        key=f"appraisal.look_again:{appraisal.code}:{appraisal.version}",
        mail=True,
    )
    end_if_left(work, appraisal)
    return appraisal
