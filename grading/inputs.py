"""Plain input objects, as the command line takes them: which findings and facts an object of names and short codes means.

A scheme's `input` names its groups (`{"body": ["26HH1"], "answers": {"43": "B"}}`). Everything else stands under the key
(or code) of the item or fact: at the top, under `findings` or under `facts`. `assume_clean` fills in what is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NoReturn

from grading.schemes.model import InputGroup, Item, Scheme

__all__ = ["InputRefused", "PlainInput", "read_input"]

_MARK = re.compile(r"([0-9]{1,3})([A-Z][A-Z0-9]{1,11})")
_OBJECTS = ("findings", "facts", "valuation")


class InputRefused(Exception):
    """An input object that cannot be read. `code`: shape | unknown_name | unknown_item | answer | twice; `path`: where."""

    def __init__(self, code: str, message: str, path: str) -> None:
        self.code, self.message, self.path = code, message, path
        super().__init__(f"{path}: {message}")


@dataclass(slots=True)
class PlainInput:
    """Findings by item key, facts by key, what stands under `valuation`, and where each of them stood."""

    findings: dict[str, object] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    valuation: dict[str, object] | None = None
    paths: dict[str, str] = field(default_factory=dict)

    def put(self, target: dict[str, object], key: str, value: object, path: str) -> None:
        """One finding or fact. Raises InputRefused when it is there already."""
        if key in self.paths:
            raise InputRefused("twice", f"{key} is given twice, here and at {self.paths[key]}", path)
        target[key] = value
        self.paths[key] = path


class _Names:
    """What the names of one scheme's input mean, worked out once."""

    def __init__(self, scheme: Scheme) -> None:
        self.groups = {group.name: group for group in scheme.inputs}
        self.facts = {fact.key for fact in scheme.facts}
        self.items = {**scheme.items_by_code, **scheme.items_by_key}
        prefixes: dict[str, str] = {}
        for group in scheme.inputs:
            if group.prefix:
                prefixes |= dict.fromkeys(group.sections, group.prefix)
        self.numbers: dict[str, dict[str, Item]] = {}
        for group in scheme.inputs:
            inside = [item for item in scheme.items if item.section in group.sections]
            if group.answer is not None:
                inside = [item for item in inside if group.answer in item.values]
            self.numbers[group.name] = {item.code.removeprefix(prefixes.get(item.section, "")): item for item in inside}
        self.reserved = {group.answer: group.name for group in scheme.inputs if group.answer is not None}
        asked = {section for group in scheme.inputs if group.sets is not None for section in group.sections}
        # alternatives (a measured and an estimated value) are unknown, not clean, when neither is given
        self.clean: dict[str, object] = {
            item.key: item.clean
            for item in scheme.items
            if item.clean is not None and item.section not in asked and item.required_any is None and item.computed_from is None
        }


_names = lru_cache(maxsize=64)(_Names)


def read_input(scheme: Scheme, document: Mapping[str, object]) -> PlainInput:
    """Findings and facts of one input object; the engine checks their values. Raises InputRefused for the first fault."""
    names = _names(scheme)
    plain = PlainInput()
    clean = document.get("assume_clean", scheme.assume_clean)
    if not isinstance(clean, bool):
        raise InputRefused("shape", "must be true or false", "assume_clean")
    for name, value in document.items():
        if name == "assume_clean":
            continue
        if name in names.groups:
            _read_group(names, names.groups[name], value, plain)
        elif name in _OBJECTS:
            given = _object(value, name)
            if name == "valuation":
                if scheme.valuation is None:
                    raise InputRefused("unknown_name", "this scheme gives no value", name)
                plain.valuation = given
                continue
            for key, finding in given.items():
                _read_one(names, key, finding, f"{name}.{key}", plain)
        else:
            _read_one(names, name, value, name, plain)
    if clean:
        plain.findings = {**names.clean, **plain.findings}
    return plain


def _read_one(names: _Names, key: str, value: object, path: str, plain: PlainInput) -> None:
    if key in names.facts:
        plain.put(plain.facts, key, value, path)
    elif key in names.items:
        _answer(names, names.items[key], value, path, plain)
    else:
        raise InputRefused("unknown_name", "this scheme has no such name", path)


def _read_group(names: _Names, group: InputGroup, value: object, plain: PlainInput) -> None:
    numbers = names.numbers[group.name]
    if group.sets is not None:
        plain.put(plain.facts, group.sets, True, group.name)
    if group.holds == "answers":
        for number, answer in _object(value, group.name).items():
            path = f"{group.name}.{number}"
            item = numbers.get(number) or names.items.get(number)
            if item is None or item.section not in group.sections:
                _unknown(number, path)
            _answer(names, item, answer, path, plain)
        return
    if not isinstance(value, list):
        raise InputRefused("shape", "must be a list", group.name)
    if group.holds == "codes":
        codes = {str(code): f"{group.name}[{place}]" for place, code in enumerate(value)}
        for code, path in codes.items():
            plain.put(plain.findings, (numbers.get(code) or _unknown(code, path)).key, group.answer, path)
        return
    found: dict[str, list[str]] = {}
    for place, text in enumerate(value):
        path = f"{group.name}[{place}]"
        parts = _MARK.fullmatch(text) if isinstance(text, str) else None
        if parts is None:
            raise InputRefused("shape", "must be a part and what was found, such as 26HH1", path)
        item = numbers.get(parts[1]) or _unknown(parts[1], path)
        mark = parts[2]
        if all(known.value != mark for known in item.marks):
            raise InputRefused("answer", f"{item.code} has no {mark}", path)
        if item.key in found:
            found[item.key].append(mark)
        else:
            found[item.key] = [mark]
            plain.put(plain.findings, item.key, found[item.key], path)


def _answer(names: _Names, item: Item, value: object, path: str, plain: PlainInput) -> None:
    if isinstance(value, str) and value in names.reserved and value in item.values:
        raise InputRefused("answer", f"{value} is said under {names.reserved[value]}", path)
    plain.put(plain.findings, item.key, value, path)


def _object(value: object, path: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InputRefused("shape", "must be an object", path)
    return value


def _unknown(number: object, path: str) -> NoReturn:
    raise InputRefused("unknown_item", f"this scheme has no item {str(number)[:40]}", path)
