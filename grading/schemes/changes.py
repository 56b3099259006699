"""What differs between two revisions of a scheme, place by place, so that a person can read it.

Both schemes are walked as plain values and compared leaf by leaf, so nothing that decides a grade, and no word of the
file, can change unseen. A change belongs to an item, a section, a tier, a rule over several findings, or to the rest.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from grading.errors import Words
from grading.scale import number_text
from grading.schemes.model import Scheme

__all__ = ["Change", "Kind", "Subject", "changes", "plain", "whole"]

Kind = Literal["words", "points", "tier", "conditions", "basis", "answers", "where", "order", "validity"]
Where = Literal["head", "section", "item", "tier", "rule", "fact", "type", "source", "other"]

# The last name of a path that is not a place in a list, and what kind of change it is.
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("deduct", "max_deduction", "min_score", "base_score", "floor", "number_deduct_at_least"), "points"),
    **dict.fromkeys(("cap", "effect", "tier", "scored", "needs_fully_functional", "equivalents", "waives"), "tier"),
    **dict.fromkeys(("name", "method", "note", "label", "meaning", "hint", "disclosure", "cn", "algorithm", "title"), "words"),
    **dict.fromkeys(("definitions", "equivalents_note", "warnings", "unit"), "words"),
    **dict.fromkeys(("basis", "source", "detail", "confirmed", "page", "day", "by", "standard"), "basis"),
    **dict.fromkeys(("places", "instrument"), "where"),
    **dict.fromkeys(("version", "effective_from", "effective_until"), "validity"),
    **dict.fromkeys(("options", "marks", "bands", "value", "edge", "state", "once"), "answers"),
}
_LISTS_BY_NAME = {"sections": "code", "items": "code", "options": "value", "marks": "value", "tiers": "code", "statuses": "code"}
_LISTS_BY_NAME |= {"cross_rules": "code", "facts": "key", "derived": "key", "inputs": "name"}


@dataclass(frozen=True, slots=True)
class Change:
    """One leaf: its path within the subject, what it was and is; None where it was not there."""

    path: str
    kind: Kind
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Subject:
    """What changed: an item 40, a section, a tier ... `state` added, removed, changed. `name` as it is now, or last was."""

    where: Where
    code: str
    name: Words | None
    state: Literal["added", "removed", "changed"]
    changes: tuple[Change, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What kinds of change, in the order in which they first appear."""
        return tuple(dict.fromkeys(change.kind for change in self.changes))


def changes(older: Scheme, newer: Scheme) -> tuple[Subject, ...]:
    """Everything that differs, in the order of the file; empty for two schemes that say the same. `sha256` is left out."""
    before, after = dict(_subjects(older)), dict(_subjects(newer))
    names = {**_names(older), **_names(newer)}
    found = []
    for key in [*after, *(key for key in before if key not in after)]:
        old, new = before.get(key), after.get(key)
        leaves = tuple(_changes(old or {}, new or {}))
        if leaves:
            state: Literal["added", "removed", "changed"] = "added" if old is None else "removed" if new is None else "changed"
            found.append(Subject(key[0], key[1], names.get(key), state, leaves))
    return tuple(found)


def plain(value: object) -> object:
    """Any part of a scheme as JSON: figures and days as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | frozenset):
        return [plain(part) for part in value]
    raise TypeError(f"no plain form for {type(value).__name__}")


def whole(scheme: Scheme) -> dict[str, Any]:
    """A scheme as JSON, every field of it."""
    return {field.name: plain(getattr(scheme, field.name)) for field in dataclasses.fields(scheme)}


_Key = tuple[Where, str]
_Leaves = dict[str, str]
_PARTS: tuple[tuple[str, Where], ...] = (
    ("tiers", "tier"),
    ("cross_rules", "rule"),
    ("facts", "fact"),
    ("derived", "fact"),
    ("types", "type"),
    ("sources", "source"),
)
_OTHER = (
    "test_record",
    "erasure_certificate",
    "valuation",
    "forms",
    "inputs",
    "groups",
    "instruments",
    "definitions",
    "warnings",
)


def _subjects(scheme: Scheme) -> Iterator[tuple[_Key, _Leaves]]:
    rest = whole(scheme)
    del rest["sha256"]
    confirmed = rest.pop("confirmed")
    sections, parts = rest.pop("sections"), {name: (where, rest.pop(name)) for name, where in _PARTS}
    others = {name: rest.pop(name) for name in _OTHER}
    yield ("head", ""), dict(_leaves(rest, ""))
    for number, section in enumerate(sections):
        items = section.pop("items")
        section["order"] = [str(number), *(item["code"] for item in items)]
        yield ("section", section["code"]), dict(_leaves(section, ""))
        for item in items:
            yield ("item", item["code"]), dict(_leaves({**item, "confirmed": confirmed.get(item["code"])}, ""))
    for name, (where, values) in parts.items():
        by_code = values if isinstance(values, dict) else {part[_LISTS_BY_NAME[name]]: part for part in values}
        for number, (code, part) in enumerate(by_code.items()):
            yield (where, code), dict(_leaves({**part, "order": str(number)} if name in ("tiers", "derived") else part, ""))
    for name, value in others.items():
        yield ("other", name), dict(_leaves(value, ""))


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            yield path, f"{value['zh']} / {value['en']}" if value["zh"] != value["en"] else value["zh"]
            return
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        by = _LISTS_BY_NAME.get(path.rpartition(".")[2])
        if all(not isinstance(part, dict | list) for part in value):
            if value:
                yield path, ", ".join(map(str, value))
            return
        for number, part in enumerate(value):
            name = part[by] if by is not None and isinstance(part, dict) else str(number + 1)
            yield from _leaves(part, f"{path}[{name}]")
    elif value is not None and value != "":
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _changes(before: _Leaves, after: _Leaves) -> Iterator[Change]:
    for path in dict.fromkeys([*after, *before]):
        old, new = before.get(path), after.get(path)
        if old != new:
            yield Change(path, _kind(path), old, new)


def _kind(path: str) -> Kind:
    steps = [step.partition("[")[0] for step in _steps(path)]
    if steps[0] in ("when", "applies", "only_if_missing", "required_any", "required", "rescale", "figures"):
        return "conditions"
    if steps[-1] == "order":
        return "order"
    for step in reversed(steps):
        if step in _KINDS:
            return _KINDS[step]
    return "conditions"


def _steps(path: str) -> list[str]:
    """The names of a path; dots inside brackets (`items[P1.01]`) part nothing."""
    steps, depth = [""], 0
    for letter in path:
        depth += (letter == "[") - (letter == "]")
        if letter == "." and not depth:
            steps.append("")
        else:
            steps[-1] += letter
    return steps


def _names(scheme: Scheme) -> dict[_Key, Words]:
    found: dict[_Key, Words] = {("head", ""): scheme.name}
    for section in scheme.sections:
        found["section", section.code] = section.name
        found |= {("item", item.code): item.name for item in section.items}
    found |= {("tier", tier.code): tier.name for tier in scheme.tiers}
    found |= {("rule", rule.code): rule.name for rule in scheme.cross_rules}
    found |= {("fact", fact.key): fact.name for fact in scheme.facts}
    found |= {("fact", fact.key): fact.name for fact in scheme.derived}
    found |= {("type", kind.code): kind.name for kind in scheme.types.values()}
    return found
