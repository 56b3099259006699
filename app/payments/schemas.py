"""What programs send and get about payments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.web.api.shapes import Body, Code, Fen, Moment, Shape


class PracticePayment(Body):
    """What the practice payer decides. Real providers take no payment through this operation."""

    method: Annotated[Literal["practice"], Field(description="The practice provider, which moves no money.")]
    decision: Literal["pay", "decline"] = "pay"


class PaymentOut(Shape):
    """One payment. `settled` once the provider has said that the money is there; until then ask again."""

    code: Code
    state: Annotated[str, Field(examples=["open"])]
    version: int
    amount_fen: Fen
    currency: Annotated[str, Field(examples=["CNY"])]
    subject: Annotated[str, Field(description="What is paid for.")]
    deadline_at: Annotated[Moment, Field(description="Until when it can be paid.")]
    is_practice: Annotated[bool, Field(description="Whether no real money moves.")]


class LineOut(Shape):
    """One movement of your account."""

    at: Moment
    kind: Annotated[str, Field(examples=["released"])]
    subject: str
    amount_fen: Annotated[int, Field(description="Positive: came in.", examples=[233240])]
    balance_fen: Annotated[int, Field(description="After it.", examples=[233240])]


class MoneyOut(Shape):
    """What sales have brought you."""

    balance_fen: int
    on_the_way_fen: Annotated[int, Field(description="Being paid out; part of the balance.")]
    lines: Annotated[list[LineOut], Field(description="Newest first, at most 100.")]
