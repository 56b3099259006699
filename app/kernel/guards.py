"""Database triggers, declared next to their tables: what must hold even when our Python is not asked.

``TRIGGERS`` is the complete list; migrations create them and a guard test compares the database with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase


@dataclass(frozen=True)
class Trigger:
    """One named trigger on one table, with its DDL for both databases (statements are run in order)."""

    name: str
    table: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]


TRIGGERS: dict[str, Trigger] = {}

REFUSE_CHANGE = (
    "CREATE OR REPLACE FUNCTION xunyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$"
)


def trigger(name: str, table: str, sqlite: Sequence[str] | str = (), postgresql: Sequence[str] | str = ()) -> None:
    """Declare a trigger. An empty statement list means that the other database's form is not needed there."""
    if name in TRIGGERS:
        raise ValueError(f"trigger {name} is declared twice")
    TRIGGERS[name] = Trigger(name, table, _statements(sqlite), _statements(postgresql))


def _statements(ddl: Sequence[str] | str) -> tuple[str, ...]:
    return (ddl,) if isinstance(ddl, str) else tuple(ddl)


def append_only(model: type[DeclarativeBase]) -> None:
    """Refuse UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE on the model's table.

    REPLACE is refused by every key of the table through which it could overwrite a row: on SQLite delete triggers do not
    fire for REPLACE unless the connection asks for it.
    """
    table = model.__tablename__
    for verb in ("UPDATE", "DELETE"):
        trigger(
            f"tr_{table}_no_{verb.lower()}",
            table,
            sqlite=f"CREATE TRIGGER tr_{table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
            postgresql=(
                REFUSE_CHANGE,
                f"CREATE TRIGGER tr_{table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
            ),
        )
    exists = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(f'{name} = NEW.{name}' for name in key)})"  # noqa: S608 - our own names
        for key in _keys(model)
    )
    trigger(
        f"tr_{table}_no_replace",
        table,
        sqlite=f"CREATE TRIGGER tr_{table}_no_replace BEFORE INSERT ON {table} WHEN {exists} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    )
    trigger(
        f"tr_{table}_no_truncate",
        table,
        postgresql=(
            REFUSE_CHANGE,
            f"CREATE TRIGGER tr_{table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION xunyi_refuse_change()",
        ),
    )


def refuse(name: str, table: str, verb: str, condition: str, sentence: str) -> None:
    """Refuse an INSERT, UPDATE or DELETE while the condition holds: SQL over NEW and OLD that both databases understand."""
    function = name.removeprefix("tr_")
    row = "OLD" if verb == "DELETE" else "NEW"
    trigger(
        name,
        table,
        sqlite=f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END",
        postgresql=(
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {condition} THEN RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514'; END IF; RETURN {row}; END $$",
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        ),
    )


def closes_once(table: str, fixed: Sequence[str], closing: str, sentence: str) -> None:
    """Rows of the table end once, by setting ``closing``; their ``fixed`` columns never change and they are never deleted."""

    def changed(word: str) -> str:
        return " OR ".join(f"NEW.{column} {word} OLD.{column}" for column in fixed) + f" OR OLD.{closing} IS NOT NULL"

    trigger(
        f"tr_{table}_is_fixed",
        table,
        sqlite=f"CREATE TRIGGER tr_{table}_is_fixed BEFORE UPDATE ON {table} WHEN {changed('IS NOT')} "
        f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END",
        postgresql=(
            f"CREATE OR REPLACE FUNCTION {table}_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {changed('IS DISTINCT FROM')} THEN RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514'; END IF; "
            "RETURN NEW; END $$",
            f"CREATE TRIGGER tr_{table}_is_fixed BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_is_fixed()",
        ),
    )
    trigger(
        f"tr_{table}_stays",
        table,
        sqlite=f"CREATE TRIGGER tr_{table}_stays BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{sentence}'); END",
        postgresql=(
            f"CREATE OR REPLACE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514'; END $$",
            f"CREATE TRIGGER tr_{table}_stays BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_stays()",
        ),
    )


def _keys(model: type[DeclarativeBase]) -> list[tuple[str, ...]]:
    """The columns of the primary key and of every unique constraint, in a fixed order."""
    table = model.__table__
    assert isinstance(table, Table)
    unique = sorted(tuple(key.columns.keys()) for key in table.constraints if isinstance(key, UniqueConstraint))
    return [tuple(table.primary_key.columns.keys()), *unique]


def install(connection: Connection) -> None:
    """Create every declared trigger (used for scratch databases; real ones get them from migrations)."""
    for declared in TRIGGERS.values():
        for statement in getattr(declared, connection.dialect.name):
            connection.execute(text(statement.replace(":", r"\:")))


def expected_names(dialect: str) -> set[str]:
    """Names of the triggers that a database of this kind must have."""
    return {declared.name for declared in TRIGGERS.values() if getattr(declared, dialect)}
