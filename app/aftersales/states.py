"""The life of a claim, as data. Every pair of state and event that is not listed is refused."""

from __future__ import annotations

from app.kernel.flow import Flow

SELLER_TURN = "seller_turn"
BUYER_TURN = "buyer_turn"
RETURNING = "returning"  # a return is agreed or ruled: the thing is on its way back, the money follows when it is there
ESCALATED = "escalated"  # a dispute: an arbitrator decides (DISPUTE_FLOW); silence decides nothing
REMEDIED = "remedied"  # the buyer has got what was agreed or ruled
DENIED = "denied"  # refused and not escalated in time, or ruled out
WITHDRAWN = "withdrawn"  # taken back, or an offer was let go
OVERTAKEN = "overtaken"  # the buyer's bank gave the money back meanwhile

OPEN = (SELLER_TURN, BUYER_TURN, ESCALATED, RETURNING)
ENDED = (REMEDIED, DENIED, WITHDRAWN, OVERTAKEN)

CLAIM_FLOW = Flow(
    "claim",
    {
        (SELLER_TURN, "accept"): REMEDIED,
        (SELLER_TURN, "silence"): REMEDIED,
        (SELLER_TURN, "offer"): BUYER_TURN,
        (SELLER_TURN, "refuse"): BUYER_TURN,
        (SELLER_TURN, "withdraw"): WITHDRAWN,
        (SELLER_TURN, "bank_lost"): OVERTAKEN,
        (BUYER_TURN, "agree"): REMEDIED,
        (BUYER_TURN, "ask_again"): SELLER_TURN,
        (BUYER_TURN, "escalate"): ESCALATED,
        (BUYER_TURN, "lapse"): DENIED,  # nobody answered a refusal
        (BUYER_TURN, "let_go"): WITHDRAWN,  # nobody answered an offer
        (BUYER_TURN, "withdraw"): WITHDRAWN,
        (BUYER_TURN, "bank_lost"): OVERTAKEN,
        (ESCALATED, "grant"): REMEDIED,
        (ESCALATED, "dismiss"): DENIED,
        (ESCALATED, "withdraw"): WITHDRAWN,
        (ESCALATED, "bank_lost"): OVERTAKEN,
        (SELLER_TURN, "nothing_shown"): ESCALATED,  # the seller was silent, and none of the files is a photo
        (SELLER_TURN, "accept_return"): RETURNING,
        (SELLER_TURN, "silence_return"): RETURNING,
        (BUYER_TURN, "agree_return"): RETURNING,
        (ESCALATED, "grant_return"): RETURNING,
        (RETURNING, "name_address"): RETURNING,
        (RETURNING, "send_back"): RETURNING,
        (RETURNING, "receive_same"): REMEDIED,
        (RETURNING, "receive_silence"): REMEDIED,  # sent, and nobody objects in time
        (RETURNING, "receive_other"): ESCALATED,  # another unit, or altered: both records go to an arbitrator
        (RETURNING, "nothing_came"): ESCALATED,  # sent by the buyer's word, and the seller has got nothing
        (RETURNING, "stuck"): ESCALATED,  # no address was named in time
        (RETURNING, "not_sent"): WITHDRAWN,
        (RETURNING, "withdraw"): WITHDRAWN,  # only before it is sent
        (RETURNING, "bank_lost"): OVERTAKEN,
    },
    by={
        "accept": "seller",
        "silence": "time",
        "nothing_shown": "time",
        "offer": "seller",
        "refuse": "seller",
        "withdraw": "buyer",
        "bank_lost": "buyer's bank",
        "agree": "buyer",
        "ask_again": "buyer",
        "escalate": "buyer",
        "lapse": "time",
        "let_go": "time",
        "grant": "arbitrator",
        "dismiss": "arbitrator",
        "accept_return": "seller",
        "silence_return": "time",
        "agree_return": "buyer",
        "grant_return": "arbitrator",
        "name_address": "seller",
        "send_back": "buyer",
        "receive_same": "seller",
        "receive_silence": "time",
        "receive_other": "seller",
        "nothing_came": "seller",
        "stuck": "time",
        "not_sent": "time",
    },
)

# How the record names what ended a claim; None: an arbitrator decided it.
SETTLED_BY: dict[str, str | None] = {
    "accept": "agreed",
    "agree": "agreed",
    "silence": "silence",
    "withdraw": "withdrawn",
    "lapse": "lapsed",
    "let_go": "lapsed",
    "bank_lost": "overtaken",
    "receive_same": "agreed",
    "receive_silence": "agreed",
    "not_sent": "lapsed",
    "grant": None,
    "dismiss": None,
}

BUYER, SELLER = "buyer", "seller"
SIDES = (BUYER, SELLER)
ASK, OFFER, REFUSE = "ask", "offer", "refuse"
KINDS = (ASK, OFFER, REFUSE)
PARTIAL, RETURN = "partial_refund", "return_refund"
REMEDIES = (PARTIAL, RETURN)
FAULTS = ("seller_fault", "buyer_fault", "shared", "none")

SAME, ALTERED, OTHER_ITEM, SILENT = "same", "altered", "other_item", "silent"
RECEIPTS = (SAME, ALTERED, OTHER_ITEM, SILENT)  # what became of the look at what came back

# A dispute: an escalated claim before an arbitrator, once more before another one when a side appeals.
WAITING = "waiting"  # nobody is named; an arbitrator is drawn
DECIDING = "deciding"  # somebody has it, until its day
RULED = "ruled"  # the first ruling; either side can appeal until its day. No money moves
CARRYING_OUT = "carrying_out"  # the ruling is final; its parts of the money go their way
DONE = "done"
CLOSED = "closed"  # the claim ended otherwise: taken back, overtaken by the bank, or its return failed and another dispute begins

NAME, PASS, TIMEOUT = "name", "pass", "timeout"
RULE, RULE_LAST, APPEAL, ACCEPT, ACCEPT_BOTH, STAND = "rule", "rule_last", "appeal", "accept", "accept_both", "stand"
FINISH, CLOSE = "finish", "close"

DISPUTE_OPEN = (WAITING, DECIDING, RULED, CARRYING_OUT)
DISPUTE_ENDED = (DONE, CLOSED)

DISPUTE_FLOW = Flow(
    "claim_dispute",
    {
        (WAITING, NAME): DECIDING,
        (DECIDING, PASS): WAITING,
        (DECIDING, TIMEOUT): WAITING,
        (DECIDING, RULE): RULED,
        (DECIDING, RULE_LAST): CARRYING_OUT,  # after an appeal
        (RULED, APPEAL): WAITING,
        (RULED, ACCEPT): RULED,
        (RULED, ACCEPT_BOTH): CARRYING_OUT,
        (RULED, STAND): CARRYING_OUT,  # nobody appealed in time
        (CARRYING_OUT, FINISH): DONE,
        **{(state, CLOSE): CLOSED for state in DISPUTE_OPEN},
    },
    by={
        NAME: "lot",
        PASS: "arbitrator",
        TIMEOUT: "time",
        RULE: "arbitrator",
        RULE_LAST: "arbitrator",
        APPEAL: "buyer or seller",
        ACCEPT: "buyer or seller",
        ACCEPT_BOTH: "buyer or seller",
        STAND: "time",
        FINISH: "job",
        CLOSE: "claim",
    },
)

PLANNED, BOOKED, PAID, FAILED, DROPPED = "planned", "booked", "paid", "failed", "dropped"

LEG_FLOW = Flow(
    "claim_leg",
    {
        (PLANNED, "book"): BOOKED,  # in the ledger, and the payer is asked
        (PLANNED, "drop"): DROPPED,
        (BOOKED, "pay"): PAID,
        (BOOKED, "fail"): FAILED,
        (FAILED, "retry"): BOOKED,
        (FAILED, "pay"): PAID,
    },
    by={"book": "job", "drop": "claim", "pay": "payer", "fail": "payer", "retry": "job or operator"},
)
