"""Sample inspections with known answers, and how an appraiser's answers to one are scored. Plain values only.

Whether the right answers give the grade that a sample says is checked when its file is read: a scheme that changes its mind is
noticed before anybody is tested by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from app.appraisal.requirements import requirements
from grading import GradeResult, Item, Scheme, grade, load_scheme
from grading.ids import COMPUTATIONS

FOLDER = Path(__file__).with_name("samples")
TEST_IMEI = "490154203237518"  # the number of the examples in 3GPP TS 23.003, with its right check digit
FORMAT = "xunyi-proficiency/1"

Words = dict[str, str]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Asked(_Row):
    key: str
    answer: str
    critical: bool = False


class Expected(_Row):
    status: str
    tier: str | None


class Sample(_Row):
    """One thing in words. ``ask``: items with the right answers; ``given``: what the sheet says of others; the rest is clean."""

    code: str
    title: Words
    seen: tuple[Words, ...]
    ask: tuple[Asked, ...]
    given: dict[str, str] = {}
    facts: dict[str, str | bool] = {}
    expect: Expected


class SampleFile(_Row):
    schema_version: Literal[1]
    category: str
    scheme: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class ScoredItem:
    key: str
    code: str
    name: Mapping[str, str]
    right: str
    given: str
    agreed: bool
    critical: bool


@dataclass(frozen=True)
class Score:
    """Item by item, and what the scheme makes of the given answers beside the right ones."""

    items: tuple[ScoredItem, ...]
    expected: tuple[str, str | None]  # status, tier
    found: tuple[str, str | None]

    @property
    def agreed(self) -> int:
        return sum(one.agreed for one in self.items)

    @property
    def critical_misses(self) -> int:
        return sum(one.critical and not one.agreed for one in self.items)

    @property
    def passed(self) -> bool:
        """Enough items agree, and none that decides was missed."""
        needed = requirements().proficiency.pass_percent
        return self.critical_misses == 0 and self.agreed * 100 >= needed * len(self.items)


@cache
def samples(category: str) -> SampleFile:
    """The samples of a category, checked against their scheme."""
    data: dict[str, Any] = yaml.safe_load((FOLDER / f"{category}.yaml").read_text(encoding="utf-8"))
    found = SampleFile.model_validate(data)
    for one in found.samples:
        result = _graded(found.scheme, one, {asked.key: asked.answer for asked in one.ask})
        if (result.status, result.tier) != (one.expect.status, one.expect.tier) or result.missing:
            raise ValueError(f"{one.code}: the scheme says {result.status} {result.tier}, missing {result.missing}")
    return found


def sample(category: str, code: str) -> Sample:
    """Raises KeyError for a code that no file has."""
    for one in samples(category).samples:
        if one.code == code:
            return one
    raise KeyError(code)


def next_sample(category: str, taken: int) -> Sample:
    """The sample of somebody's next test: in turn, so that nobody gets the one of last time."""
    listed = samples(category).samples
    return listed[taken % len(listed)]


def items_of(scheme: Scheme, one: Sample) -> list[Item]:
    """The items that the sample asks, in the order of the scheme."""
    asked = {each.key for each in one.ask}
    return [item for item in scheme.items if item.key in asked]


def refusals(scheme: Scheme, one: Sample, answers: Mapping[str, str]) -> dict[str, str]:
    """Item key -> "missing" or "unknown" for answers that cannot be scored."""
    found = {}
    for item in items_of(scheme, one):
        answer = answers.get(item.key, "").strip()
        if not answer:
            found[item.key] = "missing"
        elif not _is_answer(item, answer):
            found[item.key] = "unknown"
    return found


def score(category: str, one: Sample, answers: Mapping[str, str]) -> Score:
    """Compare complete answers with the right ones; numbers by value, marks whatever their order."""
    scheme_id = samples(category).scheme
    scheme = load_scheme(scheme_id)
    asked = {each.key: each for each in one.ask}
    scored = tuple(
        ScoredItem(
            key=item.key,
            code=item.code,
            name=dict(item.name),
            right=asked[item.key].answer,
            given=answers[item.key].strip(),
            agreed=_plain(item, answers[item.key]) == _plain(item, asked[item.key].answer),
            critical=asked[item.key].critical,
        )
        for item in items_of(scheme, one)
    )
    found = _graded(scheme_id, one, {key: answers[key].strip() for key in asked})
    return Score(scored, (one.expect.status, one.expect.tier), (found.status, found.tier))


def content_of(category: str, one: Sample, scored: Score) -> dict[str, Any]:
    """What is frozen of a test: enough to score it again from the sample's file."""
    scheme = load_scheme(samples(category).scheme)
    rule = requirements().proficiency
    return {
        "format": FORMAT,
        "category": category,
        "sample": one.code,
        "scheme": {"id": scheme.reference, "sha256": scheme.sha256},
        "items": [
            {"key": each.key, "right": each.right, "given": each.given, "agreed": each.agreed, "critical": each.critical}
            for each in scored.items
        ],
        "expected": {"status": scored.expected[0], "tier": scored.expected[1]},
        "found": {"status": scored.found[0], "tier": scored.found[1]},
        "rule": {"pass_percent": rule.pass_percent, "critical_misses": 0},
    }


def _graded(scheme_id: str, one: Sample, answers: Mapping[str, str]) -> GradeResult:
    scheme = load_scheme(scheme_id)
    clean = {item.key: item.clean for item in scheme.items if not item.computed and item.clean is not None}
    computed = {item.key: COMPUTATIONS[item.computed_by](TEST_IMEI) for item in scheme.items if item.computed_by}
    return grade(scheme, {**clean, **computed, **one.given, **answers}, one.facts)


def _is_answer(item: Item, answer: str) -> bool:
    if item.kind == "marks":
        marks = {mark.value for mark in item.marks}
        return answer in item.values or set(answer.split()) <= marks
    if item.kind == "number":
        value = _number(answer)
        inside = value is not None and (item.min is None or value >= item.min) and (item.max is None or value <= item.max)
        return inside or answer in item.values
    return answer in item.values


def _plain(item: Item, answer: str) -> object:
    answer = answer.strip()
    if item.kind == "marks":
        return frozenset(answer.split())
    if item.kind == "number":
        return _number(answer) if _number(answer) is not None else answer
    return answer


def _number(text: str) -> Decimal | None:
    if not text.isascii() or len(text) > 20:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
