"""Recompute the books from their entries and compare them with the provider's own list, both ways."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import case, func, select

from app.kernel.work import Work
from app.payments import rules
from app.payments.models import LedgerAccount, LedgerEntry, LedgerTxn, MoneyCommand, Payment
from app.payments.provider.face import PaymentProvider
from app.payments.queries.reconcile import Comparison, compare
from app.payments.states import RETURNED, SETTLED, SUCCEEDED


def verify(work: Work, provider: PaymentProvider) -> list[str]:
    """One sentence per difference, each beginning with its name and a colon; empty when everything agrees.

    Names: sum, unbalanced, unposted, overdraft, missing_capture, missing_entry, those of ``compare``, total.
    """
    return verify_with(work, compare(work, provider))


def verify_with(work: Work, compared: Comparison) -> list[str]:
    """The same with a comparison that was made already."""
    return [*_inside(work), *_captures(work), *_commands(work), *_against(compared)]


def _inside(work: Work) -> Iterator[str]:
    total = work.session.scalar(select(func.coalesce(func.sum(LedgerEntry.amount_fen), 0)))
    if total:
        yield f"sum: all entries together give {total} fen instead of 0"
    unposted = select(LedgerTxn.id, LedgerTxn.idem_key).where(LedgerTxn.state != "posted").order_by(LedgerTxn.id)
    for txn_id, key in work.session.execute(unposted):
        yield f"unposted: transaction {txn_id} ({key}) was never posted"
    sums = (
        select(LedgerEntry.txn_id, LedgerAccount.currency, func.sum(LedgerEntry.amount_fen))
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .group_by(LedgerEntry.txn_id, LedgerAccount.currency)
        .having(func.sum(LedgerEntry.amount_fen) != 0)
        .order_by(LedgerEntry.txn_id)
    )
    for txn_id, currency, fen in work.session.execute(sums):
        yield f"unbalanced: transaction {txn_id} gives {fen} in {currency} instead of 0"
    count = func.count(LedgerEntry.id)
    thin = select(LedgerTxn.id, count).outerjoin(LedgerEntry, LedgerEntry.txn_id == LedgerTxn.id).group_by(LedgerTxn.id)
    for txn_id, entries in work.session.execute(thin.having(count < 2).order_by(LedgerTxn.id)):
        yield f"unbalanced: transaction {txn_id} has {entries} entries"
    side = case((LedgerAccount.kind.in_(rules.DEBIT_KINDS), 1), else_=-1)
    below = (
        select(LedgerAccount.name, func.sum(LedgerEntry.amount_fen * side))
        .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .where(LedgerAccount.allow_negative.in_((False,)))
        .group_by(LedgerAccount.name)
        .having(func.sum(LedgerEntry.amount_fen * side) < 0)
        .order_by(LedgerAccount.name)
    )
    for name, fen in work.session.execute(below):
        yield f"overdraft: {name} stands at {fen} fen"


def _captures(work: Work) -> Iterator[str]:
    key = "capture:" + Payment.code
    posted = (
        select(-func.sum(LedgerEntry.amount_fen))
        .join(LedgerTxn, LedgerTxn.id == LedgerEntry.txn_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerTxn.idem_key == key, LedgerAccount.name == "escrow:" + Payment.code)
        .correlate(Payment)
        .scalar_subquery()
    )
    settled = select(Payment.code, Payment.amount_fen, posted).where(Payment.state == SETTLED).order_by(Payment.id)
    for code, amount, captured in work.session.execute(settled):
        if captured != amount:
            yield f"missing_capture: payment {code} is settled with {amount} fen, the ledger captured {captured or 0}"


def _commands(work: Work) -> Iterator[str]:
    """Every command that is done has its entry in the books, and every refund was taken out of what was held."""
    books = {key for (key,) in work.session.execute(select(LedgerTxn.idem_key))}
    commands = select(MoneyCommand.code, MoneyCommand.kind, MoneyCommand.state, MoneyCommand.idem_key).order_by(MoneyCommand.id)
    for code, kind, state, idem_key in work.session.execute(commands):
        if kind == "refund" and idem_key not in books:
            yield f"missing_entry: refund {code} was never taken out of what is held"
        if state in (SUCCEEDED, RETURNED) and _paid_key(kind, code) not in books:
            yield f"missing_entry: {kind} {code} is done, but the ledger does not show it"


def _paid_key(kind: str, command_code: str) -> str:
    """The ledger key under which a finished command stands."""
    return f"refund_paid:{command_code}" if kind == "refund" else f"payout:{command_code}"


def _against(compared: Comparison) -> Iterator[str]:
    """Our entries on the clearing account against the provider's list, by business key."""
    yield from (each.sentence for each in compared.differences)
    if compared.ours_fen != compared.theirs_fen:
        clearing = rules.clearing_account(compared.provider)
        yield f"total: {clearing} stands at {compared.ours_fen} fen, the provider holds {compared.theirs_fen}"
