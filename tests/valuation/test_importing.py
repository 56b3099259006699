"""Price tables of others: read as people write them, faults told by column and row, hostile files refused in words, each once."""

from __future__ import annotations

import gzip
import io
import threading
import zipfile
from datetime import date

import pytest
from sqlalchemy import func, select

from app.kernel.errors import BadState, Conflict, InvalidInput
from app.valuation import service
from app.valuation.errors import ImportForgotten, NothingToImport, TableKnown, TableUnusable
from app.valuation.events import TableSent
from app.valuation.fields import Chosen, guess
from app.valuation.importing import BOUNDS, read, rejects, table_of_file
from app.valuation.jobs import read_table
from app.valuation.models import ObservedPrice, PriceImport, PriceTable
from app.valuation.queries import price_import
from app.valuation.routes import tables as pages
from tests.accounts.making import actor, make_member, sign_in, token_of
from tests.valuation.making import TABLE, make_import, told_of

DAY = date(2026, 3, 31)
PLAIN = 300
CARS = "车系,报价(万元),里程(万公里),车龄(年),能源,事故\n"


def reading(text: str, category: str = "phone", columns: dict[str, Chosen] | None = None):
    table = table_of_file(text.encode())
    return read(table, category, columns or guess(category, list(table.columns)), DAY, lambda name: name)


def cars(*rows: str):
    """These rows behind so many plain ones."""
    plain = [f"朗逸,{6 + no / 1000},{5 + no / 100},4,汽油,否\n" for no in range(PLAIN)]
    return reading(CARS + "".join([*plain, *(f"{row}\n" for row in rows)]), "car")


@pytest.mark.parametrize(
    ("cells", "price_yuan", "mileage_km", "first_used", "energy"),
    [
        ("朗逸,6.5,5.2,4,汽油,", 65_000, 52_000, "2022-03", "petrol"),
        ("大众朗逸,6.5万,5.2万公里,4.5,油车,", 65_000, 52_000, "2021-09", "petrol"),
        ("朗逸 2018款 1.5L 自动舒适版,６．５,５．２,4,,", 65_000, 52_000, "2022-03", None),
        ("volkswagen/lavida,6.55,未知,-,纯电,", 65_500, None, None, "electric"),
    ],
)
def test_row_is_read_as_people_write_it(cells, price_yuan, mileage_km, first_used, energy):
    found = cars(cells)
    row = next(each for each in found.rows if each.row_no == PLAIN)
    assert (row.price_fen, row.asked.mileage_km, row.asked.first_used) == (price_yuan * 100, mileage_km, first_used)
    assert (row.asked.brand, row.asked.model, row.asked.kind, row.seen_on) == ("volkswagen", "lavida", "sedan", DAY)
    assert energy is None or row.asked.energy == energy


def test_faults_are_told_by_column_and_row_and_only_price_model_and_day_leave_a_row_out():
    found = reading(TABLE)
    told = {(fault.field, fault.code): (fault.rows, fault.is_left_out) for fault in found.faults}
    assert told == {
        ("price", "no_number"): ((2,), True),
        ("model", "unknown_model"): ((3,), True),
        ("thing", "copy"): ((7,), True),
        ("first_used", "no_month"): ((6,), False),
    }
    assert (found.n_rows, len(found.rows), found.copies, found.refused) == (9, 6, 1, 2)
    assert [row.asked.storage_gb for row in found.rows] == [128, 128, 256, 128, 128, 128]
    assert next(row for row in found.rows if row.row_no == 6).asked.first_used is None


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ("朗逸,0,5,4,汽油,", "price", "no_price"),
        ("朗逸,,5,4,汽油,", "price", "no_price"),
        ("朗逸,-3,5,4,汽油,", "price", "no_price"),
        ("朗逸,99999999,5,4,汽油,", "price", "impossible"),
        ("朗逸,9000,5,4,汽油,", "price", "absurd"),
        ("朗逸,1e400,5,4,汽油,", "price", "no_number"),
        ("某车,6,5,4,汽油,", "model", "unknown_model"),
        (",6,5,4,汽油,", "model", "no_model"),
    ],
)
def test_row_that_cannot_be_used_is_left_out(cells, field, code):
    found = cars(cells)
    assert [(fault.field, fault.code, fault.rows) for fault in found.faults if fault.is_left_out] == [(field, code, (PLAIN,))]
    assert len(found.rows) == PLAIN


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ("朗逸,6.9,999999,4,汽油,", "mileage_km", "impossible"),
        ("朗逸,6.9,-1,4,汽油,", "mileage_km", "impossible"),
        ("朗逸,6.9,450,4,汽油,", "mileage_km", "absurd"),
        ("朗逸,6.9,五万,4,汽油,", "mileage_km", "no_number"),
        ("朗逸,6.9,5,-4,汽油,", "first_used", "impossible"),
        ("朗逸,6.9,5,4,蒸汽,", "energy", "unknown_word"),
        ("朗逸,6.9,5,4,汽油,也许", "accident", "unknown_word"),
    ],
)
def test_cell_that_cannot_be_used_counts_as_not_said_and_is_never_made_up(cells, field, code):
    found = cars(cells)
    assert [(fault.field, fault.code, fault.is_left_out) for fault in found.faults] == [(field, code, False)]
    row = next(each for each in found.rows if each.row_no == PLAIN)
    if field in ("mileage_km", "first_used"):
        assert getattr(row.asked, field) is None


def test_accident_and_flood_cars_are_a_class_of_their_own():
    conditions = [row.asked.condition for row in cars("朗逸,3,5,4,汽油,是", "朗逸,3.1,5.1,4,汽油,1").rows]
    assert conditions[PLAIN:] == ["accident", "accident"]


def test_copies_without_a_name_are_found_by_what_they_say_and_the_newest_counts():
    rows = "".join(f"朗逸,{6 + no / 10},{5 + no / 10},2026-03-0{1 + no}\n" for no in range(6))
    found = reading(f"车系,报价(万元),里程(万公里),日期\n{rows}朗逸,6.0,5.0,2026-03-20\n朗逸,6.0,5.0,2026-03-02\n", "car")
    assert found.copies == 2
    assert [(row.row_no, row.seen_on.day) for row in found.rows if row.price_fen == 6_000_000] == [(6, 20)]


def test_name_of_a_thing_is_kept_as_a_keyed_hash_only(hub):
    operator = make_member(hub, "operator")
    finish(hub, operator, make_import(hub, operator, TABLE.replace("A5", "LSVAA2180E2123456").encode(), checked=True))
    with hub.look() as work:
        kept = list(work.session.scalars(select(ObservedPrice.cluster)))
    assert len(kept) == 6
    assert all(len(name) == 32 for name in kept)
    assert not any("LSVAA2180E2123456" in name for name in kept)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_encodings_marks_and_packing_give_the_same_rows(mark, encoding, is_packed):
    data = TABLE.replace(",", mark).encode(encoding)
    table = table_of_file(gzip.compress(data) if is_packed else data)
    assert len(read(table, "phone", guess("phone", list(table.columns)), DAY, str).rows) == 6


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


HOSTILE = {
    "nothing": (b"", "empty"),
    "blank lines": (b"\n\n\r\n", "empty"),
    "headings only": ("型号,价格\n".encode(), "empty"),
    "byte order mark only": (b"\xef\xbb\xbf", "empty"),
    "workbook": (_zip(), "workbook"),
    "gzip cut off": (gzip.compress(TABLE.encode())[:-12], "unreadable"),
    "gzip with a wrong sum": (gzip.compress(TABLE.encode())[:-8] + bytes(8), "unreadable"),
    "gzip with rubbish inside": (b"\x1f\x8b\x08\x00" + bytes(200), "unreadable"),
    "gzip head only": (b"\x1f\x8b", "unreadable"),
    "bomb": (gzip.compress(bytes(200_000_000)), "too_large"),
    "bomb of rows": (gzip.compress(b"a,b\n" * 3_000_000), "too_large"),
    "bomb of two members": (gzip.compress(b"a,b\n" + b"1,2\n" * 4_000_000) * 4, "too_large"),
    "too many rows": (b"a,b\n" + b"1,2\n" * (BOUNDS.rows + 1), "too_large"),
    "too many columns": (b",".join(b"c%d" % no for no in range(BOUNDS.columns + 1)) + b"\n1\n", "too_large"),
    "a million commas": (b"," * 1_000_000 + b"\n1\n", "too_large"),
    "a wide head over short rows": (b",".join(b"c%d" % no for no in range(190)) + b"\n" + b"1\n" * 20_000, "too_large"),
    "cell of two million signs": (b"a,b\n" + b"x" * 2_000_000 + b",2\n", "not_csv"),
    "quote that never ends": ('型号,价格\n"iPhone 13,2300\n'.encode() + b"x" * 1_100_000, "not_csv"),
    "one column": ("价格\n2300\n".encode(), "one_column"),
    "marks nobody knows": ("型号|价格\niPhone 13|2300\n".encode(), "one_column"),
    "heading twice": ("价格,价格\n1,2\n".encode(), "twice"),
    "two headings that are empty": (b",,a\n1,2,3\n", "twice"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj,2\n<< /Type /Catalog >>\n", "one_column"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01,\x02\n" + bytes(range(256)) * 20, "not_text"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "one_column"),
    "program": (b"\x7fELF\x02\x01\x01,\x00\n" + bytes(300) + b"a,b\n", "not_text"),
    "UTF-16": (TABLE.encode("utf-16"), "not_text"),
    "UTF-32": (TABLE.encode("utf-32"), "not_text"),
    "NUL in a heading": ("型\x00号,价格\n1,2\n".encode(), None),
    "escape in a heading": ("\x1b[31m型号,价格\n1,2\n".encode(), "not_text"),
    "half a letter": (b"\xe5\x9e,\xff\xfe\n1,2\n", "not_text"),
    "formula": ("型号,价格\n=1+1,@SUM(A1)\n".encode(), None),
    "markup": ("<script>alert(1)</script>,价格\n<img src=x onerror=alert(1)>,2\n".encode(), None),
    "templates": (b"{{7*7}},{%x%}\n${7*7},#{1}\n", None),
    "SQL": ("型号,价格\n'); DROP TABLE price_table;--,1\n".encode(), None),
    "numbers of every script": ("型号,价格\niPhone 13,٢٣٠٠\niPhone 13,²\niPhone 13,1_000\niPhone 13,NaN\niPhone 13,-Infinity\n".encode(), None),
    "huge numbers": ("型号,价格\niPhone 13,1e308\niPhone 13,9999999999999999999999\niPhone 13,1e-320\n".encode(), None),
    "right to left": ("型号,价格\n\u202egpj.exe,\u202e0032\n".encode(), None),
    "heap of marks": (("型号,价格\na" + "\u0300" * 5_000 + ",2300\n").encode(), None),
    "surrogates": (b"\xed\xa0\x80,\xed\xb0\x80\n1,2\n", "not_text"),
    "rows of every width": ("型号,价格\n\niPhone 13\niPhone 13,2300,1,2,3\n,,\n".encode(), None),
    "quotes and line breaks in cells": ('"型\n号",价格\n"iPhone\r\n13","2,300"\n'.encode(), None),
    "old line ends": ("型号,价格\riPhone 13,2300\r".encode(), None),
    "days that are none": ("型号,价格,日期\niPhone 13,1,2026-13-45\niPhone 13,1,0000-00-00\niPhone 13,1,99999\niPhone 13,1,2026-02-30\n".encode(), None),
}  # fmt: skip


def test_there_are_forty_and_more_hostile_files():
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_file_is_refused_in_words_or_read_without_harm(name):
    data, expected = HOSTILE[name]
    if expected is not None:
        with pytest.raises(TableUnusable) as refused:
            table_of_file(data)
        assert refused.value.errors["file"] == TableUnusable.sentences[expected]
        return
    table = table_of_file(data)
    for category in ("phone", "car", "appliance"):
        names = [each for each in table.columns if each]
        chosen = guess(category, names) | {"model": Chosen(names[0]), "price": Chosen(names[1], "yuan")}
        found = read(table, category, chosen, DAY, lambda said: said)
        assert len(found.rows) + found.copies + found.refused == found.n_rows
        found.to_plain()


def test_rejects_can_be_corrected_and_hold_no_formula():
    found = reading(TABLE)
    table = table_of_file(TABLE.replace("iPhone 99", "=HYPERLINK(1)").encode())
    said = rejects(table, [fault.to_plain() for fault in found.faults], lambda fault: fault["code"], ("row", "reason"))
    lines = said.splitlines()
    assert lines[0].endswith("编号,row,reason")
    assert [line.rsplit(",", 2)[1:] for line in lines[1:]] == [["3", "no_number"], ["4", "unknown_model"], ["8", "copy"]]
    assert "'=HYPERLINK(1)" in lines[2]
    for cell, shown in [("-5", "-5"), ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"), ("@x", "'@x"), ("-2+3", "'-2+3")]:
        table = table_of_file(f"型号,价格\n{cell},1\n".encode())
        fault = {"is_left_out": True, "rows": [0], "code": "x"}
        assert rejects(table, [fault], lambda _: "x", ("row", "reason")).splitlines()[1].split(",")[0] == shown


# The life of an upload


def finish(hub, operator, code: str) -> PriceImport:
    """Import what was checked, at once."""
    with hub.begin(actor(hub, operator)) as work:
        row = service.ask_to_import(work, code, price_import(work, code).version, by_job=False)
        sent = TableSent(row.id, row.version)
    read_table(hub, sent)
    with hub.look() as work:
        return price_import(work, code)


def counts(hub) -> tuple[int, int]:
    with hub.look() as work:
        return tuple(work.session.scalar(select(func.count()).select_from(kind)) for kind in (PriceTable, ObservedPrice))


def test_upload_is_checked_without_keeping_a_row_and_imported_with_its_provenance(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, checked=True)
    assert counts(hub) == (0, 0)
    row = finish(hub, operator, code)
    assert (row.state, counts(hub)) == ("imported", (1, 6))
    with hub.look() as work:
        (table,) = work.session.scalars(select(PriceTable))
        assert (table.n_rows, table.n_kept, table.n_copies, table.n_refused) == (9, 6, 1, 2)
        assert (table.price_kind, table.source, table.by_id) == ("dealer_asking", "清河二手行情（测试）", operator.id)
        assert table.mapping["price"] == ["成交价（元）", "yuan"]
        assert {each.price_kind for each in work.session.scalars(select(ObservedPrice))} == {"dealer_asking"}


def test_large_table_is_read_by_the_worker(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator)
    with hub.begin(actor(hub, operator)) as work:
        service.ask_to_check(work, code, told_of())
    hub.drain()
    with hub.begin(actor(hub, operator)) as work:
        row = price_import(work, code)
        assert (row.state, row.report["kept"]) == ("checked", 6)
        service.ask_to_import(work, code, row.version)
    hub.drain()
    assert counts(hub) == (1, 6)


def test_job_that_comes_twice_or_too_late_changes_nothing(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, checked=True)
    with hub.begin(actor(hub, operator)) as work:
        row = service.ask_to_import(work, code, price_import(work, code).version, by_job=False)
        sent = TableSent(row.id, row.version)
    for event in (TableSent(sent.import_id, sent.version - 1), sent, sent):
        read_table(hub, event)
    assert counts(hub) == (1, 6)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"price_kind": "whatever"}, "price_kind"),
        ({"source": ""}, "source"),
        ({"licence": "x"}, "licence"),
        ({"as_of": "2099-01-01"}, "as_of"),
        ({"columns": {"price": ["成交价（元）", "yuan"]}}, "column_model"),
        ({"columns": {"price": ["型号", "yuan"], "model": ["型号", ""]}}, "column_price"),
    ],
)
def test_what_cannot_be_so_is_refused_by_field(hub, told, field):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator)
    with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, operator)) as work:
        service.ask_to_check(work, code, told_of(told))
    assert field in refused.value.errors


def test_same_file_counts_once_for_a_kind_also_packed(hub):
    operator = make_member(hub, "operator")
    finish(hub, operator, make_import(hub, operator, checked=True))
    with pytest.raises(TableKnown):
        make_import(hub, operator, gzip.compress(TABLE.encode()), checked=True)
    assert counts(hub) == (1, 6)


def test_table_of_which_nothing_can_be_used_is_not_imported(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, TABLE.replace("iPhone 13", "iPhone 99").encode(), checked=True)
    with pytest.raises(NothingToImport), hub.begin(actor(hub, operator)) as work:
        service.ask_to_import(work, code, price_import(work, code).version)


def test_check_that_was_made_anew_is_not_imported_unseen(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, checked=True)
    with hub.look() as work:
        seen = price_import(work, code).version
    with hub.begin(actor(hub, operator)) as work:
        service.ask_to_check(work, code, told_of({"price_kind": "recycling"}))
    hub.drain()
    with pytest.raises(Conflict), hub.begin(actor(hub, operator)) as work:
        service.ask_to_import(work, code, seen)


def test_two_operators_who_import_the_same_file_at_once_make_one_table(hub):
    operators = [make_member(hub, "operator") for _ in range(2)]
    sent = []
    for operator in operators:
        code = make_import(hub, operator, checked=True)
        with hub.begin(actor(hub, operator)) as work:
            row = service.ask_to_import(work, code, price_import(work, code).version, by_job=False)
            sent.append(TableSent(row.id, row.version))
    start = threading.Barrier(2)
    troubles = []

    def go(event: TableSent) -> None:
        start.wait()
        try:
            read_table(hub, event)
        except Exception as trouble:  # whatever a thread raises is compared by the test
            troubles.append(trouble)

    threads = [threading.Thread(target=go, args=(event,)) for event in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert counts(hub) == (1, 6)
    with hub.look() as work:
        assert sorted(work.session.scalars(select(PriceImport.state))) == ["failed", "imported"]


def test_import_that_does_not_end_is_taken_back_and_its_late_job_keeps_nothing(hub, client):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, checked=True)
    with hub.begin(actor(hub, operator)) as work:
        row = service.ask_to_import(work, code, price_import(work, code).version, by_job=False)
        sent = TableSent(row.id, row.version)
    client.set_cookie("lang", "en")
    sign_in(client, hub, operator)
    page = client.get(f"/operator/prices/{code}")
    assert "Take this import back" in page.text
    assert client.post(f"/operator/prices/{code}/drop", data={"csrf_token": token_of(page)}).status_code == 303
    read_table(hub, sent)
    with hub.look() as work:
        row = price_import(work, code)
        assert (row.state, row.data, row.table_id) == ("dropped", None, None)
    assert counts(hub) == (0, 0)
    again = finish(hub, operator, make_import(hub, operator, checked=True))
    assert counts(hub) == (1, 6), "the same file can be uploaded again"
    with pytest.raises(BadState), hub.begin(actor(hub, operator)) as work:
        service.drop_import(work, again.code)


def test_file_that_was_put_away_or_is_old_is_forgotten(hub):
    operator = make_member(hub, "operator")
    dropped, old, done = (make_import(hub, operator, checked=no == 2) for no in range(3))
    finish(hub, operator, done)
    with hub.begin(actor(hub, operator)) as work:
        service.drop_import(work, dropped)
        for code in (old, done):
            service.on_forget(work, price_import(work, code).id)
    with hub.look() as work:
        rows = [price_import(work, code) for code in (dropped, old, done)]
        assert [(row.state, row.data) for row in rows] == [("dropped", None), ("dropped", None), ("imported", None)]
    with pytest.raises((ImportForgotten, BadState)), hub.begin(actor(hub, operator)) as work:
        service.ask_to_check(work, old, told_of({"price_kind": "recycling"}))


# Pages


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
