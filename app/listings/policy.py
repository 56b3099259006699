"""Who may see and do what with a listing, as small named predicates."""

from __future__ import annotations

from app.kernel.work import Actor
from app.listings.models import Listing
from app.listings.states import DRAFT, EDITABLE, EXPIRED, IN_REVIEW, PUBLIC, REMOVED, WITHDRAWN

OPERATOR = "operator"


def is_seller(actor: Actor, listing: Listing) -> bool:
    return actor.user_id is not None and listing.seller_id == actor.user_id


def can_read(actor: Actor, listing: Listing) -> bool:
    """Everybody reads what is public; the seller reads everything of their own; staff read all but drafts never sent in."""
    if listing.state in PUBLIC or is_seller(actor, listing):
        return True
    return actor.has(OPERATOR) and listing.current_version_no > 0


def is_bought_here(listing: Listing) -> bool:
    """Cars are offered, appraised and found here; buying one is a process of its own that does not exist yet."""
    return listing.category != "car"


def can_buy(actor: Actor, listing: Listing) -> bool:
    """Whether the buy button leads anywhere; visitors are asked to sign in first. Nobody buys their own thing."""
    return listing.state == "active" and is_bought_here(listing) and not is_seller(actor, listing)


def can_decide(actor: Actor, listing: Listing) -> bool:
    """Staff decide about other people's listings only."""
    return actor.has(OPERATOR) and not is_seller(actor, listing)


def can_restore(actor: Actor, listing: Listing) -> bool:
    """Another operator than the one who removed."""
    return listing.state == REMOVED and can_decide(actor, listing) and listing.removed_by_id != actor.user_id


def can_edit(actor: Actor, listing: Listing) -> bool:
    return is_seller(actor, listing) and listing.state in EDITABLE


def can_sell_again(actor: Actor, listing: Listing) -> bool:
    """Who has withdrawn an offer can begin a new one with the same answers."""
    return is_seller(actor, listing) and listing.state == WITHDRAWN and listing.current_version_no > 0


def can_ask_for_appraisal(actor: Actor, listing: Listing) -> bool:
    """The owner may have the thing appraised while it is offered and nobody has reserved it."""
    return is_seller(actor, listing) and listing.thing_id is not None and listing.state in (*EDITABLE, IN_REVIEW, EXPIRED, DRAFT)
