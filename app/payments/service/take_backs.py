"""Taking a payout back from its receiver, where the provider can: so that a refund after the release is no debt for long.

The refund does not wait for it: what the receiver has not got any more stays a debt and is set against the next sales.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.accounts import queries as accounts
from app.kernel.work import Work
from app.payments import rules
from app.payments.models import MoneyCommand, TakeBack
from app.payments.queries import balance, entries_of, find_txn
from app.payments.service import sellers
from app.payments.service.ledger import post
from app.payments.states import NOT_TAKEN, PLANNED, SUCCEEDED, TAKE_BACK_FLOW


@dataclass(frozen=True)
class TakeBackCall:
    """What the provider is asked, with everything that was stored before the call."""

    code: str
    key: str
    payout_ref: str
    amount_fen: int
    metadata: dict[str, str]


def plan_take_backs(work: Work, refund_command_id: int) -> list[TakeBackCall]:
    """What of the seller's new debt can be taken out of payouts of the same payment; planned once for each refund.

    Nothing for a refund before the release, and for one that became no debt.
    """
    refund = work.session.get_one(MoneyCommand, refund_command_id)
    if not refund.idem_key.startswith("refund_released:") or refund.payment_code is None:
        return []
    known = list(work.session.scalars(select(TakeBack).where(TakeBack.refund_code == refund.code).order_by(TakeBack.id)))
    if not known:
        known = _plan(work, refund)
    refs = {each.code: each.provider_ref for each in _payouts(work, refund.payment_code)}
    return [_call(each, refs.get(each.payout_code) or "") for each in known if each.state == PLANNED]


def note_taken(work: Work, provider_name: str, code: str, ref: str) -> None:
    """The provider has taken it back: the debt is less by so much; what was no debt any more is owed to the seller."""
    row = _locked(work, code)
    if row.state != PLANNED:
        return
    receiver = select(MoneyCommand.user_id).where(MoneyCommand.code == row.payout_code)
    seller = sellers.locked_seller(work, work.session.scalars(receiver).one())
    row.provider_ref = ref
    TAKE_BACK_FLOW.apply(work, row, "take")
    owed = min(balance(work, rules.debt_account(seller.code)), row.amount_fen)
    lines = [
        rules.debit(rules.clearing_account(provider_name), row.amount_fen),
        rules.credit(rules.debt_account(seller.code), owed),
        rules.credit(rules.payable_account(seller.code), row.amount_fen - owed),
    ]
    key = f"taken_back:{row.code}"
    post(work, key, "taken back from the receiver of a payout", [line for line in lines if line.amount_fen])
    sellers.pay_out_rest(work, seller, key)


def note_not_taken(work: Work, code: str, reason: str) -> None:
    """The receiver has less: the debt stays and is set against the next sales."""
    row = _locked(work, code)
    if row.state == PLANNED:
        row.last_error = reason[:500]
        TAKE_BACK_FLOW.apply(work, row, "refuse", reason=reason[:200])


def _plan(work: Work, refund: MoneyCommand) -> list[TakeBack]:
    booked = find_txn(work, refund.idem_key)
    lines = entries_of(work, booked.id) if booked is not None else []
    debts = {line.account: line.amount_fen for line in lines if line.account.startswith("seller_debt:")}
    if not debts:
        return []
    ((account, fen),) = debts.items()
    seller = sellers.locked_seller(work, accounts.user_by_code(work, account.split(":", 1)[1]).id)
    left = min(fen, balance(work, account))
    planned = []
    for payout in _payouts(work, refund.payment_code or ""):
        part = min(left, payout.amount_fen - _taken(work, payout.code)) if payout.user_id == seller.id else 0
        if part <= 0:
            continue
        left -= part
        row = TakeBack(
            payout_code=payout.code,
            refund_code=refund.code,
            amount_fen=part,
            created_at=work.now,
            state=PLANNED,
            entered_at=work.now,
        )
        work.session.add(row)
        work.session.flush()
        TAKE_BACK_FLOW.start(work, row, {"amount_fen": part})
        planned.append(row)
    return planned


def _payouts(work: Work, payment_code: str) -> list[MoneyCommand]:
    """Payouts of a payment that have arrived."""
    wanted = select(MoneyCommand).where(MoneyCommand.payment_code == payment_code, MoneyCommand.kind == "payout")
    return list(work.session.scalars(wanted.where(MoneyCommand.state == SUCCEEDED).order_by(MoneyCommand.id)))


def _taken(work: Work, payout_code: str) -> int:
    rows = work.session.scalars(select(TakeBack).where(TakeBack.payout_code == payout_code, TakeBack.state != NOT_TAKEN))
    return sum(each.amount_fen for each in rows)


def _call(row: TakeBack, payout_ref: str) -> TakeBackCall:
    return TakeBackCall(row.code, f"take_back:{row.code}", payout_ref, row.amount_fen, {"take_back_code": row.code})


def _locked(work: Work, code: str) -> TakeBack:
    wanted = select(TakeBack).where(TakeBack.code == code).with_for_update().execution_options(populate_existing=True)
    return work.session.scalars(wanted).one()
