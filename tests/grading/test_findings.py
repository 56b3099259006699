"""Findings and facts as people and programs send them: what is refused, what is the same, what is kept."""

from __future__ import annotations

import json
import unicodedata
from decimal import Decimal

import pytest

from grading import FindingsError, SchemeError, grade, load_scheme, recompute
from tests.grading.phone import CLEAN, SCHEME, phone

NOT_NUMBERS = [
    88.0, float("nan"), float("inf"), True, False, "８８", "٨٨", "NaN", "Infinity", "8e1", "1_0", "+88", " 88", "88 ", "88.", ".5",
    "0x10", "八十八", "--1", "88,5", Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), [88], {"a": 1}, b"88", "1" * 5000,
]  # fmt: skip
OUT_OF_RANGE = [-1, "-1", 101, "100.01", 10**30, 10**5000, Decimal("1E+20"), Decimal("1E+999999"), "999999999999"]
TOO_FINE = ["88.123", Decimal("88.123"), Decimal("88." + "1" * 60), Decimal("1E-500")]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=lambda value: repr(value)[:20])
def test_what_is_no_plain_number_is_refused(value: object) -> None:
    with pytest.raises(FindingsError) as refused:
        phone(battery_pct=value)
    assert set(refused.value.errors) == {"battery_pct"}
    assert "半角" in refused.value.errors["battery_pct"]["zh"]


@pytest.mark.parametrize("value", OUT_OF_RANGE, ids=lambda value: f"{type(value).__name__}")
def test_a_number_out_of_range_is_refused_with_the_range(value: object) -> None:
    with pytest.raises(FindingsError) as refused:
        phone(battery_pct=value)
    assert refused.value.errors["battery_pct"] == {
        "zh": "请填写 0 到 100 之间的数字。", "en": "Please enter a number from 0 to 100.",
    }  # fmt: skip


@pytest.mark.parametrize("value", TOO_FINE, ids=lambda value: repr(value)[:20])
def test_a_number_with_too_many_decimals_is_refused(value: object) -> None:
    with pytest.raises(FindingsError, match="At most 2 decimal places"):
        phone(battery_pct=value)


def test_cycles_are_whole() -> None:
    with pytest.raises(FindingsError, match="whole number"):
        phone(battery_cycles="10.5")


@pytest.mark.parametrize(
    ("value", "kept"),
    [(88, "88"), ("88", "88"), ("088", "88"), ("88.0", "88"), (Decimal("88.50"), "88.5"), (Decimal("8.8E+1"), "88"), ("-0", "0"),
     (Decimal("-0.0"), "0"), (Decimal("0E+3"), "0"), (100, "100"), (Decimal("1E+2"), "100")],
)  # fmt: skip
def test_the_same_number_is_kept_in_one_form(value: object, kept: str) -> None:
    assert phone(battery_pct=value).findings["battery_pct"] == kept


@pytest.mark.parametrize(
    "value", ["NONE", "none ", "perfect", 0, Decimal(1), True, ["none"], ("none",), "x" * 100_000, "ｎｏｎｅ"]
)
def test_an_answer_that_is_no_option_is_refused(value: object) -> None:
    with pytest.raises(FindingsError) as refused:
        phone(screen_glass=value)
    assert set(refused.value.errors) == {"screen_glass"}


def test_every_fault_is_told_at_once_by_its_key() -> None:
    with pytest.raises(FindingsError) as refused:
        grade(SCHEME, CLEAN | {"screen_glass": "?", "battery_pct": 1.5, "colour": "red"}, {"price": 100, "design_cycles": 0})
    assert set(refused.value.errors) == {"screen_glass", "battery_pct", "colour", "price", "design_cycles"}
    assert all(message["zh"] and message["en"] for message in refused.value.errors.values())


def test_keys_that_are_not_text_or_very_long_are_refused_in_short() -> None:
    with pytest.raises(FindingsError) as refused:
        grade(SCHEME, {**CLEAN, 7: "x", "k" * 10_000: "x"})  # type: ignore[dict-item]
    assert {len(key) <= 60 for key in refused.value.errors} == {True}
    assert len(refused.value.errors) == 2


@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "a\u202eb", "a\u2028b", "\ud800", "x" * 65, "x" * 100_000, 12, True, b"x"])
def test_a_certificate_number_that_cannot_be_kept_is_refused(value: object) -> None:
    with pytest.raises(FindingsError) as refused:
        phone(erase_certificate=value)
    assert set(refused.value.errors) == {"erase_certificate"}


def test_a_certificate_number_is_trimmed_and_blank_ones_count_as_missing() -> None:
    assert phone(erase_certificate="  渝-1 ").findings["erase_certificate"] == "渝-1"
    assert [m.key for m in phone(erase_certificate="   ").missing] == ["erase_certificate"]


TOO_LONG = {"zh": "最多 64 个字符。", "en": "At most 64 characters, please."}
SIGNS = {"zh": "含有不能保存的字符，请删除后重填。", "en": "There are characters that cannot be kept; please remove them."}


@pytest.mark.parametrize("text", ["x", "字" * 64, " " * 355 + "x", " " * 292 + "字" * 64, "e\u0301" * 64])
def test_a_text_may_have_as_many_characters_as_the_scheme_says(text: str) -> None:
    assert phone(erase_certificate=text).findings["erase_certificate"] == unicodedata.normalize("NFC", text).strip()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 65, TOO_LONG), ("字" * 65, TOO_LONG), (" " * 356 + "x", TOO_LONG), ("x" * 100_000, TOO_LONG), (" " * 293 + "字" * 64, TOO_LONG),
        ("a\u2028b", SIGNS), ("a\u2029b", SIGNS), ("a\nb", SIGNS), ("a\u200bb", SIGNS), ("\ud800", SIGNS), ("\ue000", SIGNS), ("x" * 64 + "\u2029y", SIGNS),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_text_that_is_longer_or_cannot_be_kept_is_refused_and_told_why(text: str, said: dict[str, str]) -> None:
    with pytest.raises(FindingsError) as refused:
        phone(erase_certificate=text)
    assert refused.value.errors == {"erase_certificate": said}


def test_a_fact_in_words_has_its_own_length() -> None:
    electric = load_scheme("ev-house-1")
    assert grade(electric, {}, {"battery_trace_code": "0" * 40}).facts["battery_trace_code"] == "0" * 40
    with pytest.raises(FindingsError, match="At most 40"):
        grade(electric, {}, {"battery_trace_code": "0" * 41})


@pytest.mark.parametrize("value", [1, 0, "true", "yes"])
def test_a_flag_is_only_true_or_false(value: object) -> None:
    with pytest.raises(FindingsError):
        grade(SCHEME, CLEAN, {"found_not_declared": value})


def test_stored_content_is_plain_json_and_recomputes_to_itself() -> None:
    findings = CLEAN | {"battery_pct": None, "battery_cycles": 640, "screen_glass": "light", "wifi": "fail", "gps": "fail"}
    result = grade(SCHEME, findings, {"design_cycles": 1000, "found_not_declared": True})
    content = result.to_content()
    stored = json.loads(json.dumps(content))
    assert stored == content
    assert not any(isinstance(value, float) for value in _leaves(stored))
    assert (stored["score"], stored["scheme_sha256"]) == (f"{result.score}", SCHEME.sha256)
    assert recompute(stored).to_content() == stored


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for part in value for leaf in _leaves(part)] if isinstance(value, list) else [value]


def test_content_that_was_tampered_with_does_not_recompute_to_itself() -> None:
    stored = json.loads(json.dumps(phone(screen_glass="light").to_content()))
    stored["findings"]["screen_glass"] = "none"
    assert recompute(stored).to_content() != stored


def test_content_of_another_scheme_file_is_not_recomputed() -> None:
    stored = phone().to_content()
    with pytest.raises(SchemeError, match="not the file"):
        recompute({**stored, "scheme_sha256": "0" * 64})
    with pytest.raises(SchemeError, match="no such scheme"):
        recompute({**stored, "scheme_id": "../phone-2026.1"})
    with pytest.raises(FindingsError):
        recompute({})


def test_a_result_and_a_scheme_cannot_be_changed() -> None:
    result = phone()
    for change in (
        lambda: setattr(result, "tier", "E"),
        lambda: result.findings.__setitem__("imei", "invalid"),  # type: ignore[attr-defined]
        lambda: result.status_name.__setitem__("zh", "?"),
        lambda: result.status_name.update(zh="?"),
        lambda: setattr(SCHEME.tiers[0], "min_score", 0),
        lambda: SCHEME.tiers[0].equivalents.__setitem__("ebay", "?"),  # type: ignore[attr-defined]
    ):
        with pytest.raises((AttributeError, TypeError)):
            change()
    assert load_scheme("phone-2026.1") is SCHEME
