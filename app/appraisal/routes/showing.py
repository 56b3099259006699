"""What several pages show: one order in the eyes of its reader, and how a step is taken from its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.forms import (
    BackForm,
    BookForm,
    BringForm,
    CancelForm,
    DeclineForm,
    GiveUpForm,
    HandOverForm,
    ParcelForm,
    TakeBackForm,
)
from app.appraisal.forms_home import AbsenceForm, MoveForm, ObjectionForm
from app.appraisal.models import Appraisal, Fee, Handing, Place, Slot
from app.appraisal.routes.showing_home import offer_times, visit_part, visit_says
from app.appraisal.rules import split_of_fee
from app.appraisal.states import (
    ACCEPTED,
    AFTER_ISSUE,
    APPRAISAL_FLOW,
    ASSIGNED,
    AWAITING_ITEM,
    ENDED,
    FROZEN,
    ITEM_RECEIVED,
    RELEASE,
    REQUESTED,
    REVIEWED,
    SCHEDULED,
    TAKEN,
    WORKED_ON,
)
from app.appraisal.wording import AGENCY, APPRAISER, OWNER, Facts, ended_by, status_of, timeline
from app.goods import catalogue
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.media.queries import photos_by_code
from app.schemes.queries import get_scheme
from app.visits.queries import address_of, is_expected
from app.web import begin, current_actor, hub, look, render
from app.web.forms import Form
from app.web.rendering import in_language, moment


def name_of(thing: Thing) -> str:
    return goods.name_of(thing.category, thing.brand, thing.model, thing.attributes)


def take_step(code: str, name: str, form: Form, step: Callable[[Work], None], said: str) -> AnyResponse:
    """Read the form, take the step, go back to the order; a refusal is shown on the order's page with what was typed."""
    if not form.validate_on_submit():
        return show_order(code, status=422, **{name: form})
    try:
        with begin() as work:
            step(work)
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return show_order(code, status=refusal.status, **{name: form})
    flash(said, "success")
    return redirect(url_for("appraisal.show", code=code), code=303)


def show_order(code: str, status: int = 200, **typed: Form) -> AnyResponse:
    """One order, for the owner and the agency. Where the owner lives is written down before it is shown."""
    with look() as work:
        shows_address, shows_home = queries.waits_for_parcel(work, code), queries.shows_home(work, code)
    if shows_address or shows_home:
        with begin() as work:
            (service.note_home_shown if shows_home else service.note_address_shown)(work, code)
    with look() as work:
        page = order_page(work, code)
        order, handing = page["order"], page["handing"]
        address = queries.back_address(handing, hub().sealer) if shows_address and handing else None
        forms: dict[str, Form] = {
            "decline": DeclineForm(formdata=None),
            "give_up": GiveUpForm(formdata=None),
            "cancel": CancelForm(formdata=None),
            "book": BookForm(formdata=None),
            "bring": BringForm(formdata=None),
            "parcel": ParcelForm(formdata=None),
            "hand_over": HandOverForm(formdata=None),
            "back": BackForm(formdata=None),
            "take_back": TakeBackForm(formdata=None),
            "move": MoveForm(formdata=None),
            "absence": AbsenceForm(formdata=None),
            "objection": ObjectionForm(formdata=None),
            **typed,
        }
        _offer_choices(work, order, forms, page["terms"])
        if page["can_move"]:
            offer_times(work, order, page["visit"], forms["move"])
        return render(
            "appraisal/show.html",
            status=status,
            forms=forms,
            refused=[form for form in typed.values() if form.error_list],
            back_address=address,
            home_address=address_of(page["visit"], hub().sealer) if shows_home else None,
            digits=queries.digits_for_owner(work, order, hub().sealer),
            **page,
        )


def order_page(work: Work, code: str) -> dict[str, Any]:
    order = queries.visible_appraisal(work, code)
    actor = current_actor()
    thing = work.session.get_one(Thing, order.thing_id)
    colour = catalogue.find_colour(thing.colour or "")
    is_owner = order.owner_id == actor.user_id
    fee, handing = queries.fee_of(work, order), queries.handing_of(work, order.id)
    is_mine = order.appraiser_id == actor.user_id
    appraiser = accounts.user_by_id(work, order.appraiser_id) if order.appraiser_id else None
    custody = queries.custody_of(work, order.id)
    holder = custody[-1].holder if custody else "owner"
    place = queries.place_by_id(work, handing.place_id) if handing and handing.place_id else None
    slot = queries.slot_of(work, handing)
    visit = queries.visit_of(work, order.id)
    who = appraiser.display_name if appraiser else ""
    facts = _facts(order, thing, fee, handing, place, slot, holder, who, is_late=queries.is_late(work, order))
    entries, owner = queries.history(work, order.id), accounts.user_by_id(work, order.owner_id)
    absences, is_coming = queries.absences(work, order), bool(custody) and custody[-1].kind == "sent"
    may_say = visit_says(work, order, absences, "owner" if is_owner else "agency" if is_mine else "")
    facts = replace(
        facts,
        is_coming=is_coming,
        is_over=queries.may_say_nobody_came(work, order),
        owner_code=owner.code,
        ended_by=ended_by(entries, owner.code),
        said=tuple(each.absent for each in absences) if order.state == SCHEDULED else (),
    )
    visit_facts = visit_part(work, order, visit, is_owner=is_owner, is_mine=is_mine)
    if visit is not None:
        comes = visit_facts["visit_slot"]
        facts = replace(
            facts,
            when=moment(comes.starts_at) if comes else "",
            visit=visit.state,
            absent=visit.absent or "",
            object_due_at=visit.object_due_at,
        )
    reader = OWNER if is_owner else APPRAISER if is_mine else AGENCY
    status = status_of(order.state, reader, facts)
    frozen = queries.draft_of(work, order) if order.state in (*FROZEN, *REVIEWED) else None
    beside = (ITEM_RECEIVED, *WORKED_ON) if handing else (ACCEPTED, *WORKED_ON)  # the thing lies beside the appraiser
    undecided, has_begun = queries.is_meeting_undecided(work, order), queries.has_meeting_begun(work, order)
    is_over, at_agency = order.state in ENDED, holder == "agency"
    terms, is_handed_over = queries.terms_of_order(work, order), queries.is_handed_over(work, order)
    can_accept = (
        not is_owner
        and order.agency_id in queries.agencies_of(actor)
        and (order.state == REQUESTED or (order.state == ASSIGNED and is_mine))
    )
    return {
        "order": order,
        "thing_name": name_of(thing),
        "thing": thing,
        "colour": colour.name.model_dump() if colour else None,
        "agency": accounts.organisation_by_id(work, order.agency_id),
        "appraiser": appraiser,
        "fee": fee,
        "is_fee_back": fee is not None and queries.is_given_back(work, fee),
        "terms": terms,
        "handing": handing,
        "is_handed_over": is_handed_over,
        "place": place,
        "place_district": _district(place),
        "slot": slot,
        "custody": custody,
        "custody_people": accounts.users_by_id(work, [row.by_id for row in custody]),
        "custody_photos": {photo.code: photo for photo in photos_by_code(work, [each for row in custody for each in row.photos])},
        "holder": holder,
        "said": status,
        "steps": timeline(entries, order.state, facts, status),
        "step_names": _names(work, [entry.actor_code for entry in entries if entry.actor_kind == "user"]),
        "assignments": queries.assignments_of(work, order.id) if fee else [],
        "cancel_back": _split(fee, queries.refund_pct(work, order, terms, order.state)) if fee and fee.paid_at else None,
        "report": queries.report_of(work, order),
        "reader": reader,
        "is_owner": is_owner,
        "is_second_look": bool(queries.second_looks_among(work, [order.id])),
        "can_accept": can_accept,
        "stops": _stops(work, order, thing, can_accept),
        "against_correction": service.correction_refusal(work, order) if order.state in AFTER_ISSUE and not is_owner else None,
        "can_inspect": is_mine and order.state in beside,
        "can_sign_draft": frozen is not None and actor.user_id in (frozen.appraiser_id, frozen.reviewer_id),
        "can_give_up": is_mine and order.state in TAKEN and (not undecided or queries.may_own_up(work, order)),
        "can_cancel": is_owner and queries.may_take_back(work, order),
        "can_pay": is_owner and order.state == "quoted" and fee is not None and work.now < fee.pay_due_at,
        **visit_facts,
        "can_choose": is_owner and order.state == ACCEPTED and handing is not None and visit is None,
        "absences": absences if visit is None else [],
        "can_say_nobody_came": may_say,
        "can_choose_again": (is_mine if has_begun else is_owner)
        and visit is None
        and holder == "owner"
        and not queries.is_absence_open(work, order)
        and APPRAISAL_FLOW.can(order.state, RELEASE),
        "can_say_sent": is_owner and order.state == AWAITING_ITEM and facts.way == "send" and holder == "owner",
        "can_check_in": is_mine and order.state == SCHEDULED and (visit is None or is_expected(visit)),
        "can_receive": order.agency_id in queries.agencies_of(actor, "appraiser", "manager")
        and not is_owner
        and (is_coming if is_over or facts.way == "send" else order.state == AWAITING_ITEM),
        "can_choose_back": is_owner and at_agency,
        "can_hand_back": not is_owner and is_over and at_agency,
        "can_send_back": not is_owner and is_over and at_agency and facts.back_way == "parcel",
        "can_take_back": is_owner and is_over and holder == "carrier",
    }


def _stops(work: Work, order: Appraisal, thing: Thing, can_accept: bool) -> list[queries.Hindrance]:
    """What the register has against taking this order, for who could; for everybody else what holds back its signature."""
    if order.state in ENDED:
        return []
    if can_accept:
        stops = queries.may_take_work(work, order.agency_id, thing.category)
        return stops + queries.appraiser_may(work, work.actor.id, order.agency_id, thing.category)
    return queries.may_sign(work, order.agency_id)


def _facts(
    order: Appraisal,
    thing: Thing,
    fee: Fee | None,
    handing: Handing | None,
    place: Place | None,
    slot: Slot | None,
    holder: str,
    name: str,
    *,
    is_late: bool,
) -> Facts:
    return Facts(
        has_fee=fee is not None,
        is_handed=handing is not None,
        name=name,
        place=f"{place.name}（{place.address}）" if place else "",
        when=moment(slot.starts_at) if slot else "",
        way=handing.way if handing else None,
        holder=holder,
        back_way=handing.back_way if handing else None,
        staff_reason=fee.staff_reason if fee else None,
        pay_due_at=fee.pay_due_at if fee else None,
        answer_due_at=fee.answer_due_at if fee else None,
        come_due_at=handing.come_due_at if handing else None,
        back_due_at=handing.back_due_at if handing else None,
        report_due_at=order.report_due_at,
        is_late=is_late,
        reason=order.decline_reason or "",
    )


def _offer_choices(work: Work, order: Appraisal, forms: dict[str, Form], terms: Any) -> None:
    give_up, book, bring = forms["give_up"], forms["book"], forms["bring"]
    if isinstance(give_up, GiveUpForm):
        listed = [reason for reason in terms.unable if reason.code != service.ABSENT]
        if queries.may_own_up(work, order):
            listed = [reason for reason in listed if reason.code == service.AWAY]
        give_up.kind.choices = [(reason.code, in_language(dict(reason.name))) for reason in listed]
    places = queries.complete_places(queries.places_of(work, order.agency_id), get_scheme(work, order.scheme_id))
    names = {place.id: place.name for place in places}
    if isinstance(book, BookForm):
        slots = queries.free_slots(work, names)
        book.slot.choices = [(slot.code, f"{moment(slot.starts_at)}  {names[slot.place_id]}") for slot in slots]
    if isinstance(bring, BringForm):
        bring.place.choices = [(place.code, f"{place.name}（{place.address}）") for place in places]


def _district(place: Place | None) -> dict[str, str] | None:
    found = catalogue.find_district(place.district) if place else None
    return found.name.model_dump() if found else None


def _names(work: Work, codes: Iterable[str]) -> dict[str, str]:
    return {code: accounts.user_by_code(work, code).display_name for code in set(codes)}


def _split(fee: Fee, pct: int | None) -> int | None:
    """What would come back of the fee now, fen."""
    return None if pct is None else split_of_fee(fee.fee_fen, pct, 0).refund_fen
