"""Bases of everything that programs send and get, and the value types that several rooms use.

What is sent is read from the raw bytes by strict models: no "1" for 1, no unknown field. What is answered is written from
models too, so that the document shows it.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.kernel.ids import CODE_LENGTH
from app.kernel.money import MAX_FEN
from app.web.forms import clean, plain

CODE_PATTERN = f"^[0-9a-hjkmnp-tv-z]{{{CODE_LENGTH}}}$"
EXAMPLE_CODE = "7kq2m9v4x0c8n1t5r3wz6ybhdj"

Item = TypeVar("Item")


class Body(BaseModel):
    """What a program sends."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Query(BaseModel):
    """What stands after the question mark of an address; texts are read as what they stand for."""

    model_config = ConfigDict(extra="forbid")


class Shape(BaseModel):
    """What a program gets."""

    model_config = ConfigDict(extra="forbid")


def _line(text: str) -> str:
    return clean(text)


def _lines(text: str) -> str:
    return clean(text, lines=True)


Code = Annotated[
    str,
    StringConstraints(pattern=CODE_PATTERN),
    Field(description="Public id of 26 letters and digits.", examples=[EXAMPLE_CODE]),
]
Fen = Annotated[int, Field(ge=1, le=MAX_FEN, description="An amount in fen: 1 yuan is 100 fen.", examples=[238000])]
Line = Annotated[str, AfterValidator(_line)]  # one line of text, without control characters
Lines = Annotated[str, AfterValidator(_lines)]  # text with line breaks
Figures = Annotated[str, AfterValidator(plain)]  # a number or code as it was meant
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-23T06:05:00Z"])]
Day = Annotated[str, Field(json_schema_extra={"format": "date"}, examples=["2026-11-23"])]


class Words(Shape):
    """Words in both interface languages."""

    zh: str
    en: str


def words(names: Any) -> Words:
    """Words from a dictionary of both languages; one that is missing stands for the other."""
    zh, en = names.get("zh") or names.get("en") or "", names.get("en") or names.get("zh") or ""
    return Words(zh=zh, en=en)


class PageQuery(Query):
    """A page of a list."""

    cursor: Annotated[str | None, Field(max_length=400, description="`next_cursor` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Most items on the page.")] = 20


class Page(Shape, Generic[Item]):
    """One page of a list. `next_cursor` is null on the last page."""

    items: list[Item]
    next_cursor: Annotated[str | None, Field(description="Send it as `cursor` to get the next page; null on the last page.")]


class Problem(Shape):
    """Why something was refused (RFC 9457). Programs decide by `code`; people read `detail`."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(description="Address of the explanation of this code.")]
    title: Annotated[str, Field(description="The status in words.")]
    status: int
    code: Annotated[str, Field(description="Stable: never changes its meaning.")]
    detail: Annotated[str, Field(description="What happened, in the language of Accept-Language.")]
    request_id: Annotated[str, Field(description="Name it when you ask for help.")]
    errors: Annotated[dict[str, str] | None, Field(description="One sentence per field that is wrong.")] = None
    allowed: Annotated[list[str] | None, Field(description="With `bad_state`: the steps that are possible now.")] = None
