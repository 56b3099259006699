"""Append-only tables refuse INSERT OR REPLACE by each of their keys, on a connection that asks for nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Table, UniqueConstraint

from app.kernel.db import Base
from app.kernel.guards import TRIGGERS
from tests.guards.conftest import Town

APPEND_ONLY = sorted(declared.table for declared in TRIGGERS.values() if declared.name.endswith("_no_replace"))


def keys_of(table: Table) -> list[tuple[str, ...]]:
    unique = [key for key in table.constraints if isinstance(key, UniqueConstraint)]
    return [tuple(key.columns.keys()) for key in (table.primary_key, *unique)]


@pytest.fixture
def bare(town: Town, tmp_path: Path) -> sqlite3.Connection:
    """A connection without our PRAGMAs on a copy of the populated marketplace."""
    copy = sqlite3.connect(tmp_path / "copy.sqlite3")
    with sqlite3.connect(str(town.hub.db.url.database)) as source:
        source.backup(copy)
    return copy


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_no_row_is_replaced_through_any_key(bare: sqlite3.Connection, name: str) -> None:
    table = Base.metadata.tables[name]
    bare.row_factory = sqlite3.Row
    row = bare.execute(f"SELECT * FROM {name} LIMIT 1").fetchone()
    assert row is not None, f"the town has no row of {name} to try it on"
    keys = keys_of(table)
    for key in keys:
        if any(row[column] is None for column in key):
            continue
        others = {column for other in keys if other != key for column in other} - set(key)
        values = {column: None if column in others else row[column] for column in row.keys()}  # noqa: SIM118 - a Row yields values
        marks = ", ".join("?" * len(values))
        with pytest.raises(sqlite3.IntegrityError, match=r"append-only|no gaps|sealed"):
            bare.execute(f"INSERT OR REPLACE INTO {name} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
