"""Reading changes nothing, and costs the same number of queries for three rows as for twelve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from app.appraisal import service as appraisal
from app.kernel.hub import Hub
from app.oversight import service as oversight
from app.search.service import rebuild
from tests.accounts.making import actor, make_member, make_organisation, make_user, sign_in
from tests.credit.making import make_events
from tests.goods.making import make_thing
from tests.guards.conftest import ROLES, Town
from tests.guards.test_roles import ROWS
from tests.listings.making import make_listing
from tests.search.making import put_on_sale
from tests.trades.making import make_order, report

# What reading may write, and why: an officer's reading is put on record first, and so is the first look at an address.
DOCUMENTED = {"access_row": "oversight: the access is written before the page", "audit_entry": "trades: an address was shown"}


def counts(hub: Hub) -> dict[str, int]:
    with hub.look() as work:
        tables = work.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"))
        return {
            name: work.session.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in tables.scalars().all()
        }


def total_changes(hub: Hub, seen: list[str]) -> list[str]:
    """Statements that change something, besides the notes of when a session was last seen and a token last used."""
    noted = ("UPDATE login_session SET seen_at", "UPDATE api_token SET last_used_on")
    return [each for each in seen if each.split(None, 1)[0] in ("INSERT", "UPDATE", "DELETE") and not each.startswith(noted)]


@contextmanager
def statements(hub: Hub) -> Iterator[list[str]]:
    """Every statement that the marketplace sends to its database inside the block."""
    seen: list[str] = []

    def note(connection, cursor, statement, *_) -> None:
        seen.append(statement)

    engines = {hub.db.read, hub.db.write} if hub.db.dialect == "sqlite" else {hub.db.write}  # on PostgreSQL both are one
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def test_get_never_writes(town: Town) -> None:
    faults = []
    for role in ROLES:
        town.play(role, "GET", "/")  # signing in writes, and so does issuing a token; reading from here on must not
        town.play(role, "GET", "/api/v1/me")
        for name in sorted(ROWS):
            endpoint, method = name.split()
            if method != "GET":
                continue
            before = counts(town.hub)
            with statements(town.hub) as seen:
                town.play(role, "GET", town.address(endpoint, ROWS[name]["kind"]))
            after = counts(town.hub)
            grown = {table for table in after if after[table] != before[table]}
            if grown - set(DOCUMENTED):
                faults.append(f"{name} as {role}: {sorted(grown)}")
            if not grown and total_changes(town.hub, seen):
                faults.append(f"{name} as {role}: {total_changes(town.hub, seen)[0][:90]}")
            if "access_row" in grown and not endpoint.startswith("oversight."):
                faults.append(f"{name} as {role}: an access was noted")
            if "audit_entry" in grown and endpoint not in ("trades.show", "api.getAddress", "api.getReturnAddress"):
                faults.append(f"{name} as {role}: an audit entry was written")
    assert faults == []


def queries(hub: Hub, client: FlaskClient, address: str) -> int:
    with statements(hub) as seen:
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return len([each for each in seen if not each.startswith(("PRAGMA", "BEGIN"))])


def _shelf(hub: Hub, more: int) -> None:
    seller = make_user(hub)
    for _ in range(more):
        put_on_sale(hub, seller)
    rebuild(hub.db, hub.index)


@pytest.mark.parametrize(("address", "most"), [("/", 16), ("/search", 16), ("/search?q=iphone", 16), ("/search?q=苹果13", 16)])
def test_shelves_cost_the_same_for_few_and_many(hub: Hub, app: Flask, address: str, most: int) -> None:
    client = app.test_client()
    _bounded(hub, client, address, lambda more: _shelf(hub, more), most)


def test_item_page_costs_the_same_for_few_and_many_others(hub: Hub, app: Flask) -> None:
    seller = make_user(hub)
    listing = make_listing(hub, seller)
    _bounded(hub, app.test_client(), f"/items/{listing.code}", lambda more: _listings(hub, seller, more), 30)


def _listings(hub: Hub, seller, more: int) -> None:
    for _ in range(more):
        put_on_sale(hub, seller)


def test_seller_page_costs_the_same_for_few_and_many_events(hub: Hub, app: Flask) -> None:
    seller = make_user(hub)
    _bounded(hub, app.test_client(), f"/sellers/{seller.code}", lambda more: [make_events(hub, seller) for _ in range(more)], 20)


def test_lists_of_a_household_cost_the_same_for_few_and_many(hub: Hub, app: Flask) -> None:
    buyer = make_user(hub)
    orders = []

    def more_orders(more: int) -> None:
        for _ in range(more):
            orders.append(make_order(hub, "awaiting_payment", buyer=buyer))
            put_on_sale(hub, buyer)

    client = app.test_client()
    sign_in(client, hub, buyer)
    more_orders(3)
    addresses = {"/desk": 30, "/my/orders": 20, "/my/listings": 20, "/notices": 20, f"/orders/{orders[0].code}": 40}
    few = {address: queries(hub, client, address) for address in addresses for _ in range(2)}
    more_orders(9)
    many = {address: queries(hub, client, address) for address in addresses}
    assert many == few
    assert {address: many[address] for address, most in addresses.items() if many[address] > most} == {}


def test_queue_of_appraisers_costs_the_same_for_few_and_many(hub: Hub, app: Flask) -> None:
    agency, owner = make_organisation(hub, "agency"), make_user(hub)

    def ask(more: int) -> None:
        for _ in range(more):
            thing = make_thing(hub, owner)
            with hub.begin(actor(hub, owner)) as work:
                appraisal.request(work, thing.code, agency.code)

    client = app.test_client()
    sign_in(client, hub, make_member(hub, "appraiser", organisation=agency))
    _bounded(hub, client, "/appraiser", ask, 20)


def test_lists_of_staff_cost_the_same_for_few_and_many(hub: Hub, app: Flask) -> None:
    operator, seller = make_member(hub, "operator"), make_user(hub)

    def more_to_do(more: int) -> None:
        for _ in range(more):
            report(hub, make_order(hub, "acceptance", seller=seller))
            make_listing(hub, seller, state="in_review", description="加微信 abc")

    client = app.test_client()
    sign_in(client, hub, operator)
    for address in ("/operator/cases", "/operator/listings", "/operator/money", "/operator/jobs"):
        _bounded(hub, client, address, more_to_do, 30)


def test_lists_of_an_officer_cost_the_same_for_few_and_many(hub: Hub, app: Flask) -> None:
    officer, sellers = make_member(hub, "officer"), make_user(hub, name="林知夏")
    make_events(hub, sellers)
    with hub.begin(actor(hub, officer)) as work:
        code = oversight.open_purpose(work, "SJ-2026-0117", "Complaint about an undisclosed repair.").code

    def more_readings(more: int) -> None:
        for number in range(more):
            make_user(hub, name="林知夏")
            with hub.begin(actor(hub, officer)) as work:
                oversight.open_purpose(work, f"SJ-2026-1{number}", "Complaint about an undisclosed repair.")
                oversight.look_at_seller(work, code, sellers.code)

    client = app.test_client()
    sign_in(client, hub, officer)
    for address in ("/oversight", f"/oversight/{code}", f"/oversight/{code}?q=林知夏", "/oversight/accesses"):
        _bounded(hub, client, address, more_readings, 30)


def test_no_page_asks_more_than_it_should(town: Town) -> None:
    """Every address that can be read, by everybody who may: a page of a new kind is bounded from its first day."""
    most = 45
    faults = []
    for role in ROLES:
        town.play(role, "GET", "/")
        town.play(role, "GET", "/api/v1/me")
        for name in sorted(ROWS):
            endpoint, method = name.split()
            if method != "GET":
                continue
            with statements(town.hub) as seen:
                town.play(role, "GET", town.address(endpoint, ROWS[name]["kind"]))
            asked = len([each for each in seen if not each.startswith(("PRAGMA", "BEGIN"))])
            if asked > most:
                faults.append(f"{name} as {role}: {asked} queries")
    assert faults == []


def _bounded(hub: Hub, client: FlaskClient, address: str, add: Callable[[int], object], most: int) -> None:
    """With three rows, then with twelve: the same number of queries, and not more than ``most``."""
    add(3)
    client.get(address)  # the first request of a process fills caches
    few = queries(hub, client, address)
    add(9)
    client.get(address)  # what is kept in memory takes the news in
    many = queries(hub, client, address)
    assert many == few, f"{address}: {few} queries with few rows, {many} with many"
    assert many <= most, f"{address}: {many} queries"


def test_the_check_sees_a_query_for_every_row(hub: Hub, new_app: Flask) -> None:
    def planted() -> str:
        with hub.look() as work:
            ids = work.session.execute(text("SELECT id FROM listing")).scalars().all()
            for each in ids:
                work.session.execute(text("SELECT id FROM listing WHERE id = :id"), {"id": each})
        return "seen"

    planted.__policy__ = ("anyone",)  # type: ignore[attr-defined]
    new_app.add_url_rule("/planted", "planted", planted)
    with pytest.raises(AssertionError, match="with many"):
        _bounded(hub, new_app.test_client(), "/planted", lambda more: _listings(hub, make_user(hub), more), 100)
