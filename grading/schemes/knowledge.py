"""What a scheme may know: facts, derived facts, types with their figures, conditions over all of it; what was confirmed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from grading.errors import Words

Basis = Literal["published", "derived", "own"]
FactKind = Literal["choice", "number", "flag", "date", "text"]
Derivation = Literal["years_between", "difference", "product", "ratio", "type_attr", "first", "greatest", "least"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition on one item (by code), fact or attribute of the type."""

    subject: Literal["item", "fact", "type_attr"]
    name: str
    op: Literal["in", "eq", "le", "gt", "missing", "effect"]
    value: str | bool | Decimal | tuple[str | bool | Decimal, ...] | None


@dataclass(frozen=True, slots=True)
class Count:
    """At least `at_least` items have one of these values; of one section, of some severities, where those are said."""

    section: str | None
    severities: tuple[str, ...]
    values: tuple[str, ...]
    at_least: int


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Condition, ...]


Condition = Leaf | Count | Every | Some


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known about the thing or the case that is not looked at during the inspection."""

    key: str
    name: Words
    kind: FactKind
    required: bool
    options: Mapping[str, Words]
    unit: str
    min: Decimal | None
    max: Decimal | None
    decimals: int
    max_length: int | None
    hint: Words | None


@dataclass(frozen=True, slots=True)
class DerivedFact:
    """A fact computed from others, in document order. See `grading.engine.facts` for what each op does."""

    key: str
    name: Words
    op: Derivation
    of: tuple[str, ...]
    attr: str | None
    decimals: int | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that belongs to a type, or a table of them by the answer to a fact, and where it comes from."""

    value: Decimal | Mapping[str, Decimal]
    basis: Basis
    source: tuple[str, ...]
    note: Words | None


@dataclass(frozen=True, slots=True)
class TypeOfThing:
    """One type within a category (a fridge among appliances): words and flags about it, and its figures."""

    code: str
    name: Words
    words: Mapping[str, str | bool]
    figures: Mapping[str, Figure]

    def attr(self, name: str) -> str | bool | Decimal | Mapping[str, Decimal] | None:
        """What rules may ask about the type; None when it has no such attribute."""
        figure = self.figures.get(name)
        return self.words.get(name) if figure is None else figure.value


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Where in the standard two people of an agency found an item as the scheme has it, and when."""

    standard: str
    page: str
    day: datetime.date
    by: str
