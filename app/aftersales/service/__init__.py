"""The verbs of claims. They take ``work`` first and never commit.

opening: the buyer claims. answering: proposals, counter-proposals, the clock. ending: money. returning: the way back.
disputes: who decides what was escalated. ruling: the ruling, its appeal, carrying it out. legs: its parts of the money.
"""

from app.aftersales.service.answering import agree, ask_again, escalate, offer, on_due, refuse, withdraw
from app.aftersales.service.disputes import draw_again, draw_next, on_reminder, on_silence, on_wait, pass_on
from app.aftersales.service.ending import accept, on_bank_dispute_lost, ruling_remedies
from app.aftersales.service.opening import Wanted, open_claim, possible
from app.aftersales.service.returning import name_address, note_address_shown, nothing_came, receive_back, send_back
from app.aftersales.service.ruling import (
    Ruling,
    accept_ruling,
    appeal,
    carry_out,
    on_appeal_over,
    on_money_moved,
    on_ruling_final,
    rule,
    run_again,
)

__all__ = [
    "Ruling",
    "Wanted",
    "accept",
    "accept_ruling",
    "agree",
    "appeal",
    "ask_again",
    "carry_out",
    "draw_again",
    "draw_next",
    "escalate",
    "name_address",
    "note_address_shown",
    "nothing_came",
    "offer",
    "on_appeal_over",
    "on_bank_dispute_lost",
    "on_due",
    "on_money_moved",
    "on_reminder",
    "on_ruling_final",
    "on_silence",
    "on_wait",
    "open_claim",
    "pass_on",
    "possible",
    "receive_back",
    "refuse",
    "rule",
    "ruling_remedies",
    "run_again",
    "send_back",
    "withdraw",
]
