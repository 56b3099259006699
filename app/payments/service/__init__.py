"""The verbs of payments. Only the room that opened a payment calls release, refund, freeze, thaw and cancel_hold for it."""

from __future__ import annotations

from app.payments.queries import money_state, seller_account, verify
from app.payments.rules import MoneyState
from app.payments.service.agencies import Back, Charged, charge_agency, pay_out_agency, pay_out_unmanaged
from app.payments.service.bank import (
    KNOWN,
    DatabaseBooks,
    assign_row,
    book_row,
    export_transfers,
    keep_import,
    note_file_opened,
    refuse_transfer,
    return_row,
    take_row,
)
from app.payments.service.holds import (
    begin_attempt,
    cancel_hold,
    end_attempt,
    freeze,
    note_intent,
    open_hold,
    refund,
    release,
    thaw,
)
from app.payments.service.ledger import post, reverse
from app.payments.service.news import close_anomaly, park, set_aside, take_in
from app.payments.service.receiving import note_account, note_transfers
from app.payments.service.reconciling import book_fees, keep_comparison
from app.payments.service.refunds import GivenBack, refund_released
from app.payments.service.retrying import retry_command
from app.payments.service.sellers import give_up_debt
from app.payments.service.take_backs import note_not_taken, note_taken, plan_take_backs

__all__ = [
    "KNOWN",
    "Back",
    "Charged",
    "DatabaseBooks",
    "GivenBack",
    "MoneyState",
    "assign_row",
    "begin_attempt",
    "book_fees",
    "book_row",
    "cancel_hold",
    "charge_agency",
    "close_anomaly",
    "end_attempt",
    "export_transfers",
    "freeze",
    "give_up_debt",
    "keep_comparison",
    "keep_import",
    "money_state",
    "note_account",
    "note_file_opened",
    "note_intent",
    "note_not_taken",
    "note_taken",
    "note_transfers",
    "open_hold",
    "park",
    "pay_out_agency",
    "pay_out_unmanaged",
    "plan_take_backs",
    "post",
    "refund",
    "refund_released",
    "refuse_transfer",
    "release",
    "retry_command",
    "return_row",
    "reverse",
    "seller_account",
    "set_aside",
    "take_in",
    "take_row",
    "thaw",
    "verify",
]
