"""Tables and columns that mean the same on SQLite and on PostgreSQL.

SQLite tables are STRICT (a REAL amount or a text in a number column is refused by the database), so the column types are
variants: STRICT knows only INTEGER, TEXT, BLOB and REAL.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    event,
)
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

from app.kernel.canonical import canonical
from app.kernel.ids import new_code

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table of the marketplace."""

    metadata = MetaData(naming_convention=NAMES)


@event.listens_for(Table, "after_parent_attach")
def _strict(table: Table, parent: Any) -> None:
    if parent is not Base.metadata:
        return  # Alembic's own table, or one that a migration describes with its own options
    table.dialect_options["sqlite"]["strict"] = True
    keys = list(table.primary_key.columns)
    if len(keys) == 1 and keys[0].name == "id":
        # Ids are named by audit rows: an id must never be given out twice.
        table.dialect_options["sqlite"]["autoincrement"] = True


BigInt = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant with microseconds; a naive one is refused. SQLite: ISO text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: instants are aware UTC")
        utc = value.astimezone(UTC)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        assert isinstance(value, datetime)
        return value.astimezone(UTC)


class Day(TypeDecorator[date]):
    """A calendar day in Shanghai. SQLite: ISO text."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class Flag(TypeDecorator[bool]):
    """A yes or no. SQLite: INTEGER 0 or 1."""

    impl = Boolean(create_constraint=False)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as its canonical text (RFC 8785), so that its hash can be taken from the column."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def pk() -> MappedColumn[int]:
    """The internal key; never shown outside."""
    return mapped_column(BigInt, primary_key=True)


def code_column() -> MappedColumn[str]:
    """The public id of the row: random, unique, shown in addresses."""
    return mapped_column(Text, unique=True, default=new_code)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A constraint that lets the column hold only the listed words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
