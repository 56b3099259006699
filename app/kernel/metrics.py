"""Counters of what the processes do, for /metrics: requests, jobs, deadlines, and what the worker has checked.

Every process writes its own files below ``metrics/`` of the data directory and /metrics adds them up, so that two web
processes and the worker answer as one. A process takes the first free slot and keeps counting where the slot's last owner
stopped: files stay few, however often a web process is renewed, and counters never go backwards.

Names of labels and their values are ours (route templates, listeners); nothing that a person gave us becomes a label.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import MultiProcessValue

SLOTS = 64
REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
JOB_BUCKETS = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0)


class Metrics:
    """The counters of one process. With a folder they are shared with the other processes, else they stay in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._slot: IO[bytes] | None = None
        self._registry = CollectorRegistry()
        if folder is not None:
            self._slot, number = _take_slot(folder)
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # read by the library at every new value
            values.ValueClass = MultiProcessValue(process_identifier=lambda: number)  # type: ignore[no-untyped-call]
        self._requests = self._counter("xunyi_requests_total", "Requests answered.", "method", "route", "status")
        self._request_seconds = self._histogram(
            "xunyi_request_seconds", "Time from a request's first line to its answer.", REQUEST_BUCKETS, "route"
        )
        self._queries = self._counter("xunyi_request_queries_total", "Statements sent to the database by requests.", "route")
        self._jobs = self._counter("xunyi_jobs_total", "News brought to a listener.", "job", "outcome")
        self._job_seconds = self._histogram("xunyi_job_seconds", "Time that a listener took.", JOB_BUCKETS, "job")
        self._deadlines = self._counter("xunyi_deadlines_total", "Deadlines that came.", "entity", "kind", "outcome")
        self._swept = self._gauge("xunyi_worker_swept_timestamp_seconds", "When the worker last looked for what is due.")
        self._checked = self._gauge("xunyi_ledger_checked_timestamp_seconds", "When the worker last verified the ledger.")
        self._differences = self._gauge("xunyi_ledger_differences", "Differences that the last verification found.")
        self._unreconciled = self._gauge(
            "xunyi_unreconciled_fen", "Sum of what the books and the provider's list differ by, at the last verification."
        )

    def request(self, method: str, route: str, status: int, seconds: float, queries: int) -> None:
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._request_seconds.labels(route).observe(seconds)
        self._queries.labels(route).inc(queries)

    def job(self, job: str, outcome: str, seconds: float) -> None:
        self._jobs.labels(job, outcome).inc()
        self._job_seconds.labels(job).observe(seconds)

    def deadline(self, entity: str, kind: str, outcome: str) -> None:
        self._deadlines.labels(entity, kind, outcome).inc()

    def swept(self) -> None:
        self._swept.set(time.time())

    def ledger_verified(self, differences: int, unreconciled_fen: int) -> None:
        self._differences.set(differences)
        self._unreconciled.set(unreconciled_fen)
        self._checked.set(time.time())

    def page(self, present: Collector) -> bytes:
        """The text of /metrics: the counters of all processes, and what ``present`` reads at this moment."""
        gathered = CollectorRegistry()
        if self.folder is not None:
            MultiProcessCollector(gathered, str(self.folder))  # type: ignore[no-untyped-call]
        else:
            gathered.register(_Forward(self._registry))
        gathered.register(present)
        return generate_latest(gathered)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self._registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, meaning, labels, buckets=buckets, registry=self._registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, registry=self._registry, multiprocess_mode="mostrecent")


class _Forward(Collector):
    """The metrics of another registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[object]:  # type: ignore[override]
        yield from self._registry.collect()


def _take_slot(folder: Path) -> tuple[IO[bytes], int]:
    """The first slot that no living process holds. The lock ends with the process, whatever ends it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in range(1, SLOTS + 1):
        lock = (folder / f"slot-{number}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        return lock, number
    raise RuntimeError(f"all {SLOTS} slots of {folder} are held: too many processes on one data directory")
