"""`check REPORT.json`: grade the findings of a report again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from grading.commands.console import read_object, show
from grading.engine import recompute

if TYPE_CHECKING:
    from grading.commands.console import Commands


def add(commands: Commands) -> None:
    """Declare `check`."""
    check = commands.add_parser("check", help="grade a report's findings again and compare")
    check.add_argument("file", type=Path, help="a JSON file")
    check.set_defaults(run=_check)


def _check(given: argparse.Namespace) -> int:
    """Recompute a report. It does not check who signed it."""
    document = read_object(given.file)
    inner = document.get("result")
    content = inner if isinstance(inner, dict) else document
    again = recompute(content).to_content()
    differing = sorted(key for key in content.keys() | again.keys() if content.get(key) != again.get(key))
    show(
        {
            "agrees": not differing,
            "scheme": again["scheme_id"],
            "scheme_sha256": again["scheme_sha256"],
            "recomputed": {name: again[name] for name in ("status", "tier", "score", "fully_functional")},
            "differing": differing,
        }
    )
    return 1 if differing else 0
