"""From "buy" to the money being held: reservation, payment, and what happens when it does not come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.money import Fen, fee_half_up, format_yuan
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.work import Work
from app.listings import queries as listing_queries
from app.listings import service as listings
from app.listings.errors import ListingNotOnSale
from app.listings.models import Listing, ListingVersion
from app.payments import service as payments
from app.payments.errors import PaymentNotOpen
from app.payments.events import PaymentFailed, PaymentSettled, PayoutPaid, RefundPaid
from app.trades import policy, rules
from app.trades.errors import AlreadyPaid, BadAddress, CarsNotSoldYet, DeliveryPriced, OwnThing
from app.trades.events import OrderCancelled, OrderPaid
from app.trades.models import Order
from app.trades.queries import order_by_id, order_of_payment, own_order
from app.trades.queries.carrying import offered_in
from app.trades.rules import BUYER
from app.trades.service.carrying import freeze_delivery, price
from app.trades.service.ending import give_back, note
from app.trades.service.telling import tell
from app.trades.service.terms import freeze_terms, read_confirmed
from app.trades.states import AWAITING_PAYMENT, MEET, ORDER_FLOW, PARCEL


def buy(
    work: Work,
    sealer: Sealer,
    settings: rules.Terms,
    listing_code: str,
    expected_price_fen: int,
    delivery: str,
    address: Mapping[str, str] | None = None,
    confirmed: Sequence[str] = (),
    expected_delivery_fen: int = 0,
) -> Order:
    """Reserve the listing for this buyer, freeze what was promised, open the payment.

    ``address`` holds name, phone and address, for an appliance also floor, lift and remarks; a meeting needs none.
    ``confirmed``: exceptions to the return without a reason that the buyer confirmed by hand for this order. Raises OwnThing,
    CarsNotSoldYet, ListingNotOnSale when somebody else was first, PriceChanged when the price moved, DeliveryPriced when bringing
    it costs something else than the buyer has seen, BadAddress and InvalidInput for what was typed or confirmed.
    """
    listing = listing_queries.once_public_listing(work, listing_code)
    if listing.seller_id == work.actor.id:
        raise OwnThing()
    if listing.category == "car":
        raise CarsNotSoldYet()
    if not listing_queries.is_public(listing):
        raise ListingNotOnSale()  # before anything that was typed is looked at
    check_delivery(delivery, listing.by_parcel, listing.by_meeting)
    where = read_address(address, listing.category) if delivery == PARCEL else None
    chosen = read_confirmed(work, listing, rules.acceptance_hours(listing.category, settings), confirmed)
    version = listings.reserve(work, listing_code, expected_price_fen)
    order = open_sale(
        work, sealer, settings, version, version.price_fen, work.actor.id, delivery, where, settings.time_to_pay, chosen
    )
    if order.delivery_fen != expected_delivery_fen:
        raise DeliveryPriced(fee=format_yuan(order.delivery_fen))
    tell(work, order, "reserved")
    return order


def open_sale(
    work: Work,
    sealer: Sealer,
    settings: rules.Terms,
    version: ListingVersion,
    price_fen: int,
    buyer_id: int,
    delivery: str,
    where: rules.Address | None,
    pay_minutes: int,
    confirmed: Sequence[str] = (),
) -> Order:
    """Open the order of a listing that was reserved in this transaction, for this buyer and at this price (fen).

    What the buyer saw is frozen in it, and the payment is open for ``pay_minutes``. For ``buy`` and for an accepted offer.
    """
    listing = work.session.get_one(Listing, version.listing_id, populate_existing=True)  # nobody else can change it now
    deadline_at = work.now + timedelta(minutes=pay_minutes)
    room = offered_in(version, listing.kind) if where is not None and listing.category == "appliance" else None
    lines = price(work, room, where) if room is not None and where is not None else ()
    code, delivery_fen = new_code(), sum(each.fen for each in lines)
    total_fen = price_fen + delivery_fen
    sealed_text = None if where is None else json.dumps(where.as_dict(), ensure_ascii=False)
    payment = payments.open_hold(
        work, "order", buyer_id, total_fen, deadline_at, subject=version.title, return_link=f"/orders/{code}"
    )
    assert listing.thing_id is not None
    order = Order(
        code=code,
        state=AWAITING_PAYMENT,
        version=1,
        entered_at=work.now,
        created_at=work.now,
        listing_id=listing.id,
        listing_version_no=version.no,
        listing_version_sha256=version.sha256,
        thing_id=listing.thing_id,
        category=listing.category,
        brand=listing.brand,
        model=listing.model,
        storage_gb=listing.storage_gb,
        title=version.title,
        tier=listing.tier,
        report_code=listing.report_code,
        seller_id=listing.seller_id,
        buyer_id=buyer_id,
        price_fen=price_fen,
        fee_bp=settings.fee_bp,
        fee_fen=fee_half_up(Fen(price_fen), settings.fee_bp),
        delivery_fen=delivery_fen,
        total_fen=total_fen,
        currency="CNY",
        payment_code=payment.code,
        delivery=delivery,
        pay_minutes=pay_minutes,
        ship_days=settings.ship_days,
        no_receipt_days=settings.no_receipt_days,
        acceptance_hours=rules.acceptance_hours(listing.category, settings),
        address_sealed=None if sealed_text is None else sealer.seal(sealed_text, f"trade_order.address:{code}"),
        pay_due_at=deadline_at,
    )
    work.session.add(order)
    work.session.flush()
    freeze_terms(work, order, listing, confirmed)
    if room is not None and where is not None:
        freeze_delivery(work, order, where, lines)
    ORDER_FLOW.start(work, order, {"listing_version": version.no, "price_fen": price_fen, "delivery": delivery})
    set_deadline(work, "order", order.id, "pay", deadline_at, order.version)
    return order


def check_delivery(delivery: str, by_parcel: bool, by_meeting: bool) -> None:
    """The seller offers this way of handing over. Raises InvalidInput."""
    if (delivery == PARCEL and by_parcel) or (delivery == MEET and by_meeting):
        return
    raise InvalidInput({"delivery": N_("Please choose one of the ways in which the seller hands it over.")})


def read_address(address: Mapping[str, str] | None, category: str) -> rules.Address:
    """The address as it will be kept, of an appliance with floor, lift and remarks. Raises BadAddress with every fault."""
    typed = address or {}
    read, errors = rules.read_address(typed.get("name", ""), typed.get("phone", ""), typed.get("address", ""))
    if category == "appliance":
        read, wrong = rules.read_room(read, typed)
        errors |= wrong
    if errors:
        raise BadAddress(errors)
    return read


def cancel_unpaid(work: Work, code: str) -> Order:
    """The buyer no longer wants it and has not paid. Raises AlreadyPaid when the money arrived in the same moment."""
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, BUYER)
    end_unpaid(work, order, "cancel", "buyer")
    return order


def on_pay_timeout(work: Work, order_id: int) -> None:
    """The time for paying is over. When the money has arrived meanwhile, its news decides and not the clock."""
    order = order_by_id(work, order_id, to_change=True)
    if order.state != AWAITING_PAYMENT or work.now < order.pay_due_at:
        return
    try:
        end_unpaid(work, order, "pay_timeout", "time")
    except AlreadyPaid:
        return


def end_unpaid(work: Work, order: Order, event: str, by: str) -> None:
    """End an order before it was paid; the listing is on sale again. Raises AlreadyPaid when its money has arrived."""
    if order.state == AWAITING_PAYMENT:
        try:
            payments.cancel_hold(work, order.payment_code)
        except PaymentNotOpen as settled:
            raise AlreadyPaid() from settled
    order.ended_by = by
    ORDER_FLOW.apply(work, order, event)
    clear_deadlines(work, "order", order.id)
    listings.unreserve(work, order.listing_id)
    tell(work, order, "cancelled_unpaid")
    announce(work, OrderCancelled(order.code, order.state))


def on_payment_settled(work: Work, event: PaymentSettled) -> None:
    """The whole amount is held: the seller's time for sending begins. Money for an order that is gone goes back."""
    order = order_of_payment(work, event.payment_code, to_change=True)
    if order is None or order.paid_at is not None:
        return
    if order.state != AWAITING_PAYMENT:
        give_back(work, order, "late_payment")
        return
    order.paid_at = work.now
    order.ship_due_at = rules.ship_due_at(work.now, order.ship_days)
    ORDER_FLOW.apply(work, order, "settle")
    clear_deadlines(work, "order", order.id)
    set_deadline(work, "order", order.id, "ship", order.ship_due_at, order.version)
    set_deadline(work, "order", order.id, "ship_reminder", rules.reminder_at(work.now, order.ship_days), order.version)
    note(work, order, "order.paid", delivery=order.delivery)
    tell(work, order, "paid", order.ship_due_at)
    announce(work, OrderPaid(order.code))


def on_payment_failed(work: Work, event: PaymentFailed) -> None:
    """The provider declined. The item stays reserved until the pay deadline, so the buyer can try again."""
    order = order_of_payment(work, event.payment_code)
    if order is not None and order.state == AWAITING_PAYMENT:
        tell(work, order, "pay_failed", order.pay_due_at)


def on_refund_paid(work: Work, event: RefundPaid) -> None:
    """The buyer's money has left the provider: say so."""
    order = order_of_payment(work, event.payment_code, to_change=True)
    if order is not None:
        order.refunded_at = work.now
        tell(work, order, "refund_paid")


def on_payout_paid(work: Work, event: PayoutPaid) -> None:
    """The seller's share has been paid out: say so."""
    order = order_of_payment(work, event.payment_code) if event.payment_code else None
    if order is not None and order.seller_id == event.user_id:
        tell(work, order, "payout_paid")
