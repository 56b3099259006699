"""A seller's answers in the words of the schema they were given by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.listings.answering import UNKNOWN
from app.listings.schema import Question


def answer_lines(
    questions: Sequence[Question], answers: Mapping[str, Any]
) -> list[tuple[dict[str, str], str | dict[str, str] | list[dict[str, str]]]]:
    """The seller's answers in words: (name, one text, one pair of languages, or several of them)."""
    lines: list[tuple[dict[str, str], Any]] = []
    for question in questions:
        given = answers.get(question.code)
        if given in (None, ""):
            continue
        if question.kind not in ("choice", "several"):
            lines.append((question.name.names, _written(question, given)))
            continue
        chosen = [question.option(code) for code in (given if isinstance(given, list) else [given])]
        lines.append((question.name.names, [option.name.names for option in chosen if option is not None]))
    return lines


def _written(question: Question, given: Any) -> str | dict[str, str]:
    """A number, month or text as the page writes it, in both languages."""
    if given == UNKNOWN:
        return {"zh": "不清楚", "en": "not known"}
    if question.kind == "percent":
        return f"{given}%"
    if question.kind == "month":
        return {"zh": f"{given[:4]} 年 {int(given[5:])} 月", "en": str(given)}
    if question.kind == "number":
        number = f"{given:,}" if isinstance(given, int) else str(given)
        units = question.unit.names if question.unit else {"zh": "", "en": ""}
        return {language: f"{number} {unit}".strip() for language, unit in units.items()}
    return str(given)
