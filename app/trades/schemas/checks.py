"""What programs send and get about the checklist at delivery."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.web.api.shapes import Body, Figures, Line, Moment, Shape, Words


class CheckLineIn(Body):
    """What you found at one point."""

    key: Annotated[str, StringConstraints(max_length=80), Field(description="Of `asks`.", examples=["report:screen_glass"])]
    answer: Literal["same", "differs", "unchecked"]
    seen: Annotated[Figures, Field(max_length=60, description="Of a difference: one of `others`, or the number.")] = ""
    words: Annotated[Line, Field(max_length=300, description="Of a difference, in your own words.")] = ""
    photo: Annotated[
        str | None,
        StringConstraints(max_length=300_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$"),
        Field(description="JPEG, PNG or WebP as base64; larger ones are sent on the page."),
    ] = None


class CheckIn(Body):
    """Your list. `rest_is_same`: what is left out is as described."""

    lines: Annotated[list[CheckLineIn], Field(max_length=100)]
    rest_is_same: bool = False


class CheckAskOut(Shape):
    """One point to compare."""

    key: Annotated[str, Field(examples=["report:screen_glass"])]
    name: Words
    promised: Words
    how: Words
    others: Annotated[list[str], Field(description="What may be seen instead.")]


class CheckLineOut(Shape):
    """What the buyer found at one point."""

    key: str
    answer: Annotated[str, Field(description="same, differs or unchecked")]
    seen: Words | None
    words: str
    photo_sha256: str | None


class CheckOut(Shape):
    """The checklist of an order at delivery. `beyond`: further items of the report, which need instruments."""

    can_hand_in: bool
    asks: list[CheckAskOut]
    beyond: int
    result: Annotated[str | None, Field(description="passed or differs; null before the list is handed in")]
    handed_in_at: Moment | None
    lines: list[CheckLineOut]
