"""The search by program: every category with its own filters and facets, and pages that go on where the last one ended."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings import service as listings
from app.listings.queries import listing_by_id
from app.search.service import rebuild
from tests.accounts.making import actor, make_user
from tests.api.making import Program
from tests.listings.making import CAR, WASHER, make_thing_listing
from tests.search.making import put_on_sale


def shelf(hub: Hub, seller: User, number: int) -> list[int]:
    """Listings on sale, the oldest first: three prices over and over."""
    made = [put_on_sale(hub, seller, price_fen=100_000 + 10_000 * (each % 3)) for each in range(number)]
    rebuild(hub.db, hub.index)
    return made


def walk(program: Program, first: dict[str, Any], query: dict[str, Any]) -> list[str]:
    """The codes of all further pages."""
    found: list[str] = []
    while first["next_cursor"]:
        first = program.ok("searchListings", query={**query, "cursor": first["next_cursor"]})
        found += [each["code"] for each in first["items"]]
    return found


@pytest.mark.parametrize("query", [{"sort": "newest"}, {"sort": "price_up"}, {"sort": "price_down"}, {"q": "iPhone 13"},
                                   {"q": "iPhone 13", "sort": "price_up"}, {"brand": "apple"}])  # fmt: skip
def test_pages_go_on_where_the_last_one_ended_whatever_is_sold_or_offered_meanwhile(
    app: Flask, hub: Hub, query: dict[str, Any]
) -> None:
    seller = make_user(hub)
    shelf(hub, seller, 60)
    program = Program(app, hub)
    whole = program.ok("searchListings", query=query)
    everything = [each["code"] for each in whole["items"]] + walk(program, whole, query)
    assert len(everything) == len(set(everything)) == 60
    # Of a new walk the first page is read; then two of it are withdrawn, with what stood last on it, and a new one comes.
    first = program.ok("searchListings", query=query)
    gone = [first["items"][place]["code"] for place in (3, -1)]
    with hub.begin(actor(hub, seller)) as work:
        for code in gone:
            listings.withdraw(work, code)
    newest = put_on_sale(hub, seller, price_fen=1_000)
    rebuild(hub.db, hub.index)
    with hub.look(SYSTEM) as work:
        added = listing_by_id(work, newest).code
    shown = [each["code"] for each in first["items"]]
    rest = walk(program, first, query)
    assert not set(shown) & set(rest), "something was shown twice"
    if query.get("sort") or "q" not in query:
        assert set(rest) | set(shown) >= set(everything), "something was passed over"
        assert [code for code in rest if code != added] == [code for code in everything if code not in shown]


def test_a_cursor_belongs_to_its_search(app: Flask, hub: Hub) -> None:
    shelf(hub, make_user(hub), 30)
    program = Program(app, hub)
    cursor = program.ok("searchListings", query={"sort": "newest"})["next_cursor"]
    for query in ({"sort": "price_up"}, {"sort": "newest", "category": "car"}, {}):
        assert program.refused("searchListings", query={**query, "cursor": cursor}) == (400, "bad_cursor"), query
    assert program.refused("searchListings", query={"sort": "newest", "cursor": cursor[:-2] + "AA"}) == (400, "bad_cursor")


def test_every_category_is_found_by_its_own_filters_and_counts_its_own_facets(app: Flask, hub: Hub) -> None:
    make_thing_listing(hub, make_user(hub), "car", CAR)
    make_thing_listing(hub, make_user(hub), "appliance", WASHER)
    put_on_sale(hub, make_user(hub))
    rebuild(hub.db, hub.index)
    program = Program(app, hub)

    def found(**query: Any) -> list[str]:
        return [each["category"] for each in program.ok("searchListings", query=query)["items"]]

    assert sorted(found()) == ["appliance", "car", "phone"]
    for category in ("appliance", "car", "phone"):
        assert found(category=category) == [category]
    assert found(brand="volkswagen") == found(category="car", brand="volkswagen", model="lavida") == ["car"]
    assert found(brand="haier") == found(category="appliance", kind="washing_machine", capacity=100) == ["appliance"]
    assert found(category="car", kind="sedan", energy="petrol", age=5, mileage_km=30_000) == ["car"]
    assert found(category="car", energy="electric") == found(category="car", mileage_km=0) == []
    facets = {
        name: set(program.ok("searchListings", query={"category": name})["facets"]) for name in ("car", "appliance", "phone")
    }
    assert facets["car"] >= {"brand", "kind", "energy", "age", "mileage"}
    assert facets["appliance"] >= {"brand", "kind", "age"}
    assert facets["phone"] >= {"brand", "storage"}
    # A value of a facet is what its filter takes.
    values = program.ok("searchListings", query={"category": "car"})["facets"]
    filters = {
        "mileage": "mileage_km",
        "kind": "kind",
        "energy": "energy",
        "age": "age",
        "brand": "brand",
        "district": "district",
    }
    for facet, name in filters.items():
        assert found(category="car", **{name: values[facet][0]["value"]}) == ["car"], facet


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"category": "ship"}, "category"),
        ({"brand": "volkswagen", "category": "phone"}, "brand"),
        ({"brand": "nobody"}, "brand"),
        ({"model": "lavida"}, "model"),
        ({"kind": "sedan"}, "kind"),
        ({"kind": "sedan", "category": "appliance"}, "kind"),
        ({"energy": "petrol"}, "energy"),
        ({"energy": "coal", "category": "car"}, "energy"),
        ({"age": 2, "category": "car"}, "age"),
        ({"age": 5, "category": "phone"}, "age"),
        ({"mileage_km": 30_000, "category": "appliance"}, "mileage_km"),
        ({"capacity": 100, "category": "appliance"}, "capacity"),
        ({"district": "atlantis"}, "district"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_named(app: Flask, hub: Hub, query: dict[str, Any], field: str) -> None:
    answer = Program(app, hub).call("searchListings", query=query)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})
