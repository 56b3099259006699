"""Cars on the command line: one object, one per line, and bad input among good."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from grading.__main__ import main

GOOD = '{"body": ["26HH1", "31HH1"], "valuation": {"new_price": 200000, "used_months": 18}}'


def run(
    text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, scheme: str = "gbt30323-2013"
) -> tuple[int, list[dict[str, object]]]:
    file = tmp_path / "cars.ndjson"
    file.write_text(text, encoding="utf-8")
    code = main(["grade", "--scheme", scheme, "--ndjson", str(file)])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_car(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "car.json"
    file.write_text(GOOD, encoding="utf-8")
    assert main(["grade", "--scheme", "gbt30323-2013", str(file)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["scheme"], answer["scheme_version"], answer["status"], answer["tier"]) == (
        "gbt30323-2013", "2013/r1", "graded", "一级",
    )  # fmt: skip
    assert (answer["score"], answer["value"], answer["fully_functional"]) == (99.0, "190800.00", None)
    assert answer["sections"] == {
        "body_exterior": 19.0, "engine_bay": 20.0, "cockpit": 10.0, "start_up": 20.0, "road_test": 15.0, "chassis": 15.0,
    }  # fmt: skip
    assert answer["cost"]["rate"] == "0.954"


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'\n{"frame": ["4SH"]}\n\n{}\n')))
    assert main(["grade", "--scheme", "gbt30323-2013", "--ndjson"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["status"], first["tier"], first["score"], first["sections"], first["value"]) == (
        "accident",
        "五级",
        None,
        None,
        None,
    )
    assert second["score"] == 100.0


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("{", "json", ""), ("[]", "json", ""), ("7", "json", ""), ('{"body": []', "json", ""), ("[" * 100_000, "json", ""),
        ('{"colour": 1}', "unknown_name", "colour"), ('{"body": "26HH1"}', "shape", "body"), ('{"body": [26]}', "shape", "body[0]"),
        ('{"body": ["HH1"]}', "shape", "body[0]"), ('{"body": ["26HH4"]}', "answer", "body[0]"), ('{"body": ["14HH1", "26TREAD4"]}', "answer", "body[1]"),
        ('{"body": ["13HH1"]}', "unknown_item", "body[0]"), ('{"body": ["40HH1"]}', "unknown_item", "body[0]"), ('{"body": ["26hh1"]}', "shape", "body[0]"),
        ('{"frame": ["14SH"]}', "unknown_item", "frame[0]"), ('{"frame": ["4HH"]}', "answer", "frame[0]"), ('{"frame": ["4SH1"]}', "answer", "frame[0]"),
        ('{"answers": []}', "shape", "answers"), ('{"answers": {"12": "C"}}', "unknown_item", "answers.12"), ('{"answers": {"114": "C"}}', "unknown_item", "answers.114"),
        ('{"answers": {"53": "B"}}', "answer", "answers.53"), ('{"answers": {"43": "NI"}}', "answer", "answers.43"), ('{"answers": {"43": true}}', "answer", "answers.43"),
        ('{"answers": {"43": "D"}}', "answer", "answers.43"), ('{"answers": {"43": 1.5}}', "answer", "answers.43"),
        ('{"tradable": {"9": "N"}}', "unknown_item", "tradable.9"), ('{"tradable": {"1": "A"}}', "answer", "tradable.1"), ('{"tradable": null}', "shape", "tradable"),
        ('{"not_inspected": ["114"]}', "unknown_item", "not_inspected[0]"), ('{"not_inspected": {}}', "shape", "not_inspected"),
        ('{"not_inspected": ["43"], "answers": {"43": "B"}}', "twice", "answers.43"), ('{"facts": {"flood_vehicle": 1}}', "answer", "facts.flood_vehicle"),
        ('{"valuation": {"used_months": 1}}', "answer", "valuation.new_price"), ('{"valuation": {"new_price": -1, "used_months": 1}}', "answer", "valuation.new_price"),
        ('{"valuation": 5}', "shape", "valuation"), ('{"answers": {"49": "\\ud800"}}', "answer", "answers.49"), ('{"\\ud800": 1}', "unknown_name", None),
    ],
)  # fmt: skip
def test_bad_lines_are_refused_and_the_others_graded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: str, path: str | None
) -> None:
    exit_code, answers = run(f"{GOOD}\n{text}\n{GOOD}\n", capsys, tmp_path)
    assert exit_code == 2
    assert [answer.get("score") for answer in answers] == [99.0, None, 99.0]
    error = answers[1]["error"]
    assert isinstance(error, dict)
    assert set(error) == {"code", "message", "path"}
    assert error["code"] == code
    assert path is None or error["path"] == path


def test_a_line_that_is_too_long_costs_only_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exit_code, answers = run("x" * 2_500_000 + "\n{}\n", capsys, tmp_path)
    assert exit_code == 2
    assert [answer.get("score") for answer in answers] == [None, 100.0]


def test_electric_cars_and_phones_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answers = run('{"soh_percent": 85.5}\n{}\n', capsys, tmp_path, "ev-house-1")
    assert (code, [(a["status"], a["score"], a["tier"]) for a in answers]) == (
        0,
        [("graded", 96.0, "一级"), ("ungradable", None, None)],
    )
    code, answers = run('{"facts": {}, "assume_clean": true}\n', capsys, tmp_path, "phone-2026.1")
    assert (code, answers[0]["status"], answers[0]["sections"]["P2"]) == (0, "ungradable", 0.0)  # type: ignore[index]
