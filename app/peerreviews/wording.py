"""Words of peer reviews that pages share."""

from __future__ import annotations

from app.kernel.text import N_
from app.peerreviews.models import AGREES, DIFFERED, REVIEWER, SENIOR
from app.peerreviews.rules import DRAWN, NEW, VALUE

REASON_WORDS = {
    NEW: N_("One of the appraiser's first reports in this category"),
    VALUE: N_("The item is worth more than the limit"),
    DRAWN: N_("Drawn by lot"),
}
STATE_WORDS = {
    "waiting": N_("Nobody looks yet"),
    "asked": N_("Somebody is looking"),
    "differs": N_("The grades differ; a senior is sought"),
    "deciding": N_("The grades differ; a senior decides"),
    "looking_again": N_("The appraiser looks again"),
    "agreed": N_("The same grade"),
    "stood": N_("The first grade stands"),
    "ended": N_("The order has ended"),
}
OUTCOME_WORDS = {AGREES: N_("The same grade"), DIFFERED: N_("Another grade")}
ROLE_WORDS = {REVIEWER: N_("A second look"), SENIOR: N_("A senior's decision")}
BY_WORDS = {"draw": N_("By lot"), "staff": N_("By staff")}
