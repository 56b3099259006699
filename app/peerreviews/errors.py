"""Refusals of the room."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotFound
from app.kernel.text import N_


class ReviewNotFound(NotFound):
    """There is none, or it is not this person's."""

    code = "peer_review_not_found"
    message = N_("This second look does not exist, or it is not yours.")


class ReviewMoved(Conflict):
    """Answers were saved from another page or device."""

    code = "peer_review_moved"
    message = N_("Answers were saved elsewhere in the meantime. Please look at them and send yours again.")


class NotJudgedEnough(InvalidInput):
    """Too little was judged for a second look."""

    code = "peer_review_thin"
    message = N_("At least %(least)s of the questions must be judged; so far it is %(judged)s. If you cannot, please pass it on.")


class NotEntitled(Conflict):
    """Who was drawn could not be drawn today."""

    code = "peer_review_not_entitled"
    message = N_(
        "You cannot look or decide here any more: your certificate was withdrawn, your agency is suspended, or you have come too "
        "close to the item's owner. What you saved is kept. Please pass it on."
    )


class NobodyLeft(Conflict):
    """Nobody can be asked."""

    code = "peer_review_nobody"
    message = N_("Nobody can be asked: everybody who may is too close to the item, or was asked before.")


class NotEligible(Conflict):
    """Staff named somebody who cannot do it."""

    code = "peer_review_not_eligible"
    message = N_("This person cannot do it: no valid certificate for it, too close to the item, or they know the first grade.")
