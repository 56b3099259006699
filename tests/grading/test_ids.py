"""Check digits and forms of identifiers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grading.ids import (
    check_credit_code,
    check_imei,
    check_resident_id,
    check_serial,
    check_vin,
    credit_code_digit,
    imei_verdict,
    is_credit_code,
    is_imei,
    is_resident_id,
    is_serial,
    luhn_digit,
    luhn_holds,
    normalise,
    resident_id_digit,
    tac_of,
    vin_check_digit,
    vin_years,
)

GOOD = "490154203237518"
VECTORS = json.loads(Path(__file__).with_name("identifiers.json").read_text(encoding="utf-8"))
CODES, PERSONS = VECTORS["uscc_gb32100"], VECTORS["resident_id_gb11643"]


@pytest.mark.parametrize(
    "text",
    [GOOD, "49-015420-323751-8", " 490154 203237 518 ", "４９０１５４２０３２３７５１８", "490154\u00a0203237\u3000518", "356938035643809",
     "490154203237518\t", "490154－203237－518"],
)  # fmt: skip
def test_a_well_formed_imei_is_accepted_however_it_is_grouped(text: str) -> None:
    check = check_imei(text)
    assert check.ok
    assert check.reason is None
    assert (len(check.value), check.value.isascii(), imei_verdict(text)) == (15, True, "valid")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"), ("  - ", "empty"), ("49015420323751", "too_short"), ("4901542032375180", "imeisv"),
        ("49015420323751800", "too_long"), ("4" * 10_000, "too_long"), ("490154203237517", "check_digit"),
        ("490145203237518", "check_digit"), ("000000000000000", "placeholder"), ("49015420323751A", "not_digits"),
        ("٤٩٠١٥٤٢٠٣٢٣٧٥١٨", "not_digits"), ("49015420323751⑧", "not_digits"), ("49015420323751²", "not_digits"),
        ("490154203237518\n", "not_digits"), ("490154203237518\x00", "not_digits"), ("+490154203237518", "not_digits"),
        ("IMEI490154203237518", "not_digits"),
    ],
)  # fmt: skip
def test_what_is_no_imei_is_refused_with_its_reason(text: str, reason: str) -> None:
    check = check_imei(text)
    assert (check.ok, check.reason, imei_verdict(text)) == (False, reason, "invalid")
    assert check.message is not None
    assert check.message["zh"]
    assert check.message["en"]


def test_the_published_example_has_check_digit_eight() -> None:
    assert luhn_digit("49015420323751") == "8"
    assert [digit for digit in "0123456789" if is_imei("49015420323751" + digit)] == ["8"]


def test_every_single_wrong_digit_is_noticed() -> None:
    for place in range(15):
        for digit in "0123456789":
            changed = GOOD[:place] + digit + GOOD[place + 1 :]
            assert is_imei(changed) == (changed == GOOD)


def test_luhn_takes_ascii_digits_only() -> None:
    for text in ("", "12a", "１２", "²3"):
        with pytest.raises(ValueError, match="ASCII"):
            luhn_digit(text)
    assert not any(map(luhn_holds, ("", "0", "１８", "1 8")))
    assert luhn_holds("18")


def test_the_type_code_is_the_first_eight_digits_of_a_checked_number() -> None:
    assert tac_of("49-015420-323751-8") == "49015420"
    with pytest.raises(ValueError, match="check_digit"):
        tac_of("490154203237517")


def test_a_device_without_a_number_is_invalid() -> None:
    assert imei_verdict(None) == "invalid"


@pytest.mark.parametrize(
    ("text", "value"),
    [("C39XK0ABCDEF", "C39XK0ABCDEF"), (" r58-m123 4567 ", "R58M1234567"), ("ＡＢ１２３４", "AB1234"), ("SN/2023.04_7", "SN/2023.04_7"),
     ("A1B2C", "A1B2C")],
)  # fmt: skip
def test_a_serial_number_is_checked_for_its_form_only(text: str, value: str) -> None:
    check = check_serial(text)
    assert (check.ok, check.value) == (True, value)


@pytest.mark.parametrize(
    "text",
    ["", "A1B2", "UNKNOWN", "N/A", "00000000", "A" * 31 + "1", "序列号12345", "AB<12345>", "AB'12345", "/AB1234", "AB1234.", "straße123",
     "AB12\x0034", "1" * 10_000],
)  # fmt: skip
def test_what_has_no_form_of_a_serial_number_is_refused(text: str) -> None:
    assert not is_serial(text)
    assert check_serial(text).message is not None


def test_normalising_twice_changes_nothing_more() -> None:
    for text in ("４９-01 x", "ａｂｃ／．＿－", "ß①²", "r58 m12"):
        assert normalise(normalise(text)) == normalise(text)
    assert normalise("ß①²") == "ß①²"


@pytest.mark.parametrize("code", [row["code"] for row in CODES["valid"]] + [CODES["mod_zero_case"]["code"]])
def test_a_published_credit_code_is_accepted(code: str) -> None:
    assert credit_code_digit(code[:17]) == code[17]
    assert check_credit_code(f" {code[:8].lower()} {code[8:]}").value == code
    assert is_credit_code(code)
    assert (check_credit_code(code).warning is None) == (code != CODES["mod_zero_case"]["code"])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        *zip(CODES["invalid"], ["credit_code_form", "credit_code_digit", "credit_code_form", "credit_code_form", "credit_code_form"], strict=True),
        ("", "empty"), ("91350100M000100Y433", "credit_code_form"), ("9135０100M000100Y44", "credit_code_digit"), ("9" * 10_000, "credit_code_form"),
    ],
)  # fmt: skip
def test_what_is_no_credit_code_is_refused(code: str, reason: str) -> None:
    check = check_credit_code(code)
    assert (check.ok, check.reason, check.warning) == (False, reason, None)
    assert check.message is not None


def test_every_single_wrong_sign_of_a_credit_code_is_noticed() -> None:
    code = CODES["valid"][0]["code"]
    for place in range(18):
        for sign in CODES["alphabet"]:
            changed = code[:place] + sign + code[place + 1 :]
            assert is_credit_code(changed) == (changed == code)
    with pytest.raises(ValueError, match="substring"):
        credit_code_digit("I" * 17)


def test_a_doubtful_organisation_code_is_a_warning() -> None:
    doubtful = "91350100M000100X4"  # the published example has M000100Y4
    assert check_credit_code(doubtful + credit_code_digit(doubtful)).warning is not None
    for organisation in ("08000000X", "000000000"):  # sums of 56 and 0: 11 - 1 is written X, 11 - 0 is written 0
        code = "91350100" + organisation
        assert check_credit_code(code + credit_code_digit(code)).warning is None


@pytest.mark.parametrize("number", [row["id"] for row in PERSONS["valid"]])
def test_a_published_identity_number_is_accepted(number: str) -> None:
    assert resident_id_digit(number[:17]) == number[17]
    check = check_resident_id(f"{number[:6]} {number[6:14]} {number[14:].lower()}")
    assert (check.ok, check.value, check.reason, check.message) == (True, number, None, None)
    assert number not in repr(check)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        *zip(PERSONS["invalid"], ["resident_id_digit", "resident_id_digit", "birthday"], strict=True),
        ("", "empty"), ("110105194912310", "resident_id_form"), ("X1010519491231002X", "resident_id_form"), ("01010519491231002X", "resident_id_form"),
        ("11010519490229002X", "birthday"), ("11010500001231002X", "birthday"), ("11010519491231002XX", "resident_id_form"),
        ("11010519491231002Y", "resident_id_form"), ("1" * 10_000, "resident_id_form"),
    ],
)  # fmt: skip
def test_what_is_no_identity_number_is_refused(number: str, reason: str) -> None:
    check = check_resident_id(number)
    assert (check.ok, check.reason, is_resident_id(number)) == (False, reason, False)
    assert check.message is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1M8GDM9AXKP042788", None), ("WDBEA30D3HA391172", None), ("LSGPC54U2NH123456", None), ("11111111111111111", None),
        ("1FACP45EXLF192944", None), ("1m8gdm9a-xkp042788", None), ("1M8GDM9A0KP042788", "vin_check_digit"),
        ("LSVAA0000N0000001", "vin_check_digit"), ("WDBEA30D4HA391172", "vin_unchecked"), ("", "empty"),
        ("1M8GDM9AXKP04278", "vin_length"), ("1M8GDM9AXKP0427888", "vin_length"), ("IM8GDM9AXKP042788", "vin_signs"),
        ("1M8GDM9AXKPO42788", "vin_signs"), ("1M8GDM9AXKQ042788", "vin_signs"), ("1M8GDM9AXKP04278中", "vin_signs"),
    ],
)  # fmt: skip
def test_vin(text: str, reason: str | None) -> None:
    check = check_vin(text)
    assert (check.reason, check.ok) == (reason, reason in (None, "vin_unchecked"))
    assert (check.message is None) == (reason is None)


def test_every_changed_sign_of_a_binding_vin_is_noticed_unless_it_has_the_same_value() -> None:
    vin = "LSGPC54U2NH123456"
    for place in range(1, 17):
        for sign in "0123456789":
            other = vin[:place] + sign + vin[place + 1 :]
            if place != 8 and check_vin(other).ok:
                assert vin_check_digit(other) == vin[8]
                assert other == vin or not vin[place].isdigit()


def test_vin_years_repeat_after_thirty_years() -> None:
    assert vin_years("LSGPC54U2NH123456") == (1992, 2022)
    assert vin_years("11111111111111111") == (2001, 2031)
    assert vin_years("LSVAA0000N0000001") == ()
    with pytest.raises(ValueError, match="17"):
        vin_check_digit("L")
