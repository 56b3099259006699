"""The engine: findings and a scheme in, a grade with its reasons out. It knows no category, no clock and no price.

`grade(scheme, findings, facts)` grades; `recompute(content)` grades again what a stored result says it rests on;
`not_compared(scheme, facts)` names the rules about conduct that nobody could try.
"""

from __future__ import annotations

from collections.abc import Mapping

from grading.engine.algorithm import grade
from grading.engine.conditions import asked_facts
from grading.engine.result import (
    Cap,
    Caution,
    CrossRuleResult,
    Disclosure,
    Effect,
    GradeResult,
    ItemResult,
    Missing,
    Reason,
    SectionResult,
)
from grading.errors import FindingsError, Problem, SchemeError, Words
from grading.schemes import Scheme, find_scheme, load_scheme

__all__ = [
    "Cap",
    "Caution",
    "CrossRuleResult",
    "Disclosure",
    "Effect",
    "GradeResult",
    "ItemResult",
    "Missing",
    "Reason",
    "SectionResult",
    "grade",
    "not_compared",
    "recompute",
]


def recompute(content: Mapping[str, object], scheme: Scheme | None = None) -> GradeResult:
    """Grade again from stored content; the caller compares `.to_content()` with what was stored.

    Raises SchemeError when the scheme (any revision in this package, unless one is given) is not the very file that the
    content names by its SHA-256, FindingsError when the content's findings or facts cannot be graded.
    """
    scheme_id, findings, facts = content.get("scheme_id"), content.get("findings"), content.get("facts")
    if not isinstance(scheme_id, str) or not isinstance(findings, Mapping) or not isinstance(facts, Mapping):
        raise FindingsError({"content": Words("缺少方案编号、检测结果或信息。", "No scheme id, findings or facts in it.")})
    sha256 = content.get("scheme_sha256")
    used = find_scheme(scheme_id, sha256) or load_scheme(scheme_id) if scheme is None else scheme
    if used.id != scheme_id or used.sha256 != sha256:
        raise SchemeError(f"{scheme_id[:60]}.yaml", [Problem("", "is not the file that the content was graded with")])
    return grade(used, findings, facts)


def not_compared(scheme: Scheme, facts: Mapping[str, object]) -> tuple[Words, ...]:
    """The names of the rules that lead to a credit event and were not tried, because a fact that they ask for is not given."""
    return tuple(
        rule.name for rule in scheme.cross_rules if rule.credit_event is not None and asked_facts(rule.when) - facts.keys()
    )
