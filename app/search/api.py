"""The search for programs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import url_for

from app.goods import catalogue
from app.goods.queries import OTHER
from app.kernel.canonical import sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.listings.queries import Card
from app.search import service
from app.search.queries import Place
from app.search.rules import AGE_BOUNDS_YEARS, MILEAGE_BOUNDS_KM, NEWEST, RELEVANCE, SearchQuery, find_brand
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
    """24 a page. Facets count with every other filter on and their own off. A cursor belongs to its search and goes on after the
    last offer of its page, so that what is sold or offered meanwhile moves nothing.
    """
    asked: SearchListings = call.query
    query = _read(asked)
    place = f"searchListings {sha256_hex(json.dumps(asked.model_dump(exclude={'cursor'}), sort_keys=True).encode())}"
    after = _after(read_cursor(place, asked.cursor))
    found = service.search(call.work, hub().index, query, after)
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
        for each in found.cards
    ]
    facets = {
        name: [FacetValue(value=one.value, name=words(one.name), count=one.count, chosen=one.chosen) for one in values]
        for name, values in found.facets.items()
    }
    further = make_cursor(place, _end(found.cards, after)) if found.goes_on else None
    return Answer(SearchResult(items=items, next_cursor=further, total=found.total, facets=facets, degraded=found.degraded))


def _end(cards: list[Card], after: Place | None) -> list[Any]:
    """Where the page ends, for its cursor."""
    last, before = cards[-1], after.shown if after is not None else 0
    assert last.published_at is not None, "on sale without a moment of publication"
    return [last.id, last.published_at.isoformat(), last.price_fen, before + len(cards)]


def _after(value: list[Any] | None) -> Place | None:
    """Where the page before ended, from what its cursor holds."""
    if value is None:
        return None
    listing_id, published_at, price_fen, shown = value
    return Place(listing_id, datetime.fromisoformat(published_at), price_fen, shown)


def _read(asked: SearchListings) -> SearchQuery:
    """The search as plain values. Raises InvalidInput for codes that the catalogue lacks and filters that the category lacks."""
    category = asked.category
    errors = {}
    if asked.brand not in ("", OTHER) and find_brand(category, asked.brand) is None:
        errors["brand"] = N_("The catalogue has no brand of this name.")
    if asked.district and catalogue.find_district(asked.district) is None:
        errors["district"] = N_("Please choose the district.")
    if asked.model and not asked.brand:
        errors["model"] = N_("Please choose the brand first.")
    kinds = {"appliance": catalogue.appliance_types(), "car": catalogue.bodies()}.get(category, [])
    if asked.kind and asked.kind not in {each.code for each in kinds}:
        errors["kind"] = N_("This category has no kind of this name.")
    if asked.energy and (category != "car" or asked.energy not in {each.code for each in catalogue.energies()}):
        errors["energy"] = N_("This category has no kind of this name.")
    for name, value, bounds, places in (
        ("age", asked.age, AGE_BOUNDS_YEARS, ("car", "appliance")),
        ("mileage_km", asked.mileage_km, MILEAGE_BOUNDS_KM, ("car",)),
    ):
        if value is not None and value not in bounds:
            errors[name] = N_("Please choose one of the answers.")
        elif value is not None and category not in places:
            errors[name] = N_("This category has no such filter.")
    if asked.capacity is not None and not (category == "appliance" and asked.kind):
        errors["capacity"] = N_("This category has no such filter.")
    if errors:
        raise InvalidInput(errors)
    text = clean(asked.q)
    return SearchQuery(
        text=text,
        category=category,
        kind=asked.kind,
        energy=asked.energy,
        age=asked.age,
        mileage=asked.mileage_km,
        capacity=asked.capacity,
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
