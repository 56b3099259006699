"""Check digits and forms of identifiers. They prove form only: an IMEI can be rewritten, a serial can be invented.

For goods (may this number be registered?), for accounts, and for the items of a scheme that the system fills in (`computed`).
IMEI: 15 digits, TAC = first 8, Luhn over all 15 (3GPP TS 23.003, ISO/IEC 7812). A serial number has no check digit.
统一社会信用代码: 18 characters, the last by GB 32100-2015 (modulus 31). 公民身份号码: 18, the last by GB 11643-1999 (MOD 11-2).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import mul
from types import MappingProxyType

from grading.errors import Words

__all__ = [
    "COMPUTATIONS",
    "IMEI_LENGTH",
    "TAC_LENGTH",
    "IdCheck",
    "check_credit_code",
    "check_imei",
    "check_resident_id",
    "check_serial",
    "check_vin",
    "credit_code_digit",
    "imei_verdict",
    "is_credit_code",
    "is_imei",
    "is_resident_id",
    "is_serial",
    "luhn_digit",
    "luhn_holds",
    "normalise",
    "resident_id_digit",
    "tac_of",
    "vin_check_digit",
    "vin_years",
]

IMEI_LENGTH = 15
TAC_LENGTH = 8
_IMEISV_LENGTH = 16
_LONGEST_INPUT = 200

# A phone keyboard set to Chinese types full-width signs. They are turned into ASCII here, explicitly and only these:
# Unicode's own folding would also turn circled or superscript digits into plain ones.
_FULL_WIDTH = {ord("０") + step: ord("0") + step for step in range(10)}
_FULL_WIDTH |= {ord("Ａ") + step: ord("A") + step for step in range(26)}
_FULL_WIDTH |= {ord("ａ") + step: ord("a") + step for step in range(26)}
_FULL_WIDTH |= {ord("／"): ord("/"), ord("．"): ord("."), ord("＿"): ord("_")}
# Spaces and dashes people type or copy between groups of digits (ASCII, no-break, thin, ideographic; hyphen to full-width).
_SEPARATORS = dict.fromkeys(map(ord, " \t\u00a0\u2007\u2009\u202f\u3000-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"))
_DIGITS = re.compile(r"[0-9]+")
_SERIAL = re.compile(r"[A-Z0-9](?:[A-Z0-9./_]{3,28})[A-Z0-9]")

VIN_LENGTH = 17
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_ROWS = ("0", "1AJ", "2BKS", "3CLT", "4DMU", "5ENV", "6FW", "7GPX", "8HY", "9RZ")  # the digit and its letters
_VIN_VALUES = {sign: int(row[0]) for row in _VIN_ROWS for sign in row}
_VIN_CHECK_PLACE = 8
_VIN_BINDING = frozenset("L12345")
_VIN_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"

_MESSAGES = {
    "empty": Words("请填写号码。", "Please enter the number."),
    "not_digits": Words("IMEI 只有数字。", "An IMEI has digits only."),
    "too_short": Words("IMEI 是 15 位数字，还差几位。", "An IMEI has 15 digits; some are missing."),
    "too_long": Words("IMEI 是 15 位数字，多了几位。", "An IMEI has 15 digits; there are too many."),
    "imeisv": Words(
        "这是 16 位的 IMEISV。请在拨号界面输入 *#06#，填写 15 位的 IMEI。",
        "This is a 16-digit IMEISV. Dial *#06# and enter the IMEI of 15 digits.",
    ),
    "placeholder": Words("这是占位号码，不是本机的号码。", "This is a placeholder, not the number of this device."),
    "check_digit": Words("IMEI 校验位不对，请核对每一位。", "The check digit does not fit; please compare every digit."),
    "vin_length": Words("车辆识别代号是 17 位。", "A VIN has 17 signs."),
    "vin_signs": Words("车辆识别代号只有数字和字母，没有 I、O、Q。", "A VIN has digits and letters, without I, O and Q."),
    "vin_check_digit": Words(
        "车辆识别代号校验位不对，请核对每一位。", "The VIN's check digit does not fit; please compare every sign."
    ),
    "vin_unchecked": Words(
        "校验位不符；这类车未必使用校验位，请核对。",
        "The check digit does not fit; such makers need not use one. Please compare.",
    ),
    "serial_form": Words(
        "序列号是 5 到 30 位的字母和数字，至少有一位数字。",
        "A serial number has 5 to 30 letters and digits, with at least one digit.",
    ),
    "credit_code_form": Words(
        "统一社会信用代码是 18 位数字和大写字母，不用 I、O、S、V、Z。",
        "A unified social credit code has 18 digits and capital letters, without I, O, S, V and Z.",
    ),
    "credit_code_digit": Words(
        "统一社会信用代码的校验位不对，请核对每一位。", "The check character does not fit; please compare all 18."
    ),
    "organisation_digit": Words(
        "其中组织机构代码（第 9 至 17 位）的校验位不对，请再核对一次。",
        "The check digit of the organisation code in it (places 9 to 17) does not fit; please look again.",
    ),
    "resident_id_form": Words(
        "身份证号码是 17 位数字加一位数字或 X。", "A resident identity number has 17 digits and one more digit or X."
    ),
    "birthday": Words("身份证号码里的出生日期不存在。", "The day of birth in the number does not exist."),
    "resident_id_digit": Words(
        "身份证号码的校验位不对，请核对每一位。", "The check character does not fit; please compare all 18."
    ),
}


@dataclass(frozen=True, slots=True)
class IdCheck:
    """What a check found: the normalised `value`, `ok`, and otherwise a stable `reason` and a `message` for people.

    `warning`: the number counts, but somebody should look again. The value is left out of `repr`: it does not belong in a log.
    """

    value: str = field(repr=False)
    ok: bool
    reason: str | None = None
    message: Words | None = None
    warning: Words | None = None


def normalise(text: str) -> str:
    """The identifier as it is stored: no spaces or dashes, full-width letters and digits as ASCII, upper case.

    Anything else (other scripts' digits, signs) is left in place, so that the check refuses it.
    """
    plain = text.translate(_FULL_WIDTH).translate(_SEPARATORS)
    # str.upper() may lengthen exotic letters ("ß" to "SS") and so make a refused sign look right: ASCII letters only.
    return "".join(sign.upper() if sign.isascii() else sign for sign in plain)


def luhn_digit(digits: str) -> str:
    """The Luhn check digit of a run of ASCII digits without one. Raises ValueError for anything else."""
    if not _DIGITS.fullmatch(digits):
        raise ValueError("Luhn needs ASCII digits")
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def luhn_holds(digits: str) -> bool:
    """Is the last digit the Luhn check digit of the others? False for anything that is not two or more ASCII digits."""
    return len(digits) > 1 and _DIGITS.fullmatch(digits) is not None and luhn_digit(digits[:-1]) == digits[-1]


def check_imei(text: str) -> IdCheck:
    """Check one IMEI as typed. Reasons: empty, not_digits, too_short, too_long, imeisv, placeholder, check_digit."""
    value = normalise(text[:_LONGEST_INPUT])
    reason: str | None = None
    if not value:
        reason = "empty"
    elif not _DIGITS.fullmatch(value):
        reason = "not_digits"
    elif len(value) == _IMEISV_LENGTH:
        reason = "imeisv"
    elif len(value) != IMEI_LENGTH:
        reason = "too_short" if len(value) < IMEI_LENGTH else "too_long"
    elif set(value) == {"0"}:
        # Fifteen zeros satisfy Luhn; modems without a number report them.
        reason = "placeholder"
    elif not luhn_holds(value):
        reason = "check_digit"
    return IdCheck(value, reason is None, reason, _MESSAGES[reason] if reason else None)


def is_imei(text: str) -> bool:
    """Is this a well-formed IMEI?"""
    return check_imei(text).ok


def tac_of(imei: str) -> str:
    """The type allocation code, first 8 digits, of a well-formed IMEI. Raises ValueError for anything else."""
    check = check_imei(imei)
    if not check.ok:
        raise ValueError(f"not an IMEI: {check.reason}")
    return check.value[:TAC_LENGTH]


def check_serial(text: str) -> IdCheck:
    """Check the form of a serial number as typed (there is no check digit). Reasons: empty, serial_form."""
    value = normalise(text[:_LONGEST_INPUT])
    reason: str | None = None
    if not value:
        reason = "empty"
    elif not _SERIAL.fullmatch(value) or len(set(value)) == 1 or not any(sign.isdigit() for sign in value):
        reason = "serial_form"
    return IdCheck(value, reason is None, reason, _MESSAGES[reason] if reason else None)


def is_serial(text: str) -> bool:
    """Has this the form of a serial number?"""
    return check_serial(text).ok


def imei_verdict(text: str | None) -> str:
    """The finding of the item "IMEI check digit": "valid" or "invalid". A device without a number is invalid."""
    return "valid" if text is not None and is_imei(text) else "invalid"


# --- organisations and persons ----------------------------------------------------------------------------------------
_CREDIT_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE = re.compile(f"[{_CREDIT_CODE_SIGNS}]{{18}}")
_CREDIT_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)  # powers of 3 modulo 31
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_ID = re.compile(r"[1-9][0-9]{16}[0-9X]")
_RESIDENT_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # powers of 2 modulo 11


def credit_code_digit(first: str) -> str:
    """The check character of the first 17 characters of a unified social credit code (GB 32100-2015).

    Raises ValueError for a sign that is not of its alphabet.
    """
    total = sum(map(mul, map(_CREDIT_CODE_SIGNS.index, first), _CREDIT_CODE_WEIGHTS))
    return _CREDIT_CODE_SIGNS[-total % 31]


def check_credit_code(text: str) -> IdCheck:
    """Check a unified social credit code as typed. Reasons: empty, credit_code_form, credit_code_digit.

    The organisation code within it has a check digit of its own (GB 11714-1997). Where only that fails it is a warning:
    codes given out before the reform are in use.
    """
    value = normalise(text[:_LONGEST_INPUT])
    reason: str | None = None
    if not value:
        reason = "empty"
    elif not _CREDIT_CODE.fullmatch(value):
        reason = "credit_code_form"
    elif credit_code_digit(value[:17]) != value[17]:
        reason = "credit_code_digit"
    warned = reason is None and _organisation_digit(value[8:16]) != value[16]
    return IdCheck(
        value, reason is None, reason, _MESSAGES[reason] if reason else None, _MESSAGES["organisation_digit"] if warned else None
    )


def is_credit_code(text: str) -> bool:
    """Is this a well-formed unified social credit code?"""
    return check_credit_code(text).ok


def resident_id_digit(first: str) -> str:
    """The check character of the first 17 digits of a resident identity number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(map(mul, map(int, first), _RESIDENT_ID_WEIGHTS)) % 11]


def check_resident_id(text: str) -> IdCheck:
    """Check a resident identity number as typed. Reasons: empty, resident_id_form, birthday, resident_id_digit.

    Form only: whether the person exists, only the authority knows. Never put such a number into a log, hashed or not.
    """
    value = normalise(text[:_LONGEST_INPUT])
    reason: str | None = None
    if not value:
        reason = "empty"
    elif not _RESIDENT_ID.fullmatch(value):
        reason = "resident_id_form"
    elif not _is_day(value[6:14]):
        reason = "birthday"
    elif resident_id_digit(value[:17]) != value[17]:
        reason = "resident_id_digit"
    return IdCheck(value, reason is None, reason, _MESSAGES[reason] if reason else None)


def is_resident_id(text: str) -> bool:
    """Is this a well-formed resident identity number?"""
    return check_resident_id(text).ok


def _organisation_digit(first: str) -> str:
    # 0-9, then A = 10 to Z = 35: the values of int(..., 36)
    rest = 11 - sum(map(mul, (int(sign, 36) for sign in first), _ORGANISATION_WEIGHTS)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def _is_day(digits: str) -> bool:
    try:
        datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def vin_check_digit(vin: str) -> str:
    """The digit that belongs at the ninth place of a VIN of 17 permitted signs. Raises ValueError for anything else.

    Letters become digits, each place has a weight, the sum modulo 11 is the digit (10 is X).
    """
    if not _VIN.fullmatch(vin):
        raise ValueError("a VIN has 17 digits and letters, without I, O and Q")
    total = sum(weight * _VIN_VALUES[sign] for weight, sign in zip(_VIN_WEIGHTS, vin, strict=True))
    return "0123456789X"[total % 11]


def check_vin(text: str) -> IdCheck:
    """Check one VIN as typed. Reasons: empty, vin_length, vin_signs, vin_check_digit; vin_unchecked where `ok` is True.

    The digit is binding where it is prescribed: VINs that begin with L (China) or 1 to 5 (North America). Elsewhere makers
    need not use it: a digit that does not fit is only told (`vin_unchecked`). This split is ours.
    """
    value = normalise(text[:_LONGEST_INPUT])
    reason: str | None = None
    if not value:
        reason = "empty"
    elif len(value) != VIN_LENGTH:
        reason = "vin_length"
    elif not _VIN.fullmatch(value):
        reason = "vin_signs"
    elif vin_check_digit(value) != value[_VIN_CHECK_PLACE]:
        reason = "vin_check_digit" if value[0] in _VIN_BINDING else "vin_unchecked"
    return IdCheck(value, reason in (None, "vin_unchecked"), reason, _MESSAGES[reason] if reason else None)


def has_model_year(vin: str) -> bool:
    """Must the tenth sign of this VIN tell its model year? Where the check digit is binding; elsewhere makers are free."""
    return check_vin(vin).ok and normalise(vin)[0] in _VIN_BINDING


def vin_years(vin: str) -> tuple[int, ...]:
    """The model years that the tenth sign of a well-formed VIN may mean, oldest first: the code repeats after 30 years.

    Empty where the sign is no year (U, Z, 0). Code table from memory.
    """
    check = check_vin(vin)
    place = _VIN_YEARS.find(check.value[9]) if check.ok else -1
    return () if place < 0 else (1980 + place, 2010 + place)


COMPUTATIONS: Mapping[str, Callable[[str | None], str]] = MappingProxyType({"imei_verdict": imei_verdict})
"""Verdicts that a scheme may name in `computed: {by: ...}`: the caller feeds the number, nobody types the verdict."""
