"""`keygen`, `sign`, `verify` as an agency and a reader of its reports run them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from grading.__main__ import main
from tests.grading.phone import phone

WHEN = "2026-11-24T08:00:00Z"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a key, its public list and the content of a report."""
    (tmp_path / "content.json").write_text(json.dumps({"no": 1, "result": phone(frame="light").to_content()}))
    made = ["keygen", str(tmp_path / "key.pem"), "--holder", "示例机构", "--valid-from", "2026-01-01T00:00:00Z"]
    assert main([*made, "--public", str(tmp_path / "keys.json")]) == 0
    return tmp_path


def sign(desk: Path, *options: str) -> int:
    return main(["sign", str(desk / "content.json"), "--key", str(desk / "key.pem"), "--signed-at", WHEN, *options])


def verify(desk: Path, *options: str) -> int:
    return main(["verify", str(desk / "report.json"), "--keys", str(desk / "keys.json"), *options])


def test_a_report_is_signed_and_verified(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign(desk, "--out", str(desk / "report.json")) == 0
    assert verify(desk) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verdict"], answer["holder"], answer["signed_at"], answer["problems"]) == ("sound", "示例机构", WHEN, [])
    assert sign(desk) == 0
    assert capsys.readouterr().out.encode() == (desk / "report.json").read_bytes()


def test_the_private_file_is_for_its_owner_alone_and_never_overwritten(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = desk / "key.pem"
    before = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert main(["keygen", str(file)]) == 2
    assert main(["keygen", str(desk / "new.pem"), "--public", str(desk / "keys.json")]) == 2
    os.symlink(desk / "nowhere", desk / "link.pem")
    assert main(["keygen", str(desk / "link.pem")]) == 2
    assert main(["keygen", str(desk / "none" / "key.pem")]) == 2
    assert capsys.readouterr().out == ""
    assert (file.read_bytes(), (desk / "new.pem").exists(), (desk / "nowhere").exists()) == (before, False, False)
    file.chmod(0o640)
    assert sign(desk) == 2
    assert "chmod 600" in json.loads(capsys.readouterr().err)["message"]


def test_a_key_list_is_printed_unless_a_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keygen", str(tmp_path / "k.pem"), "--valid-until", "2030-01-01T00:00:00Z"]) == 0
    row = json.loads(capsys.readouterr().out)["keys"][0]
    assert (row["valid_until"], row["holder"], row["valid_from"][-1]) == ("2030-01-01T00:00:00Z", "", "Z")
    assert main(["keygen", str(tmp_path / "l.pem"), "--valid-from", "tomorrow"]) == 2
    assert json.loads(capsys.readouterr().err)["problems"][0]["path"] == "--valid-from"


def test_a_locked_key_needs_its_passphrase(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "word").write_text("correct horse\n")
    (desk / "empty").write_text("\n")
    (desk / "key.pem").unlink()
    (desk / "keys.json").unlink()
    word = ["--passphrase-file", str(desk / "word")]
    assert main(["keygen", str(desk / "key.pem"), *word, "--public", str(desk / "keys.json")]) == 0
    assert b"ENCRYPTED" in (desk / "key.pem").read_bytes()
    assert sign(desk) == 2
    assert json.loads(capsys.readouterr().err)["problems"][0]["code"] == "passphrase"
    assert sign(desk, "--passphrase-file", str(desk / "empty")) == 2
    assert (
        main(["sign", str(desk / "content.json"), "--key", str(desk / "key.pem"), *word, "--out", str(desk / "report.json")]) == 0
    )
    assert verify(desk) == 0


def test_a_grade_that_does_not_follow_is_neither_signed_nor_passed(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads((desk / "content.json").read_text())
    content["result"]["tier"] = "S"
    (desk / "content.json").write_text(json.dumps(content))
    assert sign(desk) == 1
    assert json.loads(capsys.readouterr().err)["problems"][0]["path"] == "$.content.result.tier"
    content["result"]["scheme_sha256"] = "0" * 64
    (desk / "content.json").write_text(json.dumps(content))
    assert sign(desk) == 2


def test_a_grade_as_printed_can_be_signed_and_a_changed_report_is_refused(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "content.json").write_text(json.dumps(phone().to_content()))
    assert sign(desk, "--out", str(desk / "report.json")) == 0
    report = desk / "report.json"
    report.write_bytes(report.read_bytes().replace(b'"score":"100.0"', b'"score":"100.1"'))
    assert verify(desk) == 2
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "broken"
    assert {problem["path"] for problem in answer["problems"]} == {"$.signature.value", "$.content.result.score"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1, "a": 2}', '{"result": NaN}', "[" * 100_000, '{"result": {"x": 0.5}}', '{"result": []}']
)
def test_bad_content_is_refused_without_a_traceback(desk: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (desk / "content.json").write_text(text)
    assert sign(desk) == 2
    assert json.loads(capsys.readouterr().err)["error"] in ("input", "report")
    (desk / "report.json").write_text(text)
    assert verify(desk) == 2
    assert json.loads(capsys.readouterr().out)["problems"]
    (desk / "keys.json").write_text(text)
    assert verify(desk) == 2
    assert json.loads(capsys.readouterr().err)["error"] == "report"


def test_an_older_scheme_can_be_given_as_a_file(desk: Path) -> None:
    scheme = desk / "phone-2026.1.yaml"
    scheme.write_bytes((resources.files("grading") / "data" / scheme.name).read_bytes())
    assert sign(desk, "--out", str(desk / "report.json")) == 0
    assert verify(desk, "--scheme", str(scheme)) == 0
    scheme.write_bytes(scheme.read_bytes() + b"# one byte more\n")
    assert verify(desk, "--scheme", str(scheme)) == 2


def test_it_runs_as_a_program(desk: Path) -> None:
    (desk / "report.json").write_bytes(b"\x00\xff" * 40)
    command = [sys.executable, "-m", "grading", "verify", str(desk / "report.json"), "--keys", str(desk / "keys.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout)["problems"][0]["code"] == "not_json"
