"""Bytes and texts that have one form only: RFC 8785 JSON read without forgiveness, base64 without variants.

The reader stands here and not in `grading.report.plain`, which needs PyYAML and pydantic around it and reports in two languages.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NoReturn

from app.credit.log.errors import LogError, NotCanonical, NotJson, NotWhole, RepeatedKey, TooLong
from app.kernel.canonical import canonical

__all__ = ["MOST_BYTES", "canonical", "from_base64", "in_base64", "read_canonical", "read_json"]

MOST_BYTES = 65_535  # of one event: an entry of a tile has a length of two bytes
_LARGEST = 2**53 - 1
_DEEPEST = 40


def read_json(content: bytes) -> Any:
    """The value of a JSON text of objects, lists, texts, whole numbers, true, false and null.

    Raises NotJson, RepeatedKey for two equal names in one object, NotWhole for any other number.
    """
    try:
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_once, parse_int=_whole, parse_float=_refuse, parse_constant=_refuse
        )
        _check(value, 0)
    except LogError:
        raise
    except (ValueError, RecursionError) as trouble:  # not UTF-8, not JSON, or nested until the stack ends
        raise NotJson(str(trouble)[:200]) from trouble
    return value


def read_canonical(content: bytes) -> dict[str, Any]:
    """An event from its exact bytes. Raises TooLong, NotCanonical, and what `read_json` raises."""
    if len(content) > MOST_BYTES:
        raise TooLong(f"{len(content)} bytes; at most {MOST_BYTES}")
    value = read_json(content)
    if not isinstance(value, dict):
        raise NotJson("an event is an object")
    if canonical(value) != content:
        raise NotCanonical("the bytes are not the RFC 8785 form of this object")
    return value


def in_base64(content: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(content).decode()


def from_base64(text: str, refusal: type[LogError], what: str, length: int | None = None) -> bytes:
    """The bytes of a base64 text; only the one text that encodes them is taken. Raises ``refusal``."""
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as trouble:
        raise refusal(f"{what}: not base64") from trouble
    if in_base64(content) != text:
        raise refusal(f"{what}: base64 with stray bits")
    if length is not None and len(content) != length:
        raise refusal(f"{what}: {len(content)} bytes, not {length}")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise RepeatedKey(f"{name[:60]!r} stands twice")
        found[name] = value
    return found


def _whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _LARGEST:
        raise NotWhole(f"{text[:40]} is beyond 2^53 - 1")
    return int(text)


def _refuse(text: str) -> NoReturn:
    raise NotWhole(f"{text[:40]} is not a whole number")


def _check(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise NotJson(f"nested more than {_DEEPEST} deep")
    if isinstance(value, str):
        value.encode("utf-8")  # half of a surrogate pair raises
    elif isinstance(value, dict):
        for name, part in value.items():
            name.encode("utf-8")
            _check(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check(part, depth + 1)
