"""The small parts of a scheme file: figures, days, codes, words; conditions, facts and types."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from grading.schemes.knowledge import Basis, Derivation, FactKind
from grading.schemes.model import Place


def _figure(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value


def _day(value: object) -> object:
    # a day may be quoted or not in YAML; both are the same day
    if isinstance(value, str):
        return datetime.date.fromisoformat(value)
    return value


Figure = Annotated[Decimal, BeforeValidator(_figure)]
Points = Annotated[Figure, Field(ge=0, le=1000)]
Day = Annotated[datetime.date, BeforeValidator(_day)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^\S(?:[\s\S]*\S)?$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,19}$")]
ItemCode = Annotated[str, StringConstraints(pattern=r"^(?:[A-Z][A-Z0-9_]{0,19}\.[0-9]{2,3}|[A-Z]?[0-9]{1,3})$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
TierCode = Annotated[str, StringConstraints(pattern=r"^(?:[A-Z][A-Z0-9_]{0,19}|[\u4e00-\u9fff]{1,4})$")]
Degree = Annotated[str, StringConstraints(pattern=r"^[1-9]$")]
Letters = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}$")]
Sources = Annotated[list[Code], Field(min_length=1)]
Places = Annotated[list[Place], Field(min_length=1)]
Value = str | bool | Figure


class Part(BaseModel):
    """Every part of a scheme file: strict, closed, frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class WordsPart(Part):
    """A text in both languages."""

    zh: Line
    en: Line


class ConditionPart(Part):
    """all | any | count | one leaf over item, fact or type_attr. Which fields go together is checked in checks.py."""

    all: list[ConditionPart] | None = None
    any: list[ConditionPart] | None = None
    count: CountPart | None = None
    item: ItemCode | None = None
    fact: Key | None = None
    type_attr: Key | None = None
    op: Literal["in", "eq", "le", "gt", "missing", "effect"] | None = None
    value: Value | list[Value] | None = None


class CountPart(Part):
    """How many items, of a section or of severities where those are said, have one of these values."""

    section: Key | Code | None = None
    severity: Annotated[list[Key], Field(min_length=1)] | None = None
    value: Annotated[list[Key | Code], Field(min_length=1)]
    at_least: Annotated[int, Field(ge=1, le=1000)]


class FactPart(Part):
    """A fact that a caller may give. kind type: the choice among `types`."""

    name: WordsPart
    kind: FactKind | Literal["type"]
    required: bool = False
    options: Annotated[dict[Key | Code, WordsPart], Field(min_length=1)] | None = None
    unit: Line | None = None
    min: Figure | None = None
    max: Figure | None = None
    decimals: Annotated[int, Field(ge=0, le=9)] | None = None
    max_length: Annotated[int, Field(ge=1, le=1000)] | None = None
    hint: WordsPart | None = None


class DerivedPart(Part):
    """A fact computed from facts that stand before it."""

    key: Key
    name: WordsPart
    op: Derivation
    of: list[Key] = []
    attr: Key | None = None
    decimals: Annotated[int, Field(ge=0, le=9)] | None = None


class FigurePart(Part):
    """A number of a type with its source: one `value`, or a table `by` the answer to a fact."""

    value: Figure | None = None
    by: Annotated[dict[Key | Code, Figure], Field(min_length=1)] | None = None
    basis: Basis
    source: Sources
    note: WordsPart | None = None


class TypePart(Part):
    """One type within the category. A word or flag stands bare; a number never stands without its source."""

    name: WordsPart
    attrs: dict[Key, Line | bool | FigurePart] = {}
