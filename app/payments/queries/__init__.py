"""Reads of payments, for pages and for upper rooms. Nothing here writes."""

from __future__ import annotations

from app.payments.queries.accounts import (
    find_account,
    find_account_by_ref,
    open_account,
    planned_payouts,
    receiver,
    unsure_accounts,
)
from app.payments.queries.agencies import (
    Unpaid,
    agencies_by_command,
    agencies_with_money,
    agency_commands,
    agency_of_command,
    unpaid_agencies,
)
from app.payments.queries.books import balance, balances, entries_of, find_txn
from app.payments.queries.disputes import ReleasedParts, disputes_for_staff, open_dispute, released_parts, was_given_back
from app.payments.queries.months import MonthStatement, month_statement, months_of
from app.payments.queries.payments import (
    anomalies,
    count_anomalies,
    find_command,
    find_command_by_key,
    find_payment,
    money_state,
    my_payment,
    oldest_unconfirmed_at,
    open_anomaly,
    payment_by_code,
    payouts_of,
    seller_account,
    unfinished_commands,
    waiting_payments,
)
from app.payments.queries.receipts import Receipt, receipt
from app.payments.queries.reconcile import Comparison, Difference, compare, key_of, last_reconciliation
from app.payments.queries.staff import MoneyDesk, money_desk
from app.payments.queries.statement import Statement, StatementLine, agency_statement, statement
from app.payments.queries.verify import verify, verify_with
from app.payments.rules import MoneyState, agency_account

__all__ = [
    "Comparison",
    "Difference",
    "MoneyDesk",
    "MoneyState",
    "MonthStatement",
    "Receipt",
    "ReleasedParts",
    "Statement",
    "StatementLine",
    "Unpaid",
    "agencies_by_command",
    "agencies_with_money",
    "agency_account",
    "agency_commands",
    "agency_of_command",
    "agency_statement",
    "anomalies",
    "balance",
    "balances",
    "compare",
    "count_anomalies",
    "disputes_for_staff",
    "entries_of",
    "find_account",
    "find_account_by_ref",
    "find_command",
    "find_command_by_key",
    "find_payment",
    "find_txn",
    "key_of",
    "last_reconciliation",
    "money_desk",
    "money_state",
    "month_statement",
    "months_of",
    "my_payment",
    "oldest_unconfirmed_at",
    "open_account",
    "open_anomaly",
    "open_dispute",
    "payment_by_code",
    "payouts_of",
    "planned_payouts",
    "receipt",
    "receiver",
    "released_parts",
    "seller_account",
    "statement",
    "unfinished_commands",
    "unpaid_agencies",
    "unsure_accounts",
    "verify",
    "verify_with",
    "waiting_payments",
    "was_given_back",
]
