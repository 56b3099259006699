"""A payer's receipt: what was paid and what became of it, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import NoReceipt
from app.payments.models import LedgerAccount, LedgerEntry, LedgerTxn, Payment
from app.payments.queries.payments import money_state, my_payment
from app.payments.rules import MoneyState


@dataclass(frozen=True)
class ReceiptLine:
    """One movement: ``paid`` in, ``refund_decided`` (owed back), ``refund_paid`` (arrived at the payer);
    ``bank_took`` (the payer's bank has it back), ``bank_gave_back``.
    """

    at: datetime
    kind: str
    amount_fen: int


@dataclass(frozen=True)
class Receipt:
    payment: Payment
    paid_at: datetime
    money: MoneyState
    lines: tuple[ReceiptLine, ...]  # oldest first

    @property
    def spent_fen(self) -> int:
        """What the payer has paid in the end: everything less what goes back."""
        return self.money.captured_fen - self.money.refunded_fen

    def as_data(self, payer_name: str) -> dict[str, Any]:
        """The receipt for programs: the file that the PDF carries."""
        return {
            "kind": "xunyi-receipt",
            "number": self.payment.code,
            "payer": payer_name,
            "subject": self.payment.subject,
            "currency": self.payment.currency,
            "paid_at": iso_seconds(self.paid_at),
            "paid_fen": self.money.captured_fen,
            "refunded_fen": self.money.refunded_fen,
            "held_fen": self.money.held_fen,
            "spent_fen": self.spent_fen,
            "lines": [{"at": iso_seconds(each.at), "kind": each.kind, "amount_fen": each.amount_fen} for each in self.lines],
        }


def receipt(work: Work, payment_code: str) -> Receipt:
    """The receipt of the actor's own payment. Raises PaymentNotFound, NoReceipt while nothing has been paid."""
    payment = my_payment(work, payment_code)
    escrow, owed = rules.escrow_account(payment.code), rules.refund_account(payment.code)
    bank = rules.chargeback_account(payment.code)
    rows = (
        select(LedgerTxn.at, LedgerTxn.idem_key, LedgerAccount.name, LedgerEntry.amount_fen)
        .join(LedgerEntry, LedgerEntry.txn_id == LedgerTxn.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.name.in_((escrow, owed, bank)), LedgerTxn.state == "posted")
        .order_by(LedgerTxn.id, LedgerEntry.id)
    )
    lines = []
    for at, key, name, fen in work.session.execute(rows):
        if name == escrow and fen < 0:
            lines.append(ReceiptLine(at, "paid", -fen))
        elif name == bank and not key.startswith("dispute_lost:"):
            lines.append(ReceiptLine(at, "bank_took" if fen > 0 else "bank_gave_back", abs(fen)))
        elif name == owed:
            lines.append(ReceiptLine(at, "refund_decided" if fen < 0 else "refund_paid", abs(fen)))
    if not lines:
        raise NoReceipt()
    return Receipt(payment, lines[0].at, money_state(work, payment.code), tuple(lines))
