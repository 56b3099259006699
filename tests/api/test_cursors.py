"""Lists that come in pages: going on by the cursor gives every row once, in the order of the whole list, and no other list's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.kernel.hub import Hub
from tests.accounts.making import make_user
from tests.api.making import Program
from tests.appraisal.making import make_request
from tests.credit.making import make_events
from tests.listings.making import make_draft, make_listing
from tests.trades.making import buy


def listings(hub: Hub, person: User) -> None:
    for _ in range(5):
        make_draft(hub, person, photos=0)


def orders(hub: Hub, person: User) -> None:
    for _ in range(5):
        buy(hub, make_listing(hub, make_user(hub)), person)


def appraisals(hub: Hub, person: User) -> None:
    for _ in range(5):
        make_request(hub, owner=person)


def records(hub: Hub, person: User) -> None:
    make_events(hub, person)


def notices(hub: Hub, person: User) -> None:
    for _ in range(5):
        buy(hub, make_listing(hub, person), make_user(hub))


LISTS: dict[str, Callable[[Hub, User], None]] = {
    "listMyListings": listings,
    "listOrders": orders,
    "listAppraisals": appraisals,
    "listMyRecords": records,
    "listRecords": records,
    "listNotices": notices,
}


@pytest.mark.parametrize("operation", LISTS)
def test_pages_together_are_the_whole_list(app: Flask, hub: Hub, operation: str) -> None:
    person = make_user(hub)
    LISTS[operation](hub, person)
    hub.drain()
    program = Program(app, hub, person)
    parts = {"code": person.code} if operation == "listRecords" else None

    def page(limit: int, cursor: str | None = None) -> Any:
        return program.ok(operation, parts, query={"limit": limit} | ({"cursor": cursor} if cursor else {}))

    whole = page(50)
    assert whole["next_cursor"] is None
    assert len(whole["items"]) >= 4, operation
    for limit in (1, 2, 3):
        seen, cursor = [], None
        for _ in range(60):
            got = page(limit, cursor)
            assert 1 <= len(got["items"]) <= limit
            seen += got["items"]
            cursor = got["next_cursor"]
            if cursor is None:
                break
        assert seen == whole["items"], limit


def test_a_cursor_of_another_list_is_refused(app: Flask, hub: Hub) -> None:
    person = make_user(hub)
    for make in (listings, orders, appraisals, notices):
        make(hub, person)
    hub.drain()
    program = Program(app, hub, person)
    names = ("listMyListings", "listOrders", "listAppraisals", "listNotices")
    cursors = {name: program.ok(name, query={"limit": 1})["next_cursor"] for name in names}
    for name in names:
        for other, cursor in cursors.items():
            if other != name:
                assert program.refused(name, query={"limit": 1, "cursor": cursor}) == (400, "bad_cursor"), (name, other)
