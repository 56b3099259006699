"""Price tables of others: read as people write them, faults told by column and row, hostile files refused in words."""

from __future__ import annotations

import gzip
from datetime import date

import pytest

from app.valuation.errors import TableUnusable
from app.valuation.fields import Chosen, guess
from app.valuation.importing import read, rejects, table_of_file
from tests.valuation.hostile import HOSTILE
from tests.valuation.making import TABLE

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


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_encodings_marks_and_packing_give_the_same_rows(mark, encoding, is_packed):
    data = TABLE.replace(",", mark).encode(encoding)
    table = table_of_file(gzip.compress(data) if is_packed else data)
    assert len(read(table, "phone", guess("phone", list(table.columns)), DAY, str).rows) == 6


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
