"""Migrations and code agree, up, down and up again, and the comparison sees what is planted."""

from __future__ import annotations

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.cli import database
from app.kernel.work import Database
from tests.conftest import DIALECT


def run(url: str, statement: str) -> None:
    db = Database(url, pool_size=1)
    with db.write.begin() as connection:
        connection.execute(text(statement))
    db.dispose()


def tables(url: str) -> set[str]:
    db = Database(url, pool_size=1)
    try:
        return set(inspect(db.write).get_table_names())
    finally:
        db.dispose()


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(database.alembic_config("sqlite://")).get_heads()) == 1


def test_migrated_database_is_what_the_code_expects(database_url: str) -> None:
    assert database.differences(database_url) == []


def test_down_takes_everything_away_and_up_brings_everything_back(database_url: str) -> None:
    database.downgrade(database_url, "base")
    assert tables(database_url) - {"sqlite_sequence"} == {"alembic_version"}
    database.upgrade(database_url)
    assert database.differences(database_url) == []


def test_up_again_changes_nothing(database_url: str) -> None:
    database.upgrade(database_url)
    assert database.differences(database_url) == []


PLANTED = {
    "sqlite": [
        "DROP TRIGGER tr_audit_entry_no_update",
        "DROP INDEX uq_trade_order_listing_held",
        "ALTER TABLE notice ADD COLUMN stray TEXT",
        "CREATE TRIGGER stray BEFORE INSERT ON notice BEGIN SELECT 1; END",
    ],
    "postgresql": [
        "DROP TRIGGER tr_audit_entry_no_update ON audit_entry",
        "DROP INDEX uq_trade_order_listing_held",
        "ALTER TABLE trade_order DROP CONSTRAINT ck_trade_order_two_people",
        "ALTER TABLE notice ADD COLUMN stray TEXT",
    ],
}


@pytest.mark.parametrize("fault", PLANTED[DIALECT])
def test_comparison_sees_a_planted_difference(database_url: str, fault: str) -> None:
    run(database_url, fault)
    assert len(database.differences(database_url)) >= 1
