"""The catalogue for programs: brands, models, colours, districts. Short lists, whole on one page."""

from __future__ import annotations

from app.goods import catalogue
from app.goods.errors import ModelsNotFound
from app.goods.schemas import BrandOut, Brands, ColourOut, Colours, DistrictOut, Districts, ModelOut, Models
from app.kernel.text import N_
from app.web.api import Answer, Call, Face
from app.web.api.shapes import words

face = Face("catalogue")


@face.get(
    "/catalogue/brands",
    id="listBrands",
    summary=N_("All brands"),
    roles=("anyone",),
    answer=Brands,
    links={"listModels": ("listModels", {"brand": "$response.body#/items/0/code"})},
)
def brands(call: Call) -> Answer:
    """In the order in which a form offers them. A brand that is missing is `other`, with its name in `brand_name`."""
    items = [BrandOut(code=each.code, name=words(each.name.model_dump())) for each in catalogue.brands()]
    return Answer(Brands(items=items, next_cursor=None))


@face.get(
    "/catalogue/brands/{brand}/models",
    id="listModels",
    summary=N_("The models of a brand"),
    roles=("anyone",),
    answer=Models,
    refusals=(ModelsNotFound,),
)
def models(call: Call, brand: str) -> Answer:
    """The oldest line first. A model that is missing is `other`, with its name in `model_name`."""
    if catalogue.find_brand(brand) is None:
        raise ModelsNotFound()
    items = [
        ModelOut(
            code=each.code,
            name=words({"zh": each.name, "en": each.name_en}),
            released=f"{each.released_year}-{each.released_month:02d}" if each.released_month else str(each.released_year),
            storage_gb=list(each.storage_gb),
            colours=[colour.code for colour in catalogue.colours_for(brand, each.code)],
        )
        for each in catalogue.models(brand)
    ]
    return Answer(Models(items=items, next_cursor=None))


@face.get("/catalogue/colours", id="listColours", summary=N_("All colours"), roles=("anyone",), answer=Colours)
def colours(call: Call) -> Answer:
    """Codes and names of colours; a model names the ones it was made in."""
    items = [ColourOut(code=each.code, name=words(each.name.model_dump())) for each in catalogue.colours()]
    return Answer(Colours(items=items, next_cursor=None))


@face.get("/districts", id="listDistricts", summary=N_("Districts and counties"), roles=("anyone",), answer=Districts)
def districts(call: Call) -> Answer:
    """Where a thing is; in official order."""
    items = [DistrictOut(code=each.code, name=words(each.name.model_dump())) for each in catalogue.districts()]
    return Answer(Districts(items=items, next_cursor=None))
