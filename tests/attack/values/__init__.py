"""Hostile and awkward values by kind of field, each with what must come of it.

A table is a list of (typed text, verdict). The verdict is the normal form that is kept, ``REFUSED``, or ``EMPTY`` (nothing was
typed). Every table has at least a hundred different values; ``NOISE`` holds what no number or code may be taken for.
"""

from __future__ import annotations

from tests.attack.values.common import EMPTY, NOISE, PAYLOADS, REFUSED, Table
from tests.attack.values.dates import DATES
from tests.attack.values.identifiers import CREDIT_CODES, IMEIS, RESIDENT_IDS, VINS
from tests.attack.values.numbers import MONEY, PHONES, WHOLES
from tests.attack.values.paths import SEGMENTS, TARGETS
from tests.attack.values.texts import LINES, PARAGRAPHS

TABLES: dict[str, Table] = {
    "money": MONEY,
    "phone": PHONES,
    "whole": WHOLES,
    "resident id": RESIDENT_IDS,
    "credit code": CREDIT_CODES,
    "vin": VINS,
    "imei": IMEIS,
    "date": DATES,
    "line": LINES,
    "paragraph": PARAGRAPHS,
}

__all__ = [
    "CREDIT_CODES", "DATES", "EMPTY", "IMEIS", "LINES", "MONEY", "NOISE", "PARAGRAPHS", "PAYLOADS", "PHONES", "REFUSED",
    "RESIDENT_IDS", "SEGMENTS", "TABLES", "TARGETS", "VINS", "WHOLES",
]  # fmt: skip
