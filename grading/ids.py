"""Check digits and forms of identifiers. They prove form only: an IMEI can be rewritten, a serial can be invented.

For goods (may this number be registered?) and for the items of a scheme that the system fills in (`computed`).
IMEI: 15 digits, TAC = first 8, Luhn over all 15 (3GPP TS 23.003, ISO/IEC 7812). A serial number has no check digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from grading.errors import Words

__all__ = [
    "COMPUTATIONS",
    "IMEI_LENGTH",
    "TAC_LENGTH",
    "IdCheck",
    "check_imei",
    "check_serial",
    "imei_verdict",
    "is_imei",
    "is_serial",
    "luhn_digit",
    "luhn_holds",
    "normalise",
    "tac_of",
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
    "serial_form": Words(
        "序列号是 5 到 30 位的字母和数字，至少有一位数字。",
        "A serial number has 5 to 30 letters and digits, with at least one digit.",
    ),
}


@dataclass(frozen=True, slots=True)
class IdCheck:
    """What a check found: the normalised `value`, `ok`, and otherwise a stable `reason` and a `message` for people."""

    value: str
    ok: bool
    reason: str | None = None
    message: Words | None = None


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


COMPUTATIONS: Mapping[str, Callable[[str | None], str]] = MappingProxyType({"imei_verdict": imei_verdict})
"""Verdicts that a scheme may name in `computed: {by: ...}`: the caller feeds the number, nobody types the verdict."""
