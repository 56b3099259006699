"""What the reader of an order can do now."""

from __future__ import annotations

from datetime import datetime

from app.trades import states as s
from app.trades.rules.roles import BUYER, SELLER
from app.trades.rules.times import Deadlines


def actions(
    order_state: str, shipment_state: str, problem_state: str, role: str, delivery: str, now: datetime, deadlines: Deadlines
) -> tuple[str, ...]:
    """What the reader can do now, the main step first; pages draw one button or form for each."""
    if role == BUYER:
        return _buyer_actions(order_state, shipment_state, problem_state, delivery, now, deadlines)
    if role == SELLER:
        return _seller_actions(order_state, shipment_state, problem_state, delivery, deadlines)
    return ("rule",) if problem_state == s.PROBLEM_OPEN else ()


def _buyer_actions(
    state: str, shipment: str, problem: str, delivery: str, now: datetime, deadlines: Deadlines
) -> tuple[str, ...]:
    quiet = problem != s.PROBLEM_OPEN
    if state == s.AWAITING_PAYMENT:
        return ("pay", "cancel")
    if state == s.PAID:
        return ("cancel",)
    if state == s.FULFILLING and delivery == s.MEET:
        return ("tell_code", "ask_cancel") if quiet and deadlines.cancel_at is None else ("tell_code",)
    if state == s.FULFILLING:
        return ("receive",) if deadlines.install_at is None else ("install",)
    if state == s.ACCEPTANCE and not quiet:
        return ("withdraw_problem",)
    if state == s.ACCEPTANCE:
        in_time = deadlines.acceptance_at is None or now <= deadlines.acceptance_at
        return ("accept", "problem") if in_time else ("accept",)
    if state == s.CLOSED_REFUNDED and shipment in s.AWAY and deadlines.return_at is not None and deadlines.returned_at is None:
        return ("send_back",)
    return ()


def _seller_actions(state: str, shipment: str, problem: str, delivery: str, deadlines: Deadlines) -> tuple[str, ...]:
    quiet = problem != s.PROBLEM_OPEN
    if state == s.CLOSED_REFUNDED and shipment in s.AWAY:
        is_here = shipment == s.DELIVERED and deadlines.returned_at is None  # in the buyer's hands
        return ("ask_back", "take_back") if is_here else ("take_back",)
    if state == s.PAID:
        return ("arrange", "cancel") if delivery == s.MEET else ("ship", "cancel")
    if state == s.FULFILLING and delivery == s.MEET:
        if quiet and deadlines.cancel_at is not None:
            return ("agree_cancel", "object_cancel", "enter_code")
        return ("enter_code", "rearrange", "cancel") if quiet else ("enter_code",)
    return ()
