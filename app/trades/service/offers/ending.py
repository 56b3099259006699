"""How a negotiation ends, and what ends it without a word of its two sides."""

from __future__ import annotations

from datetime import timedelta

from app.kernel.deadlines import clear_deadlines
from app.kernel.work import Work
from app.listings.events import ListingClosed
from app.trades import queries as trades
from app.trades.events import OrderCancelled, OrderPaid
from app.trades.models.offers import Negotiation
from app.trades.queries import offers as queries
from app.trades.rules.offers import SEEN_HOURS
from app.trades.service.offers.bundles import hold_together
from app.trades.service.offers.telling import tell
from app.trades.states.offers import DECLINE, EXPIRE, NEGOTIATION_FLOW, OPEN, SUPERSEDE


def end(work: Work, negotiation: Negotiation, event: str, expected_version: int | None = None) -> None:
    """Take the last step. Where the buyer lives is forgotten: an order that came of it has its own."""
    negotiation.address_sealed = None
    NEGOTIATION_FLOW.apply(work, negotiation, event, expected_version=expected_version)
    clear_deadlines(work, "negotiation", negotiation.id)


def on_due(work: Work, negotiation_id: int) -> None:
    """Nobody answered in time."""
    negotiation = queries.by_id(work, negotiation_id)
    if negotiation.state != OPEN or work.now < negotiation.due_at:
        return
    end(work, negotiation, EXPIRE)
    tell(work, negotiation, "expired")


def on_quiet(work: Work, negotiation_id: int) -> None:
    """An offer below the seller's lowest price is declined; the buyer reads what every declined buyer reads.

    Not when the seller answers nobody: then it runs out, as every other offer to this seller does.
    """
    negotiation = queries.by_id(work, negotiation_id)
    if negotiation.state != OPEN or not negotiation.is_quiet:
        return
    if not queries.seller_was_seen(work, negotiation, work.now - timedelta(hours=SEEN_HOURS)):
        return
    end(work, negotiation, DECLINE)
    tell(work, negotiation, "declined_by_seller")


def on_order_paid(work: Work, event: OrderPaid) -> None:
    """The thing is sold: whoever else was bargaining about it is told."""
    order = trades.order_by_code(work, event.order_code)
    if order is not None:
        _supersede(work, order.listing_id)
        hold_together(work, order.id)


def on_order_cancelled(work: Work, event: OrderCancelled) -> None:
    """A part of a bundle has ended: so may the others."""
    order = trades.order_by_code(work, event.order_code)
    if order is not None:
        hold_together(work, order.id)


def on_listing_closed(work: Work, event: ListingClosed) -> None:
    """The thing is no longer on sale."""
    _supersede(work, event.listing_id)


def _supersede(work: Work, listing_id: int) -> None:
    for negotiation in queries.open_about(work, listing_id):
        lots = queries.lots(work, negotiation)
        end(work, negotiation, SUPERSEDE)
        gone = next(lot.title for lot in lots if lot.id == listing_id)
        tell(work, negotiation, "superseded" if len(lots) == 1 else "bundle_superseded", gone)
