"""The verbs of claims. They take ``work`` first and never commit.

opening: the buyer claims. answering: proposals, counter-proposals, the clock. ending: money, and staff's decision.
"""

from app.aftersales.service.answering import agree, ask_again, escalate, offer, on_due, refuse, withdraw
from app.aftersales.service.ending import accept, on_bank_dispute_lost, rule
from app.aftersales.service.opening import Wanted, open_claim, possible

__all__ = [
    "Wanted",
    "accept",
    "agree",
    "ask_again",
    "escalate",
    "offer",
    "on_bank_dispute_lost",
    "on_due",
    "open_claim",
    "possible",
    "refuse",
    "rule",
    "withdraw",
]
