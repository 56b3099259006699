"""What each payment provider can do, and why one cannot do the rest. A scenario runs over every provider with its abilities."""

from __future__ import annotations

PROVIDERS = ("sandbox", "stripe", "bank", "split")

# What a scenario may ask of a provider.
ABILITIES = {
    "messages": "it tells what happened by signed messages of its own",
    "statements": "somebody imports its statements",
    "decline": "the payer's bank says no, with a reason",
    "attach_then_fail": "a card is accepted and fails when it is charged",
    "ask_first": "the payer's bank asks the payer first",
    "pay_later": "the payer is done, the money comes later or not at all",
    "end_checkout": "a checkout can be ended so that nobody pays there any more",
    "pending_refund": "a refund is on its way for days, and may fail then",
    "refund_waits": "a refund waits by itself until there is money for it",
    "refuse_refund": "a refund without money for it is refused at once",
    "accounts": "payouts go to accounts that their owners open at the provider",
    "return_payout": "a payout that was paid comes back",
    "refuse_payout": "a payout fails because the receiver's bank refuses it",
    "dispute": "the payer's bank takes a payment back and decides later",
    "inquire": "the payer's bank asks before it takes anything",
    "forget_keys": "an idempotency key is forgotten after a day",
    "fees": "the provider keeps a fee of each payment",
    "fail_after_commit": "the provider acts and its answer is lost or wrong",
    "reverse": "a payout can be taken back from its receiver",
    "short_hold": "money is reserved on a card first and taken later",
    "split": "money is frozen at the provider and shared by request",
}

ONLINE = {"messages", "decline", "ask_first", "dispute", "fail_after_commit"}
CAN = {
    "sandbox": ONLINE | {"refuse_refund", "return_payout", "refuse_payout"},
    "stripe": ONLINE
    | {
        "attach_then_fail",
        "pay_later",
        "end_checkout",
        "pending_refund",
        "refund_waits",
        "accounts",
        "inquire",
        "forget_keys",
        "fees",
        "reverse",
    },
    "split": ONLINE | {"refuse_refund", "return_payout", "refuse_payout", "reverse", "split"},
    "bank": {"statements", "pay_later", "refund_waits", "return_payout", "refuse_payout"},
}

_NO_HOLD = "money is taken at once and held in our ledger: a card hold ends before a trade does (docs/adr/0015)"
_MESSAGES = "it tells everything by messages and can be asked"
CANNOT = {
    "sandbox": {
        "attach_then_fail": "the test payer presses a button and types no card",
        "pay_later": "its news can be late, its money is not",
        "end_checkout": "a checkout stays payable, so that late money is met and sent back",
        "pending_refund": "a refund is decided when it is asked for",
        "refund_waits": "it refuses what it cannot pay at once",
        "accounts": "everybody is paid without an account",
        "inquire": "its banks take first and ask then",
        "forget_keys": "it keeps its keys for ever",
        "fees": "it keeps nothing",
        "reverse": "it knows no way back from a receiver; a debt is netted instead",
        "short_hold": _NO_HOLD,
        "split": "it holds everything in one balance",
        "statements": _MESSAGES,
    },
    "stripe": {
        "refuse_refund": "a refund waits at Stripe until there is money for it",
        "return_payout": "a transfer arrives at once; what a receiver's own bank sends back stays in the receiver's account there",
        "refuse_payout": "as return_payout: the receiver's bank is the receiver's and Stripe's",
        "short_hold": _NO_HOLD,
        "split": "Stripe holds everything in the platform's balance",
        "statements": _MESSAGES,
    },
    "split": {
        "statements": _MESSAGES,
        "attach_then_fail": "the test payer presses a button and types no card",
        "pay_later": "its news can be late, its money is not",
        "end_checkout": "a checkout stays payable, so that late money is met and sent back",
        "pending_refund": "a refund is decided when it is asked for",
        "refund_waits": "it refuses what it cannot pay at once",
        "accounts": "everybody is paid without an account",
        "inquire": "its banks take first and ask then",
        "forget_keys": "it keeps its keys for ever",
        "fees": "it keeps nothing",
        "short_hold": "money is taken at once and frozen for its order, for longer than a trade takes",
    },
    "bank": {
        "messages": "it sends none: its statement is the only word",
        "decline": "a transfer that its payer's bank declines is never seen here",
        "attach_then_fail": "there is no card",
        "ask_first": "as decline",
        "end_checkout": "nobody can be kept from transferring: late money is met and sent back",
        "pending_refund": "a refund has left when the statement shows it; one that comes back is tests/payments/test_bank.py",
        "refuse_refund": "a refund waits for a payment file until there is money for it",
        "accounts": "everybody has an account at the test bank",
        "dispute": "a transfer cannot be taken back by its sender's bank",
        "inquire": "as dispute",
        "forget_keys": "its orders lie in our own database",
        "fees": "its fees are rows of the statement that staff book: tests/payments/test_bank.py",
        "fail_after_commit": "it is asked in our own database: there is no answer that could be lost",
        "reverse": "a transfer cannot be taken back from its receiver",
        "short_hold": _NO_HOLD,
        "split": "it is one account",
    },
}  # fmt: skip

# Scenarios of the design that no test of this suite plays, and why.
ELSEWHERE = {
    **dict.fromkeys(("TS11", "TS13", "TS47", "TS49", "TS50", "TS51", "TS52", "TS53"), "belongs to later work (trade-in, swap, claims, rulings)"),
    **dict.fromkeys(("TS07", "TS08"), "the product has no inspection hub yet"),
    "TS05": "the product has no code that works while both are off line yet",
    "TS09": "the product has no car process yet: a car can be listed and not bought",
    "TS12": "the product has no cash at hand-over yet",
    "TS14": "the product has no disclosure after payment yet",
    "TS10": "tests/appraisal/test_fees.py, with the practice provider: nothing of it depends on the provider",
    **dict.fromkeys(("TS22", "TS23", "TS24", "TS25", "TS26"), _NO_HOLD),
    "TS32": "no provider here refuses a refund for its age; a refusal with a reason is TS41's",
}  # fmt: skip


def able(*wanted: str) -> list[str]:
    """The providers that can do all of this."""
    return [name for name in PROVIDERS if set(wanted) <= CAN[name]]
