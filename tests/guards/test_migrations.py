"""Migrations and code agree, up, down and up again, and the comparison sees what is planted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from app.appraisal import service as appraisals
from app.cli import database
from app.kernel.draw import draw
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import Database
from app.payments.jobs import pay_agencies
from app.trades.states import COMPLETED
from tests.accounts.making import actor, make_member, make_user
from tests.appraisal.making import clean_answers, make_inspection, make_key
from tests.appraisal.making import sign as sign_inspection
from tests.appraisal.paying import make_paid
from tests.conftest import DIALECT
from tests.listings.making import CAR, make_listing, make_thing_listing, tiny_photo
from tests.listings.test_reports import sign_report
from tests.payments.making import run_money
from tests.reinspection.making import contested, offer_place
from tests.schemes.making import publish
from tests.trades.making import make_order
from tests.valuation.making import make_prices
from tests.visits.making import make_at_home


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


def contents(url: str) -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    db = Database(url, pool_size=1)
    try:
        names = sorted(set(inspect(db.write).get_table_names()) - {"sqlite_sequence", "alembic_version"})
        with db.write.connect() as connection:
            return {
                name: sorted((dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()), key=repr)
                for name in names
            }
    finally:
        db.dispose()


def differing(before: dict[str, list[dict[str, object]]], after: dict[str, list[dict[str, object]]]) -> list[str]:
    """Tables of both whose rows are not the same in the columns that both have."""
    found = []
    for name in sorted(before.keys() & after.keys()):
        columns = set(before[name][0] if before[name] else ()) & set(after[name][0] if after[name] else ())
        sides = [sorted(repr([row[column] for column in sorted(columns)]) for row in side[name]) for side in (before, after)]
        if sides[0] != sides[1]:
            found.append(name)
    return found


def goes_down_and_up(url: str, to: str, gone: set[str]) -> None:
    """Down over rows and up again: what both releases know stays as it was, the tables of the later one come back empty."""
    before = contents(url)
    assert [name for name in sorted(gone) if not before[name]] == [], "every table that goes must have held something"
    database.downgrade(url, to)
    below = contents(url)
    assert gone & below.keys() == set()
    assert differing(before, below) == []
    database.upgrade(url)
    after = contents(url)
    assert differing(below, after) == []
    assert database.differences(url) == []


INSPECTED = {
    *("inspection_change", "inspection_reading", "inspection_photo", "inspection_mark", "draw_seed", "draw_entry"),
    *(
        "appraisal_place",
        "appraisal_slot",
        "agency_licence",
        "appraiser_certificate",
        "agency_instrument",
        "instrument_calibration",
    ),
    *("erasure_certificate", "erasure_check", "inspection_seal", "signing_key", "report_draft", "report_signature"),
}
PAID_FOR = {
    *("scheme_proposal", "scheme_decision", "second_look", "second_look_order", "reinspection", "reinspection_liability"),
    *("visit_area", "visit_slot", "visit", "appraisal_home_visit", "price_table", "observed_price", "agency_payout"),
}


def test_inspections_orders_register_gates_and_signatures_go_down_and_up_again_over_rows(hub: Hub, database_url: str) -> None:
    with_photo(hub)
    case = make_inspection(hub, clean_answers())
    sign_inspection(hub, case)
    make_key(hub, case.appraiser)
    offer_place(hub, case.agency)
    with hub.begin() as work:
        draw(work, hub.sealer, "test", "one", 3, ["a", "b", "c"])
    hub.db.dispose()
    goes_down_and_up(database_url, "0018", INSPECTED)


def test_contests_visits_prices_payouts_and_liabilities_go_down_and_up_again_over_rows(hub: Hub, database_url: str) -> None:
    publish(hub)
    make_prices(hub, "private_sold", 2000)
    contested(hub).look_again(screen_glass="light")
    make_at_home(hub, "issued")
    pay_agencies(hub)
    run_money(hub)
    hub.db.dispose()
    goes_down_and_up(database_url, "0025", PAID_FOR)


def test_what_the_earlier_release_cannot_carry_keeps_it_from_going_down(hub: Hub, database_url: str) -> None:
    """Money that is held, a payout on its way, a booked visit: each refusal leaves everything as it was."""
    contested(hub)
    for step, to, reason in (
        (None, "0027", "a deposit is held"),
        (lambda: make_at_home(hub, "scheduled"), "0028", "a visit is booked"),
        (lambda: make_paid(hub, "issued"), "0020", "a payout of an agency has not arrived"),
    ):
        if step is not None:
            step()
        pay_agencies(hub)
        hub.db.dispose()
        before = contents(database_url)
        with pytest.raises(RuntimeError, match=reason):
            database.downgrade(database_url, to)
        database.upgrade(database_url)
        assert differing(before, contents(database_url)) == []
        assert database.differences(database_url) == []


def with_photo(hub: Hub) -> None:
    """An inspection with a reading, a photo and a mark on it, at an agency with an instrument that was calibrated."""
    case = make_inspection(hub)
    with hub.begin(actor(hub, case.appraiser)) as work:
        appraisals.save_findings(work, case.code, clean_answers(), 0, instruments={"battery_pct": "检测软件 DX-2 / 0031"})
    with hub.begin(actor(hub, case.appraiser)) as work:
        box = appraisals.Box("screen_glass", "visible", 100, 100, 200, 200)
        appraisals.add_photo(work, hub.store, hub.sealer, case.code, tiny_photo(3), item_key="screen_glass", boxes=[box])
    manager = make_member(hub, "manager", organisation=case.agency)
    with hub.begin(actor(hub, manager)) as work:
        made, day = appraisals.add_instrument(work, "multimeter", "衡测", "DX-2", "M-0031").code, shanghai_day(work.now)
        appraisals.calibrate(work, made, day, day + timedelta(days=300), "JL-2026-117", "循河计量所（演示）")
