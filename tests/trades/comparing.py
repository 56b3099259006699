"""Hands checklists in through the verb, for the tests of every room."""

from __future__ import annotations

from app.kernel.hub import Hub
from app.trades import service
from app.trades.models import Order, OrderCheck, OrderCheckLine
from app.trades.queries import checking
from app.trades.queries.checking import Checklist
from app.trades.service import Found
from tests.trades.making import as_buyer


def listed(hub: Hub, order: Order) -> Checklist:
    with hub.look() as work:
        return checking.checklist_of(work, order)


def hand_in(hub: Hub, order: Order, found: dict[str, Found] | None = None) -> OrderCheck:
    """The buyer hands the list in: as described but for ``found``."""
    whole = {ask.item.key: Found("same") for ask in listed(hub, order).asks} | (found or {})
    check: OrderCheck = as_buyer(hub, order, service.hand_in_check, hub.store, hub.sealer, order.code, whole)
    return check


def differing(hub: Hub, order: Order) -> dict[str, OrderCheckLine]:
    """What was found otherwise, by the key of what was promised."""
    with hub.look() as work:
        rows = {line.row.item_key: line.row for line in checking.differences_of(work, order.id)}
        work.session.expunge_all()
        return rows


def check_photo(hub: Hub, order: Order) -> str:
    """The code of the first photo of the buyer's list."""
    with hub.look() as work:
        return next(line.photo.code for line in checking.differences_of(work, order.id) if line.photo is not None)
