"""What a seller's answers say in the words of an appraisal scheme: read once from ``meaning.yaml``, checked, frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from app.kernel.text import N_
from grading import Item, Scheme

Alternatives = tuple[Mapping[str, str], ...]


class Meaning(BaseModel):
    """Of the answers of one schema, for schemes that share the items. See the file for the three kinds of words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_id: str = Field(alias="schema")
    also: tuple[str, ...] = ()
    schemes: tuple[str, ...]
    says: Mapping[str, Mapping[str, Alternatives]] = Field(default_factory=dict)
    measured: Mapping[str, str] = Field(default_factory=dict)
    lacks: Mapping[str, Mapping[str, Alternatives]] = Field(default_factory=dict)

    def of(self, answers: Mapping[str, Any]) -> list[list[dict[str, str]]]:
        """What these answers say: a list of which each entry holds by at least one of its alternatives."""
        found: list[Alternatives] = []
        for question, by_answer in self.says.items():
            given = answers.get(question)
            found += [by_answer[each] for each in (given if isinstance(given, list) else [given]) if each in by_answer]
        for question, item in self.measured.items():
            if isinstance(answers.get(question), int):
                found.append(({item: str(answers[question])},))
        for question, by_answer in self.lacks.items():
            given = answers.get(question)
            if isinstance(given, list):
                found += [alternatives for answer, alternatives in by_answer.items() if answer not in given]
        return [[dict(alternative) for alternative in entry] for entry in found]


@cache
def meanings() -> tuple[Meaning, ...]:
    """All of them. Raises pydantic.ValidationError when the file is wrong."""
    read = yaml.safe_load(Path(__file__).with_name("meaning.yaml").read_text("utf-8"))
    return tuple(Meaning.model_validate(each) for each in read["meanings"])


def find_meaning(schema_id: str, scheme_id: str) -> Meaning | None:
    """What answers by this schema say for this scheme; None where nothing is known."""
    fitting = (each for each in meanings() if schema_id in (each.schema_id, *each.also) and scheme_id in each.schemes)
    return next(fitting, None)


def meaning_faults(scheme: Scheme) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Items and answers that sellers' words are compared with and that the scheme lacks: (item's code, message, values)."""
    for meaning in meanings():
        if scheme.id not in meaning.schemes:
            continue
        told = [answers for question in (*meaning.says.values(), *meaning.lacks.values()) for answers in question.values()]
        wanted = {pair for alternatives in told for each in alternatives for pair in each.items()}
        wanted |= {(item, "") for item in meaning.measured.values()}
        for key, answer in sorted(wanted):
            item = scheme.items_by_key.get(key)
            if item is None or (answer and item.kind != "number" and not _knows(item, answer)):
                values = {"item": item.code if item else key, "answer": answer or "–"}
                message = N_("What sellers answer is compared with item %(item)s and its answer “%(answer)s”, which must stay.")
                yield values["item"], message, values


def _knows(item: Item, answer: str) -> bool:
    return answer in item.values or answer in {mark.value for mark in item.marks}
