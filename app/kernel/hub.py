"""The hub: one running marketplace's settings, database, queue, listeners and outside doors, built by the factory.

Outside doors (mail, payment provider, photo store, search index) are typed by the rooms that use them; the kernel only
carries them to jobs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from huey import SqliteHuey
from sqlalchemy import update

from app.kernel import audit, deadlines, outbox, trace
from app.kernel.deadlines import Deadline, DeadlineHandler
from app.kernel.errors import BadState, Conflict
from app.kernel.faults import describe, for_staff
from app.kernel.metrics import Metrics
from app.kernel.seal import Sealer
from app.kernel.work import SYSTEM, Actor, Database, Work

log = structlog.get_logger("jobs")


@dataclass
class Hub:
    """Everything that a job needs. ``settings`` is config.Settings."""

    settings: Any
    db: Database
    sealer: Sealer
    listeners: outbox.Listeners = field(default_factory=dict)
    deadline_handlers: Mapping[tuple[str, str], DeadlineHandler] = field(default_factory=dict)
    queue: SqliteHuey | None = None
    metrics: Metrics = field(default_factory=Metrics)
    reads: Any = None  # app.kernel.reads.ReadCounter, where Redis is configured
    store: Any = None  # app.media.store.PhotoStore
    mailer: Any = None  # app.notices.provider.Mailer
    provider: Any = None  # app.payments.provider.PaymentProvider
    index: Any = None  # app.search.index.WhooshIndex
    printer: Any = None  # app.web.printing.Printer
    _whole_chain_at: float = 0.0  # when all audit rows are looked through again, by the clock that never goes back

    def begin(self, actor: Actor = SYSTEM) -> AbstractContextManager[Work]:
        return self.db.begin(actor)

    def look(self, actor: Actor = SYSTEM) -> AbstractContextManager[Work]:
        return self.db.look(actor)

    def sweep(self) -> int:
        """Deliver what is waiting, fire what is due, chain the audit rows; returns how much there was to do.

        Everything that the queue normally does at once is done here too, so a lost queue entry only costs time.
        """
        with self.look() as work:
            waiting = outbox.unsettled(work)
            due = [(deadline.id, deadline.entity, deadline.kind) for deadline in deadlines.due(work)]
        for outbox_id in waiting:
            outbox.deliver(self, outbox_id)
        for deadline_id, entity, kind in due:
            self._fire(deadline_id, entity, kind)
        self._chain()
        return len(waiting) + len(due)

    def drain(self, rounds: int = 50) -> None:
        """Sweep until nothing is left to do (commands and tests; a running marketplace has its worker)."""
        for _ in range(rounds):
            if self.sweep() == 0:
                return

    def _chain(self) -> None:
        """Chain the newest audit rows, and once an hour whatever is not chained."""
        everything = time.monotonic() >= self._whole_chain_at
        with self.begin() as work:
            audit.chain(work, everything=everything)
        if everything:
            self._whole_chain_at = time.monotonic() + 3600

    def _fire(self, deadline_id: int, entity: str, kind: str) -> None:
        with trace.following("", f"{entity}/{kind}") as job:
            outcome = self._try_to_fire(deadline_id, entity, kind)
            self.metrics.deadline(entity, kind, outcome)
            ms = round(job.seconds * 1000, 1)
            log.info("deadline", entity=entity, kind=kind, outcome=outcome, ms=ms, queries=job.queries)

    def _try_to_fire(self, deadline_id: int, entity: str, kind: str) -> str:
        handler = self.deadline_handlers.get((entity, kind))
        try:
            if handler is None:
                raise LookupError(f"no handler for the deadline {entity}/{kind}")
            with self.begin() as work:
                deadline = deadlines.take(work, deadline_id)
                if deadline is None:
                    return "moved_on"
                handler(work, deadline.entity_id)
        except (BadState, Conflict):
            # The thing moved on in the same moment: the deadline has nothing left to say.
            with self.begin() as work:
                work.session.execute(
                    update(Deadline)
                    .where(Deadline.id == deadline_id, Deadline.fired_at.is_(None))
                    .values(fired_at=work.now, last_error="moved on")
                )
            return "moved_on"
        except Exception as trouble:  # written down, tried again later, shown to staff after the last attempt
            log.warning("deadline_failed", entity=entity, kind=kind, error=describe(trouble), exc_info=trouble)
            with self.begin() as work:
                failed = work.session.get(Deadline, deadline_id)
                if failed is not None:
                    failed.attempts += 1
                    failed.last_error = for_staff(trouble)
                    failed.due_at = work.now + timedelta(seconds=min(2**failed.attempts, 300))
            return "again"
        return "done"
