"""The phone catalogue and the district list: brands, models, colours, places, for forms, search and demo data.

The data lies beside this file (`catalogue.yaml`, `districts.yaml`). It is read and checked once; all that is handed
out is frozen. A code never changes its meaning, because listings, sales and reports keep the code and not the name.
"""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

HERE = Path(__file__).parent

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
STORAGE_SIZES_GB = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)


class Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Name(Row):
    """A name in both interface languages."""

    zh: Words
    en: Words


class Colour(Row):
    """A colour as the maker calls it; `rgb` is our own approximation for swatches and drawings."""

    code: Code
    name: Name
    rgb: Annotated[str, StringConstraints(pattern=r"^#[0-9A-F]{6}$")]


class Brand(Row):
    """A maker's name as buyers know it. `also`: codes of brands under which people look for it too."""

    code: Code
    name: Name
    aliases: tuple[Words, ...] = ()
    also: tuple[Code, ...] = ()


class Model(Row):
    """One phone model. `name` is what a Chinese page shows ("华为 Mate 60 Pro"), `short` leaves the brand out."""

    brand: Code
    code: Code
    short: Words
    name: Words
    name_en: Words
    released_year: Annotated[int, Field(ge=2007, le=2100)]
    released_month: Annotated[int, Field(ge=1, le=12)] | None
    storage_gb: tuple[int, ...]
    colours: tuple[Code, ...] = ()
    aliases: tuple[Words, ...] = ()
    tags: tuple[Literal["foldable"], ...] = ()


class District(Row):
    """A district or county of Chongqing. `short` is what people say ("渝北"), `name` the official one ("渝北区")."""

    code: Code
    name: Name
    short: Words
    kind: Literal["district", "county", "autonomous_county"]
    aliases: Annotated[tuple[Words, ...], Field(strict=False)] = ()


class _ModelRow(Row):
    code: Code
    short: Words
    released: Annotated[str, StringConstraints(pattern=r"^20\d\d(-(0[1-9]|1[0-2]))?$")]
    storage_gb: Annotated[list[int], Field(min_length=1)]
    colours: list[Code] = []
    aliases: list[Words] = []
    tags: list[Literal["foldable"]] = []

    @model_validator(mode="after")
    def sizes_are_known_and_rise(self) -> Self:
        if any(size not in STORAGE_SIZES_GB for size in self.storage_gb):
            raise ValueError(f"{self.code}: unknown storage size in {self.storage_gb}")
        if self.storage_gb != sorted(set(self.storage_gb)):
            raise ValueError(f"{self.code}: storage sizes must rise without repeats")
        return self


class _BrandRow(Row):
    code: Code
    name: Name
    shown_as: Name
    aliases: list[Words] = []
    also: list[Code] = []
    models: Annotated[list[_ModelRow], Field(min_length=1)]


class _CatalogueFile(Row):
    schema_version: Literal[1]
    plain_colours: list[Code]
    colours: list[Colour]
    brands: list[_BrandRow]

    @model_validator(mode="after")
    def codes_are_unique_and_known(self) -> Self:
        _refuse_repeats("colour", [colour.code for colour in self.colours])
        _refuse_repeats("brand", [brand.code for brand in self.brands])
        known_colours = {colour.code for colour in self.colours}
        known_brands = {brand.code for brand in self.brands}
        _refuse_unknown("plain_colours", self.plain_colours, known_colours)
        for brand in self.brands:
            _refuse_unknown(f"{brand.code}.also", brand.also, known_brands - {brand.code})
            _refuse_repeats(f"model of {brand.code}", [row.code for row in brand.models])
            names = [name.casefold() for row in brand.models for name in (row.short, *row.aliases)]
            _refuse_repeats(f"name or alias in {brand.code}", names)
            for row in brand.models:
                _refuse_unknown(f"{brand.code}/{row.code}.colours", row.colours, known_colours)
        return self


class _DistrictsFile(Row):
    schema_version: Literal[1]
    districts: list[District]

    @model_validator(mode="after")
    def codes_and_names_are_unique(self) -> Self:
        _refuse_repeats("district", [row.code for row in self.districts])
        _refuse_repeats("district name", [row.name.zh for row in self.districts])
        _refuse_repeats("short district name", [row.short for row in self.districts])
        return self


def _refuse_repeats(what: str, values: list[str]) -> None:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"{what} listed more than once: {', '.join(repeated)}")


def _refuse_unknown(what: str, values: list[str], known: set[str]) -> None:
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"{what} points at something that is not there: {', '.join(unknown)}")


class Catalogue:
    """A checked catalogue with its look-up tables. Use the functions below; tests build one from other data."""

    def __init__(self, data: object) -> None:
        file = _CatalogueFile.model_validate(data)
        self.colours = {colour.code: colour for colour in file.colours}
        self.plain_colours = tuple(self.colours[code] for code in file.plain_colours)
        self.brands: dict[str, Brand] = {}
        self.models: dict[str, dict[str, Model]] = {}
        for row in file.brands:
            self.brands[row.code] = Brand(code=row.code, name=row.name, aliases=tuple(row.aliases), also=tuple(row.also))
            self.models[row.code] = {each.code: _model(row, each) for each in row.models}


def _model(brand: _BrandRow, row: _ModelRow) -> Model:
    year, _, month = row.released.partition("-")
    return Model(
        brand=brand.code,
        code=row.code,
        short=row.short,
        name=brand.shown_as.zh.replace("{model}", row.short),
        name_en=brand.shown_as.en.replace("{model}", row.short),
        released_year=int(year),
        released_month=int(month) if month else None,
        storage_gb=tuple(row.storage_gb),
        colours=tuple(row.colours),
        aliases=tuple(row.aliases),
        tags=tuple(row.tags),
    )


@cache
def _catalogue() -> Catalogue:
    return Catalogue(yaml.safe_load((HERE / "catalogue.yaml").read_text(encoding="utf-8")))


@cache
def _districts() -> dict[str, District]:
    data = yaml.safe_load((HERE / "districts.yaml").read_text(encoding="utf-8"))
    return {row.code: row for row in _DistrictsFile.model_validate(data).districts}


def brands() -> list[Brand]:
    """All brands in the order in which a form offers them."""
    return list(_catalogue().brands.values())


def find_brand(brand_code: str) -> Brand | None:
    return _catalogue().brands.get(brand_code)


def models(brand_code: str) -> list[Model]:
    """A brand's models, oldest line first as in the file; empty for an unknown brand."""
    return list(_catalogue().models.get(brand_code, {}).values())


def find_model(brand_code: str, model_code: str) -> Model | None:
    return _catalogue().models.get(brand_code, {}).get(model_code)


def colours() -> list[Colour]:
    return list(_catalogue().colours.values())


def find_colour(code: str) -> Colour | None:
    return _catalogue().colours.get(code)


def colours_for(brand_code: str, model_code: str) -> list[Colour]:
    """Colours to offer for a model: the maker's where they are certain, otherwise the plain ones."""
    found = find_model(brand_code, model_code)
    if found is None or not found.colours:
        return list(_catalogue().plain_colours)
    return [_catalogue().colours[code] for code in found.colours]


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
    brand = _catalogue().brands[model.brand]
    names = [model.name, model.name_en, model.short, *model.aliases]
    brand_words = [brand.name.zh, brand.name.en, *brand.aliases]
    for short in (model.short, *model.aliases):
        bare = short
        for word in brand_words:
            bare = re.sub(rf"^{re.escape(word)}\s*", "", bare, flags=re.IGNORECASE) or bare
        names.extend(f"{word} {bare}" for word in brand_words)
    return list(dict.fromkeys(names))
