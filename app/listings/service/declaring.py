"""What an offer says about the thing in the words of an appraisal scheme, to hold an appraiser's findings against."""

from __future__ import annotations

from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.work import Work
from app.listings.models import Listing, ListingVersion
from app.listings.schema import schema_by_id


def state_repairs(work: Work, listing: Listing, promised: ListingVersion) -> None:
    """Tell goods what this version says about repairs; nothing for categories whose schema has no such statement."""
    schema = schema_by_id(listing.schema_id)
    if schema.statement is None:
        return
    answer = promised.content["answers"].get(schema.statement.question)
    thing = work.session.get_one(Thing, listing.thing_id)
    goods.record_statement(work, thing, promised.sha256, schema.statement.scheme, schema.statement.said(answer))
