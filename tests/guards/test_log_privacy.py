"""No personal data in the log: every event of a populated marketplace is searched for everything that is known of its people."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text

from app.accounts.models import User
from app.credit.catalogue import personal_patterns, problems
from app.credit.models import CreditEvent, CreditSubject
from app.kernel.work import SYSTEM
from tests.guards.conftest import Town

SHORTEST = 4  # shorter values (a digit, a size) are everywhere
# What stands in events although a table of people's things holds it too: codes of listings and orders are public.
PLACES = ("app_user", "organisation", "delivery_address", "thing", "order_private", "trade_order", "shipment", "message")


def values_of_people(town: Town) -> set[str]:
    """Every text of the tables that are about people and their things, without codes and fixed words."""
    with town.hub.look(SYSTEM) as work:
        tables = set(work.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
        rows = [
            dict(row)
            for table in PLACES
            if table in tables
            for row in work.session.execute(text(f'SELECT * FROM "{table}"')).mappings()
        ]
    named = ("name", "email", "phone", "address", "imei", "serial", "vin", "city", "district", "plate", "tracking")
    return {
        str(value)
        for row in rows
        for column, value in row.items()
        if any(part in column for part in named) and value is not None and len(str(value)) >= SHORTEST
    }


@pytest.fixture
def events(town: Town) -> list[bytes]:
    with town.hub.look(SYSTEM) as work:
        return [bytes(each) for each in work.session.scalars(select(CreditEvent.canonical))]


def found_in(event: bytes, values: set[str]) -> list[str]:
    said = event.decode()
    return sorted(value for value in values if value in said or json.dumps(value)[1:-1] in said)


def test_no_event_holds_what_is_known_of_a_person(town: Town, events: list[bytes]) -> None:
    values = values_of_people(town)
    with town.hub.look(SYSTEM) as work:
        people = list(work.session.scalars(select(User)))
        values |= {each for user in people for each in (user.email, user.display_name, user.code)}
        values |= set(work.session.scalars(select(CreditSubject.cluster).where(CreditSubject.kind == "platform")))
    assert len(events) > 20
    assert len(values) > 50
    assert {f"{index}: {value}" for index, event in enumerate(events) for value in found_in(event, values)} == set()


def test_every_event_fits_its_closed_schema_and_nothing_in_it_looks_personal(events: list[bytes]) -> None:
    for content in events:
        event = json.loads(content)
        assert problems(event["type"], event["data"]) == []
        about = {name: event[name] for name in ("type", "actor", "policy", "data", "ts")}
        assert personal_patterns(about | {"actor": event["actor"].partition(":")[2] or "x"}) == []


def test_the_scan_sees_a_planted_name(town: Town, events: list[bytes]) -> None:
    with town.hub.look(SYSTEM) as work:
        user = work.session.scalars(select(User)).first()
    for value in (user.email, user.display_name):
        planted = events[0].replace(b'"policy":"', b'"policy":"' + json.dumps(value)[1:-1].encode())
        assert found_in(planted, values_of_people(town) | {user.email, user.display_name})
