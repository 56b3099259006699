"""Closing a period, once."""

from __future__ import annotations

from app.credit import queries as credit
from app.credit import service as recording
from app.kernel.audit import record
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.work import Work
from app.statistics import queries
from app.statistics.errors import NothingBefore, PartsNotClosed, PeriodNotOver, WiderIsClosed
from app.statistics.models import ClosedPeriod
from app.statistics.rules import METHOD, Period, period_at
from app.statistics.rules.periods import QUARTER, YEAR


def close(work: Work, period: Period) -> ClosedPeriod:
    """Compute the tables of a period and keep them for good; its hash goes into the log. A closed period is given as it is.

    Raises PeriodNotOver, PartsNotClosed, WiderIsClosed, NothingBefore.
    """
    kept = queries.find_closed(work, period.name)
    if kept is not None:
        return kept
    _may_close(work, period)
    size = credit.log_size(work)
    root = credit.root_at(work, size).hex()
    content = canonical(queries.make_document(work, period, closed_at=work.now, log_size=size, log_root=root))
    row = ClosedPeriod(
        name=period.name,
        kind=period.kind,
        first_on=period.first,
        last_on=period.last,
        ends_at=period.ends_at,
        method=METHOD,
        content=content.decode(),
        sha256=sha256_hex(content),
        log_size=size,
        log_root=root,
        closed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    data = {"period": period.name, "method": METHOD, "sha256": row.sha256}
    recording.record_of_the_log(work, "statistics.published", data, key=f"statistics.published:{period.name}")
    record(work, "close_statistics", "statistics_period", row.id)
    return row


def _may_close(work: Work, period: Period) -> None:
    if work.now < period.ends_at + queries.GRACE:
        raise PeriodNotOver()
    for kind in (QUARTER, YEAR):
        wider = period_at(period.starts_at, kind)
        if wider.first <= period.first and wider.last >= period.last and queries.find_closed(work, wider.name) is not None:
            raise WiderIsClosed()
    first = queries.first_fact(work)
    if first is None or first >= period.ends_at:
        raise NothingBefore()
    if any(queries.find_closed(work, part.name) is None for part in queries.parts_wanted(work, period)):
        raise PartsNotClosed()
