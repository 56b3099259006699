"""The photos that a report names by their SHA-256, compared with files that lie beside it."""

from __future__ import annotations

from collections.abc import Mapping

from grading.report.plain import step
from grading.report.problems import ReportProblem


def named_photos(content: Mapping[str, object]) -> dict[str, str]:
    """SHA-256 -> path of every photo that the content names under `evidence.photos`."""
    evidence = content.get("evidence")
    rows = evidence.get("photos") if isinstance(evidence, Mapping) else None
    found: dict[str, str] = {}
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        sha256 = row.get("sha256") if isinstance(row, Mapping) else None
        if isinstance(sha256, str):
            found.setdefault(sha256, f"{step('$.content.evidence.photos', number)}.sha256")
    return found


def photo_problems(content: Mapping[str, object], files: Mapping[str, str]) -> list[ReportProblem]:
    """Photos without a file of their hash, and files that are no photo of the report. `files`: name -> SHA-256.

    A photo in which one byte was changed is both: missing under its hash, and unknown under its name.
    """
    named = named_photos(content)
    there = set(files.values())
    missing = [ReportProblem("photo_missing", path, sha256) for sha256, path in named.items() if sha256 not in there]
    unknown = [ReportProblem("photo_unknown", name, sha256) for name, sha256 in sorted(files.items()) if sha256 not in named]
    return missing + unknown
