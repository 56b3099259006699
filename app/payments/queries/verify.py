"""Recompute the books from their entries and compare them with the provider's own list, both ways."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import case, func, select

from app.kernel.work import Work
from app.payments import rules
from app.payments.models import LedgerAccount, LedgerEntry, LedgerTxn, MoneyCommand, Payment
from app.payments.provider.face import CAME_IN, Movement, PaymentProvider
from app.payments.states import RETURNED, SETTLED, SUCCEEDED


def verify(work: Work, provider: PaymentProvider) -> list[str]:
    """One sentence per difference, each beginning with its name and a colon; empty when everything agrees.

    Names: sum, unbalanced, unposted, overdraft, missing_capture, missing_entry, not_at_provider, not_in_ledger, amount,
    total.
    """
    return [*_inside(work), *_captures(work), *_commands(work), *_against(work, provider)]


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


def _key_of(movement: Movement) -> str:
    """The ledger key that a movement at the provider must have; its own id when it names nothing of ours."""
    if movement.kind == "capture":
        return f"capture:{movement.metadata.get('payment_code') or movement.id}"
    if movement.kind in ("dispute", "dispute_won"):
        return f"{'dispute_opened' if movement.kind == 'dispute' else 'dispute_won'}:{movement.id}"
    if movement.kind == "payout_return":
        return f"payout_returned:{movement.metadata.get('command_code') or movement.id}"
    return _paid_key(movement.kind, movement.metadata.get("command_code") or movement.id)


def unreconciled_fen(work: Work, provider: PaymentProvider) -> int:
    """The sum of what our books and the provider's list differ by, without regard to the direction."""
    ours, theirs = _both_sides(work, provider)
    return sum(abs(ours.get(key, 0) - theirs.get(key, 0)) for key in ours.keys() | theirs.keys())


def _against(work: Work, provider: PaymentProvider) -> Iterator[str]:
    """Our entries on the clearing account against the provider's list, by business key."""
    ours, theirs = _both_sides(work, provider)
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in theirs:
            yield f"not_at_provider: {key} ({ours[key]} fen) is in our books only"
        elif key not in ours:
            yield f"not_in_ledger: {key} ({theirs[key]} fen) is in the provider's books only"
        elif ours[key] != theirs[key]:
            yield f"amount: {key} is {ours[key]} fen in our books, {theirs[key]} fen at the provider"
    if sum(ours.values()) != sum(theirs.values()):
        clearing = rules.clearing_account(provider.name)
        yield f"total: {clearing} stands at {sum(ours.values())} fen, the provider holds {sum(theirs.values())}"


def _both_sides(work: Work, provider: PaymentProvider) -> tuple[dict[str, int], dict[str, int]]:
    """Fen by business key on the clearing account, in our books and in the provider's.

    Money moves there first and is booked here afterwards, so our side is read first: what is only there may be on its way.
    """
    rows = (
        select(LedgerTxn.idem_key, func.sum(LedgerEntry.amount_fen))
        .join(LedgerEntry, LedgerEntry.txn_id == LedgerTxn.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.name == rules.clearing_account(provider.name))
        .group_by(LedgerTxn.idem_key)
    )
    ours: dict[str, int] = {key: int(fen) for key, fen in work.session.execute(rows)}
    theirs: dict[str, int] = {}
    for movement in provider.list_movements():
        fen = movement.amount_fen if movement.kind in CAME_IN else -movement.amount_fen
        theirs[_key_of(movement)] = theirs.get(_key_of(movement), 0) + fen
    return ours, theirs
