"""What a table may look like: roles of columns, cells of every kind, faults told by column and row."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pytest

from grading.pricing.cleaning import Cleaned, clean
from grading.pricing.columns import parse_columns, read_columns
from grading.pricing.errors import ColumnsRefused, TableRefused
from grading.pricing.table import read_moment, read_number, read_table, read_word, table_of
from tests.grading.pricing import market


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12),
        (" 1,234,567 ", 1_234_567),
        ("12.5万公里", 125_000),
        ("￥12,800", 12_800),
        ("１２８", 128),
        ("3.5 万", 35_000),
        ("1.2e5", 120_000),
        ("256GB", 256),
        ("2.0T", 2.0),
        ("15k", 15_000),
        ("110 kW", 110),
        ("-3", -3),
        ("12,5", 12.5),
        ("€ 900", 900),
    ],
)
def test_numbers_are_read_as_people_write_them(cell: str, value: float) -> None:
    assert read_number(cell) == (pytest.approx(value), True)


@pytest.mark.parametrize("cell", ["", " ", "NaN", "n/a", "未知", "--", "None", "？"])
def test_nothing_said_is_no_fault(cell: str) -> None:
    value, understood = read_number(cell)
    assert math.isnan(value)
    assert understood
    assert read_word(cell) == ""


@pytest.mark.parametrize("cell", ["abc", "3-4", "1/2/2020", "国VI", "1e999", "12 34"])
def test_what_is_no_number_is_told(cell: str) -> None:
    value, understood = read_number(cell)
    assert math.isnan(value)
    assert not understood


@pytest.mark.parametrize(
    ("cell", "value"),
    [("2016-03-26 00:00:00", 2016.23), ("2024", 2024), ("2021/7/1", 2021.49), ("20240101", 2024.0), ("2022-05", 2022.33)],
)
def test_moments_grow_with_time(cell: str, value: float) -> None:
    assert read_moment(cell) == pytest.approx(value, abs=0.01)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([["trim", "series", "maker"]], (("trim", "series", "maker"),)),
        (["trim", "series"], (("trim", "series"),)),
        ([["trim", "series"], ["colour"]], (("trim", "series"), ("colour",))),
        ({"model": ["series", "maker"]}, (("series", "maker"),)),
        ("series", (("series",),)),
    ],
)
def test_hierarchies_are_lists_from_fine_to_coarse(given: object, expected: object) -> None:
    assert parse_columns({"target": "price", "hierarchy": given}).hierarchy == expected


def test_roles_are_put_in_order_and_said() -> None:
    columns = parse_columns(
        {
            "target": "price",
            "categorical": ["maker", "tier", "price"],
            "numeric": ["km", "new_price"],
            "hierarchy": [["year", "series"]],
            "monotone": {"tier": 1, "year": "+1", "km": -1},
            "reference_price": "new_price",
            "something": 1,
        }
    )
    assert columns.categorical == ("maker",)
    assert columns.numeric == ("km", "tier", "year")
    assert columns.hierarchy == (("series",),)
    assert (columns.sign("new_price"), columns.sign("year"), columns.sign("km")) == (1, 1, -1)
    assert len(columns.notes) == 6
    assert parse_columns(columns.to_plain()).to_plain() == columns.to_plain()


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"numeric": ["km"]}, "target"),
        ({"target": "price"}, "numeric"),
        ({"target": "price", "numeric": {"km": 1}}, "numeric"),
        ({"target": "price", "monotone": {"km": 2}}, "monotone"),
        ({"target": "price", "monotone": ["km"]}, "monotone"),
        ({"target": ["price", "cost"], "numeric": ["km"]}, "target"),
        ({"target": "price", "hierarchy": 3}, "hierarchy"),
    ],
)
def test_roles_of_a_wrong_form_are_refused_by_key(document: dict[str, object], key: str) -> None:
    with pytest.raises(ColumnsRefused) as refused:
        parse_columns(document)
    assert refused.value.detail["key"] == key


def test_a_file_of_roles_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("target: [", encoding="utf-8")
    with pytest.raises(ColumnsRefused):
        read_columns(tmp_path / "c.yaml")
    with pytest.raises(ColumnsRefused):
        read_columns(tmp_path / "absent.yaml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_are_read_in_any_usual_dress(tmp_path: Path, encoding: str, packed: bool, mark: str) -> None:
    data = (
        mark.join(["车系", "price"]).encode(encoding)
        + b"\r\n"
        + f'"奔驰{mark}GLC"{mark}1\r\n\r\n短\r\n'.encode(encoding.replace("-sig", ""))
    )
    (tmp_path / "t.csv").write_bytes(gzip.compress(data) if packed else data)
    table = read_table(tmp_path / "t.csv")
    assert table.n_rows == 2
    assert list(table.column("车系")) == [f"奔驰{mark}GLC", "短"]
    assert list(table.column("price")) == ["1", ""]
    assert list(table.column("absent")) == ["", ""]


@pytest.mark.parametrize("data", [b"", b"a,a\n1,2\n", b"\x1f\x8bnot gzip"])
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(TableRefused):
        read_table(tmp_path / "t.csv")


def test_a_header_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n", encoding="utf-8")
    assert read_table(tmp_path / "t.csv").n_rows == 0


def dirty() -> tuple[list[dict[str, object]], Cleaned]:
    rows = market.rows(200, 8)
    rows[0]["price"], rows[1]["price"], rows[2]["price"], rows[3]["price"] = "abc", "", -5, 9_999_999_999
    rows[4]["price"] = float(str(rows[4]["price"])) / 10_000  # written in 万
    rows[5]["km"], rows[6]["km"], rows[7]["km"] = "12.5万公里", 999_999_999, "many"
    rows[8]["power"], rows[9]["new_price"] = 90_000, 3
    rows.append({**rows[20]})
    return rows, clean(table_of(rows), parse_columns(market.ROLES))


def test_faults_are_told_by_column_and_row_and_put_right() -> None:
    rows, cleaned = dirty()
    told = {(str(p["column"]), row): str(p["action"]) for p in cleaned.report.problems for row in list(p["rows"])}  # type: ignore[call-overload]
    for row in (0, 1, 2, 3, 4):
        assert told.pop(("price", row)) == "row left out"
    assert told.pop(("km", 6)) == "moved to the limit"
    assert told.pop(("km", 7)) == "taken as not said"
    assert told.pop(("power", 8)) == "taken as not said"
    assert told.pop(("new_price", 9)) == "taken as not said"
    assert told.pop(("code", 20)) == "row left out"
    assert told == {}
    assert cleaned.report.n_used == len(cleaned.price) == len(rows) - 6
    at = {int(row): place for place, row in enumerate(cleaned.kept)}
    assert cleaned.frame.numbers["km"][at[5]] == 125_000
    assert np.isnan(cleaned.frame.numbers["power"][at[8]])


def test_a_column_of_numbers_that_holds_words_becomes_a_category() -> None:
    rows = market.rows(60)
    for row in rows:
        row["power"] = "strong" if float(str(row["age"])) > 4 else "weak"
    columns = clean(table_of(rows), parse_columns(market.ROLES)).columns
    assert "power" in columns.categorical
    assert "power" not in columns.numeric


def test_an_id_that_names_no_single_thing_does_not_delete_the_table() -> None:
    rows = [{**row, "code": "same"} for row in market.rows(60)]
    cleaned = clean(table_of(rows), parse_columns(market.ROLES))
    assert cleaned.report.n_used == 60
    assert any("does not name single things" in note for note in cleaned.report.notes)


def test_too_few_prices_are_refused_with_the_report() -> None:
    rows = market.rows(6)
    rows[0]["price"] = rows[1]["price"] = ""
    with pytest.raises(TableRefused) as refused:
        clean(table_of(rows), parse_columns(market.ROLES))
    report = refused.value.detail["report"]
    assert isinstance(report, dict)
    assert report["problems"]


def test_a_table_without_its_target_is_refused() -> None:
    with pytest.raises(ColumnsRefused):
        clean(table_of([{"km": 1}]), parse_columns(market.ROLES))
