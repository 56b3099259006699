"""Writing into the ledger: one door for every movement of money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import KeyReused, LedgerRefused
from app.payments.models import LedgerAccount, LedgerEntry, LedgerTxn
from app.payments.queries import entries_of, find_txn
from app.payments.rules import CURRENCY, Line


def post(
    work: Work, idem_key: str, memo: str, lines: Sequence[Line | tuple[str, str, int]], *, reverses: int | None = None
) -> LedgerTxn:
    """Write one transaction: lines of (account name, kind, fen), debit positive, credit negative, adding up to zero.

    The same key with the same lines returns the transaction that is there; with other lines it raises KeyReused. Accounts
    are made when they are first used. What the database's guards refuse (not balanced, below zero, frozen) raises
    LedgerRefused and leaves nothing behind.
    """
    wanted = [line if isinstance(line, Line) else Line(*line) for line in lines]
    known = find_txn(work, idem_key)
    if known is not None:
        return _the_same(work, known, wanted, reverses)
    try:
        with work.session.begin_nested():  # a refusal leaves nothing behind, whatever the caller does then
            txn_id = _write(work, idem_key, memo, wanted, reverses)
    except IntegrityError as refused:
        raise LedgerRefused() from refused
    if txn_id is None:  # PostgreSQL: somebody committed the same key while we waited for it
        return _the_same(work, _there(find_txn(work, idem_key)), wanted, reverses)
    return _there(work.session.get(LedgerTxn, txn_id, populate_existing=True))


def reverse(work: Work, txn: LedgerTxn, memo: str) -> LedgerTxn:
    """Take a transaction back by its exact opposite, once."""
    opposite = [Line(line.account, line.kind, -line.amount_fen) for line in entries_of(work, txn.id)]
    return post(work, f"reversal:{txn.idem_key}", memo, opposite, reverses=txn.id)


def _write(work: Work, idem_key: str, memo: str, wanted: Sequence[Line], reverses: int | None) -> int | None:
    """Accounts, transaction, entries, seal; None when the key is taken."""
    ids = {line.account: _account(work, line) for line in sorted(wanted, key=lambda line: line.account)}
    txn_id = _begin_txn(work, idem_key, memo, reverses)
    if txn_id is None:
        return None
    entries = [{"txn_id": txn_id, "account_id": ids[line.account], "amount_fen": line.amount_fen} for line in wanted]
    # Always in the order of the accounts: two transactions lock the same accounts in the same order.
    for entry in sorted(entries, key=lambda entry: (entry["account_id"], entry["amount_fen"])):
        work.session.execute(insert(LedgerEntry).values(**entry))
    _seal(work, txn_id)
    return txn_id


def _the_same(work: Work, known: LedgerTxn, wanted: Sequence[Line], reverses: int | None) -> LedgerTxn:
    if known.reverses != reverses or rules.lines_differ(entries_of(work, known.id), wanted):
        raise KeyReused()
    return known


def _account(work: Work, line: Line) -> int:
    """The account's id; made on first use. The kind must be the one that the account has."""
    find = select(LedgerAccount.id, LedgerAccount.kind).where(LedgerAccount.name == line.account)
    known = work.session.execute(find).one_or_none()
    if known is None:
        values = {
            "name": line.account,
            "kind": line.kind,
            "currency": CURRENCY,
            "allow_negative": rules.may_go_negative(line.account),
        }
        # SQLite writes alone, so it never meets the conflict; PostgreSQL may, and then reads what the other one made.
        work.session.execute(_insert(work)(LedgerAccount).values(**values).on_conflict_do_nothing())
        known = work.session.execute(find).one()
    if known.kind != line.kind:
        raise ValueError(f"{line.account} is of kind {known.kind}, not {line.kind}")
    return int(known.id)


def _begin_txn(work: Work, idem_key: str, memo: str, reverses: int | None) -> int | None:
    state = "open" if _is_sqlite(work) else "posted"
    values = {"idem_key": idem_key, "at": work.now, "memo": memo, "reverses": reverses, "state": state}
    writing = _insert(work)(LedgerTxn).values(**values)
    if not _is_sqlite(work):
        writing = writing.on_conflict_do_nothing(index_elements=["idem_key"])
    return work.session.execute(writing.returning(LedgerTxn.id)).scalar_one_or_none()


def _seal(work: Work, txn_id: int) -> None:
    """Let the guards look now, so that a refusal is met here and not at the commit."""
    if _is_sqlite(work):
        posting = update(LedgerTxn).where(LedgerTxn.id == txn_id, LedgerTxn.state == "open").values(state="posted")
        work.session.execute(posting.execution_options(synchronize_session=False))
        return
    for mode in ("IMMEDIATE", "DEFERRED"):
        work.session.execute(text(f"SET CONSTRAINTS tr_ledger_txn_balanced, tr_ledger_entry_balanced {mode}"))


def _insert(work: Work) -> Any:
    """The dialect's own insert, the one that knows ON CONFLICT."""
    return sqlite.insert if _is_sqlite(work) else postgresql.insert


def _is_sqlite(work: Work) -> bool:
    return work.session.get_bind().dialect.name == "sqlite"


def _there(txn: LedgerTxn | None) -> LedgerTxn:
    assert txn is not None
    return txn
