"""How the processes write their logs: one line per event on standard error, with named fields and nothing that people gave us.

Fields are an allow-list: what is not on it is left out, and the line says so. A fault comes with its traceback, but without
the values in it. Libraries write through the same door; of their messages only what stands in their source is kept.
"""

from __future__ import annotations

import json
import linecache
import logging
import os
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

from app.kernel import trace
from app.kernel.faults import trace_of

# What a line may say. Ids and codes are ours and random; none of these ever holds what somebody typed.
FIELDS = frozenset(
    {
        # every line
        "at", "level", "event", "logger", "pid", "request_id", "place", "error", "traceback", "left_out",
        # one request
        "method", "route", "status", "ms", "queries", "query_ms", "user",
        # one job, one deadline, one sweep
        "job", "news", "outbox_id", "attempt", "outcome", "waited_ms", "entity", "kind",
        # the rest
        "sql", "where", "documents", "version", "photo", "returncode", "payment", "type", "event_id", "constraint", "reason_code",
        "difference_count", "unreconciled_fen",
    }
)  # fmt: skip

Fields = MutableMapping[str, Any]


def set_up(*, as_json: bool, level: str = "info", stream: TextIO | None = None) -> None:
    """JSON lines, or readable ones for a developer's terminal; of libraries only warnings and worse."""
    lowest = logging.getLevelNamesMapping()[level.upper()]
    render = _json if as_json else _readable
    structlog.configure(
        processors=[structlog.processors.add_log_level, _stamp, _without_values, _only_allowed, render],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,  # tests and commands set up anew
    )
    root = logging.getLogger()
    root.handlers[:] = [Bridge()]
    root.setLevel(max(lowest, logging.WARNING))


@contextmanager
def quieter() -> Iterator[None]:
    """Only warnings and worse inside the block: for work of thousands of jobs that tells its progress itself."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(wrapper_class=before)


class Bridge(logging.Handler):
    """Takes the lines of libraries (gunicorn, huey, SQLAlchemy, Pillow) into ours."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"logger": record.name, "where": f"{record.module}:{record.lineno}"}
        if record.exc_info and record.exc_info[1] is not None:
            fields["exc_info"] = record.exc_info[1]
        log = structlog.get_logger()
        log.log(max(record.levelno, logging.DEBUG), _told_by_source(record), **fields)


def _told_by_source(record: logging.LogRecord) -> str:
    """The message before values were put in; what was put together beforehand is left out, for it may quote a request.

    SQLAlchemy's echo is a statement with placeholders; values are hidden by the engine (``hide_parameters``).
    """
    text = str(record.msg)
    if record.name.startswith("sqlalchemy.engine") and not record.args:
        return " ".join(text.split())[:2000]
    source = "".join(linecache.getline(record.pathname, record.lineno + offset) for offset in range(4))
    return text if record.args or (isinstance(record.msg, str) and text.strip() and text in source) else "library_message"


def _stamp(_logger: object, _name: str, fields: Fields) -> Fields:
    fields["pid"] = os.getpid()
    fields["at"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    at_work = trace.present()
    if at_work is not None:
        fields.setdefault("request_id", at_work.request_id)
        if at_work.place:
            fields.setdefault("place", at_work.place)
    return fields


def _without_values(_logger: object, _name: str, fields: Fields) -> Fields:
    """``exc_info`` becomes a traceback that quotes no value."""
    trouble = fields.pop("exc_info", None)
    if trouble is True:
        trouble = sys.exc_info()[1]
    elif isinstance(trouble, tuple):
        trouble = trouble[1]
    if isinstance(trouble, BaseException):
        fields["traceback"] = trace_of(trouble)
    return fields


def _only_allowed(_logger: object, _name: str, fields: Fields) -> Fields:
    kept = {name: fields[name] for name in fields if name in FIELDS}
    if len(kept) != len(fields):
        kept["left_out"] = sorted(set(fields) - FIELDS)
    return kept


_encode: Callable[[Fields], str] = json.JSONEncoder(ensure_ascii=False, default=lambda value: type(value).__name__).encode


def _json(_logger: object, _name: str, fields: Fields) -> str:
    return _encode(fields)


def _readable(_logger: object, _name: str, fields: Fields) -> str:
    """For a terminal: time, level, event, then the fields; a traceback on lines of its own."""
    head = f"{str(fields.pop('at'))[11:23]} {fields.pop('level', ''):<7} {fields.pop('event', '')}"
    fields.pop("pid", None)
    under = f"\n{fields.pop('traceback')}" if "traceback" in fields else ""
    return " ".join([head, *(f"{name}={value}" for name, value in fields.items())]) + under
