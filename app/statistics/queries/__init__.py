"""Closed periods, what is due, and the facts behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.credit import queries as credit
from app.credit.models import CreditEvent
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.statistics.errors import PeriodNotFound
from app.statistics.models import ClosedPeriod
from app.statistics.queries.facts import facts_of, facts_sha256, first_fact, query_sha256
from app.statistics.rules import (
    Closing,
    Hidden,
    Period,
    Unsafe,
    differences,
    document,
    following,
    period_at,
    read_period,
    sheet_told,
)
from app.statistics.rules.periods import BadPeriod

GRACE = timedelta(days=1)  # a transaction that began in the period has ended by then
Before = Mapping[Period, Mapping[str, Hidden]]


def closed(work: Work) -> list[ClosedPeriod]:
    """Every closed period, the latest first, a year before its quarters and these before their months."""
    rows = work.session.scalars(select(ClosedPeriod).order_by(ClosedPeriod.last_on.desc(), ClosedPeriod.first_on))
    return list(rows)


def closed_period(work: Work, name: str) -> ClosedPeriod:
    """The closed period of this name. Raises PeriodNotFound."""
    found = find_closed(work, name)
    if found is None:
        raise PeriodNotFound()
    return found


def find_closed(work: Work, name: str) -> ClosedPeriod | None:
    return work.session.scalars(select(ClosedPeriod).where(ClosedPeriod.name == name)).first()


def content_of(row: ClosedPeriod) -> dict[str, Any]:
    """The published document."""
    content: dict[str, Any] = json.loads(row.content)
    return content


def due(work: Work) -> list[Period]:
    """What is over and not closed yet, in the order in which it is to be closed."""
    first = first_fact(work)
    if first is None:
        return []
    names = set(work.session.scalars(select(ClosedPeriod.name)))
    return [each for each in following(first, work.now - GRACE) if each.name not in names]


def parts_wanted(work: Work, period: Period) -> list[Period]:
    """The parts that must be closed before it: those since the first thing happened."""
    first = first_fact(work)
    if first is None:
        return []
    month = period_at(first)
    return [part for part in period.within() if part.next_first > month.first]


def before(work: Work, period: Period) -> Before:
    """What is hidden in its closed parts."""
    inside = [part.name for part in period.within()]
    rows = work.session.scalars(select(ClosedPeriod).where(ClosedPeriod.name.in_(inside)))
    return {read_period(row.name): sheet_told(content_of(row)) for row in rows}


def make_document(work: Work, period: Period, *, closed_at: datetime, log_size: int, log_root: str) -> dict[str, Any]:
    """The document of a period from the facts of today. Raises Unsafe."""
    facts = facts_of(work, period)
    closing = Closing(
        closed_at=iso_seconds(closed_at),
        log_size=log_size,
        log_root=log_root,
        facts_sha256=facts_sha256(facts),
        query_sha256=query_sha256(),
    )
    return document(period, facts, before(work, period), closing)


def verify(work: Work, name: str) -> list[str]:
    """Compute a closed period again; every difference, none when it holds. Raises PeriodNotFound."""
    row = closed_period(work, name)
    found = []
    if sha256_hex(row.content.encode()) != row.sha256:
        found.append("sha256: not that of the published bytes")
    try:
        published = content_of(row)
        computed = make_document(
            work, read_period(row.name), closed_at=row.closed_at, log_size=row.log_size, log_root=row.log_root
        )
    except (BadPeriod, Unsafe, ValueError, KeyError) as trouble:
        return [*found, f"cannot be computed again: {type(trouble).__name__} {trouble}"]
    found += differences(published, computed)
    if not found and canonical(computed) != row.content.encode():
        found.append("content: not the canonical bytes of these tables")
    return found + _against_the_log(work, row)


def _against_the_log(work: Work, row: ClosedPeriod) -> list[str]:
    """The checkpoint, and the event that named the hash when the period was closed."""
    found = []
    size = credit.log_size(work)
    if row.log_size > size:
        found.append(f"log: {row.log_size} events at the closing, {size} now")
    elif credit.root_at(work, row.log_size).hex() != row.log_root:
        found.append(f"log: another root over the first {row.log_size} events")
    said = [data["sha256"] for data in published_in_log(work) if data["period"] == row.name]
    if said != [row.sha256]:
        found.append(f"log: published {', '.join(said) or 'nothing'}, kept {row.sha256}")
    return found


def published_in_log(work: Work) -> list[dict[str, Any]]:
    """What the log says of closed periods, oldest first."""
    rows = select(CreditEvent.canonical).where(CreditEvent.type == "statistics.published").order_by(CreditEvent.idx)
    return [json.loads(each)["data"] for each in work.session.scalars(rows)]


__all__ = [
    "GRACE",
    "ClosedPeriod",
    "before",
    "closed",
    "closed_period",
    "content_of",
    "due",
    "find_closed",
    "first_fact",
    "make_document",
    "parts_wanted",
    "published_in_log",
    "verify",
]
