"""Reads of orders and cases, for pages and for the rooms above. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from app.kernel.audit import AuditEntry
from app.kernel.ids import is_code
from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.payments import queries as payments
from app.trades import choices, policy, rules, states
from app.trades.errors import CaseNotFound, OrderNotFound
from app.trades.models import Order, TradeCase
from app.trades.queries.rights import facts_of_order, rights_of_order, terms_of
from app.trades.rules import Address, Deadlines, Status

__all__ = [
    "Row",
    "Standing",
    "address_of",
    "bought_on",
    "can_answer",
    "can_claim",
    "case_for_staff",
    "cases_for_staff",
    "cases_of",
    "completed_sales",
    "deadlines_of",
    "facts_of_order",
    "gone",
    "history",
    "is_away",
    "is_completed",
    "is_for_sale",
    "is_order",
    "is_overdue",
    "is_with_buyer",
    "last_address",
    "meet_code",
    "open_case_of",
    "open_purchase",
    "order_by_code",
    "order_by_id",
    "order_for_staff",
    "order_of_payment",
    "orders_by_listing",
    "orders_of",
    "overview",
    "own_order",
    "page_of_orders",
    "purchase_of_thing",
    "return_address_of",
    "rights_of_order",
    "sees_address",
    "sees_return_address",
    "standing",
    "terms_of",
    "was_withdrawn",
]


def own_order(work: Work, code: str, *, to_change: bool = False) -> Order:
    """The order, for its buyer and its seller. Raises OrderNotFound for everybody else.

    ``to_change`` locks the row until the transaction ends (PostgreSQL; on SQLite the writer is alone already).
    """
    wanted = select(Order).where(
        Order.code == code, or_(Order.buyer_id == work.actor.user_id, Order.seller_id == work.actor.user_id)
    )
    order = work.session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none()
    if order is None:
        raise OrderNotFound()
    return order


def order_for_staff(work: Work, code: str, *, to_change: bool = False) -> Order:
    """Any order, for operators who are no party of it."""
    policy.require_staff(work.actor)
    wanted = select(Order).where(Order.code == code)
    order = work.session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none()
    if order is None:
        raise OrderNotFound()
    return order


def is_order(work: Work, code: str) -> bool:
    """Whether there is an order with this number."""
    return is_code(code) and work.session.scalar(select(Order.id).where(Order.code == code)) is not None


def order_by_id(work: Work, order_id: int, *, to_change: bool = False) -> Order:
    """For jobs and deadlines, which act for nobody."""
    wanted = select(Order).where(Order.id == order_id)
    return work.session.scalars(wanted.with_for_update() if to_change else wanted).one()


def order_by_code(work: Work, code: str) -> Order | None:
    """For rooms above that hear of an order; asks nobody who is looking."""
    return work.session.scalars(select(Order).where(Order.code == code)).one_or_none()


def order_of_payment(work: Work, payment_code: str, *, to_change: bool = False) -> Order | None:
    """The order that waits for this payment; None when it belongs to something else."""
    wanted = select(Order).where(Order.payment_code == payment_code)
    return work.session.scalars(wanted.with_for_update() if to_change else wanted).one_or_none()


def orders_of(work: Work, user_id: int, limit: int = 100) -> list[Order]:
    """What somebody bought and sold, newest first."""
    mine = select(Order).where(or_(Order.buyer_id == user_id, Order.seller_id == user_id))
    return list(work.session.scalars(mine.order_by(Order.id.desc()).limit(limit)))


def page_of_orders(work: Work, user_id: int, role: str | None, before: int | None, limit: int) -> list[Order]:
    """Some orders of a person as ``buyer``, ``seller`` or both, newest first; ``before`` is an id to go on from."""
    mine = {rules.BUYER: Order.buyer_id == user_id, rules.SELLER: Order.seller_id == user_id}
    orders = select(Order).where(mine[role] if role else or_(*mine.values()))
    if before is not None:
        orders = orders.where(Order.id < before)
    return list(work.session.scalars(orders.order_by(Order.id.desc()).limit(limit)))


@dataclass(frozen=True)
class Row:
    """An order in a list: what the reader is told about it."""

    order: Order
    role: str
    status: Status

    @property
    def is_waiting(self) -> bool:
        """Whether the reader is the one who must act."""
        return self.status.who == self.role


def overview(work: Work, user_id: int, limit: int = 100) -> list[Row]:
    """The reader's orders with their status sentences: what waits for them first, by deadline; then the newest."""
    rows = []
    for order in orders_of(work, user_id, limit):
        role = rules.BUYER if order.buyer_id == user_id else rules.SELLER
        due = deadlines_of(order)
        status = rules.status_sentence(
            order.state,
            _money_word(order),
            order.shipment_state,
            order.problem_state,
            role,
            due,
            order.delivery,
            order.ended_by,
        )
        rows.append(Row(order, role, status if order.held_by_claim is None else rules.claim_status(role)))
    return sorted(rows, key=lambda row: (not row.is_waiting, row.status.until or work.now if row.is_waiting else -row.order.id))


def open_purchase(work: Work, listing_id: int, buyer_id: int) -> Order | None:
    """The buyer's own order that holds this listing, so that sending a form twice leads to it."""
    held = select(Order).where(Order.listing_id == listing_id, Order.buyer_id == buyer_id, Order.state.in_(states.HOLDING))
    return work.session.scalars(held.order_by(Order.id.desc()).limit(1)).first()


def purchase_of_thing(work: Work, thing_id: int, buyer_id: int | None = None) -> Order | None:
    """The sale of the thing that is paid and under way; with ``buyer_id`` only that person's."""
    paid = (states.PAID, states.FULFILLING, states.ACCEPTANCE)
    wanted = select(Order).where(Order.thing_id == thing_id, Order.state.in_(paid))
    if buyer_id is not None:
        wanted = wanted.where(Order.buyer_id == buyer_id)
    return work.session.scalars(wanted.order_by(Order.id.desc()).limit(1)).first()


def bought_on(work: Work, thing_id: int, buyer_id: int, report_codes: Iterable[str]) -> Order | None:
    """The completed sale by which somebody bought the thing while it was offered with one of these reports; else None."""
    wanted = select(Order).where(
        Order.thing_id == thing_id,
        Order.buyer_id == buyer_id,
        Order.state == states.COMPLETED,
        Order.report_code.in_(list(report_codes)),
    )
    return work.session.scalars(wanted.order_by(Order.id.desc()).limit(1)).first()


def is_completed(order: Order) -> bool:
    """Whether the sale is completed: the buyer keeps the thing and the seller was paid."""
    return order.state == states.COMPLETED


def can_claim(order: Order) -> bool:
    """Whether its buyer may open a claim: it arrived, and nothing else is being looked at."""
    received = order.state in (states.ACCEPTANCE, states.COMPLETED) and order.delivered_at is not None
    return received and order.held_by_claim is None and order.problem_state != states.PROBLEM_OPEN


def is_with_buyer(order: Order) -> bool:
    """Whether the buyer has the thing and may still check it."""
    return order.state == states.ACCEPTANCE


def is_for_sale(listing_state: str) -> bool:
    return listing_state == "active"


def gone(listing_state: str) -> str:
    """Why a listing cannot be bought now: ``taken`` by another buyer, ``sold``, or ``closed`` (its page is no longer public)."""
    return {"reserved": "taken", "sold": "sold"}.get(listing_state, "closed")


def orders_by_listing(work: Work, listing_ids: Iterable[int]) -> dict[int, Order]:
    """The order that holds or consumed each listing, where there is one; one query."""
    ids = set(listing_ids)
    if not ids:
        return {}
    held = select(Order).where(Order.listing_id.in_(ids), Order.state.in_(states.HOLDING))
    return {order.listing_id: order for order in work.session.scalars(held)}


def completed_sales(work: Work, seller_id: int) -> int:
    """How many sales of this person were completed."""
    done = select(func.count()).select_from(Order).where(Order.seller_id == seller_id, Order.state == states.COMPLETED)
    return work.session.scalars(done).one()


def open_case_of(work: Work, order_id: int) -> TradeCase | None:
    return work.session.scalars(
        select(TradeCase).where(TradeCase.order_id == order_id, TradeCase.state == states.OPEN)
    ).one_or_none()


def cases_of(work: Work, order_id: int) -> list[TradeCase]:
    """All problems of an order, the newest first."""
    return list(work.session.scalars(select(TradeCase).where(TradeCase.order_id == order_id).order_by(TradeCase.id.desc())))


def was_withdrawn(work: Work, order: Order) -> bool:
    """Whether the buyer has taken back a problem with this order before."""
    mine = select(TradeCase.id).where(
        TradeCase.order_id == order.id, TradeCase.state == states.SETTLED, TradeCase.opened_by == order.buyer_id
    )
    return work.session.scalars(mine.limit(1)).first() is not None


def can_answer(case: TradeCase, order: Order, role: str) -> bool:
    """Whether this side may still say something to an open case."""
    return case.state == states.OPEN and case.answered_at is None and policy.answers_case(case, order) == role


def case_for_staff(work: Work, code: str, *, to_change: bool = False) -> tuple[TradeCase, Order]:
    """A case with its order, for operators. Raises CaseNotFound, StaffOnly.

    ``to_change`` locks the order first and reads the case behind the lock, as it stands when nobody else can move it.
    """
    policy.require_staff(work.actor)
    case = work.session.scalars(select(TradeCase).where(TradeCase.code == code)).one_or_none()
    if case is None:
        raise CaseNotFound()
    order = order_by_id(work, case.order_id, to_change=to_change)
    if to_change:
        work.session.refresh(case)
    return case, order


def cases_for_staff(work: Work, limit: int = 200) -> list[tuple[TradeCase, Order]]:
    """Cases with their orders: the open ones first, oldest first; then the decided ones, newest first."""
    policy.require_staff(work.actor)
    rows = select(TradeCase, Order).join(Order, Order.id == TradeCase.order_id).order_by(TradeCase.id.desc()).limit(limit)
    found = [(case, order) for case, order in work.session.execute(rows)]
    return sorted(
        found, key=lambda pair: (pair[0].state != states.OPEN, pair[0].id if pair[0].state == states.OPEN else -pair[0].id)
    )


def history(work: Work, order_id: int) -> list[AuditEntry]:
    """The order's transitions, oldest first: what its timeline is drawn from."""
    steps = select(AuditEntry).where(
        AuditEntry.entity == "order", AuditEntry.entity_id == order_id, AuditEntry.to_state.is_not(None)
    )
    return list(work.session.scalars(steps.order_by(AuditEntry.id)))


def deadlines_of(order: Order) -> Deadlines:
    cancel_at = rules.cancel_due_at(order.cancel_asked_at) if order.cancel_asked_at is not None else None
    return Deadlines(
        order.pay_due_at,
        order.ship_due_at,
        order.receipt_due_at,
        order.acceptance_due_at,
        cancel_at,
        order.return_due_at,
        order.install_due_at,
        order.return_sent_at,
    )


@dataclass(frozen=True)
class Standing:
    """Where an order stands for one reader: what to say, what can be done, and where the money is."""

    role: str
    status: Status
    actions: tuple[str, ...]
    money: payments.MoneyState


def standing(work: Work, order: Order, role: str) -> Standing:
    money = payments.money_state(work, order.payment_code)
    due = deadlines_of(order)
    word = "refunding" if money.state == "refunded" and money.refund_paid_fen < money.refunded_fen else money.state
    if money.charged_back_fen and word == "refunded":
        word = rules.CHARGED_BACK
    status = rules.status_sentence(
        order.state, word, order.shipment_state, order.problem_state, role, due, order.delivery, order.ended_by
    )
    if order.held_by_claim is not None:
        return Standing(role, rules.claim_status(role), (), money)
    doable = rules.actions(order.state, order.shipment_state, order.problem_state, role, order.delivery, work.now, due)
    if money.disputed_fen:  # what could be done would be refused: nobody knows whose the money is
        doable = tuple(each for each in doable if each in ("receive", "install", "tell_code", "enter_code"))
    if "withdraw_problem" in doable and was_withdrawn(work, order):
        doable = ()
    return Standing(role, status, doable, money)


def carriers() -> tuple[choices.Choice, ...]:
    """With whom parcels travel, by code and name."""
    return choices.carriers()


def address_of(order: Order, sealer: Sealer) -> Address | None:
    """The delivery address in clear: for the seller after the payment, and for the buyer. Personal."""
    if order.address_sealed is None:
        return None
    return Address(**json.loads(sealer.open(order.address_sealed, f"trade_order.address:{order.code}")))


def sees_address(order: Order, role: str) -> bool:
    """The buyer sees the own address; the seller only from the payment until the sale has ended."""
    if order.address_sealed is None:
        return False
    return role == rules.BUYER or (role == rules.SELLER and order.paid_at is not None and order.state not in states.FINAL)


def return_address_of(order: Order, sealer: Sealer) -> Address | None:
    """Where a refunded thing goes back to, in clear: for the buyer of this order, and for the seller. Personal."""
    if order.return_address_sealed is None:
        return None
    return Address(**json.loads(sealer.open(order.return_address_sealed, f"trade_order.return_address:{order.code}")))


def sees_return_address(order: Order) -> bool:
    """Both sides, from the day it is named until the seller has the thing again."""
    return order.return_address_sealed is not None and is_away(order)


def is_away(order: Order) -> bool:
    """Whether the money went back by a ruling and the thing is not back with its seller."""
    return order.state == states.CLOSED_REFUNDED and order.shipment_state in states.AWAY


def is_overdue(order: Order, now: datetime) -> bool:
    """Whether a refunded thing should have been sent back and was not: staff see it in their list."""
    due_at = order.return_due_at
    return is_away(order) and due_at is not None and order.return_sent_at is None and due_at < now


def last_address(work: Work, sealer: Sealer, user_id: int) -> Address | None:
    """Where the buyer's last parcel went: to fill in the form."""
    last = select(Order).where(Order.buyer_id == user_id, Order.address_sealed.is_not(None)).order_by(Order.id.desc()).limit(1)
    order = work.session.scalars(last).one_or_none()
    return None if order is None else address_of(order, sealer)


def meet_code(order: Order, sealer: Sealer) -> str | None:
    """The six digits that only the buyer sees; None before a meeting is arranged."""
    if order.meet_code_sealed is None:
        return None
    return sealer.open(order.meet_code_sealed, f"trade_order.meet_code:{order.code}")


def _money_word(order: Order) -> str:
    """Enough for lists, which do not read the ledger: what was never paid is unpaid, the rest is held or on its way."""
    if order.refunded_at is not None:
        return "refunded"
    return "none" if order.paid_at is None else "held"
