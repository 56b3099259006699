"""The command line as a machine uses it: files in, files and JSON out."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from grading.pricing import __main__ as command
from grading.pricing import artifacts
from tests.grading.pricing import market

HEADER = ["row", "price", "low80", "high80", "low90", "high90", "basis"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder."""
    place = tmp_path_factory.mktemp("model")
    artifacts.save(market.fitted()[0], place, {"card.zh.md": "说明\n".encode(), "card.en.md": b"card\n"}, {})
    return place


def predicted(folder: Path, table: Path, out: Path) -> list[dict[str, str]]:
    assert command.main(["predict", "--model", str(folder), "--table", str(table), "--out", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        found = list(reader)
    assert reader.fieldnames == HEADER
    return found


def test_fit_predict_evaluate_explain_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = market.write_csv(tmp_path / "t.csv", market.rows(150))
    roles = market.write_roles(tmp_path / "roles.yaml")
    model = tmp_path / "model"
    assert (
        command.main(["fit", "--table", str(table), "--columns", str(roles), "--out", str(model), "--threads", "1", "--quick"])
        == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert answer["report"]["used"] == 150
    assert answer["sha256"] == artifacts.read_manifest(model)["sha256"]
    rows = predicted(model, table, tmp_path / "p.csv")
    assert [row["row"] for row in rows] == [str(number) for number in range(150)]
    assert {row["basis"] for row in rows} <= {"warm", "cold"}
    for row in rows:
        price, low80, high80, low90, high90 = (float(row[name]) for name in HEADER[1:6])
        assert 0 < low90 <= low80 <= price <= high80 <= high90
    capsys.readouterr()
    assert command.main(["evaluate", "--model", str(model), "--table", str(table)]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["all"]["rows"] == 150
    assert measured["all"]["mape"] < 0.2
    given = json.dumps({"series": "series 3", "km": 50000, "age": 3})
    assert command.main(["explain", "--model", str(model), "--row", given]) == 0
    why = json.loads(capsys.readouterr().out)
    assert why["start"] + sum(one["step"] for one in why["reasons"]) == why["price"]
    assert command.main(["card", "--model", str(model)]) == 0
    card = capsys.readouterr().out
    assert "估价模型说明" in card
    assert "Model card" in card
    manifest = artifacts.read_manifest(model)
    assert {"versions", "data", "settings", "files", "sha256"} <= set(manifest)


def test_a_table_that_is_unlike_the_training_table_is_still_answered(folder: Path, tmp_path: Path) -> None:
    strange: list[dict[str, object]] = [
        {"series": "never seen", "maker": "nobody", "km": "many", "age": "", "extra": "x"},
        {"series": "series 3", "maker": "maker 3", "km": "9999999999", "age": "-4", "extra": ""},
        {"series": "", "maker": "", "km": "", "age": "", "extra": "only this"},
        {"series": "系列, 逗号", "maker": "maker 1", "km": "3万公里", "age": "2", "extra": ""},
    ]
    rows = predicted(folder, market.write_csv(tmp_path / "t.csv", strange), tmp_path / "p.csv")
    assert [row["basis"] for row in rows] == ["cold", "warm", "refused:nothing_known", "cold"]
    assert [rows[2][name] for name in HEADER[1:6]] == [""] * 5
    assert all(float(rows[number]["price"]) > 1000 for number in (0, 1, 3))


def test_a_missing_column_is_not_read_as_zero(folder: Path, tmp_path: Path) -> None:
    whole = market.rows(60, 12)
    part = [{name: value for name, value in row.items() if name not in ("power", "new_price")} for row in whole]
    one = predicted(folder, market.write_csv(tmp_path / "a.csv", whole), tmp_path / "pa.csv")
    other = predicted(folder, market.write_csv(tmp_path / "b.csv", part), tmp_path / "pb.csv")
    ratios = sorted(float(b["price"]) / float(a["price"]) for a, b in zip(one, other, strict=True))
    assert 0.9 < ratios[len(ratios) // 2] < 1.1
    assert ratios[0] > 0.5


def test_an_empty_table_has_an_empty_answer(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("series,km\n", encoding="utf-8")
    assert predicted(folder, tmp_path / "t.csv", tmp_path / "p.csv") == []


@pytest.mark.parametrize(
    ("changed", "basis"),
    [({}, "cost"), ({"reference_price": None, "monotone": {"km": -1}}, "median")],
)
def test_few_rows_give_the_cost_formula_or_the_median(tmp_path: Path, changed: dict[str, object], basis: str) -> None:
    rows = [{**row, "new_price": row["new_price"] or 150_000} for row in market.rows(20)]
    table = market.write_csv(tmp_path / "t.csv", rows)
    roles = market.write_roles(tmp_path / "roles.yaml", **changed)
    assert command.main(["fit", "--table", str(table), "--columns", str(roles), "--out", str(tmp_path / "m")]) == 0
    found = predicted(tmp_path / "m", table, tmp_path / "p.csv")
    assert {row["basis"] for row in found} == {basis}
    assert all(float(row["low90"]) <= float(row["price"]) <= float(row["high90"]) for row in found)
    assert command.main(["explain", "--model", str(tmp_path / "m"), "--row", '{"km": 5, "new_price": 90000}']) == 0
    assert command.main(["card", "--model", str(tmp_path / "m"), "--language", "zh"]) == 0


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert command.main(list(words)) == 2
    answer = json.loads(capsys.readouterr().err)
    assert isinstance(answer, dict)
    return answer


def test_refusals_are_json_and_name_the_fault(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = market.write_csv(tmp_path / "few.csv", market.rows(3))
    roles = market.write_roles(tmp_path / "roles.yaml")
    fit = ("fit", "--table", str(few), "--columns", str(roles), "--out", str(tmp_path / "m"))
    assert refused(capsys, *fit)["error"] == "table"
    assert not (tmp_path / "m").exists()
    bad = market.write_roles(tmp_path / "bad.yaml", monotone={"km": 7})
    assert refused(capsys, *fit[:4], str(bad), *fit[5:])["key"] == "monotone"
    absent = ("predict", "--model", str(tmp_path / "none"), "--table", str(few), "--out", str(tmp_path / "p.csv"))
    assert refused(capsys, *absent)["file"] == "manifest.json"
    no_target = market.write_csv(tmp_path / "n.csv", [{"km": 1}])
    assert refused(capsys, "evaluate", "--model", str(folder), "--table", str(no_target))["column"] == "price"
    assert refused(capsys, "explain", "--model", str(folder), "--row", "{")["error"] == "table"
