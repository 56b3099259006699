"""How large an attack is: a part of each table in ``make test``, every table whole in ``make drill``."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from typing import TypeVar

Value = TypeVar("Value")

FULL = os.environ.get("XUNYI_DRILL") == "full"


def some(values: Sequence[Value], most: int, key: str) -> list[Value]:
    """At most ``most`` of the values, another part for each key and always the same one; all of them in a full drill.

    Over many keys (addresses, fields) every value has its turn.
    """
    if FULL or len(values) <= most:
        return list(values)
    start = zlib.crc32(key.encode()) % len(values)
    step = max(len(values) // most, 1)
    return [values[(start + place * step) % len(values)] for place in range(most)]
