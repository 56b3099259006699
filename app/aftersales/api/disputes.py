"""What the two sides answer to a ruling, for programs."""

from __future__ import annotations

from app.aftersales import errors, queries, service
from app.aftersales.api.claims import WRITE, answer, face
from app.aftersales.models import Claim
from app.aftersales.schemas import AppealIn, ClaimOut
from app.kernel.errors import BadState, Conflict
from app.kernel.text import N_
from app.kernel.work import Work
from app.web.api import Answer, Call

_ANSWER = (errors.ClaimNotFound, errors.NotRuled, errors.AcceptedAlready, errors.TurnOver, BadState, Conflict)


@face.post(
    "/claims/{code}/accept-ruling",
    id="acceptRuling",
    summary=N_("Accept the ruling about a claim"),
    scope=WRITE,
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=_ANSWER,
)
def accept_ruling(call: Call, code: str) -> Answer:
    """By the buyer or the seller. When both have accepted it is final, and carried out at once."""
    claim, version = _seen(call, code)
    service.accept_ruling(call.work, code, version)
    return answer(call.work, claim)


@face.post(
    "/claims/{code}/appeal",
    id="appealRuling",
    summary=N_("Appeal against the ruling about a claim"),
    scope=WRITE,
    body=AppealIn,
    example={"words": "裁决没有看发货前的视频，视频里屏幕完好。"},
    answer=ClaimOut,
    if_match="read",
    tagged=True,
    refusals=_ANSWER,
)
def appeal(call: Call, code: str) -> Answer:
    """By the buyer or the seller, once. Another arbitrator is drawn, whose ruling is final."""
    claim, version = _seen(call, code)
    service.appeal(call.work, code, version, call.body.words)
    return answer(call.work, claim)


def _seen(call: Call, code: str) -> tuple[Claim, int]:
    """The claim as the program saw it (If-Match), and the present version of its dispute."""
    claim, _order = queries.claim_of(call.work, code)
    if call.seen is not None:
        call.seen.require(queries.moves_of(call.work, claim))
    return claim, _version(call.work, claim)


def _version(work: Work, claim: Claim) -> int:
    dispute = queries.current_dispute(work, claim.id)
    return dispute.version if dispute is not None else 0
