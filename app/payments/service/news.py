"""What the provider tells us: taken in once, checked against our own books, acted upon in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, text

from app.kernel import audit
from app.kernel.db import Instant, JsonText
from app.kernel.outbox import announce
from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import AnomalyNotFound, NoteMissing, ObjectUnknown
from app.payments.events import PaymentFailed, PaymentSettled
from app.payments.models import Anomaly, MoneyCommand, Payment
from app.payments.provider.face import ProviderEvent
from app.payments.queries import find_command, find_payment, find_txn, open_anomaly
from app.payments.service import commands, disputes, sellers
from app.payments.service.holds import locked, send_back
from app.payments.service.ledger import post
from app.payments.service.receiving import note_transfers
from app.payments.states import (
    CANCELLED,
    CLOSED,
    COMMAND_FAILED,
    DISPUTE_OPEN,
    FAILED,
    OPEN,
    PAYMENT_FLOW,
    PLANNED,
    RETURNED,
    SUBMITTED,
    SUCCEEDED,
)

APPLIED, DUPLICATE, ANOMALY, PARKED, IGNORED = "applied", "duplicate", "anomaly", "parked", "ignored"
MOST_PARKINGS = 6  # how often an unknown object is sent back before staff are shown it instead


def take_in(work: Work, provider_name: str, event: ProviderEvent, *, live: bool = False) -> str:
    """Act upon one verified event; the row that remembers it is part of the same transaction. ``live``: whether the provider
    moves real money here.

    Returns ``applied``, ``duplicate``, ``anomaly`` (kept for staff, nothing moved) or ``ignored`` (a kind that says nothing
    to us). Raises ObjectUnknown for what we do not know yet: then ``park`` counts it in a transaction of its own.
    """
    if not _first_time(work, event):
        return DUPLICATE
    if event.live is not live:
        return _anomaly(work, event, "wrong_mode", event.metadata.get("payment_code"))
    subject, _, verb = event.type.partition(".")
    if subject == "intent" and verb in ("succeeded", "failed"):
        payment = find_payment(work, event.metadata.get("payment_code", ""))
        if payment is None:
            raise ObjectUnknown()
        return _about_payment(work, provider_name, event, locked(work, payment.code), verb)
    if event.type in ("dispute.opened", "dispute.won", "dispute.lost"):
        payment = find_payment(work, event.metadata.get("payment_code", ""))
        if payment is None:
            raise ObjectUnknown()
        return _about_dispute(work, provider_name, event, locked(work, payment.code), verb)
    if event.type in ("refund.succeeded", "refund.failed", "payout.paid", "payout.failed", "payout.returned"):
        command = find_command(work, event.metadata.get("command_code", ""))
        if command is None:
            raise ObjectUnknown()
        return _about_command(work, provider_name, event, commands.locked_command(work, command.id), subject, verb)
    if event.type == "account.changed":
        if not note_transfers(work, provider_name, event.object_id, event.metadata.get("transfers", "")):
            raise ObjectUnknown()
        return APPLIED
    return IGNORED


def park(work: Work, event: ProviderEvent) -> str:
    """Count an event about something unknown. Six times it is sent back (it may be faster than our own commit), then it is
    kept as an anomaly for staff.
    """
    count = text(
        "INSERT INTO parked_event (event_id, times, first_at, last_at) VALUES (:event_id, 1, :now, :now) "
        "ON CONFLICT (event_id) DO UPDATE SET times = parked_event.times + 1, last_at = :now RETURNING times"
    ).bindparams(bindparam("now", type_=Instant))
    times = work.session.execute(count, {"event_id": event.id, "now": work.now}).scalar_one()
    return PARKED if times < MOST_PARKINGS else set_aside(work, event, "unknown_object")


def set_aside(work: Work, event: ProviderEvent, kind: str) -> str:
    """Remember an event that cannot be acted upon, and show it to staff."""
    if not _first_time(work, event):
        return DUPLICATE
    return _anomaly(work, event, kind, event.metadata.get("payment_code"))


def close_anomaly(work: Work, code: str, note: str) -> Anomaly:
    """Staff looked at it and wrote down what it was."""
    if not note:
        raise NoteMissing({"note": NoteMissing.message})
    anomaly = open_anomaly(work, code)
    work.session.refresh(anomaly, with_for_update=True)
    if anomaly.closed_at is not None:
        raise AnomalyNotFound()
    anomaly.closed_at, anomaly.closed_by, anomaly.note = work.now, work.actor.id, note
    audit.record(work, "anomaly.close", "money_anomaly", anomaly.id, {"kind": anomaly.kind})
    return anomaly


def _first_time(work: Work, event: ProviderEvent) -> bool:
    """Remember the event; False when it is known. PostgreSQL waits here for a transaction that is taking in the same one."""
    remember = text(
        "INSERT INTO provider_event (event_id, type, object_id, payload, received_at) "
        "SELECT :event_id, :type, :object_id, :payload, :received_at "
        "WHERE NOT EXISTS (SELECT 1 FROM provider_event WHERE event_id = :event_id) ON CONFLICT DO NOTHING"
    ).bindparams(bindparam("payload", type_=JsonText), bindparam("received_at", type_=Instant))
    values = {
        "event_id": event.id,
        "type": event.type,
        "object_id": event.object_id,
        "payload": event.payload(),
        "received_at": work.now,
    }
    return bool(work.session.execute(remember, values).rowcount)  # type: ignore[attr-defined]


def _about_payment(work: Work, provider_name: str, event: ProviderEvent, payment: Payment, verb: str) -> str:
    problem = _mismatch_of_payment(event, payment)
    if problem == "wrong_intent" and verb == "failed" and _is_earlier(event, payment):
        return APPLIED  # we had asked, and the payer has begun another try since
    if problem:
        return _anomaly(work, event, problem, payment.code, amount_fen=payment.amount_fen, intent_id=payment.intent_id)
    if payment.intent_id is None:  # our own note of the intent was lost; the signed event brings its id
        payment.intent_id = event.object_id
    if verb == "failed":
        if payment.state == OPEN:
            PAYMENT_FLOW.apply(work, payment, "fail", reason=event.reason[:200] or None)
            announce(work, PaymentFailed(payment.code))
        return APPLIED
    if payment.state in (OPEN, FAILED):
        _capture(work, rules.clearing_account(provider_name), payment)
        PAYMENT_FLOW.apply(work, payment, "settle")
        announce(work, PaymentSettled(payment.code))
    elif payment.state == CANCELLED and find_txn(work, f"capture:{payment.code}") is None:
        _capture(work, rules.clearing_account(provider_name), payment)
        PAYMENT_FLOW.apply(work, payment, "capture_late")
        send_back(work, payment, payment.amount_fen, "late", "arrived after the time was over")
    return APPLIED


def _mismatch_of_payment(event: ProviderEvent, payment: Payment) -> str:
    """Why this event cannot be about this payment; empty when it can."""
    if event.currency != payment.currency:
        return "wrong_currency"
    if event.amount_fen != payment.amount_fen:
        return "wrong_amount"
    if payment.intent_id is not None:
        return "" if payment.intent_id == event.object_id else "wrong_intent"
    return "" if event.metadata.get("attempt") == str(payment.attempt) else "wrong_intent"


def _is_earlier(event: ProviderEvent, payment: Payment) -> bool:
    attempt = event.metadata.get("attempt", "")
    return attempt.isascii() and attempt.isdigit() and int(attempt) < payment.attempt


def settle_from(work: Work, payment: Payment, account: str) -> bool:
    """Staff know that money in another account of ours is this payment's; False when it does not wait for money. ``payment``
    must be locked."""
    if payment.state not in (OPEN, FAILED):
        return False
    _capture(work, account, payment)
    PAYMENT_FLOW.apply(work, payment, "settle", reason="assigned by staff")
    announce(work, PaymentSettled(payment.code))
    return True


def _capture(work: Work, account: str, payment: Payment) -> None:
    lines = [
        rules.debit(account, payment.amount_fen),
        rules.credit(rules.escrow_account(payment.code), payment.amount_fen),
    ]
    post(work, f"capture:{payment.code}", f"payment for {payment.purpose}", lines)


def _about_command(work: Work, provider_name: str, event: ProviderEvent, command: MoneyCommand, subject: str, verb: str) -> str:
    problem, succeeded = _mismatch_of_command(event, command, subject), verb != "failed"
    if not problem and command.state == SUCCEEDED and not succeeded:
        problem = "failed_after_success"  # the bank sent it back: the books must be corrected by a person
    stale = event.metadata.get("round") != str(command.round)
    if not problem and verb == "returned" and not stale and command.state in (PLANNED, SUBMITTED):
        raise ObjectUnknown()  # faster than the news that it was paid
    if not problem and (stale or command.state == CLOSED) and verb in ("succeeded", "paid"):
        problem = "succeeded_after_failure"  # an earlier round that was said to have failed: it may be paid twice
    if problem:
        code = command.payment_code
        return _anomaly(work, event, problem, code, command_code=command.code, amount_fen=command.amount_fen)
    if verb == "returned" and command.state == SUCCEEDED:
        sellers.come_back(work, command, provider_name, event.reason)
    if command.state in (SUCCEEDED, RETURNED, CLOSED) or stale or verb == "returned":
        return APPLIED
    command.provider_ref = event.object_id
    if succeeded:
        commands.succeed(work, command, provider_name)
    elif command.state != COMMAND_FAILED:
        commands.fail(work, command, event.reason or "failed")
    return APPLIED


def _about_dispute(work: Work, provider_name: str, event: ProviderEvent, payment: Payment, verb: str) -> str:
    """A bank dispute: opened once, decided once. ``won`` and ``lost`` of one that we do not know yet are sent again."""
    dispute = disputes.find_locked(work, event.object_id)
    ours = payment.amount_fen if dispute is None else dispute.amount_fen
    problem = _mismatch_of_dispute(event, ours, is_known=dispute is not None)
    if not problem and dispute is None:
        if verb != "opened" or find_txn(work, f"capture:{payment.code}") is None:
            raise ObjectUnknown()
        opened = disputes.open_(work, provider_name, payment, event.object_id, event.amount_fen, event.reason)
        problem = "" if opened else "second_dispute"
    if problem:
        return _anomaly(work, event, problem, payment.code, amount_fen=ours)
    if dispute is not None and dispute.state == DISPUTE_OPEN and verb != "opened":
        if verb == "won":
            disputes.win(work, provider_name, dispute)
        else:
            disputes.lose(work, payment, dispute)
    return APPLIED


def _mismatch_of_dispute(event: ProviderEvent, ours_fen: int, *, is_known: bool) -> str:
    if event.currency != rules.CURRENCY:
        return "wrong_currency"
    fits = event.amount_fen == ours_fen if is_known else 0 < event.amount_fen <= ours_fen
    return "" if fits else "wrong_amount"


def _mismatch_of_command(event: ProviderEvent, command: MoneyCommand, subject: str) -> str:
    if subject != command.kind:
        return "wrong_kind"
    if event.currency != rules.CURRENCY:
        return "wrong_currency"
    if event.amount_fen != command.amount_fen:
        return "wrong_amount"
    same_round = event.metadata.get("round") == str(command.round)
    if same_round and command.provider_ref is not None and command.provider_ref != event.object_id:
        return "wrong_reference"
    return ""


def _anomaly(work: Work, event: ProviderEvent, kind: str, payment_code: str | None, **ours: Any) -> str:
    detail = {"type": event.type, "object": event.object_id, "theirs": event.payload(), "ours": ours}
    work.session.add(Anomaly(kind=kind, event_id=event.id, payment_code=payment_code, detail=detail, at=work.now))
    work.session.flush()
    return ANOMALY
