"""The checklist at delivery for programs: what to compare, and the list that is handed in once."""

from __future__ import annotations

import base64
import binascii

from app.kernel.errors import BadState, Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.listings import errors as listings
from app.trades import errors, queries, service
from app.trades.api.shaping import READ, WRITE, face
from app.trades.queries import checking
from app.trades.schemas.checks import CheckAskOut, CheckIn, CheckLineOut, CheckOut
from app.trades.service import Found
from app.web import hub
from app.web.api import Answer, Call
from app.web.api.shapes import words

SAME_ORDER = {"code": "$request.path.code"}


@face.get(
    "/orders/{code}/check",
    id="getCheck",
    summary=N_("What to compare at delivery, and what the buyer found"),
    scope=READ,
    answer=CheckOut,
    refusals=(errors.OrderNotFound, listings.ListingNotFound),
    links={"hand_in": ("handInCheck", SAME_ORDER)},
)
def get_check(call: Call, code: str) -> Answer:
    """The points that a layman can check, from the signed report or the seller's answers. `lines` is empty before the list is
    handed in."""
    return _answer(call, code)


@face.post(
    "/orders/{code}/check",
    id="handInCheck",
    summary=N_("Hand in what you compared"),
    scope=WRITE,
    body=CheckIn,
    example={"lines": [{"key": "thing:number", "answer": "same"}], "rest_is_same": True},
    answer=CheckOut,
    status=201,
    refusals=(
        errors.OrderNotFound,
        errors.NotYourStep,
        errors.CheckedOnce,
        errors.NothingToCheck,
        errors.WindowOver,
        listings.ListingNotFound,
        BadState,
        Conflict,
    ),
    links={"claim": ("openClaim", SAME_ORDER)},
)
def hand_in_check(call: Call, code: str) -> Answer:
    """By the buyer, once. It stops nothing by itself: what differs belongs into a claim, whose photos may be these."""
    wanted: CheckIn = call.body
    found = {each.key: Found(each.answer, each.seen, each.words, _bytes(each.photo)) for each in wanted.lines}
    if wanted.rest_is_same:
        asks = checking.checklist_of(call.work, queries.own_order(call.work, code)).asks
        found = {ask.item.key: Found("same") for ask in asks} | found
    service.hand_in_check(call.work, hub().store, hub().sealer, code, found)
    return _answer(call, code)


def _bytes(photo: str | None) -> bytes:
    try:
        return base64.b64decode(photo or "", validate=True)
    except (binascii.Error, ValueError) as broken:
        raise InvalidInput({"photo": N_("A photo is not valid base64.")}) from broken


def _answer(call: Call, code: str) -> Answer:
    order = queries.own_order(call.work, code)
    asked, check = checking.checklist_of(call.work, order), checking.check_of(call.work, order.id)
    lines = [] if check is None else checking.lines_of(call.work, check)
    return Answer(
        CheckOut(
            can_hand_in=checking.can_check(order) and check is None,
            asks=[
                CheckAskOut(
                    key=ask.item.key,
                    name=words(ask.item.name),
                    promised=words(ask.item.promised),
                    how=words(ask.how),
                    others=sorted(ask.others),
                )
                for ask in asked.asks
            ],
            beyond=asked.beyond,
            result=None if check is None else check.result,
            handed_in_at=None if check is None else iso_seconds(check.at),
            lines=[
                CheckLineOut(
                    key=line.row.item_key,
                    answer=line.row.answer,
                    seen=words(line.row.seen) if line.row.seen else None,
                    words=line.row.words,
                    photo_sha256=line.photo.upload_sha256 if line.photo else None,
                )
                for line in lines
            ],
        )
    )
