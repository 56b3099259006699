"""The PostgreSQL database of a test process: emptied for each test instead of made anew, so that its connections stay warm.

In a new database every connection begins with empty catalogue caches, unplanned statements and uncompiled triggers: that was half
the time of all tests on PostgreSQL. So the rows of the last test are deleted (with triggers and foreign keys off), what migrations
put in comes back, sequences begin at 1, and strangers' connections end. A test that changed the schema, and every ``USES``-th
test (deleted rows stay in the files), is followed by a new copy of the template.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import QueuePool

from app.kernel.work import Database

USES = 40
SCHEMA = """SELECT (SELECT count(*) || '-' || sum(hashtext(relname || relkind::text)) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
(SELECT count(*) || '-' || sum(hashtext(tgname || tgenabled::text)) FROM pg_trigger WHERE NOT tgisinternal),
(SELECT count(*) FROM pg_attribute WHERE attnum > 0), (SELECT count(*) FROM pg_constraint),
(SELECT count(*) || '-' || sum(hashtext(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)"""
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
STRANGERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT pid = ANY(%s)"""


class Lasting(QueuePool):
    """A pool that outlives the engines that use it."""

    def dispose(self) -> None: ...

    def recreate(self) -> Lasting:
        return self

    def end(self) -> None:
        super().dispose()


@dataclass(frozen=True)
class State:
    """All rows, as PostgreSQL copies them, and where the sequences are."""

    rows: dict[str, bytes]
    sequences: dict[str, int]


class Scratch:
    """One database of the server at this address, made from the one called ``template`` and given to one test after the other."""

    def __init__(self, server: str, template: str) -> None:
        self.name = f"test_{uuid.uuid4().hex[:12]}"
        self.url = f"{server}/{self.name}"
        self._server, self._template = server, template
        self._pool: Lasting | None = None
        self._hand: psycopg.Connection[Any] | None = None
        self._uses = 0

    def clean(self) -> None:
        """Nothing of the last test is left."""
        self._uses += 1
        if self._hand is None or self._uses > USES or self._schema() != self._made:
            self._renew()
            return
        try:
            self._show(self._first)
        except psycopg.Error:  # somebody holds a row, or has ended our connection
            self._renew()

    def keep(self) -> State:
        """What is in the database now."""
        return State({name: self._copied(name) for name in self._filled()}, self._sequences())

    def load(self, state: State) -> None:
        self._show(state)

    def lend(self, db: Database) -> None:
        """Let this database's engine use the connections of the tests before."""
        if self._pool is None:
            db.write.pool.__class__ = Lasting
            self._pool = db.write.pool  # type: ignore[assignment]
        db.write.pool = self._pool  # type: ignore[assignment]

    def end(self) -> None:
        if self._pool is not None:
            self._pool.end()
        if self._hand is not None:
            self._hand.close()
        self._pool = self._hand = None

    def _renew(self) -> None:
        self.end()
        name, template = sql.Identifier(self.name), sql.Identifier(self._template)
        with psycopg.connect(f"{self._server}/postgres", autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            # The other strategy takes twice as long.
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(name, template))
        self._hand = psycopg.connect(self.url, autocommit=True, prepare_threshold=1)
        self._hand.execute("SET session_replication_role = replica")
        self._hand.execute("SET lock_timeout = '5s'")
        self._made = self._schema()
        exists = [
            sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(name, sql.Identifier(name))
            for (name,) in self._hand.execute(TABLES).fetchall()
        ]
        self._which = sql.SQL(" UNION ALL ").join(exists)
        self._first = self.keep()
        self._uses = 1

    def _show(self, state: State) -> None:
        assert self._hand is not None
        self._hand.execute(STRANGERS, [self._own()])
        with self._hand.transaction():
            if filled := self._filled():
                self._hand.execute(sql.SQL(";").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in filled))
            for name, rows in state.rows.items():
                with self._hand.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(name))) as copy:
                    copy.write(rows)
            moved = self._sequences()
            for name in moved.keys() | state.sequences.keys():
                if moved.get(name) != (last := state.sequences.get(name)):
                    self._hand.execute("SELECT setval(%s::regclass, %s, %s)", [f'public."{name}"', last or 1, last is not None])

    def _own(self) -> list[int]:
        """The server's processes behind the connections that wait in the pool."""
        waiting = list(self._pool._pool.queue) if self._pool is not None else []
        return [each.dbapi_connection.info.backend_pid for each in waiting if each.dbapi_connection is not None]

    def _filled(self) -> list[str]:
        assert self._hand is not None
        return [name for (name,) in self._hand.execute(self._which).fetchall()]

    def _copied(self, name: str) -> bytes:
        assert self._hand is not None
        with self._hand.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(name))) as copy:
            return b"".join(copy)

    def _sequences(self) -> dict[str, int]:
        assert self._hand is not None
        return dict(self._hand.execute(SEQUENCES).fetchall())

    def _schema(self) -> Any:
        assert self._hand is not None
        try:
            return self._hand.execute(SCHEMA).fetchone()
        except psycopg.Error:
            return None
