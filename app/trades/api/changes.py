"""Changes on site for programs: proposed by the seller, accepted or refused by the buyer."""

from __future__ import annotations

from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.payments import errors as payments
from app.trades import errors, queries, service
from app.trades.api.shaping import MONEY, READ, SAME, STEP, WRITE, face, order_answer
from app.trades.queries.changes import changes_of
from app.trades.schemas import OrderOut
from app.trades.schemas.changes import ChangeIn, ChangeOut, ChangesOut
from app.web.api import Answer, Call, Tag


@face.get(
    "/orders/{code}/changes",
    id="listChanges",
    summary=N_("Changes on site of an order"),
    scope=READ,
    answer=ChangesOut,
    tagged=True,
    refusals=(errors.OrderNotFound,),
    links={"accept": ("acceptChange", SAME), "refuse": ("refuseChange", SAME)},
)
def listed(call: Call, code: str) -> Answer:
    """At most the last one is open. `acceptChange` and `refuseChange` want the ETag of this answer: they answer what was seen."""
    return _changes(call.work, code)


@face.post(
    "/orders/{code}/changes",
    id="proposeChange",
    summary=N_("Ask for more for bringing an appliance"),
    scope=WRITE,
    body=ChangeIn,
    example={"reason": "floor", "words": "约定六楼，实际八楼，没有电梯。", "amount_fen": 4000},
    answer=ChangesOut,
    tagged=True,
    status=201,
    refusals=(*STEP, errors.NotOnItsWay, errors.ChangeWaits, payments.PaymentDisputed, InvalidInput),
)
def propose(call: Call, code: str) -> Answer:
    """For the seller, on site. Nothing is accepted by silence."""
    service.propose_change(call.work, code, call.body.reason, call.body.words, call.body.amount_fen)
    return _changes(call.work, code)


@face.post(
    "/orders/{code}/changes/accept",
    id="acceptChange",
    summary=N_("Accept a change on site"),
    scope=WRITE,
    answer=OrderOut,
    if_match="needed",
    tagged=True,
    refusals=(*STEP, errors.NoOpenChange),
)
def accept(call: Call, code: str) -> Answer:
    """For the buyer; it is paid to whoever brings the item. With the ETag of `listChanges`: nobody accepts an amount unseen."""
    order = queries.own_order(call.work, code, to_change=True)
    call.seen.require(order.version, len(changes_of(call.work, order.id)))  # type: ignore[union-attr]
    service.accept_change(call.work, code, call.seen.version)  # type: ignore[union-attr]
    return order_answer(call.work, order)


@face.post(
    "/orders/{code}/changes/refuse",
    id="refuseChange",
    summary=N_("Refuse a change on site: the item goes back"),
    scope=WRITE,
    answer=OrderOut,
    if_match="needed",
    tagged=True,
    refusals=(*STEP, *MONEY, errors.NoOpenChange),
)
def refuse(call: Call, code: str) -> Answer:
    """For the buyer, free of charge: all the money goes back. With the ETag of `listChanges`."""
    order = queries.own_order(call.work, code, to_change=True)
    call.seen.require(order.version, len(changes_of(call.work, order.id)))  # type: ignore[union-attr]
    return order_answer(call.work, service.refuse_change(call.work, code, call.seen.version))  # type: ignore[union-attr]


@face.post(
    "/orders/{code}/changes/withdraw",
    id="withdrawChange",
    summary=N_("Take a change on site back"),
    scope=WRITE,
    answer=ChangesOut,
    tagged=True,
    refusals=(*STEP, errors.NoOpenChange),
)
def withdraw(call: Call, code: str) -> Answer:
    """For the seller, who brings it for what was agreed."""
    service.withdraw_change(call.work, code)
    return _changes(call.work, code)


def _changes(work: Work, code: str) -> Answer:
    order = queries.own_order(work, code)
    changes = changes_of(work, order.id)
    items = [
        ChangeOut(
            no=each.no,
            state=each.state,
            reason=each.reason,
            words=each.words,
            amount_fen=each.amount_fen,
            proposed_at=iso_seconds(each.proposed_at),
            ended_at=iso_seconds(each.ended_at) if each.ended_at else None,
        )
        for each in changes
    ]
    return Answer(ChangesOut(items=items), Tag(order.version, len(changes)))
