"""Reads of bank disputes and of what can still be given back after a release."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.kernel.work import Work
from app.payments import rules
from app.payments.models import BankDispute, LedgerAccount, LedgerEntry, LedgerTxn
from app.payments.queries.books import find_txn
from app.payments.states import DISPUTE_OPEN


def open_dispute(work: Work, payment_code: str) -> BankDispute | None:
    """The dispute about which the payer's bank has not decided."""
    rows = select(BankDispute).where(BankDispute.payment_code == payment_code, BankDispute.state == DISPUTE_OPEN)
    return work.session.scalars(rows).one_or_none()


def disputes_for_staff(work: Work, limit: int = 50) -> list[BankDispute]:
    """Disputes, the open ones first, then the newest."""
    rows = select(BankDispute).order_by(BankDispute.state != DISPUTE_OPEN, BankDispute.id.desc()).limit(limit)
    return list(work.session.scalars(rows))


def was_given_back(work: Work, payment_code: str, key: str) -> bool:
    """Whether the refund after the release with this key was made."""
    return find_txn(work, rules.given_back_key(payment_code, key)) is not None


@dataclass(frozen=True)
class ReleasedParts:
    """What was released of a payment to one seller and the platform, and what of it went back already, fen."""

    seller_code: str
    released_fen: int
    fee_fen: int
    given_back_fen: int  # by refunds
    fee_back_fen: int
    lost_fen: int  # to the payer's bank

    @property
    def left_fen(self) -> int:
        """What can still be given back."""
        return self.released_fen - self.given_back_fen - self.lost_fen


def released_parts(work: Work, payment_code: str) -> ReleasedParts | None:
    """None when nothing was released, or not to one seller alone (an appraisal's fee, a deposit)."""
    names = (account(payment_code) for account in (rules.escrow_account, rules.refund_account, rules.chargeback_account))
    mine = select(LedgerAccount.id).where(LedgerAccount.name.in_(list(names)))
    touched = select(LedgerEntry.txn_id).where(LedgerEntry.account_id.in_(mine))
    rows = (
        select(LedgerTxn.idem_key, LedgerAccount.name, LedgerEntry.amount_fen)
        .join(LedgerEntry, LedgerEntry.txn_id == LedgerTxn.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerTxn.id.in_(touched), LedgerTxn.state == "posted")
    )
    released = fee = given_back = fee_back = lost = 0
    sellers: set[str] = set()
    for key, name, fen in work.session.execute(rows):
        word, family = key.split(":", 1)[0], name.split(":", 1)[0]
        if word == "release" and fen < 0:
            released -= fen
            fee -= fen if name == rules.FEE_ACCOUNT else 0
            if name != rules.FEE_ACCOUNT:
                sellers.add(name)
        elif word == "refund_released" and family == "refund_payable" and fen < 0:
            given_back -= fen
        elif word == "refund_released" and name == rules.FEE_ACCOUNT:
            fee_back += fen
        elif word == "dispute_lost" and family in ("seller_payable", "seller_debt") and fen > 0:
            lost += fen
    if len(sellers) != 1 or not (only := sellers.pop()).startswith("seller_payable:"):
        return None
    return ReleasedParts(only.split(":", 1)[1], released, fee, given_back, fee_back, lost)
