"""Agencies, schemes, and an order: asked for, accepted, declined, ended."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for

from app.accounts import queries as accounts
from app.appraisal import errors, queries, refusals, service
from app.appraisal.models import Appraisal, Fee
from app.appraisal.rules import facts_behind, typed_facts
from app.appraisal.schemas import (
    Agencies,
    AgenciesQuery,
    AgencyOut,
    AppraisalOut,
    Appraisals,
    AppraisalsQuery,
    AskableAgencyOut,
    FactOut,
    FeeOut,
    FindingChoice,
    ItemOut,
    NewAppraisal,
    Reason,
    SchemeOut,
    TakenKind,
    Unable,
)
from app.goods import queries as goods
from app.goods.errors import ThingNotFound
from app.goods.models import CATEGORIES
from app.kernel.errors import BadState, Conflict
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.payments import errors as payments
from app.schemes.errors import SchemeNotFound
from app.schemes.queries import get_scheme
from app.visits.errors import VisitBegun, VisitSettled, VisitTimeTaken, VisitUndecided
from app.web.api import Answer, Call, Face, Tag, cut, read_cursor
from app.web.api.shapes import words
from grading import Item, Scheme
from grading.schemes.knowledge import Fact

face = Face("appraisals")

FLAG_ANSWERS = {"true": {"zh": "是", "en": "Yes"}, "false": {"zh": "不是", "en": "Not the case"}}

READ, WRITE = "appraisals:read", "appraisals:write"
_HERE = {"code": "$response.body#/code"}
_SAME = {"code": "$request.path.code"}
MOVES = (errors.AppraisalNotFound, BadState, Conflict)
OWN = (errors.OwnThing, errors.TooClose)
ASKING = (
    *(ThingNotFound, errors.AppraisalAlreadyOpen, refusals.EarlierOrderOpen, errors.FeeChanged, VisitTimeTaken, BadState),
    *errors.STOPS_AGENCY,
)
UNDECIDED = (VisitUndecided, VisitBegun, VisitSettled, errors.MeetingOver)  # who was at a booked time comes first
# Of a paid order the fee moves with the step, and is refused when the books say so.
FEE = (
    errors.FeeAlreadyPaid,
    payments.PaymentDisputed,
    payments.PaymentFrozen,
    payments.PaymentNotSettled,
    payments.MoreThanHeld,
    payments.LedgerRefused,
    payments.KeyReused,
    payments.SplitDoesNotSum,
)


@face.get(
    "/agencies",
    id="listAgencies",
    summary=N_("Agencies that can be asked"),
    roles=("anyone",),
    query=AgenciesQuery,
    answer=Agencies,
    links={"ask": ("requestAppraisal", {}), "visit": ("requestVisit", {})},
)
def agencies(call: Call) -> Answer:
    """By name: only agencies that take new work today, each with the kinds of things that it takes and its fee for them. Whether
    it can measure all of your own thing, where, and how long that takes, says `listAppraisalOffers`: one that only comes to homes
    is asked with `requestVisit`."""
    asked: AgenciesQuery = call.query
    found = queries.askable_agencies(call.work, [asked.category] if asked.category else CATEGORIES)
    items = [
        AskableAgencyOut(
            code=each.agency.code,
            name=each.agency.name,
            takes=[TakenKind(category=category, fee_fen=fee_fen) for category, fee_fen in each.fees.items()],
        )
        for each in found
    ]
    return Answer(Agencies(items=items, next_cursor=None))


@face.get(
    "/schemes/{scheme}",
    id="getScheme",
    summary=N_("What an appraiser looks at"),
    roles=("anyone",),
    answer=SchemeOut,
    refusals=(SchemeNotFound,),
)
def scheme(call: Call, scheme: str) -> Answer:
    """What an appraiser answers, with the answers that are taken: every item in the order of the inspection, and every fact.

    A reference without a revision is the first one, as in an appraisal.
    """
    found = get_scheme(call.work, scheme)
    shape = SchemeOut(
        id=found.id,
        name=words(found.name),
        category=found.category,
        sha256=found.sha256,
        items=[_item(found, each) for each in found.items],
        facts=[_fact(each) for each in typed_facts(found)],
    )
    return Answer(shape)


@face.post(
    "/appraisals",
    id="requestAppraisal",
    summary=N_("Ask an agency to appraise your thing"),
    scope=WRITE,
    body=NewAppraisal,
    example={"thing": "7kq2m9v4x0c8n1t5r3wz6ybhdj", "agency": "2h9d4c7x1v8m3q0k5t6n7rwzyb"},
    answer=AppraisalOut,
    status=201,
    tagged=True,
    refusals=(*ASKING, *FEE),
    links={
        "appraisal": ("getAppraisal", _HERE),
        "pay": ("payPayment", {"code": "$response.body#/fee/payment"}),
        "accept": ("acceptAppraisal", _HERE),
        "cancel": ("cancelAppraisal", _HERE),
    },
)
def request(call: Call) -> Answer:
    """The thing is `thing` of your own listing. Without a fee the agency's appraisers are told. With one (`listAppraisalOffers`)
    pay `fee.payment`, then an appraiser is drawn; another one than `expected_fee_fen` is refused (409 `fee_changed`)."""
    order = service.request(call.work, call.body.thing, call.body.agency, call.body.expected_fee_fen)
    return appraisal_answer(call.work, order, created=True)


@face.get("/appraisals", id="listAppraisals", summary=N_("Your appraisals"), scope=READ, query=AppraisalsQuery, answer=Appraisals)
def listed(call: Call) -> Answer:
    """As an owner, or as a member of an agency; newest first."""
    asked: AppraisalsQuery = call.query
    place = f"listAppraisals {asked.side}"
    rows = queries.page_of_appraisals(call.work, asked.side, read_cursor(place, asked.cursor), asked.limit + 1)
    shown, further = cut(rows, asked.limit, place, lambda order: order.id)
    return Answer(Appraisals(items=_orders(call.work, shown), next_cursor=further))


@face.get(
    "/appraisals/{code}",
    id="getAppraisal",
    summary=N_("Read an appraisal"),
    scope=READ,
    answer=AppraisalOut,
    tagged=True,
    refusals=(errors.AppraisalNotFound,),
    links={
        "hand_over": ("getHandOver", _SAME),
        "findings": ("getFindings", _SAME),
        "scheme": ("getScheme", {"scheme": "$response.body#/scheme"}),
        "report": ("getReport", {"code": "$response.body#/report"}),
    },
)
def show(call: Call, code: str) -> Answer:
    """For the owner and the members of the agency."""
    return appraisal_answer(call.work, queries.visible_appraisal(call.work, code))


@face.post(
    "/appraisals/{code}/accept",
    id="acceptAppraisal",
    summary=N_("Accept an appraisal as its appraiser"),
    roles=("appraiser",),
    scope=WRITE,
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, *OWN, refusals.FirstAppraiser, errors.NotYourTurn, *errors.STOPS_AGENCY, *errors.STOPS_APPRAISER),
    links={"findings": ("getFindings", _SAME), "save": ("saveFindings", _SAME), "hand_over": ("getHandOver", _SAME)},
)
def accept(call: Call, code: str) -> Answer:
    """You will inspect and sign it; of a paid one only who was drawn. Nobody appraises what is their own, a colleague's, or of
    somebody they dealt with lately."""
    return appraisal_answer(call.work, service.accept(call.work, code))


@face.post(
    "/appraisals/{code}/decline",
    id="declineAppraisal",
    summary=N_("Decline an appraisal for your agency"),
    roles=("appraiser",),
    scope=WRITE,
    body=Reason,
    example={"reason": "We have no instrument for this model."},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, errors.NotYourTurn),
)
def decline(call: Call, code: str) -> Answer:
    """The owner is told why. A paid one goes to the next appraiser who is drawn."""
    return appraisal_answer(call.work, service.decline(call.work, code, call.body.reason))


@face.post(
    "/appraisals/{code}/give-up",
    id="giveUpAppraisal",
    summary=N_("Say that an inspection cannot be finished"),
    roles=("appraiser",),
    scope=WRITE,
    body=Unable,
    example={"reason": "The phone cannot be opened without damage.", "kind": "locked"},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, *FEE, *UNDECIDED),
)
def give_up(call: Call, code: str) -> Answer:
    """The owner is told why, and can ask again. `kind` says how much of a fee goes back; a thing in custody goes back too."""
    return appraisal_answer(call.work, service.give_up(call.work, code, call.body.reason, call.body.kind))


@face.post(
    "/appraisals/{code}/cancel",
    id="cancelAppraisal",
    summary=N_("Take your request for an appraisal back"),
    scope=WRITE,
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, *FEE, errors.InCustody, errors.ParcelUnderWay, *UNDECIDED),
)
def cancel(call: Call, code: str) -> Answer:
    """Before the inspection has begun. Of a fee goes back what the terms say for the state; a thing that the agency holds comes
    back as chosen (`chooseWayBack`)."""
    handing = queries.handing_of(call.work, queries.visible_appraisal(call.work, code).id)
    back_way = handing.back_way if handing is not None else None
    return appraisal_answer(call.work, service.cancel(call.work, code, back_way))


def _item(scheme: Scheme, item: Item) -> ItemOut:
    return ItemOut(
        key=item.key,
        name=words(item.name),
        kind=item.kind,
        required=item.required,
        computed=item.computed,
        computed_from=facts_behind(scheme, item),
        choices=[FindingChoice(value=each.value, name=words(each.name)) for each in item.options],
        least=str(item.min) if item.min is not None else None,
        most=str(item.max) if item.max is not None else None,
        unit=item.unit or None,
    )


def _fact(fact: Fact) -> FactOut:
    answers = FLAG_ANSWERS if fact.kind == "flag" else fact.options
    return FactOut(
        key=fact.key,
        name=words(fact.name),
        hint=words(fact.hint) if fact.hint is not None else None,
        kind=fact.kind,
        required=fact.required,
        choices=[FindingChoice(value=value, name=words(names)) for value, names in answers.items()],
        least=str(fact.min) if fact.min is not None else None,
        most=str(fact.max) if fact.max is not None else None,
        decimals=fact.decimals,
        longest=fact.max_length,
        unit=fact.unit or None,
    )


def _orders(work: Work, orders: Sequence[Appraisal]) -> list[AppraisalOut]:
    things = goods.things_by_id(work, [order.thing_id for order in orders])
    houses = accounts.organisations_by_id(work, [order.agency_id for order in orders])
    people = accounts.users_by_id(work, [order.appraiser_id for order in orders if order.appraiser_id])
    reports = queries.reports_by_appraisal(work, [order.id for order in orders])
    fees = queries.fees_by_appraisal(work, [order.id for order in orders])
    holders = queries.holders_by_appraisal(work, [order.id for order in orders])
    shapes = []
    for order in orders:
        thing, agency = things[order.thing_id], houses[order.agency_id]
        shapes.append(
            AppraisalOut(
                code=order.code,
                state=order.state,
                version=order.version,
                revision=order.findings_rev,
                thing=thing.code,
                thing_name=goods.name_of(thing.category, thing.brand, thing.model, thing.attributes),
                category=thing.category,
                agency=AgencyOut(code=agency.code, name=agency.name),
                appraiser=people[order.appraiser_id].display_name if order.appraiser_id else None,
                scheme=order.scheme_id,
                is_owner=order.owner_id == work.actor.user_id,
                reason=order.decline_reason,
                report=reports[order.id].code if order.id in reports else None,
                fee=_fee(fees[order.id], is_owner=order.owner_id == work.actor.user_id) if order.id in fees else None,
                holder=holders.get(order.id, "owner"),
            )
        )
    return shapes


def _fee(fee: Fee, *, is_owner: bool) -> FeeOut:
    return FeeOut(
        fee_fen=fee.fee_fen,
        wait_days=fee.wait_days,
        payment=fee.payment_code if is_owner else None,
        pay_due_at=iso_seconds(fee.pay_due_at),
        is_paid=fee.paid_at is not None,
        refund_fen=fee.refund_fen,
    )


def appraisal_out(work: Work, order: Appraisal) -> AppraisalOut:
    """One order, as its reader sees it."""
    return _orders(work, [order])[0]


def appraisal_answer(work: Work, order: Appraisal, *, created: bool = False) -> Answer:
    """One order with its tag, as every step answers it."""
    location = url_for("api.getAppraisal", code=order.code) if created else None
    return Answer(appraisal_out(work, order), Tag(order.version, order.findings_rev), location)
