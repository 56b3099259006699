"""Payments and commands: one of them, the money of one of them, and what staff must look at."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.kernel.ids import is_code
from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import AnomalyNotFound, PaymentNotFound
from app.payments.models import AgencyPayout, Anomaly, LedgerAccount, LedgerEntry, LedgerTxn, MoneyCommand, Payment
from app.payments.rules import MoneyState
from app.payments.states import CANCELLED, CLOSED, FAILED, OPEN, PLANNED, SUBMITTED, SUCCEEDED


def find_payment(work: Work, code: str) -> Payment | None:
    """None for what is not there, and for what cannot be a code (addresses may hold any characters)."""
    return work.session.scalars(select(Payment).where(Payment.code == code)).one_or_none() if is_code(code) else None


def payment_by_code(work: Work, code: str) -> Payment:
    """For the room that opened the payment. Raises PaymentNotFound."""
    payment = find_payment(work, code)
    if payment is None:
        raise PaymentNotFound()
    return payment


def my_payment(work: Work, code: str) -> Payment:
    """The payer's own payment; somebody else's does not exist for the actor."""
    payment = find_payment(work, code)
    if payment is None or payment.payer_id != work.actor.id:
        raise PaymentNotFound()
    return payment


def find_command(work: Work, code: str) -> MoneyCommand | None:
    """None for what is not there, and for what cannot be a code."""
    found = select(MoneyCommand).where(MoneyCommand.code == code)
    return work.session.scalars(found).one_or_none() if is_code(code) else None


def find_command_by_key(work: Work, idem_key: str) -> MoneyCommand | None:
    return work.session.scalars(select(MoneyCommand).where(MoneyCommand.idem_key == idem_key)).one_or_none()


def payouts_of(work: Work, user_id: int, *states: str) -> list[MoneyCommand]:
    """A person's own payouts in these states, oldest first."""
    rows = (
        select(MoneyCommand)
        .where(MoneyCommand.user_id == user_id, MoneyCommand.kind == "payout", MoneyCommand.state.in_(states))
        .where(MoneyCommand.id.not_in(select(AgencyPayout.command_id)))
        .order_by(MoneyCommand.id)
    )
    return list(work.session.scalars(rows))


def seller_account(work: Work, user_id: int) -> str:
    """The account that a release credits for this person."""
    return rules.payable_account(accounts.user_by_id(work, user_id).code)


def money_state(work: Work, payment_code: str) -> MoneyState:
    """Where the money of a payment is, from the ledger alone (two queries)."""
    payment = payment_by_code(work, payment_code)
    escrow, owed = rules.escrow_account(payment_code), rules.refund_account(payment_code)
    bank = rules.chargeback_account(payment_code)
    rows = (
        select(LedgerEntry.txn_id, LedgerTxn.idem_key, LedgerAccount.name, LedgerEntry.amount_fen)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .join(LedgerTxn, LedgerTxn.id == LedgerEntry.txn_id)
        .where(LedgerAccount.name.in_((escrow, owed, bank)), LedgerTxn.state == "posted")
    )
    captured = held = refunded = refund_paid = disputed = charged_back = 0
    into_refund: dict[int, int] = {}
    out_of_escrow: dict[int, int] = {}
    for txn_id, key, name, fen in work.session.execute(rows):
        if name == escrow:
            held -= fen
            captured += max(-fen, 0)
            out_of_escrow[txn_id] = out_of_escrow.get(txn_id, 0) + max(fen, 0)
        elif name == bank:
            disputed += fen
            if key.startswith("dispute_lost:"):  # the payer has it, by the bank
                refunded, refund_paid, charged_back = refunded - fen, refund_paid - fen, charged_back - fen
                into_refund[txn_id] = into_refund.get(txn_id, 0) - fen
        else:
            refunded += max(-fen, 0)
            refund_paid += max(fen, 0)
            into_refund[txn_id] = into_refund.get(txn_id, 0) + max(-fen, 0)
    released = sum(max(fen - into_refund.get(txn_id, 0), 0) for txn_id, fen in out_of_escrow.items())
    return MoneyState(
        state=rules.state_of_money(captured, held, released, refunded, disputed),
        captured_fen=captured,
        held_fen=held,
        released_fen=released,
        refunded_fen=refunded,
        refund_paid_fen=refund_paid,
        frozen=payment.frozen_at is not None,
        charged_back_fen=charged_back,
        disputed_fen=disputed,
    )


def waiting_payments(work: Work, since: datetime, limit: int = 500) -> list[Payment]:
    """Payments that have waited for the provider's word since before the instant, newest first.

    A declined one waits too (news may arrive in any order), and a cancelled one for two days (its money may still come).
    """
    cancelled = (
        (Payment.state == CANCELLED) & Payment.intent_id.is_not(None) & (Payment.entered_at > work.now - timedelta(days=2))
    )
    rows = select(Payment).where(Payment.state.in_((OPEN, FAILED)) | cancelled, Payment.entered_at <= since)
    return list(work.session.scalars(rows.order_by(Payment.id.desc()).limit(limit)))


def emptied_holds(work: Work, codes: list[str]) -> list[str]:
    """Those of the payments that were paid, of which nothing is held any more and no refund or payout is on its way."""
    found: list[str] = []
    for start in range(0, len(codes), 500):
        part = codes[start : start + 500]
        names = {rules.escrow_account(code): code for code in part}
        held = (
            select(LedgerAccount.name)
            .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
            .where(LedgerAccount.name.in_(names))
            .group_by(LedgerAccount.name)
            .having(func.sum(LedgerEntry.amount_fen) == 0)
        )
        waiting = select(MoneyCommand.payment_code).where(
            MoneyCommand.payment_code.in_(part), MoneyCommand.state.in_((PLANNED, SUBMITTED))
        )
        busy = set(work.session.scalars(waiting))
        found += [names[name] for name in work.session.scalars(held) if names[name] not in busy]
    return found


def unfinished_commands(work: Work, limit: int = 200) -> list[MoneyCommand]:
    """Refunds and payouts that the provider has not confirmed, and payouts that came back, oldest first."""
    rows = select(MoneyCommand).where(MoneyCommand.state != SUCCEEDED, MoneyCommand.state != CLOSED)
    return list(work.session.scalars(rows.order_by(MoneyCommand.id).limit(limit)))


def anomalies(work: Work, limit: int = 200) -> list[Anomaly]:
    """What the provider said that does not fit and nobody has looked at, newest first."""
    rows = select(Anomaly).where(Anomaly.closed_at.is_(None)).order_by(Anomaly.id.desc()).limit(limit)
    return list(work.session.scalars(rows))


def open_anomaly(work: Work, code: str) -> Anomaly:
    """One of them. Raises AnomalyNotFound, also when somebody has closed it."""
    found = work.session.scalars(select(Anomaly).where(Anomaly.code == code)).one_or_none() if is_code(code) else None
    if found is None or found.closed_at is not None:
        raise AnomalyNotFound()
    return found


def count_anomalies(work: Work) -> int:
    """How many words of the provider nobody has looked at."""
    return work.session.scalar(select(func.count()).where(Anomaly.closed_at.is_(None))) or 0


def oldest_unconfirmed_at(work: Work) -> datetime | None:
    """Since when the provider has owed us its word on the oldest refund or payout that it was given."""
    return work.session.scalar(select(func.min(MoneyCommand.entered_at)).where(MoneyCommand.state == SUBMITTED))
