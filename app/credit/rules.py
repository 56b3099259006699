"""How an event is written and hashed: plain values in, bytes out.

Event form: RFC 8785 canonical JSON, at most 65,535 bytes; leaf hash SHA-256(0x00 || bytes) as in RFC 6962; ``seq`` counts a
subject's events from 1 and ``prev`` is the base64 leaf hash of the subject's event before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.credit.log.canonical import MOST_BYTES, canonical, in_base64, read_json
from app.credit.log.merkle import leaf_hash

VERSION = 1
POLICY = "records/1"
FEW_SALES = 5  # below this a record says little about a seller, and the page says so


def event_bytes(
    *,
    id: str,
    type: str,
    ts: str,
    subject: str,
    seq: int,
    prev: bytes | None,
    actor: str,
    refs: Sequence[str],
    data: dict[str, Any],
) -> bytes:
    """The canonical bytes of one event. Raises ValueError when it is too long."""
    content = canonical(
        {
            "v": VERSION,
            "type": type,
            "id": id,
            "ts": ts,
            "subject": subject,
            "seq": seq,
            "prev": None if prev is None else in_base64(prev),
            "actor": actor,
            "policy": POLICY,
            "refs": list(refs),
            "data": data,
        }
    )
    if len(content) > MOST_BYTES:
        raise ValueError(f"event of {len(content)} bytes; at most {MOST_BYTES}")
    return content


@dataclass(frozen=True)
class Written:
    """One event as it lies in the log."""

    idx: int
    leaf_hash: bytes
    content: bytes
    type: str
    subject: str
    seq: int
    ts: str


@dataclass(frozen=True)
class Fault:
    """Something in the log that does not add up. ``idx`` is None for faults of the log as a whole."""

    idx: int | None
    code: str


class Checker:
    """Recomputes a log event by event, in order: hashes, canonical form, columns, ``seq`` and ``prev`` of every subject."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._heads: dict[str, tuple[int, bytes]] = {}
        self._ids: set[str] = set()

    def take(self, row: Written) -> None:
        """Check the next event of any subject."""
        if leaf_hash(row.content) != row.leaf_hash:
            self._note(row, "leaf_hash")
        try:
            event = read_json(row.content)
            if canonical(event) != row.content:
                self._note(row, "not_canonical")
            self._compare(row, event)
        except (ValueError, KeyError, TypeError):
            self._note(row, "unreadable")
        # The chain goes on from what is stored, so that one changed event is reported once, where it is, and once where
        # its successor no longer points to it.
        self._heads[row.subject] = (row.seq, leaf_hash(row.content))

    def _compare(self, row: Written, event: dict[str, Any]) -> None:
        for name, stored in (("type", row.type), ("subject", row.subject), ("seq", row.seq), ("ts", row.ts)):
            if event[name] != stored:
                self._note(row, f"column_{name}")
        seq, head = self._heads.get(row.subject, (0, None))
        if row.seq != seq + 1:
            self._note(row, "seq")
        if event["prev"] != (None if head is None else in_base64(head)):
            self._note(row, "prev")
        if event["id"] in self._ids:
            self._note(row, "id_repeated")
        self._ids.add(event["id"])

    def _note(self, row: Written, code: str) -> None:
        self.faults.append(Fault(row.idx, code))


def tier_word(tier: str | None) -> str | None:
    """A tier as an event writes it, in plain letters: "A" of devices stays, the first of five grades of cars is "1"."""
    return {"一级": "1", "二级": "2", "三级": "3", "四级": "4", "五级": "5"}.get(tier, tier) if tier else tier
