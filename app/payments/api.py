"""Payments for programs: pay (practice provider only), and where the money is."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.kernel.errors import BadState
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.payments import errors, jobs, queries
from app.payments.schemas import LineOut, MoneyOut, PaymentOut, PracticePayment
from app.web import current_actor, hub, look
from app.web.api import PAYING, Answer, Call, Face, Tag

face = Face("payments")


@face.get(
    "/payments/{code}",
    id="getPayment",
    summary=N_("How a payment stands"),
    scope="payments:read",
    answer=PaymentOut,
    tagged=True,
    refusals=(errors.PaymentNotFound,),
    links={"pay": ("payPayment", {"code": "$request.path.code"})},
)
def show(call: Call, code: str) -> Answer:
    """For its payer. After paying, ask until it is `settled`: the provider's own word decides."""
    return _payment(call.work, code)


@face.post(
    "/payments/{code}/pay",
    id="payPayment",
    summary=N_("Pay with the practice provider"),
    scope="payments:write",
    body=PracticePayment,
    example={"method": "practice"},
    answer=PaymentOut,
    status=202,
    is_atomic=False,
    tagged=True,
    limit=PAYING,
    refusals=(
        errors.PaymentNotFound,
        errors.PaymentNotOpen,
        errors.PaymentTimeOver,
        errors.NotPractice,
        BadState,
        errors.ProviderUnavailable,
        errors.ProviderRefused,
    ),
    links={"payment": ("getPayment", {"code": "$request.path.code"})},
)
def pay(call: Call, code: str) -> Answer:
    """Only where no real money moves: elsewhere a person pays on the provider's own page (`not_practice`)."""
    jobs.pay_in_practice(hub(), current_actor(), code, paid=call.body.decision == "pay")
    with look() as work:
        return _payment(work, code)


@face.get("/me/money", id="getMyMoney", summary=N_("What your sales have brought you"), scope="payments:read", answer=MoneyOut)
def money(call: Call) -> Answer:
    """Balance and movements of your own account."""
    found = queries.statement(call.work, accounts.user_by_id(call.work, call.work.actor.id))
    lines = [
        LineOut(
            at=iso_seconds(each.at),
            kind=each.kind,
            subject=each.subject,
            amount_fen=each.amount_fen,
            balance_fen=each.balance_fen,
        )
        for each in found.lines
    ]
    return Answer(MoneyOut(balance_fen=found.balance_fen, on_the_way_fen=found.on_the_way_fen, lines=lines))


def _payment(work: Work, code: str) -> Answer:
    payment = queries.my_payment(work, code)
    shape = PaymentOut(
        code=payment.code,
        state=payment.state,
        version=payment.version,
        amount_fen=payment.amount_fen,
        currency=payment.currency,
        subject=payment.subject,
        deadline_at=iso_seconds(payment.deadline_at),
        is_practice=not hub().provider.live,
    )
    return Answer(shape, Tag(payment.version))
