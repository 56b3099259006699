"""The command line: `python -m grading grade SCHEME FINDINGS.json`, `check REPORT.json`, `check-scheme FILE.yaml`.

For appraisers, authors of schemes and anybody who wants to recompute a grade. FINDINGS.json holds an object of findings
by item key, or {"findings": {...}, "facts": {...}}. REPORT.json is a report as the marketplace gives it out (the content
of the grade lies under "result"), or that content alone. Exit code 0: done; 1: the report does not follow from its own
findings; 2: the input was refused (reasons as JSON on the error output).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NoReturn, TextIO

from grading.engine import GradeResult, grade, recompute
from grading.errors import FindingsError, SchemeError
from grading.schemes import list_schemes, load_scheme, read_scheme

_LARGEST_INPUT = 1_000_000


class _BadInput(Exception):
    """A file that cannot be read or is not the JSON asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m grading", description="Grade findings by an appraisal scheme.")
    commands = parser.add_subparsers(dest="command", required=True)
    grading = commands.add_parser("grade", help="grade findings and print the result as JSON")
    grading.add_argument("scheme", help=f"id of a scheme ({', '.join(list_schemes())})")
    grading.add_argument("findings", type=Path, help="a JSON file")
    grading.add_argument("--content", action="store_true", help="print the whole content as a report stores it")
    check = commands.add_parser("check", help="grade a report's findings again and compare")
    check.add_argument("file", type=Path, help="a JSON file")
    check_scheme = commands.add_parser("check-scheme", help="check a scheme file and say every fault")
    check_scheme.add_argument("file", type=Path, help="a YAML file")
    given = parser.parse_args(arguments)
    try:
        if given.command == "check-scheme":
            answer = _check_scheme(given.file)
        elif given.command == "check":
            answer = _check(given.file)
        else:
            findings, facts = _read_findings(given.findings)
            result = grade(load_scheme(given.scheme), findings, facts)
            answer = dict(result.to_content()) if given.content else _summary(result)
    except FindingsError as error:
        return _refuse({"error": "findings", "errors": error.errors})
    except SchemeError as error:
        return _refuse({"error": "scheme", "file": error.file, "problems": [str(p) for p in error.problems]})
    except _BadInput as error:
        return _refuse({"error": "input", "message": str(error)})
    _print(answer, sys.stdout)
    return 0 if answer.get("agrees", True) else 1


def _summary(result: GradeResult) -> dict[str, object]:
    """The result in short: score as a number, points deducted per section."""
    content = result.to_content()
    short: dict[str, object] = {
        "scheme": result.scheme_id,
        "scheme_sha256": result.scheme_sha256,
        "status": result.status,
        "tier": result.tier,
        "score": float(result.score),  # for printing only
        "tier_by_score": result.tier_by_score,
        "fully_functional": result.fully_functional,
        "sections": {section.code: float(section.deducted) for section in result.sections},
        "caps": content["caps"],
    }
    for name in ("disclosures", "missing", "cross_rules", "flags", "credit_events", "reasons"):
        short[name] = content[name]
    return short


def _check(file: Path) -> dict[str, object]:
    """Recompute a report. It does not check who signed it."""
    document = _read_object(file)
    inner = document.get("result")
    content = inner if isinstance(inner, dict) else document
    again = recompute(content).to_content()
    differing = sorted(key for key in content.keys() | again.keys() if content.get(key) != again.get(key))
    return {
        "agrees": not differing,
        "scheme": again["scheme_id"],
        "scheme_sha256": again["scheme_sha256"],
        "recomputed": {name: again[name] for name in ("status", "tier", "score", "fully_functional")},
        "differing": differing,
    }


def _check_scheme(file: Path) -> dict[str, object]:
    scheme = read_scheme(file.name, _read(file))
    return {"scheme": scheme.id, "sha256": scheme.sha256, "sections": len(scheme.sections), "items": len(scheme.items)}


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST_INPUT + 1)
    except OSError as error:
        raise _BadInput(f"{file}: {error.strerror}") from error
    if len(data) > _LARGEST_INPUT:
        raise _BadInput(f"{file}: larger than {_LARGEST_INPUT} bytes")
    return data


def _read_object(file: Path) -> dict[str, object]:
    try:
        document = json.loads(
            _read(file).decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_twice
        )
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, a number of thousands of digits
        raise _BadInput(f"{file}: not the JSON asked for: {error}") from error
    if not isinstance(document, dict):
        raise _BadInput(f"{file}: not a JSON object")
    return document


def _read_findings(file: Path) -> tuple[dict[str, object], dict[str, object]]:
    document = _read_object(file)
    if "findings" not in document:
        return document, {}
    unknown = set(document) - {"findings", "facts"}
    findings, facts = document["findings"], document.get("facts", {})
    if unknown or not isinstance(findings, dict) or not isinstance(facts, dict):
        raise _BadInput(f"{file}: must hold the objects findings and facts, and nothing else")
    return findings, facts


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _no_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name appears twice in one object")
    return result


def _refuse(problem: dict[str, object]) -> int:
    _print(problem, sys.stderr)
    return 2


def _print(answer: object, stream: TextIO) -> None:
    print(json.dumps(answer, ensure_ascii=False, indent=2), file=stream)


if __name__ == "__main__":
    raise SystemExit(main())
