"""A change on site while an appliance is being brought: proposed with its amount, accepted, or refused free of charge."""

from __future__ import annotations

from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.money import format_yuan
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from app.trades import policy
from app.trades.errors import ChangeWaits, NoOpenChange, NotOnItsWay
from app.trades.events import OrderRefunded
from app.trades.models import DeliveryChange, Order
from app.trades.queries import own_order
from app.trades.queries.changes import can_change, changes_of, open_change_of
from app.trades.rules import BUYER, SELLER
from app.trades.service.banks import not_at_the_bank
from app.trades.service.carrying import watch_receipt
from app.trades.service.ending import give_back, watch_way_back
from app.trades.service.telling import tell
from app.trades.states import ORDER_FLOW
from app.trades.states.changes import CHANGE_FLOW, MOST_FEN, OPEN, REASONS


def propose_change(work: Work, code: str, reason: str, words: str, amount_fen: int | None) -> DeliveryChange:
    """The seller says at the door what costs more than was agreed, and how much. The buyer answers; silence accepts nothing.

    Raises NotYourStep, NotOnItsWay, ChangeWaits, PaymentDisputed, InvalidInput naming the fields.
    """
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, SELLER)
    if not can_change(order):
        raise NotOnItsWay()
    if open_change_of(work, order.id) is not None:
        raise ChangeWaits()
    not_at_the_bank(work, order)
    words = words.strip()
    errors = {}
    if reason not in REASONS:
        errors["reason"] = N_("Please choose what is not as it was said.")
    if not 4 <= len(words) <= 300:
        errors["words"] = N_("Please describe in 4 to 300 characters what is different.")
    if amount_fen is None or not 1 <= amount_fen <= MOST_FEN:
        errors["amount"] = N_("Please name an amount of at most 1,000 yuan.")
    if errors:
        raise InvalidInput(errors)
    assert amount_fen is not None
    change = DeliveryChange(
        code=new_code(),
        order_id=order.id,
        no=len(changes_of(work, order.id)) + 1,
        reason=reason,
        words=words,
        amount_fen=amount_fen,
        proposed_at=work.now,
        state=OPEN,
        version=1,
        entered_at=work.now,
    )
    work.session.add(change)
    work.session.flush()
    CHANGE_FLOW.start(work, change, {"order": order.code, "fen": amount_fen, "reason": reason})
    _step(work, order, "propose_change", {"fen": amount_fen, "reason": reason})
    tell(work, order, "change_proposed", again=change.code, amount=format_yuan(amount_fen))
    return change


def accept_change(work: Work, code: str, expected_version: int) -> DeliveryChange:
    """The buyer pays it to whoever brings the thing. Raises NotYourStep, NoOpenChange, Conflict on a stale page."""
    order, change = _waiting(work, code, BUYER)
    _step(work, order, "accept_change", {"fen": change.amount_fen}, expected_version)
    _end(work, change, "accept")
    tell(work, order, "change_accepted", again=change.code, amount=format_yuan(change.amount_fen))
    return change


def withdraw_change(work: Work, code: str) -> DeliveryChange:
    """The seller brings it for what was agreed after all. Raises NotYourStep, NoOpenChange."""
    order, change = _waiting(work, code, SELLER)
    _step(work, order, "withdraw_change", {})
    _end(work, change, "withdraw")
    return change


def refuse_change(work: Work, code: str, expected_version: int) -> Order:
    """The buyer does not want it at this price: the thing goes back, and all the money too, the delivery with it.

    Raises NotYourStep, NoOpenChange, PaymentDisputed, Conflict on a stale page.
    """
    order, change = _waiting(work, code, BUYER)
    not_at_the_bank(work, order)
    _end(work, change, "refuse")
    order.ended_by = "buyer"
    ORDER_FLOW.apply(work, order, "refuse_change", expected_version=expected_version)
    watch_way_back(work, order)
    give_back(work, order, "change_refused")
    tell(work, order, "change_refused")
    announce(work, OrderRefunded(order.code))
    return order


def _waiting(work: Work, code: str, role: str) -> tuple[Order, DeliveryChange]:
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, role)
    change = open_change_of(work, order.id)
    if change is None or not can_change(order):
        raise NoOpenChange()
    return order, change


def _step(work: Work, order: Order, event: str, detail: dict[str, object], expected_version: int | None = None) -> None:
    """Note it in the order, whose day for the receipt stays the same."""
    ORDER_FLOW.apply(work, order, event, detail=detail, expected_version=expected_version)
    watch_receipt(work, order)


def _end(work: Work, change: DeliveryChange, event: str) -> None:
    CHANGE_FLOW.apply(work, change, event)
    change.ended_at = work.now
    work.session.flush()
