"""Everybody reads what was closed: the same figures on the page, in the document and in the table."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from app.goods import catalogue
from app.kernel.canonical import sha256_hex
from app.kernel.hub import Hub
from app.statistics.models import ClosedPeriod
from tests.accounts.making import make_member, sign_in
from tests.statistics.making import make_closed
from tests.statistics.test_closing import close, let_pass, period_at, sold, this_month
from tests.trades.making import PRICE

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
WORDS = {one.code: one.name.zh for one in catalogue.districts()}


@pytest.fixture
def chinese(client: FlaskClient) -> FlaskClient:
    client.set_cookie("lang", "zh_CN")
    return client


def lines(client: FlaskClient, name: str, dimension: str) -> list[dict[str, str]]:
    answer = client.get(f"/statistics/{name}/{dimension}.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def test_a_period_is_read_by_everybody_in_words_and_figures(hub: Hub, chinese: FlaskClient) -> None:
    sold(hub)
    month = this_month(hub)
    let_pass(hub)
    row = close(hub, month)
    assert f"/statistics/{month.name}" in chinese.get("/statistics").text
    page = chinese.get(f"/statistics/{month.name}").text
    for said in (
        "按类别",
        "手机",
        "成交笔数",
        "不足 5 人的数字",
        row.sha256,
        row.log_root,
        f"xunyi statistics verify {month.name}",
    ):
        assert said in page, said
    assert f"{6 * PRICE // 100:,}" in page
    assert "不公布</span>" not in page
    sign_in(chinese, hub, make_member(hub, "officer"))
    assert 'href="/statistics"' in chinese.get("/oversight").text


def test_the_document_is_the_exact_bytes_and_its_hash_is_on_the_page(hub: Hub, client: FlaskClient) -> None:
    name = make_closed(hub)
    answer = client.get(f"/statistics/{name}.json")
    assert sha256_hex(answer.data) in client.get(f"/statistics/{name}").text
    assert json.loads(answer.data)["period"] == name
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_the_table_has_what_the_document_has_and_says_what_is_hidden(hub: Hub, client: FlaskClient) -> None:
    name = make_closed(hub)
    told = json.loads(client.get(f"/statistics/{name}.json").data)["tables"]
    for dimension, families in told.items():
        rows = {(row["family"], row["cell"]): row for row in lines(client, name, dimension)[:-1]}
        cells = {(family, cell): figures for family, cells in families.items() for cell, figures in cells.items()}
        assert rows.keys() == cells.keys()
        for key, figures in cells.items():
            assert rows[key]["n"] == ("hidden" if figures is None else str(figures["n"]))
            assert rows[key]["fen"] == str((figures or {}).get("fen", ""))
    assert any(figures is None for cells in told["district"].values() for figures in cells.values())


def test_the_page_says_of_every_hidden_figure_that_it_is_not_published(hub: Hub, chinese: FlaskClient) -> None:
    name = make_closed(hub)
    told = json.loads(chinese.get(f"/statistics/{name}.json").data)["tables"]
    page = chinese.get(f"/statistics/{name}").text
    for district, figures in told["district"]["claims"].items():
        row = re.search(
            rf"<span class=\"cell\">{WORDS[district]}</span></td><td [^>]*data-label=\"新提出\">(.*?)</td>", page, re.S
        )
        assert row is not None, district
        assert ("不公布" in row[1]) == (figures is None), district
        assert figures is None or f">{figures['n']}<" in row[1]


def test_a_period_without_anything_says_so(hub: Hub, chinese: FlaskClient) -> None:
    assert "还没有封存的时段" in chinese.get("/statistics").text
    with hub.begin() as work:
        month = period_at(period_at(work.now).starts_at)
    for address in (f"/statistics/{month.name}", "/statistics/2026-13", f"/statistics/{month.name}.json", "/statistics/x/y.csv"):
        assert chinese.get(address).status_code == 404, address
    name = make_closed(hub)
    assert chinese.get(f"/statistics/{name}/colour.csv").status_code == 404
    with hub.look() as work:
        assert work.session.query(ClosedPeriod).count() == 1


def test_the_workbook_holds_the_same_figures_and_is_the_same_file_each_time(hub: Hub, chinese: FlaskClient) -> None:
    name = make_closed(hub)
    told = json.loads(chinese.get(f"/statistics/{name}.json").data)["tables"]
    answer = chinese.get(f"/statistics/{name}.xlsx")
    assert answer.data == chinese.get(f"/statistics/{name}.xlsx").data
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        assert {each.date_time for each in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        words = [each.text for each in ElementTree.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{SHEET}t")]
        districts = ElementTree.fromstring(book.read("xl/worksheets/sheet3.xml"))
    read = {}
    for row in districts.iter(f"{SHEET}row"):
        cells = [
            words[int(cell[0].text or "")] if cell.get("t") == "s" else float(cell[0].text or "") for cell in row if len(cell)
        ]
        read.setdefault(cells[0], cells[1:])
    assert any(figures is None for figures in told["district"]["claims"].values())
    for district, figures in told["district"]["settled"].items():
        wanted = ["不公布"] * 3 if figures is None else [figures["n"], figures["subjects"], figures["fen"] / 100]
        assert read[WORDS[district]][:3] == wanted, district


def test_no_workbook_of_what_is_not_closed(client: FlaskClient) -> None:
    assert client.get("/statistics/2026-03.xlsx").status_code == 404
