"""What an order does to a listing: hold it for one buyer, let it go, mark it sold."""

from __future__ import annotations

from sqlalchemy import select, update

from app.kernel.deadlines import clear_deadlines
from app.kernel.ids import is_code
from app.kernel.money import format_yuan
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from app.listings.errors import ListingNotFound, ListingNotOnSale, PriceChanged
from app.listings.events import ListingChanged
from app.listings.models import Listing, ListingVersion
from app.listings.queries import version
from app.listings.service.offering import catch_up_with_reports, closed, refuse_untradable, start_clock
from app.listings.service.telling import tell
from app.listings.states import ACTIVE, LISTING_FLOW, PUBLIC, RESERVE, SELL, SET_ASIDE, UNRESERVE


def reserve(work: Work, listing_code: str, expected_price_fen: int) -> ListingVersion:
    """Hold the listing for one buyer and give back the version that is promised to them.

    One guarded UPDATE decides who was first; the others get ListingNotOnSale. PriceChanged (with the present price) when the
    price moved since it was seen. Raises ListingNotFound for what the buyer could not have seen, ThingNotTradable when a report
    was signed that bars it and the news has not arrived here yet.
    """
    if not is_code(listing_code):
        raise ListingNotFound()
    won = work.session.execute(
        update(Listing)
        .where(Listing.code == listing_code, Listing.state == ACTIVE, Listing.price_fen == expected_price_fen)
        .values(reserved_at=work.now)
        .execution_options(synchronize_session=False)
    )
    # Read after the UPDATE: from here on the row is ours until the commit, on both databases.
    fresh = select(Listing).where(Listing.code == listing_code).execution_options(populate_existing=True)
    listing = work.session.scalars(fresh).first()
    if listing is None:
        raise ListingNotFound()
    if won.rowcount != 1:  # type: ignore[attr-defined]
        _say_why_not(listing)
    refuse_untradable(work, listing)
    LISTING_FLOW.apply(work, listing, RESERVE)
    clear_deadlines(work, "listing", listing.id)
    announce(work, ListingChanged(listing.id))
    return version(work, listing.id, listing.current_version_no)


def unreserve(work: Work, listing_id: int, *, back_on_sale: bool = True) -> None:
    """The order ended before the thing changed hands: offer it again. When its days ran out meanwhile it expires at once.

    Without ``back_on_sale`` (fraud, a seller who did not send it, a description that was ruled wrong) it ends paused: the
    seller is told and has to look at it before it is offered again. A report that was signed meanwhile is pinned now; when it
    bars the thing from sale, the listing is taken down.
    """
    listing = work.session.get_one(Listing, listing_id)
    if not back_on_sale:
        LISTING_FLOW.apply(work, listing, SET_ASIDE)
        if not catch_up_with_reports(work, listing):
            return
        closed(work, listing)
        tell(
            work,
            listing,
            N_("“%(title)s” is paused after the order ended. Look at it again and correct it before you put it back on sale."),
            f"set_aside:{listing.version}",
        )
        return
    LISTING_FLOW.apply(work, listing, UNRESERVE)
    if not catch_up_with_reports(work, listing):
        return
    start_clock(work, listing)
    announce(work, ListingChanged(listing.id))


def mark_sold(work: Work, listing_id: int) -> None:
    """The order is completed: the number is free for the next owner, the page stays readable."""
    listing = work.session.get_one(Listing, listing_id)
    LISTING_FLOW.apply(work, listing, SELL)
    closed(work, listing)


def _say_why_not(listing: Listing) -> None:
    if listing.state == ACTIVE and listing.price_fen is not None:
        raise PriceChanged(price=format_yuan(listing.price_fen), price_fen=listing.price_fen)
    if listing.state not in PUBLIC and listing.current_version_no == 0:
        raise ListingNotFound()
    raise ListingNotOnSale()
