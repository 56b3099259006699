"""An appliance comes into the room: agreed with the order, arrived, and installed, by the buyer's word or by time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.time import add_days, shanghai_day
from app.kernel.work import Work
from app.listings.models import Listing
from app.trades import policy, rules
from app.trades.carrying import NOBODY, carrying
from app.trades.errors import BadAddress, NotInTheRoom
from app.trades.models import Order, OrderDelivery
from app.trades.queries import order_by_id, own_order
from app.trades.queries.carrying import Charge, Offered, charges_for, offered_by, possible, slots
from app.trades.queries.changes import open_change_of
from app.trades.rules import BUYER, Address
from app.trades.service.banks import BANK_PAUSE, is_at_the_bank
from app.trades.service.problems import settle_case
from app.trades.service.telling import tell
from app.trades.states import DELIVERED, FULFILLING, ORDER_FLOW, PROBLEM_OPEN
from app.trades.states.changes import CHANGE_FLOW


def price(work: Work, offered: Offered, to: Address) -> tuple[Charge, ...]:
    """The lines for bringing it there. Raises BadAddress for what this seller does not do and what cannot be."""
    errors = possible(offered, to, shanghai_day(work.now))
    if errors:
        raise BadAddress(errors)
    return charges_for(offered, to)


def can_be_brought(work: Work, listing: Listing, to: Address | None) -> None:
    """Before an order is made: whether the seller does what is wished. Raises BadAddress."""
    offered = offered_by(work, listing)
    if offered is not None and to is not None:
        price(work, offered, to)


def with_open_slot(work: Work, to: Address | None) -> Address | None:
    """The address of an offer when it is accepted: a day that has passed meanwhile is agreed on again."""
    if to is None or not to.slot or to.slot in slots(shanghai_day(work.now)):
        return to
    return replace(to, slot="")


def freeze_delivery(work: Work, order: Order, to: Address, lines: tuple[Charge, ...]) -> None:
    """Keep what was agreed, with the order."""
    paid = {each.code: each.fen for each in lines}
    day, _space, part = to.slot.partition(" ")
    work.session.add(
        OrderDelivery(
            order_id=order.id,
            table_id=carrying().id,
            bring_fen=paid.get("bring", 0),
            stairs_fen=paid.get("stairs", 0),
            narrow_fen=paid.get("narrow", 0),
            old_unit_fen=paid.get("old_unit", 0),
            install_fen=paid.get("install", 0),
            total_fen=order.delivery_fen,
            slot_on=date.fromisoformat(day) if day else None,
            slot_part=part or None,
            installing=to.installing or NOBODY,
            made_at=work.now,
        )
    )
    work.session.flush()


def watch_receipt(work: Work, order: Order) -> None:
    """Set the deadline for the version that the order has now: one of an earlier version would not fire."""
    assert order.receipt_due_at is not None
    set_deadline(work, "order", order.id, "no_receipt", order.receipt_due_at, order.version)


def lapse_change(work: Work, order: Order) -> None:
    """It was brought although a change was not answered: nothing more is owed for it."""
    change = open_change_of(work, order.id)
    if change is not None and order.state == FULFILLING:
        CHANGE_FLOW.apply(work, change, "lapse")
        change.ended_at = work.now
        work.session.flush()


def arrive(work: Work, order: Order) -> None:
    """It stands in the room; the time for checking begins when it is installed, or when the time for that is over."""
    settle_case(work, order)
    order.shipment_state, order.arrived_at = DELIVERED, work.now
    order.install_due_at = add_days(work.now, carrying().install_days)
    ORDER_FLOW.apply(work, order, "arrive")
    clear_deadlines(work, "order", order.id)
    set_deadline(work, "order", order.id, "install", order.install_due_at, order.version)
    tell(work, order, "arrived", order.install_due_at)


def begin_checking(work: Work, order: Order, event: str) -> None:
    """The buyer has the thing, or it is installed: the time for checking begins."""
    settle_case(work, order)
    order.shipment_state, order.delivered_at = DELIVERED, work.now
    order.acceptance_due_at = rules.acceptance_due_at(work.now, order.category, order.acceptance_hours)
    ORDER_FLOW.apply(work, order, event)
    clear_deadlines(work, "order", order.id)
    set_deadline(work, "order", order.id, "acceptance", order.acceptance_due_at + rules.ACCEPTANCE_GRACE, order.version)
    tell(work, order, "delivered", order.acceptance_due_at)


def confirm_installed(work: Work, code: str) -> Order:
    """The buyer says that it is installed: the time for checking begins. Raises NotYourStep, NotInTheRoom, BadState."""
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, BUYER)
    if order.arrived_at is None:
        raise NotInTheRoom()
    begin_checking(work, order, "install")
    return order


def on_install_timeout(work: Work, order_id: int) -> None:
    """Nobody said that it is installed: it has stood in the buyer's room long enough, by the buyer's own word (deadline)."""
    order = order_by_id(work, order_id, to_change=True)
    if order.state != FULFILLING or order.arrived_at is None or order.problem_state == PROBLEM_OPEN:
        return
    if order.install_due_at is None or work.now < order.install_due_at:
        return
    if is_at_the_bank(work, order):
        set_deadline(work, "order", order.id, "install", work.now + BANK_PAUSE, order.version)
        return
    begin_checking(work, order, "install_timeout")
