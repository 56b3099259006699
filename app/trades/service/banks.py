"""What the buyer's bank does with a payment, what a bank does with a payout, and refunds by staff after a sale is completed."""

from __future__ import annotations

from datetime import timedelta

from app.kernel import audit
from app.kernel.deadlines import clear_deadlines
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.money import format_yuan
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from app.listings import service as listings
from app.payments import queries as money
from app.payments import service as payments
from app.payments.errors import PaymentDisputed
from app.payments.events import BankDisputeLost, BankDisputeOpened, BankDisputeWon, PayoutReturned
from app.trades import policy
from app.trades.events import OrderRefunded
from app.trades.models import Order
from app.trades.queries import open_case_of, order_for_staff, order_of_payment
from app.trades.service.ending import cancel_paid, give_back, note_end_of, watch_way_back
from app.trades.service.telling import tell
from app.trades.states import AWAY, CASE_FLOW, COMPLETED, FINAL, ORDER_FLOW, PAID, PROBLEM_CLOSED

BANK_PAUSE = timedelta(days=1)  # what the clock would have done is looked at again so much later


def is_at_the_bank(work: Work, order: Order) -> bool:
    """Whether the buyer's bank has taken the payment back and has not decided: the clock then decides nothing."""
    return money.open_dispute(work, order.payment_code) is not None


def not_at_the_bank(work: Work, order: Order) -> None:
    """Nothing is sent while nobody knows whose the money is. Raises PaymentDisputed."""
    if is_at_the_bank(work, order):
        raise PaymentDisputed()


def on_bank_dispute_opened(work: Work, event: BankDisputeOpened) -> None:
    order = order_of_payment(work, event.payment_code)
    if order is not None:
        tell(work, order, "bank_opened", again=event.dispute_code)


def on_bank_dispute_won(work: Work, event: BankDisputeWon) -> None:
    order = order_of_payment(work, event.payment_code)
    if order is not None:
        tell(work, order, "bank_won", again=event.dispute_code)


def on_bank_dispute_lost(work: Work, event: BankDisputeLost) -> None:
    """The buyer has the money by the bank: an order that is still going on ends with all of it back, a thing that is away too."""
    order = order_of_payment(work, event.payment_code, to_change=True)
    if order is None:
        return
    free_of_claim(work, order)
    if order.state in FINAL:
        tell(work, order, "bank_lost_late", again=event.dispute_code)
        return
    case = open_case_of(work, order.id)
    if case is not None:  # the bank was faster than staff
        CASE_FLOW.apply(work, case, "settle")
        order.problem_state = PROBLEM_CLOSED
        note_end_of(work, order, case, "overtaken")
    if order.state == PAID:
        cancel_paid(work, order, "bank_lost", "bank_lost", "buyer", None, back_on_sale=False)
        return
    ORDER_FLOW.apply(work, order, "bank_lost")
    clear_deadlines(work, "order", order.id)
    give_back(work, order, "bank_lost")  # where the bank took a part only
    watch_way_back(work, order)
    if order.shipment_state not in AWAY:
        listings.unreserve(work, order.listing_id, back_on_sale=False)
    tell(work, order, "bank_lost_back" if order.shipment_state in AWAY else "bank_lost")
    announce(work, OrderRefunded(order.code))


def free_of_claim(work: Work, order: Order) -> None:
    """A claim holds the order no longer, because the bank has decided; nothing when none does."""
    if order.held_by_claim is None:
        return
    order.held_by_claim, order.held_at = None, None
    work.session.flush()
    if money.money_state(work, order.payment_code).frozen:  # a dispute that was lost has freed what is left already
        payments.thaw(work, order.payment_code)


def on_payout_returned(work: Work, event: PayoutReturned) -> None:
    """The bank sent the seller's share back: say so."""
    order = order_of_payment(work, event.payment_code) if event.payment_code else None
    if order is not None and order.seller_id == event.user_id:
        tell(work, order, "payout_returned", again=event.command_code)


def refund_completed(work: Work, code: str, amount_fen: int, reason: str, expected_refunded_fen: int) -> payments.GivenBack:
    """An operator gives the buyer of a completed sale money back, in part or as a whole; the seller and the platform bear it.

    ``expected_refunded_fen``: what had gone back when the operator looked; pressing twice gives back once. Raises InvalidInput
    naming the fields, PartyCannotRule, Conflict on a stale page, MoreThanReleased, PaymentDisputed, PaymentFrozen.
    """
    order = order_for_staff(work, code, to_change=True)
    policy.require_staff(work.actor, order)
    reason = reason.strip()
    if not 10 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please give the reason in 10 to 500 characters. Both sides read it.")})
    if order.state != COMPLETED:
        raise InvalidInput({"": N_("Only a completed sale is refunded here. Before that, decide its problem or stop it.")})
    key = f"after:{expected_refunded_fen}"
    before = money.money_state(work, order.payment_code).refunded_fen
    if before != expected_refunded_fen and not money.was_given_back(work, order.payment_code, key):
        raise Conflict()
    given = payments.refund_released(work, order.payment_code, amount_fen, key, reason)
    if before == expected_refunded_fen:
        audit.record(work, "order.refund_completed", "order", order.id, {"fen": amount_fen, "reason": reason})
        tell(work, order, "given_back", again=key, amount=format_yuan(amount_fen), reason=reason)
    return given
