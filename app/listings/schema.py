"""Attribute schemas: what a seller of one category is asked, as versioned data files, read and checked once.

The wizard, the check before publishing, the frozen snapshot and the listing page all walk this data: another category is
another file in ``schemas/``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

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
    type: Literal["code", "integer", "imei", "serial"]
    source: Literal["catalogue", "number"]
    required: bool
    unit: str | None = None
    name: Text


class Option(_Row):
    code: Code
    name: Text
    example: Text | None = None
    headline: Text | None = None
    alone: bool = False


class Question(_Row):
    """One question about the condition, in plain words. ``name`` heads the answer on the listing page."""

    code: Code
    kind: Literal["choice", "several", "percent"]
    name: Text
    ask: Text
    why: Text | None = None
    options: tuple[Option, ...] = ()
    least: int = 0
    most: int = 100
    unknown: bool = False
    headline: Text | None = None

    @model_validator(mode="after")
    def options_fit_the_kind(self) -> Self:
        codes = [option.code for option in self.options]
        if len(set(codes)) != len(codes):
            raise ValueError(f"{self.code}: an answer is listed twice")
        if (self.kind == "percent") == bool(self.options):
            raise ValueError(f"{self.code}: a percentage has no answers to choose from, the other kinds need some")
        if self.kind != "several" and any(option.alone for option in self.options):
            raise ValueError(f"{self.code}: 'alone' is for questions with several answers")
        if "unknown" in codes and self.unknown:
            raise ValueError(f"{self.code}: 'unknown' is said twice")
        return self

    def option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)


class Guide(_Row):
    """How to erase phones of these brands; the guide without brands is for all others."""

    brands: tuple[str, ...]
    name: Text
    steps: tuple[Text, ...]


class Erasure(_Row):
    guides: tuple[Guide, ...]

    @model_validator(mode="after")
    def one_guide_for_the_rest(self) -> Self:
        if sum(not guide.brands for guide in self.guides) != 1:
            raise ValueError("exactly one guide must be for all other brands")
        return self


class Schema(_Row):
    """One category's questions. ``erasure`` is there for things that hold personal data."""

    schema_version: Literal[1]
    id: Annotated[str, StringConstraints(pattern=r"^[a-z]+-[0-9]+$")]
    category: Code
    name: Text
    photos: Photos
    attributes: tuple[Attribute, ...]
    questions: tuple[Question, ...]
    erasure: Erasure | None = None

    @model_validator(mode="after")
    def codes_are_unique(self) -> Self:
        codes = [*(row.code for row in self.attributes), *(row.code for row in self.questions)]
        repeated = sorted({code for code in codes if codes.count(code) > 1})
        if repeated:
            raise ValueError(f"listed more than once: {', '.join(repeated)}")
        if self.photos.least > self.photos.most:
            raise ValueError("more photos are needed than allowed")
        return self

    def question(self, code: str) -> Question | None:
        return next((question for question in self.questions if question.code == code), None)

    def guide_for(self, brand: str) -> Guide | None:
        """The erasing guide for a brand; None when the category holds no personal data."""
        if self.erasure is None:
            return None
        fitting = [guide for guide in self.erasure.guides if brand in guide.brands]
        return (fitting or [guide for guide in self.erasure.guides if not guide.brands])[0]


def read_schema(text: str) -> Schema:
    """A checked schema from the text of its file. Raises pydantic.ValidationError naming what is wrong."""
    return Schema.model_validate(yaml.safe_load(text))


@cache
def _schemas() -> dict[str, Schema]:
    read = [read_schema(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]
    for path, schema in zip(sorted(FOLDER.glob("*.yaml")), read, strict=True):
        if path.stem != schema.id:
            raise ValueError(f"{path.name} says that it is {schema.id}")
    return {schema.id: schema for schema in read}


def schema_by_id(schema_id: str) -> Schema:
    """The schema that a listing was made with. A KeyError is a programming mistake: published schemas stay for ever."""
    return _schemas()[schema_id]


def newest_schema(category: str) -> Schema | None:
    """The schema for new listings of a category; None for a category that cannot be sold yet."""
    fitting = [schema for schema in _schemas().values() if schema.category == category]
    return max(fitting, key=lambda schema: int(schema.id.rsplit("-", 1)[1]), default=None)


def categories() -> list[str]:
    """Every category that can be sold, in the order of its first schema's file."""
    return list(dict.fromkeys(schema.category for schema in _schemas().values()))
