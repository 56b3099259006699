"""Holding money and saying where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.accounts import queries as accounts
from app.kernel import audit
from app.kernel.money import MAX_FEN
from app.kernel.outbox import announce
from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import (
    MoreThanHeld,
    PaymentDisputed,
    PaymentFrozen,
    PaymentNotFound,
    PaymentNotFrozen,
    PaymentNotOpen,
    PaymentNotSettled,
    PaymentTimeOver,
    SplitDoesNotSum,
)
from app.payments.events import PaymentCancelled, PaymentFailed
from app.payments.models import LedgerTxn, MoneyCommand, Payment
from app.payments.queries import balance, find_txn, my_payment, open_dispute
from app.payments.rules import PURPOSES
from app.payments.service import commands, sellers
from app.payments.service.ledger import post
from app.payments.states import CANCELLED, FAILED, OPEN, PAYMENT_FLOW, SETTLED


def open_hold(
    work: Work, purpose: str, payer_id: int, amount_fen: int, deadline_at: datetime, *, subject: str = "", return_link: str = ""
) -> Payment:
    """Ask the payer for an amount (fen) that will be held until the opener says where it goes.

    ``deadline_at``: until when the page says that the thing is reserved; ``subject``: what is paid, in plain words;
    ``return_link``: our own path where the payer goes on when it is paid.
    """
    if purpose not in PURPOSES or not 0 < amount_fen <= MAX_FEN:
        raise ValueError(f"cannot hold {amount_fen} fen for {purpose!r}")
    payment = Payment(
        purpose=purpose,
        payer_id=payer_id,
        amount_fen=amount_fen,
        deadline_at=deadline_at,
        subject=subject,
        return_link=return_link,
        created_at=work.now,
        state=OPEN,
        entered_at=work.now,
    )
    work.session.add(payment)
    work.session.flush()
    PAYMENT_FLOW.start(work, payment, {"purpose": purpose, "amount_fen": amount_fen})
    return payment


@dataclass(frozen=True)
class Attempt:
    """One try of the payer, with everything that is stored before the provider is asked."""

    payment_code: str
    number: int
    amount_fen: int
    currency: str
    subject: str = ""
    intent_id: str = ""  # the provider's id of it, when it was begun before

    @property
    def key(self) -> str:
        """The provider's idempotency key of this try."""
        return self.payment_code if self.number == 1 else f"{self.payment_code}:{self.number}"

    @property
    def metadata(self) -> dict[str, str]:
        return {"payment_code": self.payment_code, "attempt": str(self.number)}


def begin_attempt(work: Work, payment_code: str) -> Attempt:
    """The payer wants to pay now. After a declined try this is a new one; otherwise it is the one that was begun.

    Raises PaymentNotOpen when it is paid or cancelled, PaymentTimeOver when the reservation has ended.
    """
    payment = locked(work, my_payment(work, payment_code).code)
    if payment.state not in (OPEN, FAILED):
        raise PaymentNotOpen()
    if work.now >= payment.deadline_at:
        raise PaymentTimeOver()
    if payment.state == FAILED:
        payment.attempt += 1
        payment.intent_id = None
        PAYMENT_FLOW.apply(work, payment, "retry")
    begun = payment.intent_id or ""
    return Attempt(payment.code, payment.attempt, payment.amount_fen, payment.currency, payment.subject, begun)


def end_attempt(work: Work, attempt: Attempt, reason: str) -> None:
    """The provider says that this try has ended unpaid, before its message about it has arrived."""
    payment = locked(work, attempt.payment_code)
    if payment.state == OPEN and payment.attempt == attempt.number:
        PAYMENT_FLOW.apply(work, payment, "fail", reason=reason)
        announce(work, PaymentFailed(payment.code))


def note_intent(work: Work, attempt: Attempt, intent_id: str) -> None:
    """Remember the provider's id of this try (unless the payer has begun another one since)."""
    payment = locked(work, attempt.payment_code)
    if payment.attempt == attempt.number and payment.intent_id is None:
        payment.intent_id = intent_id
        work.session.flush()


def cancel_hold(work: Work, payment_code: str, reason: str = "") -> Payment:
    """Ask no longer. Cancelling twice changes nothing; raises PaymentNotOpen when the money has already arrived.

    Money that arrives after this is taken into the books and sent back to the payer by itself.
    """
    payment = locked(work, payment_code)
    if payment.state == CANCELLED:
        return payment
    if payment.state == SETTLED:
        raise PaymentNotOpen()
    PAYMENT_FLOW.apply(work, payment, "cancel", reason=reason or None)
    announce(work, PaymentCancelled(payment.code))
    return payment


def release(
    work: Work, payment_code: str, splits: Sequence[tuple[str, int]], key: str, *, amount_fen: int | None = None
) -> LedgerTxn:
    """Give held money to its receivers: (account name, fen) each; payouts to sellers are planned by themselves.

    The parts are what is released; ``amount_fen``, when given, must be their sum. The same key releases once. Raises
    PaymentNotSettled, PaymentFrozen, PaymentDisputed, MoreThanHeld, SplitDoesNotSum.
    """
    payment = locked(work, payment_code)
    total = sum(fen for _, fen in splits)
    if not splits or any(fen <= 0 for _, fen in splits) or (amount_fen is not None and total != amount_fen):
        raise SplitDoesNotSum({"": SplitDoesNotSum.message})
    ledger_key = f"release:{payment.code}:{key}"
    lines = [rules.debit(rules.escrow_account(payment.code), total), *(rules.credit(name, fen) for name, fen in splits)]
    known = find_txn(work, ledger_key)
    if known is not None:
        return post(work, ledger_key, "", lines)  # the old answer, or KeyReused
    _may_move(work, payment, total)
    txn = post(work, ledger_key, f"release of {payment.purpose}", lines)
    audit.record(work, "payment.release", "payment", payment.id, {"key": key, "splits": [list(part) for part in splits]})
    for name, fen in splits:
        if name.startswith("seller_payable:"):
            seller = sellers.locked_seller(work, accounts.user_by_code(work, name.split(":", 1)[1]).id)
            sellers.pay_out(work, seller, fen, f"payout:{payment.code}:{key}:{seller.code}", payment.code)
    return txn


def refund(work: Work, payment_code: str, amount_fen: int, key: str, reason: str) -> MoneyCommand:
    """Give held money back to the payer. The same key refunds once.

    Raises PaymentNotSettled, PaymentFrozen, PaymentDisputed, MoreThanHeld. What was released is given back by
    ``refund_released``.
    """
    payment = locked(work, payment_code)
    if amount_fen <= 0:
        raise ValueError("a refund is more than nothing")
    if find_txn(work, f"refund:{payment.code}:{key}") is None:
        _may_move(work, payment, amount_fen)
    return send_back(work, payment, amount_fen, key, reason)


def freeze(work: Work, payment_code: str, reason: str) -> Payment:
    """Hold the money still until a decision. Raises PaymentNotSettled, PaymentFrozen when it is frozen already."""
    payment = locked(work, payment_code)
    if payment.state != SETTLED:
        raise PaymentNotSettled()
    if payment.frozen_at is not None:
        raise PaymentFrozen()
    payment.frozen_at, payment.freeze_reason = work.now, reason
    audit.record(work, "payment.freeze", "payment", payment.id, {"reason": reason})
    work.session.flush()
    return payment


def thaw(work: Work, payment_code: str) -> Payment:
    """Let the money move again: the ruling thaws and commands in one transaction. Raises PaymentNotFrozen."""
    payment = locked(work, payment_code)
    if payment.frozen_at is None:
        raise PaymentNotFrozen()
    payment.frozen_at, payment.freeze_reason = None, None
    audit.record(work, "payment.thaw", "payment", payment.id)
    work.session.flush()
    return payment


def locked(work: Work, payment_code: str) -> Payment:
    """The payment, for whoever is about to command it: nobody else does so before this transaction ends."""
    work.session.flush()
    wanted = select(Payment).where(Payment.code == payment_code).with_for_update().execution_options(populate_existing=True)
    payment = work.session.scalars(wanted).one_or_none()
    if payment is None:
        raise PaymentNotFound()
    return payment


def send_back(work: Work, payment: Payment, amount_fen: int, key: str, reason: str) -> MoneyCommand:
    """Take an amount out of what is held and plan its way back to the payer (no questions asked: see ``refund``)."""
    ledger_key = f"refund:{payment.code}:{key}"
    post(
        work,
        ledger_key,
        f"refund of {payment.purpose}",
        [
            rules.debit(rules.escrow_account(payment.code), amount_fen),
            rules.credit(rules.refund_account(payment.code), amount_fen),
        ],
    )
    return commands.plan(work, "refund", payment.payer_id, amount_fen, ledger_key, payment_code=payment.code, reason=reason)


def _may_move(work: Work, payment: Payment, amount_fen: int) -> None:
    if payment.state != SETTLED:
        raise PaymentNotSettled()
    if payment.frozen_at is not None:
        raise PaymentFrozen()
    if open_dispute(work, payment.code) is not None:
        raise PaymentDisputed()
    if amount_fen > balance(work, rules.escrow_account(payment.code)):
        raise MoreThanHeld()
