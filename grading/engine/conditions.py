"""Does a condition of the scheme hold? A missing subject makes it false, except for the operator `missing`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from grading.engine.answers import Answer, FactValue
from grading.schemes.knowledge import Condition, Count, Every, Leaf, Some, TypeOfThing
from grading.schemes.model import Item


@dataclass(frozen=True, slots=True)
class Known:
    """What conditions may look at: counted answers and their effects by item code, facts, the type."""

    answers: Mapping[str, Answer]
    effects: Mapping[str, str]
    items: Mapping[str, Item]
    facts: Mapping[str, FactValue]
    kind: TypeOfThing | None


def asked_facts(condition: Condition) -> frozenset[str]:
    """The facts that a condition looks at; without them it does not hold, whatever is true."""
    if isinstance(condition, Every | Some):
        return frozenset().union(*(asked_facts(part) for part in condition.parts))
    return frozenset({condition.name} if isinstance(condition, Leaf) and condition.subject == "fact" else ())


def holds(condition: Condition, known: Known) -> bool:
    """Evaluate one condition."""
    if isinstance(condition, Every):
        return all(holds(part, known) for part in condition.parts)
    if isinstance(condition, Some):
        return any(holds(part, known) for part in condition.parts)
    if isinstance(condition, Count):
        return _count(condition, known) >= condition.at_least
    return _leaf(condition, known)


def _count(count: Count, known: Known) -> int:
    return sum(
        1
        for code, answer in known.answers.items()
        if answer in count.values
        and (count.section is None or known.items[code].section == count.section)
        and (not count.severities or known.items[code].severity in count.severities)
    )


def _leaf(leaf: Leaf, known: Known) -> bool:
    if leaf.op == "effect":
        return known.effects.get(leaf.name) == leaf.value
    subject = _subject(leaf, known)
    if leaf.op == "missing":
        return subject is None
    if subject is None:
        return False
    if leaf.op == "in":
        return isinstance(leaf.value, tuple) and any(_same(subject, value) for value in leaf.value)
    if leaf.op == "eq":
        return _same(subject, leaf.value)
    if not isinstance(subject, Decimal) or not isinstance(leaf.value, Decimal):
        return False  # a word where a number was asked for: a type's attribute may be either
    return subject <= leaf.value if leaf.op == "le" else subject > leaf.value


def _subject(leaf: Leaf, known: Known) -> object:
    if leaf.subject == "item":
        return known.answers.get(leaf.name)
    if leaf.subject == "fact":
        return known.facts.get(leaf.name)
    return known.kind.attr(leaf.name) if known.kind is not None else None


def _same(one: object, other: object) -> bool:
    # In Python True == 1 == Decimal(1); here a flag only equals a flag.
    return isinstance(one, bool) == isinstance(other, bool) and one == other
