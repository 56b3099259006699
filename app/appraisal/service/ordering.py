"""An owner asks an agency; an appraiser accepts, declines or cannot finish."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.appraisal.errors import (
    AppraisalAlreadyOpen,
    AppraisalNotFound,
    FeeChanged,
    InCustody,
    MeetingOver,
    NotYourTurn,
    OwnThing,
    ParcelUnderWay,
    TooClose,
)
from app.appraisal.events import EndedWithoutReport, SecondLookOrderEnded
from app.appraisal.models import Appraisal
from app.appraisal.queries import (
    agencies,
    agency_order,
    appraisers_for,
    come_due_at,
    complete_places,
    conflicts,
    fee_of,
    first_appraiser_of,
    holder,
    is_absence_open,
    is_earlier_order_open,
    is_handed_over,
    is_meeting_undecided,
    lies_with_agency,
    look_of_order,
    may_own_up,
    places_of,
    price_of,
    scheme_in_force,
    terms_of_order,
    visible_appraisal,
    visit_of,
)
from app.appraisal.queries.assigning import OWN
from app.appraisal.refusals import EarlierOrderOpen, FirstAppraiser
from app.appraisal.service.assigning import answer, pass_on
from app.appraisal.service.coming import expect_back, expect_thing, give_time_back, give_visit_back
from app.appraisal.service.ending import end_for_new_owner, stop
from app.appraisal.service.fees import end_fee, quote
from app.appraisal.service.fetching import for_inspector, locked, tell_owner
from app.appraisal.service.guarding import require_agency_may, require_appraiser_may
from app.appraisal.service.home import HomeWish, area_for, begin_visit, keep_visit
from app.appraisal.states import (
    ACCEPT,
    ACCEPTED,
    APPRAISAL_FLOW,
    ASSIGNED,
    AWAITING_ITEM,
    CANCEL,
    COME_TIMEOUT,
    DECLINE,
    GIVE_UP,
    INSPECTING,
    ITEM_RECEIVED,
    REQUESTED,
    SCHEDULED,
    TAKEN,
)
from app.appraisal.terms import UnableReason
from app.goods import queries as goods_queries
from app.goods.models import Thing
from app.kernel.deadlines import clear_deadlines
from app.kernel.errors import BadState, InvalidInput
from app.kernel.money import format_yuan
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.visits.errors import VisitBegun, VisitSettled, VisitUndecided
from app.visits.queries import is_missed, is_undecided

ABSENT, AWAY = "owner_absent", "appraiser_away"  # of the terms' reasons
NOTHING = 0  # the fee that a page without a fee shows


def request(
    work: Work, thing_code: str, agency_code: str, seen_fee_fen: int | None = None, wish: HomeWish | None = None
) -> Appraisal:
    """Ask an agency to appraise the actor's own thing. Where the agency asks for a fee, the order is quoted at once.

    ``seen_fee_fen``: the fee on the page on which the owner chose (0: none); ``wish``: the appraiser comes to the owner's home,
    at a time that is kept from now on, and the way is paid with the fee (raises VisitTimeTaken).
    Raises FeeChanged when it is another fee by now, AppraisalAlreadyOpen when one is under way (the database's partial unique
    index decides), InvalidInput for an unknown agency, for one's own and for one without an appraiser of
    the category, a WorkStopped while the agency takes no such work. One that an earlier owner left open ends;
    EarlierOrderOpen while that depends on who was at its booked time.
    """
    thing = goods_queries.owned_thing(work, thing_code)
    end_for_new_owner(work, thing)
    if is_earlier_order_open(work, thing):
        raise EarlierOrderOpen()
    agency = next((agency for agency in agencies(work) if agency.code == agency_code), None)
    if agency is None:
        raise InvalidInput({"agency": N_("Please choose one of the agencies.")})
    if agency.id in {each.id for _role, each in accounts.memberships_of(work, work.actor.id)}:
        raise InvalidInput({"agency": N_("You work for this agency. Please choose another one.")})
    require_agency_may(work, agency.id, thing.category)
    accounts.hold_roles(work, agency.id)  # the last appraiser does not leave while somebody asks
    if not appraisers_for(work, agency.id, thing.category):
        raise InvalidInput({"agency": N_("This agency has no appraiser for this at the moment. Please choose another one.")})
    price = price_of(work, agency.id, thing.category)
    scheme = scheme_in_force(work, thing)
    fee_fen, slot = NOTHING if price is None else price.fee_fen, None
    if wish is not None:
        slot, area = area_for(work, wish, agency.id, scheme)
        if price is None:
            raise InvalidInput({"slot": N_("This agency comes to homes only for a fee, and it asks for none at the moment.")})
        fee_fen += area.fee_fen
    if seen_fee_fen is not None and seen_fee_fen != fee_fen:
        raise FeeChanged(fee=format_yuan(fee_fen), fee_fen=fee_fen)
    if price is not None and slot is None and not complete_places(places_of(work, agency.id), scheme):
        raise InvalidInput(
            {"agency": N_("This agency has no place at which all of it can be measured. Please choose another one.")}
        )
    appraisal = Appraisal(
        state=REQUESTED,
        version=1,
        entered_at=work.now,
        created_at=work.now,
        thing_id=thing.id,
        owner_id=work.actor.id,
        agency_id=agency.id,
        scheme_id=scheme.reference,
        findings={},
        findings_rev=0,
    )
    try:
        with work.session.begin_nested():
            work.session.add(appraisal)
    except IntegrityError as taken:
        raise AppraisalAlreadyOpen() from taken
    APPRAISAL_FLOW.start(work, appraisal)
    if price is not None:
        visit = begin_visit(work, appraisal, wish, slot) if wish is not None and slot is not None else None
        subject = goods_queries.name_of(thing.category, thing.brand, thing.model, thing.attributes)
        quote(work, appraisal, price, subject, visit)
        return appraisal
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

    Without a fee whoever of the agency comes first takes it; with one only who was drawn. Raises OwnThing for the owner's own
    thing, TooClose for a colleague or somebody who dealt with the owner lately, FirstAppraiser, NotYourTurn, a
    WorkStopped while the register keeps the agency or the appraiser from new work.
    """
    appraisal = agency_order(work, code)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    refuse_own(work, appraisal, thing)
    if first_appraiser_of(work, appraisal.id) == work.actor.id:
        raise FirstAppraiser()
    accounts.hold_roles(work, appraisal.agency_id)  # an order is not taken by somebody who leaves in the same moment
    require_appraiser_may(work, appraisal.agency_id, thing.category)
    if appraisal.state == ASSIGNED:
        if appraisal.appraiser_id != work.actor.id:
            raise NotYourTurn()
        answer(work, appraisal, "accepted")
        if appraisal.appraiser_id != work.actor.id:  # drawn anew in the moment before it was locked
            raise NotYourTurn()
    appraisal.appraiser_id = work.actor.id
    appraisal.scheme_id = scheme_in_force(work, thing).reference
    APPRAISAL_FLOW.apply(work, appraisal, ACCEPT)
    fee = fee_of(work, appraisal)
    if fee is not None:
        fee.answer_due_at = None
        expect_thing(work, appraisal, watched=True)
        keep_visit(work, appraisal)
    elif is_handed_over(work, appraisal):
        expect_thing(work, appraisal, watched=False)
    tell_owner(work, appraisal, N_("An appraiser has accepted your item and will inspect it."), "accepted")
    return appraisal


def decline(work: Work, code: str, reason: str) -> Appraisal:
    """Send the order back to the owner, who can ask another agency; one who was drawn passes it to the next instead."""
    appraisal = agency_order(work, code)
    if appraisal.state == ASSIGNED:
        pass_on(work, appraisal, reason)
        return appraisal
    if appraisal.state != REQUESTED:  # a paid order that nobody takes is ended by staff
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, DECLINE, APPRAISAL_FLOW.allowed(appraisal.state))
    return turn_away(work, appraisal, reason)


def turn_away(work: Work, appraisal: Appraisal, reason: str) -> Appraisal:
    """End an order without a fee that nobody took: the owner can ask another agency."""
    appraisal.decline_reason = reason
    APPRAISAL_FLOW.apply(work, appraisal, DECLINE, reason=reason)
    if _tell_second_look(work, appraisal):
        return appraisal
    tell_owner(work, appraisal, N_("The agency cannot appraise your item now. You can ask another agency."), "declined")
    return appraisal


def give_up(work: Work, code: str, reason: str, kind: str = "other") -> Appraisal:
    """The appraiser cannot finish (the phone never came, cannot be opened ...); the owner can ask again.

    ``kind``: a reason of the terms, which says how much of the fee goes back; before thing and appraiser have met it is all of
    it. ``reason``: words for the owner. A thing in custody has to go back. Raises InvalidInput, and what
    ``refuse_undecided`` raises.
    """
    appraisal = for_inspector(work, code)
    if appraisal.state not in TAKEN:  # everybody has signed: staff end it, if anybody
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, GIVE_UP, APPRAISAL_FLOW.allowed(appraisal.state))
    reason = reason.strip()
    listed = terms_of_order(work, appraisal).reason(kind)
    errors = {} if reason else {"reason": N_("Please say why, in words that the owner understands.")}
    if listed is None:
        errors["kind"] = N_("Please choose one of the answers.")
    if kind == ABSENT:  # said by itself, with an answer of the owner, and only of a booked time
        errors["kind"] = N_("Please say on the order's page that nobody was there: the owner can object before the order ends.")
    if listed is None or errors:
        raise InvalidInput(errors)
    if kind != AWAY or not may_own_up(work, appraisal):  # who says that it was themselves settles it
        refuse_undecided(work, appraisal)
    never_met = appraisal.state not in (ITEM_RECEIVED, INSPECTING)
    whole = never_met or lies_with_agency(work, appraisal, appraisal.state)
    return end_unable(work, appraisal, listed, reason, refund_pct=100 if whole else listed.refund_pct)


def end_unable(
    work: Work, appraisal: Appraisal, listed: UnableReason, reason: str, *, refund_pct: int | None = None, pass_on: bool = False
) -> Appraisal:
    """End an order that was taken without a report: the fee is parted by the listed reason, the thing has to go back.

    ``refund_pct``: of the fee, where it is not what the reason says. ``pass_on``: a second look goes to the
    next agency instead of ending without a result.
    """
    appraisal.decline_reason = reason
    is_ahead = appraisal.state == SCHEDULED and not is_meeting_undecided(work, appraisal)  # somebody else can have the time
    APPRAISAL_FLOW.apply(work, appraisal, GIVE_UP, reason=reason, detail={"kind": listed.code})
    clear_deadlines(work, "appraisal", appraisal.id)
    end_fee(work, appraisal, listed.refund_pct if refund_pct is None else refund_pct, listed.code)
    (give_time_back if is_ahead else give_visit_back)(work, appraisal)
    expect_back(work, appraisal)
    announce(work, EndedWithoutReport(appraisal.id))
    if _tell_second_look(work, appraisal, pass_on=pass_on):
        return appraisal
    message = N_("The appraiser could not finish the appraisal of your item. You can ask an agency again.")
    if work.session.get_one(Thing, appraisal.thing_id).owner_id != appraisal.owner_id:
        message = N_("The appraisal of an item that you no longer own has ended without a report.")
    tell_owner(work, appraisal, message, "unable")
    return appraisal


def cancel(work: Work, code: str, back_way: str | None = None) -> Appraisal:
    """The owner takes the order back before the inspection has begun; of a fee goes back what the terms say for this state.

    Once it has begun there is no way back: nobody shall see a bad result coming and make it unseen. ``back_way``: how a thing
    that the agency holds comes back, without which it is refused (InCustody). Raises FeeAlreadyPaid, ParcelUnderWay, and what
    ``refuse_undecided`` raises.
    """
    appraisal = visible_appraisal(work, code)
    if appraisal.owner_id != work.actor.user_id:
        raise AppraisalNotFound()
    appraisal = locked(work, appraisal.id)  # before anything is looked at or written: who says that nobody came locks it too
    refuse_parcel(work, appraisal)
    if appraisal.state == ITEM_RECEIVED and back_way is None:
        raise InCustody()
    refuse_undecided(work, appraisal)
    before = appraisal.state
    APPRAISAL_FLOW.apply(work, appraisal, CANCEL)
    stop(work, appraisal, before, "cancelled_by_owner")
    _tell_second_look(work, appraisal)
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


def on_come_timeout(work: Work, appraisal_id: int) -> None:
    """The thing never came: the order ends, with the refund of its state."""
    appraisal = locked(work, appraisal_id)
    due_at = come_due_at(work, appraisal)
    if (
        appraisal.state not in (ACCEPTED, AWAITING_ITEM)
        or due_at is None
        or work.now < due_at
        or holder(work, appraisal) != "owner"
    ):
        return
    before = appraisal.state
    APPRAISAL_FLOW.apply(work, appraisal, COME_TIMEOUT)
    stop(work, appraisal, before, "never_came")
    message = N_("Your item did not come in time, so the appraisal has ended. What comes back of the fee is on the order's page.")
    tell_owner(work, appraisal, message, "never_came")


def refuse_parcel(work: Work, appraisal: Appraisal) -> None:
    """Raises ParcelUnderWay while a carrier brings the thing to the agency."""
    if appraisal.state == AWAITING_ITEM and holder(work, appraisal) == "carrier":
        raise ParcelUnderWay()


def refuse_undecided(work: Work, appraisal: Appraisal) -> None:
    """Nobody ends an order (locked) whose booked time has begun before it is settled who was there, and has taken effect.

    Raises VisitUndecided, VisitSettled, VisitBegun at home, MeetingOver at a place.
    """
    if not is_meeting_undecided(work, appraisal):
        return
    visit = visit_of(work, appraisal.id)
    if is_undecided(visit) or is_absence_open(work, appraisal):
        raise VisitUndecided()
    if is_missed(visit):
        raise VisitSettled()
    raise MeetingOver() if visit is None else VisitBegun()


def refuse_own(work: Work, appraisal: Appraisal, thing: Thing) -> None:
    """Raises OwnThing, TooClose (unless two members of staff let it pass for this order)."""
    against = conflicts(work, appraisal, thing, work.actor.id)
    if OWN in against:
        raise OwnThing()
    if against:
        raise TooClose()


def _tell_second_look(work: Work, appraisal: Appraisal, *, pass_on: bool = False) -> bool:
    """Announce that the order of a second look ended without a report; False for an ordinary order, whose owner is told here."""
    if look_of_order(work, appraisal.id) is None:
        return False
    announce(work, SecondLookOrderEnded(appraisal.id, pass_on))
    return True
