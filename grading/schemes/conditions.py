"""Checks on the conditions of a scheme: known names, an operator that fits, a value that can ever be equal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from grading.schemes.index import Index
from grading.schemes.parts import ConditionPart, CountPart

Say = Callable[[str, str], None]
_PARTS = ("all", "any", "count", "item", "fact", "type_attr")


def check_condition(condition: ConditionPart, path: str, index: Index, say: Say, *, facts_only: bool) -> None:
    """Report every fault of a condition. `facts_only`: for `applies`, which is decided before any item is read."""
    given = [part for part in _PARTS if getattr(condition, part) is not None]
    if len(given) != 1:
        say(path, f"a condition is exactly one of {', '.join(_PARTS)}; here: {', '.join(given) or 'none'}")
        return
    part = given[0]
    if part in ("all", "any", "count") and (condition.op is not None or condition.value is not None):
        say(path, f"op and value do not belong to {part}")
    if part in ("all", "any"):
        parts: list[ConditionPart] = getattr(condition, part)
        if not parts:
            say(f"{path}.{part}", "is empty")
        for number, inner in enumerate(parts):
            check_condition(inner, f"{path}.{part}[{number}]", index, say, facts_only=facts_only)
    elif facts_only and part in ("count", "item"):
        say(path, "only facts and attributes of the type may decide whether an item applies")
    elif condition.count is not None:
        _check_count(condition.count, f"{path}.count", index, say)
    else:
        _check_leaf(condition, part, path, index, say)


def _check_count(count: CountPart, path: str, index: Index, say: Say) -> None:
    if count.section is not None and count.section not in index.sections:
        say(f"{path}.section", f"unknown section {count.section!r}")
        return
    for level in set(count.severity or []) - index.severity_levels:
        say(f"{path}.severity", f"unknown severity level {level!r}")
    for value in set(count.value) - index.severity_values - index.answer_values:
        say(f"{path}.value", f"unknown severity value or answer {value!r}")
    countable = [
        item
        for section, item in index.placed
        if (count.section is None or section == count.section) and (count.severity is None or item.severity in count.severity)
    ]
    if len(countable) < count.at_least:
        say(f"{path}.at_least", f"{count.at_least} can never be reached: {len(countable)} items can count")


def _check_leaf(leaf: ConditionPart, part: str, path: str, index: Index, say: Say) -> None:
    name: str = getattr(leaf, part)
    known = {"item": index.items_by_code, "fact": index.facts, "type_attr": index.type_attrs}[part]
    if name not in known:
        say(f"{path}.{part}", f"unknown {part} {name!r}")
        return
    if leaf.op is None:
        say(f"{path}.op", "is missing")
        return
    if (leaf.value is None) != (leaf.op == "missing"):
        say(f"{path}.value", f"{'does not belong to' if leaf.op == 'missing' else 'is needed for'} {leaf.op}")
        return
    if (leaf.op == "in") != isinstance(leaf.value, list):
        say(f"{path}.value", "a list belongs to the operator in, and only there")
        return
    values = leaf.value if isinstance(leaf.value, list) else [leaf.value]
    if leaf.op == "missing":
        return
    if leaf.op == "effect":
        if part != "item":
            say(f"{path}.op", "effect asks about an item")
        for value in values:
            if value not in index.statuses:
                say(f"{path}.value", f"unknown status {value!r}")
        return
    kind, words = _subject(part, name, index)
    if leaf.op in ("le", "gt") and kind not in ("number", "any"):
        say(f"{path}.op", f"{leaf.op} compares numbers, and {name!r} is a {kind}")
    for value in values:
        if leaf.op in ("le", "gt") or kind == "number":
            if not isinstance(value, Decimal):
                say(f"{path}.value", f"{value!r} is not a number")
        elif kind == "flag":
            if not isinstance(value, bool):
                say(f"{path}.value", f"{value!r} is neither true nor false")
        elif kind == "date":
            say(f"{path}.op", f"days are not compared here; derive a number from {name!r}")
        elif words is not None and value not in words:
            say(f"{path}.value", f"{name!r} never has the value {value!r}")


def _subject(part: str, name: str, index: Index) -> tuple[str, set[str] | None]:
    """What kind of value the subject has, and the words it may be (None: not a closed list)."""
    if part == "fact":
        return index.fact_kinds[name], index.fact_words[name]
    if part == "type_attr":
        return "any", None
    item = index.items_by_code[name]
    if item.severity is not None:
        return "choice", index.severity_values
    if item.kind == "choice":
        return "choice", index.values_of(item)
    return item.kind or "text", None
