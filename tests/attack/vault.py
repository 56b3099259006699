"""What the marketplace of a test holds: whether a request changed it, and back to how it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.kernel.hub import Hub

Rows = dict[str, list[dict[str, Any]]]


class Vault:
    """A copy of the database at one moment, and an eye on the database itself (SQLite)."""

    def __init__(self, hub: Hub) -> None:
        self._live = sqlite3.connect(str(hub.db.url.database), isolation_level=None, check_same_thread=False)
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        self.keep()

    def keep(self) -> None:
        """Remember the present state as the one to go back to."""
        self._live.backup(self._kept)
        self._seen = self._mark()

    def restore(self) -> None:
        """Back to the kept state."""
        self._kept.backup(self._live)
        self._seen = self._mark()

    def changed(self) -> bool:
        """Whether anything was committed by somebody else since the last look."""
        before, self._seen = self._seen, self._mark()
        return before != self._seen

    def rows(self) -> Rows:
        """Every row of every table."""
        return self._rows_of(self._live)

    def changed_tables(self) -> set[str]:
        """Tables that hold something else than at the kept moment."""
        kept, now = self._rows_of(self._kept), self._rows_of(self._live)
        return {name for name in now if now[name] != kept.get(name)}

    def close(self) -> None:
        self._live.close()
        self._kept.close()

    def _mark(self) -> int:
        """A number of this connection that grows when another one commits a change."""
        return int(self._live.execute("PRAGMA data_version").fetchone()[0])

    @staticmethod
    def _rows_of(database: sqlite3.Connection) -> Rows:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
        rows: Rows = {}
        for (name,) in sorted(tables):
            found = database.execute(f'SELECT * FROM "{name}" ORDER BY 1')
            columns = [column[0] for column in found.description]
            rows[name] = [dict(zip(columns, row, strict=True)) for row in found]
        return rows


@contextmanager
def vault_of(hub: Hub) -> Iterator[Vault]:
    vault = Vault(hub)
    try:
        yield vault
    finally:
        vault.close()
