"""Is this report genuine, and does it count today? For the number on a report, and for a file that somebody brings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.appraisal.models import Report
from app.appraisal.queries import (
    ReportState,
    find_report,
    licence_standing,
    public_keys,
    report_file,
    report_state,
)
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.work import Work
from app.schemes.queries import find_scheme
from grading import Scheme
from grading.report import Key, ReportError, ReportProblem, Verdict, differences, read_json, verify


@dataclass(frozen=True)
class Checked:
    """What was found. ``genuine``: every byte is as it was signed, and the grade follows from the findings.

    ``by_name``: an older report that carries no signature; its content is compared with what is stored here.
    """

    verdict: Verdict
    content: Mapping[str, Any]
    report: Report | None  # the stored report with the same number, if there is one
    state: ReportState | None  # how that one stands today
    licence: Mapping[str, Any] | None = None  # of the agency, today
    by_name: bool = False
    from_file: bool = False
    problems: tuple[ReportProblem, ...] = field(default=())

    @property
    def genuine(self) -> bool:
        return not self.problems

    @property
    def by_operator(self) -> bool:
        signature = self.content.get("signature")
        return isinstance(signature, Mapping) and signature.get("kind") == "operator"


def check_stored(work: Work, report: Report) -> Checked:
    """Check what is stored under a number as if somebody had brought it."""
    return _checked(work, report_file(work, report), from_file=False)


def check_file(work: Work, data: bytes) -> Checked:
    """Check the bytes that somebody brings; nothing is kept."""
    return _checked(work, data, from_file=True)


def _checked(work: Work, data: bytes, *, from_file: bool) -> Checked:
    keys: dict[str, Key] = {key.kid: key for key in public_keys(work)}
    content = _content_of(data)
    number = content.get("report")
    report = find_report(work, number) if isinstance(number, str) else None
    verdict = verify(data, keys, _scheme_of(work, content))
    problems = verdict.problems
    by_name = report is not None and report.draft_id is None
    if by_name:
        assert report is not None
        problems = _problems_by_name(work, data, content, report)
    elif not problems and (report is None or verdict.content_sha256 != report.sha256):
        problems = (ReportProblem("not_here", "$.content.report", str(number)[:60]),)
    return Checked(
        verdict=verdict,
        content=content,
        report=report,
        state=report_state(work, report) if report is not None else None,
        licence=licence_standing(work, report) if report is not None else None,
        by_name=by_name,
        from_file=from_file,
        problems=problems,
    )


def _problems_by_name(work: Work, data: bytes, content: Mapping[str, Any], report: Report) -> tuple[ReportProblem, ...]:
    """An older report has no signature: the bytes must be those whose hash is kept here, and the grade must follow."""
    if sha256_hex(data) != report.sha256 or canonical(report.content) != data:
        return (ReportProblem("content_sha256", "$"),)
    return differences(content, _scheme_of(work, content))


def _scheme_of(work: Work, content: Mapping[str, Any]) -> Scheme | None:
    """The very revision that the report was graded by, wherever it lies; None: grading says what is wrong."""
    result = content.get("result")
    named = result if isinstance(result, Mapping) else {}
    return find_scheme(work, named.get("scheme_id"), named.get("scheme_sha256"))


def _content_of(data: bytes) -> Mapping[str, Any]:
    """The content as far as it can be read, {} otherwise; only for showing and for finding the stored report."""
    try:
        read_json(data)
        document = json.loads(data)
    except (ReportError, ValueError, RecursionError):
        return {}
    inner = document.get("content") if isinstance(document, dict) else None
    found = inner if isinstance(inner, dict) else document
    return found if isinstance(found, dict) else {}
