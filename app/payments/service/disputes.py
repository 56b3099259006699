"""What the payer's bank does: it takes a payment back, and decides for the payer or for us."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts import queries as accounts
from app.kernel.outbox import announce
from app.kernel.work import Work
from app.payments import rules
from app.payments.events import BankDisputeLost, BankDisputeOpened, BankDisputeWon
from app.payments.models import BankDispute, Payment
from app.payments.queries import balance, open_dispute, released_parts
from app.payments.service import sellers
from app.payments.service.ledger import post
from app.payments.states import DISPUTE_FLOW, DISPUTE_OPEN


def find_locked(work: Work, provider_ref: str) -> BankDispute | None:
    work.session.flush()
    wanted = select(BankDispute).where(BankDispute.provider_ref == provider_ref).with_for_update()
    return work.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def open_(work: Work, provider_name: str, payment: Payment, provider_ref: str, amount_fen: int, reason: str) -> bool:
    """The bank has taken the amount back: nothing of this payment moves until it decides. False when another is open."""
    if open_dispute(work, payment.code) is not None:
        return False
    dispute = BankDispute(
        payment_code=payment.code,
        provider_ref=provider_ref,
        amount_fen=amount_fen,
        reason=reason[:200],
        opened_at=work.now,
        state=DISPUTE_OPEN,
        entered_at=work.now,
    )
    work.session.add(dispute)
    work.session.flush()
    DISPUTE_FLOW.start(work, dispute, {"payment": payment.code, "amount_fen": amount_fen})
    clearing, hold = rules.clearing_account(provider_name), rules.chargeback_account(payment.code)
    lines = [rules.debit(hold, amount_fen), rules.credit(clearing, amount_fen)]
    post(work, f"dispute_opened:{dispute.provider_ref}", "the bank of the payer has taken the money back", lines)
    announce(work, BankDisputeOpened(payment.code, dispute.code))
    return True


def win(work: Work, provider_name: str, dispute: BankDispute) -> None:
    """The bank decided for us: the money is back and moves again."""
    _close(work, dispute, "win")
    clearing, hold = rules.clearing_account(provider_name), rules.chargeback_account(dispute.payment_code)
    lines = [rules.debit(clearing, dispute.amount_fen), rules.credit(hold, dispute.amount_fen)]
    post(work, f"dispute_won:{dispute.provider_ref}", "the bank of the payer has given the money back", lines)
    announce(work, BankDisputeWon(dispute.payment_code, dispute.code))


def lose(work: Work, payment: Payment, dispute: BankDispute) -> None:
    """The bank decided for the payer, who has the money. It comes out of what is held; what was released, out of what the
    seller still answers for; the rest (a refund that the bank did not know of) is the platform's loss."""
    _close(work, dispute, "lose")
    payment.frozen_at, payment.freeze_reason = None, None  # nothing is left to be frozen, or the rest is free
    work.session.flush()
    left = dispute.amount_fen
    held = min(left, balance(work, rules.escrow_account(payment.code)))
    lines = [rules.debit(rules.escrow_account(payment.code), held)]
    left -= held
    parts = released_parts(work, payment.code)
    answered = 0 if parts is None else min(left, parts.left_fen)
    seller = None
    if parts is not None and answered:
        seller = sellers.locked_seller(work, accounts.user_by_code(work, parts.seller_code).id)
        lines += sellers.take_from(work, seller, answered)
    lines.append(rules.debit("bad_debt", left - answered))
    lines.append(rules.credit(rules.chargeback_account(payment.code), dispute.amount_fen))
    key = f"dispute_lost:{dispute.provider_ref}"
    post(work, key, "the bank of the payer has kept the money", [line for line in lines if line.amount_fen])
    if seller is not None:
        sellers.pay_out_rest(work, seller, key)
    announce(work, BankDisputeLost(payment.code, dispute.code, dispute.amount_fen))


def _close(work: Work, dispute: BankDispute, event: str) -> None:
    dispute.closed_at = work.now
    DISPUTE_FLOW.apply(work, dispute, event)
