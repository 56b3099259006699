"""The demo town comes out whole, sound, and the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import User
from app.accounts.rules import password_fault
from app.credit import queries as credit
from app.demo.seed import MARK, PASSWORD, fill, fill_if_empty
from app.demo.selling import imei_of
from app.demo.town import town
from app.factory import create_app, create_hub
from app.kernel import audit
from app.kernel.clock import ClockOffset
from app.kernel.hub import Hub
from app.kernel.work import Work
from app.listings.models import Listing
from app.listings.queries import photos_of
from app.payments import service as payments
from app.trades.models import Order
from config import Settings
from grading.ids import check_imei
from tests.conftest import build_schema

SMALL = 6  # the first phones of the file cover every situation once


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
    assert len(hashes) == 3 * SMALL
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


def test_the_town_is_as_large_as_promised() -> None:
    whole = town()
    roles = [person.member.role for person in whole.people if person.member]
    assert len(whole.people) - len(roles) == 12
    assert roles.count("appraiser") == 4
    assert [firm.kind for firm in whole.organisations].count("agency") == 2
    assert len(whole.phones) == 40
    assert len({phone.text for phone in whole.phones}) == 40
    sold = [phone for phone in whole.phones if phone.sale and phone.sale.until == "completed"]
    assert 14 <= len(sold) <= 18
    assert sum((phone.model, phone.gb) == ("iphone-13", 128) for phone in sold) >= 6
    assert all(check_imei(imei_of(phone)).ok for phone in whole.phones)


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
