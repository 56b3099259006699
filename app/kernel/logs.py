"""How the processes write their logs: one line per event; a fault with its plain traceback, never with the values in it."""

from __future__ import annotations

import structlog


def set_up(*, is_production: bool) -> None:
    """JSON lines in production, readable lines elsewhere.

    Tracebacks are plain on purpose: those with local variables would write passwords' hashes and addresses into the log.
    """
    last: list[structlog.types.Processor]
    if is_production:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ]
    )
