"""The catalogue for programs: brands, models, colours, districts. Short lists, whole on one page."""

from __future__ import annotations

from typing import Any

from app.goods import catalogue
from app.goods.errors import BrandNotFound, CategoryNotFound
from app.goods.schemas import BrandOut, Brands, ModelOut, Models, Named, NamedOut
from app.kernel.text import N_
from app.web.api import Answer, Call, Face
from app.web.api.shapes import words

face = Face("catalogue")

_OF_ALL = (
    "category",
    "brand",
    "code",
    "short",
    "short_en",
    "name",
    "name_en",
    "released_year",
    "released_month",
    "aliases",
    "tags",
)


@face.get(
    "/catalogue/{category}/brands",
    id="listBrands",
    summary=N_("The brands of a category"),
    roles=("anyone",),
    answer=Brands,
    refusals=(CategoryNotFound,),
    links={"models": ("listModels", {"category": "$request.path.category", "brand": "$response.body#/items/0/code"})},
)
def brands(call: Call, category: str) -> Answer:
    """In the order in which a form offers them. A brand that is missing is `other`, with its name in `brand_name`."""
    if category not in catalogue.CATEGORIES:
        raise CategoryNotFound()
    items = [BrandOut(code=each.code, name=words(each.name.model_dump())) for each in catalogue.brands(category)]
    return Answer(Brands(items=items, next_cursor=None))


@face.get(
    "/catalogue/{category}/brands/{brand}/models",
    id="listModels",
    summary=N_("The models of a brand"),
    roles=("anyone",),
    answer=Models,
    refusals=(BrandNotFound,),
)
def models(call: Call, category: str, brand: str) -> Answer:
    """The oldest line first. A model that is missing is `other`, with its name in `model_name`."""
    if catalogue.find_brand(category, brand) is None:
        raise BrandNotFound()
    items = [
        ModelOut(
            code=each.code,
            name=words({"zh": each.name, "en": each.name_en}),
            released=f"{each.released_year}-{each.released_month:02d}" if each.released_month else str(each.released_year),
            attributes=_attributes(each),
        )
        for each in catalogue.models(category, brand)
    ]
    return Answer(Models(items=items, next_cursor=None))


@face.get("/catalogue/colours", id="listColours", summary=N_("All colours"), roles=("anyone",), answer=Named)
def colours(call: Call) -> Answer:
    """Codes and names; a phone names the colours that it was made in."""
    return _named(catalogue.colours())


@face.get("/catalogue/kinds", id="listKinds", summary=N_("Kinds of appliances and cars"), roles=("anyone",), answer=Named)
def kinds(call: Call) -> Answer:
    """Types of appliances, bodies and energies of cars, and what appliances can have."""
    return _named([*catalogue.appliance_types(), *catalogue.bodies(), *catalogue.energies(), *catalogue.features()])


@face.get("/districts", id="listDistricts", summary=N_("Districts and counties"), roles=("anyone",), answer=Named)
def districts(call: Call) -> Answer:
    """Where a thing is; in official order."""
    return _named(catalogue.districts())


def _named(rows: list[Any]) -> Answer:
    items = [NamedOut(code=each.code, name=words(each.name.model_dump())) for each in rows]
    return Answer(Named(items=items, next_cursor=None))


def _attributes(model: catalogue.Model) -> dict[str, Any]:
    """What the category's own model says besides its name; a phone's colours are those to offer."""
    said = {name: value for name, value in model.model_dump(mode="json").items() if name not in _OF_ALL}
    if "colours" in said:
        said["colours"] = [each.code for each in catalogue.colours_for(model.category, model.brand, model.code)]
    return said
