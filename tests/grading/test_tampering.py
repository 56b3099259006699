"""One byte of a photo or of a scheme's file is another: the program that anybody runs finds each of fifty, and says where."""

from __future__ import annotations

import hashlib
import json
import random
from importlib import resources
from pathlib import Path

import pytest

from grading.__main__ import main
from tests.grading.phone import phone
from tests.media.making import photo_bytes

CHANGES = 50
WHEN = "2026-11-24T08:00:00Z"


def changed(data: bytes, chance: random.Random) -> bytes:
    """The same bytes but for one, anywhere, which is another."""
    at = chance.randrange(len(data))
    other = bytes([data[at] ^ chance.randrange(1, 256)])
    return data[:at] + other + data[at + 1 :]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A report that names two photos, its keys, the photos and the file of its scheme."""
    (tmp_path / "photos").mkdir()
    names = ("front.jpg", "back.jpg")
    for no, name in enumerate(names):
        (tmp_path / "photos" / name).write_bytes(photo_bytes(seed=no + 1))
    hashes = [hashlib.sha256((tmp_path / "photos" / name).read_bytes()).hexdigest() for name in names]
    content = {
        "no": 1,
        "result": phone(frame="light").to_content(),
        "evidence": {"photos": [{"sha256": each} for each in hashes]},
    }
    (tmp_path / "content.json").write_text(json.dumps(content))
    key, public = str(tmp_path / "key.pem"), str(tmp_path / "keys.json")
    assert main(["keygen", key, "--holder", "示例机构", "--valid-from", "2026-01-01T00:00:00Z", "--public", public]) == 0
    signed = ["sign", str(tmp_path / "content.json"), "--key", key, "--signed-at", WHEN, "--out", str(tmp_path / "report.json")]
    assert main(signed) == 0
    scheme = tmp_path / "phone-2026.1.yaml"
    scheme.write_bytes((resources.files("grading") / "data" / scheme.name).read_bytes())
    return tmp_path


def verify(desk: Path, *options: str) -> int:
    return main(["verify", str(desk / "report.json"), "--keys", str(desk / "keys.json"), *options])


def test_fifty_of_fifty_changed_photos_are_named(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, chance = desk / "photos", random.Random(20261130)
    assert verify(desk, "--photos", str(folder)) == 0
    capsys.readouterr()
    found = 0
    for no in range(CHANGES):
        place = no % 2
        file = folder / ("front.jpg", "back.jpg")[place]
        before = file.read_bytes()
        file.write_bytes(changed(before, chance))
        assert verify(desk, "--photos", str(folder)) == 2
        problems = [(each["code"], each["path"]) for each in json.loads(capsys.readouterr().out)["problems"]]
        assert problems == [("photo_missing", f"$.content.evidence.photos[{place}].sha256"), ("photo_unknown", file.name)]
        file.write_bytes(before)
        found += 1
    assert found == CHANGES
    assert verify(desk, "--photos", str(folder)) == 0


def test_fifty_of_fifty_changed_schemes_are_named(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no scheme any more is refused under its name; one that still is, is not the one of the report."""
    file, chance = desk / "phone-2026.1.yaml", random.Random(20261130)
    before = file.read_bytes()
    assert verify(desk, "--scheme", str(file)) == 0
    capsys.readouterr()
    said = []
    for _no in range(CHANGES):
        file.write_bytes(changed(before, chance))
        assert verify(desk, "--scheme", str(file)) == 2
        told = capsys.readouterr()
        if told.err:
            assert file.name in told.err, told.err
            said.append("refused")
        else:
            paths = {each["path"] for each in json.loads(told.out)["problems"]}
            assert any("scheme" in path for path in paths), paths
            said.append("another")
    assert len(said) == CHANGES
    assert set(said) == {"refused", "another"}, "both kinds were tried"
    file.write_bytes(before)
    assert verify(desk, "--scheme", str(file)) == 0
