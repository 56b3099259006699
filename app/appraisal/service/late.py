"""A report that does not come.

Once thing and appraiser are together the owner cannot take the order back (nobody shall see a bad result coming and make it
unseen), so staff see to it that it does not lie for ever: after what the agency has promised and three days more, or while it is
suspended, they end it with the whole fee back.
"""

from __future__ import annotations

from app.accounts import queries as accounts
from app.appraisal.models import Appraisal
from app.appraisal.queries import is_late, may_be_ended, order_for_staff, terms_of_order
from app.appraisal.service.fetching import locked, tell_appraiser, tell_owner
from app.appraisal.service.ordering import end_unable
from app.appraisal.states import APPRAISAL_FLOW, GIVE_UP, REOPEN
from app.kernel import audit
from app.kernel.errors import BadState, InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify

REASON = "appraiser_away"  # of the terms' reasons: the whole fee goes back


def on_report_timeout(work: Work, appraisal_id: int) -> None:
    """There is no report: everybody concerned is told, and it stands in the list of staff."""
    appraisal = locked(work, appraisal_id)
    if not is_late(work, appraisal):
        return
    audit.record(work, "appraisal.needs_staff", "appraisal", appraisal.id, {"reason": "late"})
    step = f"late.{appraisal.version}"
    message = N_(
        "The report on your item is late. Our staff look into it; when they end the order the whole fee comes back to you."
    )
    tell_owner(work, appraisal, message, step)
    tell_appraiser(work, appraisal, N_("A report of yours is late. Our staff look into it and may end the order."), step)
    for person in accounts.people_with_role(work, "operator"):
        notify(
            work,
            person.id,
            text=N_("A report of an appraisal is late. Please look at it."),
            link=f"/operator/appraisals/{appraisal.code}",
            key=f"appraisal.{step}:{appraisal.code}",
            mail=False,
        )


def end_late(work: Work, code: str, reason: str) -> Appraisal:
    """Staff end an order whose report is late or whose agency is suspended: the whole fee goes back, and the thing.

    What has been signed so far counts no more. Raises NotAllowed, BadState while it is not late, InvalidInput.
    """
    appraisal = locked(work, order_for_staff(work, code).id)
    reason = reason.strip()
    if not 4 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please say why, in words that the owner understands.")})
    if not may_be_ended(work, appraisal):
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, GIVE_UP, APPRAISAL_FLOW.allowed(appraisal.state))
    audit.record(work, "appraisal.ended_by_staff", "appraisal", appraisal.id, {"reason": reason})
    if REOPEN in APPRAISAL_FLOW.allowed(appraisal.state):
        APPRAISAL_FLOW.apply(work, appraisal, REOPEN, reason="late")
    listed = terms_of_order(work, appraisal).reason(REASON)
    assert listed is not None  # every version of the terms lists it
    return end_unable(work, appraisal, listed, reason, pass_on=True)
