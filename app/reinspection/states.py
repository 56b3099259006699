"""The life of a re-inspection, as data. Every pair of state and event that is not listed is refused.

A contest begins with its deposit; one that was drawn by lot costs nobody anything and begins by seeking an agency. The order
underneath has a life of its own in the appraisal room; here stands what it means for the report that is looked at again.
"""

from __future__ import annotations

from app.kernel.flow import Flow

AWAITING_DEPOSIT = "awaiting_deposit"
SEEKING = "seeking"  # the next agency is drawn
WITH_AGENCY = "with_agency"  # its order is placed
UPHELD = "upheld"  # the second agency found the same grade
AMENDED = "amended"  # it found another one: its report takes the first one's place
WITHDRAWN = "withdrawn"
LAPSED = "lapsed"  # not paid, or the thing was not shown in time
CLOSED = "closed"  # no result is possible; the reason says why

OPEN = (AWAITING_DEPOSIT, SEEKING, WITH_AGENCY)
RUNNING = (SEEKING, WITH_AGENCY)  # a paid deposit is held, the report is marked as contested
DECIDED = (UPHELD, AMENDED)
ENDED = (*DECIDED, WITHDRAWN, LAPSED, CLOSED)

SETTLE, PAY_TIMEOUT, WITHDRAW = "settle", "pay_timeout", "withdraw"
PLACE = "place"
PASS = "pass"  # noqa: S105 - the agency declines or does not answer: the next one is drawn
UPHOLD, AMEND = "uphold", "amend"
RUN_OUT = "run_out"  # the thing was not shown in time
CLOSE = "close"

REINSPECTION_FLOW = Flow(
    "reinspection",
    {
        (AWAITING_DEPOSIT, SETTLE): SEEKING,
        (AWAITING_DEPOSIT, PAY_TIMEOUT): LAPSED,
        (AWAITING_DEPOSIT, WITHDRAW): WITHDRAWN,
        (AWAITING_DEPOSIT, CLOSE): CLOSED,
        (SEEKING, PLACE): WITH_AGENCY,
        (SEEKING, WITHDRAW): WITHDRAWN,
        (SEEKING, CLOSE): CLOSED,
        (WITH_AGENCY, PASS): SEEKING,
        (WITH_AGENCY, WITHDRAW): WITHDRAWN,
        (WITH_AGENCY, RUN_OUT): LAPSED,
        (WITH_AGENCY, CLOSE): CLOSED,
        (WITH_AGENCY, UPHOLD): UPHELD,
        (WITH_AGENCY, AMEND): AMENDED,
    },
)
