"""The queue: huey carries outbox ids to the worker as soon as they are committed; a sweep catches what was lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog
from huey import SqliteHuey
from huey.consumer import Consumer

from app.kernel import draw, idempotency, outbox, rates
from app.kernel.faults import describe
from app.kernel.hub import Hub
from app.kernel.work import Work

log = structlog.get_logger("jobs")

SWEEP_SECONDS = 2.0


def open_queue(hub: Hub, path: Path) -> None:
    """Give the hub its queue file and hand committed news to it."""
    queue = SqliteHuey("xunyi", filename=str(path), results=False, utc=True, timeout=5)
    deliver = queue.task(name="deliver")(lambda outbox_id: outbox.deliver(hub, outbox_id))

    def after_commit(work: Work) -> None:
        for outbox_id in work.announced:
            try:
                deliver(outbox_id)
            except Exception as trouble:  # the change is committed already; the sweep will deliver it
                log.warning("enqueue_failed", outbox_id=outbox_id, error=describe(trouble))

    hub.queue = queue
    hub.db.after_commit = after_commit


def run_worker(hub: Hub, *, workers: int = 2, on_tick: Iterable[Callable[[], None]] = ()) -> None:
    """Run the consumer in this process until it is told to stop (SIGINT, SIGTERM); sweeps every two seconds."""
    assert hub.queue is not None
    stopped, ticks = threading.Event(), tuple(on_tick)

    def sweep_forever() -> None:
        while not stopped.wait(SWEEP_SECONDS):
            try:
                hub.sweep()
                hub.metrics.swept()
                for tick in ticks:
                    tick()
            except Exception as trouble:  # a busy or restarting database must not end the sweep for good
                log.error("sweep_failed", error=describe(trouble), exc_info=trouble)

    threading.Thread(target=sweep_forever, name="sweep", daemon=True).start()
    try:
        Consumer(hub.queue, workers=workers, periodic=False, initial_delay=0.05, max_delay=0.5).run()
    finally:
        stopped.set()


def forgetter(hub: Hub, every_seconds: float = 600) -> Callable[[], None]:
    """For the worker: called at every tick, it forgets every ten minutes what is over: kept answers and counts."""
    last = time.monotonic()

    def tick() -> None:
        nonlocal last
        if time.monotonic() - last >= every_seconds:
            last = time.monotonic()
            forget(hub)

    return tick


def seedkeeper(hub: Hub, every_seconds: float = 300) -> Callable[[], None]:
    """For the worker: at its first tick and then every five minutes, tomorrow's draw has its hash and past seeds are revealed."""
    due = time.monotonic()

    def tick() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + every_seconds
            with hub.begin() as work:
                draw.keep_seeds(work, hub.sealer)

    return tick


def forget(hub: Hub) -> int:
    """Delete answers of writes older than a day and counts of windows that have ended; returns how many rows."""
    with hub.begin() as work:
        return idempotency.forget_expired(work) + rates.forget_past(work)
