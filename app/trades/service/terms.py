"""Freezing what rights depend on, when an order is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.accounts import queries as accounts
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import queries as listings
from app.listings.models import Listing
from app.regulations import queries as regulations
from app.trades.models import Order, OrderTerms
from app.trades.queries.rights import exceptions_before

DISCLOSED = "disclosed_defect"


def read_confirmed(work: Work, listing: Listing, checking_hours: int, confirmed: Iterable[str]) -> list[str]:
    """The exceptions that the buyer confirmed by hand, each once. Raises InvalidInput for one that nobody was asked about."""
    chosen = sorted(set(confirmed))
    offered = {each.code for each in exceptions_before(work, listing, checking_hours)} if chosen else set()
    if not set(chosen) <= offered:
        raise InvalidInput(
            {"confirmed": N_("Nothing of this kind is asked to be confirmed for this item. Please look at the page again.")}
        )
    return chosen


def freeze_terms(work: Work, order: Order, listing: Listing, confirmed: Sequence[str]) -> OrderTerms:
    """Keep as what the seller sells, and what the buyer confirmed (``read_confirmed``) with the items that it speaks of."""
    terms = OrderTerms(
        order_id=order.id,
        seller_kind=accounts.seller_kind_of(work, order.seller_id),
        rules_id=regulations.rules_on(shanghai_day(work.now)).id,
        confirmed=list(confirmed),
        disclosed=listings.named_defects(work, listing) if DISCLOSED in confirmed else [],
        made_at=work.now,
    )
    work.session.add(terms)
    work.session.flush()
    return terms
