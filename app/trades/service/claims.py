"""What a claim does to its order: it holds order and money still, and ends by letting go, a part refund, or a full one; after a
return also when the sale was completed.

Only the room of claims calls these; they are the one way in which a claim moves money.
"""

from __future__ import annotations

from app.goods import queries as goods_queries
from app.goods import service as goods
from app.goods.errors import ThingChangedHands
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.outbox import announce
from app.kernel.work import Work
from app.listings import service as listings
from app.payments import queries as money
from app.payments import service as payments
from app.trades import rules
from app.trades.errors import ClaimOpen, ProblemOpen
from app.trades.events import OrderRefunded
from app.trades.models import Order
from app.trades.service.banks import not_at_the_bank
from app.trades.service.ending import complete, give_back, note, watch_way_back
from app.trades.service.telling import tell
from app.trades.states import ACCEPTANCE, AWAY, COMPLETED, ORDER_FLOW, PROBLEM_OPEN, RETURNED


def hold_for_claim(work: Work, order: Order, claim_code: str, reason: str) -> None:
    """Nothing else moves the order or its money until the claim has ended; what is left of the time for checking stands still.

    Raises ProblemOpen, ClaimOpen, BadState, PaymentDisputed, PaymentFrozen.
    """
    if order.problem_state == PROBLEM_OPEN:
        raise ProblemOpen()
    if order.held_by_claim is not None:
        raise ClaimOpen()
    not_at_the_bank(work, order)
    order.held_by_claim, order.held_at = claim_code, work.now
    ORDER_FLOW.apply(work, order, "open_claim", detail={"claim": claim_code, "reason": reason})
    clear_deadlines(work, "order", order.id)
    payments.freeze(work, order.payment_code, f"claim {claim_code}")
    note(work, order, "dispute.opened", claim_code, problem=claim_code, reason=reason)


def let_go(work: Work, order: Order, claim_code: str) -> None:
    """The claim ended without money: the order goes on where it stood, with the time for checking that was left."""
    held_at = order.held_at
    _free(work, order, claim_code)
    payments.thaw(work, order.payment_code)
    if order.state == ACCEPTANCE and order.acceptance_due_at is not None and held_at is not None:
        order.acceptance_due_at = work.now + (order.acceptance_due_at - held_at)
    ORDER_FLOW.apply(work, order, "end_claim", detail={"claim": claim_code})
    if order.state == ACCEPTANCE and order.acceptance_due_at is not None:
        set_deadline(work, "order", order.id, "acceptance", order.acceptance_due_at + rules.ACCEPTANCE_GRACE, order.version)
        tell(work, order, "claim_ended", order.acceptance_due_at, again=claim_code)


def refund_part(work: Work, order: Order, claim_code: str, amount_fen: int, reason: str) -> None:
    """The buyer keeps the item and gets a part of the price back. Held money: the rest is released at once and the sale is
    completed. After the completion: out of what the seller has got, and the fee in proportion.

    Raises PaymentDisputed, MoreThanHeld, MoreThanReleased.
    """
    _free(work, order, claim_code)
    payments.thaw(work, order.payment_code)
    if order.state == ACCEPTANCE:
        payments.refund(work, order.payment_code, amount_fen, key=f"claim:{claim_code}", reason=reason)
        complete(work, order, "settle_claim", "completed_in_part", given_back_fen=amount_fen)
        return
    payments.refund_released(work, order.payment_code, amount_fen, f"claim:{claim_code}", reason)
    ORDER_FLOW.apply(work, order, "settle_claim", detail={"claim": claim_code})


def refund_whole(work: Work, order: Order, claim_code: str) -> None:
    """All the money goes back, and the item to its seller. Only while the platform holds the money. Raises BadState,
    PaymentDisputed."""
    _free(work, order, claim_code)
    ORDER_FLOW.apply(work, order, "claim_refund", detail={"claim": claim_code})
    payments.thaw(work, order.payment_code)
    watch_way_back(work, order)
    give_back(work, order, f"claim {claim_code}")
    if order.shipment_state not in AWAY:
        listings.unreserve(work, order.listing_id, back_on_sale=False)
    announce(work, OrderRefunded(order.code))


def can_come_back(work: Work, order: Order) -> bool:
    """Whether the buyer has the thing to give back: after the completion it must be theirs still, and not on sale."""
    if order.state != COMPLETED:
        return True
    thing = goods_queries.thing_by_id(work, order.thing_id)
    assert thing is not None
    return thing.owner_id == order.buyer_id and not goods_queries.is_on_sale(work, thing.id)


def refund_returned(work: Work, order: Order, claim_code: str, amount_fen: int) -> None:
    """The seller has the thing again: the money goes back, held or released, and after the completion the ownership too.

    Raises PaymentDisputed, MoreThanReleased, ThingChangedHands.
    """
    is_sold = order.state == COMPLETED
    _free(work, order, claim_code)
    if order.shipment_state in AWAY:
        order.shipment_state = RETURNED
    ORDER_FLOW.apply(work, order, "claim_refund", detail={"claim": claim_code, "back": True})
    clear_deadlines(work, "order", order.id)
    payments.thaw(work, order.payment_code)
    if is_sold:
        payments.refund_released(work, order.payment_code, amount_fen, f"claim:{claim_code}", f"claim {claim_code}")
        _give_to_seller(work, order)
    else:
        give_back(work, order, f"claim {claim_code}")
        listings.unreserve(work, order.listing_id, back_on_sale=False)
    announce(work, OrderRefunded(order.code))


def _give_to_seller(work: Work, order: Order) -> None:
    thing = goods_queries.thing_by_id(work, order.thing_id)
    assert thing is not None
    if thing.owner_id != order.buyer_id:
        raise ThingChangedHands()
    goods.transfer(work, thing, order.seller_id, via=order.code)


def refundable_fen(work: Work, order: Order) -> int:
    """What can go back to the buyer now, fen: of what is held, or of what was released and did not go back yet."""
    state = money.money_state(work, order.payment_code)
    if state.held_fen:
        return state.held_fen
    parts = money.released_parts(work, order.payment_code)
    return 0 if parts is None else parts.left_fen


def note_of_claim(work: Work, order: Order, conduct: str, claim_code: str, **facts: object) -> None:
    """Write how a claim went into the seller's record, once per claim and kind."""
    note(work, order, conduct, claim_code, **facts)


def _free(work: Work, order: Order, claim_code: str) -> None:
    if order.held_by_claim != claim_code:
        raise ValueError(f"order {order.code} is not held by claim {claim_code}")
    order.held_by_claim, order.held_at = None, None
    work.session.flush()
