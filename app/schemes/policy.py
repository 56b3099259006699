"""Who may propose and decide revisions, and who may compare a scheme with the text of its standard."""

from __future__ import annotations

from collections.abc import Callable

from app.kernel.work import Work
from app.schemes.errors import OperatorsOnly, ReadersOnly

READERS = "schemes.readers"  # a door: refuses an agency that has no licence for the category of a scheme
RequireReader = Callable[[Work, int, str], None]


def require_operator(work: Work) -> int:
    """The id of the acting operator. Raises OperatorsOnly."""
    if not work.actor.has("operator"):
        raise OperatorsOnly()
    return work.actor.id


def agency_of(work: Work) -> int:
    """The agency for which the actor appraises, or which they manage. Raises ReadersOnly."""
    agency_id = work.actor.organisation_id("appraiser") or work.actor.organisation_id("manager")
    if agency_id is None:
        raise ReadersOnly()
    return agency_id


def require_reader(work: Work, category: str) -> int:
    """The agency, which must have a licence for what the scheme is about. Raises ReadersOnly, or the register's refusal."""
    agency_id = agency_of(work)
    door: RequireReader | None = work.doors.get(READERS)
    if door is None:
        raise RuntimeError("nobody says which agencies are licensed: the door schemes.readers is not wired")
    door(work, agency_id, category)
    return agency_id
