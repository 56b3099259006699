"""States of a negotiation in words."""

from __future__ import annotations

from app.kernel.text import N_
from app.trades.states import offers as states

STATE_WORDS: dict[str, str] = {
    states.OPEN: N_("Still being bargained"),
    states.ACCEPTED: N_("Agreed"),
    states.DECLINED: N_("Not agreed"),
    states.WITHDRAWN: N_("Offer taken back"),
    states.EXPIRED: N_("Ended without an answer"),
    states.SUPERSEDED: N_("No longer on sale"),
}

CHECK_WORDS: dict[str, str] = {
    "same": N_("As described"),
    "differs": N_("Differs"),
    "unchecked": N_("Could not check"),
}

CHANGE_REASONS: dict[str, str] = {
    "floor": N_("It is another floor than was said"),
    "no_lift": N_("There is no lift that it fits into"),
    "narrow_door": N_("A door is narrower than was said"),
    "far": N_("The car cannot come close to the house"),
    "other": N_("Something else"),
}
CHANGE_STATES: dict[str, str] = {
    "open": N_("Waits for the buyer"),
    "accepted": N_("Accepted"),
    "refused": N_("Refused"),
    "withdrawn": N_("Taken back"),
    "lapsed": N_("Not answered; nothing is owed"),
}

INSTALLER_WORDS: dict[str, str] = {
    "none": N_("nobody: it need not be installed"),
    "seller": N_("the seller"),
    "own": N_("the buyer, or somebody whom the buyer asks"),
}

HIDDEN_WORDS: dict[str, str] = {
    "personal_data": N_("It names people or how to reach them"),
    "insult": N_("It insults somebody"),
    "unlawful": N_("Its content is unlawful"),
    "advertising": N_("It is advertising and says nothing of the sale"),
    "court_order": N_("A court or an authority has ordered it"),
}
