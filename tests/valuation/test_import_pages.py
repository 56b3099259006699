"""The operator's pages of price tables: two steps without script, mistakes that lose nothing, files that are no table."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select

from app.valuation.errors import TableUnusable
from app.valuation.models import PriceImport
from app.valuation.routes import tables as pages
from tests.accounts.making import make_member, sign_in, token_of
from tests.valuation.hostile import HOSTILE
from tests.valuation.making import TABLE


@pytest.fixture
def browser(hub, client):
    operator = make_member(hub, "operator")
    sign_in(client, hub, operator)
    client.set_cookie("lang", "en")
    token = token_of(client.get("/protection"))

    def send(address: str, **typed: object):
        return client.post(address, data={"csrf_token": token, **typed}, content_type="multipart/form-data")

    client.send = send
    client.operator = operator
    return client


def upload(browser, data: bytes = TABLE.encode(), name: str = "a.csv"):
    return browser.send("/operator/prices", category="phone", file=(io.BytesIO(data), name))


COLUMNS = {"column_brand": "0", "column_model": "1", "column_storage_gb": "2", "column_price": "3", "unit_price": "yuan", "column_first_used": "4", "unit_first_used": "month",
           "column_seen_on": "5", "column_thing": "6"}  # fmt: skip
REST = {
    f"column_{name}": ""
    for name in ("battery", "screen", "housing", "faults", "replaced", "new_price", "tier", "score", "district")
}
WHOLE = {"price_kind": "dealer_asking", "source": "行情", "licence": "test only", "as_of": "2026-03-31", "unit_new_price": "yuan", **COLUMNS, **REST}  # fmt: skip


def test_operator_imports_a_table_in_two_steps_without_script(hub, browser):
    sent = upload(browser)
    assert sent.status_code == 303
    page = browser.get(sent.location).text
    assert "成交价（元） (2380、2450、二千)" in page
    checked = browser.send(f"{sent.location}/check", **WHOLE)
    assert checked.status_code == 303, checked.text
    page = browser.get(sent.location).text
    assert "the catalogue has no such model, or several" in page
    assert "Import 6 prices" in page
    left_out = browser.get(f"{sent.location}/left-out.csv")
    assert left_out.mimetype == "text/csv"
    assert "Price: not a number" in left_out.text
    with hub.look() as work:
        version = work.session.scalar(select(PriceImport.version))
    assert browser.send(f"{sent.location}/import", version=version).status_code == 303
    assert "Imported: 6 prices are kept." in browser.get(sent.location).text
    assert "行情" in browser.get("/operator/prices").text
    assert browser.send(f"{sent.location}/import", version=version).status_code == 409


def test_mistake_in_what_is_told_loses_neither_the_file_nor_the_columns(browser):
    sent = upload(browser)
    answer = browser.send(
        f"{sent.location}/check", **{**WHOLE, "source": "", "column_price": "6", "column_thing": "3", "price_kind": ""}
    )
    assert answer.status_code == 422
    assert '<option value="6" selected>编号' in answer.text
    assert '<option value="3" selected>成交价' in answer.text
    assert browser.get(sent.location).status_code == 200


def test_page_of_a_large_table_waits_for_the_worker(hub, browser, monkeypatch):
    monkeypatch.setattr(pages, "AT_ONCE", 3)
    sent = upload(browser)
    assert browser.send(f"{sent.location}/check", **WHOLE).status_code == 303
    waiting = browser.get(sent.location, headers={"HX-Request": "true"})
    assert "The table is being read." in waiting.text
    assert 'hx-trigger="every 2s"' in browser.get(sent.location).text
    hub.drain()
    assert browser.get(sent.location, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "Import 6 prices" in browser.get(sent.location).text


@pytest.mark.parametrize("name", ["workbook", "nothing", "bomb", "too many rows", "UTF-16"])
def test_file_that_is_no_table_is_refused_on_the_page(hub, browser, name):
    answer = upload(browser, HOSTILE[name][0])
    assert answer.status_code == 422
    sentence = (
        TableUnusable.sentences[HOSTILE[name][1]].partition("%")[0] if name != "nothing" else "There is nothing in this file"
    )
    assert sentence in answer.text
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(PriceImport)) == 0


def test_what_stands_in_a_file_never_becomes_markup(browser):
    sent = upload(browser, HOSTILE["markup"][0], "<img src=x onerror=alert(1)>.csv")
    page = browser.get(sent.location).text
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
