"""How the catalogue files look: one for each category, one with districts, one with kinds. Checked strictly when they are read.

A code never changes its meaning, because listings, sales and reports keep the code and not the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=40)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
Released = Annotated[str, StringConstraints(pattern=r"^(19[89]\d|20\d\d)(-(0[1-9]|1[0-2]))?$")]

STORAGE_SIZES_GB = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
APPLIANCE_TYPES = (  # the types of the appliance scheme, with the same codes
    "tv",
    "refrigerator",
    "washing_machine",
    "air_conditioner",
    "electric_water_heater",
    "gas_water_heater",
    "gas_hob",
    "range_hood",
    "microwave",
    "small_appliance",
)
Body = Literal["sedan", "hatchback", "suv", "mpv", "coupe", "wagon", "pickup", "van"]
Energy = Literal["petrol", "diesel", "hybrid", "plug_in", "electric", "range_extender"]
ApplianceType = Literal[APPLIANCE_TYPES]  # type: ignore[valid-type]


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


class Kind(Row):
    """One of a few: a type of appliance, a body or an energy of cars. `aliases` is what people type for it."""

    code: Code
    name: Name
    aliases: Annotated[tuple[Words, ...], Field(strict=False)] = ()


class Feature(Row):
    """What an appliance has or how it is built (front loader, double door); `types` are the types that can have it."""

    code: Code
    name: Name
    aliases: Annotated[tuple[Words, ...], Field(strict=False)] = ()
    types: Annotated[tuple[ApplianceType, ...], Field(strict=False)] = ()


class Capacity(Row):
    """How large an appliance is, in the unit in which it is sold (horsepower is the Chinese 匹 of air conditioners)."""

    value: Annotated[int | float, Field(gt=0, le=5000)]
    unit: Literal["litre", "kg", "horsepower", "inch"]


class District(Row):
    """A district or county of Chongqing. `short` is what people say ("渝北"), `name` the official one ("渝北区")."""

    code: Code
    name: Name
    short: Words
    kind: Literal["district", "county", "autonomous_county"]
    aliases: Annotated[tuple[Words, ...], Field(strict=False)] = ()


class ModelRow(Row):
    code: Code
    short: Words
    short_en: Words | None = None
    released: Released | None = None  # left out where it is not certain
    aliases: list[Words] = []


class PhoneRow(ModelRow):
    released: Released
    storage_gb: Annotated[list[int], Field(min_length=1)]
    colours: list[Code] = []
    tags: list[Literal["foldable"]] = []

    @model_validator(mode="after")
    def sizes_are_known_and_rise(self) -> Self:
        if any(size not in STORAGE_SIZES_GB for size in self.storage_gb):
            raise ValueError(f"{self.code}: unknown storage size in {self.storage_gb}")
        if self.storage_gb != sorted(set(self.storage_gb)):
            raise ValueError(f"{self.code}: storage sizes must rise without repeats")
        return self


class CarRow(ModelRow):
    ended: Annotated[int, Field(ge=1980, le=2100)] | None = None
    body: Body
    energy: Annotated[list[Energy], Field(min_length=1)]
    seats: Annotated[list[Annotated[int, Field(ge=1, le=20)]], Field(min_length=1)]

    @model_validator(mode="after")
    def lists_do_not_repeat_and_the_end_follows_the_start(self) -> Self:
        refuse_repeats(f"energy of {self.code}", self.energy)
        if self.seats != sorted(set(self.seats)):
            raise ValueError(f"{self.code}: seats must rise without repeats")
        if self.ended is not None and self.released is not None and self.ended < int(self.released[:4]):
            raise ValueError(f"{self.code}: ended before it was presented")
        return self


class ApplianceRow(ModelRow):
    type: ApplianceType
    capacity: Capacity | None = None
    features: list[Code] = []


class BrandRow(Row):
    code: Code
    name: Name
    shown_as: Name
    aliases: list[Words] = []
    also: list[Code] = []

    @model_validator(mode="after")
    def shown_as_has_a_place_for_the_model(self) -> Self:
        if "{model}" not in self.shown_as.zh or "{model}" not in self.shown_as.en:
            raise ValueError(f"{self.code}: shown_as needs {{model}} in both languages")
        return self


class PhoneBrandRow(BrandRow):
    models: Annotated[list[PhoneRow], Field(min_length=1)]


class CarBrandRow(BrandRow):
    models: Annotated[list[CarRow], Field(min_length=1)]


class ApplianceBrandRow(BrandRow):
    models: Annotated[list[ApplianceRow], Field(min_length=1)]


class PhoneFile(Row):
    """`phone.yaml`: brands with their models, and the colours."""

    schema_version: Literal[1]
    plain_colours: list[Code]
    colours: list[Colour]
    brands: list[PhoneBrandRow]

    @model_validator(mode="after")
    def codes_are_unique_and_known(self) -> Self:
        check_brands(self.brands)
        refuse_repeats("colour", [colour.code for colour in self.colours])
        known = {colour.code for colour in self.colours}
        refuse_unknown("plain_colours", self.plain_colours, known)
        for brand in self.brands:
            for row in brand.models:
                refuse_unknown(f"{brand.code}/{row.code}.colours", row.colours, known)
        return self


class CarFile(Row):
    """`car.yaml`: brands with their series."""

    schema_version: Literal[1]
    brands: list[CarBrandRow]

    @model_validator(mode="after")
    def codes_are_unique_and_known(self) -> Self:
        check_brands(self.brands)
        return self


class ApplianceFile(Row):
    """`appliance.yaml`: brands with their models, and the features that models may have."""

    schema_version: Literal[1]
    features: list[Feature]
    brands: list[ApplianceBrandRow]

    @model_validator(mode="after")
    def codes_are_unique_and_known(self) -> Self:
        check_brands(self.brands)
        refuse_repeats("feature", [feature.code for feature in self.features])
        types = {feature.code: feature.types for feature in self.features}
        for brand in self.brands:
            for row in brand.models:
                refuse_unknown(f"{brand.code}/{row.code}.features", row.features, set(types))
                strange = [code for code in row.features if types[code] and row.type not in types[code]]
                if strange:
                    raise ValueError(f"{brand.code}/{row.code}: a {row.type} cannot have {', '.join(strange)}")
        return self


class DistrictsFile(Row):
    """`districts.yaml`: where things are."""

    schema_version: Literal[1]
    districts: list[District]

    @model_validator(mode="after")
    def codes_and_names_are_unique(self) -> Self:
        refuse_repeats("district", [row.code for row in self.districts])
        refuse_repeats("district name", [row.name.zh for row in self.districts])
        refuse_repeats("short district name", [row.short for row in self.districts])
        return self


class KindsFile(Row):
    """`kinds.yaml`: appliance types, car bodies and energies, as pages write them and people type them."""

    schema_version: Literal[1]
    appliance_types: list[Kind]
    bodies: list[Kind]
    energies: list[Kind]

    @model_validator(mode="after")
    def every_code_has_its_row_and_every_word_one_meaning(self) -> Self:
        for what, rows, codes in (
            ("appliance_types", self.appliance_types, APPLIANCE_TYPES),
            ("bodies", self.bodies, Body.__args__),  # type: ignore[attr-defined]
            ("energies", self.energies, Energy.__args__),  # type: ignore[attr-defined]
        ):
            if [row.code for row in rows] != list(codes):
                raise ValueError(f"{what} must list {', '.join(codes)} in this order")
        every = [*self.appliance_types, *self.bodies, *self.energies]
        refuse_repeats("word for a kind", [word for row in every for word in {row.name.zh, row.name.en, *row.aliases}])
        return self


def check_brands(brands: Sequence[PhoneBrandRow | CarBrandRow | ApplianceBrandRow]) -> None:
    """What holds in every category: unique codes, known sisters, and no name that two models of a brand share."""
    refuse_repeats("brand", [brand.code for brand in brands])
    known = {brand.code for brand in brands}
    for brand in brands:
        refuse_unknown(f"{brand.code}.also", brand.also, known - {brand.code})
        refuse_repeats(f"model of {brand.code}", [row.code for row in brand.models])
        names = [name.casefold() for row in brand.models for name in dict.fromkeys((row.short, *row.aliases))]
        refuse_repeats(f"name or alias in {brand.code}", names)


def refuse_repeats(what: str, values: Sequence[str]) -> None:
    seen: set[str] = set()
    repeated = sorted({value for value in values if value in seen or seen.add(value)})  # type: ignore[func-returns-value]
    if repeated:
        raise ValueError(f"{what} listed more than once: {', '.join(repeated)}")


def refuse_unknown(what: str, values: Sequence[str], known: set[str]) -> None:
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"{what} points at something that is not there: {', '.join(unknown)}")
