"""One word and its tone for the state of an order in a list: of the owner, and of the agency."""

from __future__ import annotations

from collections.abc import Mapping

from app.appraisal import states as s
from app.kernel.text import N_

Said = tuple[str, str]  # message id, tone of the chip

_BEING_SIGNED = (N_("Report being signed"), "info")
_SIGNED = (N_("Signed"), "good")
_ENDED: Mapping[str, Said] = {
    s.ISSUED: _SIGNED,
    s.DECLINED: (N_("Declined"), "plain"),
    s.CANCELLED: (N_("Ended"), "plain"),
    s.UNABLE: (N_("Not finished"), "plain"),
}

OWNERS_LIST: Mapping[str, Said] = {
    s.REQUESTED: (N_("With the agency"), "info"),
    s.QUOTED: (N_("Fee to pay"), "attention"),
    s.FEE_PAID: (N_("Appraiser being drawn"), "info"),
    s.ASSIGNED: (N_("Appraiser is asked"), "info"),
    s.ACCEPTED: (N_("Accepted"), "info"),
    s.SCHEDULED: (N_("Time booked"), "info"),
    s.AWAITING_ITEM: (N_("Bring or send it"), "attention"),
    s.ITEM_RECEIVED: (N_("With the agency"), "info"),
    s.INSPECTING: (N_("Being inspected"), "info"),
    **dict.fromkeys(s.UNSIGNED, _BEING_SIGNED),
    **dict.fromkeys(s.AFTER_ISSUE, _SIGNED),
    **_ENDED,
}

AGENCYS_LIST: Mapping[str, Said] = {
    s.REQUESTED: (N_("Waits for an appraiser"), "attention"),
    s.QUOTED: (N_("Fee not paid"), "plain"),
    s.FEE_PAID: (N_("Being drawn"), "info"),
    s.ASSIGNED: (N_("Waits for an answer"), "attention"),
    s.ACCEPTED: (N_("Accepted"), "info"),
    s.SCHEDULED: (N_("Time booked"), "info"),
    s.AWAITING_ITEM: (N_("Item expected"), "info"),
    s.ITEM_RECEIVED: (N_("Item is here"), "attention"),
    s.INSPECTING: (N_("Being inspected"), "info"),
    s.REPORT_DRAFT: (N_("Waits for the signature"), "attention"),
    s.PEER_REVIEW: (N_("Waits for the senior appraiser"), "attention"),
    s.SECOND_LOOK: (N_("Waits for a second look"), "info"),
    s.CORRECTING: (N_("Being corrected"), "info"),
    s.CORRECTION_DRAFT: (N_("Correction waits for the signature"), "attention"),
    s.CORRECTION_REVIEW: (N_("Correction waits for the senior appraiser"), "attention"),
    **_ENDED,
}
