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
from app.search.rules import MAX_PAGE, MAX_YUAN, NEWEST, RELEVANCE, SORTS, SearchQuery
from app.search.words import clean

MAX_STORAGE_GB = 65_536
MAX_TIERS = 10


@dataclass(frozen=True)
class Asked:
    """A search as it was asked. `unread`: names of address parts that could not be read, "min" and "max" as they were typed."""

    query: SearchQuery
    unread: tuple[str, ...] = ()
    typed_min: str = ""
    typed_max: str = ""


def read(args: MultiDict[str, str]) -> Asked:
    """Read the query string. Never raises."""
    unread: list[str] = []

    def short(name: str, longest: int = 40) -> str:
        return clean(args.get(name, ""), longest)

    text = clean(args.get("q", ""))
    brand = short("brand")
    if brand not in ("", OTHER) and catalogue.find_brand("phone", brand) is None:
        unread.append("brand")
        brand = ""
    model = short("model")
    if model and not (brand and model == OTHER) and catalogue.find_model("phone", brand, model) is None:
        model = ""  # a model of the brand chosen before: no mistake of the reader
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
        brand=brand,
        model=model,
        storage_gb=storage,
        tiers=tuple(dict.fromkeys(tier for tier in tiers if tier.isascii() and tier.isalpha())),
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
        "brand": query.brand,
        "model": query.model,
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
