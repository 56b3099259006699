"""Migrations and code agree, up, down and up again, and the comparison sees what is planted."""

from __future__ import annotations

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from app.cli import database
from app.kernel.hub import Hub
from app.kernel.work import Database
from app.trades.states import COMPLETED
from tests.accounts.making import make_user
from tests.conftest import DIALECT
from tests.listings.making import CAR, make_listing, make_thing_listing
from tests.listings.test_reports import sign_report
from tests.trades.making import make_order


def run(url: str, statement: str) -> None:
    db = Database(url, pool_size=1)
    try:
        with db.write.begin() as connection:
            connection.execute(text(statement))
    finally:
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


# What each of these tables got with the cars and appliances, or later: the earlier release does not have it.
ADDED_WITH_CATEGORIES = {
    "thing": {"vin"},
    "listing": {"kind", "energy", "first_used", "mileage_km", "capacity_tenths"},
    "observed_sale": {"kind", "first_used", "mileage_km", "listing_code"},
    "appraisal_report": {"draft_id", "reviewer_id", "valid_until", "seen"},
}


def rows(url: str) -> dict[str, list[dict[str, object]]]:
    """What the tables hold that both releases know."""
    db = Database(url, pool_size=1)
    try:
        with db.write.connect() as connection:
            return {
                table: [
                    {name: value for name, value in row.items() if name not in added}
                    for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).mappings()
                ]
                for table, added in ADDED_WITH_CATEGORIES.items()
            }
    finally:
        db.dispose()


def test_categories_go_down_and_up_again_over_phones_that_were_listed_appraised_and_sold(hub: Hub, database_url: str) -> None:
    seller = make_user(hub)
    sign_report(hub, seller, make_listing(hub, seller))
    make_order(hub, COMPLETED, seller=seller)
    hub.db.dispose()
    before = rows(database_url)
    assert all(before.values()), "every table that changes must hold something"
    database.downgrade(database_url, "0014")
    assert rows(database_url) == before
    with pytest.raises(DBAPIError):
        run(database_url, "SELECT vin FROM thing")
    with pytest.raises(DBAPIError):
        run(database_url, "UPDATE thing SET category = 'car'")
    database.upgrade(database_url)
    assert rows(database_url) == before
    assert database.differences(database_url) == []


def test_categories_do_not_go_down_over_a_car(hub: Hub, database_url: str) -> None:
    make_thing_listing(hub, make_user(hub), "car", CAR)
    hub.db.dispose()
    before = rows(database_url)
    with pytest.raises(RuntimeError, match="cars or appliances"):
        database.downgrade(database_url, "0014")
    database.upgrade(database_url)
    assert rows(database_url) == before
    assert database.differences(database_url) == []
