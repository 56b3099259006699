"""Several listings of one seller for one price: gathered, reserved all or none, and held together until they are handed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.kernel.work import Work
from app.listings import queries as listings
from app.listings import service as listing_verbs
from app.listings.errors import ListingNotOnSale
from app.listings.models import Listing, ListingVersion
from app.trades import service as trades
from app.trades.errors import AlreadyPaid, BadBundle, BundleBroken
from app.trades.queries import is_for_sale
from app.trades.queries import offers as queries
from app.trades.rules import BUYER
from app.trades.rules.offers import MOST_LOTS
from app.trades.service.ending import cancel_paid
from app.trades.states import AWAITING_PAYMENT, CANCELLED_BEFORE_SHIP, CANCELLED_UNPAID, PAID


def gathered(work: Work, first: Listing, further: Sequence[str]) -> list[Listing]:
    """The first listing and the further ones, all on sale. Raises ListingNotFound, ListingNotOnSale, BadBundle, BundleBroken."""
    codes = [code for code in dict.fromkeys(further) if code != first.code]
    lots = [first, *(listings.once_public_listing(work, code) for code in codes)]
    alike = all((lot.seller_id, lot.category) == (first.seller_id, first.category) for lot in lots)
    if len(lots) > MOST_LOTS or not alike:
        raise BadBundle({"further": BadBundle.message}, most=str(MOST_LOTS))
    return still_for_sale(lots)


def still_for_sale(lots: list[Listing]) -> list[Listing]:
    """All of them. Raises ListingNotOnSale, of a bundle BundleBroken with everything that cannot be had."""
    gone = [lot for lot in lots if not is_for_sale(lot.state) or lot.price_fen is None]
    if gone and len(lots) > 1:
        raise BundleBroken(titles=_named(gone))
    if gone:
        raise ListingNotOnSale()
    return lots


def asking(lots: Sequence[Listing]) -> int:
    """What they cost together, fen."""
    return sum(lot.price_fen or 0 for lot in lots)


def reserved(work: Work, lots: Sequence[Listing]) -> Iterator[tuple[Listing, ListingVersion]]:
    """Reserve one after the other, always by their number: two bundles that share listings cannot wait for each other.

    Raises what ``listings.reserve`` raises, and BundleBroken: the caller's transaction then holds nothing.
    """
    for lot in sorted(lots, key=lambda lot: lot.id):
        try:
            yield lot, listing_verbs.reserve(work, lot.code, lot.price_fen or 0)
        except ListingNotOnSale as gone:
            if len(lots) == 1:
                raise
            raise BundleBroken(titles=_named([lot])) from gone


def hold_together(work: Work, order_id: int) -> None:
    """When the buyer let a part of a bundle go, the parts that were not sent yet end too: the price was for all of it.

    What is paid goes back. A part whose money arrives in this moment is ended when the news of it comes.
    """
    bundle = queries.bundle_of(work, order_id, to_change=True)
    if bundle is None:
        return
    parts = queries.orders_of_bundle(work, bundle, to_change=True)
    let_go = (CANCELLED_UNPAID, CANCELLED_BEFORE_SHIP)
    if not any(part.state in let_go and (part.paid_at is None or part.ended_by == BUYER) for part in parts):
        return
    for part in parts:
        if part.state == AWAITING_PAYMENT:
            try:
                trades.end_unpaid(work, part, "cancel", BUYER)
            except AlreadyPaid:
                continue
        elif part.state == PAID:
            cancel_paid(work, part, "buyer_cancel", "bundle_ended", BUYER, None)


def _named(gone: Sequence[Listing]) -> str:
    return ", ".join(f"“{lot.title}”" for lot in gone)
