"""The address of a search: its query string to a SearchQuery and back.

Whatever stands in the address, it becomes a search. A value that cannot be read filters nothing and is named to the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from app.goods import catalogue
from app.goods.queries import OTHER
from app.kernel.money import parse_yuan, yuan_text
from app.search.rules import (
    AGE_BOUNDS_YEARS,
    CAPACITY_BOUNDS,
    MAX_PAGE,
    MAX_YUAN,
    MILEAGE_BOUNDS_KM,
    NEWEST,
    RELEVANCE,
    SORTS,
    SearchQuery,
    find_brand,
    find_model,
)
from app.search.words import clean

MAX_STORAGE_GB = 65_536
MAX_TIERS = 10
CAR_TIERS = ("一级", "二级", "三级", "四级", "五级")


@dataclass(frozen=True)
class Asked:
    """A search as it was asked. `unread`: names of address parts that could not be read, "min" and "max" as they were typed."""

    query: SearchQuery
    unread: tuple[str, ...] = ()
    typed_min: str = ""
    typed_max: str = ""


def read(args: MultiDict[str, str], category: str = "") -> Asked:
    """Read the query string; ``category`` is that of the page's own address. Never raises."""
    unread: list[str] = []

    def short(name: str, longest: int = 40) -> str:
        return clean(args.get(name, ""), longest)

    text = clean(args.get("q", ""))
    category = category or short("category")
    if category not in ("", *catalogue.CATEGORIES):
        unread.append("category")
        category = ""
    brand = short("brand")
    if brand not in ("", OTHER) and find_brand(category, brand) is None:
        unread.append("brand")
        brand = ""
    model = short("model")
    if model and not (brand and model == OTHER) and find_model(category, brand, model) is None:
        model = ""  # a model of the brand chosen before: no mistake of the reader
    kinds = {"appliance": catalogue.appliance_types(), "car": catalogue.bodies()}.get(category, [])
    kind, energy = short("kind"), short("energy")
    if kind not in ("", *(each.code for each in kinds)):
        kind = ""
    if energy not in ("", *(each.code for each in (catalogue.energies() if category == "car" else []))):
        energy = ""
    district = short("district")
    if district and catalogue.find_district(district) is None:
        unread.append("district")
        district = ""
    storage = _whole(args, "storage", MAX_STORAGE_GB, unread)
    min_fen, max_fen = _yuan(args, "min", unread), _yuan(args, "max", unread)
    if min_fen is not None and max_fen is not None and min_fen > max_fen:
        min_fen, max_fen = max_fen, min_fen
    tiers = [clean(each, 3).upper() for each in args.getlist("tier")[:MAX_TIERS]]
    sort = short("sort")
    if sort not in SORTS:
        sort = RELEVANCE if text else NEWEST
    query = SearchQuery(
        text=text,
        category=category,
        brand=brand,
        model=model,
        kind=kind,
        energy=energy,
        age=_one_of(args, "age", AGE_BOUNDS_YEARS) if category in ("car", "appliance") else None,
        mileage=_one_of(args, "mileage", MILEAGE_BOUNDS_KM) if category == "car" else None,
        capacity=_one_of(args, "capacity", CAPACITY_BOUNDS.get(kind, ())),
        storage_gb=storage,
        tiers=tuple(dict.fromkeys(tier for tier in tiers if (tier.isascii() and tier.isalpha()) or tier in CAR_TIERS)),
        appraised=args.get("appraised") == "1",
        min_fen=min_fen,
        max_fen=max_fen,
        district=district,
        sort=sort,
        page=_whole(args, "page", MAX_PAGE, []) or 1,
    )
    return Asked(query, tuple(unread), short("min", 16), short("max", 16))


def address(query: SearchQuery) -> dict[str, Any]:
    """The query string values of a search, only those that say something."""
    values: dict[str, Any] = {
        "q": query.text,
        "category": query.category,
        "brand": query.brand,
        "model": query.model,
        "kind": query.kind,
        "energy": query.energy,
        "age": query.age,
        "mileage": query.mileage,
        "capacity": query.capacity,
        "storage": query.storage_gb,
        "tier": list(query.tiers),
        "appraised": "1" if query.appraised else "",
        "min": yuan_text(query.min_fen) if query.min_fen is not None else "",
        "max": yuan_text(query.max_fen) if query.max_fen is not None else "",
        "district": query.district,
        "sort": "" if query.sort == (RELEVANCE if query.text else NEWEST) else query.sort,
        "page": query.page if query.page > 1 else "",
    }
    return {name: value for name, value in values.items() if value not in ("", None, [])}


def _one_of(args: MultiDict[str, str], name: str, bounds: tuple[int, ...]) -> int | None:
    typed = args.get(name, "").strip()
    return next((bound for bound in bounds if typed == str(bound)), None)


def _whole(args: MultiDict[str, str], name: str, most: int, unread: list[str]) -> int | None:
    typed = args.get(name, "").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 9 and 1 <= int(typed) <= most):
        unread.append(name)
        return None
    return int(typed)


def _yuan(args: MultiDict[str, str], name: str, unread: list[str]) -> int | None:
    typed = clean(args.get(name, ""), 16).replace(",", "").removeprefix("¥").strip()
    if not typed:
        return None
    try:
        amount = int(parse_yuan(typed))
    except ValueError:
        unread.append(name)
        return None
    if amount > MAX_YUAN * 100:
        unread.append(name)
        return None
    return amount
