"""Recorded conduct for tests of this and other rooms."""

from __future__ import annotations

from typing import Any

from app.accounts.models import User
from app.credit.jobs import note_heads, publish_checkpoint, sequence_all
from app.credit.provider import LogSigner, from_settings
from app.credit.service import record
from app.kernel.hub import Hub
from app.kernel.ids import new_code
from app.kernel.work import SYSTEM

FACTS: dict[str, dict[str, Any]] = {
    "listing.published": {"category": "phone", "amount_band": "2000-3000", "tier": "A", "version": 1},
    "order.paid": {"category": "phone", "amount_band": "2000-3000", "delivery": "parcel"},
    "order.shipped_on_time": {"category": "phone", "days": 2},
    "order.shipped_late": {"category": "phone", "days": 9},
    "order.cancelled_by_seller": {"category": "phone", "reason": "not_shipped"},
    "order.completed": {"category": "phone", "amount_band": "2000-3000", "escrow": True, "tier": "A", "return_window_days": 3},
    "dispute.opened": {"category": "phone", "reason": "not_as_described"},
    "dispute.settled": {"category": "phone", "reason": "not_as_described"},
    "dispute.decided": {"category": "phone", "outcome": "seller_fault", "remedy": "refund"},
    "violation.recorded": {"severity": "minor", "kind": "rules_not_kept", "effective_on": "2026-11-20"},
    "appraisal.issued": {
        "category": "phone",
        "scheme": "phone-2026.1",
        "status": "graded",
        "tier": "A",
        "report_sha256": "0f" * 32,
    },
    "appraisal.reinspected": {
        "category": "phone",
        "report_sha256": "0f" * 32,
        "kind": "peer",
        "found": "better",
        "tiers_apart": 1,
        "critical_misses": 0,
    },
}


def make_fact(hub: Hub, user: User, type: str = "order.completed", *, key: str | None = None, **data: Any) -> str:
    """Record one fact (not sequenced yet); returns its key."""
    code = new_code()
    fields = {**FACTS[type], **data}
    if type.startswith(("order.", "dispute.")):
        fields.setdefault("order", code)
    if type.startswith("listing."):
        fields.setdefault("listing", code)
    key = key or f"{type}:{code}"
    with hub.begin(SYSTEM) as work:
        record(work, type, user.id, fields, key=key)
    return key


def make_checkpoint(hub: Hub) -> LogSigner:
    """Let the log be signed as it is, with today's heads; returns its signer."""
    signer = from_settings(hub.settings)
    assert signer is not None
    note_heads(hub)
    publish_checkpoint(hub, signer)
    return signer


def make_events(hub: Hub, user: User, *types: str) -> None:
    """Record facts of these kinds and let the sequencer write them into the log."""
    for type in types or ("listing.published", "order.paid", "order.shipped_on_time", "order.completed"):
        make_fact(hub, user, type)
    sequence_all(hub)
