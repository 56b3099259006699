"""What the fake keeps: objects as Stripe shows them, every movement of its balance, and the events that tell about them."""

from __future__ import annotations

import copy
import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from stripe import WebhookSignature

from app.payments.provider.sender import CALM, Chaos, Post, deliver_once

API_VERSION = "2026-10-28.endive"
DAY = 86_400
AVAILABLE_AFTER = 2 * DAY
RETRY_AFTER, MOST_TRIES = 60.0, 20

GOOD = "4242424242424242"
ASYNC = "async"  # a way of paying whose money comes later
DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline"),
    "4000000000009995": ("card_declined", "insufficient_funds"),
    "4000000000000341": ("card_declined", "generic_decline"),  # attaches, then fails when it is charged
}
ASKS_FIRST = ("4000000000003220", "4000002500003155")
DISPUTED = "4000000000000259"
REFUND_PENDING, REFUND_FAILS = "4000000000007726", "4000000000005126"

Object = dict[str, Any]


class Refusal(Exception):
    """An answer with an error, as Stripe words it."""

    def __init__(self, status: int, code: str, message: str, param: str = "", kind: str = "invalid_request_error") -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.error = {"type": kind, "code": code, "message": message, "param": param}


class Events:
    """Events that were told, and how their delivery goes: the face of a provider's books towards its sender."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.rows: list[Object] = []

    def tell(self, body: Object) -> None:
        self.rows.append({"body": json.dumps(body), "next_at": 0.0, "tries": 0, "done": False})

    def waiting_events(self, now: float) -> list[tuple[int, str]]:
        return [(seq, row["body"]) for seq, row in enumerate(self.rows) if not row["done"] and row["next_at"] <= now]

    def note_delivery(self, seq: int, now: float, *, error: str | None) -> None:
        row = self.rows[seq]
        row["tries"] += 1
        row["done"] = error is None or row["tries"] >= MOST_TRIES
        row["next_at"] = now + RETRY_AFTER

    def deliver(self, post: Post, chaos: Chaos = CALM, now: float | None = None) -> int:
        """Send what is due, once; returns how many were accepted."""
        return deliver_once(self, self.secret.encode(), post, chaos=chaos, now=now, signing=self.sign)

    @staticmethod
    def sign(secret: bytes, raw: bytes, seconds: int) -> str:
        """By the SDK's own hand."""
        return str(WebhookSignature.generate_signature_header(raw.decode(), secret.decode(), seconds))


class FakeStripe:
    """One platform at a Stripe that exists in memory. Times are its own clock's: ``advance`` moves it."""

    def __init__(
        self,
        *,
        secret: str = "whsec_of_the_fake_0001",
        fee_bp: int = 140,
        dispute_fee: int = 1500,
        site: str = "http://127.0.0.1:12111",
    ) -> None:
        self.lock = threading.RLock()
        self.site, self.fee_bp, self.dispute_fee = site, fee_bp, dispute_fee
        self.events = Events(secret)
        self.objects: dict[str, Object] = {}
        self.lines: list[Object] = []
        self.keys: dict[str, Object] = {}
        self.faults: list[str] = []  # what befalls the next requests: down, before, after, lost
        self.calls: list[tuple[str, str]] = []
        self.ahead = 0.0

    def now(self) -> int:
        return int(time.time() + self.ahead)

    def advance(self, seconds: float) -> None:
        self.ahead += seconds
        for session in self.all("checkout.session"):
            if session["status"] == "open" and session["expires_at"] <= self.now():
                self.expire(session)
        for refund in self.all("refund"):
            if refund["status"] == "pending" and refund["_waits"]:
                self.try_refund(refund)

    # Objects

    def new(self, prefix: str, kind: str, **values: Any) -> Object:
        made = {"id": f"{prefix}_{secrets.token_hex(8)}", "object": kind, "created": self.now(), "livemode": False, **values}
        self.objects[made["id"]] = made
        return made

    def all(self, kind: str) -> list[Object]:
        return [each for each in list(self.objects.values()) if each["object"] == kind]

    def get(self, object_id: Any, kind: str) -> Object:
        found = self.objects.get(str(object_id))
        if found is None or found["object"] != kind:
            raise Refusal(404, "resource_missing", f"No such {kind}: {object_id!r}", "id")
        return found

    def tell(self, kind: str, subject: Object, account: str = "") -> None:
        body = {
            "id": f"evt_{secrets.token_hex(8)}", "object": "event", "api_version": API_VERSION, "created": self.now(),
            "livemode": False, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "type": kind,
            "data": {"object": plain(subject)},
        }  # fmt: skip
        self.events.tell(body | ({"account": account} if account else {}))

    def move(self, kind: str, amount: int, subject: Object, fee: int = 0, *, available_on: int = 0) -> Object:
        """One line of the platform's balance."""
        line = self.new(
            "txn", "balance_transaction", type=kind, amount=amount, fee=fee, net=amount - fee, currency=subject["currency"],
            source=subject["id"], available_on=available_on or self.now(), status="available",
            fee_details=[{"amount": fee, "currency": subject["currency"], "type": "stripe_fee"}] if fee else [],
        )  # fmt: skip
        self.lines.append(line)
        return line

    def balance(self, *, available: bool = False) -> int:
        return sum(each["net"] for each in self.lines if not available or each["available_on"] <= self.now())

    # The payer

    def pay(self, session_id: str, card: str = GOOD) -> str:
        """The payer types a card; returns what came of it: paid, declined, asked or later."""
        with self.lock:
            session = self.get(session_id, "checkout.session")
            if session["status"] != "open":
                raise Refusal(400, "checkout_not_open", "This checkout is over.")
            payment = self._payment_of(session)
            payment["_card"] = card
            if card in DECLINES:
                self._decline(payment, *DECLINES[card])
                return "declined"
            if card in ASKS_FIRST:
                payment["status"] = "requires_action"
                self.tell("payment_intent.requires_action", payment)
                return "asked"
            if card == ASYNC:
                payment["status"], session["status"] = "processing", "complete"
                self.tell("payment_intent.processing", payment)
                self.tell("checkout.session.completed", session)
                return "later"
            self._capture(session, payment)
            if card == DISPUTED:
                self.dispute(payment["id"], payment["amount"], "fraudulent")
            return "paid"

    def confirm(self, session_id: str, *, yes: bool) -> None:
        """The payer answers their bank's question."""
        with self.lock:
            session = self.get(session_id, "checkout.session")
            payment = self.get(session["payment_intent"], "payment_intent")
            if payment["status"] != "requires_action":
                return
            if yes:
                self._capture(session, payment)
            else:
                self._decline(payment, "payment_intent_authentication_failure", "authentication_required")

    def arrive(self, session_id: str, *, paid: bool) -> None:
        """Money that comes later comes, or does not."""
        with self.lock:
            session = self.get(session_id, "checkout.session")
            payment = self.get(session["payment_intent"], "payment_intent")
            if paid:
                self._capture(session, payment, told="checkout.session.async_payment_succeeded")
            else:
                self._decline(payment, "payment_failed", "generic_decline")
                self.tell("checkout.session.async_payment_failed", session)

    def expire(self, session: Object) -> None:
        session["status"], session["url"] = "expired", None
        self.tell("checkout.session.expired", session)

    def _payment_of(self, session: Object) -> Object:
        if session["payment_intent"] is None:
            given = session["_payment_data"]
            payment = self.new(
                "pi", "payment_intent", amount=session["amount_total"], currency=session["currency"], amount_received=0,
                status="requires_payment_method", metadata=dict(given.get("metadata") or {}), latest_charge=None,
                transfer_group=given.get("transfer_group"), capture_method="automatic_async", last_payment_error=None,
            )  # fmt: skip
            session["payment_intent"] = payment["id"]
            self.tell("payment_intent.created", payment)
        return self.get(session["payment_intent"], "payment_intent")

    def _decline(self, payment: Object, code: str, decline_code: str) -> None:
        payment["status"] = "requires_payment_method"
        payment["last_payment_error"] = {"type": "card_error", "code": code, "decline_code": decline_code}
        self.tell("payment_intent.payment_failed", payment)

    def _capture(self, session: Object, payment: Object, told: str = "checkout.session.completed") -> None:
        charge = self.new(
            "ch", "charge", amount=payment["amount"], currency=payment["currency"], amount_refunded=0, refunded=False,
            payment_intent=payment["id"], metadata=dict(payment["metadata"]), transfer_group=payment["transfer_group"],
            status="succeeded", paid=True, captured=True, disputed=False,
        )  # fmt: skip
        fee = payment["amount"] * self.fee_bp // 10_000
        line = self.move("charge", payment["amount"], charge, fee, available_on=self.now() + AVAILABLE_AFTER)
        charge["balance_transaction"] = line["id"]
        payment.update(status="succeeded", amount_received=payment["amount"], latest_charge=charge["id"])
        session.update(status="complete", payment_status="paid", url=None)
        self.tell("charge.succeeded", charge)
        self.tell("payment_intent.succeeded", payment)
        self.tell(told, session)

    # Refunds

    def try_refund(self, refund: Object) -> None:
        """Pay a refund out of the platform's balance, when there is enough."""
        if refund["amount"] > self.balance():
            return
        refund["_waits"] = False
        refund["balance_transaction"] = self.move("refund", -refund["amount"], refund)["id"]
        if refund["_card"] != REFUND_PENDING:
            refund["status"] = "succeeded"
            self.tell("refund.updated", refund)

    def finish_refund(self, refund_id: str, *, arrives: bool, reason: str = "expired_or_canceled_card") -> None:
        """The payer's bank takes a refund, or sends it back: also one that was said to have succeeded."""
        with self.lock:
            refund = self.get(refund_id, "refund")
            refund["status"] = "succeeded" if arrives else "failed"
            if not arrives:
                refund["failure_reason"] = reason
                charge = self.get(refund["charge"], "charge")
                charge["amount_refunded"] -= refund["amount"]
                self.move("refund_failure", refund["amount"], refund)
            self.tell("refund.updated", refund)
            if not arrives:
                self.tell("refund.failed", refund)

    # Receivers

    def onboard(self, account_id: str, status: str = "active") -> None:
        """Stripe has looked at a receiver: it may be paid to, or no longer. The event is thin."""
        with self.lock:
            account = self.get(account_id, "v2.core.account")
            account["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]["status"] = status
            self.events.tell(
                {
                    "id": f"evt_{secrets.token_hex(8)}",
                    "object": "v2.core.event",
                    "livemode": False,
                    "type": "v2.core.account[configuration.recipient].capability_status_updated",
                    "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now())),
                    "reason": None,
                    "context": account_id,
                    "related_object": {"id": account_id, "type": "v2.core.account", "url": f"/v2/core/accounts/{account_id}"},
                }
            )

    def take_home(self, account_id: str) -> None:
        """A receiver's balance goes to their bank: nothing of ours, and told with their account's name."""
        with self.lock:
            account = self.get(account_id, "v2.core.account")
            payout = self.new("po", "payout", amount=account["_balance"], currency="cny", status="paid", metadata={})
            account["_balance"] = 0
            self.tell("payout.paid", payout, account_id)

    # Banks

    def dispute(self, payment_id: str, amount: int, reason: str, *, inquiry: bool = False) -> str:
        """The payer's bank takes money back (or only asks about it); returns the dispute's id."""
        with self.lock:
            payment = self.get(payment_id, "payment_intent")
            charge = self.get(payment["latest_charge"], "charge")
            status = "warning_needs_response" if inquiry else "needs_response"
            dispute = self.new(
                "du", "dispute", amount=amount, currency=charge["currency"], charge=charge["id"], payment_intent=payment_id,
                reason=reason, status=status, metadata={}, balance_transactions=[],
            )  # fmt: skip
            self.tell("charge.dispute.created", dispute)
            if not inquiry:
                charge["disputed"] = True
                self.move("adjustment", -amount, dispute, self.dispute_fee)
                self.tell("charge.dispute.funds_withdrawn", dispute)
            return str(dispute["id"])

    def decide(self, dispute_id: str, *, won: bool) -> None:
        """The bank decides. An inquiry that goes no further is closed without money."""
        with self.lock:
            dispute = self.get(dispute_id, "dispute")
            if dispute["status"].startswith("warning"):
                dispute["status"] = "warning_closed"
                self.tell("charge.dispute.closed", dispute)
                return
            dispute["status"] = "won" if won else "lost"
            if won:
                self.get(dispute["charge"], "charge")["disputed"] = False
                self.move("adjustment", dispute["amount"], dispute)
                self.tell("charge.dispute.funds_reinstated", dispute)
            self.tell("charge.dispute.closed", dispute)


def plain(value: Any) -> Any:
    """A copy without what only the fake knows."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if not name.startswith("_")}
    return copy.deepcopy(value) if not isinstance(value, list) else [plain(each) for each in value]


Clock = Callable[[], float]
