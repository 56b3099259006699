"""The life of an invitation to a role, as data. Every pair of state and event that is not listed is refused."""

from __future__ import annotations

from app.kernel.flow import Flow

OPEN, ACCEPTED, DECLINED, WITHDRAWN, LAPSED = "open", "accepted", "declined", "withdrawn", "lapsed"
ACCEPT, DECLINE, WITHDRAW, LAPSE = "accept", "decline", "withdraw", "lapse"

INVITATION_FLOW = Flow(
    "invitation",
    {
        (OPEN, ACCEPT): ACCEPTED,
        (OPEN, DECLINE): DECLINED,
        (OPEN, WITHDRAW): WITHDRAWN,
        (OPEN, LAPSE): LAPSED,  # nobody answered in time
    },
    by={
        ACCEPT: "the invited person",
        DECLINE: "the invited person",
        WITHDRAW: "whoever may invite for the role",
        LAPSE: "time",
    },
)
