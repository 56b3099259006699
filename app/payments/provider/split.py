"""A simulation of payers that settle by sharing, as they are used in China: one order holds the buyer's money frozen, requests
share it with receivers, ``finish`` frees what is left for the platform, and a share can be taken back from its receiver.

Nobody's name or look: the test payer of the practice provider pays here too. What the orders hold, their limits and the end of
their freeze are kept in books of their own, like the practice provider's.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.kernel.ids import new_code
from app.payments.errors import ProviderRefused
from app.payments.provider.books import SCHEMA, Books, plain_row, text_of
from app.payments.provider.face import Movement, Receipt
from app.payments.provider.sandbox import Sandbox

SPLIT_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
  intent_id TEXT PRIMARY KEY REFERENCES intents (id), frees_at REAL NOT NULL, finished_at REAL
) STRICT;
CREATE TABLE IF NOT EXISTS shares (
  payout_id TEXT PRIMARY KEY REFERENCES payouts (id), intent_id TEXT NOT NULL REFERENCES intents (id), request_id TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS shares_of_intent ON shares (intent_id);
CREATE TABLE IF NOT EXISTS share_returns (
  id TEXT PRIMARY KEY, payout_id TEXT NOT NULL REFERENCES shares (payout_id), amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
  metadata TEXT NOT NULL, created_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS returns_of_share ON share_returns (payout_id);
CREATE TABLE IF NOT EXISTS withdrawals (
  id INTEGER PRIMARY KEY, receiver TEXT NOT NULL, amount_fen INTEGER NOT NULL CHECK (amount_fen > 0), created_at REAL NOT NULL
) STRICT;
"""

# What an order still holds: paid, less refunds, shares and what a bank took; with shares that came back.
_HELD = """
SELECT i.amount_fen
  - (SELECT coalesce(sum(amount_fen), 0) FROM refunds WHERE intent_id = i.id AND status = 'succeeded')
  - (SELECT coalesce(sum(p.amount_fen), 0) FROM shares s JOIN payouts p ON p.id = s.payout_id
     WHERE s.intent_id = i.id AND p.status = 'succeeded' AND p.id NOT IN (SELECT payout_id FROM payout_returns))
  + (SELECT coalesce(sum(r.amount_fen), 0) FROM share_returns r JOIN shares s ON s.payout_id = r.payout_id
     WHERE s.intent_id = i.id)
  - (SELECT coalesce(sum(amount_fen), 0) FROM disputes WHERE intent_id = i.id AND status <> 'won')
"""


@dataclass(frozen=True)
class Limits:
    """What the payer allows: settings, because every payer has figures of its own."""

    freeze_days: int = 180
    requests: int = 20  # of one order
    receivers: int = 5  # of one request


@dataclass(frozen=True)
class Order:
    """How the money of one payment lies at the payer, fen. ``state``: frozen, finished or freed (its time was over)."""

    state: str
    frozen_fen: int
    frees_at: float
    requests: int


class SplitBooks(Books):
    """The payer's books: those of the practice provider, and what is frozen for which order."""

    file = "split.sqlite3"
    schema = SCHEMA + SPLIT_SCHEMA

    def __init__(self, folder: Path, limits: Limits, clock: Callable[[], float] = time.time) -> None:
        self.limits, self.clock = limits, clock
        super().__init__(folder)

    def order(self, intent_id: str) -> Order | None:
        """None for what was not paid."""
        with self._read() as db:
            return self._order(db, intent_id)

    def share(self, key: str, intent_id: str, parts: Sequence[tuple[str, int]], metadata: Mapping[str, str]) -> list[str]:
        """One request: so much of the order's frozen money to each receiver; returns their ids, in order."""
        request = {"intent_id": intent_id, "parts": [list(part) for part in parts], "metadata": dict(metadata)}

        def write(db: sqlite3.Connection) -> str:
            intent, order = self._intent(db, intent_id), self._order(db, intent_id)
            if order is None or order.state != "frozen":
                raise ProviderRefused(reason="nothing_frozen")
            if len(parts) > self.limits.receivers:
                raise ProviderRefused(reason="too_many_receivers")
            if order.requests >= self.limits.requests:
                raise ProviderRefused(reason="too_many_requests")
            if sum(fen for _, fen in parts) > order.frozen_fen:
                raise ProviderRefused(reason="more_than_frozen")
            request_id = f"sh_{new_code()}"
            for receiver, fen in parts:
                payout_id = self._pay_out(db, receiver, fen, intent["currency"], metadata)
                db.execute("INSERT INTO shares VALUES (?, ?, ?)", (payout_id, intent_id, request_id))
            return request_id

        with self._write() as db:
            request_id = self._once(db, key, "share", request, write)
            rows = db.execute("SELECT payout_id FROM shares WHERE request_id = ? ORDER BY rowid", (request_id,))
            return [str(row["payout_id"]) for row in rows]

    def transfer(self, key: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str]) -> dict[str, Any]:
        """Out of the platform's own free money: what no order holds."""
        request = {"destination": destination, "amount_fen": amount_fen, "currency": currency, "metadata": dict(metadata)}

        def write(db: sqlite3.Connection) -> str:
            if amount_fen > self._free(db, currency):
                raise ProviderRefused(reason="balance_too_low")
            return self._pay_out(db, destination, amount_fen, currency, metadata)

        with self._write() as db:
            return {"id": self._once(db, key, "transfer", request, write), "status": "pending"}

    def paid_with(self, key: str, receiver: str, amount_fen: int) -> str:
        """The id of what was paid out with this key, by a share or a transfer; empty for a new key."""
        query = (
            "SELECT p.* FROM keys k LEFT JOIN shares s ON s.request_id = k.object_id "
            "JOIN payouts p ON p.id = coalesce(s.payout_id, k.object_id) WHERE k.key = ? ORDER BY p.rowid LIMIT 1"
        )
        with self._read() as db:
            row = db.execute(query, (key,)).fetchone()
        if row is not None and (row["destination"], row["amount_fen"]) != (receiver, amount_fen):
            raise ProviderRefused(reason="key_with_other_values")
        return "" if row is None else str(row["id"])

    def finish(self, intent_id: str) -> None:
        """Nothing more is shared of this order: the rest is the platform's. Finishing twice changes nothing."""
        with self._write() as db:
            if self._order(db, intent_id) is None:
                raise ProviderRefused(reason="intent_not_paid")
            done = "UPDATE orders SET finished_at = ? WHERE intent_id = ? AND finished_at IS NULL"
            db.execute(done, (self.clock(), intent_id))

    def return_share(self, key: str, payout_id: str, amount_fen: int, metadata: Mapping[str, str]) -> str:
        """Take so much of a share back from its receiver, as far as the money is still there."""
        request = {"payout_id": payout_id, "amount_fen": amount_fen, "metadata": dict(metadata)}

        def write(db: sqlite3.Connection) -> str:
            found = (
                "SELECT p.* FROM shares s JOIN payouts p ON p.id = s.payout_id WHERE s.payout_id = ? AND p.status = 'succeeded'"
            )
            share = db.execute(found, (payout_id,)).fetchone()
            if share is None:
                raise ProviderRefused(reason="not_shared")
            back = "SELECT coalesce(sum(amount_fen), 0) FROM share_returns WHERE payout_id = ?"
            if db.execute(back, (payout_id,)).fetchone()[0] + amount_fen > share["amount_fen"]:
                raise ProviderRefused(reason="more_than_shared")
            if amount_fen > self._of_receiver(db, share["destination"]):
                raise ProviderRefused(reason="receiver_balance_too_low")
            return_id = f"sr_{new_code()}"
            row = (return_id, payout_id, amount_fen, text_of(metadata), time.time())
            db.execute("INSERT INTO share_returns VALUES (?, ?, ?, ?, ?)", row)
            return return_id

        with self._write() as db:
            return self._once(db, key, "share_return", request, write)

    def frozen_orders(self) -> dict[str, str]:
        """Payment code -> intent of the orders that are neither finished nor freed."""
        query = (
            "SELECT i.id, i.metadata ->> 'payment_code' AS code FROM orders o JOIN intents i ON i.id = o.intent_id "
            "WHERE o.finished_at IS NULL AND o.frees_at > ? AND code IS NOT NULL"
        )
        with self._read() as db:
            return {row["code"]: row["id"] for row in db.execute(query, (self.clock(),))}

    def withdraw(self, receiver: str) -> int:
        """The receiver moves everything to their own bank; returns how much, fen."""
        with self._write() as db:
            fen = self._of_receiver(db, receiver)
            if fen > 0:
                row = (receiver, fen, time.time())
                db.execute("INSERT INTO withdrawals (receiver, amount_fen, created_at) VALUES (?, ?, ?)", row)
            return fen

    def movements(self) -> list[tuple[str, dict[str, Any]]]:
        query = (
            "SELECT r.id, r.amount_fen, p.currency, r.metadata FROM share_returns r JOIN payouts p ON p.id = r.payout_id "
            "ORDER BY r.created_at"
        )
        with self._read() as db:
            back = [("taken_back", plain_row(row)) for row in db.execute(query)]
        return [*super().movements(), *back]

    def _captured(self, db: sqlite3.Connection, intent_id: str) -> None:
        db.execute("INSERT INTO orders VALUES (?, ?, NULL)", (intent_id, self.clock() + self.limits.freeze_days * 86_400))

    def _order(self, db: sqlite3.Connection, intent_id: str) -> Order | None:
        row = db.execute("SELECT * FROM orders WHERE intent_id = ?", (intent_id,)).fetchone()
        if row is None:
            return None
        state = "finished" if row["finished_at"] is not None else "freed" if row["frees_at"] <= self.clock() else "frozen"
        held = db.execute(f"{_HELD} FROM intents i WHERE i.id = ?", (intent_id,)).fetchone()[0]
        count = db.execute("SELECT count(DISTINCT request_id) FROM shares WHERE intent_id = ?", (intent_id,)).fetchone()[0]
        return Order(state, max(held, 0) if state == "frozen" else 0, row["frees_at"], count)

    def _balance(self, db: sqlite3.Connection, currency: str) -> int:
        query = (
            "SELECT coalesce(sum(r.amount_fen), 0) FROM share_returns r JOIN payouts p ON p.id = r.payout_id WHERE p.currency = ?"
        )
        return super()._balance(db, currency) + int(db.execute(query, (currency,)).fetchone()[0])

    def _free(self, db: sqlite3.Connection, currency: str) -> int:
        frozen = (
            f"SELECT coalesce(sum(max(held, 0)), 0) FROM ({_HELD} AS held FROM intents i JOIN orders o ON o.intent_id = i.id "  # noqa: S608
            "WHERE o.finished_at IS NULL AND o.frees_at > ? AND i.currency = ?)"
        )
        return self._balance(db, currency) - int(db.execute(frozen, (self.clock(), currency)).fetchone()[0])

    def _refundable(self, db: sqlite3.Connection, intent: Mapping[str, Any]) -> int:
        """What the order holds, and beyond it the platform's own money as an advance."""
        order = self._order(db, intent["id"])
        return (order.frozen_fen if order is not None else 0) + max(self._free(db, intent["currency"]), 0)

    def _of_receiver(self, db: sqlite3.Connection, receiver: str) -> int:
        query = (
            "SELECT (SELECT coalesce(sum(amount_fen), 0) FROM payouts WHERE destination = :who AND status = 'succeeded'"
            " AND id NOT IN (SELECT payout_id FROM payout_returns))"
            " - (SELECT coalesce(sum(r.amount_fen), 0) FROM share_returns r JOIN payouts p ON p.id = r.payout_id"
            "    WHERE p.destination = :who)"
            " - (SELECT coalesce(sum(amount_fen), 0) FROM withdrawals WHERE receiver = :who)"
        )
        return int(db.execute(query, {"who": receiver}).fetchone()[0])


class Split(Sandbox):
    """The door to the payer: checkout, events and pages are the practice provider's; what is behind them holds orders."""

    name = "split"
    takes_back = True
    finishes = True

    def __init__(self, folder: Path, secret: bytes, limits: Limits) -> None:
        super().__init__(folder, secret)
        self.limits = limits
        self._split: SplitBooks | None = None

    @property
    def books(self) -> SplitBooks:
        if self._split is None:
            self._split = SplitBooks(self.folder, self.limits)
        return self._split

    def payout(
        self, key: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str], source: str = ""
    ) -> Receipt:
        """A share of the order whose money it is; out of the platform's own money when the order holds nothing any more."""
        paid = self.books.paid_with(key, destination, amount_fen)
        if paid:  # the order may have ended since
            return Receipt(paid, "pending")
        order = self.books.order(source) if source else None
        if order is not None and order.state == "frozen":
            try:
                return Receipt(self.books.share(key, source, [(destination, amount_fen)], metadata)[0], "pending")
            except ProviderRefused as refusal:
                if refusal.values.get("reason") != "nothing_frozen":  # it was finished or freed in this moment
                    raise
        return Receipt(**self.books.transfer(key, destination, amount_fen, currency, metadata))

    def take_back(self, key: str, payout_ref: str, amount_fen: int, metadata: Mapping[str, str]) -> Receipt:
        return Receipt(self.books.return_share(key, payout_ref, amount_fen, metadata), "succeeded")

    def finish(self, intent_id: str) -> None:
        self.books.finish(intent_id)

    def frozen(self) -> dict[str, str]:
        """Payment code -> intent of every order that still holds something for somebody."""
        return self.books.frozen_orders()

    def list_movements(self) -> list[Movement]:
        """A share that was taken back goes by our own code of it."""
        return [
            Movement(each.kind, each.metadata["take_back_code"], each.amount_fen, each.currency, each.metadata)
            if each.kind == "taken_back"
            else each
            for each in super().list_movements()
        ]
