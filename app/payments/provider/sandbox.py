"""The practice provider: real books, real events, no real money. Its face is that of every other provider."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from app.payments.errors import ProviderRefused, WebhookRefused
from app.payments.provider import signature
from app.payments.provider.books import Books
from app.payments.provider.face import Intent, Movement, ProviderEvent, Receipt
from app.payments.provider.sender import Chaos, Post, deliver_once, run_sender

__all__ = ["Chaos", "Post", "Sandbox", "deliver_once", "run_sender"]


LATE_SECONDS = 20  # how late the news of a slow bank comes

# The buttons of the checkout: what the payer's bank does then. "confirm" leads to the second list.
CHECKOUT: dict[str, dict[str, Any]] = {
    "pay": {"paid": True},
    "pay_late": {"paid": True, "late_seconds": LATE_SECONDS},
    "decline": {"paid": False},
    "no_funds": {"paid": False, "reason": "insufficient_funds"},
}
CONFIRMATION: dict[str, dict[str, Any]] = {
    "confirmed": {"paid": True},
    "refused": {"paid": False, "reason": "confirmation_refused"},
}


class Sandbox:
    """The door to the sandbox's books. ``secret`` signs its events."""

    name = "sandbox"
    live = False
    needs_accounts = False
    ends_checkouts = False  # so that late money can be practised
    takes_days = False
    takes_back = False
    finishes = False
    pages = ()

    def __init__(self, folder: Path, secret: bytes) -> None:
        self.secret = secret
        self.folder = folder
        self._books: Books | None = None

    @property
    def books(self) -> Books:
        """The books, opened on first use (a command that never pays needs no file)."""
        if self._books is None:
            self._books = Books(self.folder)
        return self._books

    def press(self, intent_id: str, button: str) -> bool:
        """What the test payer pressed on the checkout page; False for what is no button of the page as it stands."""
        challenged = self.books.is_challenged(intent_id)
        if button == "confirm" and not challenged:
            self.books.challenge(intent_id)
        elif button in CHECKOUT and not challenged:
            self.books.decide(intent_id, **CHECKOUT[button])
        elif button in CONFIRMATION:  # pressed twice, the second time finds it decided
            if challenged:
                self.books.decide(intent_id, **CONFIRMATION[button])
            return challenged or self.retrieve_intent(intent_id).status != "open"
        else:
            return button in CHECKOUT or button == "confirm"  # the page had gone on: it is shown as it stands
        return True

    def create_intent(
        self, key: str, amount_fen: int, currency: str, metadata: Mapping[str, str], return_url: str, subject: str = ""
    ) -> Intent:
        return _intent(self.books.create_intent(key, amount_fen, currency, metadata, return_url))

    def retrieve_intent(self, intent_id: str) -> Intent:
        row = self.books.intent(intent_id)
        if row is None:
            raise ProviderRefused(reason="no_such_intent")
        return _intent(row)

    def find_by_metadata(self, name: str, value: str) -> list[Intent]:
        return [_intent(row) for row in self.books.intents_with(name, value)]

    def refund(self, key: str, intent_id: str, amount_fen: int, metadata: Mapping[str, str]) -> Receipt:
        return Receipt(**self.books.refund(key, intent_id, amount_fen, metadata))

    def payout(
        self, key: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str], source: str = ""
    ) -> Receipt:
        return Receipt(**self.books.payout(key, destination, amount_fen, currency, metadata))

    def list_movements(self) -> list[Movement]:
        return [
            Movement(kind, row["id"], row["amount_fen"], row["currency"], row["metadata"]) for kind, row in self.books.movements()
        ]

    def verify_webhook(self, raw: bytes, header: bytes, now: datetime) -> ProviderEvent:
        signature.check(self.secret, raw, header, now.timestamp())
        try:
            return _event(json.loads(raw))
        except (ValueError, KeyError, TypeError) as unreadable:  # signed but not an event: somebody shares our secret
            raise WebhookRefused() from unreadable


def _intent(row: Mapping[str, Any]) -> Intent:
    return Intent(
        row["id"], row["status"], row["amount_fen"], row["currency"], f"/sandbox/checkout/{row['id']}", dict(row["metadata"])
    )


def _event(body: dict[str, Any]) -> ProviderEvent:
    subject = body["object"]
    values = (body["id"], body["type"], subject["id"], subject["currency"], subject.get("reason", ""))
    amount, metadata, live = subject["amount_fen"], subject["metadata"], body["live"]
    if not all(isinstance(value, str) for value in values) or type(amount) is not int or type(live) is not bool:
        raise ValueError("not an event")
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for pair in metadata.items() for v in pair):
        raise ValueError("not an event")
    return ProviderEvent(values[0], values[1], values[2], amount, values[3], metadata, live, values[4])
