"""What is published, appraised or asked of the command line has a stored estimate; a GET stores nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from app.cli import commands
from app.demo.invented import effects, plant_tables, price_rows
from app.demo.invented.planting import seasons
from app.kernel import trace
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.valuation import queries
from app.valuation.models import ObservedPrice, PriceTable, Valuation
from app.valuation.service import keep_table, want_model
from tests.accounts.making import make_user
from tests.listings.making import CAR, make_listing, make_thing_listing
from tests.listings.test_reports import sign_report
from tests.valuation.making import make_sales


def plant(hub, category="phone", n_rows=600):
    with hub.begin(SYSTEM) as work:
        today = shanghai_day(work.now)
        keep_table(
            work,
            category=category,
            price_kind="private_sold",
            source="虚构市场（测试）",
            licence="test only",
            as_of=today,
            mapping={},
            sha256=f"{n_rows:064d}",
            rows=price_rows(category, "private_sold", today, n_rows),
            is_invented=True,
        )


def stored(hub, **wanted):
    with hub.look() as work:
        return list(work.session.scalars(select(Valuation).filter_by(**wanted).order_by(Valuation.id)))


def test_publishing_stores_one_estimate_by_what_the_seller_told(hub):
    make_sales(hub, *[2000] * 6)
    listing = make_listing(hub, make_user(hub))
    hub.drain()
    (row,) = stored(hub, listing_id=listing.id)
    assert (row.purpose, row.basis) == ("listing", "comparables")
    asked = row.inputs["asked"]
    assert (asked["brand"], asked["model"]) == (listing.brand, listing.model)
    assert asked["facts"], "the seller's answers are part of it"
    with hub.look() as work:
        assert queries.worth_of_listing(work, listing.id).code == row.code
    hub.drain()
    assert len(stored(hub)) == 1


def test_report_has_an_estimate_of_its_own_and_the_listing_a_new_one_with_the_grade(hub):
    make_sales(hub, *[2000] * 6)
    seller = make_user(hub)
    listing = make_listing(hub, seller)
    hub.drain()
    report = sign_report(hub, seller, listing)
    hub.drain()
    (of_report,) = stored(hub, report_id=report.id)
    assert of_report.purpose == "report"
    asked = of_report.inputs["asked"]
    assert asked["tier"] == report.tier
    assert asked["score_tenths"] == round(float(report.score) * 10)
    assert "worth" not in report.content, "a grade knows no price"
    before, after = stored(hub, listing_id=listing.id)
    assert "tier" not in before.inputs["asked"]
    assert after.inputs["asked"]["tier"] == report.tier


def test_car_on_sale_is_valued_as_its_seller_describes_it(hub):
    plant(hub, "car", 400)
    listing = make_thing_listing(hub, make_user(hub), "car", CAR)
    hub.drain()
    (row,) = stored(hub, listing_id=listing.id)
    asked = row.inputs["asked"]
    assert {"first_used", "mileage_km", "energy", "kind"} <= set(asked)
    assert row.inputs["fee_bp"] is None


def test_another_model_values_what_is_on_sale(hub):
    plant(hub)
    listing = make_listing(hub, make_user(hub))
    hub.drain()
    with hub.begin(SYSTEM) as work:
        want_model(work, "phone", is_quick=True, promotes=True)
    hub.drain()
    before, after = stored(hub, listing_id=listing.id)
    assert before.model_id is None
    assert (after.basis, after.document["model"]["name"]) == ("warm", "phone-1")


def test_looking_at_an_estimate_stores_nothing(hub, client):
    make_sales(hub, *[2000] * 6)
    listing = make_listing(hub, make_user(hub))
    hub.drain()
    for address in (f"/listings/{listing.code}", "/worth"):
        client.get(address)
    assert len(stored(hub)) == 1


def test_stored_estimate_is_read_with_one_query(hub):
    make_sales(hub, *[2000] * 6)
    listing = make_listing(hub, make_user(hub))
    hub.drain()
    with trace.following("", "test") as counted, hub.look() as work:
        begun = counted.queries
        queries.worth_of_listing(work, listing.id)
        assert counted.queries - begun == 1


@pytest.fixture
def command(hub, monkeypatch):
    monkeypatch.setattr(commands, "read_settings", lambda: hub.settings)
    monkeypatch.setattr(commands, "create_hub", lambda *_given, **_named: hub)
    monkeypatch.setattr(commands.logs, "set_up", lambda **_named: None)
    return lambda *words: CliRunner().invoke(commands.main, ["valuation", *words])


def test_command_trains_promotes_rolls_back_and_rechecks(hub, command):
    plant(hub)
    trained = command("train", "phone", "--quick", "--promote")
    assert trained.exit_code == 0, trained.output
    assert "phone-1: serving" in trained.output
    assert "better_than_median" in trained.output
    listing = make_listing(hub, make_user(hub))
    hub.drain()
    assert "serves again" not in (refused := command("rollback", "phone")).output
    assert refused.exit_code == 1
    assert command("train", "phone", "--quick", "--promote").exit_code == 0
    assert "phone-1 serves again." in command("rollback", "phone").output
    assert "phone-2  retired" in command("models").output
    hub.drain()
    (first, *_rest) = stored(hub, listing_id=listing.id)
    assert command("recheck", first.code).exit_code == 0
    everything = command("recheck", "--all")
    assert everything.exit_code == 0, everything.output
    assert "byte for byte" in everything.output
    assert command("recheck").exit_code == 2
    assert command("recheck", "0" * 26).exit_code == 1


def test_recheck_command_names_a_changed_file_and_ends_with_one(hub, command):
    plant(hub)
    assert command("train", "phone", "--quick", "--promote").exit_code == 0
    make_listing(hub, make_user(hub))
    hub.drain()
    keys = hub.settings.data_dir / "models" / "phone-1" / "keys.json"
    keys.write_bytes(keys.read_bytes().replace(b"1", b"2", 1))
    hub.db.doors["valuation"]._loaded.clear()
    found = command("recheck", "--all")
    assert found.exit_code == 1
    assert "keys.json" in found.output


def test_training_without_prices_fails_with_the_reason(hub, command):
    found = command("train", "car", "--quick")
    assert found.exit_code == 1
    assert "car-1: failed" in found.output


def test_invented_tables_are_all_marked_and_models_wait_for_the_worker(hub):
    assert plant_tables(hub) > 10_000
    with hub.look() as work:
        assert set(work.session.scalars(select(PriceTable.is_invented))) == {True}
        assert work.session.scalar(select(func.count()).select_from(ObservedPrice)) > 10_000
        assert {row.state for row in queries.models(work)} == {"wanted"}
        kinds = {tuple(row) for row in work.session.execute(text("SELECT category, price_kind FROM price_table"))}
    assert ("phone", "recycling") in kinds
    assert ("car", "recycling") not in kinds, "a kind without observations stays not known"


def test_invented_prices_are_planted_as_the_year_goes_by_and_never_before_their_day():
    today = date(2026, 11, 29)
    found = seasons(today)
    assert [season.days_ago for season in found] == sorted((season.days_ago for season in found), reverse=True)
    assert found[0].days_ago > 362, "before the first thing of the town is offered"
    assert found[-1].days_ago == 0
    for season in found:
        newest = max(row.seen_on for rows in season.tables.values() for row in rows)
        assert newest <= today - timedelta(days=season.days_ago)
    rows = [row.row_no for season in found for row in season.tables["phone", "private_sold"]]
    assert len(rows) == effects().rows["phone"]["private_sold"] * 3 // 2
