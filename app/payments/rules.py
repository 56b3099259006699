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
    "chargeback_hold": ASSET,  # :<payment code>  taken back by the payer's bank, which has not decided
    "escrow": LIABILITY,  # :<payment code>  held for payer and receiver
    "seller_payable": LIABILITY,  # :<user code>  released, not yet paid out
    "appraiser_payable": LIABILITY,  # :<organisation code>
    "appraiser_debt": ASSET,  # :<organisation code>  what an agency answers for beyond what it has earned
    "refund_payable": LIABILITY,  # :<payment code>  owed back to the payer
    "unassigned": LIABILITY,  # :<row code>  came in at the bank, nobody knows yet for what: its sender's
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


def chargeback_account(payment_code: str) -> str:
    """What the payer's bank has taken back and not yet decided about."""
    return f"chargeback_hold:{payment_code}"


def debt_account(user_code: str) -> str:
    """What a seller owes the platform, until the next sales are set against it."""
    return f"seller_debt:{user_code}"


def given_back_key(payment_code: str, key: str) -> str:
    """The ledger key of a refund after the release."""
    return f"refund_released:{payment_code}:{key}"


def unassigned_account(row_code: str) -> str:
    """Money that came in at the bank and belongs to its sender until somebody knows what it is for."""
    return f"unassigned:{row_code}"


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

    ``refunded_fen`` counts refunds that were decided, and what a bank has kept for the payer; ``refund_paid_fen`` what of it
    has reached the payer.
    """

    state: str  # none, held, part_released, released, part_refunded, refunded, disputed_by_bank
    captured_fen: int = 0
    held_fen: int = 0
    released_fen: int = 0
    refunded_fen: int = 0
    refund_paid_fen: int = 0
    frozen: bool = False
    charged_back_fen: int = 0  # of what was refunded: kept by the bank for the payer
    disputed_fen: int = 0  # taken back by the payer's bank, which has not decided


def state_of_money(captured: int, held: int, released: int, refunded: int, disputed: int = 0) -> str:
    """One word for the amounts (fen).

    ``refunded`` and ``released`` mean that all went there; with both sides served the word is ``part_refunded``.
    """
    if captured == 0:
        return "none"
    if disputed:
        return "disputed_by_bank"
    if refunded == captured:
        return "refunded"
    if refunded > 0:
        return "part_refunded"
    if released == captured:
        return "released"
    return "part_released" if released > 0 else "held"


def fee_given_back(fee: int, released: int, before: int, amount: int, back_before: int) -> int:
    """What of the frozen fee goes back with a refund after the release, fen, half up.

    ``before``: what went back of the release until now, and of the fee ``back_before``. Reckoned on the whole, so that parts
    never give back a fen more than one refund of their sum.
    """
    return (2 * fee * (before + amount) + released) // (2 * released) - back_before


def lines_differ(first: Iterable[Line], second: Iterable[Line]) -> bool:
    """Whether two lists of lines move other amounts (the order does not matter)."""
    return sorted((line.account, line.amount_fen) for line in first) != sorted((line.account, line.amount_fen) for line in second)


# How our list and the provider's can differ.
MISSING_WITH_US, MISSING_WITH_THEM, AMOUNT = "missing_with_us", "missing_with_them", "amount"
CURRENCY_DIFFERS, STATE, DUPLICATE = "currency", "state", "duplicate"
DIFFERENCE_WORDS = {
    MISSING_WITH_US: N_("Only in the provider's list: we know nothing about it"),
    MISSING_WITH_THEM: N_("Only in our books: the provider does not list it"),
    AMOUNT: N_("Another amount"),
    CURRENCY_DIFFERS: N_("Another currency"),
    STATE: N_("The provider has moved it, we still wait for its word"),
    DUPLICATE: N_("The provider lists it more than once"),
}

# What each anomaly means, for staff.
ANOMALY_WORDS = {
    "wrong_mode": N_("A message about real money reached a practice system, or the other way round."),
    "wrong_currency": N_("The currency is not the one that was asked for."),
    "wrong_amount": N_("The amount is not the one that was asked for."),
    "wrong_intent": N_("Money for this payment came by another try than the present one."),
    "wrong_kind": N_("A refund was reported as a payout, or the other way round."),
    "wrong_reference": N_("The provider names another of its numbers than before."),
    "second_dispute": N_("A bank disputes a payment of which another dispute is still open."),
    "failed_after_success": N_("Money that had left came back: the books need a correction."),
    "succeeded_after_failure": N_("An earlier try that had failed went through after all: it may be paid twice."),
    "unknown_object": N_("We know nothing about what the provider speaks of."),
    "books_refuse": N_("The books refuse what the provider reports."),
}

FAMILY_WORDS = {
    "psp_clearing": N_("At the payment provider"),
    "bank": N_("In the bank"),
    "seller_debt": N_("Owed by sellers"),
    "chargeback_hold": N_("Taken back by banks, not decided"),
    "escrow": N_("Held for buyers and sellers"),
    "seller_payable": N_("Owed to sellers"),
    "appraiser_payable": N_("Owed to appraisers"),
    "appraiser_debt": N_("Owed by appraisers"),
    "refund_payable": N_("Owed back to payers"),
    "unassigned": N_("Came in, not assigned to anything"),
    "fee_revenue": N_("Fees earned"),
    "psp_fees": N_("Fees of the payment provider"),
    "goodwill": N_("Given as goodwill"),
    "bad_debt": N_("Debts given up"),
    "rounding": N_("Rounding"),
}

# Why a row of a bank's statement could not be matched, for staff.
UNKNOWN_REFERENCE, WRONG_AMOUNT, DOUBLE = "unknown_reference", "wrong_amount", "double"
REFUND_CAME_BACK, NOT_EXPECTED, NO_COVER = "refund_came_back", "not_expected", "no_cover"
ROW_WORDS = {
    UNKNOWN_REFERENCE: N_("No reference of ours stands in it."),
    WRONG_AMOUNT: N_("The reference is ours, the amount is another one."),
    DOUBLE: N_("The payment with this reference has arrived before."),
    REFUND_CAME_BACK: N_("A refund of ours came back: its account does not take it."),
    NOT_EXPECTED: N_("It names a transfer of ours that is done already, or that was marked as refused."),
    NO_COVER: N_("Our books have less money at the bank than what has left it."),
}
