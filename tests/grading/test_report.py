"""Signed reports: what is sound, what does not follow, what is broken, and where."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grading import grade, load_scheme, read_scheme
from grading.engine import algorithm, wording
from grading.engine import result as engine_result
from grading.engine.looking import Looking, looking
from grading.engine.result import SENTENCES
from grading.errors import Words
from grading.report import (
    LARGEST_REPORT,
    Key,
    ReportError,
    canonical,
    comparing,
    differences,
    generate_key,
    key_document,
    key_id,
    private_pem,
    public_bytes,
    read_json,
    read_keys,
    read_private,
    sign,
    signing,
    verify,
)
from tests.grading.phone import phone
from tests.grading.test_cars import car

# RFC 8032, section 7.1, tests 1 to 3
SEEDS = {
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7": "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
}
_PKCS8 = "302e020100300506032b657004220420"
WHEN = "2026-11-24T08:00:00Z"


def test_keys_are_those_of_the_standard() -> None:
    for seed, public in SEEDS.items():
        body = base64.b64encode(bytes.fromhex(_PKCS8 + seed)).decode()
        private = read_private(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n".encode())
        assert public_bytes(private).hex() == public


PRIVATE = generate_key()
KEY = Key(public_bytes(PRIVATE), "2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z", "示例鉴定机构")
KEYS = {KEY.kid: KEY}
CONTENT: dict[str, Any] = {"no": 1, "thing": {"model": "演示"}, "result": phone(screen_glass="light").to_content()}


def changed(**parts: object) -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    content["result"].update(parts)
    return content


def problems(data: bytes, keys: dict[str, Key] = KEYS) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in verify(data, keys).problems]


def test_a_signed_report_is_sound_and_says_who_signed_what() -> None:
    report = sign(CONTENT, PRIVATE, WHEN)
    verdict = verify(report, KEYS)
    assert (verdict.exit_code, verdict.problems) == (0, ())
    assert (verdict.kid, verdict.holder, verdict.signed_at) == (KEY.kid, "示例鉴定机构", WHEN)
    scheme = load_scheme("phone-2026.1")
    assert (verdict.scheme, verdict.scheme_sha256) == (scheme.id, scheme.sha256)
    assert verdict.to_plain()["verdict"] == "sound"
    assert report == sign(CONTENT, PRIVATE, WHEN) == canonical(read_json(report))


def test_a_grade_that_does_not_follow_is_told_from_a_broken_signature() -> None:
    verdict = verify(sign(changed(tier="S", score="99.0"), PRIVATE, WHEN), KEYS)
    assert verdict.exit_code == 1
    assert [(p.code, p.path) for p in verdict.problems] == [
        ("differs", "$.content.result.score"), ("differs", "$.content.result.tier"),
    ]  # fmt: skip
    assert verdict.problems[1].detail == '"S" instead of "B"'
    assert verdict.to_plain()["verdict"] == "grade_differs"


@pytest.mark.parametrize(
    ("parts", "code", "path", "exit_code"),
    [
        ({"scheme_id": "phone-1999"}, "scheme_unknown", "$.content.result.scheme_id", 2),
        ({"scheme_id": "../phone"}, "scheme_unknown", "$.content.result.scheme_id", 2),
        ({"scheme_id": None}, "scheme_unknown", "$.content.result.scheme_id", 2),
        ({"scheme_sha256": "0" * 64}, "scheme_differs", "$.content.result.scheme_sha256", 2),
        ({"scheme_version": "1"}, "differs", "$.content.result.scheme_version", 1),
        ({"findings": {"colour": "red"}}, "findings", "$.content.result.findings.colour", 1),
        ({"findings": []}, "findings", "$.content.result.findings.content", 1),
        ({"sections": []}, "differs", "$.content.result.sections", 1),
        ({"fully_functional": 1}, "differs", "$.content.result.fully_functional", 1),
        ({"more": {}}, "differs", "$.content.result.more", 1),
    ],
)  # fmt: skip
def test_what_does_not_follow_is_named_with_its_place(parts: dict[str, object], code: str, path: str, exit_code: int) -> None:
    report = sign(changed(**parts), PRIVATE, WHEN)
    assert problems(report) == [(code, path)]
    assert verify(report, KEYS).exit_code == exit_code


def test_places_inside_lists_are_named_and_a_removed_field_is_noticed() -> None:
    content = copy.deepcopy(CONTENT)
    content["result"]["sections"][2]["items"][0]["deduct"] = "5"
    del content["result"]["status"]
    assert [p.path for p in differences(content)] == [
        "$.content.result.sections[2].items[0].deduct", "$.content.result.status",
    ]  # fmt: skip
    everything = {**CONTENT, "result": {**dict.fromkeys(CONTENT["result"]), **{
        key: CONTENT["result"][key] for key in ("scheme_id", "scheme_sha256", "findings", "facts")}}}  # fmt: skip
    assert len(differences(everything)) == 20


def test_a_scheme_named_beside_the_result_must_be_the_same() -> None:
    result = CONTENT["result"]
    named = {"id": result["scheme_id"], "version": result["scheme_version"], "sha256": result["scheme_sha256"], "name": {}}
    assert differences({**CONTENT, "scheme": named}) == ()
    assert [p.path for p in differences({**CONTENT, "scheme": {**named, "version": "2"}})] == ["$.content.scheme.version"]
    assert [p.code for p in differences({"result": []})] == ["shape"]


def test_an_older_scheme_can_be_brought_along() -> None:
    data = (resources.files("grading") / "data" / "phone-2026.1.yaml").read_bytes()
    old = read_scheme("phone-2024.1.yaml", data.replace(b"phone-2026.1", b"phone-2024.1").replace(b'"2026.1"', b'"2024.1"'))
    content = {"result": grade(old, CONTENT["result"]["findings"]).to_content()}
    report = sign(content, PRIVATE, WHEN)
    assert problems(report) == [("scheme_unknown", "$.content.result.scheme_id")]
    assert verify(report, KEYS, old).exit_code == 0
    assert verify(sign(CONTENT, PRIVATE, WHEN), KEYS, old).exit_code == 2


def test_tampering_with_any_byte_is_found() -> None:
    # Small and quick: the signature is sound, and nothing else is asked of it (a report without a scheme).
    report = sign({"result": {"tier": "S", "score": "97.0"}, "n": [1, True, None], "字": "é"}, PRIVATE, WHEN)
    before = problems(report)
    assert [code for code, _ in before] == ["scheme_unknown"]
    for at in range(len(report)):
        byte = report[at]
        for other in {byte ^ 1, byte ^ 0x20, byte ^ 0x80, *b'0 "\x00'} - {byte}:
            assert problems(report[:at] + bytes([other]) + report[at + 1 :]) != before, at
        for edited in (report[:at] + report[at + 1 :], report[:at] + report[at : at + 1] + report[at:], report[:at]):
            assert problems(edited) != before, at


@pytest.mark.slow
def test_tampering_with_any_byte_of_a_whole_report_is_found() -> None:
    file = Path(__file__).with_name("household-test-1.yaml")
    scheme = read_scheme(file.name, file.read_bytes())
    report = sign({"result": grade(scheme, {}).to_content()}, PRIVATE, WHEN)
    assert verify(report, KEYS, scheme).exit_code == 0
    for at in range(len(report)):
        for flip in (1, 0x20):
            assert verify(report[:at] + bytes([report[at] ^ flip]) + report[at + 1 :], KEYS, scheme).exit_code == 2, at


def test_nothing_may_stand_before_or_behind_a_report() -> None:
    report = sign(CONTENT, PRIVATE, WHEN)
    for more in (b"\n", b" ", b"\x00", b"{}", b"\xef\xbb\xbf"):
        assert verify(report + more, KEYS).exit_code == verify(more + report, KEYS).exit_code == 2


def test_what_was_changed_under_a_broken_signature_is_shown() -> None:
    report = sign(CONTENT, PRIVATE, WHEN).replace(b'"tier":"B"', b'"tier":"S"')
    assert ("signature", "$.signature.value") in problems(report)
    assert ("differs", "$.content.result.tier") in problems(report)


def reworded(monkeypatch: pytest.MonkeyPatch, number: int = 2) -> None:
    """The program says all its sentences in other words from here on, and counts its content format up."""
    for name in ("joined", "listed", "consequences", "status_sentence", "score_sentence", "tier_sentence", "cap_sentence"):
        monkeypatch.setattr(wording, name, lambda *_: Words("换了说法", "in other words"))
    for module in (engine_result, comparing, signing):
        monkeypatch.setattr(module, "CONTENT_FORMAT", number)
    looking.cache_clear()
    monkeypatch.setattr(algorithm, "looking", Looking)  # nothing said in other words is kept for other tests


def test_a_report_stays_sound_when_the_program_words_its_sentences_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    report = sign(CONTENT, PRIVATE, WHEN)
    lied = sign(changed(tier="S"), PRIVATE, WHEN)
    gone = copy.deepcopy(CONTENT)
    del gone["result"]["sections"][2]["items"][0]["rule"]
    gone["result"]["disclosures"][0]["text"] = "none"
    reworded(monkeypatch)
    verdict = verify(report, KEYS)
    assert (verdict.exit_code, verdict.problems, [note.code for note in verdict.notes]) == (0, (), ["older_wording"])
    assert verdict.to_plain()["notes"][0]["path"] == "$.content.result.content_format"  # type: ignore[index]
    assert problems(lied) == [("differs", "$.content.result.tier")]
    assert {path for _, path in problems(sign(gone, PRIVATE, WHEN))} == {
        "$.content.result.disclosures[0].text", "$.content.result.sections[2].items[0].rule",
    }  # fmt: skip
    words = report.replace("须向买家披露".encode(), "不用向买家披露".encode())
    assert words != report
    assert problems(words) == [("signature", "$.signature.value")]
    assert problems(sign(changed(content_format=2), PRIVATE, WHEN))[0][0] == "differs"  # it claims to be worded as now
    assert verify(sign({"result": phone().to_content()}, PRIVATE, WHEN), KEYS).notes == ()


@pytest.mark.parametrize(
    ("number", "code", "exit_code"),
    [
        (2, "format_unknown", 2),
        (0, "differs", 1),
        (-1, "differs", 1),
        (True, "differs", 1),
        ("1", "differs", 1),
        (None, "differs", 1),
    ],
)
def test_content_of_a_format_that_is_not_known_is_not_called_sound(number: object, code: str, exit_code: int) -> None:
    verdict = verify(sign(changed(content_format=number), PRIVATE, WHEN), KEYS)
    assert [(p.code, p.path) for p in verdict.problems] == [(code, "$.content.result.content_format")]
    assert (verdict.exit_code, verdict.notes) == (exit_code, ())


def test_sentences_of_the_same_version_are_compared() -> None:
    content = copy.deepcopy(CONTENT)
    content["result"]["disclosures"][0]["text"] = {"zh": "没有划痕", "en": "no scratch"}
    report = sign(content, PRIVATE, WHEN)
    assert problems(report) == [("differs", f"$.content.result.disclosures[0].text.{language}") for language in ("en", "zh")]
    assert verify(report, KEYS).exit_code == 1


def test_every_sentence_of_the_engine_is_in_the_list_of_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever says something else after a new wording would make older reports unsound, unless it is in the list."""
    findings = {"screen_glass": "light", "wifi": "fail", "nfc": "fail", "power": None, "battery_pct": None, "battery_cycles": 350}
    marks: dict[str, object] = {"body": ["26HH1", "26XS2"], "answers": {"40": "B"}}
    before = [phone(**findings).to_content(), car(**marks).to_content()]
    reworded(monkeypatch)
    after = [phone(**findings).to_content(), car(**marks).to_content()]
    places = {problem.path.split(".")[-2] for problem in comparing.compare_parts(before, after, "$")}
    assert places - {"$[0]", "$[1]"} == SENTENCES  # the content format itself stands there


def test_other_spellings_of_the_same_json_are_refused() -> None:
    report = sign(CONTENT, PRIVATE, WHEN)
    for other in (json.dumps(json.loads(report)).encode(), report.replace("演示".encode(), b"\\u6f14\\u793a"), report + b"\n"):
        assert problems(other)[0][0] == "not_canonical"
        assert verify(other, KEYS).exit_code == 2


def test_a_signature_counts_only_with_a_known_key_in_its_time() -> None:
    report = sign(CONTENT, PRIVATE, WHEN)
    assert problems(report, {}) == [("key_unknown", "$.signature.kid")]
    for signed_at, expected in (
        ("2025-12-31T23:59:59Z", [("key_not_valid", "$.signature.signed_at")]), ("2026-01-01T00:00:00Z", []),
        ("2026-12-31T23:59:59Z", []), ("2027-01-01T00:00:00Z", [("key_not_valid", "$.signature.signed_at")]),
    ):  # fmt: skip
        assert problems(sign(CONTENT, PRIVATE, signed_at)) == expected
    endless = Key(KEY.public_key, KEY.valid_from, None, "")
    assert problems(sign(CONTENT, PRIVATE, "2999-01-01T00:00:00Z"), {KEY.kid: endless}) == []
    other = generate_key()
    forged = json.loads(sign(CONTENT, other, WHEN))
    forged["signature"]["kid"] = KEY.kid
    assert problems(canonical(forged)) == [("signature", "$.signature.value")]


@pytest.mark.parametrize(
    "signed_at", ["", "now", "2026-11-24", "2026-11-24T08:00:00+00:00", "2026-02-30T00:00:00Z", "２026-11-24T08:00:00Z"]
)
def test_a_time_has_one_form(signed_at: str) -> None:
    with pytest.raises(ReportError, match=r"signature\.signed_at"):
        sign(CONTENT, PRIVATE, signed_at)


SIGNATURE = {"algorithm": "Ed25519", "kid": KEY.kid, "signed_at": WHEN, "value": "0" * 128}
SHAPE = {"format": "grading-report/1", "content": {}, "signature": SIGNATURE}


@pytest.mark.parametrize(
    ("report", "code", "path"),
    [
        (b"", "not_json", "$"), (b"\xff", "not_json", "$"), (b"{", "not_json", "$"), (b"[]", "shape", "$"), (b"{}", "shape", "$"),
        (b"null", "shape", "$"), (b"NaN", "number", "$"), (b'{"a":[1,-Infinity]}', "number", "$.a[1]"), (b'{"a":0.5}', "number", "$.a"),
        (b'{"a":1e3}', "number", "$.a"), (b'{"a":' + b"9" * 500_000 + b"}", "number", "$.a"), (b"9007199254740992", "number", "$"),
        (b'{"a":{"b":1,"b":1}}', "twice", "$.a.b"), (b'{"a b":{"":1,"":2}}', "twice", '$["a b"][""]'),
        (b"[" * 400_000, "too_deep", "$"), (b"[" * 60 + b"]" * 60, "too_deep", "$" + "[0]" * 41), (b'{"a":"\\ud800"}', "text", "$.a"),
        (b'{"\\udfff":1}', "text", '$["\\udfff"]'), (b" " * (LARGEST_REPORT + 1), "too_large", "$"),
        (canonical({**SHAPE, "more": 1}), "shape", "$"), (canonical({**SHAPE, "format": "2"}), "shape", "$.format"),
        (canonical({**SHAPE, "content": []}), "shape", "$.content"), (canonical({**SHAPE, "signature": "x"}), "shape", "$.signature"),
        (canonical({**SHAPE, "signature": {**SIGNATURE, "more": "x"}}), "shape", "$.signature"),
        (canonical({**SHAPE, "signature": {**SIGNATURE, "algorithm": "none"}}), "shape", "$.signature"),
        (canonical({**SHAPE, "signature": {**SIGNATURE, "kid": 1}}), "shape", "$.signature"),
        (canonical({**SHAPE, "signature": {**SIGNATURE, "value": "A" * 128}}), "shape", "$.signature.value"),
        (canonical({**SHAPE, "signature": {**SIGNATURE, "value": "0" * 126}}), "shape", "$.signature.value"),
        (canonical({**SHAPE, "signature": {**SIGNATURE, "signed_at": "?"}}), "instant", "$.signature.signed_at"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused_with_its_place(report: bytes, code: str, path: str) -> None:
    assert problems(report) == [(code, path)]
    assert verify(report, KEYS).exit_code == 2
    assert str(verify(report, KEYS).to_plain()["problems"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=5), parts, max_size=4),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(value=json_values, key=st.sampled_from([*CONTENT["result"], "result", "content", "signature", "format"]))
@example(value=[["x"]], key="findings")
def test_no_report_however_strange_ends_in_a_traceback(value: object, key: str) -> None:
    report = json.loads(sign(CONTENT, PRIVATE, WHEN))
    for holder in (report, report["content"], report["content"]["result"]):
        if key in holder:
            holder[key] = value
    assert verify(json.dumps(report).encode("utf-8", "surrogatepass"), KEYS).exit_code == 2


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=60))
def test_no_bytes_end_in_a_traceback(data: bytes) -> None:
    assert verify(data, KEYS).exit_code == 2


@pytest.mark.parametrize("value", [0.5, {1: 2}, {"a": object()}, b"x", {"a": {"b": float("nan")}}, 2**53, "\ud800", {1}])
def test_only_plain_values_have_a_canonical_form(value: object) -> None:
    with pytest.raises(ReportError):
        canonical(value)
    with pytest.raises(ReportError):
        sign({"x": value}, PRIVATE, WHEN)


def test_the_canonical_form_is_that_of_the_standard() -> None:
    # cyberphone/json-canonicalization, test data "french" and "structures"
    french = {"peach": "This sorting order", "péché": "is wrong according to French", "pêche": "but canonicalization MUST",
              "sin": "ignore locale"}  # fmt: skip
    assert list(json.loads(canonical(french))) == ["peach", "péché", "pêche", "sin"]
    value = {"1": {"f": {"f": "hi", "F": 5}, "\n": 56}, "10": {}, "": "empty", "111": [{"e": "yes", "E": "no"}], "A": {}}
    assert canonical(value) == b'{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{}}'
    assert canonical((1, -(2**53) + 1, True, None)) == b"[1,-9007199254740991,true,null]"


def test_a_list_of_keys_is_read_back_and_every_fault_has_its_place() -> None:
    document = key_document([KEY, Key(public_bytes(generate_key()), WHEN, None, "")])
    keys = read_keys(json.dumps(document).encode())
    assert keys[KEY.kid] == KEY
    assert [key.valid_until for key in keys.values()] == [KEY.valid_until, None]
    row = key_document([KEY])["keys"][0]  # type: ignore[index]
    assert isinstance(row, dict)
    faults = [
        ([], "$"), ({}, "$"), ({"format": "grading-keys/3", "keys": []}, "$"), ({"format": "grading-keys/2", "keys": {}}, "$.keys"),
        *(({"format": "grading-keys/2", "keys": [row, {**row, **change}]}, path) for change, path in (
            ({}, "$.keys[1].kid"), ({"more": 1}, "$.keys[1]"), ({"kid": "0" * 16}, "$.keys[1].kid"), ({"holder": None}, "$.keys[1].holder"),
            ({"public_key": "0"}, "$.keys[1].public_key"), ({"public_key": None}, "$.keys[1].public_key"),
            ({"valid_from": None}, "$.keys[1].valid_from"), ({"valid_until": "2026"}, "$.keys[1].valid_until"))),
        ({"format": "grading-keys/2", "keys": ["x"]}, "$.keys[0]"),
    ]  # fmt: skip
    for fault, path in faults:
        with pytest.raises(ReportError) as caught:
            read_keys(json.dumps(fault).encode())
        assert caught.value.problem.path == path
    assert key_id(KEY.public_key) == KEY.kid == KEY.kid.lower()
    assert len(KEY.kid) == 16


def test_private_keys_are_kept_open_or_locked() -> None:
    assert public_bytes(read_private(private_pem(PRIVATE))) == KEY.public_key
    locked = private_pem(PRIVATE, b"correct horse")
    assert public_bytes(read_private(locked, b"correct horse")) == KEY.public_key
    other = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem, passphrase, code in (
        (locked, None, "passphrase"), (locked, b"wrong", "passphrase"), (private_pem(PRIVATE), b"x", "passphrase"),
        (b"", None, "key"), (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", None, "key"), (other, None, "key"),
    ):  # fmt: skip
        with pytest.raises(ReportError) as caught:
            read_private(pem, passphrase)
        assert caught.value.problem.code == code


def test_refusals_can_cross_a_process() -> None:
    error = pickle.loads(pickle.dumps(ReportError("key", "$.a", "b")))
    assert str(error) == "$.a: This is not an Ed25519 key. (b)"
