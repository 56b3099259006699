"""An owner asks an agency; an appraiser accepts, declines or cannot finish."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.appraisal.errors import (
    AppraisalAlreadyOpen,
    AppraisalNotFound,
    OwnThing,
    TooClose,
)
from app.appraisal.models import Appraisal
from app.appraisal.queries import agencies, open_appraisal, visible_appraisal
from app.appraisal.rules import scheme_category
from app.appraisal.service.fetching import for_agency, for_inspector, tell_owner
from app.appraisal.states import (
    ACCEPT,
    APPRAISAL_FLOW,
    CANCEL,
    CHANGE_HANDS,
    DECLINE,
    GIVE_UP,
    REQUESTED,
)
from app.goods import queries as goods_queries
from app.goods.events import ThingTransferred
from app.goods.models import Thing
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.notices.service import notify
from grading import scheme_for

DEALING_KEEPS_APART_DAYS = 365  # after a sale between them, neither appraises what is the other's; our own choice


def request(work: Work, thing_code: str, agency_code: str) -> Appraisal:
    """Ask an agency to appraise the actor's own thing.

    Raises AppraisalAlreadyOpen when one is under way (the database's partial unique index decides), InvalidInput for an
    unknown agency and for one's own. One that an earlier owner left open ends.
    """
    thing = goods_queries.owned_thing(work, thing_code)
    _end_for_new_owner(work, thing)
    agency = next((agency for agency in agencies(work) if agency.code == agency_code), None)
    if agency is None:
        raise InvalidInput({"agency": N_("Please choose one of the agencies.")})
    if agency.id in {each.id for _role, each in accounts.memberships_of(work, work.actor.id)}:
        raise InvalidInput({"agency": N_("You work for this agency. Please choose another one.")})
    appraisal = Appraisal(
        state=REQUESTED,
        version=1,
        entered_at=work.now,
        created_at=work.now,
        thing_id=thing.id,
        owner_id=work.actor.id,
        agency_id=agency.id,
        scheme_id=scheme_for(scheme_category(thing), shanghai_day(work.now)).reference,
        findings={},
        findings_rev=0,
    )
    try:
        with work.session.begin_nested():
            work.session.add(appraisal)
    except IntegrityError as taken:
        raise AppraisalAlreadyOpen() from taken
    APPRAISAL_FLOW.start(work, appraisal)
    for member in accounts.members(work, agency.id, "appraiser"):
        notify(
            work,
            member.id,
            text=N_("A new item waits for your agency's appraisal."),
            values={},
            link=f"/appraisals/{appraisal.code}",
            key=f"appraisal.requested:{appraisal.code}",
            mail=False,
        )
    return appraisal


def accept(work: Work, code: str) -> Appraisal:
    """Take the order as the appraiser who will inspect and sign, by the scheme in force today.

    Raises OwnThing for the owner's own thing, TooClose for a colleague or somebody who dealt with the owner lately.
    """
    appraisal = for_agency(work, code)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    refuse_own(work, appraisal, thing)
    appraisal.appraiser_id = work.actor.id
    appraisal.scheme_id = scheme_for(scheme_category(thing), shanghai_day(work.now)).reference
    APPRAISAL_FLOW.apply(work, appraisal, ACCEPT)
    tell_owner(work, appraisal, N_("An appraiser has accepted your item and will inspect it."), "accepted")
    return appraisal


def decline(work: Work, code: str, reason: str) -> Appraisal:
    """Send the order back to the owner, who can ask another agency."""
    appraisal = for_agency(work, code)
    appraisal.decline_reason = reason
    APPRAISAL_FLOW.apply(work, appraisal, DECLINE, reason=reason)
    tell_owner(work, appraisal, N_("The agency cannot appraise your item now. You can ask another agency."), "declined")
    return appraisal


def give_up(work: Work, code: str, reason: str) -> Appraisal:
    """The appraiser cannot finish (the phone never came, cannot be opened ...); the owner can ask again."""
    appraisal = for_inspector(work, code)
    reason = reason.strip()
    if not reason:
        raise InvalidInput({"reason": N_("Please say why, in words that the owner understands.")})
    appraisal.decline_reason = reason
    APPRAISAL_FLOW.apply(work, appraisal, GIVE_UP, reason=reason)
    tell_owner(
        work, appraisal, N_("The appraiser could not finish the appraisal of your item. You can ask an agency again."), "unable"
    )
    return appraisal


def on_thing_transferred(work: Work, event: ThingTransferred) -> None:
    """What the earlier owner had asked for ends: the new owner decides whether the thing is appraised."""
    _end_for_new_owner(work, work.session.get_one(Thing, event.thing_id))


def cancel(work: Work, code: str) -> Appraisal:
    """The owner takes the order back before the inspection has begun."""
    appraisal = visible_appraisal(work, code)
    if appraisal.owner_id != work.actor.user_id:
        raise AppraisalNotFound()
    APPRAISAL_FLOW.apply(work, appraisal, CANCEL)
    if appraisal.appraiser_id is not None:
        notify(
            work,
            appraisal.appraiser_id,
            text=N_("The owner has taken back an appraisal that you had accepted."),
            values={},
            link=f"/appraisals/{appraisal.code}",
            key=f"appraisal.cancelled:{appraisal.code}",
            mail=False,
        )
    return appraisal


def refuse_own(work: Work, appraisal: Appraisal, thing: Thing) -> None:
    owners = {appraisal.owner_id, thing.owner_id}
    if work.actor.id in owners:
        raise OwnThing()
    since = work.now - timedelta(days=DEALING_KEEPS_APART_DAYS)
    colleagues = {each.id for _role, each in accounts.memberships_of(work, work.actor.id)}
    for owner_id in owners:
        if colleagues & {each.id for _role, each in accounts.memberships_of(work, owner_id)}:
            raise TooClose()
        if goods_queries.dealt_with(work, work.actor.id, owner_id, since):
            raise TooClose()


def _end_for_new_owner(work: Work, thing: Thing) -> None:
    """Cancel the open appraisal of somebody who no longer owns the thing, and tell both sides. Again does nothing."""
    appraisal = open_appraisal(work, thing.id)
    if appraisal is None or appraisal.owner_id == thing.owner_id:
        return
    APPRAISAL_FLOW.apply(work, appraisal, CHANGE_HANDS)
    message = N_("An appraisal has ended because the item has a new owner.")
    tell_owner(work, appraisal, message, "changed_hands")
    if appraisal.appraiser_id is not None:
        notify(
            work,
            appraisal.appraiser_id,
            text=message,
            values={},
            link=f"/appraisals/{appraisal.code}",
            key=f"appraisal.changed_hands:{appraisal.code}",
            mail=False,
        )
