"""The life of an appraisal order (thin: no fee, no visit; the thing is beside the appraiser)."""

from __future__ import annotations

from app.kernel.flow import Flow

REQUESTED, ACCEPTED, INSPECTING, ISSUED, DECLINED, CANCELLED = (
    "requested",
    "accepted",
    "inspecting",
    "issued",
    "declined",
    "cancelled",
)
OPEN = (REQUESTED, ACCEPTED, INSPECTING)

ACCEPT, DECLINE, CANCEL, BEGIN, SIGN = "accept", "decline", "cancel", "begin", "sign"

APPRAISAL_FLOW = Flow(
    "appraisal",
    {
        (REQUESTED, ACCEPT): ACCEPTED,
        (REQUESTED, DECLINE): DECLINED,
        (REQUESTED, CANCEL): CANCELLED,
        (ACCEPTED, BEGIN): INSPECTING,
        (ACCEPTED, CANCEL): CANCELLED,
        (INSPECTING, SIGN): ISSUED,
    },
)
