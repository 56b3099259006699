"""Files in, JSON out: what every command shares."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

LARGEST_INPUT = 1_000_000
"""Bytes of one input file."""


class BadInput(Exception):
    """A file that cannot be read or is not the JSON asked for."""


def read_bytes(file: Path) -> bytes:
    """The bytes of a file. Raises BadInput when it cannot be read or is larger than LARGEST_INPUT."""
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST_INPUT + 1)
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from error
    if len(data) > LARGEST_INPUT:
        raise BadInput(f"{file}: larger than {LARGEST_INPUT} bytes")
    return data


def read_object(file: Path) -> dict[str, object]:
    """The JSON object in a file, figures as Decimal. Raises BadInput for anything else, and for a name given twice."""
    return parse_object(str(file), read_bytes(file))


def parse_object(place: str, data: bytes) -> dict[str, object]:
    """The JSON object in these bytes; `place` (a file, a line) goes into the message. Raises BadInput."""
    try:
        document = json.loads(data.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_twice)
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, a number of thousands of digits
        raise BadInput(f"{place}: not the JSON asked for: {error}") from error
    if not isinstance(document, dict):
        raise BadInput(f"{place}: not a JSON object")
    return document


def read_day(text: str) -> datetime.date:
    """A day such as 2026-11-24. Raises BadInput."""
    try:
        if len(text) == 10:
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise BadInput(f"{text[:40]}: not a day such as 2026-11-24")


def show(answer: object, stream: TextIO | None = None) -> None:
    """Print one answer as indented JSON (to standard output unless told)."""
    print(json.dumps(answer, ensure_ascii=False, indent=2), file=stream or sys.stdout)


def refuse(problem: dict[str, object]) -> int:
    """Say on the error output why the input was refused; gives exit code 2."""
    show(problem, sys.stderr)
    return 2


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _no_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name appears twice in one object")
    return result
