"""Who may read records, and until when."""

from __future__ import annotations

from app.kernel.work import Work
from app.oversight.errors import OfficersOnly, PurposeClosed
from app.oversight.models import Purpose


def require_officer(work: Work) -> int:
    """The authority for which the actor is an officer. Raises OfficersOnly."""
    organisation_id = work.actor.organisation_id("officer")
    if organisation_id is None:
        raise OfficersOnly()
    return organisation_id


def require_open(purpose: Purpose) -> None:
    if purpose.closed_at is not None:
        raise PurposeClosed()
