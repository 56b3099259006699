"""Refusals of the room of visits."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotFound
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


class VisitNotDisputed(Conflict):
    """Staff decide only what both sides see differently."""

    code = "visit_not_disputed"
    message = N_("Nothing about this visit waits for a decision any more.")
