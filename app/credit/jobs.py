"""The sequencer, run after every recorded fact; once a minute the log's own duties: heads of the day, signed checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from app.credit import queries, service
from app.credit.events import CreditFact
from app.credit.log.errors import LogError
from app.credit.provider import LogSigner
from app.credit.service import sequencing
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM

log = structlog.get_logger("credit")


def sequence_all(hub: Hub) -> int:
    """Take everything that waits, in transactions of a bounded length; returns how many events were written."""
    written = 0
    while True:
        taken = hub.db.run(SYSTEM, service.sequence)
        written += taken
        if taken < sequencing.BATCH:
            return written


def sequence(hub: Hub, event: CreditFact) -> None:
    """Hears that a fact was recorded."""
    sequence_all(hub)


def note_heads(hub: Hub) -> bool:
    """Write today's heads of all records into the log when they are not there yet; whether they were written."""
    with hub.look() as work:
        due = queries.heads_due(work)
    if due:
        hub.db.run(SYSTEM, service.note_heads)
    return due


def publish_policies(hub: Hub) -> bool:
    """Put the versions of score rules that ship with the program into the log, where they are not there yet; whether any was."""
    with hub.look() as work:
        due = bool(queries.unpublished_policies(work))
    if due:
        hub.db.run(SYSTEM, service.publish_policies)
    return due


def begin_log(hub: Hub, signer: LogSigner | None) -> None:
    """What a new log owes its first reader: the rules of scores, the heads of the day, a signed checkpoint."""
    publish_policies(hub)
    note_heads(hub)
    with hub.look() as work:
        has_none = queries.latest_checkpoint(work) is None
    if signer is not None and has_none:
        publish_checkpoint(hub, signer)


def publish_checkpoint(hub: Hub, signer: LogSigner) -> int:
    """Have the log of this moment signed and publish that; returns its size, 0 for an empty log.

    Raises a LogError, and nothing is signed, when the log does not continue what the key signed last.
    """
    last = signer.last()
    with hub.look() as work:
        now = queries.growth(work, last.size if last else 0)
    if now.size == 0 and last is None:
        return 0
    note = signer.sign(now.size, now.root, now.proof)
    vkey = signer.vkey
    hub.db.run(SYSTEM, lambda work: service.keep_checkpoint(work, note, vkey))
    return now.size


def checkpointer(hub: Hub, signer: LogSigner | None, every_seconds: float = 60) -> Callable[[], None]:
    """For the worker: at its first tick and then every minute, what the log owes the day. Without a signer only the heads.

    A log that does not continue what was signed is an alarm for people, not a reason to stop the worker's other duties.
    """
    due = time.monotonic()

    def tick() -> None:
        nonlocal due
        if time.monotonic() < due:
            return
        due = time.monotonic() + every_seconds
        publish_policies(hub)
        note_heads(hub)
        if signer is None:
            return
        try:
            with hub.look() as work:
                is_due = queries.checkpoint_due(work, hub.settings.checkpoint_minutes)
            if is_due:
                publish_checkpoint(hub, signer)
        except LogError as trouble:
            log.error("checkpoint_refused", reason_code=trouble.code, error=str(trouble))

    return tick
