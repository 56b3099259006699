"""The life of a change that is proposed on site, while an appliance is being brought: answered by the buyer, or gone."""

from __future__ import annotations

from app.kernel.flow import Flow

OPEN, ACCEPTED, REFUSED, WITHDRAWN, LAPSED = "open", "accepted", "refused", "withdrawn", "lapsed"

CHANGE_FLOW = Flow(
    "delivery_change",
    {(OPEN, "accept"): ACCEPTED, (OPEN, "refuse"): REFUSED, (OPEN, "withdraw"): WITHDRAWN, (OPEN, "lapse"): LAPSED},
    by={
        "accept": "buyer",
        "refuse": "buyer",
        "withdraw": "seller",
        "lapse": "buyer",  # confirms the arrival without an answer: nothing is owed
    },
)

REASONS = ("floor", "no_lift", "narrow_door", "far", "other")
MOST_FEN = 100_000  # our own choice: what is more than 1,000 yuan is another delivery
