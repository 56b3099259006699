"""The verbs of a sale."""

from __future__ import annotations

from app.trades.service.buying import (
    buy,
    cancel_unpaid,
    on_pay_timeout,
    on_payment_failed,
    on_payment_settled,
    on_payout_paid,
    on_refund_paid,
)
from app.trades.service.handover import (
    CodeAnswer,
    arrange_meeting,
    cancel_before_ship,
    confirm_receipt,
    enter_meeting_code,
    note_address_shown,
    on_no_receipt,
    on_ship_reminder,
    on_ship_timeout,
    ship,
)
from app.trades.service.problems import (
    accept,
    on_acceptance_timeout,
    report_problem,
    rule,
    stop_order,
    take_back,
    withdraw_problem,
)

__all__ = [
    "CodeAnswer",
    "accept",
    "arrange_meeting",
    "buy",
    "cancel_before_ship",
    "cancel_unpaid",
    "confirm_receipt",
    "enter_meeting_code",
    "note_address_shown",
    "on_acceptance_timeout",
    "on_no_receipt",
    "on_pay_timeout",
    "on_payment_failed",
    "on_payment_settled",
    "on_payout_paid",
    "on_refund_paid",
    "on_ship_reminder",
    "on_ship_timeout",
    "report_problem",
    "rule",
    "ship",
    "stop_order",
    "take_back",
    "withdraw_problem",
]
