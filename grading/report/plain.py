"""JSON read without forgiveness, and its one canonical form (RFC 8785).

Python's reader keeps the last of two equal names, takes NaN and follows deep nesting until the stack ends. A signed text
must mean the same to every reader: names once, whole numbers below 2^53 (others are text), depth and size bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import NoReturn

import rfc8785

from grading.report.problems import ReportError

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

LARGEST_REPORT = 1_000_000
"""Bytes of one report or list of keys."""
_DEEPEST = 40
_LARGEST_INTEGER = 2**53 - 1
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")


class _Pairs(list[tuple[str, object]]):
    """An object as it stands in the text, with every name."""


class _NoNumber:
    """A number that reports do not hold: with a fraction or exponent, too long, NaN."""

    def __init__(self, text: str) -> None:
        self.text = text[:40]


def read_json(data: bytes) -> Json:
    """The value of a JSON text. Raises ReportError with the place of the first fault."""
    if len(data) > LARGEST_REPORT:
        raise ReportError("too_large", detail=f"> {LARGEST_REPORT}")
    try:
        raw = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_Pairs,
            parse_int=_whole,
            parse_float=_NoNumber,
            parse_constant=_NoNumber,
        )
    except UnicodeDecodeError as error:
        raise ReportError("not_json", detail=f"byte {error.start}: not UTF-8") from error
    except RecursionError as error:
        raise ReportError("too_deep") from error
    except json.JSONDecodeError as error:
        raise ReportError("not_json", detail=f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    return _checked(raw, "$", 0)


def canonical(value: object) -> bytes:
    """The RFC 8785 bytes of a value of dicts, lists, texts, whole numbers, booleans and None. Raises ReportError."""
    return rfc8785.dumps(_checked(value, "$", 0))


def step(path: str, name: str | int) -> str:
    """The path one step further down."""
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if _PLAIN_NAME.fullmatch(name) else f"{path}[{json.dumps(name[:60])}]"


def _whole(text: str) -> int | _NoNumber:
    return int(text) if len(text) <= 17 else _NoNumber(text)  # before int(): thousands of digits cost time


def _checked(value: object, path: str, depth: int) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int) and abs(value) <= _LARGEST_INTEGER:
        return int(value)
    if isinstance(value, int | float | _NoNumber):
        _refuse_number(value, path)
    if depth > _DEEPEST:
        raise ReportError("too_deep", path)
    if isinstance(value, _Pairs):
        return _object(value, path, depth)
    if isinstance(value, Mapping):
        return _object(value.items(), path, depth)
    if isinstance(value, list | tuple):
        return [_checked(part, step(path, index), depth + 1) for index, part in enumerate(value)]
    raise ReportError("value", path, type(value).__name__)


def _object(pairs: Iterable[tuple[object, object]], path: str, depth: int) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for name, value in pairs:
        if not isinstance(name, str):
            raise ReportError("value", path, "a name that is not text")
        here = step(path, name)
        if name in result:
            raise ReportError("twice", here)
        result[_text(name, here)] = _checked(value, here, depth + 1)
    return result


def _text(value: str, path: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ReportError("text", path) from error
    return value


def _refuse_number(value: float | _NoNumber, path: str) -> NoReturn:
    raise ReportError("number", path, value.text if isinstance(value, _NoNumber) else repr(value)[:40])
