"""What an inspection asks and knows: typed items and facts of the scheme, what the system finds by itself, and the grade so far.

An appraisal keeps the answers to items and to facts side by side, by their keys, which never collide within a scheme; measures
that support a finding stand among them as item.measure and never reach the grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.appraisal.guidance import ends_inspection, measures_by_key
from app.appraisal.models import Appraisal
from app.appraisal.rules import declared_facts, is_offered, suggested_facts, system_facts, typed_facts
from app.goods.models import Thing, ThingStatement
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from grading import FindingsError, GradeResult, Item, Scheme, grade
from grading.ids import COMPUTATIONS

REFUSED_ANSWER = {"zh": "请从列出的选项中选一个。", "en": "Please choose one of the listed answers."}


def graded(work: Work, appraisal: Appraisal, thing: Thing, day: date, statement: ThingStatement | None = None) -> GradeResult:
    """The grade on a day that follows from the answers so far, what the system finds by itself, and the facts of the thing.

    ``statement``: what the owner had said of it in public, for the rules that hold findings against that.
    """
    scheme = get_scheme(work, appraisal.scheme_id)
    findings, facts = _split(scheme, appraisal.findings, thing, day)
    findings |= computed_findings(scheme, thing)
    return grade(scheme, findings, {**facts, **declared_facts(scheme, statement, findings)})


def typed_items(scheme: Scheme) -> list[Item]:
    """The items that an appraiser answers, in form order."""
    return [item for item in scheme.items if not item.computed]


def typed_answers(scheme: Scheme, answers: Mapping[str, str]) -> dict[str, str]:
    """Of what a form sent, the answers to items, facts and measures that are given by hand, without spaces around them."""
    keys = [item.key for item in typed_items(scheme)] + [fact.key for fact in typed_facts(scheme)] + [*measures_by_key(scheme)]
    return {key: answers[key].strip() for key in keys if key in answers}


def refusals(
    scheme: Scheme, answers: Mapping[str, str], thing: Thing, kept: Mapping[str, str], day: date
) -> Mapping[str, Mapping[str, str]]:
    """Which of these answers the scheme cannot take beside those that are kept, with the reason in both languages."""
    barred: dict[str, Mapping[str, str]] = {
        key: refusal
        for key, measure in measures_by_key(scheme).items()
        if key in answers and (refusal := measure.refusal(answers[key])) is not None
    }
    barred |= {item.key: REFUSED_ANSWER for item in typed_items(scheme) if not is_offered(item, answers.get(item.key), thing)}
    findings, facts = _split(scheme, {**kept, **answers}, thing, day)
    try:
        grade(scheme, findings, facts)
    except FindingsError as trouble:
        named: dict[str, Mapping[str, str]] = {key: message for key, message in trouble.errors.items() if key in answers}
        if not named and not barred:  # something kept earlier stands against it: name what was sent last
            named = {key: next(iter(trouble.errors.values())) for key in answers}
        return {**named, **barred}
    return barred


def computed_findings(scheme: Scheme, thing: Thing) -> dict[str, str]:
    """What the system finds by itself: the verdict on the number is never typed."""
    return {item.key: COMPUTATIONS[item.computed_by](thing.imei) for item in scheme.items if item.computed_by}


def shown_answers(scheme: Scheme, appraisal: Appraisal, thing: Thing) -> dict[str, str]:
    """The answers as the form shows them: kept, computed, and what the thing suggests for facts not answered yet."""
    return {**suggested_facts(thing), **appraisal.findings, **computed_findings(scheme, thing)}


def is_stopped(scheme: Scheme, result: GradeResult) -> bool:
    """Whether what was found ends the inspection: the rest need not be looked at, and the report can be signed."""
    return ends_inspection(scheme, result.status)


def _split(scheme: Scheme, answers: Mapping[str, str], thing: Thing, day: date) -> tuple[dict[str, str], dict[str, str | bool]]:
    kinds = {fact.key: fact.kind for fact in scheme.facts}
    findings = {key: answer for key, answer in answers.items() if key not in kinds and answer != "" and "." not in key}
    facts: dict[str, str | bool] = {}
    for key, answer in answers.items():
        if key in kinds and answer != "":
            facts[key] = answer == "true" if kinds[key] == "flag" and answer in ("true", "false") else answer
    return findings, {**facts, **system_facts(thing, day)}
