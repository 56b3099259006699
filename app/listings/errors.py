"""Refusals of the room of listings."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.kernel.text import N_


class ListingNotFound(NotFound):
    """It does not exist, is not public, or is somebody else's draft."""

    code = "listing_not_found"


class ListingNotOnSale(Conflict):
    """Somebody else was first, or the seller took it back."""

    code = "listing_not_on_sale"
    message = N_("This item is no longer on sale: somebody else was a moment faster, or the seller took it back.")


class PriceChanged(Conflict):
    """The price moved since the buyer saw it; ``price_fen`` is the present one."""

    code = "price_changed"
    message = N_("The seller has changed the price to %(price)s. Please look again before you buy.")
    shown = ("price_fen",)


class StaleDraft(Conflict):
    """The draft was changed elsewhere since this page was opened; ``revision`` is the present one."""

    code = "stale_draft"
    message = N_(
        "This was changed on another device or page in the meantime. What you typed is still here: look at it and save again."
    )


class AlreadyPublished(Conflict):
    """An old tab or a second tap of the wizard: the draft has become an offer in the meantime."""

    code = "already_published"
    message = N_("This has been published already. Here it is.")


class ChangedSinceSeen(Conflict):
    """The draft is no longer what the check page showed when Publish was pressed."""

    code = "changed_since_seen"
    message = N_(
        "Something was changed on another device or page after this one was opened. This is how it stands now: "
        "please look at it again, then publish."
    )


class BeingBought(Conflict):
    """An order holds the offer; what was promised to the buyer stays as it is."""

    code = "being_bought"
    message = N_("Somebody is buying this just now, so it cannot be changed. What you typed is still here.")


class NoLongerOffered(Conflict):
    """The offer has ended, so there is nothing to change any more."""

    code = "no_longer_offered"
    message = N_("This is not on sale any more, so it cannot be changed. What you typed is still here.")


class ListingIncomplete(InvalidInput):
    """Something that every listing needs is missing; the check page names each with its step."""

    code = "listing_incomplete"
    message = N_("Something is still missing before this can be published.")


class ThingNotDescribed(Conflict):
    """An item is to be appraised before its draft says what it is."""

    code = "thing_not_described"
    message = N_("Please say first what it is: kind, model, data and number. The rest may stay open.")


class TooManyDrafts(Conflict):
    code = "too_many_drafts"
    message = N_("You already have %(count)s unfinished listings. Please finish or delete one first.")


class ReviewerIsSeller(NotAllowed):
    """Nobody decides about a listing of their own."""

    code = "reviewer_is_seller"
    message = N_("This is your own listing. Another member of staff has to decide about it.")


class SameOperator(NotAllowed):
    """A removal is undone only by somebody else than the person who removed."""

    code = "same_operator"
    message = N_("You took this listing down yourself. Another member of staff has to decide whether it comes back.")


class ThingNotTradable(Conflict):
    """The newest report about the thing says that it may not be sold here."""

    code = "thing_not_tradable"
    message = N_(
        "The newest appraisal report about this item says that it may not be traded here. "
        "If you think that this is wrong, have it appraised again."
    )


class HeldByOrder(Conflict):
    """An order holds the item; the order has to end first."""

    code = "held_by_order"
    message = N_("An order holds this item just now. End the order first, then take the listing down.")
