"""Numbers and order: reading a number without a float, rounding half up, the worst of several tiers, the band of a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

__all__ = ["ARITHMETIC", "NumberRefused", "number_text", "place", "read_number", "round_half_up", "strictest"]

# Its own context: a grade must not depend on what the rest of the process did to the thread's decimal context.
ARITHMETIC = Context(prec=50, rounding=ROUND_HALF_UP)
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,12})?")
_MOST_DIGITS = 24

Refusal = Literal["not_a_number", "out_of_range", "too_many_decimals"]


class NumberRefused(ValueError):
    """A value that is not an acceptable number; `reason` says why."""

    def __init__(self, reason: Refusal) -> None:
        self.reason: Refusal = reason
        super().__init__(reason)


def read_number(value: object, low: Decimal, high: Decimal, decimals: int) -> Decimal:
    """Read an int, a Decimal or plain ASCII digits ("88", "-3.5") within low..high and at most `decimals` places.

    Floats are refused, because 0.1 is not 0.1; so are booleans, NaN, infinities, exponents in text and digits of other
    scripts. Raises NumberRefused.
    """
    number = _exact(value)
    if not low <= number <= high:
        raise NumberRefused("out_of_range")
    number = number.normalize(ARITHMETIC)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        raise NumberRefused("too_many_decimals")
    return number if number else Decimal(0)  # no minus zero, no "0E+3"


def _exact(value: object) -> Decimal:
    if isinstance(value, bool):
        raise NumberRefused("not_a_number")
    if isinstance(value, int):
        if abs(value) >= 10**_MOST_DIGITS:  # before Decimal(): a million digits cost seconds
            raise NumberRefused("out_of_range")
        return Decimal(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise NumberRefused("not_a_number")
        if value and value.adjusted() >= _MOST_DIGITS:
            raise NumberRefused("out_of_range")
        if len(value.as_tuple().digits) > _MOST_DIGITS or value.adjusted() < -_MOST_DIGITS:
            raise NumberRefused("too_many_decimals" if value else "not_a_number")
        return value
    if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value):
        return Decimal(value)
    raise NumberRefused("not_a_number")


def number_text(number: Decimal) -> str:
    """The shortest plain text of a number: "6", "12.5", never an exponent."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def round_half_up(number: Decimal, decimals: int) -> Decimal:
    """Round to `decimals` places, halves away from zero; keeps the places ("97.0")."""
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=ARITHMETIC)


def strictest(codes: Iterable[str], strict_first: Sequence[str]) -> str:
    """The code that comes first in `strict_first`. Raises ValueError when `codes` is empty."""
    return min(codes, key=strict_first.index)


def place(value: Decimal, edges: Sequence[Decimal], ascending_max: bool) -> int | None:
    """Which band holds the value: the first edge with `edge <= value`, or with `value <= edge` when ascending_max."""
    for index, edge in enumerate(edges):
        if (value <= edge) if ascending_max else (edge <= value):
            return index
    return None
