"""`python -m grading` as somebody runs it who recomputes a grade."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grading.__main__ import main
from tests.grading.phone import CLEAN, SCHEME, phone


def run(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, object]]:
    file = tmp_path / "findings.json"
    file.write_text(text, encoding="utf-8")
    code = main(["grade", "phone-2026.1", str(file), *options])
    said = capsys.readouterr()
    return code, json.loads(said.err if code else said.out)


def test_it_grades_findings_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    findings = CLEAN | {"screen_glass": "light", "battery_pct": 91}
    code, answer = run(tmp_path, json.dumps(findings), capsys)
    assert code == 0
    assert (answer["scheme"], answer["status"], answer["tier"], answer["score"]) == ("phone-2026.1", "graded", "B", 93.0)
    assert answer["scheme_sha256"] == SCHEME.sha256
    assert answer["sections"]["P3"] == 6  # type: ignore[index]
    assert answer["caps"][0]["tier"] == "B"  # type: ignore[index]


def test_facts_stand_beside_findings_and_the_whole_content_can_be_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps({"findings": CLEAN, "facts": {"found_not_declared": True}})
    code, answer = run(tmp_path, text, capsys, "--content")
    assert code == 0
    assert answer["credit_events"] == ["undisclosed_defect"]
    del answer["credit_events"], answer["cross_rules"], answer["facts"]
    expected = phone().to_content()
    assert answer == {key: expected[key] for key in answer}


def test_figures_are_read_exactly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(CLEAN).replace('"battery_pct": 100', '"battery_pct": 89.99')
    assert run(tmp_path, text, capsys)[1]["score"] == 96.0


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "input"), ("[]", "input"), ("{", "input"), ("null", "input"), ('{"a": NaN}', "input"), ('{"a": 1, "a": 2}', "input"),
        ('{"findings": []}', "input"), ('{"findings": {}, "facts": 1}', "input"), ('{"findings": {}, "extra": {}}', "input"),
        ('{"battery_pct": ' + "9" * 5000 + "}", "input"), ("[" * 100_000, "input"), ('{"colour": "red"}', "findings"),
        ('{"battery_pct": 1e400000}', "findings"), ('{"battery_pct": true}', "findings"), (" " * 1_000_001, "input"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, error: str) -> None:
    code, answer = run(tmp_path, text, capsys)
    assert (code, answer["error"]) == (2, error)


def test_a_report_is_checked_by_grading_its_findings_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = phone(screen_glass="light").to_content()
    file = tmp_path / "report.json"
    for report in (content, {"no": "1", "result": content}):
        file.write_text(json.dumps(report), encoding="utf-8")
        assert main(["check", str(file)]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["agrees"], answer["differing"], answer["recomputed"]["tier"]) == (True, [], "B")
    file.write_text(json.dumps({"result": {**content, "tier": "A", "extra": 1}}), encoding="utf-8")
    assert main(["check", str(file)]) == 1
    assert json.loads(capsys.readouterr().out)["differing"] == ["extra", "tier"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scheme_sha256": "0" * 64}, "scheme"),
        ({"scheme_id": "phone-1999"}, "scheme"),
        ({"findings": {"colour": "red"}}, "findings"),
        ({"findings": []}, "findings"),
        ({"facts": None}, "findings"),
    ],
)
def test_a_report_that_cannot_be_graded_again_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object], error: str
) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps({**phone().to_content(), **change}), encoding="utf-8")
    assert main(["check", str(file)]) == 2
    assert json.loads(capsys.readouterr().err)["error"] == error


def test_missing_files_and_schemes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grade", "phone-2026.1", str(tmp_path / "none.json")]) == 2
    assert main(["grade", "phone-2026.1", str(tmp_path)]) == 2
    (tmp_path / "f.json").write_text("{}")
    capsys.readouterr()
    assert main(["grade", "phone-1999", str(tmp_path / "f.json")]) == 2
    assert json.loads(capsys.readouterr().err)["error"] == "scheme"


def test_the_library_runs_without_the_marketplace(tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    file.write_text(json.dumps(CLEAN), encoding="utf-8")
    command = [sys.executable, "-m", "grading", "grade", "phone-2026.1", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout)["tier"] == "S"
    probe = "import sys, grading.__main__; print(sorted({'flask', 'sqlalchemy', 'numpy', 'app'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.strip() == "[]"
