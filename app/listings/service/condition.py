"""What an offer says about the condition is told to appraisal, so that an outlook can be given before an appraisal is paid."""

from __future__ import annotations

from app.appraisal import service as appraisal
from app.appraisal.queries import scheme_in_force
from app.goods.models import Thing
from app.kernel.work import Work
from app.listings.meaning import find_meaning
from app.listings.models import Listing, ListingVersion


def declare_condition(work: Work, listing: Listing, promised: ListingVersion) -> None:
    """Tell appraisal what this version says in the words of the scheme in force; nothing where no words are known for it."""
    thing = work.session.get_one(Thing, listing.thing_id)
    scheme = scheme_in_force(work, thing)
    meaning = find_meaning(listing.schema_id, scheme.id)
    if meaning is not None:
        appraisal.declare(work, thing, scheme.id, meaning.of(promised.content["answers"]), promised.sha256)
