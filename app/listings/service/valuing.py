"""What is on sale has a stored estimate: made when it is published, when its grade changes, and when another model answers.
A draft has one from when its model is known, made anew by every answer that changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.appraisal import queries as appraisal
from app.kernel import rates
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import wizard
from app.listings.events import ListingChanged, ListingPublished
from app.listings.models import Listing
from app.listings.queries import listing_by_id, own_draft
from app.listings.schema import schema_by_id
from app.listings.states import ACTIVE
from app.valuation import service as valuation
from app.valuation.queries import Worth

TRIED = rates.Limit("listings.try", most=240, seconds=600)  # choices of one person that are not kept yet


def on_offered(work: Work, event: ListingPublished | ListingChanged) -> None:
    """Hears that a listing is on sale, or that its price, text or grade changed. The same answers give the stored estimate."""
    value_listing(work, event.listing_id)


def value_listing(work: Work, listing_id: int) -> None:
    """Store what a listing is worth by what its seller told and its newest report says; nothing when it is no longer on sale."""
    listing = listing_by_id(work, listing_id)
    if listing is None or listing.state != ACTIVE or listing.thing_id is None:
        return
    schema = schema_by_id(listing.schema_id)
    told = {**wizard.facts_told(schema, listing.draft), **wizard.answers_told(schema, listing.draft)}
    report = appraisal.latest_report(work, listing.thing_id)
    columns = ("category", "brand", "model", "storage_gb", "kind", "energy", "first_used", "mileage_km", "tier", "district")
    asked = valuation.from_listing(
        {
            **{name: getattr(listing, name) for name in columns},
            "report_status": listing.report_status,
            "score": report.score if report is not None and not appraisal.is_withdrawn(work, report) else None,
            "answers": told,
        }
    )
    valuation.value(work, asked, "listing", listing_id=listing.id)


def value_draft(work: Work, code: str) -> Worth | None:
    """Store what one of the actor's drafts is worth by its answers so far; None while nobody knows what it is."""
    listing = own_draft(work, code)
    return _value_answers(work, listing, listing.draft)


def value_answer(work: Work, code: str, screen: wizard.Screen, given: Mapping[str, Any]) -> Worth | None:
    """The same with an answer that is only chosen, not kept: an estimate that is nobody's, the same for all.

    Each is kept for good, so what one person tries is counted: None when that was too often. Raises InvalidInput.
    """
    listing = own_draft(work, code)
    if rates.count(work, TRIED, work.actor.code).is_over:
        return None
    schema = schema_by_id(listing.schema_id)
    answers = wizard.accept(schema, listing.draft, screen, given, shanghai_day(work.now))
    return _value_answers(work, listing, answers, is_kept=False)


def _value_answers(work: Work, listing: Listing, answers: Mapping[str, Any], *, is_kept: bool = True) -> Worth | None:
    if not answers.get("brand") or not answers.get("model"):
        return None
    schema = schema_by_id(listing.schema_id)
    asked = valuation.from_listing(
        {
            "category": listing.category,
            **{name: answers.get(name) for name in ("brand", "model", "storage_gb", "district")},
            **wizard.columns_of(schema, answers),
            "answers": {**wizard.facts_told(schema, answers), **wizard.answers_told(schema, answers)},
        }
    )
    return valuation.value(work, asked, "wizard", listing_id=listing.id if is_kept else None)


def on_sale_in(work: Work, category: str) -> list[int]:
    """Ids of what is on sale in a category."""
    wanted = select(Listing.id).where(Listing.category == category, Listing.state == ACTIVE).order_by(Listing.id)
    return list(work.session.scalars(wanted))
