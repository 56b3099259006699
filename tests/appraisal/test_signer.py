"""``xunyi signer`` on an appraiser's own machine: a key, a proof, a signature; and what it refuses."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.appraisal import queries, service
from app.cli.commands import main
from app.kernel.canonical import canonical
from app.kernel.hub import Hub
from grading.report import read_detached, verify
from tests.accounts.making import actor
from tests.appraisal.making import CLOSED, clean_answers, make_inspection


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "word").write_text("four unrelated words\n")
    assert run(folder, "key", "new", "my.pem").exit_code == 0
    return folder


def run(desk: Path, *arguments: str) -> Result:
    """The command with the files of the desk; every file is named by its short name."""
    named = [str(desk / each) if each.endswith((".pem", ".json")) else each for each in arguments]
    return CliRunner().invoke(main, ["signer", *named, "--passphrase-file", str(desk / "word")])


def test_a_key_is_made_proven_registered_and_signs_a_report(desk: Path, hub: Hub) -> None:
    assert stat.S_IMODE((desk / "my.pem").stat().st_mode) == 0o600
    assert b"ENCRYPTED" in (desk / "my.pem").read_bytes()
    kid = run(desk, "key", "show", "my.pem").output.split()[1]
    case = make_inspection(hub, clean_answers())
    person = case.appraiser.code
    assert run(desk, "key", "prove", "my.pem", "--person", person, "--challenge", "here", "--out", "proof.json").exit_code == 0
    proof = json.loads((desk / "proof.json").read_text())
    with hub.begin(actor(hub, case.appraiser)) as work:
        key = service.register_key(work, proof["public_key"], proof["proof"], proof["challenge"], "机构的电脑", None)
        assert key.kid == kid
        draft = service.freeze(work, case.code, CLOSED)
    (desk / "draft.json").write_bytes(canonical(draft.content))
    signed = run(desk, "sign", "draft.json", "--key", "my.pem", "--out", "signature.json", "--yes")
    assert signed.exit_code == 0, signed.output
    assert "graded S" in signed.output
    part = read_detached((desk / "signature.json").read_bytes())
    with hub.begin(actor(hub, case.appraiser)) as work:
        report = service.add_signature(work, case.code, service.Signed(part["kid"], part["value"], part["content_sha256"]))
        assert report is not None
        keys = {each.kid: each for each in queries.public_keys(work)}
        assert verify(queries.report_file(work, report), keys).exit_code == 0


def test_what_is_no_draft_or_does_not_follow_is_not_signed(desk: Path, hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    with hub.begin(actor(hub, case.appraiser)) as work:
        report = service.sign(work, case.code, case.appraiser.display_name, CLOSED)
    assert report is not None
    content = report.content
    wrong = json.loads(canonical(content))
    wrong["result"]["tier"] = "A"
    for data, said in (
        (canonical(content) + b"\n", "canonical"),
        (canonical(wrong), "$.content.result.tier"),
        (b"[]", "canonical"),
        (b"\xff", "JSON"),
    ):
        (desk / "draft.json").write_bytes(data)
        answer = run(desk, "sign", "draft.json", "--key", "my.pem", "--out", "signature.json", "--yes")
        assert (answer.exit_code, said in answer.output) == (1, True), answer.output
    assert not (desk / "signature.json").exists()


def test_files_are_never_overwritten_and_keys_of_others_eyes_not_used(desk: Path) -> None:
    before = (desk / "my.pem").read_bytes()
    assert run(desk, "key", "new", "my.pem").exit_code == 1
    assert (desk / "my.pem").read_bytes() == before
    (desk / "word").write_text("wrong words entirely\n")
    assert "passphrase" in run(desk, "key", "show", "my.pem").output
    (desk / "word").write_text("short\n")
    assert run(desk, "key", "new", "other.pem").exit_code == 1
    (desk / "my.pem").chmod(0o644)
    assert "chmod 600" in run(desk, "key", "show", "my.pem").output
