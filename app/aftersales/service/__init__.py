"""The verbs of claims. They take ``work`` first and never commit.

opening: the buyer claims. answering: proposals, counter-proposals, the clock. ending: money, and staff's decision.
returning: the way back.
"""

from app.aftersales.service.answering import agree, ask_again, escalate, offer, on_due, refuse, withdraw
from app.aftersales.service.ending import accept, on_bank_dispute_lost, rule, ruling_remedies
from app.aftersales.service.opening import Wanted, open_claim, possible
from app.aftersales.service.returning import name_address, note_address_shown, receive_back, send_back

__all__ = [
    "Wanted",
    "accept",
    "agree",
    "ask_again",
    "escalate",
    "name_address",
    "note_address_shown",
    "offer",
    "on_bank_dispute_lost",
    "on_due",
    "open_claim",
    "possible",
    "receive_back",
    "refuse",
    "rule",
    "ruling_remedies",
    "send_back",
    "withdraw",
]
