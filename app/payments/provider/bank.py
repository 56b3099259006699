"""The door to a bank that says nothing by itself: people transfer money, somebody imports its statements, payment files go out.

A test bank, plainly: no real bank's name, and nothing of it moves real money. What was asked and what the statements said lies in
our own database (``BankBooks``), because the operator's decisions about it and the ledger change in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from app.payments.errors import WebhookRefused
from app.payments.provider.face import Intent, Movement, ProviderEvent, Receipt


class BankBooks(Protocol):
    """What the door remembers. Every call may be made again with the same key."""

    def instruct(self, amount_fen: int, currency: str, metadata: Mapping[str, str]) -> Intent: ...

    def instruction(self, intent_id: str) -> Intent: ...

    def instructions_of(self, payment_code: str) -> list[Intent]: ...

    def order(
        self, key: str, kind: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str]
    ) -> Receipt: ...

    def sender_of(self, intent_id: str) -> str: ...

    def movements(self) -> list[Movement]: ...


class Bank:
    """One account at the test bank."""

    name = "bank"
    live = False
    needs_accounts = False
    ends_checkouts = False  # nobody can be kept from transferring: late money is met and sent back
    takes_days = True
    takes_back = False
    finishes = False
    pages = ()

    def __init__(self, books: BankBooks) -> None:
        self.books = books

    def create_intent(
        self, key: str, amount_fen: int, currency: str, metadata: Mapping[str, str], return_url: str, subject: str = ""
    ) -> Intent:
        """``key`` says no more than the metadata: one instruction for each try of a payment."""
        return self.books.instruct(amount_fen, currency, metadata)

    def retrieve_intent(self, intent_id: str) -> Intent:
        return self.books.instruction(intent_id)

    def find_by_metadata(self, name: str, value: str) -> list[Intent]:
        return self.books.instructions_of(value) if name == "payment_code" else []

    def refund(self, key: str, intent_id: str, amount_fen: int, metadata: Mapping[str, str]) -> Receipt:
        """Back to the account that the money came from; it leaves with the next payment file."""
        paid = self.books.instruction(intent_id)
        return self.books.order(key, "refund", self.books.sender_of(intent_id), amount_fen, paid.currency, metadata)

    def payout(
        self, key: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str], source: str = ""
    ) -> Receipt:
        return self.books.order(key, "payout", destination, amount_fen, currency, metadata)

    def list_movements(self) -> list[Movement]:
        return self.books.movements()

    def verify_webhook(self, raw: bytes, header: bytes, now: datetime) -> ProviderEvent:
        """The bank sends no messages: whoever does is somebody else."""
        raise WebhookRefused()
