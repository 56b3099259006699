"""Closes a month for the tests of every room, with invented facts: by a row, since in their marketplaces the time does not pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.kernel.canonical import canonical, sha256_hex
from app.kernel.hub import Hub
from app.kernel.time import iso_seconds
from app.kernel.work import SYSTEM
from app.statistics.models import ClosedPeriod
from app.statistics.queries import find_closed
from app.statistics.rules import METHOD, Closing, document, period_at
from tests.statistics.inventing import invented


def make_closed(hub: Hub) -> str:
    """The month before this one, with a table of each dimension and something hidden in most of them, unless it is closed; its name."""
    with hub.begin(SYSTEM) as work:
        now = work.now
        month = period_at(period_at(now).starts_at - timedelta(days=1))
        if find_closed(work, month.name) is not None:  # by the demo town
            return month.name
        facts = [replace(fact, at=month.starts_at) for fact in invented(1, 900, sellers=40)]
        nothing = "0" * 64
        content = canonical(document(month, facts, {}, Closing(iso_seconds(now), 0, nothing, nothing, nothing)))
        work.session.add(
            ClosedPeriod(
                name=month.name,
                kind=month.kind,
                first_on=month.first,
                last_on=month.last,
                ends_at=month.ends_at,
                method=METHOD,
                content=content.decode(),
                sha256=sha256_hex(content),
                log_size=0,
                log_root=nothing,
                closed_at=now,
            )
        )
        return month.name
