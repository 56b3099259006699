"""Recording facts, giving them their place in the log, and keeping what the log says of itself."""

from app.credit.catalogue import amount_band
from app.credit.rules import tier_word
from app.credit.service.checkpoints import keep_checkpoint, note_heads
from app.credit.service.findings import append_finding, confirm_key, end_key, propose_key
from app.credit.service.policies import publish_policies
from app.credit.service.recording import cluster_of, record, record_of_the_log, reference, sealed, subject_of
from app.credit.service.sequencing import sequence

__all__ = [
    "amount_band",
    "append_finding",
    "cluster_of",
    "confirm_key",
    "end_key",
    "keep_checkpoint",
    "note_heads",
    "propose_key",
    "publish_policies",
    "record",
    "record_of_the_log",
    "reference",
    "sealed",
    "sequence",
    "subject_of",
    "tier_word",
]
