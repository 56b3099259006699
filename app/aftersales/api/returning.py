"""The way back in a claim, for programs."""

from __future__ import annotations

from app.aftersales import errors, queries, service
from app.aftersales.api.claims import MONEY, READ, STEP, WRITE, answer, face, seen
from app.aftersales.schemas import ClaimOut, ReasonsIn, ReceiptIn, ReturnAddress, ReturnAddressShown, ReturnParcel
from app.aftersales.states import BUYER
from app.kernel.text import N_
from app.payments import errors as payments
from app.trades import errors as trades
from app.web import begin, hub, look
from app.web.api import Answer, Call

_BACK = tuple(each for each in MONEY if each is not payments.SplitDoesNotSum)  # all of it goes back: nothing is split
_LEG = (*STEP, errors.TurnOver, errors.NotGoingBack)
_SAME = {"code": "$request.path.code"}


@face.post(
    "/claims/{code}/return-address",
    id="nameReturnAddress",
    summary=N_("Say where a claimed item goes back to"),
    scope=WRITE,
    body=ReturnAddress,
    example={"name": "贺兰", "phone": "13900139000", "address": "重庆市沙坪坝区梧桐里 12 号 3-1"},
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*_LEG, errors.SentAlready, trades.BadAddress),
    links={"received": ("receiveClaimBack", _SAME)},
)
def name_address(call: Call, code: str) -> Answer:
    """By the seller, when a return is agreed; only this buyer sees it. Until the item is sent it can be put right."""
    to: ReturnAddress = call.body
    claim = service.name_address(call.work, hub().sealer, code, seen(call, code), to.name, to.phone, to.address)
    return answer(call.work, claim)


@face.get(
    "/claims/{code}/return-address",
    id="getClaimReturnAddress",
    summary=N_("Where a claimed item goes back to"),
    scope=READ,
    answer=ReturnAddressShown,
    is_atomic=False,
    refusals=(errors.ClaimNotFound, errors.AddressMissing),
    links={"sent": ("sendClaimBack", _SAME)},
)
def return_address(call: Call, code: str) -> Answer:
    """For the two sides while it is on its way back. Each look of the buyer is written down first."""
    with look() as work:
        claim, order = queries.claim_of(work, code)
        role = queries.role_in(work, order)
        going = queries.return_of(work, claim.id)
        found = queries.return_address_of(claim, going, hub().sealer) if going is not None else None
    if role is None:
        raise errors.ClaimNotFound()
    if found is None:
        raise errors.AddressMissing()
    if role == BUYER:
        with begin() as work:
            service.note_address_shown(work, code)
    return Answer(ReturnAddressShown(name=found["name"], phone=found["phone"], address=found["address"]))


@face.post(
    "/claims/{code}/send-back",
    id="sendClaimBack",
    summary=N_("Say that a claimed item is on its way back"),
    scope=WRITE,
    body=ReturnParcel,
    example={"carrier": "yto", "tracking_no": "YT1234567890123"},
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*_LEG, errors.SentAlready, errors.AddressMissing, errors.ThingNotWithBuyer),
)
def send_back(call: Call, code: str) -> Answer:
    """By the buyer, once the seller has named the address."""
    parcel: ReturnParcel = call.body
    return answer(call.work, service.send_back(call.work, code, seen(call, code), parcel.carrier, parcel.tracking_no))


@face.post(
    "/claims/{code}/receive-back",
    id="receiveClaimBack",
    summary=N_("Say what came back"),
    scope=WRITE,
    body=ReceiptIn,
    example={"number": "356938035643809", "seal_no": "", "is_altered": False, "words": ""},
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*_LEG, *_BACK, errors.AddressMissing),
)
def receive_back(call: Call, code: str) -> Answer:
    """By the seller. With the number of what was sold the money goes back at once; otherwise the claim is `escalated`."""
    said: ReceiptIn = call.body
    claim = service.receive_back(
        call.work, code, seen(call, code), said.number, said.seal_no, is_altered=said.is_altered, words=said.words
    )
    return answer(call.work, claim)


@face.post(
    "/claims/{code}/nothing-came",
    id="sayNothingCame",
    summary=N_("Say that no parcel has come back"),
    scope=WRITE,
    body=ReasonsIn,
    example={"words": "十天内没有收到包裹，快递公司说没有签收记录。"},
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=(*_LEG, errors.NothingSent, errors.StillUnderway),
)
def nothing_came(call: Call, code: str) -> Answer:
    """By the seller, from the third day after the sending on. An arbitrator decides; no money moves until then."""
    return answer(call.work, service.nothing_came(call.work, code, seen(call, code), call.body.words))
