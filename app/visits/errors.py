"""Refusals of the room of visits."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotAllowed, NotFound
from app.kernel.text import N_


class VisitAreaNotFound(NotFound):
    """No such area among those of the reader's agency."""

    code = "visit_area_not_found"


class VisitNotFound(NotFound):
    """No such visit, or nothing of it waits for staff."""

    code = "visit_not_found"


class AreaOffered(Conflict):
    """The agency comes to this district already."""

    code = "area_offered"
    message = N_("Your agency comes to this district already. Close the earlier offer first.")


class VisitTimeTaken(Conflict):
    """Somebody else has booked this time, or the agency has taken it back."""

    code = "visit_time_taken"
    message = N_("This time has just been taken. Please choose another one.")


class VisitCannotMove(Conflict):
    """Too close to the visit, or moved too often."""

    code = "visit_cannot_move"
    message = N_("The visit can be moved %(moves)s times, and no later than %(hours)s hours before it.")
    shown = ("moves", "hours")


class VisitNotBegun(Conflict):
    """Nobody is absent before the time has come."""

    code = "visit_not_begun"
    message = N_("Please wait until %(minutes)s minutes after the agreed time. The other side may be on the way.")
    shown = ("minutes",)


class VisitUndecided(Conflict):
    """Somebody said that the other side was not there, and that is not settled yet."""

    code = "visit_undecided"
    message = N_("It is not settled yet who was not there. Until then the order stays as it is.")


class VisitBegun(Conflict):
    """The time has come, and nobody has said that both met: what comes back depends on who was there."""

    code = "visit_begun"
    message = N_(
        "The agreed time has begun, so the order stays as it is. If nobody was there, please say so on the order's page: what "
        "comes back of the fee follows from that."
    )


class VisitSettled(Conflict):
    """It is settled who was not there, and the order is about to end by it."""

    code = "visit_settled"
    message = N_("It is settled who was not there, and the order ends by that in a moment. Please open its page again.")


class PartyCannotDecide(NotAllowed):
    """The member of staff takes part in the matter, or works for one of its agencies."""

    code = "party_cannot_decide"
    message = N_("You take part in this matter yourself, so a colleague must decide it.")


class VisitNotDisputed(Conflict):
    """Staff decide only what both sides see differently."""

    code = "visit_not_disputed"
    message = N_("Nothing about this visit waits for a decision any more.")
