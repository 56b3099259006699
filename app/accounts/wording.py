"""Words of the accounts room: roles and kinds of organisations."""

from __future__ import annotations

from app.kernel.text import N_

ROLE_WORDS = {
    "household": N_("Household"),
    "appraiser": N_("Appraiser"),
    "manager": N_("Manager of an agency"),
    "dealer": N_("Dealer"),
    "officer": N_("Officer of the regulator"),
    "operator": N_("Operator"),
}
KIND_WORDS = {
    "agency": N_("Appraisal agency"),
    "dealer": N_("Dealer"),
    "regulator": N_("Regulator"),
    "operator": N_("The marketplace itself"),
}
# What a role brings with it, said before it is taken.
ROLE_MEANS = {
    "appraiser": N_(
        "You inspect items and sign reports for the agency. An account that has appraised can never become an officer of a "
        "regulator. Before your first order the register asks for your certificate and a proficiency test."
    ),
    "manager": N_("You answer for the agency: its licence, fees, places and people, and the money that it earns."),
    "dealer": N_("You sell for the dealer. Its listings say that the seller is a business."),
    "officer": N_(
        "You look into records for the regulator, always for a written purpose. An account that has been an officer can never "
        "appraise for an agency."
    ),
    "operator": N_("You are staff of the marketplace. This account cannot have a role at an agency, a dealer or a regulator."),
}
