"""Who may change the register: the operator decides, a manager speaks for an agency, an appraiser for themselves."""

from __future__ import annotations

from app.appraisal.errors import AppraisersOnly, ManagersOnly, OperatorsOnly
from app.kernel.work import Work


def require_operator(work: Work) -> int | None:
    """The id of the acting operator; None for the system, which fills the demo town. Raises OperatorsOnly."""
    if work.actor.kind == "system":
        return None
    if not work.actor.has("operator"):
        raise OperatorsOnly()
    return work.actor.id


def require_manager(work: Work) -> int:
    """The agency of which the actor is a manager (the first when of several). Raises ManagersOnly."""
    agency_id = work.actor.organisation_id("manager")
    if agency_id is None:
        raise ManagersOnly()
    return agency_id


def require_appraiser(work: Work) -> int:
    """The id of the acting appraiser. Raises AppraisersOnly."""
    if not work.actor.has("appraiser"):
        raise AppraisersOnly()
    return work.actor.id


def require_authority(work: Work, role: str) -> int:
    """The organisation for which the actor may suspend as an "operator" or as an "officer". Raises OperatorsOnly."""
    organisation_id = work.actor.organisation_id(role)
    if organisation_id is None:
        raise OperatorsOnly()
    return organisation_id
