"""Decisions on plain values: which accounts exist, which side counts, what state the money is in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.kernel.text import N_

PURPOSES = ("order", "appraisal_fee", "deposit")
CURRENCY = "CNY"

FEE_ACCOUNT = "fee_revenue"

ASSET, LIABILITY, INCOME, EXPENSE = "asset", "liability", "income", "expense"
ACCOUNT_KINDS = (ASSET, LIABILITY, INCOME, EXPENSE)
DEBIT_KINDS = (ASSET, EXPENSE)  # their normal side is the debit (positive amounts); the others' is the credit

# Account name (before the colon) -> kind. Whose or which provider's stands after the colon.
CHART = {
    "psp_clearing": ASSET,  # :<provider>  money that lies at the payment provider
    "bank": ASSET,
    "seller_debt": ASSET,  # :<user code>
    "escrow": LIABILITY,  # :<payment code>  held for payer and receiver
    "seller_payable": LIABILITY,  # :<user code>  released, not yet paid out
    "appraiser_payable": LIABILITY,  # :<organisation code>
    "appraiser_debt": ASSET,  # :<organisation code>  what an agency answers for beyond what it has earned
    "refund_payable": LIABILITY,  # :<payment code>  owed back to the payer
    "fee_revenue": INCOME,
    "psp_fees": EXPENSE,
    "goodwill": EXPENSE,
    "bad_debt": EXPENSE,
    "rounding": EXPENSE,
}
DEBT_FAMILIES = ("seller_debt", "appraiser_debt")
MAY_GO_NEGATIVE = frozenset({"rounding"})  # gains and losses of rounding meet there; every other account is real money


@dataclass(frozen=True)
class Line:
    """One line of a ledger transaction. Debit positive, credit negative, fen."""

    account: str
    kind: str
    amount_fen: int


def debit(account: str, fen: int) -> Line:
    return Line(account, account_kind(account), fen)


def credit(account: str, fen: int) -> Line:
    return Line(account, account_kind(account), -fen)


def account_kind(name: str) -> str:
    """The kind of an account by its name. Raises ValueError for a name outside the chart."""
    kind = CHART.get(name.split(":", 1)[0])
    if kind is None:
        raise ValueError(f"{name} is not in the chart of accounts")
    return kind


def may_go_negative(name: str) -> bool:
    return name.split(":", 1)[0] in MAY_GO_NEGATIVE


def on_normal_side(kind: str, debits_less_credits: int) -> int:
    """The balance of an account as it is spoken of: debits count for assets and expenses, credits for the others."""
    return debits_less_credits if kind in DEBIT_KINDS else -debits_less_credits


def clearing_account(provider: str) -> str:
    return f"psp_clearing:{provider}"


def escrow_account(payment_code: str) -> str:
    return f"escrow:{payment_code}"


def refund_account(payment_code: str) -> str:
    return f"refund_payable:{payment_code}"


def payable_account(user_code: str) -> str:
    return f"seller_payable:{user_code}"


def agency_account(organisation_code: str) -> str:
    """What is owed to an appraisal agency."""
    return f"appraiser_payable:{organisation_code}"


def agency_debt_account(organisation_code: str) -> str:
    """What an agency owes the platform, until what it earns next is set against it."""
    return f"appraiser_debt:{organisation_code}"


@dataclass(frozen=True)
class MoneyState:
    """Where the money of one payment is, in fen, read from the ledger.

    ``refunded_fen`` counts refunds that were decided; ``refund_paid_fen`` those that have reached the payer.
    """

    state: str  # none, held, part_released, released, part_refunded, refunded
    captured_fen: int = 0
    held_fen: int = 0
    released_fen: int = 0
    refunded_fen: int = 0
    refund_paid_fen: int = 0
    frozen: bool = False


def state_of_money(captured: int, held: int, released: int, refunded: int) -> str:
    """One word for the four amounts (fen).

    ``refunded`` and ``released`` mean that all went there; with both sides served the word is ``part_refunded``.
    """
    if captured == 0:
        return "none"
    if refunded == captured:
        return "refunded"
    if refunded > 0:
        return "part_refunded"
    if released == captured:
        return "released"
    return "part_released" if released > 0 else "held"


def lines_differ(first: Iterable[Line], second: Iterable[Line]) -> bool:
    """Whether two lists of lines move other amounts (the order does not matter)."""
    return sorted((line.account, line.amount_fen) for line in first) != sorted((line.account, line.amount_fen) for line in second)


# What each anomaly means, for staff.
ANOMALY_WORDS = {
    "wrong_mode": N_("A message about real money reached a practice system, or the other way round."),
    "wrong_currency": N_("The currency is not the one that was asked for."),
    "wrong_amount": N_("The amount is not the one that was asked for."),
    "wrong_intent": N_("Money for this payment came by another try than the present one."),
    "wrong_kind": N_("A refund was reported as a payout, or the other way round."),
    "wrong_reference": N_("The provider names another of its numbers than before."),
    "failed_after_success": N_("Money that had left came back: the books need a correction."),
    "succeeded_after_failure": N_("An earlier try that had failed went through after all: it may be paid twice."),
    "unknown_object": N_("We know nothing about what the provider speaks of."),
    "books_refuse": N_("The books refuse what the provider reports."),
}

FAMILY_WORDS = {
    "psp_clearing": N_("At the payment provider"),
    "bank": N_("In the bank"),
    "seller_debt": N_("Owed by sellers"),
    "escrow": N_("Held for buyers and sellers"),
    "seller_payable": N_("Owed to sellers"),
    "appraiser_payable": N_("Owed to appraisers"),
    "appraiser_debt": N_("Owed by appraisers"),
    "refund_payable": N_("Owed back to payers"),
    "fee_revenue": N_("Fees earned"),
    "psp_fees": N_("Fees of the payment provider"),
    "goodwill": N_("Given as goodwill"),
    "bad_debt": N_("Debts given up"),
    "rounding": N_("Rounding"),
}
