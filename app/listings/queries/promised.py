"""Among which answers the seller chose in a frozen version: for whoever compares the thing with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.listings.models import ListingVersion
from app.listings.schema import Question, schema_by_id

NOT_SAID = "unknown"


@dataclass(frozen=True)
class AnswerKind:
    """One answer of the seller: its code or number, and what else could have been said.

    ``choices`` by code in both languages; of a number ``least`` to ``most`` with its ``unit``; neither for free words and lists.
    """

    value: str
    choices: Mapping[str, dict[str, str]] = field(default_factory=dict)
    least: int | None = None
    most: int | None = None
    decimals: int = 0
    unit: str = ""


def promised_kinds(frozen: ListingVersion) -> dict[str, AnswerKind]:
    """By the code of the question: every answer of this version that says something about the thing."""
    schema, content = schema_by_id(frozen.content["schema"]), frozen.content
    told = {**content["thing"].get("facts", {}), **content["answers"]}
    found = {}
    for question in (*schema.facts, *schema.questions):
        given = told.get(question.code)
        if given not in (None, "", [], NOT_SAID):
            found[question.code] = _kind(question, given)
    return found


def _kind(question: Question, given: object) -> AnswerKind:
    value = " ".join(map(str, given)) if isinstance(given, list) else str(given)
    if question.kind == "choice":
        return AnswerKind(value, {each.code: each.name.names for each in question.options if each.code != NOT_SAID})
    if question.kind in ("percent", "number"):
        unit = "%" if question.kind == "percent" else question.unit.names["zh"] if question.unit else ""
        return AnswerKind(value, {}, question.least, question.most, question.decimals, unit)
    return AnswerKind(value)
