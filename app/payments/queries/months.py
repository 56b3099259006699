"""A seller's statement of one calendar month (Shanghai): where it began, every movement with its fee, where it ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import User
from app.kernel.time import SHANGHAI, iso_seconds, shanghai_day
from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import NoSuchMonth
from app.payments.models import LedgerAccount, LedgerEntry, LedgerTxn
from app.payments.queries.statement import kind_of, subjects

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True)
class MonthLine:
    """One movement. Of a release: ``gross_fen`` is what the buyer's money gave, ``fee_fen`` what the platform kept of it."""

    at: datetime
    kind: str
    subject: str
    gross_fen: int
    fee_fen: int
    amount_fen: int  # positive: came in
    balance_fen: int


@dataclass(frozen=True)
class MonthStatement:
    month: str  # "2026-11"
    opening_fen: int
    closing_fen: int
    lines: tuple[MonthLine, ...]  # oldest first

    def total(self, *kinds: str) -> int:
        """What the lines of these kinds give together, fen."""
        return sum(line.amount_fen for line in self.lines if line.kind in kinds)

    @property
    def gross_fen(self) -> int:
        return sum(line.gross_fen for line in self.lines)

    @property
    def fee_fen(self) -> int:
        return sum(line.fee_fen for line in self.lines)

    @property
    def other_fen(self) -> int:
        """Everything that is neither a sale nor a payout."""
        return self.closing_fen - self.opening_fen - self.total("released", "paid_out", "came_back")

    def as_data(self, owner_name: str, owner_code: str) -> dict[str, Any]:
        """The statement for programs: the file that the PDF carries."""
        return {
            "kind": "xunyi-statement",
            "month": self.month,
            "of": {"name": owner_name, "code": owner_code},
            "currency": rules.CURRENCY,
            "opening_fen": self.opening_fen,
            "closing_fen": self.closing_fen,
            "lines": [
                {
                    "at": iso_seconds(line.at),
                    "kind": line.kind,
                    "subject": line.subject,
                    "gross_fen": line.gross_fen,
                    "fee_fen": line.fee_fen,
                    "amount_fen": line.amount_fen,
                    "balance_fen": line.balance_fen,
                }
                for line in self.lines
            ],
        }


def months_of(work: Work, user: User, most: int = 24) -> list[str]:
    """The months since the person's first movement, newest first; none without one."""
    first = work.session.scalar(
        select(func.min(LedgerTxn.at))
        .join(LedgerEntry, LedgerEntry.txn_id == LedgerTxn.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.name == rules.payable_account(user.code), LedgerTxn.state == "posted")
    )
    if first is None:
        return []
    begin, day = _month_no(shanghai_day(first).year, shanghai_day(first).month), shanghai_day(work.now)
    last = _month_no(day.year, day.month)
    return [f"{no // 12:04d}-{no % 12 + 1:02d}" for no in range(last, max(begin, last - most + 1) - 1, -1)]


def month_statement(work: Work, user: User, month: str) -> MonthStatement:
    """Raises NoSuchMonth for what is no month, and for months before the first movement or still to come."""
    if month not in months_of(work, user, most=1200):
        raise NoSuchMonth()
    begin, end = _bounds(month)
    mine = (
        select(LedgerTxn.id, LedgerTxn.at, LedgerTxn.idem_key, LedgerEntry.amount_fen)
        .join(LedgerEntry, LedgerEntry.txn_id == LedgerTxn.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.name == rules.payable_account(user.code), LedgerTxn.state == "posted")
    )
    before = mine.where(LedgerTxn.at < begin).subquery()
    opening = -int(work.session.scalar(select(func.coalesce(func.sum(before.c.amount_fen), 0))) or 0)
    within = mine.where(LedgerTxn.at >= begin, LedgerTxn.at < end).order_by(LedgerTxn.id, LedgerEntry.id)
    rows = work.session.execute(within).all()
    named, fees = subjects(work, [row.idem_key for row in rows]), _fees(work, [row.id for row in rows])
    lines, running = [], opening
    for row in rows:
        kind, fee = kind_of(row.idem_key), fees.get(row.id, 0)
        running -= row.amount_fen
        gross = -row.amount_fen + fee if kind == "released" else 0
        kept = fee if kind == "released" else 0
        lines.append(MonthLine(row.at, kind, named.get(row.idem_key, ""), gross, kept, -row.amount_fen, running))
    return MonthStatement(month, opening, running, tuple(lines))


def _fees(work: Work, txn_ids: list[int]) -> dict[int, int]:
    """What the platform kept in each of these transactions, fen."""
    rows = (
        select(LedgerEntry.txn_id, func.sum(LedgerEntry.amount_fen))
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.name == rules.FEE_ACCOUNT, LedgerEntry.txn_id.in_(txn_ids))
        .group_by(LedgerEntry.txn_id)
    )
    return {txn_id: -int(fen) for txn_id, fen in work.session.execute(rows)} if txn_ids else {}


def _bounds(month: str) -> tuple[datetime, datetime]:
    found = _MONTH.fullmatch(month)
    assert found is not None  # the caller has found it in the list
    no = _month_no(int(found[1]), int(found[2]))
    first, after = (datetime(each // 12, each % 12 + 1, 1, tzinfo=SHANGHAI).astimezone(UTC) for each in (no, no + 1))
    return first, after


def _month_no(year: int, month: int) -> int:
    return year * 12 + month - 1
