"""What programs ask the search, and what they get."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.goods.catalogue import CATEGORIES
from app.kernel.money import MAX_FEN
from app.search.rules import AGE_BOUNDS_YEARS, MAX_YUAN, MILEAGE_BOUNDS_KM
from app.web.api.shapes import Code, Moment, Query, Shape, Words


def _bands(bounds: tuple[int, ...]) -> str:
    return ", ".join(map(str, bounds))


_Short = Annotated[str, StringConstraints(max_length=40)]
_MOST = min(MAX_FEN, MAX_YUAN * 100)


class SearchListings(Query):
    """A whole search; every part is optional."""

    q: Annotated[str, Field(max_length=100, description="Words, Chinese or English.", examples=["苹果13"])] = ""
    category: Annotated[
        Literal["", *CATEGORIES],  # type: ignore[valid-type]
        Field(description="Code of a category: with its own filters and facets.", examples=["car"]),
    ] = ""
    brand: Annotated[_Short, Field(description="Code of a brand, or `other`.", examples=["apple"])] = ""
    model: Annotated[_Short, Field(description="Code of a model of that brand.", examples=["iphone-13"])] = ""
    kind: Annotated[
        _Short, Field(description="With `category`: type of an appliance or body of a car (listKinds).", examples=["suv"])
    ] = ""
    energy: Annotated[_Short, Field(description="With `category=car`: what it runs on (listKinds).", examples=["petrol"])] = ""
    age: Annotated[
        int | None,
        Field(
            description=f"With `category` car or appliance: years since first use; one of {_bands(AGE_BOUNDS_YEARS)}",
            json_schema_extra={"enum": list(AGE_BOUNDS_YEARS)},
        ),
    ] = None
    mileage_km: Annotated[
        int | None,
        Field(
            description=f"With `category=car`: kilometres shown, one of {_bands(MILEAGE_BOUNDS_KM)}; up to the next.",
            json_schema_extra={"enum": list(MILEAGE_BOUNDS_KM)},
        ),
    ] = None
    capacity: Annotated[
        int | None,
        Field(ge=1, le=50_000, description="With `kind` of an appliance: a value of the facet `capacity`."),
    ] = None
    storage_gb: Annotated[int | None, Field(ge=1, le=65536)] = None
    tier: Annotated[
        list[Annotated[str, StringConstraints(pattern="^([A-Z]{1,3}|[一二三四五]级)$")]],
        Field(max_length=10, description="Grades; repeat the name for several."),
    ] = []
    appraised: Annotated[bool, Field(description="Only with a third-party report.")] = False
    min_price_fen: Annotated[int | None, Field(ge=0, le=_MOST)] = None
    max_price_fen: Annotated[int | None, Field(ge=0, le=_MOST)] = None
    district: Annotated[_Short, Field(examples=["yubei"])] = ""
    sort: Annotated[
        Literal["relevance", "newest", "price_up", "price_down"] | None,
        Field(description="`relevance` when there are words, else `newest`."),
    ] = None
    cursor: Annotated[str | None, Field(max_length=400, description="`next_cursor` of the page before.")] = None


class FoundListing(Shape):
    """An offer that was found."""

    code: Code
    category: Annotated[str, Field(examples=["phone"])]
    title: str
    price_fen: int | None
    tier: str | None
    report: Code | None
    verdict: Words
    district: Words
    photo_url: str | None
    published_at: Moment | None


class FacetValue(Shape):
    """A value of a filter, with the number of offers that it would leave."""

    value: Annotated[str, Field(examples=["apple"])]
    name: Words
    count: int
    chosen: bool


class SearchResult(Shape):
    """One page of what was found, with the facets of the whole search."""

    items: list[FoundListing]
    next_cursor: Annotated[str | None, Field(description="Send it as `cursor` to get the next page; null on the last page.")]
    total: int
    facets: Annotated[
        dict[str, list[FacetValue]],
        Field(
            description="Filter → its values. Which there are follows from `category`: category, brand, model, kind, energy, "
            "age, mileage, capacity, storage, tier, price, district. Of `price` a value is the least yuan of its band."
        ),
    ]
    degraded: Annotated[bool, Field(description="The index did not answer: the words were looked for in titles only.")]
