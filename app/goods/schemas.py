"""What programs get of the catalogue."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from app.web.api.shapes import Page, Shape, Words


class BrandOut(Shape):
    """A maker's name."""

    code: Annotated[str, Field(examples=["apple"])]
    name: Words


class ModelOut(Shape):
    """One model. `attributes` says in what it was made, by the category's own names."""

    code: Annotated[str, Field(examples=["iphone-13"])]
    name: Words
    released: Annotated[str, Field(description="Year, or year and month.", examples=["2021-09"])]
    attributes: Annotated[
        dict[str, Any],
        Field(
            description="Phones: `storage_gb` and `colours`; cars: `body`, `energy`, `seats`, `ended`; appliances: `type`, "
            "`capacity`, `features`.",
            examples=[{"storage_gb": [128, 256, 512], "colours": ["midnight", "starlight"]}],
        ),
    ]


class NamedOut(Shape):
    """A code with its name."""

    code: Annotated[str, Field(examples=["yubei"])]
    name: Words


Brands = Page[BrandOut]
Models = Page[ModelOut]
Named = Page[NamedOut]
