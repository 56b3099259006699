"""The sandbox provider's own books: a plain SQLite file that knows nothing of the marketplace's database.

It survives kills like a real provider's: every change is one IMMEDIATE transaction, and the event that tells about it is
written in the same one. Same idempotency key and same values give the same answer; other values are refused.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from app.kernel.ids import new_code
from app.payments.errors import ProviderRefused, ProviderUnavailable

SCHEMA = """
CREATE TABLE IF NOT EXISTS intents (
  id TEXT PRIMARY KEY, amount_fen INTEGER NOT NULL CHECK (amount_fen > 0), currency TEXT NOT NULL, metadata TEXT NOT NULL,
  return_url TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('open', 'succeeded', 'failed')), created_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS refunds (
  id TEXT PRIMARY KEY, intent_id TEXT NOT NULL REFERENCES intents (id), amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
  metadata TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('succeeded', 'failed')), created_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS refunds_of_intent ON refunds (intent_id);
CREATE TABLE IF NOT EXISTS payouts (
  id TEXT PRIMARY KEY, destination TEXT NOT NULL, amount_fen INTEGER NOT NULL CHECK (amount_fen > 0), currency TEXT NOT NULL,
  metadata TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('succeeded', 'failed')), created_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS challenges (
  intent_id TEXT PRIMARY KEY REFERENCES intents (id), created_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS payout_returns (
  payout_id TEXT PRIMARY KEY REFERENCES payouts (id), reason TEXT NOT NULL, created_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS disputes (
  id TEXT PRIMARY KEY, intent_id TEXT NOT NULL REFERENCES intents (id), amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
  reason TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('open', 'won', 'lost')), created_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, request TEXT NOT NULL, object_id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS refusals (destination TEXT PRIMARY KEY, reason TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, created_at REAL NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, delivered_at REAL, given_up_at REAL, last_error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS events_waiting ON events (next_at) WHERE delivered_at IS NULL AND given_up_at IS NULL;
"""

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0
_OPENINGS = 40  # two seconds
MAX_DELIVERIES = 60  # with 300 s between the late ones: about four hours


class Books:
    """The file. Each call opens its own connection, so that threads and processes may share it.

    ``patient``: commits wait for the disk. Only the filling of the demo town does not, and syncs at its end.
    """

    file = "books.sqlite3"
    schema = SCHEMA

    def __init__(self, folder: Path) -> None:
        self.patient = True
        self.path = folder / self.file
        for attempt in range(_OPENINGS):
            try:
                with closing(self._open()) as db:
                    db.execute("PRAGMA journal_mode=WAL")
                    db.executescript(self.schema)
                return
            except sqlite3.OperationalError as trouble:
                # Several processes may find the file new at once; the change to WAL does not wait for its turn by itself.
                if attempt == _OPENINGS - 1:
                    raise ProviderUnavailable() from trouble
                time.sleep(0.05)

    def create_intent(
        self, key: str, amount_fen: int, currency: str, metadata: Mapping[str, str], return_url: str
    ) -> dict[str, Any]:
        request = {"amount_fen": amount_fen, "currency": currency, "metadata": dict(metadata), "return_url": return_url}

        def write(db: sqlite3.Connection) -> str:
            intent_id = f"in_{new_code()}"
            db.execute(
                "INSERT INTO intents VALUES (?, ?, ?, ?, ?, 'open', ?)",
                (intent_id, amount_fen, currency, text_of(metadata), return_url, time.time()),
            )
            return intent_id

        with self._write() as db:
            return self._intent(db, self._once(db, key, "intent", request, write))

    def intent(self, intent_id: str) -> dict[str, Any] | None:
        """One intent, None when there is no such one."""
        with self._read() as db:
            row = db.execute("SELECT * FROM intents WHERE id = ?", (intent_id,)).fetchone()
            return None if row is None else plain_row(row)

    def intents_with(self, name: str, value: str) -> list[dict[str, Any]]:
        """Intents whose metadata say so, newest last."""
        with self._read() as db:
            rows = db.execute("SELECT * FROM intents WHERE metadata ->> ? = ? ORDER BY created_at, id", (name, value)).fetchall()
            return [plain_row(row) for row in rows]

    def challenge(self, intent_id: str) -> None:
        """The payer's bank wants a confirmation before it pays: until then nothing is decided. Asking twice changes nothing."""
        with self._write() as db:
            if self._intent(db, intent_id)["status"] == "open":
                db.execute("INSERT INTO challenges VALUES (?, ?) ON CONFLICT DO NOTHING", (intent_id, time.time()))

    def is_challenged(self, intent_id: str) -> bool:
        """Whether the payer's bank waits for the payer's confirmation."""
        with self._read() as db:
            asked = "SELECT 1 FROM challenges c JOIN intents i ON i.id = c.intent_id WHERE i.id = ? AND i.status = 'open'"
            return db.execute(asked, (intent_id,)).fetchone() is not None

    def decide(self, intent_id: str, *, paid: bool, reason: str = "declined", late_seconds: float = 0) -> str:
        """The payer or their bank has decided; returns the status. Deciding twice changes nothing.

        ``reason``: why it was not paid; ``late_seconds``: how much later the news is sent.
        """
        with self._write() as db:
            intent = self._intent(db, intent_id)
            if intent["status"] == "open":
                intent["status"] = "succeeded" if paid else "failed"
                db.execute("UPDATE intents SET status = ? WHERE id = ?", (intent["status"], intent_id))
                if paid:
                    self._captured(db, intent_id)
                why = "" if paid else reason
                self._event(db, f"intent.{intent['status']}", intent_id, intent["amount_fen"], intent, why, late_seconds)
            return str(intent["status"])

    def refund(self, key: str, intent_id: str, amount_fen: int, metadata: Mapping[str, str]) -> dict[str, Any]:
        request = {"intent_id": intent_id, "amount_fen": amount_fen, "metadata": dict(metadata)}

        def write(db: sqlite3.Connection) -> str:
            intent = self._intent(db, intent_id)
            already = db.execute(
                "SELECT coalesce(sum(amount_fen), 0) FROM refunds WHERE intent_id = ? AND status = 'succeeded'", (intent_id,)
            ).fetchone()[0]
            if intent["status"] != "succeeded":
                raise ProviderRefused(reason="intent_not_paid")
            if already + amount_fen > intent["amount_fen"]:
                raise ProviderRefused(reason="more_than_paid")
            if amount_fen > self._refundable(db, intent):  # after a payout: the money is no longer here
                raise ProviderRefused(reason="balance_too_low")
            refund_id = f"re_{new_code()}"
            reason = self._refusal(db, f"intent:{intent_id}")
            status = "failed" if reason else "succeeded"
            row = (refund_id, intent_id, amount_fen, text_of(metadata), status, time.time())
            db.execute("INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?)", row)
            told = {"currency": intent["currency"], "metadata": dict(metadata)}
            self._event(db, f"refund.{status}", refund_id, amount_fen, told, reason)
            return refund_id

        with self._write() as db:
            return {"id": self._once(db, key, "refund", request, write), "status": "pending"}

    def payout(self, key: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str]) -> dict[str, Any]:
        request = {"destination": destination, "amount_fen": amount_fen, "currency": currency, "metadata": dict(metadata)}

        def write(db: sqlite3.Connection) -> str:
            if amount_fen > self._balance(db, currency):
                raise ProviderRefused(reason="balance_too_low")
            return self._pay_out(db, destination, amount_fen, currency, metadata)

        with self._write() as db:
            return {"id": self._once(db, key, "payout", request, write), "status": "pending"}

    def _pay_out(
        self, db: sqlite3.Connection, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str]
    ) -> str:
        payout_id = f"po_{new_code()}"
        reason = self._refusal(db, destination)
        status = "failed" if reason else "succeeded"
        row = (payout_id, destination, amount_fen, currency, text_of(metadata), status, time.time())
        db.execute("INSERT INTO payouts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        told = {"currency": currency, "metadata": dict(metadata)}
        self._event(db, "payout.failed" if reason else "payout.paid", payout_id, amount_fen, told, reason)
        return payout_id

    def refuse_next(self, destination: str, reason: str) -> None:
        """Let the next payout to this destination (or refund, ``intent:<id>``) fail later, as a closed account would."""
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO refusals VALUES (?, ?)", (destination, reason))

    def return_payout(self, payout_id: str, reason: str) -> None:
        """The bank sends back what was paid out, days after it was said to be paid. Once; later calls change nothing."""
        with self._write() as db:
            row = db.execute("SELECT * FROM payouts WHERE id = ? AND status = 'succeeded'", (payout_id,)).fetchone()
            if row is None:
                raise ProviderRefused(reason="no_such_payout")
            back = "INSERT INTO payout_returns VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            if db.execute(back, (payout_id, reason, time.time())).rowcount:
                self._event(db, "payout.returned", payout_id, row["amount_fen"], plain_row(row), reason)

    def dispute(self, intent_id: str, amount_fen: int, reason: str) -> str:
        """The payer's bank takes a payment back, in part or as a whole, and will decide later; returns the dispute's id."""
        with self._write() as db:
            intent = self._intent(db, intent_id)
            taken = "SELECT coalesce(sum(amount_fen), 0) FROM disputes WHERE intent_id = ? AND status <> 'won'"
            taken_fen = db.execute(taken, (intent_id,)).fetchone()[0]
            if intent["status"] != "succeeded" or taken_fen + amount_fen > intent["amount_fen"]:
                raise ProviderRefused(reason="more_than_paid")
            dispute_id = f"di_{new_code()}"
            row = (dispute_id, intent_id, amount_fen, reason, time.time())
            db.execute("INSERT INTO disputes VALUES (?, ?, ?, ?, 'open', ?)", row)
            self._event(db, "dispute.opened", dispute_id, amount_fen, intent, reason)
            return dispute_id

    def decide_dispute(self, dispute_id: str, *, won: bool) -> None:
        """The bank decides: ``won`` for us, otherwise for the payer. Deciding twice changes nothing."""
        with self._write() as db:
            row = db.execute("SELECT * FROM disputes WHERE id = ?", (dispute_id,)).fetchone()
            if row is None:
                raise ProviderRefused(reason="no_such_dispute")
            if row["status"] == "open":
                status = "won" if won else "lost"
                db.execute("UPDATE disputes SET status = ? WHERE id = ?", (status, dispute_id))
                intent = self._intent(db, row["intent_id"])
                self._event(db, f"dispute.{status}", dispute_id, row["amount_fen"], intent, row["reason"])

    def movements(self) -> list[tuple[str, dict[str, Any]]]:
        """All money that moved, by kind and time: (capture, refund, payout, payout_return, dispute or dispute_won; row)."""
        queries = (
            ("capture", "SELECT id, amount_fen, currency, metadata FROM intents WHERE status = 'succeeded' ORDER BY created_at"),
            (
                "refund",
                "SELECT r.id, r.amount_fen, i.currency, r.metadata FROM refunds r JOIN intents i ON i.id = r.intent_id "
                "WHERE r.status = 'succeeded' ORDER BY r.created_at",
            ),
            ("payout", "SELECT id, amount_fen, currency, metadata FROM payouts WHERE status = 'succeeded' ORDER BY created_at"),
            (
                "payout_return",
                "SELECT p.id, p.amount_fen, p.currency, p.metadata FROM payout_returns b JOIN payouts p ON p.id = b.payout_id "
                "ORDER BY b.created_at",
            ),
            (
                "dispute",
                "SELECT d.id, d.amount_fen, i.currency, i.metadata FROM disputes d JOIN intents i ON i.id = d.intent_id "
                "ORDER BY d.created_at",
            ),
            (
                "dispute_won",
                "SELECT d.id, d.amount_fen, i.currency, i.metadata FROM disputes d JOIN intents i ON i.id = d.intent_id "
                "WHERE d.status = 'won' ORDER BY d.created_at",
            ),
        )
        with self._read() as db:
            return [(kind, plain_row(row)) for kind, query in queries for row in db.execute(query)]

    def waiting_events(self, now: float, limit: int = 100) -> list[tuple[int, str]]:
        """(seq, body) of events to be sent now, oldest first."""
        with self._read() as db:
            due = "delivered_at IS NULL AND given_up_at IS NULL AND next_at <= ?"
            rows = db.execute(f"SELECT seq, body FROM events WHERE {due} ORDER BY seq LIMIT ?", (now, limit))  # noqa: S608
            return [(row["seq"], row["body"]) for row in rows]

    def unsent_count(self) -> int:
        """Events that have not been accepted yet and were not given up."""
        with self._read() as db:
            query = "SELECT count(*) FROM events WHERE delivered_at IS NULL AND given_up_at IS NULL"
            return int(db.execute(query).fetchone()[0])

    def all_event_bodies(self) -> list[str]:
        """Every event ever told, oldest first (a provider's event log)."""
        with self._read() as db:
            return [row["body"] for row in db.execute("SELECT body FROM events ORDER BY seq")]

    def note_delivery(self, seq: int, now: float, *, error: str | None) -> None:
        """Write down how a delivery went; after an error the next one waits twice as long, up to 300 s, 60 times."""
        with self._write() as db:
            if error is None:
                sent = "UPDATE events SET delivered_at = ?, attempts = attempts + 1, last_error = NULL WHERE seq = ?"
                db.execute(sent, (now, seq))
                return
            attempts = db.execute("SELECT attempts FROM events WHERE seq = ?", (seq,)).fetchone()["attempts"] + 1
            wait = min(FIRST_RETRY_SECONDS * 2 ** (attempts - 1), LONGEST_RETRY_SECONDS)
            given_up = now if attempts >= MAX_DELIVERIES else None
            db.execute(
                "UPDATE events SET attempts = ?, next_at = ?, given_up_at = ?, last_error = ? WHERE seq = ?",
                (attempts, now + wait, given_up, error[:200], seq),
            )

    def _once(
        self, db: sqlite3.Connection, key: str, kind: str, request: Mapping[str, Any], write: Callable[[sqlite3.Connection], str]
    ) -> str:
        fingerprint = hashlib.sha256(text_of({"kind": kind, **request}).encode()).hexdigest()
        known = db.execute("SELECT request, object_id FROM keys WHERE key = ?", (key,)).fetchone()
        if known is not None:
            if known["request"] != fingerprint:
                raise ProviderRefused(reason="key_with_other_values")
            return str(known["object_id"])
        object_id = write(db)
        db.execute("INSERT INTO keys VALUES (?, ?, ?)", (key, fingerprint, object_id))
        return object_id

    def _intent(self, db: sqlite3.Connection, intent_id: str) -> dict[str, Any]:
        row = db.execute("SELECT * FROM intents WHERE id = ?", (intent_id,)).fetchone()
        if row is None:
            raise ProviderRefused(reason="no_such_intent")
        return plain_row(row)

    def _balance(self, db: sqlite3.Connection, currency: str) -> int:
        row = db.execute(
            "SELECT (SELECT coalesce(sum(amount_fen), 0) FROM intents WHERE status = 'succeeded' AND currency = :c)"
            " - (SELECT coalesce(sum(r.amount_fen), 0) FROM refunds r JOIN intents i ON i.id = r.intent_id"
            "    WHERE r.status = 'succeeded' AND i.currency = :c)"
            " - (SELECT coalesce(sum(amount_fen), 0) FROM payouts WHERE status = 'succeeded' AND currency = :c"
            "    AND id NOT IN (SELECT payout_id FROM payout_returns))"
            " - (SELECT coalesce(sum(d.amount_fen), 0) FROM disputes d JOIN intents i ON i.id = d.intent_id"
            "    WHERE d.status <> 'won' AND i.currency = :c)",
            {"c": currency},
        ).fetchone()
        return int(row[0])

    def _refundable(self, db: sqlite3.Connection, intent: Mapping[str, Any]) -> int:
        """Out of what a refund of this intent can be paid, fen."""
        return self._balance(db, intent["currency"])

    def _captured(self, db: sqlite3.Connection, intent_id: str) -> None:
        """The money of an intent is here."""

    def _refusal(self, db: sqlite3.Connection, destination: str) -> str:
        row = db.execute("DELETE FROM refusals WHERE destination = ? RETURNING reason", (destination,)).fetchone()
        return "" if row is None else str(row["reason"])

    def _event(
        self,
        db: sqlite3.Connection,
        kind: str,
        object_id: str,
        amount_fen: int,
        told: Mapping[str, Any],
        reason: str,
        late_seconds: float = 0,
    ) -> None:
        event_id = f"ev_{new_code()}"
        body = {
            "id": event_id,
            "type": kind,
            "live": False,
            "object": {
                "id": object_id,
                "amount_fen": amount_fen,
                "currency": told["currency"],
                "metadata": told["metadata"],
                "reason": reason,
            },
        }
        now = time.time()
        insert = "INSERT INTO events (id, body, created_at, next_at) VALUES (?, ?, ?, ?)"
        db.execute(insert, (event_id, text_of(body), now, now + late_seconds))

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=5, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute(f"PRAGMA synchronous={'FULL' if self.patient else 'OFF'}")
        db.execute("PRAGMA foreign_keys=ON")
        return db

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._open()) as db:
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
        except sqlite3.OperationalError as trouble:
            raise ProviderUnavailable() from trouble

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._open()) as db:
                yield db
        except sqlite3.OperationalError as trouble:
            raise ProviderUnavailable() from trouble


def text_of(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain_row(row: sqlite3.Row) -> dict[str, Any]:
    plain = dict(row)
    plain["metadata"] = json.loads(plain["metadata"])
    return plain
