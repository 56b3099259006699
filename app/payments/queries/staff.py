"""The operator's view of all money: where it is, and what has gone through, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.kernel.work import Work
from app.payments import rules
from app.payments.models import LedgerAccount, LedgerEntry, LedgerTxn
from app.payments.queries.books import balances
from app.payments.rules import LIABILITY


@dataclass(frozen=True)
class Totals:
    """Sums over all accounts of one family (the name before the colon), fen on the normal side."""

    family: str
    kind: str
    accounts: int
    balance_fen: int


@dataclass(frozen=True)
class MoneyDesk:
    """All money on one page, fen. ``own_fen``: what would be left if everything that is owed were paid now."""

    totals: tuple[Totals, ...]
    paid_in_fen: int
    paid_out_fen: int  # to sellers and agencies
    paid_back_fen: int  # to payers

    def of(self, *families: str) -> int:
        return sum(each.balance_fen for each in self.totals if each.family in families)

    def of_kind(self, kind: str) -> int:
        return sum(each.balance_fen for each in self.totals if each.kind == kind)

    @property
    def held_fen(self) -> int:
        return self.of("escrow")

    @property
    def owed_fen(self) -> int:
        """Everything that is owed to somebody and no longer held for an open matter."""
        return self.of_kind(LIABILITY) - self.held_fen

    @property
    def debts_fen(self) -> int:
        """What sellers and agencies owe."""
        return self.of(*rules.DEBT_FAMILIES)

    @property
    def cover_fen(self) -> int:
        """What could be paid at once, less everything that is held and owed; below zero somebody must pay in."""
        return self.of("psp_clearing", "bank") - self.of_kind(LIABILITY)

    @property
    def own_fen(self) -> int:
        return self.of_kind(rules.ASSET) - self.of_kind(LIABILITY)


def money_desk(work: Work) -> MoneyDesk:
    """Families of accounts that nobody has used yet are left out (three queries)."""
    found: dict[str, list[int]] = {}
    for name, fen in balances(work).items():
        found.setdefault(name.split(":", 1)[0], []).append(fen)
    totals = tuple(
        Totals(family, kind, len(found[family]), sum(found[family])) for family, kind in rules.CHART.items() if family in found
    )
    paid_in = _through(work, "capture", "escrow")  # not at the provider: a row of a bank may be assigned to its payment later
    paid_out, paid_back = (_through(work, word, "psp_clearing") for word in ("payout", "refund_paid"))
    return MoneyDesk(totals, -paid_in, -paid_out, -paid_back)


def _through(work: Work, word: str, family: str) -> int:
    """What transactions whose key begins with the word moved on these accounts, fen."""
    total = (
        select(func.coalesce(func.sum(LedgerEntry.amount_fen), 0))
        .join(LedgerTxn, LedgerTxn.id == LedgerEntry.txn_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.name.like(f"{family}:%"), LedgerTxn.state == "posted", LedgerTxn.idem_key.like(f"{word}:%"))
    )
    return int(work.session.scalar(total) or 0)
