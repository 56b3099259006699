"""Who may do what with an order: read aloud, this is the whole rule."""

from __future__ import annotations

from app.kernel.work import Actor
from app.trades.errors import NotYourStep, PartyCannotRule, StaffOnly
from app.trades.models import Order, TradeCase
from app.trades.rules import BUYER, SELLER


def role_in(actor: Actor, order: Order) -> str | None:
    """Buyer or seller of this order; None for everybody else."""
    if actor.user_id is None:
        return None
    if actor.user_id == order.buyer_id:
        return BUYER
    return SELLER if actor.user_id == order.seller_id else None


def require(actor: Actor, order: Order, role: str) -> None:
    """The step belongs to this side. Raises NotYourStep."""
    if role_in(actor, order) != role:
        raise NotYourStep()


def answers_case(case: TradeCase, order: Order) -> str:
    """The side that may answer a case: the one that did not open it; the seller when a deadline opened it."""
    return BUYER if case.opened_by == order.seller_id else SELLER


def require_staff(actor: Actor, order: Order | None = None) -> None:
    """An operator who is no party of the order. Raises StaffOnly, PartyCannotRule."""
    if not actor.has("operator"):
        raise StaffOnly()
    if order is not None and role_in(actor, order) is not None:
        raise PartyCannotRule()
