"""Beside a report stands what the thing was worth when it was issued; what was signed knows no price."""

from __future__ import annotations

import json

import pytest

from app.valuation import queries as valuation
from tests.accounts.making import make_user
from tests.listings.making import make_listing
from tests.listings.test_reports import sign_report
from tests.valuation.making import make_model, make_sales


@pytest.fixture
def report(hub, client):
    client.set_cookie("lang", "en")
    make_model(hub)
    seller = make_user(hub)
    signed = sign_report(hub, seller, make_listing(hub, seller))
    hub.drain()
    return signed


def test_report_page_shows_the_estimate_of_its_own_day_and_later_sales_change_nothing(hub, client, report):
    with hub.look() as work:
        worth = valuation.worth_of_report(work, report.id)
    before = client.get(f"/reports/{report.code}").text
    assert f"/worth/{worth.code}" in before
    assert f"</span>{worth.span.point_fen // 100:,}" in before
    assert "no part of what was signed" in before
    assert before.count('<table class="waterfall is-small">') == 1
    make_sales(hub, *[9_999] * 8)
    hub.drain()
    assert f"</span>{worth.span.point_fen // 100:,}" in client.get(f"/reports/{report.code}").text


def test_signed_content_and_printed_report_know_no_price(hub, client, report):
    with hub.look() as work:
        worth = valuation.worth_of_report(work, report.id)
    signed = client.get(f"/reports/{report.code}.json").text
    assert worth.code not in signed
    assert not {"worth", "price", "valuation"} & set(json.loads(signed)["content"])
    printed = client.get(f"/reports/{report.code}/print").text
    assert worth.code not in printed
    assert "waterfall" not in printed


def test_report_without_an_estimate_has_no_such_part(hub, client):
    client.set_cookie("lang", "en")
    seller = make_user(hub)
    signed = sign_report(hub, seller, make_listing(hub, seller))
    assert "What it was worth" not in client.get(f"/reports/{signed.code}").text
