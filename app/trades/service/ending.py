"""How an order ends: completed with the seller paid, or cancelled with the buyer's money going back. Shared by the verbs."""

from __future__ import annotations

from app.credit import service as credit
from app.goods import queries as goods_queries
from app.goods import service as goods
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.money import format_yuan
from app.kernel.outbox import announce
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import service as listings
from app.listings.models import Listing
from app.payments import queries as money
from app.payments import service as payments
from app.trades import rules
from app.trades.events import OrderCancelled, OrderCompleted
from app.trades.models import Order, TradeCase
from app.trades.service.telling import tell
from app.trades.states import AWAY, ORDER_FLOW

FEE_ACCOUNT = "fee_revenue"


def complete(
    work: Work, order: Order, event: str, step: str, expected_version: int | None = None, *, given_back_fen: int = 0
) -> None:
    """Pay the seller, give the thing to the buyer, and say so: all of it or nothing.

    ``given_back_fen``: what of the held money has just gone back to the buyer; the fee is reckoned on the rest.

    Raises BadState, Conflict (somebody moved the order), PaymentFrozen.
    """
    order.completed_at = work.now
    ORDER_FLOW.apply(work, order, event, expected_version=expected_version)
    clear_deadlines(work, "order", order.id)
    fee_fen = rules.fee_after(order.fee_fen, order.total_fen, given_back_fen)
    net_fen = order.total_fen - given_back_fen - fee_fen
    parts = [(money.seller_account(work, order.seller_id), net_fen), (FEE_ACCOUNT, fee_fen)]
    payments.release(work, order.payment_code, [part for part in parts if part[1] > 0], key=f"release:{order.code}")
    listings.mark_sold(work, order.listing_id)
    thing = goods_queries.thing_by_id(work, order.thing_id)
    assert thing is not None
    goods.transfer(work, thing, order.buyer_id, via=order.code)
    window_days = -(-order.acceptance_hours // 24)  # whole days, rounded up
    note(work, order, "order.completed", delivery=order.delivery, escrow=True, tier=order.tier, return_window_days=window_days)
    tell(work, order, step, net=format_yuan(net_fen), back=format_yuan(given_back_fen))
    listing = work.session.get_one(Listing, order.listing_id)
    announce(
        work,
        OrderCompleted(
            order_code=order.code,
            category=order.category,
            brand=order.brand,
            model=order.model,
            storage_gb=order.storage_gb,
            tier=order.tier,
            price_fen=order.price_fen,
            completed_on=shanghai_day(work.now).isoformat(),
            seller_id=order.seller_id,
            buyer_id=order.buyer_id,
            kind=listing.kind,
            first_used=listing.first_used,
            mileage_km=listing.mileage_km,
            listing_code=listing.code,
        ),
    )


def cancel_paid(
    work: Work,
    order: Order,
    event: str,
    step: str,
    by: str,
    reason: str | None,
    version: int | None = None,
    *,
    back_on_sale: bool = True,
) -> None:
    """End a paid order before the thing changed hands: all the money goes back, the item goes back to its seller.

    Without ``back_on_sale`` the offer ends paused instead of being open to the next buyer at once.
    """
    order.ended_by, order.end_reason = by, reason
    ORDER_FLOW.apply(work, order, event, reason=reason, expected_version=version)
    clear_deadlines(work, "order", order.id)
    give_back(work, order, step)
    listings.unreserve(work, order.listing_id, back_on_sale=back_on_sale)
    tell(work, order, step)
    announce(work, OrderCancelled(order.code, order.state))


def give_back(work: Work, order: Order, reason: str) -> None:
    """Refund whatever is still held for the order (a key of its own: doing it twice moves nothing twice)."""
    held = money.money_state(work, order.payment_code).held_fen
    if held > 0:
        payments.refund(work, order.payment_code, held, key=f"refund:{order.code}", reason=reason)


def watch_way_back(work: Work, order: Order) -> None:
    """Set the clock of the next reminder about a refunded thing, for the version that the order has now: of the buyer before
    the last day for sending it, otherwise of the seller, whose step is next. None is left once there is nothing to wait for."""
    clear_deadlines(work, "order", order.id)
    if order.shipment_state not in AWAY:
        return
    if order.return_due_at is None or order.return_sent_at is not None:
        at = rules.way_back_reminder_at(order.entered_at, work.now)
    else:
        at = rules.return_reminder_at(work.now, order.return_due_at) if work.now < order.return_due_at else None
    if at is not None:
        set_deadline(work, "order", order.id, "way_back", at, order.version)


def note(work: Work, order: Order, conduct: str, about: str = "", **facts: object) -> None:
    """Write a fact about the seller's conduct into the record: no personal data, once per order and kind (and ``about``)."""
    data = {
        "order": order.code,
        "category": order.category,
        "amount_band": credit.amount_band(order.price_fen),
        "counterparty": credit.cluster_of(work, order.buyer_id),
        **facts,
    }
    credit.record(work, conduct, order.seller_id, data, key=f"{conduct}:{about or order.code}")


def note_end_of(work: Work, order: Order, case: TradeCase, outcome: str) -> None:
    """A buyer's report stands in the seller's record, so its end without a decision stands there too."""
    if case.opened_by == order.buyer_id:
        note(work, order, "dispute.settled", case.code, problem=case.code, reason=case.reason, outcome=outcome)
