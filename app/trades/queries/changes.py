"""Changes on site of an order."""

from __future__ import annotations

from sqlalchemy import select

from app.kernel.work import Work
from app.trades.models import DeliveryChange, Order
from app.trades.states import FULFILLING, PARCEL, PROBLEM_OPEN
from app.trades.states.changes import OPEN


def changes_of(work: Work, order_id: int) -> list[DeliveryChange]:
    """All proposals of an order, oldest first."""
    rows = select(DeliveryChange).where(DeliveryChange.order_id == order_id).order_by(DeliveryChange.no)
    return list(work.session.scalars(rows))


def open_change_of(work: Work, order_id: int) -> DeliveryChange | None:
    """The proposal that waits for the buyer."""
    rows = select(DeliveryChange).where(DeliveryChange.order_id == order_id, DeliveryChange.state == OPEN)
    return work.session.scalars(rows).one_or_none()


def can_change(order: Order) -> bool:
    """Whether an appliance is just being brought and nothing else is being looked at."""
    is_on_its_way = order.state == FULFILLING and order.delivery == PARCEL and order.category == "appliance"
    return is_on_its_way and order.arrived_at is None and order.problem_state != PROBLEM_OPEN
