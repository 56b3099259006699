"""Figures of this moment: what waits, what is late, what gave up. Each query reads a short index of open rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import and_, func, or_, select, text

from app.kernel.deadlines import MAX_ATTEMPTS, Deadline
from app.kernel.hub import Hub
from app.kernel.outbox import Delivery, OutboxRow
from app.kernel.work import Work
from app.payments import queries as payments

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


@dataclass(frozen=True)
class Figures:
    """Counts, and ages in seconds (0 when nothing waits). Each field is ``xunyi_<field>`` on /metrics."""

    outbox_waiting: int
    queue_age_seconds: float
    outbox_lag_seconds: float
    dead_deliveries: int
    deadlines_due: int
    deadline_lag_seconds: float
    dead_deadlines: int
    webhook_lag_seconds: float
    money_anomalies_open: int
    queue_length: int
    disk_free_ratio: float
    migrations_at_head: int


MEANINGS = {
    "outbox_waiting": "News that some listener has not had yet.",
    "queue_age_seconds": "Age of the oldest news that some listener has not had yet, failed tries included.",
    "outbox_lag_seconds": "How late the worker is with news that is due now.",
    "dead_deliveries": "News that a listener could not take after all tries.",
    "deadlines_due": "Deadlines that have come and not fired.",
    "deadline_lag_seconds": "How late the oldest of them is.",
    "dead_deadlines": "Deadlines that gave up after all tries.",
    "webhook_lag_seconds": "How long the oldest refund or payout given to the provider has waited for its confirmation.",
    "money_anomalies_open": "Words of the provider that did not fit the books and that nobody has looked at.",
    "queue_length": "Entries in the job queue's file.",
    "disk_free_ratio": "Free part of the disk that holds the data directory.",
    "migrations_at_head": "1 when the database has the schema of this program.",
}


def figures(work: Work, hub: Hub) -> Figures:
    """All figures (seven queries)."""
    open_news = OutboxRow.settled_at.is_(None)
    waiting, oldest = work.session.execute(select(func.count(), func.min(OutboxRow.at)).where(open_news)).one()
    late_deadline = and_(Deadline.fired_at.is_(None), Deadline.attempts < MAX_ATTEMPTS, Deadline.due_at <= work.now)
    due, oldest_due = work.session.execute(select(func.count(), func.min(Deadline.due_at)).where(late_deadline)).one()
    gave_up = select(func.count()).where(Deadline.fired_at.is_(None), Deadline.attempts >= MAX_ATTEMPTS)
    return Figures(
        outbox_waiting=waiting,
        queue_age_seconds=_age(work, oldest),
        outbox_lag_seconds=outbox_lag(work),
        dead_deliveries=work.session.scalar(select(func.count()).where(Delivery.state == "dead")) or 0,
        deadlines_due=due,
        deadline_lag_seconds=_age(work, oldest_due),
        dead_deadlines=work.session.scalar(gave_up) or 0,
        webhook_lag_seconds=_age(work, payments.oldest_unconfirmed_at(work)),
        money_anomalies_open=payments.count_anomalies(work),
        queue_length=hub.queue.pending_count() if hub.queue is not None else 0,
        disk_free_ratio=disk_free_ratio(hub.settings.data_dir),
        migrations_at_head=int(schema(work) == schema_expected()),
    )


def outbox_lag(work: Work) -> float:
    """Seconds since the oldest delivery became due: news nobody has opened, a try whose time has come, a lease that ended.

    A listener that fails and waits for its next try makes no lag: the worker is not late.
    """
    due = (
        select(func.min(func.coalesce(Delivery.lease_until, Delivery.next_at, OutboxRow.at)))
        .select_from(OutboxRow)
        .outerjoin(Delivery, Delivery.outbox_id == OutboxRow.id)
        .where(
            OutboxRow.settled_at.is_(None),
            or_(
                Delivery.id.is_(None),
                and_(Delivery.state == "pending", Delivery.next_at <= work.now),
                and_(Delivery.state == "running", Delivery.lease_until <= work.now),
            ),
        )
    )
    return _age(work, work.session.scalar(due))


def disk_free_ratio(folder: Path) -> float:
    """The free part of the folder's disk, 0 to 1, as a process without special rights may use it."""
    usage = shutil.disk_usage(folder)
    return usage.free / usage.total if usage.total else 0.0


def schema(work: Work) -> str:
    """The migration at which the database is."""
    return work.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or ""


@lru_cache(maxsize=1)
def schema_expected() -> str:
    """The newest migration of this program; read once, for a new program is a new process."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head() or ""


@dataclass(frozen=True)
class Check:
    """One condition of being ready."""

    name: str
    ok: bool
    said: str


def checks(work: Work, hub: Hub) -> Iterator[Check]:
    """Whether people can be served now."""
    present, expected = schema(work), schema_expected()
    yield Check("migrations", present == expected, f"database {present or 'empty'}, program {expected}")
    free = disk_free_ratio(hub.settings.data_dir)
    yield Check("disk", free > hub.settings.ready_disk_percent / 100, f"{free:.1%} free")
    lag = outbox_lag(work)
    yield Check("outbox", lag <= hub.settings.ready_lag_seconds, f"{lag:.0f} s late")


def _age(work: Work, at: datetime | None) -> float:
    return max(0.0, (work.now - at).total_seconds()) if at is not None else 0.0
