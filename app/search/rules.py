"""What a search asks, as plain values, and what follows from it without looking anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from app.goods import catalogue
from app.goods.catalogue import Brand, Model
from app.goods.queries import OTHER

RELEVANCE, NEWEST, PRICE_UP, PRICE_DOWN = "relevance", "newest", "price_up", "price_down"
SORTS = (RELEVANCE, NEWEST, PRICE_UP, PRICE_DOWN)

PER_PAGE = 24
MAX_PAGE = 500
MAX_YUAN = 9_999_999

# Lower bound of each price band in yuan; a band ends below the next one's bound, the last has no end. Our own choice.
BAND_BOUNDS_YUAN = (0, 500, 1000, 2000, 3000, 5000)
_BOUNDS_YUAN = {"car": (0, 30_000, 50_000, 80_000, 120_000, 200_000), "appliance": (0, 200, 500, 1000, 2000, 4000)}
AGE_BOUNDS_YEARS = (0, 1, 3, 5, 8)
MILEAGE_BOUNDS_KM = (0, 10_000, 30_000, 60_000, 100_000)
# By kind of appliance, in tenths of its unit (litres, kilograms, inches, horsepower).
CAPACITY_BOUNDS = {
    "refrigerator": (0, 1000, 2000, 3000, 4000, 5000),
    "electric_water_heater": (0, 400, 600, 800),
    "washing_machine": (0, 50, 80, 100),
    "tv": (0, 400, 500, 600, 700),
    "air_conditioner": (0, 15, 20, 30),
}

FILTERS = ("category", "brand", "model", "kind", "energy", "age", "mileage", "capacity", "storage", "tier", "price", "district")
# What a page of a category filters by, in the order of the page; "" is the search over everything.
FACETS = {
    "": ("category", "brand", "model", "storage", "tier", "price", "district"),
    "phone": ("brand", "model", "storage", "tier", "price", "district"),
    "car": ("brand", "model", "kind", "energy", "age", "mileage", "tier", "price", "district"),
    "appliance": ("kind", "brand", "model", "capacity", "age", "tier", "price", "district"),
}


@dataclass(frozen=True)
class SearchQuery:
    """A whole search. Empty values filter nothing. Prices are bounds in fen, both included."""

    text: str = ""
    category: str = ""
    brand: str = ""
    model: str = ""
    kind: str = ""
    energy: str = ""
    age: int | None = None  # lower bound of a band, years since first use
    mileage: int | None = None  # lower bound of a band, km
    capacity: int | None = None  # lower bound of a band, tenths of the unit of the kind
    storage_gb: int | None = None
    tiers: tuple[str, ...] = ()
    appraised: bool = False
    min_fen: int | None = None
    max_fen: int | None = None
    district: str = ""
    sort: str = RELEVANCE
    page: int = 1

    def active_filters(self) -> list[str]:
        """Names of the filters that are set, in the order of the page."""
        is_set = {
            "category": bool(self.category),
            "brand": bool(self.brand),
            "kind": bool(self.kind),
            "energy": bool(self.energy),
            "age": self.age is not None,
            "mileage": self.mileage is not None,
            "capacity": self.capacity is not None,
            "model": bool(self.model),
            "storage": self.storage_gb is not None,
            "tier": bool(self.tiers) or self.appraised,
            "price": self.min_fen is not None or self.max_fen is not None,
            "district": bool(self.district),
        }
        return [name for name in FILTERS if is_set[name]]

    def without(self, *names: str) -> SearchQuery:
        """The same search, from its first page, without these filters ("text" is the text). No brand means no model."""
        query = replace(self, page=1)
        for name in names:
            query = _WITHOUT[name](query)
        return query


_WITHOUT = {
    "text": lambda query: replace(query, text=""),
    "category": lambda query: replace(
        query,
        category="",
        brand="",
        model="",
        kind="",
        energy="",
        age=None,
        mileage=None,
        capacity=None,
        storage_gb=None,
        tiers=(),
    ),
    "kind": lambda query: replace(query, kind="", capacity=None),
    "energy": lambda query: replace(query, energy=""),
    "age": lambda query: replace(query, age=None),
    "mileage": lambda query: replace(query, mileage=None),
    "capacity": lambda query: replace(query, capacity=None),
    "brand": lambda query: replace(query, brand="", model=""),
    "model": lambda query: replace(query, model=""),
    "storage": lambda query: replace(query, storage_gb=None),
    "tier": lambda query: replace(query, tiers=(), appraised=False),
    "price": lambda query: replace(query, min_fen=None, max_fen=None),
    "district": lambda query: replace(query, district=""),
}


@dataclass(frozen=True)
class Band:
    """A price band in fen; `max_fen` is the last fen in it, None in the last band."""

    code: str
    min_fen: int
    max_fen: int | None


def bands(category: str = "") -> tuple[Band, ...]:
    """The price bands of a category, cheapest first, without gaps and overlaps."""
    bounds = _BOUNDS_YUAN.get(category, BAND_BOUNDS_YUAN)
    ends = [*bounds[1:], None]
    return tuple(
        Band(str(start), start * 100, None if end is None else end * 100 - 1) for start, end in zip(bounds, ends, strict=True)
    )


def storage_words(storage_gb: int) -> str:
    """128GB, 1TB."""
    return f"{storage_gb // 1024}TB" if storage_gb >= 1024 and storage_gb % 1024 == 0 else f"{storage_gb}GB"


def end_of(bounds: tuple[int, ...], least: int) -> int | None:
    """Where the band that begins at ``least`` ends (not included); None for the last one."""
    return next((bound for bound in bounds if bound > least), None)


def age_months(today: date, least: int) -> tuple[str, str]:
    """The months of first use, both included, of things in this band of age: "2021-12", "2023-11"."""
    most = end_of(AGE_BOUNDS_YEARS, least)
    latest = f"{today.year - least:04d}-{today.month:02d}"
    earliest = "0000-00" if most is None else _month_after(f"{today.year - most:04d}-{today.month:02d}")
    return earliest, latest


def _month_after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def find_brand(category: str, code: str) -> Brand | None:
    """The brand in the category, or in any when none is chosen."""
    places = (category,) if category else catalogue.CATEGORIES
    return next((found for place in places if (found := catalogue.find_brand(place, code))), None)


def find_model(category: str, brand: str, code: str) -> Model | None:
    places = (category,) if category else catalogue.CATEGORIES
    return next((found for place in places if (found := catalogue.find_model(place, brand, code))), None)


def shown_word(word: str) -> str:
    """A looked-up word as people write it: a brand's code becomes its Chinese name, so does that of a kind."""
    brand, kind = find_brand("", word), catalogue.find_kind(word)
    return brand.name.zh if brand else kind.name.zh if kind else word


def same(value: str) -> dict[str, str]:
    """A value that is written alike in both languages."""
    return {"zh": value, "en": value}


def brand_names(code: str) -> dict[str, str]:
    """How a brand is called on the page."""
    brand = find_brand("", code)
    if brand:
        return brand.name.model_dump()
    return {"zh": "其他品牌", "en": "Other brands"} if code == OTHER else same(code)


def model_names(category: str, brand_code: str, code: str) -> dict[str, str]:
    """How a model is called on the page."""
    model = find_model(category, brand_code, code)
    if model:
        return {"zh": model.name, "en": model.name_en}
    return {"zh": "其他型号", "en": "Other models"} if code == OTHER else same(code)


def kind_names(code: str) -> dict[str, str]:
    """How a type, body or energy is called on the page."""
    kind = catalogue.find_kind(code)
    return kind.name.model_dump() if kind else same(code)


def category_names(code: str) -> dict[str, str]:
    """How a category is called on the page."""
    return {
        "phone": {"zh": "手机", "en": "Phones"},
        "car": {"zh": "汽车", "en": "Cars"},
        "appliance": {"zh": "家电", "en": "Appliances"},
    }.get(code, same(code))


def tier_names(code: str, name: dict[str, str]) -> dict[str, str]:
    """How a grade is called on the page; its code says enough where the scheme calls it by nothing else."""
    return {language: code if words == code else f"{code} {words}".strip() for language, words in name.items()}


def age_names(code: str) -> dict[str, str]:
    """A band of age in words."""
    least, most = int(code), end_of(AGE_BOUNDS_YEARS, int(code))
    if most is None:
        return {"zh": f"{least} 年以上", "en": f"over {least} years"}
    return {"zh": f"{least}–{most} 年" if least else f"{most} 年以内", "en": f"{least} to {most} years"}


def mileage_names(code: str) -> dict[str, str]:
    """A band of mileage in words."""
    least, most = int(code), end_of(MILEAGE_BOUNDS_KM, int(code))
    if most is None:
        return {"zh": f"{least // 10_000} 万公里以上", "en": f"over {least:,} km"}
    words = f"{least // 10_000}–{most // 10_000} 万公里" if least else f"{most // 10_000} 万公里以内"
    return {"zh": words, "en": f"{least:,} to {most:,} km"}


def capacity_names(code: str, kind: str) -> dict[str, str]:
    """A band of capacity with the unit of its kind of appliance; its end is the last size before the next band."""
    unit = _UNITS.get(kind, {"zh": "", "en": ""})
    least, end = int(code), end_of(CAPACITY_BOUNDS.get(kind, ()), int(code))
    if end is None:
        return {"zh": f"{least / 10:g} {unit['zh']}及以上", "en": f"{least / 10:g} {unit['en']} and more"}
    if not least:
        return {"zh": f"不到 {end / 10:g} {unit['zh']}", "en": f"under {end / 10:g} {unit['en']}"}
    most = end - (5 if kind in _IN_HALVES else 10)
    sizes = f"{least / 10:g}" if most == least else f"{least / 10:g}–{most / 10:g}"
    return {language: f"{sizes} {unit[language]}" for language in ("zh", "en")}


_IN_HALVES = {"washing_machine", "air_conditioner"}  # their sizes are told in halves of the unit
_UNITS = {
    "tv": {"zh": "英寸", "en": "inches"},
    "refrigerator": {"zh": "升", "en": "litres"},
    "electric_water_heater": {"zh": "升", "en": "litres"},
    "washing_machine": {"zh": "公斤", "en": "kg"},
    "air_conditioner": {"zh": "匹", "en": "HP"},
}


def district_names(code: str) -> dict[str, str]:
    """How a district is called on the page."""
    district = catalogue.find_district(code)
    return {"zh": district.short, "en": district.name.en} if district else same(code)
