"""What the process writes into its log while a test looks."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from app.kernel import logs


class Log(io.StringIO):
    """What was written since the start."""

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def of(self, event: str) -> list[dict[str, object]]:
        return [line for line in self.lines() if line["event"] == event]


@contextmanager
def writing(*, as_json: bool = True, level: str = "debug") -> Iterator[Log]:
    """Every line of ours and of libraries from this level on."""
    root = logging.getLogger()
    before, handlers, lowest = structlog.get_config(), root.handlers[:], root.level
    seen = Log()
    logs.set_up(as_json=as_json, level=level, stream=seen)
    root.setLevel(level.upper())
    try:
        yield seen
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(lowest)
