"""The thing of a listing: registered when it is offered, or before, when it is only to be appraised."""

from __future__ import annotations

from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.work import Work
from app.listings import wizard
from app.listings.errors import ThingNotDescribed
from app.listings.models import Listing
from app.listings.queries import own_draft
from app.listings.schema import schema_by_id

DESCRIBED = "model"  # the step that says what the thing is


def register(work: Work, listing: Listing) -> Thing:
    """The thing that the answers describe; the same one when the seller has registered it before."""
    draft = listing.draft
    facts = {key: draft.get(key) for key in ("brand_name", "model_name", "storage_gb", "colour", "type")}
    facts |= wizard.facts_told(schema_by_id(listing.schema_id), draft)
    numbers = {kind: draft.get(kind) or None for kind in ("imei", "serial", "vin")}
    return goods.register_thing(work, listing.category, draft["brand"], draft["model"], facts, **numbers)


def register_unoffered(work: Work, code: str) -> Thing:
    """Register the thing of a draft without offering it, so that it can be appraised first, or never be sold at all.

    Nothing is claimed, nobody sees it, and the draft stays. Raises ThingNotDescribed while it is not said what it is.
    """
    listing = own_draft(work, code)
    work.session.refresh(listing, with_for_update=True)
    if not is_described(listing):
        raise ThingNotDescribed()
    thing = register(work, listing)
    listing.thing_id = thing.id
    work.session.flush()
    return thing


def is_described(listing: Listing) -> bool:
    """Whether the draft says what the thing is: kind, model, facts and number."""
    return not any(lack.step == DESCRIBED for lack in wizard.missing(schema_by_id(listing.schema_id), listing.draft, ()))
