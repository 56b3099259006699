"""The inspection form in parts: the facts of the thing first, then the sections of the scheme, with what applies and is open."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from app.appraisal.rules import is_offered, typed_facts
from app.goods.models import Thing
from grading import GradeResult, Item, Option, Scheme
from grading.schemes.knowledge import Fact

FACTS = "facts"
_FACTS_NAME = {"zh": "基本情况", "en": "Basic facts"}


@dataclass(frozen=True)
class MarkRow:
    """Marks of one kind on a part ("scratch"), one for each degree."""

    name: dict[str, str]
    marks: tuple[tuple[str, str], ...]  # (value, what stands on the key)


@dataclass(frozen=True)
class Ask:
    """One item on the form. ``options`` are those that may be given for this thing."""

    item: Item
    options: tuple[Option, ...]
    rows: tuple[MarkRow, ...]


@dataclass(frozen=True)
class Part:
    """One part of the form. ``open_keys``: what is still to be answered in it."""

    code: str
    label: str  # the code where it is short and printed with the items, otherwise empty
    name: dict[str, str]
    facts: tuple[Fact, ...]
    asks: tuple[Ask, ...]
    open_keys: tuple[str, ...]


def skipped(result: GradeResult) -> frozenset[str]:
    """Keys of the items that do not apply to this thing."""
    return frozenset(item.key for item in result.items if item.state == "skipped")


def parts_of(scheme: Scheme, result: GradeResult, thing: Thing, open_keys: Set[str]) -> list[Part]:
    """All parts in order; those without anything that applies are left out."""
    needless = skipped(result)
    facts = tuple(typed_facts(scheme))
    parts = []
    if facts:
        parts.append(Part(FACTS, "", _FACTS_NAME, facts, (), tuple(fact.key for fact in facts if fact.key in open_keys)))
    for section in scheme.sections:
        asks = tuple(
            Ask(item, tuple(each for each in item.options if is_offered(item, each.value, thing)), _rows(item))
            for item in section.items
            if item.key not in needless
        )
        if asks:
            label = section.code if len(section.code) <= 3 else ""
            name = {"zh": section.name.zh, "en": section.name.en}
            opened = tuple(ask.item.key for ask in asks if ask.item.key in open_keys)
            parts.append(Part(section.code, label, name, (), asks, opened))
    return parts


def chosen_part(parts: Sequence[Part], wanted: str, *, whole: bool) -> Part | None:
    """The part on this page: the wanted one, else the first with something open. None: the whole form on one page."""
    if whole:
        return None
    found = next((part for part in parts if part.code == wanted), None)
    return found or next((part for part in parts if part.open_keys), parts[0])


def following_part(parts: Sequence[Part], here: Part | None) -> Part | None:
    place = next((index for index, part in enumerate(parts) if here is not None and part.code == here.code), len(parts))
    return parts[place + 1] if place + 1 < len(parts) else None


def _rows(item: Item) -> tuple[MarkRow, ...]:
    """Marks that differ only in their last digit (the degree) stand in one row."""
    rows: dict[str, list[tuple[str, str]]] = {}
    names: dict[str, dict[str, str]] = {}
    for mark in item.marks:
        kind = mark.value.rstrip("0123456789")
        rows.setdefault(kind, []).append((mark.value, mark.value))
        names.setdefault(kind, {"zh": mark.name.zh.partition("（")[0], "en": mark.name.en.partition(" (")[0]})
    return tuple(MarkRow(names[kind], tuple(marks)) for kind, marks in rows.items())


def flag_names(scheme: Scheme, flags: Sequence[str]) -> list[dict[str, str]]:
    """What the flags of a report are called, from the facts and rules of the scheme that raise them."""
    names: dict[str, dict[str, str]] = {}
    for rule in scheme.cross_rules:
        if rule.flag:
            names[rule.flag] = {"zh": rule.name.zh, "en": rule.name.en}
    for fact in scheme.facts:
        names.setdefault(fact.key, {"zh": fact.name.zh, "en": fact.name.en})
    return [names.get(flag, {"zh": flag, "en": flag}) for flag in flags]
