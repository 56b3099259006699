"""Programs ask what a thing is worth, read the answer again, and get the same figures as people."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.kernel.canonical import sha256_hex
from app.valuation.api import EXAMPLE
from app.valuation.models import Valuation
from tests.accounts.making import make_user
from tests.api.making import Program
from tests.valuation.making import make_model, make_sales


@pytest.fixture
def program(app, hub):
    return Program(app, hub, make_user(hub))


def test_an_estimate_is_asked_for_once_and_read_by_everybody(app, hub, client, program):
    make_model(hub)
    made = program.call("createEstimate", body={**EXAMPLE, "tier": "B", "battery_health": 88}, key="one")
    assert made.status_code == 201, made.text
    told = made.get_json()
    assert (told["purpose"], told["basis"], told["model"], told["is_invented"]) == ("api", "warm", "phone-1", True)
    assert told["start_fen"] + sum(step["step_fen"] for step in told["steps"]) == told["span"]["point_fen"]
    assert len(told["curve"]) == 61
    assert made.headers["Location"] == f"/api/v1/estimates/{told['code']}"
    visitor = Program(app, hub)
    assert visitor.ok("getEstimate", {"code": told["code"]}) == told
    assert sha256_hex(client.get(told["document"]).data) == told["sha256"]
    assert client.get(told["csv"]).mimetype == "text/csv"
    assert client.get(told["page"]).status_code == 200


def test_the_same_request_and_the_same_question_make_one_estimate(hub, program):
    make_sales(hub, *[2000] * 6)
    first = program.call("createEstimate", body=EXAMPLE, key="one").get_json()
    assert program.call("createEstimate", body=EXAMPLE, key="one").get_json() == first
    assert program.call("createEstimate", body=EXAMPLE, key="two").get_json() == first
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(Valuation)) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"model": "iphone-99"}, "model"),
        ({"storage_gb": 7}, "storage_gb"),
        ({"first_used": "2031-01"}, "first_used"),
        ({"tier": "Z"}, "tier"),
        ({"district": "atlantis"}, "district"),
    ],
)
def test_what_the_catalogue_does_not_know_is_named(hub, program, changed, field):
    refused = program.call("createEstimate", body={**EXAMPLE, **changed})
    assert refused.status_code == 422
    assert set(refused.get_json()["errors"]) == {field}
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(Valuation)) == 0


def test_without_a_token_nothing_is_made(app, hub):
    assert Program(app, hub).call("createEstimate", body=EXAMPLE).status_code == 401


def test_like_sales_are_listed(app, hub):
    make_sales(hub, 2000, 2100, 2200, 2300, 2400)
    query = {"category": "phone", "brand": "apple", "model": "iphone-13", "storage_gb": 128}
    found = Program(app, hub).ok("listComparables", query=query)
    assert (found["count"], found["median_fen"], found["enough"]) == (5, 220_000, True)
