"""Words of the register that pages, forms and notices share."""

from __future__ import annotations

from app.kernel.text import N_

CATEGORY_WORDS = {"phone": N_("Phones"), "car": N_("Cars"), "appliance": N_("Appliances")}
LEVEL_WORDS = {"appraiser": N_("Appraiser"), "senior": N_("Senior appraiser")}
STATE_WORDS = {
    "in_force": N_("In force"),
    "coming": N_("Not begun yet"),
    "ended": N_("Past its last day"),
    "withdrawn": N_("Withdrawn"),
    "waiting": N_("Waits for a decision"),
    "refused": N_("Refused"),
    "submitted": N_("Waits for a decision"),
    "approved": N_("Approved"),
}
STATE_TONES = {"in_force": "good", "approved": "good", "coming": "info", "waiting": "attention", "submitted": "attention"}
ACTION_WORDS = {"granted": N_("Granted"), "corrected": N_("Corrected"), "withdrawn": N_("Withdrawn for good")}
KIND_WORDS = {"blind": N_("Blind re-inspection"), "contest": N_("Contested grade"), "peer": N_("Peer review before issue")}
POINT_WORDS = {
    "area_m2": N_("Area in square metres"),
    "appraisers": N_("Certified appraisers"),
    "seniors": N_("Senior appraisers besides"),
}
CONFIDENCE_WORDS = {
    "V": N_("Verified in a text"),
    "V2": N_("Verified in a second source"),
    "K": N_("From memory, not confirmed by a text"),
    "OURS": N_("Our own choice"),
}
