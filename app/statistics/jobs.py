"""Closing what is over, in the worker: at its first tick and then every hour. Runs twice without harm."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.statistics import queries, service
from app.statistics.rules import Period


def close_what_is_over(hub: Hub) -> list[str]:
    """Close every period that is over, each in its own transaction; their names."""
    with hub.look() as work:
        waiting = queries.due(work)
    for period in waiting:
        _close(hub, period)
    return [period.name for period in waiting]


def _close(hub: Hub, period: Period) -> None:
    """Close one. Where somebody else closed it at the same moment, theirs stays."""
    try:
        hub.db.run(SYSTEM, lambda work: service.close(work, period))
    except IntegrityError:
        with hub.look() as work:
            if queries.find_closed(work, period.name) is None:
                raise


def closer(hub: Hub, every_seconds: float = 3600) -> Callable[[], None]:
    """For the worker."""
    due = time.monotonic()

    def tick() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + every_seconds
            close_what_is_over(hub)

    return tick
