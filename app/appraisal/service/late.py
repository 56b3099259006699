"""A report that does not come, a parcel that does not arrive, a booked time at which nobody met.

Once thing and appraiser are together the owner cannot take the order back (nobody shall see a bad result coming and make it
unseen), so staff see to it that it does not lie for ever: after what the agency has promised and three days more, or while it is
suspended, they end it with the whole fee back. The same holds wherever the order waits for something that its owner cannot
replace by ending it (coming.expect_by).
"""

from __future__ import annotations

from app.accounts import queries as accounts
from app.appraisal.models import Appraisal
from app.appraisal.queries import is_late, may_be_ended, may_sign, order_for_staff, terms_of_order
from app.appraisal.service.fetching import locked, tell_appraiser, tell_owner
from app.appraisal.service.ordering import ABSENT, AWAY, end_unable
from app.appraisal.states import APPRAISAL_FLOW, AWAITING_ITEM, GIVE_UP, REOPEN, SCHEDULED
from app.appraisal.terms import UnableReason
from app.kernel import audit
from app.kernel.errors import BadState, InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify

OTHER = "other"  # of the terms' reasons
ANSWERS = {SCHEDULED: ("owner", "agency"), AWAITING_ITEM: ("owner", "agency")}  # what staff say of who it lay with
NO_ANSWER = {
    SCHEDULED: N_("Please choose one of the answers."),
    AWAITING_ITEM: N_("Please say what became of the parcel: what comes back of the fee follows from it."),
}
LATE_REPORT = (
    N_("The report on your item is late. Our staff look into it; when they end the order the whole fee comes back to you."),
    N_("A report of yours is late. Our staff look into it and may end the order."),
)
WORDS = {
    SCHEDULED: (
        N_("Nobody has said that you met at the booked time. If nobody was there, say so; our staff look into it."),
        N_("Nobody has said that you met the owner at the booked time. Our staff look into it and may end the order."),
    ),
    AWAITING_ITEM: (
        N_(
            "Your parcel has not been received in time. Our staff ask the carrier and the agency. When they end the order the "
            "whole fee comes back; if the carrier knows no such parcel, %(percent)s %% of it."
        ),
        N_("A parcel for you was not received in time. Our staff look into it and may end the order."),
    ),
}


def on_report_timeout(work: Work, appraisal_id: int) -> None:
    """It does not go on: everybody concerned is told, and it stands in the list of staff."""
    appraisal = locked(work, appraisal_id)
    if not is_late(work, appraisal):
        return
    audit.record(work, "appraisal.needs_staff", "appraisal", appraisal.id, {"reason": "late"})
    step = f"late.{appraisal.version}.{work.now:%Y%m%d}"  # said anew after an absence was said
    for_owner, for_appraiser = WORDS.get(appraisal.state, LATE_REPORT)
    share = {"percent": share_unsent(work, appraisal)} if appraisal.state == AWAITING_ITEM else {}
    tell_owner(work, appraisal, for_owner, step, values=share)
    tell_appraiser(work, appraisal, for_appraiser, step)
    for person in accounts.people_with_role(work, "operator"):
        notify(
            work,
            person.id,
            text=N_("An appraisal does not go on in time. Please look at it."),
            link=f"/operator/appraisals/{appraisal.code}",
            key=f"appraisal.{step}:{appraisal.code}",
            mail=False,
        )


def end_late(work: Work, code: str, reason: str, absent: str = "") -> Appraisal:
    """Staff end an order that does not go on in time or whose agency is suspended: the whole fee goes back, and the thing.

    ``absent``: who was not at the booked time ("owner", "agency"), where one has passed; when it was the owner, what the terms
    say goes back. Of a parcel that did not arrive "owner" says that it was never sent: ``share_unsent`` goes back. Where one of
    the two is asked, no answer is refused: it would decide about the fee unsaid.
    What has been signed so far counts no more.
    Raises NotAllowed, BadState while it is not late, InvalidInput.
    """
    appraisal = locked(work, order_for_staff(work, code, to_change=True).id)
    reason = reason.strip()
    if not 4 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please say why, in words that the owner understands.")})
    if absent not in (ANSWERS.get(appraisal.state, ("",)) if is_late(work, appraisal) else ("",)):
        raise InvalidInput({"absent": NO_ANSWER.get(appraisal.state, NO_ANSWER[SCHEDULED])})
    if not may_be_ended(work, appraisal):
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, GIVE_UP, APPRAISAL_FLOW.allowed(appraisal.state))
    audit.record(work, "appraisal.ended_by_staff", "appraisal", appraisal.id, {"reason": reason, "absent": absent})
    before = appraisal.state
    if REOPEN in APPRAISAL_FLOW.allowed(appraisal.state):
        APPRAISAL_FLOW.apply(work, appraisal, REOPEN, reason="late")
    listed, percent = _share(work, appraisal, before, absent)
    return end_unable(work, appraisal, listed, reason, refund_pct=percent, pass_on=absent != "owner")


def share_unsent(work: Work, appraisal: Appraisal) -> int:
    """What percent of the fee goes back of a parcel that its carrier does not know: as for a fixed place; of a suspended agency
    all of it."""
    return 100 if may_sign(work, appraisal.agency_id) else terms_of_order(work, appraisal).refund_pct[AWAITING_ITEM]


def _share(work: Work, appraisal: Appraisal, before: str, absent: str) -> tuple[UnableReason, int]:
    """For which reason of the terms it ends, and what percent of the fee goes back."""
    terms = terms_of_order(work, appraisal)
    is_unsent = absent == "owner" and before == AWAITING_ITEM
    kind = AWAY if absent != "owner" else OTHER if is_unsent else ABSENT
    listed = terms.reason(kind)
    assert listed is not None  # every version of the terms lists it
    if may_sign(work, appraisal.agency_id):
        return listed, 100  # a suspended agency keeps nothing, whoever was away
    return listed, share_unsent(work, appraisal) if is_unsent else listed.refund_pct
