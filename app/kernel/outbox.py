"""News and effects are rows written in the same transaction as the change; jobs carry them to listeners at least once.

A transactional listener's effect and its ``delivery`` mark commit together, so it takes effect exactly once. An outside
effect (mail, provider, files, index) runs under a lease and must be idempotent. What keeps failing becomes ``dead`` and is
shown to staff, who can send it again.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

import structlog
from sqlalchemy import ForeignKey, Index, Text, Update, bindparam, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import trace
from app.kernel.audit import record
from app.kernel.db import Base, BigInt, Instant, JsonText, one_of, pk
from app.kernel.errors import DomainError, Unavailable
from app.kernel.faults import describe, for_staff
from app.kernel.metrics import Metrics
from app.kernel.work import SYSTEM, Database, Work

log = structlog.get_logger("outbox")

MAX_ATTEMPTS = 8
LEASE = timedelta(seconds=60)
STATES = ("pending", "running", "done", "dead")

DONE, AGAIN, DEAD, OTHERS = "done", "again", "dead", "others"  # what became of a job; others: somebody else has it


@dataclass(frozen=True)
class Event:
    """A fact that a room announces: past tense, ids and plain values only (no personal data, no secrets)."""

    registry: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__name__ in Event.registry and Event.registry[cls.__name__].__module__ != cls.__module__:
            raise TypeError(f"two events are called {cls.__name__}")
        Event.registry[cls.__name__] = cls

    def payload(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


class OutboxRow(Base):
    """One announced event."""

    __tablename__ = "outbox"

    id: Mapped[int] = pk()
    name: Mapped[str] = mapped_column(Text)
    payload: Mapped[Any] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(Instant)
    request_id: Mapped[str] = mapped_column(Text)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)  # every listener is done or dead

    __table_args__ = (
        Index(
            "ix_outbox_open",
            "id",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )


class Delivery(Base):
    """How far one listener is with one event."""

    __tablename__ = "delivery"

    id: Mapped[int] = pk()
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"))
    listener: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(BigInt, default=0)
    next_at: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        one_of("state", STATES),
        Index("uq_delivery_once", "outbox_id", "listener", unique=True),
        Index("ix_delivery_dead", "id", sqlite_where=text("state = 'dead'"), postgresql_where=text("state = 'dead'")),
    )


@dataclass(frozen=True)
class Listener:
    """Who hears an event. ``outside`` listeners get (hub, event), the others (work, event)."""

    name: str
    handle: Callable[..., None]
    outside: bool = False


Listeners = Mapping[str, tuple[Listener, ...]]


class Carrier(Protocol):
    """What carrying needs of the hub: the database, who listens, and the counters."""

    db: Database
    listeners: Listeners
    metrics: Metrics


def announce(work: Work, event: Event) -> int:
    """Write the news in the caller's transaction; returns the outbox id."""
    row = OutboxRow(name=type(event).__name__, payload=event.payload(), at=work.now, request_id=work.request_id)
    work.session.add(row)
    work.session.flush()
    work.announced.append(row.id)
    return row.id


def unsettled(work: Work, limit: int = 500) -> list[int]:
    """Outbox ids that still have something to do now, oldest first."""
    return list(work.session.scalars(_UNSETTLED, {"now": work.now, "limit": limit}))


def deliver(hub: Carrier, outbox_id: int) -> None:
    """Bring one event to every listener that has not had it yet. Safe to run twice and at the same time."""
    with hub.db.begin(SYSTEM) as work:
        row = work.session.get(OutboxRow, outbox_id)
        if row is None or row.settled_at is not None:
            return
        listeners = hub.listeners.get(row.name, ())
        _open_deliveries(work, outbox_id, listeners)
        _settle(work, outbox_id)  # where nobody listens, or all have it and nobody saw that he was the last
        event = _read(row)
        request_id, waited = row.request_id, work.now - row.at
    for listener in listeners:
        with trace.following(request_id, listener.name) as job:
            outcome = (_deliver_outside if listener.outside else _deliver_inside)(hub, outbox_id, listener, event)
            if outcome != OTHERS:
                hub.metrics.job(listener.name, outcome, job.seconds)
                log.info(
                    "job",
                    job=listener.name,
                    news=type(event).__name__,
                    outbox_id=outbox_id,
                    outcome=outcome,
                    ms=round(job.seconds * 1000, 1),
                    queries=job.queries,
                    waited_ms=round(waited.total_seconds() * 1000),
                )


def dead_deliveries(work: Work, limit: int = 100) -> list[tuple[Delivery, OutboxRow]]:
    """What gave up, newest first: for the staff page."""
    rows = select(Delivery, OutboxRow).join(OutboxRow).where(Delivery.state == "dead").order_by(Delivery.id.desc())
    return [(delivery, row) for delivery, row in work.session.execute(rows.limit(limit))]


def send_again(work: Work, delivery_id: int) -> None:
    """Put a dead delivery back into the queue (a member of staff decided so)."""
    revived = work.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == "dead")
        .values(state="pending", attempts=0, next_at=work.now, lease_until=None)
    )
    if revived.rowcount == 1:  # type: ignore[attr-defined]
        delivery = work.session.get_one(Delivery, delivery_id)
        work.session.execute(update(OutboxRow).where(OutboxRow.id == delivery.outbox_id).values(settled_at=None))
        work.announced.append(delivery.outbox_id)
        record(work, "delivery.send_again", "delivery", delivery_id)


def _ready(now: Any) -> Any:
    return or_(
        (Delivery.state == "pending") & (Delivery.next_at <= now),
        (Delivery.state == "running") & (Delivery.lease_until < now),
    )


# Carrying is most of what a worker does, so its statements are put together once.
_NOW = bindparam("now", type_=Instant)
_OF_ROW = select(Delivery.id).where(Delivery.outbox_id == OutboxRow.id)
_IS_OPEN = Delivery.state.in_(("pending", "running"))
_UNSETTLED = (
    select(OutboxRow.id)
    .where(OutboxRow.settled_at.is_(None))
    .where(~_OF_ROW.exists() | _OF_ROW.where(_ready(_NOW)).exists() | ~_OF_ROW.where(_IS_OPEN).exists())
    .order_by(OutboxRow.id)
    .limit(bindparam("limit", type_=BigInt))
)
_OPEN = text(
    "INSERT INTO delivery (outbox_id, listener, state, attempts, next_at) "
    "VALUES (:outbox_id, :listener, 'pending', 0, :now) ON CONFLICT DO NOTHING"
).bindparams(_NOW)
_MINE = (Delivery.outbox_id == bindparam("row")) & (Delivery.listener == bindparam("hears"))
_CLAIM = update(Delivery).where(_MINE, _ready(_NOW))
_CLAIM_AND_END = _CLAIM.values(state="done", done_at=_NOW)
_CLAIM_FOR_A_WHILE = _CLAIM.values(state="running", lease_until=bindparam("until", type_=Instant))
_END = update(Delivery).where(_MINE).values(state="done", done_at=_NOW, lease_until=None)
_AS_IT_IS = {"synchronize_session": False}
_SETTLE = (
    update(OutboxRow)
    .where(OutboxRow.id == bindparam("row"), OutboxRow.settled_at.is_(None))
    .where(~select(Delivery.id).where(Delivery.outbox_id == bindparam("row"), _IS_OPEN).exists())
    .values(settled_at=_NOW)
)


def _read(row: OutboxRow) -> Event:
    return Event.registry[row.name](**row.payload)


def _open_deliveries(work: Work, outbox_id: int, listeners: tuple[Listener, ...]) -> None:
    for listener in listeners:
        work.session.execute(_OPEN, {"outbox_id": outbox_id, "listener": listener.name, "now": work.now})


def _settle(work: Work, outbox_id: int) -> None:
    """The event is settled when no listener waits for it any more. Of two that end at once neither may see it: the sweep does."""
    work.session.execute(_SETTLE, {"row": outbox_id, "now": work.now}, execution_options=_AS_IT_IS)


def _claim(work: Work, statement: Update, outbox_id: int, listener: Listener, until: datetime | None = None) -> bool:
    values = {"row": outbox_id, "hears": listener.name, "now": work.now} | ({"until": until} if until else {})
    claimed = work.session.execute(statement, values, execution_options=_AS_IT_IS)
    return bool(claimed.rowcount == 1)  # type: ignore[attr-defined]


def _deliver_inside(hub: Carrier, outbox_id: int, listener: Listener, event: Event) -> str:
    try:
        with hub.db.begin(SYSTEM) as work:
            if not _claim(work, _CLAIM_AND_END, outbox_id, listener):
                return OTHERS
            listener.handle(work, event)
            _settle(work, outbox_id)
    except Exception as trouble:  # whatever went wrong is written down, tried again, and in the end shown to staff
        return _note_failure(hub, outbox_id, listener, trouble)
    return DONE


def _deliver_outside(hub: Carrier, outbox_id: int, listener: Listener, event: Event) -> str:
    with hub.db.begin(SYSTEM) as work:
        if not _claim(work, _CLAIM_FOR_A_WHILE, outbox_id, listener, work.now + LEASE):
            return OTHERS
    try:
        listener.handle(hub, event)
    except Exception as trouble:  # the same: an outside effect may fail in any way
        return _note_failure(hub, outbox_id, listener, trouble)
    with hub.db.begin(SYSTEM) as work:
        work.session.execute(_END, {"row": outbox_id, "hears": listener.name, "now": work.now}, execution_options=_AS_IT_IS)
        _settle(work, outbox_id)
    return DONE


def _note_failure(hub: Carrier, outbox_id: int, listener: Listener, trouble: Exception) -> str:
    """Count the attempt. A refusal (a domain error that is not "unavailable") is final at once: trying again cannot help.

    Returns what becomes of it: ``dead``, or ``again`` later.
    """
    refused = isinstance(trouble, DomainError) and not isinstance(trouble, Unavailable)
    with hub.db.begin(SYSTEM) as work:
        mine = (Delivery.outbox_id == outbox_id) & (Delivery.listener == listener.name)
        delivery = work.session.scalars(select(Delivery).where(mine)).one()
        delivery.attempts += 1
        delivery.last_error = for_staff(trouble)
        delivery.lease_until = None
        delivery.state = "dead" if refused or delivery.attempts >= MAX_ATTEMPTS else "pending"
        delivery.next_at = work.now + timedelta(seconds=min(2**delivery.attempts, 300))
        work.session.flush()
        _settle(work, outbox_id)
        log.warning(
            "delivery_failed",
            job=listener.name,
            outbox_id=outbox_id,
            attempt=delivery.attempts,
            outcome=DEAD if delivery.state == "dead" else AGAIN,
            error=describe(trouble),
            exc_info=None if isinstance(trouble, DomainError) else trouble,
        )
        return DEAD if delivery.state == "dead" else AGAIN


def payload_text(row: OutboxRow) -> str:
    """The event's values for the staff page."""
    return json.dumps(row.payload, ensure_ascii=False, sort_keys=True)
