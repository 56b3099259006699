"""What the ledger says: balances are sums, computed when asked."""

from __future__ import annotations

from sqlalchemy import func, select

from app.kernel.work import Work
from app.payments.models import LedgerAccount, LedgerEntry, LedgerTxn
from app.payments.rules import Line, on_normal_side


def balance(work: Work, account_name: str) -> int:
    """The balance in fen on the account's normal side; 0 for an account that nobody has used yet."""
    account = work.session.scalars(select(LedgerAccount).where(LedgerAccount.name == account_name)).one_or_none()
    if account is None:
        return 0
    posted = (
        select(func.coalesce(func.sum(LedgerEntry.amount_fen), 0))
        .join(LedgerTxn, LedgerTxn.id == LedgerEntry.txn_id)
        .where(LedgerEntry.account_id == account.id, LedgerTxn.state == "posted")
    )
    return on_normal_side(account.kind, int(work.session.scalar(posted) or 0))


def balances(work: Work) -> dict[str, int]:
    """The balance of every account, by name."""
    posted = (
        select(LedgerEntry.account_id, func.sum(LedgerEntry.amount_fen).label("fen"))
        .join(LedgerTxn, LedgerTxn.id == LedgerEntry.txn_id)
        .where(LedgerTxn.state == "posted")
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    rows = select(LedgerAccount.name, LedgerAccount.kind, func.coalesce(posted.c.fen, 0)).outerjoin(
        posted, posted.c.account_id == LedgerAccount.id
    )
    return {name: on_normal_side(kind, int(fen)) for name, kind, fen in work.session.execute(rows.order_by(LedgerAccount.name))}


def find_txn(work: Work, idem_key: str) -> LedgerTxn | None:
    return work.session.scalars(select(LedgerTxn).where(LedgerTxn.idem_key == idem_key)).one_or_none()


def entries_of(work: Work, txn_id: int) -> list[Line]:
    """The lines of one transaction, in the order in which they were written."""
    rows = (
        select(LedgerAccount.name, LedgerAccount.kind, LedgerEntry.amount_fen)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerEntry.txn_id == txn_id)
        .order_by(LedgerEntry.id)
    )
    return [Line(*row) for row in work.session.execute(rows)]
