"""The search page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import cast

from flask import Blueprint, Response, request, url_for

from app.kernel.money import format_yuan
from app.kernel.text import N_
from app.search import service
from app.search.forms import Asked, address, read
from app.search.rules import (
    SORTS,
    Band,
    SearchQuery,
    age_names,
    bands,
    brand_names,
    capacity_names,
    category_names,
    district_names,
    kind_names,
    mileage_names,
    model_names,
    storage_words,
    tier_names,
)
from app.search.service import Facet, SearchPage
from app.web import allow, hub, look, render
from app.web.languages import gettext as _
from app.web.languages import present
from app.web.rendering import in_language

bp = Blueprint("search", __name__)

SLUGS = {"phone": "phones", "car": "cars", "appliance": "appliances"}  # addresses of the categories
# Stands for the prefix of ids in the form with the filters, which is written once and shown twice; never leaves the process.
MARK = f"zq{secrets.token_hex(8)}"
DOORS = {
    "mark": MARK,
    "slugs": SLUGS,
    "category_words": {code: category_names(code) for code in SLUGS},
}


@bp.get("/search")
@allow("anyone")
def results() -> Response:
    """Everything that is on sale."""
    return _page("")


@bp.get("/c/<any(phones, cars, appliances):slug>")
@allow("anyone")
def category(slug: str) -> Response:
    """The same page for one category, with what people look for there."""
    return _page(next(code for code, each in SLUGS.items() if each == slug))


def _page(category: str) -> Response:
    asked = read(request.args, category)
    with look() as work:
        found = service.search(work, hub().index, asked.query)
    return render("search/results.html", found=found, query=found.query, asked=asked, shown=_shown(found, asked), **DOORS)


@dataclass(frozen=True)
class Link:
    """A word that leads to another search. `count` is None where none was counted."""

    label: str
    href: str
    count: int | None = None
    chosen: bool = False


@dataclass(frozen=True)
class FilterForm:
    """Everything that the form with the filters is made of; hashable, because the form is kept by it."""

    query: SearchQuery  # its first page
    facets: tuple[tuple[str, tuple[Facet, ...]], ...]
    bands: tuple[Link, ...]
    action: str  # address
    typed_min: str
    typed_max: str
    unread: tuple[str, ...]
    is_sorted: bool
    is_narrowed: bool


@dataclass(frozen=True)
class Shown:
    """Links of the page, in the reader's language."""

    chips: list[Link]
    sorts: list[Link]
    form: FilterForm
    ways_out: list[Link]
    args: dict[str, object]  # of the address, without the page number
    everything: str
    endpoint: str
    category: str  # what the category is called, empty for the search over everything


def _shown(found: SearchPage, asked: Asked) -> Shown:
    query = found.query
    orders = SORTS if query.text else SORTS[1:]  # without a text there is nothing to match best
    chips = _chips(found)
    args = _place(query) | {name: value for name, value in address(query).items() if name not in ("page", "category")}
    return Shown(
        chips=chips,
        sorts=[Link(_(SORT_WORDS[each]), _link(replace(query, sort=each, page=1)), chosen=each == query.sort) for each in orders],
        form=_form(found, asked, is_sorted="sort" in args, is_narrowed=bool(chips)),
        ways_out=[Link(_way_out_words(query, each.kind, each.word), _link(each.query), each.count) for each in found.relaxations],
        args=args,
        everything=url_for("search.results"),
        endpoint=_endpoint(query),
        category=in_language(category_names(query.category)) if query.category else "",
    )


def _form(found: SearchPage, asked: Asked, *, is_sorted: bool, is_narrowed: bool) -> FilterForm:
    """The form, made once for the same numbers, language and way of asking."""
    key = (
        "form",
        present().key,
        request.script_root,
        asked.typed_min,
        asked.typed_max,
        asked.unread,
        found.query.sort,
        is_sorted,
    )
    if key not in found.made:
        found.made[key] = _new_form(found, asked, is_sorted=is_sorted, is_narrowed=is_narrowed)
    return cast(FilterForm, found.made[key])


def _new_form(found: SearchPage, asked: Asked, *, is_sorted: bool, is_narrowed: bool) -> FilterForm:
    query, price_bands = found.query, {band.code: band for band in bands(found.query.category)}
    return FilterForm(
        query=replace(query, page=1),
        facets=tuple((name, tuple(facets)) for name, facets in found.facets.items()),
        bands=tuple(
            Link(_band_words(band), _link(_in_band(query, band, facet.chosen)), facet.count, facet.chosen)
            for facet in found.facets["price"]
            if (band := price_bands.get(facet.value))
        ),
        action=url_for(_endpoint(query), **_place(query)),
        typed_min=asked.typed_min,
        typed_max=asked.typed_max,
        unread=asked.unread,
        is_sorted=is_sorted,
        is_narrowed=is_narrowed,
    )


def _link(query: SearchQuery) -> str:
    values = {name: value for name, value in address(query).items() if name != "category"}
    return url_for(_endpoint(query), **_place(query), **values)


def _endpoint(query: SearchQuery) -> str:
    return "search.category" if query.category else "search.results"


def _place(query: SearchQuery) -> dict[str, object]:
    return {"slug": SLUGS[query.category]} if query.category else {}


def _in_band(query: SearchQuery, band: Band, chosen: bool) -> SearchQuery:
    """The band chosen; chosen again, no price at all."""
    if chosen:
        return query.without("price")
    return replace(query, min_fen=band.min_fen or None, max_fen=band.max_fen, page=1)


def _chips(found: SearchPage) -> list[Link]:
    """One chip for each thing that narrows the search; following it takes that one away."""
    query = found.query
    chips: list[Link] = []

    def add(label: str, other: SearchQuery) -> None:
        chips.append(Link(label, _link(other)))

    if query.kind:
        add(in_language(kind_names(query.kind)), query.without("kind"))
    if query.energy:
        add(in_language(kind_names(query.energy)), query.without("energy"))
    if query.age is not None:
        add(in_language(age_names(str(query.age))), query.without("age"))
    if query.mileage is not None:
        add(in_language(mileage_names(str(query.mileage))), query.without("mileage"))
    if query.capacity is not None:
        add(in_language(capacity_names(str(query.capacity), query.kind)), query.without("capacity"))
    if query.brand:
        add(in_language(brand_names(query.brand)), query.without("brand"))
    if query.model:
        add(in_language(model_names(query.category, query.brand, query.model)), query.without("model"))
    if query.storage_gb is not None:
        add(storage_words(query.storage_gb), query.without("storage"))
    for tier in query.tiers:
        rest = tuple(each for each in query.tiers if each != tier)
        words = tier_names(tier, found.tier_names.get(tier, {"zh": ""}))
        add(in_language(words), replace(query, tiers=rest, page=1))
    if query.appraised:
        add(_("Appraised only"), replace(query, appraised=False, page=1))
    if query.min_fen is not None or query.max_fen is not None:
        add(_price_words(query.min_fen, query.max_fen), query.without("price"))
    if query.district:
        add(in_language(district_names(query.district)), query.without("district"))
    return chips


def _band_words(band: Band) -> str:
    return _price_words(band.min_fen or None, None if band.max_fen is None else band.max_fen + 1)


def _price_words(min_fen: int | None, max_fen: int | None) -> str:
    if min_fen is None:
        return _("Up to %(most)s", most=format_yuan(max_fen or 0))
    if max_fen is None:
        return _("From %(least)s", least=format_yuan(min_fen))
    return _("%(least)s to %(most)s", least=format_yuan(min_fen), most=format_yuan(max_fen))


SORT_WORDS = {
    "relevance": N_("Best match"),
    "newest": N_("Newest"),
    "price_up": N_("Cheapest first"),
    "price_down": N_("Dearest first"),
}


def _way_out_words(query: SearchQuery, kind: str, word: str) -> str:
    if kind == "word":
        return _("Without the word “%(word)s”", word=word)
    if kind == "text" and not query.active_filters():
        return _("Everything that is on sale")
    return {
        "category": _("All kinds of things"),
        "kind": _("Any kind"),
        "energy": _("Any energy"),
        "age": _("Any age"),
        "mileage": _("Any mileage"),
        "capacity": _("Any capacity"),
        "brand": _("Any brand"),
        "model": _("Other models of this brand"),
        "storage": _("Any storage size"),
        "tier": _("Any grade, also not appraised"),
        "price": _("Any price"),
        "district": _("Any district"),
        "filters": _("The same words without filters"),
        "text": _("The same filters without the words"),
    }[kind]
