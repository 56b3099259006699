"""What is being done just now in this thread, for logs: one request of a person, or one job that it caused.

The request's id goes from the page through the outbox into every job, so that a report ("it said number 3f2a...") can be
followed to the end.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Trace:
    """One request or job. ``place`` is the route's template or the job's name, never an address that somebody typed."""

    request_id: str
    place: str = ""
    queries: int = 0  # statements sent to the database, without BEGIN
    query_seconds: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started


_present: ContextVar[Trace | None] = ContextVar("trace", default=None)


def new_id() -> str:
    return secrets.token_hex(8)


def present() -> Trace | None:
    """The trace of this thread; None outside requests and jobs."""
    return _present.get()


def request_id() -> str:
    """The id of the request that is being worked on or caused this job; empty outside both."""
    trace = _present.get()
    return trace.request_id if trace is not None else ""


def start(trace: Trace) -> None:
    """Begin a request; ``stop`` ends it."""
    _present.set(trace)


def stop() -> None:
    _present.set(None)


@contextmanager
def following(request_id: str, place: str) -> Iterator[Trace]:
    """A job that a request caused (an empty id: one that nobody caused, such as a deadline; it gets an id of its own)."""
    trace = Trace(request_id or new_id(), place)
    token = _present.set(trace)
    try:
        yield trace
    finally:
        _present.reset(token)
