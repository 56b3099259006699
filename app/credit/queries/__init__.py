"""Reading records and the log."""

from app.credit.queries.records import (
    Entry,
    SellerSummary,
    event_by_idx,
    events_of,
    pseudonym_of,
    seller_by_code,
    seller_summaries,
    seller_summary,
)
from app.credit.queries.tree import (
    Growth,
    checkpoint_due,
    consistency,
    entries,
    growth,
    hashes,
    heads_at,
    heads_due,
    inclusion,
    latest_checkpoint,
    log_key,
    log_size,
    read_range,
    require_checkpoint,
    root_at,
)
from app.credit.queries.verifying import verify, waiting_facts
from app.credit.rules import Fault
from app.credit.wording import sentence

__all__ = [
    "Entry",
    "Fault",
    "Growth",
    "SellerSummary",
    "checkpoint_due",
    "consistency",
    "entries",
    "event_by_idx",
    "events_of",
    "growth",
    "hashes",
    "heads_at",
    "heads_due",
    "inclusion",
    "latest_checkpoint",
    "log_key",
    "log_size",
    "pseudonym_of",
    "read_range",
    "require_checkpoint",
    "root_at",
    "seller_by_code",
    "seller_summaries",
    "seller_summary",
    "sentence",
    "verify",
    "waiting_facts",
]
