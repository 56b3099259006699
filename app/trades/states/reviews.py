"""The life of a review: sealed until both sides have written or time has run out; never deleted, at most its text is hidden."""

from __future__ import annotations

from app.kernel.flow import Flow

SEALED, REVEALED, HIDDEN = "sealed", "revealed", "hidden"

REVIEW_FLOW = Flow(
    "review",
    {(SEALED, "reveal"): REVEALED, (REVEALED, "hide"): HIDDEN},
    by={"reveal": "both sides or time", "hide": "operator"},
)

DAYS = 14  # after completion: to write, and until what was written is opened
LONGEST = 1000  # characters
# Why the text of a review may be hidden. The stars stay and count.
HIDE_REASONS = ("personal_data", "insult", "unlawful", "advertising", "court_order")
