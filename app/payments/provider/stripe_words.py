"""What Stripe says, in the words of our face. Plain dictionaries in, plain values out; nothing here asks Stripe."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.payments.errors import WebhookRefused
from app.payments.provider.face import Account, Intent, Movement, ProviderEvent

REFUND_STATES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}  # the others are on their way

CAPTURES = ("charge", "payment")
REFUNDS = ("refund", "payment_refund", "refund_failure", "payment_failure_refund")
CAPABILITY = "v2.core.account[configuration.recipient].capability_status_updated"


@dataclass(frozen=True)
class Paid:
    """What a checkout came to: the payment and its charge."""

    id: str
    charge: str


def intent(session: Mapping[str, Any]) -> Intent:
    """A Checkout session as our try of a payer. Its page has no address any more once it is over."""
    status = "open"
    if session["payment_status"] == "paid":
        status = "succeeded"
    elif session["status"] == "expired":
        status = "failed"
    where = session.get("url") or session.get("success_url") or ""
    currency = str(session["currency"]).upper()
    return Intent(session["id"], status, session["amount_total"], currency, where, session.get("metadata") or {})


def payment_of(session: Mapping[str, Any]) -> Paid | None:
    """The payment of a session that was read with its payment; None when nothing was paid."""
    payment = session.get("payment_intent")
    if not isinstance(payment, dict) or session["payment_status"] != "paid":
        return None
    return Paid(payment["id"], payment["latest_charge"])


def account(found: Mapping[str, Any]) -> Account:
    at: Any = found
    for name in ("configuration", "recipient", "capabilities", "stripe_balance", "stripe_transfers"):
        at = (at or {}).get(name)
    return Account(found["id"], (at or {}).get("status") or "pending")


@dataclass(frozen=True)
class Told:
    """A message, and what must be asked before it is understood: ``ask`` is payment, account or nothing, about ``ref``."""

    id: str
    type: str
    object_id: str
    amount_fen: int
    currency: str
    live: bool
    metadata: Mapping[str, str]
    reason: str = ""
    ask: str = ""
    ref: str = ""

    def event(self, answered: Mapping[str, str]) -> ProviderEvent:
        metadata = {**self.metadata, **answered}
        values = (self.id, self.type, self.object_id, self.amount_fen, self.currency)
        return ProviderEvent(*values, metadata, self.live, self.reason)


def told(raw: bytes) -> Told:
    """The message in a signed body. Raises WebhookRefused when it is none."""
    try:
        body = json.loads(raw)
        if body.get("object") == "v2.core.event":
            return _thin(body)
        return _snapshot(body)
    except (ValueError, KeyError, TypeError, AttributeError) as unreadable:
        raise WebhookRefused() from unreadable


def _thin(body: dict[str, Any]) -> Told:
    """A notice without values, of the newer kind: only that a recipient may be paid, or no longer, says something to us."""
    subject = body.get("related_object") or {}
    is_ours = body["type"] == CAPABILITY
    ref = str(subject["id"]) if is_ours else str(subject.get("id", ""))
    kind = "account.changed" if is_ours else f"stripe.{body['type']}"
    return Told(_text(body["id"]), kind, ref, 0, "", _flag(body["livemode"]), {}, ask="account" if is_ours else "", ref=ref)


def _snapshot(body: dict[str, Any]) -> Told:
    subject = body["data"]["object"]
    kind, ask = "", ""
    if not body.get("account"):  # what happens in a recipient's own account is not ours
        kind, ask = _kind(body["type"], subject)
    amount = subject.get("amount_total", subject.get("amount", 0))
    currency = str(subject.get("currency") or "").upper()
    if kind and (type(amount) is not int or not currency):
        raise WebhookRefused()
    metadata = {str(name): str(value) for name, value in (subject.get("metadata") or {}).items()}
    values = (_text(body["id"]), kind or f"stripe.{body['type']}", _text(subject.get("id") or body["id"]))
    reason = subject.get("failure_reason") or subject.get("reason") or (body["type"] if kind == "intent.failed" else "")
    ref = _text(subject["payment_intent"]) if ask else ""
    amount_fen = amount if type(amount) is int else 0
    return Told(*values, amount_fen, currency, _flag(body["livemode"]), metadata, str(reason), ask, ref)


def _kind(stripe_type: str, subject: Mapping[str, Any]) -> tuple[str, str]:
    """(our type, what must be asked); empty for what says nothing to us.

    A dispute counts when money moves: an inquiry of a bank takes none, so nothing stands still for it.
    """
    if stripe_type in ("checkout.session.completed", "checkout.session.async_payment_succeeded"):
        return ("intent.succeeded" if subject["payment_status"] == "paid" else ""), ""
    if stripe_type in ("checkout.session.async_payment_failed", "checkout.session.expired"):
        return "intent.failed", ""
    if stripe_type in ("refund.created", "refund.updated", "refund.failed"):
        state = REFUND_STATES.get(subject["status"])
        return (f"refund.{state}" if state else ""), ""
    if stripe_type == "transfer.created":
        return "payout.paid", ""
    if stripe_type == "transfer.reversed":
        return ("payout.returned" if subject["reversed"] and not _is_taken_back(subject) else ""), ""
    if stripe_type == "charge.dispute.funds_withdrawn":
        return "dispute.opened", "payment"
    if stripe_type == "charge.dispute.funds_reinstated":
        return "dispute.won", "payment"
    if stripe_type == "charge.dispute.closed" and subject["status"] == "lost":
        return "dispute.lost", "payment"
    return "", ""


def _is_taken_back(transfer: Mapping[str, Any]) -> bool:
    """Whether we have reversed it, in part at least: then our own note of it is in the books."""
    listed = (transfer.get("reversals") or {}).get("data") or []
    return any((each.get("metadata") or {}).get("take_back_code") for each in listed)


def movements(line: Mapping[str, Any]) -> Iterator[Movement]:
    """One line of Stripe's balance: the movement itself, and the fee that Stripe kept of it."""
    source = line.get("source")
    subject: Mapping[str, Any] = source if isinstance(source, dict) else {"id": source or line["id"]}
    currency = str(line["currency"]).upper()
    metadata = subject.get("metadata") or {}
    kind = _movement_kind(line, subject)
    if kind:
        name = metadata["take_back_code"] if kind == "taken_back" else subject["id"]
        yield Movement(kind, name, abs(line["amount"]), currency, metadata)
    if line["fee"]:
        yield Movement("fee", line["id"], line["fee"], currency, {})


def _movement_kind(line: Mapping[str, Any], subject: Mapping[str, Any]) -> str:
    kind = line["type"]
    if kind in CAPTURES:
        return "capture"
    if kind in REFUNDS:  # one that has not arrived, or came back, did not move our money in the end
        return "refund" if subject.get("status", "succeeded") == "succeeded" else ""
    if kind == "transfer":
        return "payout"
    if kind == "transfer_refund":
        return "taken_back" if (subject.get("metadata") or {}).get("take_back_code") else "payout_return"
    if kind == "adjustment" and subject.get("object") == "dispute":
        return "dispute" if line["amount"] < 0 else "dispute_won"
    return f"stripe_{kind}"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("not a flag")
    return value
