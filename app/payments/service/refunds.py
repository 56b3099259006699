"""Refunds after the money was released: the seller and the platform each give back their frozen part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.accounts import queries as accounts
from app.kernel import audit
from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import MoreThanReleased, PaymentDisputed, PaymentFrozen, PaymentNotSettled
from app.payments.models import MoneyCommand, Payment
from app.payments.queries import entries_of, find_command_by_key, find_txn, open_dispute, released_parts
from app.payments.service import commands, sellers
from app.payments.service.holds import locked
from app.payments.service.ledger import post
from app.payments.states import SETTLED


@dataclass(frozen=True)
class GivenBack:
    """What a refund after the release costs whom, fen. ``debt_fen``: of the seller's part, what becomes a debt."""

    command: MoneyCommand
    seller_fen: int
    fee_fen: int
    debt_fen: int


def refund_released(work: Work, payment_code: str, amount_fen: int, key: str, reason: str) -> GivenBack:
    """Give money back to the payer that was already released to one seller. The same key refunds once.

    The fee that was kept goes back in proportion, to the fen; the seller answers for the rest, out of what is free and
    otherwise as a debt that is set against the next sales. Raises PaymentNotSettled, PaymentFrozen, PaymentDisputed,
    MoreThanReleased; KeyReused for another amount.
    """
    payment = locked(work, payment_code)
    if amount_fen <= 0:
        raise ValueError("a refund is more than nothing")
    ledger_key = rules.given_back_key(payment.code, key)
    known = find_command_by_key(work, ledger_key)
    if known is not None:
        commands.plan(work, "refund", payment.payer_id, amount_fen, ledger_key, payment_code=payment.code)  # or KeyReused
        booked = find_txn(work, ledger_key)
        return _given(known, entries_of(work, booked.id) if booked else ())
    _may_give_back(work, payment)
    parts = released_parts(work, payment.code)
    if parts is None or amount_fen > parts.left_fen:
        raise MoreThanReleased()
    fee = rules.fee_given_back(parts.fee_fen, parts.released_fen, parts.given_back_fen, amount_fen, parts.fee_back_fen)
    seller = sellers.locked_seller(work, accounts.user_by_code(work, parts.seller_code).id)
    taken = sellers.take_from(work, seller, amount_fen - fee)
    lines = [*taken, rules.debit(rules.FEE_ACCOUNT, fee), rules.credit(rules.refund_account(payment.code), amount_fen)]
    post(work, ledger_key, f"refund of {payment.purpose} after the release", [line for line in lines if line.amount_fen])
    told = {"key": key, "fen": amount_fen, "fee_fen": fee}
    audit.record(work, "payment.refund_released", "payment", payment.id, told)
    command = commands.plan(work, "refund", payment.payer_id, amount_fen, ledger_key, payment_code=payment.code, reason=reason)
    sellers.pay_out_rest(work, seller, ledger_key)
    return _given(command, lines)


def _given(command: MoneyCommand, lines: Iterable[rules.Line]) -> GivenBack:
    """What the lines of a refund cost whom."""
    by = dict.fromkeys(("seller_payable", "seller_debt", rules.FEE_ACCOUNT), 0)
    for line in lines:
        family = line.account.split(":", 1)[0]
        if family in by:
            by[family] += line.amount_fen
    owes = by["seller_debt"]
    return GivenBack(command, by["seller_payable"] + owes, by[rules.FEE_ACCOUNT], owes)


def _may_give_back(work: Work, payment: Payment) -> None:
    if payment.state != SETTLED:
        raise PaymentNotSettled()
    if payment.frozen_at is not None:
        raise PaymentFrozen()
    if open_dispute(work, payment.code) is not None:
        raise PaymentDisputed()
