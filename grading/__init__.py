"""Appraisal schemes as data, and the engine that turns findings into a grade with its reasons.

Nouns: scheme, revision, section, item, option, tier, status, finding, fact. Verbs: `load_scheme`, `list_schemes`,
`scheme_for`, `scheme_on`, `find_scheme`, `grade`, `recompute`. Pure: no database, no request, no clock; standard library,
PyYAML and pydantic. It calls nobody and announces nothing. `grading.ids` holds the check digits of identifiers.
"""

from __future__ import annotations

from grading.engine import (
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
    grade,
    not_compared,
    recompute,
)
from grading.errors import FindingsError, Problem, SchemeError, Words
from grading.schemes import (
    PLACES,
    Item,
    Option,
    Scheme,
    SchemeLibrary,
    Section,
    Status,
    Tier,
    find_scheme,
    list_schemes,
    load_scheme,
    read_scheme,
    scheme_for,
    scheme_on,
)

__all__ = [
    "PLACES",
    "Cap",
    "Caution",
    "CrossRuleResult",
    "Disclosure",
    "Effect",
    "FindingsError",
    "GradeResult",
    "Item",
    "ItemResult",
    "Missing",
    "Option",
    "Problem",
    "Reason",
    "Scheme",
    "SchemeError",
    "SchemeLibrary",
    "Section",
    "SectionResult",
    "Status",
    "Tier",
    "Words",
    "find_scheme",
    "grade",
    "list_schemes",
    "load_scheme",
    "not_compared",
    "read_scheme",
    "recompute",
    "scheme_for",
    "scheme_on",
]
