"""What programs get of the catalogue."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.web.api.shapes import Page, Shape, Words


class BrandOut(Shape):
    """A maker's name."""

    code: Annotated[str, Field(examples=["apple"])]
    name: Words


class ModelOut(Shape):
    """One model with what it was made in."""

    code: Annotated[str, Field(examples=["iphone-13"])]
    name: Words
    released: Annotated[str, Field(description="Year, or year and month.", examples=["2021-09"])]
    storage_gb: Annotated[list[int], Field(examples=[[128, 256, 512]])]
    colours: Annotated[list[str], Field(description="Codes of colours.", examples=[["midnight"]])]


class DistrictOut(Shape):
    """A district or county of Chongqing."""

    code: Annotated[str, Field(examples=["yubei"])]
    name: Words


class ColourOut(Shape):
    """A colour as the maker calls it."""

    code: Annotated[str, Field(examples=["midnight"])]
    name: Words


Brands = Page[BrandOut]
Models = Page[ModelOut]
Colours = Page[ColourOut]
Districts = Page[DistrictOut]
