"""Where stored content says something else than grading its findings again.

The engine's own sentences may be worded anew in a later version; grade, figures, answers and names of the scheme never
change. So content of an older format is compared without its sentences: only the signature covers them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from grading.engine.result import CONTENT_FORMAT, SENTENCES
from grading.report.plain import step
from grading.report.problems import ReportProblem


def has_older_wording(result: Mapping[str, object]) -> bool:
    """Was this content written when the engine used other sentences?"""
    number = result.get("content_format")
    return type(number) is int and 1 <= number < CONTENT_FORMAT


def compare(result: Mapping[str, object], again: Mapping[str, object], path: str) -> list[ReportProblem]:
    """Every place where a stored result is not what grading again gave; `path` is where the result stands."""
    if has_older_wording(result):
        return compare_parts(result, {**again, "content_format": result["content_format"]}, path, SENTENCES)
    return compare_parts(result, again, path)


def compare_parts(stored: object, again: object, path: str, unread: frozenset[str] = frozenset()) -> list[ReportProblem]:
    """The same for any part. `unread`: fields whose words may differ; that words stand there is compared all the same."""
    found: list[ReportProblem] = []
    if isinstance(stored, Mapping) and isinstance(again, Mapping):
        for name in sorted(stored.keys() | again.keys()):
            here = step(path, name)
            if name not in stored or name not in again:
                what = "not in the report" if name in again else "not in the result computed again"
                found.append(ReportProblem("differs", here, what))
            elif name not in unread or not (_is_words(stored[name]) and _is_words(again[name])):
                found += compare_parts(stored[name], again[name], here, unread)
    elif isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        for index, (one, other) in enumerate(zip(stored, again, strict=True)):
            found += compare_parts(one, other, step(path, index), unread)
    elif type(stored) is not type(again) or stored != again:
        found.append(ReportProblem("differs", path, f"{_shown(stored)} instead of {_shown(again)}"))
    return found


def _is_words(value: object) -> bool:
    return isinstance(value, Mapping) and value.keys() == {"zh", "en"} and all(isinstance(text, str) for text in value.values())


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:80]
