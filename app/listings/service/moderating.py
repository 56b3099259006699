"""What staff decide about listings. Every decision has a reason, which the seller is told."""

from __future__ import annotations

from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.text import N_
from app.kernel.time import add_days
from app.kernel.work import Work
from app.listings import policy
from app.listings.errors import HeldByOrder, ListingNotFound, ReviewerIsSeller, SameOperator
from app.listings.models import Listing
from app.listings.queries import readable_listing
from app.listings.service.offering import LISTING_DAYS, go_public, remove
from app.listings.service.reviewing import decide
from app.listings.service.telling import tell
from app.listings.states import APPROVE, DRAFT, LISTING_FLOW, REJECT, RESERVED, RESTORE

LONGEST_REASON = 500


def approve(work: Work, code: str, expected_version: int) -> Listing:
    """Show a listing that waited for review. Raises ThingAlreadyOnSale, ThingNotTradable."""
    listing = _for_staff(work, code)
    LISTING_FLOW.apply(work, listing, APPROVE, expected_version=expected_version)
    goods.claim(work, work.session.get_one(Thing, listing.thing_id), listing.code)
    decide(work, listing, "approve", "", decided_by_id=work.actor.id)
    _fresh_days(work, listing)
    go_public(work, listing)
    tell(work, listing, N_("“%(title)s” has been looked at and is on sale now."), f"approved:{listing.version}")
    return listing


def reject(work: Work, code: str, reason: str, expected_version: int) -> Listing:
    """Send a listing back to its seller as a draft, with the reason."""
    listing = _for_staff(work, code)
    reason = _given(reason)
    LISTING_FLOW.apply(work, listing, REJECT, reason=reason, expected_version=expected_version)
    assert listing.state == DRAFT
    goods.release_claim(work, work.session.get_one(Thing, listing.thing_id))
    decide(work, listing, "reject", reason, decided_by_id=work.actor.id)
    tell(
        work,
        listing,
        N_("“%(title)s” was not published. Reason: %(reason)s Your answers are kept: change what is named and publish again."),
        f"rejected:{listing.version}",
        reason=reason,
    )
    return listing


def take_down(work: Work, code: str, reason: str, expected_version: int) -> Listing:
    """Remove a public listing, with the reason. Raises HeldByOrder while an order holds the item."""
    listing = _for_staff(work, code)
    reason = _given(reason)
    if listing.state == RESERVED:
        raise HeldByOrder()
    remove(work, listing, reason, decided_by_id=work.actor.id, expected_version=expected_version)
    return listing


def restore(work: Work, code: str, reason: str, expected_version: int) -> Listing:
    """Put a removed listing back on sale: another operator than the one who removed it.

    Raises SameOperator, ThingAlreadyOnSale, ThingNotTradable.
    """
    listing = _for_staff(work, code)
    reason = _given(reason)
    if listing.removed_by_id == work.actor.id:
        raise SameOperator()
    LISTING_FLOW.apply(work, listing, RESTORE, reason=reason, expected_version=expected_version)
    goods.claim(work, work.session.get_one(Thing, listing.thing_id), listing.code)
    listing.removed_by_id = None
    decide(work, listing, "restore", reason, decided_by_id=work.actor.id)
    _fresh_days(work, listing)
    go_public(work, listing)
    tell(work, listing, N_("“%(title)s” is on sale again. Reason: %(reason)s"), f"restored:{listing.version}", reason=reason)
    return listing


def _for_staff(work: Work, code: str) -> Listing:
    if not work.actor.has(policy.OPERATOR):
        raise NotAllowed()
    listing = readable_listing(work, code)
    if policy.is_seller(work.actor, listing):
        raise ReviewerIsSeller()
    if listing.current_version_no == 0:
        raise ListingNotFound()
    return listing


def _given(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise InvalidInput({"reason": N_("Please say why, in words that the seller understands.")})
    if len(reason) > LONGEST_REASON:
        raise InvalidInput({"reason": N_("This is too long: at most %(most)s characters.")}, most=LONGEST_REASON)
    return reason


def _fresh_days(work: Work, listing: Listing) -> None:
    """Time spent in review or removed does not count against the seller's days when they have run out."""
    if listing.expires_at is None or listing.expires_at <= work.now:
        listing.expires_at = add_days(work.now, LISTING_DAYS)
