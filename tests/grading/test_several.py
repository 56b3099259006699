"""Reports that several people sign: what is sound, what is named when a byte of report, photo or scheme is another."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from grading.__main__ import main
from grading.report import (
    Key,
    ReportError,
    canonical,
    detached,
    generate_key,
    join,
    key_document,
    public_bytes,
    read_detached,
    read_keys,
    sign,
    verify,
)
from tests.grading.phone import phone

WHEN = "2026-11-24T08:00:00Z"
APPRAISER, REVIEWER, STRANGER = generate_key(), generate_key(), generate_key()
PHOTO = b"a photo of a scratch"
CONTENT: dict[str, Any] = {
    "format": "xunyi-report/2",
    "signed_at": WHEN,
    "signers": ["appraiser", "reviewer"],
    "appraiser": {"code": "aaa", "name": "韩立秋"},
    "reviewer": {"code": "bbb", "name": "沈知行"},
    "evidence": {"photos": [{"sha256": hashlib.sha256(PHOTO).hexdigest(), "item": "screen_glass"}]},
    "result": phone(screen_glass="light").to_content(),
}


def key(private: Any, person: str | None, **more: Any) -> Key:
    return Key(public_bytes(private), more.pop("start", "2026-01-01T00:00:00Z"), None, f"示例 {person}", person, **more)


def keys(*given: Key) -> dict[str, Key]:
    return {each.kid: each for each in given or (key(APPRAISER, "aaa"), key(REVIEWER, "bbb"))}


def signed(content: dict[str, Any] = CONTENT, *by: tuple[str, Any]) -> bytes:
    parts = []
    for role, private in by or (("appraiser", APPRAISER), ("reviewer", REVIEWER)):
        part = read_detached(detached(canonical(content), private))
        parts.append((role, part["kid"], part["value"]))
    return join(content, parts)


def found(data: bytes, known: dict[str, Key] | None = None, **more: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in verify(data, known or keys(), **more).problems]


def test_two_people_sign_the_same_bytes_and_the_verdict_names_both() -> None:
    verdict = verify(signed(), keys())
    assert (verdict.exit_code, verdict.problems, verdict.notes) == (0, (), ())
    assert [(each.role, each.holder) for each in verdict.signers] == [("appraiser", "示例 aaa"), ("reviewer", "示例 bbb")]
    assert verdict.content_sha256 == hashlib.sha256(canonical(CONTENT)).hexdigest()
    assert verdict.to_plain()["signed_at"] == WHEN
    for row, private in zip(json.loads(signed())["signatures"], (APPRAISER, REVIEWER), strict=True):
        private.public_key().verify(bytes.fromhex(row["value"]), canonical(CONTENT))  # with nothing but the content's bytes


def test_reports_with_one_signature_are_read_as_before() -> None:
    report = sign({"result": CONTENT["result"]}, APPRAISER, WHEN)
    verdict = verify(report, keys())
    assert (verdict.exit_code, [each.role for each in verdict.signers]) == (0, ["signer"])


@pytest.mark.parametrize(
    ("name", "report", "known", "expected"),
    [
        ("the reviewer's signature is taken away", signed(CONTENT, ("appraiser", APPRAISER)), None,
         [("signature_missing", "$.signatures")]),
        ("no signature at all", join(CONTENT, []), None, [("signature_missing", "$.signatures")] * 2),
        ("in the other order", signed(CONTENT, ("reviewer", REVIEWER), ("appraiser", APPRAISER)), None,
         [("shape", "$.signatures")]),
        ("one person twice", signed(CONTENT, ("appraiser", APPRAISER), ("reviewer", APPRAISER)), None,
         [("signer_differs", "$.signatures[1].kid"), ("same_signer", "$.signatures[1].kid")]),
        ("somebody who is not in the list", signed(CONTENT, ("appraiser", APPRAISER), ("reviewer", STRANGER)), None,
         [("key_unknown", "$.signatures[1].kid")]),
        ("somebody else's key", signed(CONTENT, ("appraiser", STRANGER), ("reviewer", REVIEWER)),
         keys(key(APPRAISER, "aaa"), key(REVIEWER, "bbb"), key(STRANGER, "ccc")), [("signer_differs", "$.signatures[0].kid")]),
        ("a key made later", signed(), keys(key(APPRAISER, "aaa"), key(REVIEWER, "bbb", start="2026-11-25T00:00:00Z")),
         [("key_not_valid", "$.signatures[1].kid")]),
        ("a key revoked before", signed(),
         keys(key(APPRAISER, "aaa", revoked_at="2026-11-24T08:00:00Z", reason="stolen"), key(REVIEWER, "bbb")),
         [("key_not_valid", "$.signatures[0].kid")]),
        ("signers not said", signed({**CONTENT, "signers": []}), None, [("shape", "$.content.signers"), ("shape", "$.signatures")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_signatures_is_named(
    name: str, report: bytes, known: dict[str, Key] | None, expected: list[tuple[str, str]]
) -> None:
    assert found(report, known) == expected, name


def test_a_key_revoked_later_is_a_note_and_no_fault() -> None:
    verdict = verify(
        signed(), keys(key(APPRAISER, "aaa", revoked_at="2026-12-01T00:00:00Z", reason="lost"), key(REVIEWER, "bbb"))
    )
    assert verdict.exit_code == 0
    assert [(note.code, note.detail) for note in verdict.notes] == [("key_revoked", "2026-12-01T00:00:00Z lost")]


def test_fifty_of_fifty_changed_bytes_of_a_report_are_named() -> None:
    report, dice = signed(), random.Random(50)
    for _ in range(50):
        place = dice.randrange(len(report))
        other = dice.choice([byte for byte in range(256) if byte != report[place]])
        verdict = verify(report[:place] + bytes([other]) + report[place + 1 :], keys())
        assert verdict.exit_code == 2, (place, report[place : place + 1], bytes([other]))
        assert verdict.problems[0].message.zh


def test_fifty_of_fifty_changed_bytes_of_a_photo_are_named_by_file_and_by_place() -> None:
    dice = random.Random(51)
    good = hashlib.sha256(PHOTO).hexdigest()
    assert found(signed(), photos={"a.webp": good}) == []
    for _ in range(50):
        place = dice.randrange(len(PHOTO))
        changed = PHOTO[:place] + bytes([PHOTO[place] ^ dice.randrange(1, 256)]) + PHOTO[place + 1 :]
        assert found(signed(), photos={"a.webp": hashlib.sha256(changed).hexdigest()}) == [
            ("photo_missing", "$.content.evidence.photos[0].sha256"),
            ("photo_unknown", "a.webp"),
        ]


def test_fifty_of_fifty_changed_bytes_of_a_scheme_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, dice = (resources.files("grading") / "data" / "phone-2026.1.yaml").read_bytes(), random.Random(52)
    (tmp_path / "report.json").write_bytes(signed())
    (tmp_path / "keys.json").write_text(json.dumps(key_document(keys().values())))
    scheme = tmp_path / "phone-2026.1.yaml"
    command = ["verify", str(tmp_path / "report.json"), "--keys", str(tmp_path / "keys.json"), "--scheme", str(scheme)]
    scheme.write_bytes(data)
    assert main(command) == 0
    capsys.readouterr()
    for _ in range(50):
        place = dice.randrange(len(data))
        scheme.write_bytes(data[:place] + bytes([data[place] ^ dice.randrange(1, 128)]) + data[place + 1 :])
        assert main(command) == 2
        said = "".join(capsys.readouterr())
        assert "scheme_differs" in said or "phone-2026.1.yaml" in said


def test_a_draft_is_signed_detached_and_verified_with_its_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = tmp_path
    assert main(["keygen", str(desk / "key.pem"), "--public", str(desk / "keys.json")]) == 0
    content = copy.deepcopy(CONTENT) | {"signers": ["appraiser"], "signed_at": "2099-01-01T00:00:00Z"}
    (desk / "draft.json").write_bytes(canonical(content))
    sign_it = ["sign", str(desk / "draft.json"), "--key", str(desk / "key.pem"), "--detached", "--out"]
    assert main([*sign_it, str(desk / "signature.json")]) == 0
    part = read_detached((desk / "signature.json").read_bytes())
    (desk / "report.json").write_bytes(join(content, [("appraiser", part["kid"], part["value"])]))
    (desk / "photos").mkdir()
    (desk / "photos" / "1.webp").write_bytes(PHOTO)
    check = ["verify", str(desk / "report.json"), "--keys", str(desk / "keys.json"), "--photos", str(desk / "photos")]
    assert main(check) == 0
    (desk / "photos" / "1.webp").write_bytes(PHOTO[:-1] + b"?")
    capsys.readouterr()
    assert main(check) == 2
    assert {problem["code"] for problem in json.loads(capsys.readouterr().out)["problems"]} == {"photo_missing", "photo_unknown"}
    assert main([*check[:-1], str(desk / "nowhere")]) == 2
    (desk / "draft.json").write_bytes(canonical(content) + b"\n")
    assert main([*sign_it, str(desk / "again.json")]) == 2


@pytest.mark.parametrize(
    "change", [{"kid": "x"}, {"value": "0"}, {"format": "grading-signature/2"}, {"algorithm": "RSA"}, {"more": "1"}, {"kid": 1}]
)
def test_a_damaged_signature_file_is_refused_with_its_place(change: dict[str, Any]) -> None:
    whole = json.loads(detached(canonical(CONTENT), APPRAISER))
    with pytest.raises(ReportError):
        read_detached(json.dumps({**whole, **change}).encode())


def test_key_lists_of_both_formats_are_read() -> None:
    mine = key(APPRAISER, "aaa", revoked_at="2026-12-01T00:00:00Z", reason="lost")
    assert read_keys(json.dumps(key_document([mine])).encode()) == {mine.kid: mine}
    older = {name: getattr(mine, name) for name in ("kid", "valid_from", "valid_until", "holder")}
    row = {**older, "public_key": mine.public_key.hex()}
    document = {"format": "grading-keys/1", "keys": [row]}
    assert read_keys(json.dumps(document).encode())[mine.kid].person is None
    with pytest.raises(ReportError):
        read_keys(json.dumps({"format": "grading-keys/1", "keys": [row | {"person": "aaa"}]}).encode())
