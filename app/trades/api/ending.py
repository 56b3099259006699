"""Cancel, and what happens when something is wrong."""

from __future__ import annotations

from app.kernel.text import N_
from app.payments import errors as payments
from app.trades import errors, queries, service
from app.trades.api.shaping import MONEY, SAME, STEP, WRITE, face, order_answer
from app.trades.schemas import (
    Cancellation,
    OrderOut,
    ProblemReport,
    StatementIn,
)
from app.web.api import Answer, Call


@face.post(
    "/orders/{code}/cancel",
    id="cancelOrder",
    summary=N_("Cancel an order"),
    scope=WRITE,
    body=Cancellation,
    example={"reason": "sold_elsewhere"},
    answer=OrderOut,
    if_match="read",
    tagged=True,
    refusals=(
        *STEP,
        *MONEY,
        errors.AlreadyPaid,
        errors.AlreadyShipped,
        errors.ProblemOpen,
        errors.CancelAsked,
        errors.WrongDelivery,
    ),
)
def cancel(call: Call, code: str) -> Answer:
    """Before it is sent, with all the money back. A buyer who wants to end an arranged meeting asks the seller by this."""
    order = queries.own_order(call.work, code, to_change=True)
    if call.seen is not None:
        call.seen.require(order.version)
    return order_answer(call.work, service.cancel(call.work, code, call.body.reason))


@face.post(
    "/orders/{code}/cancel/agree",
    id="agreeCancel",
    summary=N_("Agree to the buyer's wish to cancel"),
    scope=WRITE,
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, *MONEY, errors.NoCancelAsked, errors.ProblemOpen),
)
def agree_cancel(call: Call, code: str) -> Answer:
    """For the seller, who has the item: all the money goes back."""
    return order_answer(call.work, service.agree_cancel(call.work, code))


@face.post(
    "/orders/{code}/cancel/object",
    id="objectCancel",
    summary=N_("Say that the buyer has the item already"),
    scope=WRITE,
    body=StatementIn,
    example={"text": "The buyer took it on Saturday at 15:10, exit 3."},
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.NoCancelAsked, errors.ProblemOpen, payments.PaymentFrozen, payments.PaymentNotSettled),
)
def object_cancel(call: Call, code: str) -> Answer:
    """For the seller: the money is frozen and staff decide."""
    service.object_cancel(call.work, code, call.body.text)
    return order_answer(call.work, queries.own_order(call.work, code))


@face.post(
    "/orders/{code}/problem",
    id="reportProblem",
    summary=N_("Report a problem with what arrived"),
    scope=WRITE,
    body=ProblemReport,
    example={"reason": "not_as_described", "text": "The screen has a crack that the description does not name."},
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.ProblemOpen, errors.ClaimOpen, errors.WindowOver, payments.PaymentNotSettled, payments.PaymentFrozen),
    links={"withdraw": ("withdrawProblem", SAME), "answer": ("answerProblem", SAME)},
)
def report_problem(call: Call, code: str) -> Answer:
    """For the buyer, in the time for checking: the money is frozen and staff decide."""
    service.report_problem(call.work, code, call.body.reason, call.body.text)
    return order_answer(call.work, queries.own_order(call.work, code))


@face.post(
    "/orders/{code}/problem/withdraw",
    id="withdrawProblem",
    summary=N_("Take a problem back"),
    scope=WRITE,
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.NoOpenProblem, errors.WithdrawnOnce, payments.PaymentNotFrozen),
)
def withdraw_problem(call: Call, code: str) -> Answer:
    """For the buyer, once; the time for checking begins again."""
    return order_answer(call.work, service.withdraw_problem(call.work, code))


@face.post(
    "/orders/{code}/problem/answer",
    id="answerProblem",
    summary=N_("Answer a problem that the other side reported"),
    scope=WRITE,
    body=StatementIn,
    example={"text": "The photos that I sent before shipping show no crack."},
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.NoOpenProblem, errors.AnsweredOnce),
)
def answer_problem(call: Call, code: str) -> Answer:
    """Once; staff and both sides read it."""
    service.answer_case(call.work, code, call.body.text)
    return order_answer(call.work, queries.own_order(call.work, code))
