"""What programs ask about prices, and what they get."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.valuation.worth import BASES, FLAGS, PRICE_KINDS, STEPS
from app.web.api.shapes import Body, Code, Day, Fen, Moment, Query, Shape

_Code = Annotated[str, StringConstraints(max_length=40)]
_Month = Annotated[str, StringConstraints(pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])$"), Field(examples=["2023-05"])]
_Kind = Annotated[str, Field(description="One of " + ", ".join(PRICE_KINDS) + ". They are never mixed.")]


class NewEstimate(Body):
    """Which thing, and what is known of it. What is left out counts as not known: the range is wider then."""

    category: Literal["phone", "appliance", "car"]
    brand: Annotated[_Code, Field(description="A code of the catalogue.", examples=["apple"])]
    model: Annotated[_Code, Field(description="A code of the catalogue.", examples=["iphone-13"])]
    storage_gb: Annotated[int | None, Field(ge=1, le=65536, description="Phones only.")] = None
    first_used: Annotated[_Month | None, Field(description="Since when it is in use; of a car, its first registration.")] = None
    mileage_km: Annotated[int | None, Field(ge=0, le=2_000_000, description="Cars only.")] = None
    tier: Annotated[str | None, StringConstraints(max_length=8), Field(description="Grade of its report.")] = None
    battery_health: Annotated[int | None, Field(ge=1, le=100, description="Percent; phones only.")] = None
    district: Annotated[_Code | None, Field(description="Where it is: a code of the catalogue.")] = None
    is_accident: Annotated[bool, Field(description="An accident damaged its structure.")] = False
    is_flood: Annotated[bool, Field(description="It was under water.")] = False


class SpanOut(Shape):
    """An estimate with its ranges: of ten such things, eight (nine) lie within."""

    point_fen: Fen
    low80_fen: Fen
    high80_fen: Fen
    low90_fen: Fen
    high90_fen: Fen


class StepOut(Shape):
    """What one named thing adds or takes, fen."""

    name: Annotated[str, Field(description="One of " + ", ".join(STEPS) + ".")]
    value: Annotated[str, Field(description="What the thing says to it; empty when it was not told.")]
    step_fen: int


class ComparableOut(Shape):
    """A like thing that was seen: its price, and the same moved to age and use of the asked one (null: not moved)."""

    title: str
    price_kind: _Kind
    price_fen: Fen
    moved_fen: int | None
    seen_on: Day
    tier: str | None
    listing_code: str | None


class KindOut(Shape):
    """One kind of price by itself; amounts are null where nothing was seen."""

    price_kind: _Kind
    count: int
    median_fen: int | None
    low_fen: int | None
    high_fen: int | None


class MonthOut(Shape):
    """The estimate so many months later."""

    months: int
    point_fen: int
    low80_fen: int
    high80_fen: int


class StandardOut(Shape):
    """The appraisal standard's cost formula beside the market."""

    value_fen: int
    factor_bp: Annotated[int | None, Field(description="Market over formula in basis points; null: not known.")]
    differs: Annotated[bool, Field(description="The formula times its factor lies outside the 90 % range.")]


class EstimateOut(Shape):
    """A kept estimate. `start_fen` and all steps are exactly `point_fen`; without a span too little is known to name a price."""

    code: Code
    made_at: Moment
    purpose: Annotated[str, Field(description="Why it was made: public, listing, report, wizard or api.")]
    category: str
    title: str
    asked: Annotated[dict[str, Any], Field(description="What was told, as it was kept.")]
    basis: Annotated[str, Field(description="One of " + ", ".join(BASES) + ".")]
    support: Annotated[int, Field(description="How many observed prices of the same series it rests on.")]
    price_kind: Annotated[str | None, Field(description="Which kind of price span and comparables are.")]
    flag: Annotated[str | None, Field(description="One of " + ", ".join(FLAGS) + ": compared with its like only.")]
    span: SpanOut | None
    start_fen: int | None
    steps: list[StepOut]
    comparables: list[ComparableOut]
    kinds: list[KindOut]
    curve: Annotated[list[MonthOut], Field(description="Month by month, the present one first.")]
    standard: StandardOut | None
    net_fen: Annotated[int | None, Field(description="What a seller gets at the point, after the fee.")]
    cuts_bp: Annotated[list[int], Field(description="Cut points between the words for a price, asking price over estimate.")]
    model: Annotated[str | None, Field(description="Version of the price model.")]
    is_invented: Annotated[bool, Field(description="It rests on the demo's invented market.")]
    sha256: Annotated[str, Field(description="Of the bytes of `document`.")]
    page: Annotated[str, Field(description="Address of its page.")]
    document: Annotated[str, Field(description="Address of the canonical document.")]
    csv: Annotated[str, Field(description="Address of its figures as a table.")]


class ComparablesQuery(Query):
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


class ComparablesOut(Shape):
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
