"""What becomes of somebody's orders when they no longer appraise for the agency: nothing stays lying with nobody.

What is asked without a fee waits for whoever takes it: when the last appraiser of the kind leaves it ends, and the owner is told.
What they were only asked for is drawn anew; what they had taken ends as "the appraiser cannot go on", with the fee parted as the
terms say for that; a correction is given up, the report stands. A report that they have signed goes its way to the senior or to
the second look: it is theirs, and finished. A senior who leaves gives the drafts that wait for them back to their appraisers.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.events import MemberLeft
from app.appraisal.models import Appraisal
from app.appraisal.queries import appraisers_for, is_meeting_undecided, naming, terms_of_order
from app.appraisal.service.assigning import back_to_the_draw
from app.appraisal.service.correcting import dropped
from app.appraisal.service.fetching import locked, tell_appraiser
from app.appraisal.service.ordering import end_unable, turn_away
from app.appraisal.states import (
    APPRAISAL_FLOW,
    ASSIGNED,
    CORRECTING,
    CORRECTION_DRAFT,
    FROZEN,
    PASS,
    REOPEN,
    REPORT_DRAFT,
    REQUESTED,
    REVIEWED,
    TAKEN,
)
from app.goods.models import Thing
from app.kernel.text import N_
from app.kernel.work import Work

LEFT_KIND = "appraiser_away"  # of the terms' reasons
LEFT = {
    "zh": "鉴定师已不在这家机构任职。",
    "en": "The appraiser no longer works for the agency.",
}  # to the owner, in their language
NOBODY = {
    "zh": "这家机构目前没有能鉴定这类物品的鉴定师。",
    "en": "The agency has no appraiser for this at the moment.",
}
HELD = (ASSIGNED, *TAKEN, REPORT_DRAFT, CORRECTING, CORRECTION_DRAFT)  # needs the appraiser to go on


def on_member_left(work: Work, event: MemberLeft) -> None:
    """Somebody no longer has a role in an organisation. Again does nothing."""
    membership = accounts.membership_by_id(work, event.membership_id)
    if membership.role != "appraiser" or _appraises(work, membership.user_id, membership.organisation_id):
        return
    mine = select(Appraisal.id).where(
        Appraisal.appraiser_id == membership.user_id,
        Appraisal.agency_id == membership.organisation_id,
        Appraisal.state.in_(HELD),
    )
    for appraisal_id in work.session.scalars(mine.order_by(Appraisal.id)).all():
        _let_go(work, locked(work, appraisal_id))
    waiting = select(Appraisal.id, Thing.category).join(Thing, Thing.id == Appraisal.thing_id)
    waiting = waiting.where(Appraisal.agency_id == membership.organisation_id, Appraisal.state == REQUESTED)
    for appraisal_id, category in work.session.execute(waiting.order_by(Appraisal.id)).all():
        if not appraisers_for(work, membership.organisation_id, category):
            _turn_away(work, locked(work, appraisal_id))
    # Also what its appraiser has not signed yet: it would be handed on to somebody who cannot open it.
    for appraisal, _draft in naming(work, membership.user_id, (*FROZEN, *REVIEWED)):
        if appraisal.agency_id == membership.organisation_id:
            _give_draft_back(work, locked(work, appraisal.id))


def end_if_left(work: Work, appraisal: Appraisal) -> None:
    """A report came back to its appraiser, who may have left since: then the order ends as it would have before.

    Nobody leaves between this look and the end of the transaction: who did would not find the order among those that need them.
    """
    accounts.hold_roles(work, appraisal.agency_id)
    if appraisal.appraiser_id is not None and not _appraises(work, appraisal.appraiser_id, appraisal.agency_id):
        _let_go(work, appraisal)


def _let_go(work: Work, appraisal: Appraisal) -> None:
    if appraisal.state in FROZEN:
        APPRAISAL_FLOW.apply(work, appraisal, REOPEN, reason=LEFT_KIND)
    if appraisal.state == ASSIGNED:
        back_to_the_draw(work, appraisal, PASS, "passed", None)
    elif appraisal.state == CORRECTING:
        dropped(work, appraisal)
    elif appraisal.state in TAKEN and not is_meeting_undecided(work, appraisal):  # else that is settled, and ends it
        listed = terms_of_order(work, appraisal).reason(LEFT_KIND)
        assert listed is not None  # every version of the terms lists it
        end_unable(work, appraisal, listed, _for_owner(work, appraisal, LEFT), pass_on=True)


def _turn_away(work: Work, appraisal: Appraisal) -> None:
    if appraisal.state == REQUESTED:
        turn_away(work, appraisal, _for_owner(work, appraisal, NOBODY))


def _for_owner(work: Work, appraisal: Appraisal, words: Mapping[str, str]) -> str:
    return words["en" if accounts.user_by_id(work, appraisal.owner_id).locale == "en" else "zh"]


def _give_draft_back(work: Work, appraisal: Appraisal) -> None:
    APPRAISAL_FLOW.apply(work, appraisal, REOPEN, reason="reviewer_away")
    tell_appraiser(
        work,
        appraisal,
        N_("The senior who was to sign your report no longer works for the agency. Please sign it again and choose another one."),
        f"reviewer_left.{appraisal.version}",
    )
    end_if_left(work, appraisal)


def _appraises(work: Work, user_id: int, agency_id: int) -> bool:
    return any(one.id == user_id for one in accounts.members(work, agency_id, "appraiser"))
