"""The search page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from app.kernel.money import format_yuan
from app.search import service
from app.search.forms import address, read
from app.search.rules import SORTS, Band, SearchQuery, bands, brand_names, district_names, model_names, storage_words
from app.search.service import SearchPage
from app.web import allow, hub, look, render
from app.web.rendering import in_language

bp = Blueprint("search", __name__)


@bp.get("/search")
@allow("anyone")
def results() -> Response:
    asked = read(request.args)
    with look() as work:
        found = service.search(work, hub().index, asked.query)
    return render("search/results.html", found=found, query=found.query, asked=asked, shown=_shown(found))


@dataclass(frozen=True)
class Link:
    """A word that leads to another search. `count` is None where none was counted."""

    label: str
    href: str
    count: int | None = None
    chosen: bool = False


@dataclass(frozen=True)
class Shown:
    """Links of the page, in the reader's language."""

    chips: list[Link]
    sorts: list[Link]
    bands: list[Link]
    ways_out: list[Link]
    args: dict[str, object]  # of the address, without the page number
    everything: str


def _shown(found: SearchPage) -> Shown:
    query = found.query
    price_bands = {band.code: band for band in bands()}
    orders = SORTS if query.text else SORTS[1:]  # without a text there is nothing to match best
    return Shown(
        chips=_chips(found),
        sorts=[Link(_sort_words(each), _link(replace(query, sort=each, page=1)), chosen=each == query.sort) for each in orders],
        bands=[
            Link(_band_words(band), _link(_in_band(query, band, facet.chosen)), facet.count, facet.chosen)
            for facet in found.facets["price"]
            if (band := price_bands.get(facet.value))
        ],
        ways_out=[Link(_way_out_words(query, each.kind, each.word), _link(each.query), each.count) for each in found.relaxations],
        args={name: value for name, value in address(query).items() if name != "page"},
        everything=url_for("search.results"),
    )


def _link(query: SearchQuery) -> str:
    return url_for("search.results", **address(query))


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

    if query.brand:
        add(in_language(brand_names(query.brand)), query.without("brand"))
    if query.model:
        add(in_language(model_names(query.brand, query.model)), query.without("model"))
    if query.storage_gb is not None:
        add(storage_words(query.storage_gb), query.without("storage"))
    for tier in query.tiers:
        rest = tuple(each for each in query.tiers if each != tier)
        add(f"{tier} {in_language(found.tier_names.get(tier, {'zh': ''}))}".strip(), replace(query, tiers=rest, page=1))
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


def _sort_words(sort: str) -> str:
    return {
        "relevance": _("Best match"),
        "newest": _("Newest"),
        "price_up": _("Cheapest first"),
        "price_down": _("Dearest first"),
    }[sort]


def _way_out_words(query: SearchQuery, kind: str, word: str) -> str:
    if kind == "word":
        return _("Without the word “%(word)s”", word=word)
    if kind == "text" and not query.active_filters():
        return _("Everything that is on sale")
    return {
        "brand": _("Any brand"),
        "model": _("Other models of this brand"),
        "storage": _("Any storage size"),
        "tier": _("Any grade, also not appraised"),
        "price": _("Any price"),
        "district": _("Any district"),
        "filters": _("The same words without filters"),
        "text": _("The same filters without the words"),
    }[kind]
