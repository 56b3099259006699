"""What a search asks, as plain values, and what follows from it without looking anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.goods import catalogue
from app.goods.queries import OTHER

RELEVANCE, NEWEST, PRICE_UP, PRICE_DOWN = "relevance", "newest", "price_up", "price_down"
SORTS = (RELEVANCE, NEWEST, PRICE_UP, PRICE_DOWN)

PER_PAGE = 24
MAX_PAGE = 500
MAX_YUAN = 9_999_999

# Lower bound of each price band in yuan; a band ends below the next one's bound, the last has no end. Our own choice for phones.
BAND_BOUNDS_YUAN = (0, 500, 1000, 2000, 3000, 5000)

FILTERS = ("brand", "model", "storage", "tier", "price", "district")


@dataclass(frozen=True)
class SearchQuery:
    """A whole search. Empty values filter nothing. Prices are bounds in fen, both included."""

    text: str = ""
    brand: str = ""
    model: str = ""
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
            "brand": bool(self.brand),
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


def bands() -> tuple[Band, ...]:
    """The price bands, cheapest first, without gaps and overlaps."""
    ends = [*BAND_BOUNDS_YUAN[1:], None]
    return tuple(
        Band(str(start), start * 100, None if end is None else end * 100 - 1)
        for start, end in zip(BAND_BOUNDS_YUAN, ends, strict=True)
    )


def storage_words(storage_gb: int) -> str:
    """128GB, 1TB."""
    return f"{storage_gb // 1024}TB" if storage_gb >= 1024 and storage_gb % 1024 == 0 else f"{storage_gb}GB"


def shown_word(word: str) -> str:
    """A looked-up word as people write it: a brand's code becomes its Chinese name."""
    brand = catalogue.find_brand("phone", word)
    return brand.name.zh if brand else word


def same(value: str) -> dict[str, str]:
    """A value that is written alike in both languages."""
    return {"zh": value, "en": value}


def brand_names(code: str) -> dict[str, str]:
    """How a brand is called on the page."""
    brand = catalogue.find_brand("phone", code)
    if brand:
        return brand.name.model_dump()
    return {"zh": "其他品牌", "en": "Other brands"} if code == OTHER else same(code)


def model_names(brand_code: str, code: str) -> dict[str, str]:
    """How a model is called on the page."""
    model = catalogue.find_model("phone", brand_code, code)
    if model:
        return {"zh": model.name, "en": model.name_en}
    return {"zh": "其他型号", "en": "Other models"} if code == OTHER else same(code)


def district_names(code: str) -> dict[str, str]:
    """How a district is called on the page."""
    district = catalogue.find_district(code)
    return {"zh": district.short, "en": district.name.en} if district else same(code)
