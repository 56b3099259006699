"""Which rights the buyer of an order has: the facts of the order, put to the rules of the day of the sale."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts import queries as accounts
from app.kernel.work import Work
from app.listings import queries as listings
from app.listings.models import Listing
from app.regulations import queries as regulations
from app.regulations.queries import Exclusion, Facts, Right
from app.trades import states
from app.trades.models import Order, OrderTerms

WITHOUT_RIGHTS = (
    states.AWAITING_PAYMENT,
    states.CANCELLED_UNPAID,
    states.CANCELLED_BEFORE_SHIP,
    states.CANCELLED_PLATFORM,
    states.CLOSED_REFUNDED,
)  # nothing is paid yet, or all the money goes back


def terms_of(work: Work, order_id: int) -> OrderTerms | None:
    """What was frozen with the order; None for orders made before anything was."""
    return work.session.scalars(select(OrderTerms).where(OrderTerms.order_id == order_id)).one_or_none()


def facts_of_order(work: Work, order: Order) -> Facts:
    """What the rules ask about this order. Only what its buyer confirmed for it counts as confirmed."""
    terms = terms_of(work, order.id)
    listing = work.session.get_one(Listing, order.listing_id)
    return Facts(
        category=order.category,
        seller_kind=terms.seller_kind if terms is not None else accounts.seller_kind_of(work, order.seller_id),
        kind=listing.kind,
        tier=order.tier,
        first_used=listing.first_used,
        mileage_km=listing.mileage_km,
        sold_at=order.paid_at,
        received_at=order.delivered_at,
        confirmed=frozenset(terms.confirmed) if terms is not None else frozenset(),
        checking_hours=order.acceptance_hours,
        checking_until=order.acceptance_due_at,
    )


def rights_of_order(work: Work, order: Order) -> tuple[Right, ...]:
    """The buyer's rights now; none before the payment and none after all the money went back."""
    return () if order.state in WITHOUT_RIGHTS else regulations.rights_of(facts_of_order(work, order), work.now)


def exceptions_before(work: Work, listing: Listing, checking_hours: int) -> tuple[Exclusion, ...]:
    """What the buyer of this offer may be asked to confirm separately."""
    marked = frozenset(["disclosed_defect"] if listings.named_defects(work, listing) else [])
    return regulations.exceptions_to_confirm(listings.sale_facts(work, listing, checking_hours), work.now, marked)
