"""The audit as one file, run by a Python that has nothing installed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile

import pytest
from click.testing import CliRunner

from app.cli.commands import main
from app.credit import tool
from app.credit.log.auditing import audit
from app.credit.log.notes import new_signer
from app.credit.log.office import LAST, MANY_CASES, NO_CASE, NO_TRUST, REPORT, TRUST
from tests.credit import test_cases
from tests.credit.test_cases import seller_case, size_of

town = test_cases.town


@pytest.fixture
def desk(hub, town, tmp_path):
    """A folder with the tool, a case, and what the authority keeps."""
    folder = tmp_path / "案卷"
    folder.mkdir()
    (folder / tool.NAME).write_bytes(tool.one_file())
    (folder / "case.zip").write_bytes(seller_case(hub, town, size_of(town.last)))
    (folder / TRUST).write_text(town.trust)
    (folder / LAST).write_text(town.last)
    return folder


def run(folder, *words):
    """As on a computer where nothing is installed: no packages (-S), nothing of the environment (-I); from another folder."""
    called = [sys.executable, "-I", "-S", "-X", "utf8", str(folder / tool.NAME), *map(str, words)]
    return subprocess.run(called, cwd="/", capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_opened_beside_a_case_it_says_the_verdict_in_chinese_and_writes_a_report(desk):
    done = run(desk)
    assert (done.returncode, done.stderr) == (0, "")
    assert "全部成立：证据完整，评分与记录一致。" in done.stdout
    assert "全部成立" in (desk / REPORT).read_text()

    whole = bytearray((desk / "case.zip").read_bytes())
    whole[len(whole) // 2] ^= 1
    (desk / "case.zip").write_bytes(whole)
    (desk / REPORT).unlink()
    done = run(desk)
    assert done.returncode == 2
    assert "证据无效" in done.stdout
    assert "证据无效" in (desk / REPORT).read_text()


def test_it_believes_no_other_key_without_the_library(desk, town):
    """The trust file names another key: as everywhere, nothing is believed."""
    (desk / TRUST).write_text(f"log {new_signer(town.signer.vkey.split('+')[0]).key.text}\nquorum none\n")
    done = run(desk)
    assert done.returncode == 2
    assert "没有受信任的签名" in done.stdout


def test_what_is_missing_is_said(desk):
    (desk / TRUST).rename(desk / "other")
    assert (run(desk).returncode, run(desk).stdout.strip()) == (2, NO_TRUST)
    shutil.copy(desk / "case.zip", desk / "second.zip")
    done = run(desk)
    assert done.returncode == 2
    assert MANY_CASES in done.stdout
    assert "second.zip" in done.stdout
    for case in desk.glob("*.zip"):
        case.unlink()
    assert (run(desk).returncode, run(desk).stdout.strip()) == (2, NO_CASE)
    assert not (desk / REPORT).exists()


def test_with_arguments_it_says_what_the_command_says(desk, town):
    done = run(desk, desk / "case.zip", "--trust", desk / TRUST, "--last", desk / LAST, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == audit((desk / "case.zip").read_bytes(), town.policy, town.last).as_data()


def test_the_same_code_gives_the_same_bytes_by_page_and_command(client, tmp_path):
    tool.one_file.cache_clear()
    first = tool.one_file()
    tool.one_file.cache_clear()
    assert tool.one_file() == first
    answer = client.get("/credit/log/xunyi-audit.pyz")
    assert answer.data == first
    called = CliRunner().invoke(main, ["audit", "tool", str(tmp_path / "made.pyz")])
    assert called.exit_code == 0
    assert (tmp_path / "made.pyz").read_bytes() == first
    digest = hashlib.sha256(first).hexdigest()
    assert digest in called.output
    assert digest in client.get("/credit/log").text


def test_it_holds_the_log_and_its_one_library_with_its_licence_and_nothing_of_the_marketplace(tmp_path):
    path = tmp_path / tool.NAME
    path.write_bytes(tool.one_file())
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    strange = [name for name in names if not name.startswith(("app/credit/log/", "rfc8785/"))]
    assert sorted(strange) == [
        "__main__.py",
        "app/__init__.py",
        "app/credit/__init__.py",
        "app/kernel/__init__.py",
        "app/kernel/canonical.py",
    ]
    assert "rfc8785/LICENSE" in names
