"""Schema by migrations, and the comparison of a real database with what the code expects."""

from __future__ import annotations

import importlib
import importlib.util
import re

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, text
from sqlalchemy.schema import CreateIndex, CreateTable

from app.factory import ROOMS, ROOT
from app.kernel import clock, draw, guards
from app.kernel.db import Base
from app.kernel.work import Database

# The kernel's own tables are registered by importing the hub, the clock and the draws.
_ = (clock, draw)


def alembic_config(url: str) -> AlembicConfig:
    """Alembic's configuration without a file: our env.py takes the address from here."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema to a revision."""
    command.upgrade(alembic_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the schema back to a revision (``base``: to nothing)."""
    command.downgrade(alembic_config(url), revision)


def load_models() -> None:
    """Import every table, so that the metadata is whole."""
    for room in (*ROOMS, "goods"):
        if importlib.util.find_spec(f"app.{room}.models"):
            importlib.import_module(f"app.{room}.models")


def differences(url: str) -> list[str]:
    """What the database lacks or has besides the code's tables, columns, constraints, indexes and triggers."""
    load_models()
    db = Database(url, pool_size=1)
    try:
        with db.read.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            found = [f"schema: {step}" for step in compare_metadata(context, Base.metadata)]
            found += _triggers(connection)
            found += _definitions(connection)
        return found
    finally:
        db.dispose()


def _triggers(connection: Connection) -> list[str]:
    dialect = connection.dialect.name
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if dialect == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    present, expected = set(connection.execute(text(query)).scalars()), guards.expected_names(dialect)
    return [f"trigger {name} is missing" for name in sorted(expected - present)] + [
        f"trigger {name} is not known to the code" for name in sorted(present - expected)
    ]


def _definitions(connection: Connection) -> list[str]:
    """CHECKs, STRICT and partial indexes, which the generic comparison does not see."""
    if connection.dialect.name == "sqlite":
        return _sqlite_definitions(connection)
    named = text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace")
    present = set(connection.execute(named).scalars())
    expected = {
        str(constraint.name)[:63]
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    found = [f"check {name} is missing" for name in sorted(expected - present)]
    partial = dict(connection.execute(text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")).all())
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            wants = index.dialect_options["postgresql"]["where"] is not None
            if wants and " WHERE " not in partial.get(str(index.name), ""):
                found.append(f"partial index {index.name} is missing or not partial")
    return found


def _sqlite_definitions(connection: Connection) -> list[str]:
    present = {
        name: _folded(sql) for name, sql in connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    }
    found = []
    for table in Base.metadata.sorted_tables:
        wanted = {table.name: CreateTable(table)} | {str(index.name): CreateIndex(index) for index in table.indexes}
        for name, ddl in wanted.items():
            expected = _folded(str(ddl.compile(dialect=connection.dialect)))
            if present.get(name) != expected:
                found.append(f"{name}: the definition in the database differs from the code's")
    return found


def _folded(sql: str) -> tuple[str, ...]:
    """The definition without differences of spacing, quoting and order of its columns and constraints."""
    flat = re.sub(r"\s*([(),])\s*", r"\1", re.sub(r"\s+", " ", sql.replace('"', ""))).strip().lower()
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(flat):
        depth += (letter == "(") - (letter == ")")
        if (letter == "(" and depth == 1) or (letter == "," and depth == 1) or (letter == ")" and depth == 0):
            parts.append(flat[start:position].strip())
            start = position + 1
    return (*sorted(parts), flat[start:].strip())
