"""Everybody asks one door for schemes: revisions that were approved in the database are not seen by any other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from app.factory import ROOT

LOADERS = {"load_scheme", "list_schemes", "scheme_for", "scheme_on", "find_scheme", "read_scheme", "recompute"}
# What may go past it, and why.
PAST_IT = {
    "app/factory.py": "reads every file of the package at the start",
    "app/appraisal/proving.py": "samples of the proficiency test name a file of the package",
    "app/appraisal/service/testing.py": "as above",
    "app/appraisal/routes/appraiser.py": "as above",
    "app/appraisal/requirements.py": "names of instruments, which every revision keeps",
    "app/listings/queries/cards.py": "names of tiers, which every revision keeps",
    "app/listings/rules.py": "types of appliances, which every revision keeps; their safe life is a hint beside the offer",
    "app/valuation/features.py": "names of tiers, which every revision keeps; the middle of a tier's scores, by the first scheme of each category for ever",
    "app/search/service.py": "names of tiers, which every revision keeps",
}


def past_the_door(folder: Path) -> set[str]:
    """Files that import a loader of grading, or call one through the package's name."""
    found = set()
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            imports = isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "grading"
            names = {each.name for each in node.names} if isinstance(node, ast.ImportFrom) else set()
            calls = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "grading"
            if (imports and names & LOADERS) or (calls and node.attr in LOADERS):  # type: ignore[attr-defined]
                found.add(path.relative_to(folder.parent).as_posix())
    return {name for name in found if not name.startswith("app/schemes/")}


def test_schemes_are_asked_for_at_one_door() -> None:
    """Somebody new here: use ``get_scheme(work, reference)`` or ``scheme_in_force(work, category)`` of app.schemes.queries."""
    assert past_the_door(ROOT / "app") == set(PAST_IT)


@pytest.mark.parametrize("line", ["from grading import load_scheme", "import grading\ngrading.scheme_for('car', None)"])
def test_the_check_sees_a_planted_way_round(tmp_path: Path, line: str) -> None:
    (tmp_path / "app" / "trades").mkdir(parents=True)
    (tmp_path / "app" / "trades" / "service.py").write_text(line)
    assert past_the_door(tmp_path / "app") == {"app/trades/service.py"}
