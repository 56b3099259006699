"""Work: where to write, who asks, what time it is. It goes first into every verb; verbs never commit.

The engine recipe is the one measured in docs/adr/0002: on SQLite the write engine begins IMMEDIATE and a second engine
on the same file reads; on PostgreSQL time-outs are set per connection.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from app.kernel import trace

T = TypeVar("T")

log = structlog.get_logger("database")

_TRIES = 8
_RETRY_SQLSTATES = {"40001", "40P01"}


@dataclass(frozen=True)
class Actor:
    """Who asks. ``duties`` are (role, organisation id) pairs; every signed-in user also has the role household."""

    kind: str  # user, visitor, system or provider
    user_id: int | None = None
    code: str = ""
    duties: tuple[tuple[str, int], ...] = ()
    session_id: int | None = None

    def has(self, role: str) -> bool:
        if role == "household":
            return self.kind == "user"
        return any(held == role for held, _ in self.duties)

    def organisation_id(self, role: str) -> int | None:
        """The organisation for which the actor holds the role, None when it does not hold it."""
        return next((organisation for held, organisation in self.duties if held == role), None)

    @property
    def id(self) -> int:
        """The user's internal id; a programming mistake when nobody is signed in."""
        if self.user_id is None:
            raise RuntimeError("this verb needs a signed-in user")
        return self.user_id


SYSTEM = Actor("system", code="system")
VISITOR = Actor("visitor")


@dataclass
class Work:
    """One unit of reading or writing. ``now`` is the database's time (plus the demo offset outside production)."""

    session: Session
    actor: Actor
    now: datetime
    request_id: str = ""
    announced: list[int] = field(default_factory=list)  # outbox ids, handed to the queue after the commit
    doors: Mapping[str, Any] = field(default_factory=dict)  # what verbs may use besides the database, by name; set by wiring


class Database:
    """The two engines on one database, and the only way to get a Work.

    ``movable_clock`` is True in development and tests: then the row of ``clock_offset`` moves ``now``.
    ``slow_query_ms``: statements that take at least so long are logged, without their values; 0: none.
    """

    def __init__(self, url: str, *, pool_size: int = 16, movable_clock: bool = False, slow_query_ms: float = 0) -> None:
        self.url = make_url(url)
        self.movable_clock = movable_clock
        self.after_commit: Callable[[Work], None] = lambda work: None
        self.doors: dict[str, Any] = {}
        if self.url.get_backend_name() == "sqlite":
            self.write = _sqlite_engine(url, pool_size, "BEGIN IMMEDIATE", read_only=False)
            self.read = _sqlite_engine(url, pool_size, "BEGIN", read_only=True)
        else:
            self.write = _postgresql_engine(url, pool_size)
            self.read = self.write.execution_options(postgresql_readonly=True)
        # PostgreSQL: the second engine is the first one with an option, and shares its listeners.
        for engine in {self.write, self.read} if self.dialect == "sqlite" else {self.write}:
            _count_statements(engine, slow_query_ms)

    @property
    def dialect(self) -> str:
        return self.write.dialect.name

    @contextmanager
    def begin(self, actor: Actor, *, request_id: str = "", now: datetime | None = None) -> Iterator[Work]:
        """Write: everything in the block is committed at its end, or nothing."""
        with Session(self.write, expire_on_commit=False) as session:
            with session.begin():
                called = request_id or trace.request_id() or trace.new_id()
                work = Work(session, actor, now or self._now(session), called, doors=self.doors)
                yield work
            self.after_commit(work)

    @contextmanager
    def look(self, actor: Actor, *, request_id: str = "") -> Iterator[Work]:
        """Read on the second engine; never writes, never waits for a writer."""
        with Session(self.read, expire_on_commit=False, autoflush=False) as session:
            yield Work(session, actor, self._now(session), request_id or trace.request_id(), doors=self.doors)

    def run(self, actor: Actor, verb: Callable[[Work], T]) -> T:
        """Run a verb in its own transaction, again on deadlock, serialisation failure or a busy file (at most 8 times).

        The verb must have no effect outside the database. Constraint violations are never tried again.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                with self.begin(actor) as work:
                    return verb(work)
            except DBAPIError as trouble:
                if attempt == _TRIES or not is_transient(trouble):
                    raise
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Commits in the block do not wait for the disk: three times as fast, and lost or broken by a power cut inside it.

        Only for filling a marketplace that is thrown away when its filling was broken off. SQLite is on disk when the block
        has ended, PostgreSQL with the next write after it.
        """
        hurry = "PRAGMA synchronous=OFF" if self.dialect == "sqlite" else "SET synchronous_commit TO off"

        def _connect(dbapi: Any, _record: Any) -> None:
            dbapi.cursor().execute(hurry)
            if self.dialect != "sqlite":
                dbapi.commit()

        self.dispose()
        event.listen(self.write, "connect", _connect)
        try:
            yield
        finally:
            event.remove(self.write, "connect", _connect)
            self.dispose()
        if self.dialect == "sqlite":
            waiting = self.write.raw_connection()
            try:
                waiting.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                waiting.close()

    def dispose(self) -> None:
        self.write.dispose()
        self.read.dispose()

    def _now(self, session: Session) -> datetime:
        asked = (_MOVED_CLOCK if self.movable_clock else _CLOCK)[self.dialect]
        value, seconds = session.connection().exec_driver_sql(asked).one()
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)
        return instant + timedelta(seconds=seconds or 0)


_NOW = {"sqlite": "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", "postgresql": "clock_timestamp()"}
# For the driver as it is: every transaction asks for it, and what SQLAlchemy does for a statement takes longer than the answer.
_CLOCK = {dialect: f"SELECT {clock}, 0" for dialect, clock in _NOW.items()}
_MOVED_CLOCK = {
    dialect: f"SELECT {clock}, (SELECT seconds FROM clock_offset WHERE id = 1)"  # noqa: S608 - constants
    for dialect, clock in _NOW.items()
}


def is_transient(trouble: DBAPIError) -> bool:
    """Whether the same transaction may succeed when it is simply run again."""
    state = getattr(trouble.orig, "sqlstate", None)
    if state is not None:
        return state in _RETRY_SQLSTATES
    return isinstance(trouble, OperationalError) and "locked" in str(trouble.orig)


def is_unreachable(trouble: DBAPIError) -> bool:
    """Whether the database did not answer in time: the caller should say "try again" rather than "mistake"."""
    if is_transient(trouble) or trouble.connection_invalidated:
        return True
    state = getattr(trouble.orig, "sqlstate", None)
    if state in {"57014", "55P03", "25P03", "57P01", "57P03", "53300"}:
        return True
    return isinstance(trouble, OperationalError) and state is None


def _count_statements(engine: Engine, slow_query_ms: float) -> None:
    """Count statements and their time for the trace of this thread, and log the slow ones.

    SQLite finds rows while they are fetched: a statement without sorting or counting may show only the time to its first row.
    """

    @event.listens_for(engine, "before_cursor_execute")
    def _begin(_connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        if context is not None:
            context._xunyi_started = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def _end(_connection: Connection, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        started = getattr(context, "_xunyi_started", None)
        if started is None or statement.startswith("BEGIN"):
            return
        seconds = time.perf_counter() - started
        at_work = trace.present()
        if at_work is not None:
            at_work.queries += 1
            at_work.query_seconds += seconds
        if slow_query_ms and seconds * 1000 >= slow_query_ms:
            log.warning("slow_query", ms=round(seconds * 1000), sql=" ".join(statement.split())[:2000])


def _sqlite_engine(url: str, pool_size: int, begin: str, *, read_only: bool) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=8,
        pool_timeout=10,
        hide_parameters=True,  # errors are logged: values are people's data
        connect_args={"timeout": 5},
    )

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # the driver must not open or end transactions by itself
        cursor = dbapi.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgresql_engine(url: str, pool_size: int) -> Engine:
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return create_engine(
        address,
        pool_size=pool_size,
        max_overflow=8,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "tcp_user_timeout": 15_000,  # milliseconds; a database whose machine is gone answers nothing and breaks nothing off
            "options": "-c statement_timeout=5000 -c lock_timeout=2000 "
            "-c idle_in_transaction_session_timeout=10000 -c timezone=UTC",
        },
    )
