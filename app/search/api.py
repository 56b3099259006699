"""The search for programs."""

from __future__ import annotations

import json
from dataclasses import replace

from flask import url_for

from app.goods import catalogue
from app.goods.queries import OTHER
from app.kernel.canonical import sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.search import service
from app.search.rules import MAX_PAGE, NEWEST, RELEVANCE, SearchQuery
from app.search.schemas import FacetValue, FoundListing, SearchListings, SearchResult
from app.search.words import clean
from app.web import hub
from app.web.api import Answer, Call, Face, make_cursor, read_cursor
from app.web.api.errors import BadCursor
from app.web.api.shapes import words

face = Face("search")


@face.get(
    "/listings",
    id="searchListings",
    summary=N_("Find what is on sale"),
    roles=("anyone",),
    query=SearchListings,
    answer=SearchResult,
    refusals=(BadCursor,),
    links={"listing": ("getListing", {"code": "$response.body#/items/0/code"})},
)
def search(call: Call) -> Answer:
    """24 a page. Facets count with every other filter on and their own off. A cursor belongs to the search it came from."""
    asked: SearchListings = call.query
    query = _read(asked)
    place = f"searchListings {sha256_hex(json.dumps(asked.model_dump(exclude={'cursor'}), sort_keys=True).encode())}"
    page = read_cursor(place, asked.cursor) or 1
    found = service.search(call.work, hub().index, replace(query, page=page))
    items = [
        FoundListing(
            code=each.code,
            category=each.category,
            title=each.title,
            price_fen=each.price_fen,
            tier=each.tier,
            report=each.report_code,
            verdict=words(each.verdict),
            district=words(each.district),
            photo_url=url_for("media.show", code=each.photo_code, size="card") if each.photo_code else None,
            published_at=iso_seconds(each.published_at) if each.published_at else None,
        )
        for each in (found.cards if page <= found.pages else [])  # the list became shorter meanwhile
    ]
    facets = {
        name: [FacetValue(value=one.value, name=words(one.name), count=one.count, chosen=one.chosen) for one in values]
        for name, values in found.facets.items()
    }
    further = make_cursor(place, page + 1) if page < min(found.pages, MAX_PAGE) else None
    return Answer(SearchResult(items=items, next_cursor=further, total=found.total, facets=facets, degraded=found.degraded))


def _read(asked: SearchListings) -> SearchQuery:
    """The search as plain values. Raises InvalidInput for codes that the catalogue does not have."""
    errors = {}
    if asked.brand and asked.brand != OTHER and catalogue.find_brand("phone", asked.brand) is None:
        errors["brand"] = N_("The catalogue has no brand of this name.")
    if asked.district and catalogue.find_district(asked.district) is None:
        errors["district"] = N_("Please choose the district.")
    if asked.model and not asked.brand:
        errors["model"] = N_("Please choose the brand first.")
    if errors:
        raise InvalidInput(errors)
    text = clean(asked.q)
    return SearchQuery(
        text=text,
        brand=asked.brand,
        model=asked.model,
        storage_gb=asked.storage_gb,
        tiers=tuple(dict.fromkeys(asked.tier)),
        appraised=asked.appraised,
        min_fen=asked.min_price_fen,
        max_fen=asked.max_price_fen,
        district=asked.district,
        sort=asked.sort or (RELEVANCE if text else NEWEST),
    )
