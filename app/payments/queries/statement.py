"""A seller's or an agency's statement: what was released to them, what was paid out, what is still coming."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from app.accounts.models import Organisation, User
from app.kernel.work import Work
from app.payments import rules
from app.payments.models import AgencyPayout, LedgerAccount, LedgerEntry, LedgerTxn, MoneyCommand, Payment
from app.payments.queries.agencies import agency_commands
from app.payments.queries.books import balance
from app.payments.states import DONE, PLANNED, SUBMITTED

_KINDS = {
    "release": "released",
    "payout": "paid_out",
    "liability": "answered_for",
    "fee_back": "answered_for",
    "set_off": "set_off",
    "refund_released": "given_back",
    "payout_returned": "came_back",
    "dispute_lost": "bank_took",
    "given_up": "given_up",
    "taken_back": "taken_back",
}


@dataclass(frozen=True)
class StatementLine:
    """One movement of the account. ``amount_fen`` is positive for money coming in; ``balance_fen`` is after the movement."""

    at: datetime
    # released, paid_out, answered_for (a wrong report), set_off (a debt), given_back, came_back, bank_took, taken_back, other
    kind: str
    subject: str  # what was paid for, as the payer saw it; empty for a payout of no single payment
    amount_fen: int
    balance_fen: int


@dataclass(frozen=True)
class Statement:
    """``on_the_way_fen``: released and given to the provider or about to be; it is part of the balance."""

    balance_fen: int
    on_the_way_fen: int
    lines: tuple[StatementLine, ...]  # newest first
    commands: tuple[MoneyCommand, ...]  # payouts that have not arrived, oldest first
    debt_lines: tuple[StatementLine, ...] = ()  # how the debt came and went, newest first; positive: more is owed
    debt_fen: int = 0  # what is owed to the platform, set against what is earned next


def statement(work: Work, user: User, limit: int = 100) -> Statement:
    """The money of one person (eight queries). Balances are right even when older lines are cut off by ``limit``."""
    waiting = (
        select(MoneyCommand)
        .where(MoneyCommand.user_id == user.id, MoneyCommand.kind == "payout", MoneyCommand.state.not_in(DONE))
        .where(MoneyCommand.id.not_in(select(AgencyPayout.command_id)))
        .order_by(MoneyCommand.id)
    )
    found = _of_account(work, rules.payable_account(user.code), tuple(work.session.scalars(waiting)), limit)
    debt, lines = _lines_of(work, rules.debt_account(user.code), limit, side=1)
    return replace(found, debt_fen=debt, debt_lines=lines)


def agency_statement(work: Work, agency: Organisation, limit: int = 100) -> Statement:
    """The money of one agency (eight queries), like a person's."""
    found = _of_account(work, rules.agency_account(agency.code), tuple(agency_commands(work, agency.id)), limit)
    return replace(found, debt_fen=balance(work, rules.agency_debt_account(agency.code)))


def _of_account(work: Work, account: str, commands: tuple[MoneyCommand, ...], limit: int) -> Statement:
    total, lines = _lines_of(work, account, limit, side=-1)
    on_the_way = sum(command.amount_fen for command in commands if command.state in (PLANNED, SUBMITTED))
    return Statement(total, on_the_way, lines, commands)


def _lines_of(work: Work, account: str, limit: int, *, side: int) -> tuple[int, tuple[StatementLine, ...]]:
    """The balance and the newest movements of an account, spoken of on its normal side (1: debits, -1: credits)."""
    mine = (
        select(LedgerTxn.id, LedgerTxn.at, LedgerTxn.idem_key, LedgerEntry.amount_fen)
        .join(LedgerEntry, LedgerEntry.txn_id == LedgerTxn.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.name == account, LedgerTxn.state == "posted")
    )
    total = work.session.scalar(select(func.coalesce(func.sum(mine.subquery().c.amount_fen), 0))) or 0
    running = side * int(total)
    rows = work.session.execute(mine.order_by(LedgerTxn.id.desc(), LedgerEntry.id.desc()).limit(limit)).all()
    named = subjects(work, [row.idem_key for row in rows])
    lines = []
    for row in rows:
        amount = side * row.amount_fen
        lines.append(StatementLine(row.at, kind_of(row.idem_key), named.get(row.idem_key, ""), amount, running))
        running -= amount
    return side * int(total), tuple(lines)


def kind_of(idem_key: str) -> str:
    """What a movement of this ledger key is called on a statement."""
    return _KINDS.get(idem_key.split(":", 1)[0], "other")


def subjects(work: Work, idem_keys: list[str]) -> dict[str, str]:
    """What each ledger key ("release:<payment code>:...", "payout:<command code>") was for. Two queries."""
    code_of = {key: key.split(":")[1] for key in idem_keys if ":" in key}
    named = set(code_of.values())
    paid_by = select(MoneyCommand.code, MoneyCommand.payment_code).where(MoneyCommand.code.in_(named))
    payment_of = {row.code: row.payment_code for row in work.session.execute(paid_by)}
    wanted = named | {payment for payment in payment_of.values() if payment}
    rows = work.session.execute(select(Payment.code, Payment.subject).where(Payment.code.in_(wanted)))
    subject_of = {row.code: row.subject for row in rows}
    return {key: subject_of.get(payment_of.get(code) or code, "") for key, code in code_of.items()}
