"""The life of an appraisal order (thin: no fee, no visit; the thing is beside the appraiser)."""

from __future__ import annotations

from app.kernel.flow import Flow

REQUESTED, ACCEPTED, INSPECTING, ISSUED, DECLINED, CANCELLED, UNABLE = (
    "requested",
    "accepted",
    "inspecting",
    "issued",
    "declined",
    "cancelled",
    "unable",
)
OPEN = (REQUESTED, ACCEPTED, INSPECTING)

ACCEPT, DECLINE, CANCEL, BEGIN, SIGN = "accept", "decline", "cancel", "begin", "sign"
GIVE_UP = "give_up"  # the appraiser cannot finish, with a reason
CHANGE_HANDS = "change_hands"  # the thing has a new owner; whose request it was no longer owns it

APPRAISAL_FLOW = Flow(
    "appraisal",
    {
        (REQUESTED, ACCEPT): ACCEPTED,
        (REQUESTED, DECLINE): DECLINED,
        (REQUESTED, CANCEL): CANCELLED,
        (ACCEPTED, BEGIN): INSPECTING,
        (ACCEPTED, CANCEL): CANCELLED,
        (INSPECTING, SIGN): ISSUED,
        (REQUESTED, CHANGE_HANDS): CANCELLED,
        (ACCEPTED, CHANGE_HANDS): CANCELLED,
        (INSPECTING, CHANGE_HANDS): CANCELLED,
        (ACCEPTED, GIVE_UP): UNABLE,
        (INSPECTING, GIVE_UP): UNABLE,
    },
)
