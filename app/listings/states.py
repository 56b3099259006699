"""The life of a listing as data."""

from __future__ import annotations

from app.kernel.flow import Flow

DRAFT, IN_REVIEW, ACTIVE, PAUSED, RESERVED = "draft", "in_review", "active", "paused", "reserved"
SOLD, EXPIRED, WITHDRAWN, REMOVED = "sold", "expired", "withdrawn", "removed"
STATES = (DRAFT, IN_REVIEW, ACTIVE, PAUSED, RESERVED, SOLD, EXPIRED, WITHDRAWN, REMOVED)

PUBLISH, SEND_TO_REVIEW, APPROVE, REJECT = "publish", "send_to_review", "approve", "reject"
RESERVE, UNRESERVE, SELL, EXPIRE, RENEW = "reserve", "unreserve", "sell", "expire", "renew"
SET_ASIDE = "set_aside"  # the order ended in a way after which the offer must not go back on sale by itself
PAUSE, RESUME, WITHDRAW, TAKE_DOWN, RESTORE = "pause", "resume", "withdraw", "take_down", "restore"

LISTING_FLOW = Flow(
    "listing",
    {
        (DRAFT, PUBLISH): ACTIVE,
        (DRAFT, SEND_TO_REVIEW): IN_REVIEW,
        (DRAFT, WITHDRAW): WITHDRAWN,  # the seller throws the draft away
        (IN_REVIEW, APPROVE): ACTIVE,
        (IN_REVIEW, REJECT): DRAFT,
        (IN_REVIEW, WITHDRAW): WITHDRAWN,
        (ACTIVE, SEND_TO_REVIEW): IN_REVIEW,  # an edit made a rule fire
        (ACTIVE, RESERVE): RESERVED,
        (ACTIVE, PAUSE): PAUSED,
        (ACTIVE, EXPIRE): EXPIRED,
        (ACTIVE, WITHDRAW): WITHDRAWN,
        (ACTIVE, TAKE_DOWN): REMOVED,
        (PAUSED, RESUME): ACTIVE,
        (PAUSED, SEND_TO_REVIEW): IN_REVIEW,
        (PAUSED, WITHDRAW): WITHDRAWN,
        (PAUSED, TAKE_DOWN): REMOVED,
        (RESERVED, UNRESERVE): ACTIVE,
        (RESERVED, SET_ASIDE): PAUSED,
        (RESERVED, SELL): SOLD,
        (EXPIRED, RENEW): ACTIVE,
        (EXPIRED, WITHDRAW): WITHDRAWN,
        (EXPIRED, TAKE_DOWN): REMOVED,
        (REMOVED, RESTORE): ACTIVE,
    },
    STATES,
    by={
        **dict.fromkeys((PUBLISH, PAUSE, RESUME, RENEW, WITHDRAW), "seller"),
        **dict.fromkeys((APPROVE, REJECT, TAKE_DOWN, RESTORE), "operator"),
        **dict.fromkeys((UNRESERVE, SET_ASIDE, SELL), "order"),
        SEND_TO_REVIEW: "rule",
        RESERVE: "buyer",
        EXPIRE: "time",
    },
)

PUBLIC = (ACTIVE, RESERVED, SOLD)  # everybody may read these
CLAIMING = (IN_REVIEW, ACTIVE, PAUSED, RESERVED)  # the thing's numbers are held: nobody else can put them on sale
EDITABLE = (ACTIVE, PAUSED)
