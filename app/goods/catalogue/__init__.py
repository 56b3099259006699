"""The catalogue of the three categories: brands, models, kinds, colours, places, for forms, search and demo data.

The data lies beside this file: `phone.yaml`, `car.yaml`, `appliance.yaml`, `kinds.yaml`, `districts.yaml`. Each is read and
checked once; all that is handed out is frozen.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.goods.catalogue.files import (
    APPLIANCE_TYPES,
    STORAGE_SIZES_GB,
    ApplianceFile,
    ApplianceRow,
    BrandRow,
    Capacity,
    CarFile,
    CarRow,
    Code,
    Colour,
    District,
    DistrictsFile,
    Feature,
    Kind,
    KindsFile,
    ModelRow,
    Name,
    PhoneFile,
    PhoneRow,
    Row,
    Words,
)

__all__ = [
    "APPLIANCE_TYPES",
    "CATEGORIES",
    "STORAGE_SIZES_GB",
    "ApplianceModel",
    "Brand",
    "Capacity",
    "CarModel",
    "Catalogue",
    "Colour",
    "District",
    "Feature",
    "Kind",
    "Model",
    "Name",
    "PhoneModel",
    "all_models",
    "appliance_types",
    "bodies",
    "brands",
    "colours",
    "colours_for",
    "districts",
    "energies",
    "features",
    "find_brand",
    "find_colour",
    "find_district",
    "find_kind",
    "find_model",
    "models",
    "plain_colours",
    "written_names",
]

HERE = Path(__file__).parent
CATEGORIES = ("phone", "car", "appliance")


class Brand(Row):
    """A maker's name as buyers know it. `also`: codes of brands under which people look for it too."""

    code: Code
    name: Name
    aliases: tuple[Words, ...] = ()
    also: tuple[Code, ...] = ()


class Model(Row):
    """One model of a category. `name` is what a Chinese page shows ("华为 Mate 60 Pro"), `short` leaves the brand out.

    The year is None where it is not certain, and for classes of appliances, which have none.
    """

    category: str
    brand: Code
    code: Code
    short: Words
    short_en: Words
    name: str
    name_en: str
    released_year: int | None
    released_month: int | None
    aliases: tuple[Words, ...] = ()


class PhoneModel(Model):
    """A phone: the storage sizes in which it was sold, and the maker's colours where they are certain."""

    storage_gb: tuple[int, ...]
    colours: tuple[Code, ...] = ()
    tags: tuple[str, ...] = ()


class CarModel(Model):
    """A series of cars as people say it (朗逸, Model 3); `ended` is the last model year, None while it is built."""

    ended: int | None = None
    body: Code
    energy: tuple[Code, ...]
    seats: tuple[int, ...]


class ApplianceModel(Model):
    """A model of an appliance. `type` is a type of the appliance scheme."""

    type: Code
    capacity: Capacity | None = None
    features: tuple[Code, ...] = ()


class Catalogue:
    """The checked catalogue of one category with its look-up tables. Use the functions below; tests build one from other data."""

    def __init__(self, category: str, data: object) -> None:
        self.category = category
        self.colours: dict[str, Colour] = {}
        self.plain_colours: tuple[Colour, ...] = ()
        self.features: dict[str, Feature] = {}
        file: PhoneFile | CarFile | ApplianceFile
        if category == "phone":
            file = phones = PhoneFile.model_validate(data)
            self.colours = {colour.code: colour for colour in phones.colours}
            self.plain_colours = tuple(self.colours[code] for code in phones.plain_colours)
        elif category == "car":
            file = CarFile.model_validate(data)
        else:
            file = appliances = ApplianceFile.model_validate(data)
            self.features = {feature.code: feature for feature in appliances.features}
        self.brands: dict[str, Brand] = {}
        self.models: dict[str, dict[str, Model]] = {}
        for row in file.brands:
            self.brands[row.code] = Brand(code=row.code, name=row.name, aliases=tuple(row.aliases), also=tuple(row.also))
            self.models[row.code] = {each.code: _model(category, row, each) for each in row.models}


def _model(category: str, brand: BrandRow, row: ModelRow) -> Model:
    year, _, month = (row.released or "").partition("-")
    short_en = row.short_en or row.short
    common: dict[str, Any] = {
        "category": category,
        "brand": brand.code,
        "code": row.code,
        "short": row.short,
        "short_en": short_en,
        "name": brand.shown_as.zh.replace("{model}", row.short),
        "name_en": brand.shown_as.en.replace("{model}", short_en),
        "released_year": int(year) if year else None,
        "released_month": int(month) if month else None,
        "aliases": tuple(row.aliases),
    }
    if isinstance(row, PhoneRow):
        return PhoneModel(**common, storage_gb=tuple(row.storage_gb), colours=tuple(row.colours), tags=tuple(row.tags))
    if isinstance(row, CarRow):
        return CarModel(**common, ended=row.ended, body=row.body, energy=tuple(row.energy), seats=tuple(row.seats))
    assert isinstance(row, ApplianceRow)
    return ApplianceModel(**common, type=row.type, capacity=row.capacity, features=tuple(row.features))


def _read(name: str) -> object:
    return yaml.load((HERE / name).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


@cache
def _catalogue(category: str) -> Catalogue:
    return Catalogue(category, _read(f"{category}.yaml"))


@cache
def _districts() -> dict[str, District]:
    return {row.code: row for row in DistrictsFile.model_validate(_read("districts.yaml")).districts}


@cache
def _kinds() -> KindsFile:
    return KindsFile.model_validate(_read("kinds.yaml"))


def brands(category: str) -> list[Brand]:
    """All brands of a category in the order in which a form offers them; KeyError-free: empty for an unknown category."""
    return list(_catalogue(category).brands.values()) if category in CATEGORIES else []


def find_brand(category: str, brand_code: str) -> Brand | None:
    return _catalogue(category).brands.get(brand_code) if category in CATEGORIES else None


def models(category: str, brand_code: str) -> list[Any]:
    """A brand's models in a category, oldest line first as in the file; empty for what is unknown.

    They are PhoneModel, CarModel or ApplianceModel, as the category says.
    """
    return list(_catalogue(category).models.get(brand_code, {}).values()) if category in CATEGORIES else []


def all_models(category: str) -> list[Any]:
    return [model for brand in brands(category) for model in models(category, brand.code)]


def find_model(category: str, brand_code: str, model_code: str) -> Any:
    """The model (PhoneModel, CarModel or ApplianceModel), or None."""
    return _catalogue(category).models.get(brand_code, {}).get(model_code) if category in CATEGORIES else None


def colours() -> list[Colour]:
    return list(_catalogue("phone").colours.values())


def plain_colours() -> list[Colour]:
    """Colours without a maker's fancy, for things whose own colours the catalogue does not list."""
    return list(_catalogue("phone").plain_colours)


def find_colour(code: str) -> Colour | None:
    return _catalogue("phone").colours.get(code)


def colours_for(category: str, brand_code: str, model_code: str) -> list[Colour]:
    """Colours to offer for a model: the maker's where they are certain, otherwise the plain ones."""
    found = find_model(category, brand_code, model_code)
    if not isinstance(found, PhoneModel) or not found.colours:
        return plain_colours()
    return [_catalogue("phone").colours[code] for code in found.colours]


def features() -> list[Feature]:
    """What appliances can have, in the order of the file."""
    return list(_catalogue("appliance").features.values())


def appliance_types() -> list[Kind]:
    return list(_kinds().appliance_types)


def bodies() -> list[Kind]:
    return list(_kinds().bodies)


def energies() -> list[Kind]:
    return list(_kinds().energies)


def find_kind(code: str) -> Kind | None:
    """The appliance type, car body or energy with this code; their codes are all different."""
    return next((row for row in (*appliance_types(), *bodies(), *energies()) if row.code == code), None)


def districts() -> list[District]:
    """Districts and counties in official order."""
    return list(_districts().values())


def find_district(code: str) -> District | None:
    return _districts().get(code)


def written_names(model: Model) -> list[str]:
    """Every way of writing a model that we know, without repeats: for search and for finding a model while typing.

    "iPhone 13" of Apple gives iPhone 13, 苹果 13, Apple 13 and so on: the brand's names are put before the name without
    the line that already stands for the brand.
    """
    brand = _catalogue(model.category).brands[model.brand]
    names = [model.name, model.name_en, model.short, model.short_en, *model.aliases]
    brand_words = [brand.name.zh, brand.name.en, *brand.aliases]
    for short in dict.fromkeys((model.short, model.short_en, *model.aliases)):
        bare = short
        for word in brand_words:
            bare = re.sub(rf"^{re.escape(word)}(?![a-z])\s*", "", bare, flags=re.IGNORECASE) or bare
        names.extend(f"{word} {bare}" for word in brand_words)
    return list(dict.fromkeys(names))
