"""Attribute schemas: what a seller of one category is asked, as versioned data files, read and checked once.

The wizard, the check before publishing, the frozen snapshot and the listing page all walk this data: another category is
another file in ``schemas/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.goods import catalogue

FOLDER = Path(__file__).parent / "schemas"

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=40)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Row):
    """Words in both interface languages."""

    zh: Words
    en: Words

    @property
    def names(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}


class Shot(_Row):
    code: Code
    name: Text
    hint: Text
    required: bool = False  # nothing is published without it


class Photos(_Row):
    least: Annotated[int, Field(ge=1)]
    most: Annotated[int, Field(le=40)]
    shots: tuple[Shot, ...]


class Attribute(_Row):
    """A fact of the thing itself; ``source`` says which screen asks for it."""

    code: Code
    type: Literal["code", "integer", "imei", "serial", "vin"]
    source: Literal["catalogue", "number"]
    required: bool
    unit: str | None = None
    name: Text
    ask: Text | None = None  # for numbers: the question of their screen
    why: Text | None = None


class Option(_Row):
    code: Code
    name: Text
    example: Text | None = None
    headline: Text | None = None
    alone: bool = False


class Question(_Row):
    """One question in plain words. ``name`` heads the answer on the listing page.

    ``applies_to``: earlier answers (type, facts, answers) for which it is asked at all. ``column``: where lists look for it.
    ``title``: what it adds to the title of the listing. ``prefill``: what the catalogue knows already. In ``headline`` and
    ``title`` stand {value}, for months {year}, for large numbers {wan} (ten thousands).
    """

    code: Code
    kind: Literal["choice", "several", "percent", "number", "month", "text"]
    name: Text
    ask: Text
    why: Text | None = None
    options: tuple[Option, ...] = ()
    options_from: Literal["energies"] | None = None
    least: int = 0
    most: int = 100
    decimals: Literal[0, 1] = 0
    unit: Text | None = None
    longest: int = 40
    required: bool = True
    future: bool = False  # a month that may still be to come
    unknown: bool = False
    headline: Text | None = None
    title: Words | None = None
    column: Literal["energy", "first_used", "mileage_km", "capacity_tenths"] | None = None
    prefill: Literal["capacity"] | None = None
    applies_to: Mapping[Code, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def options_of_the_catalogue(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("options_from") == "energies":
            kinds = [{"code": kind.code, "name": kind.name.model_dump()} for kind in catalogue.energies()]
            return {**data, "options": kinds}
        return data

    @model_validator(mode="after")
    def options_fit_the_kind(self) -> Self:
        codes = [option.code for option in self.options]
        if len(set(codes)) != len(codes):
            raise ValueError(f"{self.code}: an answer is listed twice")
        if (self.kind in ("choice", "several")) != bool(self.options):
            raise ValueError(f"{self.code}: choices need answers to choose from, the other kinds have none")
        if self.kind != "several" and any(option.alone for option in self.options):
            raise ValueError(f"{self.code}: 'alone' is for questions with several answers")
        if "unknown" in codes and self.unknown:
            raise ValueError(f"{self.code}: 'unknown' is said twice")
        if self.least > self.most:
            raise ValueError(f"{self.code}: the least is more than the most")
        return self

    def option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)

    def applies(self, draft: Mapping[str, Any]) -> bool:
        """Whether it is asked, after the answers given so far."""
        for code, wanted in self.applies_to.items():
            given = draft.get(code, draft.get("facts", {}).get(code, draft.get("answers", {}).get(code)))
            if not set(given if isinstance(given, list) else [given]) & set(wanted):
                return False
        return True


class Statement(_Row):
    """What the answers to one question say about the findings of an appraisal scheme.

    ``contradicted_by``: answer -> item key of the scheme -> findings after which the answer was not true. An answer that is not
    listed says nothing ("I do not know").
    """

    scheme: Words
    question: Code
    contradicted_by: Mapping[Code, Mapping[Code, tuple[Code, ...]]]

    def said(self, answer: object) -> Mapping[Code, tuple[Code, ...]] | None:
        """The findings that contradict this answer; None when it says nothing."""
        return self.contradicted_by.get(str(answer))


class Guide(_Row):
    """How to erase phones of these brands; the guide without brands is for all others."""

    brands: tuple[str, ...]
    name: Text
    steps: tuple[Text, ...]


class Erasure(_Row):
    guides: tuple[Guide, ...]
    types: tuple[str, ...] = ()  # only these types hold personal data; empty: all

    @model_validator(mode="after")
    def one_guide_for_the_rest(self) -> Self:
        if sum(not guide.brands for guide in self.guides) != 1:
            raise ValueError("exactly one guide must be for all other brands")
        return self


class Schema(_Row):
    """One category's questions: ``facts`` about the thing itself (kept with it), ``questions`` about its condition,
    ``handing`` about handing it over. ``erasure`` is there for things that hold personal data.
    """

    schema_version: Literal[1]
    id: Annotated[str, StringConstraints(pattern=r"^[a-z]+-[0-9]+$")]
    category: Code
    name: Text
    photos: Photos
    attributes: tuple[Attribute, ...]
    facts: tuple[Question, ...] = ()
    questions: tuple[Question, ...]
    handing: tuple[Question, ...] = ()
    erasure: Erasure | None = None
    statement: Statement | None = None

    @model_validator(mode="after")
    def codes_are_unique(self) -> Self:
        codes = [*(row.code for row in self.attributes), *(row.code for row in self.every_question)]
        repeated = sorted({code for code in codes if codes.count(code) > 1})
        if repeated:
            raise ValueError(f"listed more than once: {', '.join(repeated)}")
        for row in self.every_question:
            unheard = sorted(set(row.applies_to) - {*codes, "type"})
            if unheard:
                raise ValueError(f"{row.code} depends on what nobody asks: {', '.join(unheard)}")
        if self.statement is not None:
            asked = next((row for row in self.questions if row.code == self.statement.question), None)
            if asked is None or not set(self.statement.contradicted_by) <= {option.code for option in asked.options}:
                raise ValueError("the statement speaks of an answer that nobody can give")
        if self.photos.least > self.photos.most:
            raise ValueError("more photos are needed than allowed")
        return self

    @property
    def every_question(self) -> tuple[Question, ...]:
        return (*self.facts, *self.questions, *self.handing)

    def question(self, code: str) -> Question | None:
        return next((question for question in self.every_question if question.code == code), None)

    def has(self, code: str) -> bool:
        """Whether the thing itself has this attribute."""
        return any(row.code == code for row in self.attributes)

    @property
    def numbers(self) -> tuple[Attribute, ...]:
        """The numbers by which one object is told from another."""
        return tuple(row for row in self.attributes if row.source == "number")

    def needs_erasing(self, draft: Mapping[str, Any]) -> bool:
        """Whether the thing holds personal data."""
        return self.erasure is not None and (not self.erasure.types or draft.get("type") in self.erasure.types)

    def guide_for(self, brand: str) -> Guide | None:
        """The erasing guide for a brand; None when the category holds no personal data."""
        if self.erasure is None:
            return None
        fitting = [guide for guide in self.erasure.guides if brand in guide.brands]
        return (fitting or [guide for guide in self.erasure.guides if not guide.brands])[0]


def read_schema(text: str) -> Schema:
    """A checked schema from the text of its file. Raises pydantic.ValidationError naming what is wrong.

    A later schema may name the one that it is ``based_on`` and only list what is ``added``: questions, each after another
    one. The earlier one was published and therefore never changes.
    """
    return Schema.model_validate(_whole(yaml.safe_load(text)))


def _whole(document: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(document, dict) or "based_on" not in document:
        return document
    base = yaml.safe_load((FOLDER / f"{document['based_on']}.yaml").read_text(encoding="utf-8"))
    changed = {**_whole(base), **{key: value for key, value in document.items() if key not in ("based_on", "added")}}
    for added in document.get("added", ()):
        for part in ("facts", "questions", "handing"):
            codes = [row["code"] for row in changed.get(part, ())]
            if added["after"] in codes:
                place = codes.index(added["after"]) + 1
                changed[part] = [*changed[part][:place], added["question"], *changed[part][place:]]
    return changed


@cache
def _schemas() -> dict[str, Schema]:
    read = {path.stem: read_schema(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}
    for name, schema in read.items():
        if name != schema.id:
            raise ValueError(f"{name}.yaml says that it is {schema.id}")
    return read


def schema_by_id(schema_id: str) -> Schema:
    """The schema that a listing was made with. A KeyError is a programming mistake: published schemas stay for ever."""
    return _schemas()[schema_id]


def sellable() -> list[Schema]:
    """The newest schema of each category, in the order in which a page offers them."""
    found = [newest_schema(category) for category in catalogue.CATEGORIES]
    return [schema for schema in found if schema is not None]


def newest_schema(category: str) -> Schema | None:
    """The schema for new listings of a category; None for a category that cannot be sold yet."""
    fitting = [schema for schema in _schemas().values() if schema.category == category]
    return max(fitting, key=lambda schema: int(schema.id.rsplit("-", 1)[1]), default=None)


def categories() -> list[str]:
    """Every category that can be sold, in the order of its first schema's file."""
    return list(dict.fromkeys(schema.category for schema in _schemas().values()))
