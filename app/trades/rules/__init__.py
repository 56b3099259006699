"""Decisions of a sale on plain values: what was typed, when things are due, and what the reader is told and can do."""

from __future__ import annotations

from app.trades.rules.actions import actions
from app.trades.rules.carrying import way_of, wrong_wishes
from app.trades.rules.money import fee_after
from app.trades.rules.roles import BUYER, NOBODY, ROLES, SELLER, STAFF
from app.trades.rules.status import CHARGED_BACK, Status, claim_status, status_sentence
from app.trades.rules.times import (
    ACCEPTANCE_GRACE,
    MEET_LOCK,
    MEET_TRIES,
    Deadlines,
    Terms,
    acceptance_due_at,
    acceptance_hours,
    cancel_due_at,
    check_reminder_at,
    clock_words,
    reminder_at,
    return_due_at,
    return_reminder_at,
    ship_due_at,
    way_back_reminder_at,
    way_back_reminders,
)
from app.trades.rules.typed import (
    LIFTS,
    MEET_CODE_DIGITS,
    Address,
    read_address,
    read_meet_code,
    read_room,
    read_tracking_no,
)

__all__ = [
    "ACCEPTANCE_GRACE",
    "BUYER",
    "CHARGED_BACK",
    "LIFTS",
    "MEET_CODE_DIGITS",
    "MEET_LOCK",
    "MEET_TRIES",
    "NOBODY",
    "ROLES",
    "SELLER",
    "STAFF",
    "Address",
    "Deadlines",
    "Status",
    "Terms",
    "acceptance_due_at",
    "acceptance_hours",
    "actions",
    "cancel_due_at",
    "check_reminder_at",
    "claim_status",
    "clock_words",
    "fee_after",
    "read_address",
    "read_meet_code",
    "read_room",
    "read_tracking_no",
    "reminder_at",
    "return_due_at",
    "return_reminder_at",
    "ship_due_at",
    "status_sentence",
    "way_back_reminder_at",
    "way_back_reminders",
    "way_of",
    "wrong_wishes",
]
