"""`grade SCHEME FINDINGS.json`: grade findings and print the result."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from grading.commands.console import BadInput, read_object, show
from grading.engine import GradeResult, grade
from grading.schemes import list_schemes, load_scheme

if TYPE_CHECKING:
    from grading.commands.console import Commands


def add(commands: Commands) -> None:
    """Declare `grade`."""
    parser = commands.add_parser("grade", help="grade findings and print the result as JSON")
    parser.add_argument("scheme", help=f"id of a scheme ({', '.join(list_schemes())})")
    parser.add_argument("findings", type=Path, help="a JSON file")
    parser.add_argument("--content", action="store_true", help="print the whole content as a report stores it")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    findings, facts = _read_findings(given.findings)
    result = grade(load_scheme(given.scheme), findings, facts)
    show(result.to_content() if given.content else _summary(result))
    return 0


def _summary(result: GradeResult) -> dict[str, object]:
    """The result in short: score as a number, points deducted per section."""
    content = result.to_content()
    short: dict[str, object] = {
        "scheme": result.scheme_id,
        "scheme_sha256": result.scheme_sha256,
        "status": result.status,
        "tier": result.tier,
        "score": None if result.score is None else float(result.score),  # for printing only
        "tier_by_score": result.tier_by_score,
        "fully_functional": result.fully_functional,
        "sections": {section.code: float(section.deducted) for section in result.sections},
        "caps": content["caps"],
    }
    for name in ("disclosures", "missing", "cross_rules", "flags", "credit_events", "reasons"):
        short[name] = content[name]
    return short


def _read_findings(file: Path) -> tuple[dict[str, object], dict[str, object]]:
    document = read_object(file)
    if "findings" not in document:
        return document, {}
    unknown = set(document) - {"findings", "facts"}
    findings, facts = document["findings"], document.get("facts", {})
    if unknown or not isinstance(findings, dict) or not isinstance(facts, dict):
        raise BadInput(f"{file}: must hold the objects findings and facts, and nothing else")
    return findings, facts
