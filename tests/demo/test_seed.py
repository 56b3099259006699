"""The demo town comes out whole, sound, and the same each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import pytest
from sqlalchemy import select, text

from app.accounts import queries as accounts
from app.accounts.models import User
from app.accounts.rules import password_fault
from app.credit import queries as credit
from app.demo import answers, market
from app.demo.seed import MARK, PASSWORD, fill, fill_if_empty, offered
from app.demo.selling import sitting_of
from app.demo.story import days, plan
from app.demo.town import Appliance, Car, Phone, Town, town
from app.factory import create_app, create_hub
from app.goods import catalogue
from app.kernel import audit
from app.kernel.clock import ClockOffset
from app.kernel.hub import Hub
from app.kernel.work import Work
from app.listings.models import Listing
from app.listings.queries import photos_of
from app.listings.schema import newest_schema
from app.payments import service as payments
from app.search.index import WhooshIndex
from app.statistics import queries as statistics
from app.trades.models import Order
from config import Settings
from grading import grade, load_scheme
from grading.ids import check_imei, check_vin
from tests.conftest import build_schema

SMALL = 10  # the first things cover every situation and every category once


def quiet(line: str) -> None:
    """Swallow the progress lines."""


def told(work: Work) -> list[tuple[object, ...]]:
    """What of the town must come out the same each time."""
    listings = work.session.scalars(select(Listing)).all()
    people = [("person", one.email, one.display_name) for one in work.session.scalars(select(User).order_by(User.id))]
    goods = [
        (one.title, one.price_fen, one.state, one.tier, one.report_status, *(photo.sha256 for photo in photos_of(work, one.id)))
        for one in listings
    ]
    orders = [(one.title, one.state, one.total_fen, one.problem_state) for one in work.session.scalars(select(Order))]
    # Sorted: what happens in one hour may change places with the time of day at which the town is made.
    return [*people, *sorted(goods, key=repr), *sorted(orders)]


@pytest.fixture(scope="module")
def small_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = filled(tmp_path_factory.mktemp("town"))
    yield hub
    hub.db.dispose()


def filled(folder: Path) -> Hub:
    settings = Settings(env="test", data_dir=folder, password_time_cost=1, threads=4)
    build_schema(settings.db_url)
    hub = create_hub(settings, queue=False)
    fill(hub, listings=SMALL, say=quiet)
    return hub


def test_two_towns_are_the_same(small_town: Hub, tmp_path: Path) -> None:
    other = filled(tmp_path)
    with small_town.look() as one, other.look() as two:
        assert told(one) == told(two)
    other.db.dispose()


def test_the_books_the_record_and_the_audit_trail_are_sound(small_town: Hub) -> None:
    with small_town.look() as work:
        assert payments.verify(work, small_town.provider) == []
        assert credit.verify(work) == []
        assert audit.verify_chain(work) == []


def test_the_clock_stands_at_today_when_the_town_is_ready(small_town: Hub) -> None:
    with small_town.look() as work:
        assert work.session.get_one(ClockOffset, 1).seconds == 0


def test_after_the_filling_everything_waits_for_the_disk_again(small_town: Hub) -> None:
    assert small_town.store.patient
    assert small_town.provider.books.patient
    assert isinstance(small_town.index, WhooshIndex)
    if small_town.db.dialect == "sqlite":
        with small_town.begin() as work:
            assert work.session.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_statistics_were_closed_as_the_months_went_by_and_come_out_the_same(small_town: Hub) -> None:
    with small_town.look() as work:
        closed = statistics.closed(work)
        assert {"month", "quarter"} <= {one.kind for one in closed}
        assert len({one.closed_at for one in closed}) > 5, "not all at the end"
        assert {one.name: statistics.verify(work, one.name) for one in closed} == {one.name: [] for one in closed}


def test_every_situation_is_there(small_town: Hub) -> None:
    with small_town.look() as work:
        states = set(work.session.scalars(select(Listing.state)))
        orders = {(one.state, one.problem_state) for one in work.session.scalars(select(Order))}
    assert {"active", "sold", "draft", "in_review", "reserved"} <= states
    assert ("completed", "none") in orders
    assert ("acceptance", "open") in orders


def test_every_photo_shows_something_else(small_town: Hub) -> None:
    with small_town.look() as work:
        hashes = [photo.sha256 for one in work.session.scalars(select(Listing)) for photo in photos_of(work, one.id)]
    assert len(hashes) == 6 * 3 + 3 * 6 + 3
    assert len(set(hashes)) == len(hashes)


def test_there_is_somebody_of_every_role_and_one_press_signs_in_as_them(small_town: Hub) -> None:
    client = create_app(small_town).test_client()
    page = client.get("/dev/sign-in").get_data(as_text=True)
    for role in ("household", "appraiser", "manager", "dealer", "officer", "operator"):
        with small_town.look() as work:
            people = accounts.people_with_role(work, role)
        assert people, f"nobody is {role}"
        assert people[0].display_name in page


def test_the_password_of_the_town_would_be_accepted_at_registration() -> None:
    for person in town().people:
        assert password_fault(PASSWORD, person.email, person.name) is None


def test_search_finds_what_is_on_sale(small_town: Hub) -> None:
    page = create_app(small_town).test_client().get("/search?q=华为mate60").get_data(as_text=True)
    assert "华为 Mate 60 Pro" in page


TODAY = date(2026, 11, 28)


def test_the_town_is_as_large_as_promised() -> None:
    whole = town()
    roles = [person.member.role for person in whole.people if person.member]
    assert len(whole.people) - len(roles) == 40
    kinds = [firm.kind for firm in whole.organisations]
    assert (kinds.count("agency"), kinds.count("dealer"), kinds.count("regulator")) == (5, 2, 1)
    assert {person.member.of for person in whole.people if person.member and person.member.role == "appraiser"} == {
        firm.code for firm in whole.organisations if firm.kind == "agency"
    }
    items = offered(whole, TODAY)
    assert len(items) == 300
    counts = {kind: sum(isinstance(item, kind) for item in items) for kind in (Phone, Car, Appliance)}
    assert min(counts.values()) >= 45
    assert len({item.code for item in items}) == len({item.number for item in items}) == 300
    assert len({item.text for item in items}) == 300
    sold = [item for item in items if item.sale and item.sale.until == "completed"]
    assert 100 <= len(sold) <= 180
    assert not any(isinstance(item, Car) for item in sold)
    assert sum(isinstance(item, Appliance) for item in sold) >= 35
    assert sum((item.model, item.gb) == ("iphone-13", 128) for item in sold if isinstance(item, Phone)) >= 6


def test_every_type_of_appliance_and_every_body_that_people_drive_is_on_offer() -> None:
    items = offered(town(), TODAY)
    models = [catalogue.find_model(item.category, item.brand, item.model) for item in items]
    assert {model.type for model in models if isinstance(model, catalogue.ApplianceModel)} == set(catalogue.APPLIANCE_TYPES)
    assert {"sedan", "hatchback", "suv", "mpv", "pickup"} <= {m.body for m in models if isinstance(m, catalogue.CarModel)}


def test_every_number_of_the_town_is_well_formed_and_belongs_to_no_maker() -> None:
    for item in offered(town(), TODAY):
        if isinstance(item, Phone):
            assert check_imei(answers.imei_of(item)).ok
            assert answers.imei_of(item).startswith(answers.TEST_TAC)
        if isinstance(item, Car):
            assert check_vin(answers.vin_of(item)).ok
            assert answers.vin_of(item).startswith(answers.TEST_MAKER)


def test_the_year_has_its_seasons_and_the_same_things_on_every_day() -> None:
    items = market.goods(town(), TODAY)
    cooling = [item for item in items if item.sale and item.model.startswith(("ac-", "fan"))]
    months = [(TODAY - timedelta(days=item.listed)).month for item in cooling]
    assert sum(month in (4, 5, 6, 7, 8) for month in months) > 0.55 * len(months)
    first, last = min(item.listed for item in items if item.sale), max(item.listed for item in items if item.sale)
    assert first < 60
    assert last > 300

    def told(day: date) -> list[tuple[object, ...]]:
        return [(item.code, item.brand, item.model, item.seller, item.text) for item in market.goods(town(), day)]

    assert told(TODAY) == told(TODAY)
    assert told(TODAY) == told(date(2027, 6, 1))


def verdict_of(car: Car) -> tuple[str, str | None]:
    """(status, tier) of a car's inspection in the town: what it finds, and the best answer to everything else."""
    scheme = load_scheme("ev-house-1" if car.energy == "electric" else "gbt30323-2013")
    wanted = answers.findings(car, town().conditions[car.condition], scheme, TODAY)
    facts = {fact.key: wanted[fact.key] == "true" for fact in scheme.facts if fact.key in wanted}
    found = {key: value for key, value in wanted.items() if key in scheme.items_by_key}
    best = {
        item.key: item.clean or next((one.value for one in item.options if one.effect is None), item.options[0].value)
        for item in scheme.items
        if item.options
    }
    result = grade(scheme, found, facts)
    while result.missing:
        found |= {key: best[key] for lack in result.missing for key in lack.keys[:1]}
        result = grade(scheme, found, facts)
    return result.status, result.tier


def test_the_cars_of_the_town_come_in_every_grade_and_one_may_not_be_sold() -> None:
    verdicts = Counter(verdict_of(item) for item in offered(town(), TODAY) if isinstance(item, Car) and item.appraisal)
    assert verdicts["accident", "五级"] == verdicts["not_tradable", None] == 1
    assert min(verdicts["graded", tier] for tier in ("一级", "二级")) >= 8
    assert verdicts["graded", "三级"] >= 3


def test_two_people_of_one_code_are_no_town() -> None:
    whole = town()
    twins = [*whole.people, whole.people[0].model_copy(update={"email": "twin@mail.example"})]
    with pytest.raises(ValueError, match="one code"):
        Town.model_validate({**whole.model_dump(), "people": [one.model_dump() for one in twins]})


def test_nobody_buys_their_own_and_every_appraiser_is_one() -> None:
    whole = town()
    appraisers = {one.code for one in whole.people if one.member and one.member.role == "appraiser"}
    for item in offered(whole, TODAY):
        assert item.sale is None or item.sale.to != item.seller
        assert item.appraisal is None or item.appraisal.by in appraisers
        assert item.condition in whole.conditions


def test_no_two_steps_of_one_thing_fall_into_one_group() -> None:
    now = datetime(2026, 11, 28, 4, tzinfo=UTC)
    steps = plan(offered(town(), TODAY), now)
    groups = list(days(steps))
    assert [step for group in groups for step in group] == steps
    for group in groups:
        assert len({step.item.code for step in group}) == len(group)
        assert group[0].days_ago - group[-1].days_ago <= 1


def test_every_photo_that_a_schema_asks_for_is_taken() -> None:
    for item in offered(town(), TODAY)[:SMALL]:
        schema = newest_schema(item.category)
        assert schema is not None
        shots = sitting_of(item, 1).shots
        assert {shot.code for shot in schema.photos.shots if shot.required} <= set(shots)
        assert schema.photos.least <= len(shots)


def test_cars_and_appliances_were_appraised_and_appliances_sold(small_town: Hub) -> None:
    with small_town.look() as work:
        listings = [one for one in work.session.scalars(select(Listing)) if one.category != "phone"]
        sold = {one.category for one in work.session.scalars(select(Order).where(Order.state == "completed"))}
    assert sorted((one.category, one.state, one.report_status, one.tier) for one in listings if one.tier) == [
        ("appliance", "sold", "graded", "A"),
        ("car", "active", "accident", "五级"),
        ("car", "active", "graded", "三级"),
    ]
    assert [(one.state, one.report_status) for one in listings if not one.tier] == [("removed", "not_tradable")]
    assert sold == {"phone", "appliance"}


def test_a_marketplace_with_people_in_it_is_left_alone(small_town: Hub) -> None:
    with small_town.look() as work:
        before = told(work)
    assert fill_if_empty(small_town, say=quiet) is False
    with small_town.look() as work:
        assert told(work) == before


def test_half_a_town_says_so_and_how_to_start_anew(hub: Hub) -> None:
    def pull_the_plug(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_if_empty(hub, say=pull_the_plug)
    assert (hub.settings.data_dir / MARK).exists()
    with pytest.raises(click.ClickException, match="broken off") as refusal:
        fill_if_empty(hub, say=quiet)
    assert str(hub.settings.data_dir.resolve()) in refusal.value.message
