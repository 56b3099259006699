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
    code = main(["grade", "--scheme", "phone-2026.1", str(file), *options])
    return code, json.loads(capsys.readouterr().out)


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


def test_facts_and_findings_may_stand_together_and_what_is_clean_may_be_assumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = {"screen_glass": "light", "battery_pct": 91, "age_months": 1, "erase_certificate": "T-1", "design_cycles": 500}
    code, answer = run(tmp_path, json.dumps({"facts": facts, "assume_clean": True}), capsys)
    assert (code, answer["status"], answer["tier"], answer["score"], answer["value"]) == (0, "graded", "B", 93.0, None)
    code, answer = run(tmp_path, json.dumps({"facts": facts}), capsys)
    assert (code, answer["status"]) == (0, "ungradable")
    del facts["erase_certificate"], facts["battery_pct"]
    code, answer = run(tmp_path, json.dumps({"facts": facts, "assume_clean": True}), capsys)
    assert [part["codes"] for part in answer["missing"]] == [["P2.05"], ["P7.01", "P7.02"]]  # type: ignore[attr-defined]


def test_figures_are_read_exactly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(CLEAN).replace('"battery_pct": 100', '"battery_pct": 89.99')
    assert run(tmp_path, text, capsys)[1]["score"] == 96.0


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "json"), ("[]", "json"), ("{", "json"), ("null", "json"), ('{"a": NaN}', "json"), ('{"a": 1, "a": 2}', "json"),
        ('{"findings": []}', "shape"), ('{"findings": {}, "facts": 1}', "shape"), ('{"findings": {}, "extra": {}}', "unknown_name"),
        ('{"battery_pct": ' + "9" * 5000 + "}", "json"), ("[" * 100_000, "json"), ('{"colour": "red"}', "unknown_name"),
        ('{"battery_pct": 1e400000}', "answer"), ('{"battery_pct": true}', "answer"), (" " * 1_000_001, "json"),
        ('{"assume_clean": 1}', "shape"), ('{"valuation": {}}', "unknown_name"), ('{"findings": {"frame": "light"}, "frame": "none"}', "twice"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, error: str) -> None:
    code, answer = run(tmp_path, text, capsys)
    assert (code, set(answer["error"])) == (2, {"code", "message", "path"})  # type: ignore[call-overload]
    assert answer["error"]["code"] == error  # type: ignore[index, call-overload]


def test_a_report_is_checked_by_grading_its_findings_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = phone(screen_glass="light").to_content()
    file = tmp_path / "report.json"
    for report in (content, {"no": "1", "result": content}, {"content": {"result": content}, "signature": {}}):
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
    assert main(["grade", "--scheme", "phone-2026.1", str(tmp_path / "none.json")]) == 2
    assert main(["grade", "--scheme", "phone-2026.1", str(tmp_path)]) == 2
    (tmp_path / "f.json").write_text("{}")
    capsys.readouterr()
    assert main(["grade", "--scheme", "phone-1999", str(tmp_path / "f.json")]) == 2
    assert json.loads(capsys.readouterr().err)["error"] == "scheme"


@pytest.mark.parametrize(
    "command", [["show", "phone-2026.1"], ["show", "phone-2026.1", "--json"], ["grade", "--scheme", "gbt30323-2013", "--ndjson"]]
)
def test_a_reader_who_has_seen_enough_ends_it_quietly(command: list[str]) -> None:
    writing = subprocess.Popen(
        [sys.executable, "-m", "grading", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert writing.stdin is not None
    assert writing.stdout is not None
    writing.stdout.close()
    _, said = writing.communicate("{}\n" * 200, timeout=60)
    assert (writing.returncode, said) == (0, "")


def test_the_library_runs_without_the_marketplace(tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    file.write_text(json.dumps(CLEAN), encoding="utf-8")
    command = [sys.executable, "-m", "grading", "grade", "--scheme", "phone-2026.1", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout)["tier"] == "S"
    probe = "import sys, grading.__main__; print(sorted({'flask', 'sqlalchemy', 'numpy', 'app'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.strip() == "[]"
