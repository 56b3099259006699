"""Claims for programs: open one, answer it, follow it."""

from __future__ import annotations

import base64
import binascii

from flask import url_for

from app.accounts import queries as accounts
from app.aftersales import errors, queries, service
from app.aftersales.models import Claim
from app.aftersales.schemas import (
    ClaimIn,
    ClaimOut,
    Claims,
    DisputeOut,
    EvidenceOut,
    ItemOut,
    ItemsOut,
    LegOut,
    ProposalIn,
    ProposalOut,
    ReasonsIn,
    ReturnOut,
    RulingOut,
)
from app.aftersales.service import Wanted
from app.goods.errors import ThingChangedHands
from app.kernel.errors import BadState, Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.listings import errors as listings
from app.media import errors as media
from app.payments import errors as payments
from app.trades import errors as trades
from app.web import hub
from app.web.api import Answer, Call, Face, Tag, cut, read_cursor
from app.web.api.shapes import PageQuery, words

face = Face("claims")

READ, WRITE = "orders:read", "orders:write"
_SAME = {"code": "$request.path.code"}
_PHOTOS = (media.PhotoEmpty, media.PhotoFormatUnknown, media.PhotoIsHeic, media.PhotoTooLarge, media.TooManyPhotosToday)
STEP = (errors.ClaimNotFound, errors.NotYourTurn, BadState, Conflict)
MONEY = (
    ThingChangedHands,
    payments.PaymentFrozen,
    payments.PaymentNotFrozen,
    payments.PaymentDisputed,
    payments.PaymentNotSettled,
    payments.MoreThanHeld,
    payments.MoreThanReleased,
    payments.SplitDoesNotSum,
    payments.LedgerRefused,
    payments.KeyReused,
)


@face.get(
    "/orders/{code}/claim-items",
    id="listClaimItems",
    summary=N_("What a claim about an order can point at"),
    scope=READ,
    answer=ItemsOut,
    refusals=(trades.OrderNotFound, listings.ListingNotFound),
)
def claim_items(call: Call, code: str) -> Answer:
    """The items of the signed report, and the seller's answers in the frozen version."""
    order = queries.order_to_claim(call.work, code)
    found = [
        ItemOut(key=each.key, name=words(each.name), promised=words(each.promised))
        for each in queries.items_to_claim(call.work, order)
    ]
    return Answer(ItemsOut(items=found))


@face.post(
    "/orders/{code}/claims",
    id="openClaim",
    summary=N_("Open a claim"),
    scope=WRITE,
    body=ClaimIn,
    example={
        "reason": "hidden_repair",
        "text": "报告写屏幕为原装，收到时屏幕已更换，边缘有胶。",
        "items": ["report:screen_glass"],
        "remedy": "partial_refund",
        "amount_fen": 20000,
        "photos": [],
    },
    answer=ClaimOut,
    status=201,
    tagged=True,
    refusals=(
        trades.OrderNotFound,
        trades.ProblemOpen,
        trades.ClaimOpen,
        listings.ListingNotFound,
        errors.NotYourTurn,
        errors.NotReceived,
        errors.AnotherClaimOpen,
        errors.ItemClaimed,
        errors.NoSuchRight,
        errors.ClaimTooLate,
        errors.ReturnExcluded,
        errors.ThingNotWithBuyer,
        errors.EvidenceElsewhere,
        payments.PaymentDisputed,
        payments.PaymentFrozen,
        payments.PaymentNotSettled,
        BadState,
        Conflict,
        *_PHOTOS,
    ),
    links={"claim": ("getClaim", {"code": "$response.body#/code"})},
)
def open_claim(call: Call, code: str) -> Answer:
    """By the buyer. Order and money stand still until it has ended; the right that it rests on is computed."""
    wanted: ClaimIn = call.body
    try:
        photos = [base64.b64decode(each, validate=True) for each in wanted.photos]
    except (binascii.Error, ValueError) as broken:
        raise InvalidInput({"photos": N_("A photo is not valid base64.")}) from broken
    claim = service.open_claim(
        call.work,
        hub().store,
        hub().sealer,
        code,
        Wanted(wanted.reason, wanted.text, wanted.remedy, wanted.items, wanted.amount_fen, photos),
    )
    return Answer(_shape(call.work, claim), Tag(claim.version), url_for("api.getClaim", code=claim.code))


@face.get("/claims", id="listClaims", summary=N_("Your claims"), scope=READ, query=PageQuery, answer=Claims)
def listed(call: Call) -> Answer:
    """About what you bought and sold, newest first."""
    before = read_cursor("listClaims", call.query.cursor)
    rows = queries.claims_of(call.work, call.work.actor.id, before, call.query.limit + 1)
    shown, further = cut(rows, call.query.limit, "listClaims", lambda row: row.id)
    return Answer(Claims(items=[_shape(call.work, row) for row in shown], next_cursor=further))


@face.get(
    "/claims/{code}",
    id="getClaim",
    summary=N_("How a claim stands"),
    scope=READ,
    answer=ClaimOut,
    tagged=True,
    refusals=(errors.ClaimNotFound,),
    links={"accept": ("acceptClaim", _SAME), "agree": ("agreeToOffer", _SAME), "withdraw": ("withdrawClaim", _SAME)},
)
def show(call: Call, code: str) -> Answer:
    """For the buyer and the seller of its order, for who decides it, and for staff."""
    claim, _order = queries.claim_of(call.work, code)
    return answer(call.work, claim)


@face.post(
    "/claims/{code}/accept",
    id="acceptClaim",
    summary=N_("Give what the buyer asks for"),
    scope=WRITE,
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*STEP, *MONEY, errors.TurnOver),
)
def accept(call: Call, code: str) -> Answer:
    """By the seller; the money moves at once, of a return when the item is back."""
    return answer(call.work, service.accept(call.work, code, seen(call, code)))


@face.post(
    "/claims/{code}/offer",
    id="offerOnClaim",
    summary=N_("Offer something else"),
    scope=WRITE,
    body=ProposalIn,
    example={"remedy": "partial_refund", "amount_fen": 10000, "words": "愿意退一百元，边缘的胶不影响使用。"},
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*STEP, errors.TurnOver, errors.ThingNotWithBuyer),
)
def offer(call: Call, code: str) -> Answer:
    """By the seller; the buyer answers within 72 hours."""
    made: ProposalIn = call.body
    return answer(call.work, service.offer(call.work, code, seen(call, code), made.remedy, made.amount_fen, made.words))


@face.post(
    "/claims/{code}/refuse",
    id="refuseClaim",
    summary=N_("Refuse a claim"),
    scope=WRITE,
    body=ReasonsIn,
    example={"words": "发货前的视频里屏幕完好，没有换过。"},
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*STEP, errors.TurnOver),
)
def refuse(call: Call, code: str) -> Answer:
    """By the seller, with reasons."""
    return answer(call.work, service.refuse(call.work, code, seen(call, code), call.body.words))


@face.post(
    "/claims/{code}/agree",
    id="agreeToOffer",
    summary=N_("Agree to what the seller offers"),
    scope=WRITE,
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*STEP, *MONEY, errors.TurnOver, errors.NothingOffered),
)
def agree(call: Call, code: str) -> Answer:
    """By the buyer; the money moves at once, of a return when the item is back."""
    return answer(call.work, service.agree(call.work, code, seen(call, code)))


@face.post(
    "/claims/{code}/ask",
    id="askAgain",
    summary=N_("Ask the seller for something else"),
    scope=WRITE,
    body=ProposalIn,
    example={"remedy": "partial_refund", "amount_fen": 15000, "words": "退一百五十元我就留下。"},
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*STEP, errors.TurnOver, errors.TooManyRounds, errors.ThingNotWithBuyer),
)
def ask_again(call: Call, code: str) -> Answer:
    """By the buyer, three times in all."""
    made: ProposalIn = call.body
    return answer(call.work, service.ask_again(call.work, code, seen(call, code), made.remedy, made.amount_fen, made.words))


@face.post(
    "/claims/{code}/escalate",
    id="escalateClaim",
    summary=N_("Let an arbitrator decide a claim"),
    scope=WRITE,
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*STEP, errors.TurnOver),
)
def escalate(call: Call, code: str) -> Answer:
    """By the buyer, after an offer or a refusal. Who decides is drawn by lot."""
    return answer(call.work, service.escalate(call.work, code, seen(call, code)))


@face.post(
    "/claims/{code}/withdraw",
    id="withdrawClaim",
    summary=N_("Take a claim back"),
    scope=WRITE,
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*STEP, payments.PaymentNotFrozen, errors.SentAlready, errors.RuledAlready),
)
def withdraw(call: Call, code: str) -> Answer:
    """By the buyer; the order goes on where it stood."""
    return answer(call.work, service.withdraw(call.work, code, seen(call, code)))


def seen(call: Call, code: str) -> int:
    """The version that the program saw (If-Match), else the present one."""
    claim, _order = queries.claim_of(call.work, code)
    if call.seen is not None:
        call.seen.require(queries.moves_of(call.work, claim))
    return claim.version


def answer(work: Work, claim: Claim) -> Answer:
    return Answer(_shape(work, claim), Tag(queries.moves_of(work, claim)))


def _shape(work: Work, claim: Claim) -> ClaimOut:
    order = queries.order_of(work, claim)
    return ClaimOut(
        code=claim.code,
        state=claim.state,
        version=claim.version,
        order=order.code,
        reason=claim.reason,
        right=claim.right_code,
        due_at=iso_seconds(claim.due_at) if claim.due_at else None,
        most_fen=claim.most_fen,
        items=[
            ItemOut(key=each.item_key, name=words(each.name), promised=words(each.promised))
            for each in queries.items_of(work, claim.id)
        ],
        proposals=[
            ProposalOut(
                by=each.by,  # type: ignore[arg-type]
                kind=each.kind,  # type: ignore[arg-type]
                remedy=each.remedy,
                amount_fen=each.amount_fen,
                words=each.words,
                at=iso_seconds(each.at),
            )
            for each in queries.proposals_of(work, claim.id)
        ],
        evidence=[
            EvidenceOut(sha256=each.row.sha256, previous=each.row.previous, hash=each.row.hash, at=iso_seconds(each.row.at))
            for each in queries.evidence_of(work, claim.id)
        ],
        way_back=_way_back(work, claim),
        dispute=_dispute(work, claim),
        result_remedy=claim.result_remedy,
        result_fen=claim.result_fen,
    )


def _way_back(work: Work, claim: Claim) -> ReturnOut | None:
    going = queries.return_of(work, claim.id)
    if going is None:
        return None
    return ReturnOut(
        step=queries.leg_of(going),
        carrier=going.carrier,
        tracking_no=going.tracking_no,
        sent_at=iso_seconds(going.sent_at) if going.sent_at else None,
        received_at=iso_seconds(going.received_at) if going.received_at else None,
        result=going.result,
    )


def _dispute(work: Work, claim: Claim) -> DisputeOut | None:
    found = queries.current_dispute(work, claim.id)
    if found is None:
        return None
    rulings = queries.rulings_of(work, found.id)
    people = accounts.users_by_id(work, {each.by_id for each in rulings})
    accepted = {"buyer": found.accepted_buyer_at, "seller": found.accepted_seller_at}
    return DisputeOut(
        code=found.code,
        state=found.state,
        version=found.version,
        amount_fen=found.amount_fen,
        due_at=iso_seconds(found.due_at) if found.due_at else None,
        accepted_by=[side for side, at in accepted.items() if at is not None],  # type: ignore[misc]
        appealed_by=found.appealed_by,  # type: ignore[arg-type]
        appeal_text=found.appeal_text,
        rulings=[
            RulingOut(
                round=each.round,
                by=people[each.by_id].display_name,
                remedy=each.remedy,
                buyer_fen=each.buyer_fen,
                seller_fen=each.seller_fen,
                fault=each.fault,
                reasons=each.reasons,
                clauses=each.clauses,
                evidence=each.evidence,
                at=iso_seconds(each.at),
            )
            for each in rulings
        ],
        legs=[
            LegOut(receiver=each.receiver, amount_fen=each.amount_fen, state=each.state)  # type: ignore[arg-type]
            for each in queries.legs_of(work, found.id)
        ],
    )
