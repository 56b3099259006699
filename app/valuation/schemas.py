"""What programs ask about prices, and what they get."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from app.web.api.shapes import Day, Fen, Query, Shape

_Code = Annotated[str, StringConstraints(max_length=40)]


class EstimateQuery(Query):
    """Which thing. Brand and model are codes of the catalogue."""

    category: Annotated[_Code, Field(examples=["phone"])]
    brand: Annotated[_Code, Field(examples=["apple"])]
    model: Annotated[_Code, Field(examples=["iphone-13"])]
    storage_gb: Annotated[int | None, Field(ge=1, le=65536, description="Phones only.")] = None
    kind: Annotated[_Code | None, Field(description="Appliances only: the type of the thing.")] = None
    first_used: Annotated[
        str | None, StringConstraints(pattern=r"^[12][0-9]{3}-[01][0-9]$"), Field(description="Cars only: first registration.")
    ] = None
    mileage_km: Annotated[int | None, Field(ge=0, le=2_000_000, description="Cars only.")] = None
    tier: Annotated[str | None, StringConstraints(pattern="^[A-Z]{1,3}$"), Field(description="Grade of its report.")] = None


class SaleOut(Shape):
    """One comparable sale."""

    price_fen: Fen
    storage_gb: int | None
    tier: str | None
    sold_on: Day


class EstimateOut(Shape):
    """What comparable things were sold for. Amounts are null when there is nothing to go by."""

    count: Annotated[int, Field(description="How many sales it rests on.")]
    enough: Annotated[bool, Field(description="At least five; fewer give a rough range only.")]
    basis: Annotated[str, Field(description="How alike the sales are.", examples=["same_storage"])]
    median_fen: int | None
    low_fen: int | None
    high_fen: int | None
    is_full_range: Annotated[bool, Field(description="Lowest and highest price instead of the 10 % and 90 % points.")]
    days: Annotated[int, Field(description="Sales of how many days.")]
    recent_count: int
    recent_median_fen: int | None
    sales: Annotated[list[SaleOut], Field(description="The latest ones, newest first.")]
