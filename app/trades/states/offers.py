"""The life of a negotiation as data: one offer stands at a time, a counter-offer takes its place. The rest is refused."""

from __future__ import annotations

from app.kernel.flow import Flow

OPEN = "open"  # an offer stands and waits for the other side
ACCEPTED = "accepted"  # the thing is reserved, an order is open
DECLINED, WITHDRAWN, EXPIRED = "declined", "withdrawn", "expired"
SUPERSEDED = "superseded"  # somebody else bought it, or it is no longer on sale

COUNTER, ACCEPT, DECLINE, WITHDRAW, EXPIRE, SUPERSEDE = "counter", "accept", "decline", "withdraw", "expire", "supersede"

NEGOTIATION_FLOW = Flow(
    "negotiation",
    {
        (OPEN, COUNTER): OPEN,
        (OPEN, ACCEPT): ACCEPTED,
        (OPEN, DECLINE): DECLINED,
        (OPEN, WITHDRAW): WITHDRAWN,
        (OPEN, EXPIRE): EXPIRED,
        (OPEN, SUPERSEDE): SUPERSEDED,
    },
    by={
        COUNTER: "who has to answer",
        ACCEPT: "who has to answer",
        DECLINE: "who has to answer, or the seller's lowest price",
        WITHDRAW: "who made the standing offer",
        EXPIRE: "time",
        SUPERSEDE: "another sale",
    },
)

BUYER, SELLER = "buyer", "seller"
SIDES = (BUYER, SELLER)
