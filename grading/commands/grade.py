"""`grade --scheme ID [FILE]`: grade one object, or with `--ndjson` one per line, from a file or standard input."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from grading.commands.console import LARGEST_INPUT, BadInput, parse_object, read_day
from grading.cost import read_terms, value_of
from grading.engine import GradeResult, grade
from grading.engine.result import plain
from grading.errors import FindingsError
from grading.inputs import InputRefused, read_input
from grading.schemes import Scheme, list_schemes, load_scheme, scheme_on

if TYPE_CHECKING:
    from grading.commands.console import Commands

_TOLD = ("caps", "disclosures", "warnings", "missing", "cross_rules", "flags", "credit_events", "reasons")
Answer = Mapping[str, object]


def add(commands: Commands) -> None:
    """Declare `grade`."""
    parser = commands.add_parser("grade", help="grade findings and print the result as JSON")
    known = ", ".join(list_schemes())
    parser.add_argument("--scheme", required=True, metavar="ID", help=f"a scheme, or one revision of it: ID/r2 ({known})")
    parser.add_argument(
        "--on", metavar="DAY", help="day of the appraisal (2026-11-24): the revision in force then, not the newest"
    )
    parser.add_argument("file", nargs="?", type=Path, help="a file of JSON; standard input when left out")
    parser.add_argument("--ndjson", action="store_true", help="one object per line in, one result per line out")
    parser.add_argument("--content", action="store_true", help="print the whole content as a report stores it")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    scheme = load_scheme(given.scheme) if given.on is None else scheme_on(given.scheme, read_day(given.on))
    file: Path | None = given.file
    if file is None:
        return _grade_all(scheme, sys.stdin.buffer, given)
    try:
        stream = file.open("rb")
        stream.peek(1)  # a folder can be opened, and not read
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from error
    with stream:
        return _grade_all(scheme, stream, given)


def _grade_all(scheme: Scheme, stream: BinaryIO, given: argparse.Namespace) -> int:
    code = 0
    texts = _lines(stream) if given.ndjson else iter([stream.read(LARGEST_INPUT + 1)])
    for text in texts:
        answer = _answer(scheme, text, whole=given.content)
        if "error" in answer:
            code = 2
        said = json.dumps(answer, ensure_ascii=False, indent=None if given.ndjson else 2)
        print(said.encode("utf-8", "backslashreplace").decode())  # half a surrogate pair, quoted from the input
    return code


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines that are not blank; of one that is too long only enough to see that it is."""
    while line := stream.readline(LARGEST_INPUT + 1):
        rest = line
        while len(rest) > LARGEST_INPUT and not rest.endswith(b"\n"):
            rest = stream.readline(LARGEST_INPUT + 1)
        if line.strip():
            yield line


def _answer(scheme: Scheme, text: bytes, *, whole: bool) -> Answer:
    """The result of one object, or `{"error": {"code", "message", "path"}}`."""
    paths: dict[str, str] = {}
    try:
        if len(text) > LARGEST_INPUT:
            raise BadInput(f"larger than {LARGEST_INPUT} bytes")
        given = read_input(scheme, parse_object("input", text))
        paths = given.paths
        result = grade(scheme, given.findings, given.facts)
        if whole:
            return result.to_content()
        paths = {}
        value = None
        if given.valuation is not None and scheme.valuation is not None:
            paths = {name: f"valuation.{name}" for name in (*given.valuation, "new_price", "used_months")}
            value = value_of(scheme, result, read_terms(scheme.valuation, given.valuation))
    except BadInput as error:
        return _error("json", str(error), "")
    except InputRefused as error:
        return _error(error.code, error.message, error.path)
    except FindingsError as error:
        key, message = next(iter(error.errors.items()))
        return _error("answer", message.en, paths.get(key, key))
    answer = _summary(scheme, result)
    answer["value"] = None if value is None else format(value.value, "f")
    answer["cost"] = plain(value)
    return answer


def _error(code: str, message: str, path: str) -> Answer:
    return {"error": {"code": code, "message": message, "path": path}}


def _summary(scheme: Scheme, result: GradeResult) -> dict[str, object]:
    """The result in short: score as a number; per section the points deducted, or left where the scheme shows these."""
    scored = result.score is not None
    short: dict[str, object] = {
        "scheme": result.scheme_id,
        "scheme_version": result.scheme_version,
        "scheme_sha256": result.scheme_sha256,
        "label": result.scheme_label,
        "status": result.status,
        "score": float(result.score) if result.score is not None else None,  # for printing only
        "tier": result.tier,
        "tier_by_score": result.tier_by_score,
        "sections": _sections(scheme, result) if scored else None,
        "fully_functional": result.fully_functional,
    }
    for name in _TOLD:
        short[name] = plain(getattr(result, name))
    return short


def _sections(scheme: Scheme, result: GradeResult) -> dict[str, float]:
    if scheme.points_shown == "left":
        return {section.code: float(section.left) for section in result.sections if section.max_deduction}
    return {section.code: float(section.deducted) for section in result.sections}
