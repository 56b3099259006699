"""What programs send and get about changes on site."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.web.api.shapes import Body, Fen, Line, Moment, Shape


class ChangeIn(Body):
    """What costs more on site."""

    reason: Literal["floor", "no_lift", "narrow_door", "far", "other"]
    words: Annotated[Line, Field(max_length=300)]
    amount_fen: Fen


class ChangeOut(Shape):
    """One change on site. What is accepted is paid to whoever brings the item; the marketplace does not hold it."""

    no: int
    state: Annotated[str, Field(description="open, accepted, refused, withdrawn or lapsed")]
    reason: str
    words: str
    amount_fen: Fen
    proposed_at: Moment
    ended_at: Moment | None


class ChangesOut(Shape):
    """The changes on site of an order, oldest first."""

    items: list[ChangeOut]
