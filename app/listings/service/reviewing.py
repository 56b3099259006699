"""When staff look at a listing first: which rules fire, and what was decided, with its reason."""

from __future__ import annotations

from sqlalchemy import select

from app.goods import queries as goods_queries
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import rules, wizard
from app.listings.models import Listing, ListingDecision
from app.listings.queries import comparables
from app.listings.schema import schema_by_id
from app.listings.service.telling import tell
from app.listings.states import IN_REVIEW, LISTING_FLOW, REMOVED, SEND_TO_REVIEW


def fired(work: Work, listing: Listing, thing: Thing) -> list[str]:
    """Codes of the review rules that the listing meets now."""
    assert listing.price_fen is not None
    compared = comparables(work, listing.category, listing.draft, listing.tier)
    median_fen = compared.median_fen if compared is not None and compared.enough else None
    schema = schema_by_id(listing.schema_id)
    told = {**wizard.facts_told(schema, listing.draft), **wizard.answers_told(schema, listing.draft)}
    texts = [listing.description, str(listing.draft.get("brand_name", "")), str(listing.draft.get("model_name", ""))]
    texts += [str(told[each.code]) for each in schema.every_question if each.kind == "text" and each.code in told]
    return rules.fired(
        "\n".join(texts),
        listing.price_fen,
        median_fen,
        was_removed=_was_removed(work, thing),
        belongs_to_another=goods_queries.belongs_to_another(work, thing),
        told={**told, "type": listing.draft.get("type")},
        category=listing.category,
        today=shanghai_day(work.now),
        quick_sales=_quick_sales(work, listing),
    )


def send_to_review(work: Work, listing: Listing, codes: list[str]) -> None:
    reason = rules.reason_text(codes)
    LISTING_FLOW.apply(work, listing, SEND_TO_REVIEW, detail={"rules": codes})
    assert listing.state == IN_REVIEW
    decide(work, listing, "rules", reason, codes=codes)
    tell(
        work,
        listing,
        N_("“%(title)s” is being looked at by our staff before it is shown. Reason: %(reason)s"),
        f"review:{listing.current_version_no}",
        reason=reason,
    )


def decide(
    work: Work, listing: Listing, kind: str, reason: str, *, codes: list[str] | None = None, decided_by_id: int | None = None
) -> None:
    """Write down who decided what about a listing, and why."""
    decision = ListingDecision(
        listing_id=listing.id,
        version_no=listing.current_version_no,
        kind=kind,
        rules=codes or [],
        reason=reason,
        decided_by_id=decided_by_id,
        at=work.now,
    )
    work.session.add(decision)
    work.session.flush()


def _was_removed(work: Work, thing: Thing) -> bool:
    """Whether staff took down an offer of the same number that has not been restored."""
    numbers = goods.claim_numbers(thing)
    holders = [code for kind, value in numbers for code in goods_queries.earlier_holders(work, kind, value)]
    removed = select(Listing.id).where(Listing.code.in_(holders), Listing.state == REMOVED)
    return bool(holders) and work.session.scalars(removed.limit(1)).first() is not None


def _quick_sales(work: Work, listing: Listing) -> int:
    """How many other cars the seller has put on sale in this calendar year while owning each for less than a year."""
    if listing.category != "car":
        return 0
    year = shanghai_day(work.now).year
    own = select(Listing.draft, Listing.published_at).where(
        Listing.seller_id == listing.seller_id,
        Listing.category == "car",
        Listing.thing_id != listing.thing_id,
        Listing.published_at.is_not(None),
    )
    offered = [(draft.get("facts", {}), shanghai_day(at)) for draft, at in work.session.execute(own)]
    return sum(day.year == year and rules.is_held_briefly(facts, day) for facts, day in offered)
