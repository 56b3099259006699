"""Who may see an organisation from within, and who may offer or take away its roles (``rules.NAMED_BY``)."""

from __future__ import annotations

from app.accounts.models import KIND_OF_ROLE, Organisation
from app.accounts.rules import NAMED_BY
from app.kernel.work import Actor

HOUSE_ROLES = ("manager", "dealer", "officer")  # they see who works in their own house


def may_name(actor: Actor, organisation: Organisation, role: str) -> bool:
    """Whether the actor may offer this role of the organisation, and take it away from somebody."""
    if KIND_OF_ROLE.get(role) != organisation.kind:
        return False
    return any(actor.has(by) if by == "operator" else (by, organisation.id) in actor.duties for by in NAMED_BY[role])


def roles_to_name(actor: Actor, organisation: Organisation) -> list[str]:
    """The roles of the organisation that the actor may give, in the order of the rules."""
    return [role for role in NAMED_BY if may_name(actor, organisation, role)]


def may_see(actor: Actor, organisation: Organisation) -> bool:
    """Whether the actor may see who works there: staff, and whoever answers for the house."""
    return actor.has("operator") or any((role, organisation.id) in actor.duties for role in HOUSE_ROLES)
