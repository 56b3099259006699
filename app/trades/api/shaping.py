"""What the operations of sales share: the face, who may what, and an order as its two sides read it."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext

from app.accounts import queries as accounts
from app.kernel.errors import BadState, Conflict
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.listings import queries as listings
from app.payments import errors as payments
from app.trades import errors, policy, queries, rules
from app.trades.carrying import Charge, carrying
from app.trades.models import Order, TradeCase
from app.trades.queries.carrying import delivery_of
from app.trades.schemas import (
    CaseOut,
    ChargeOut,
    OrderOut,
    RoomOut,
    StatusOut,
    WayBackOut,
)
from app.web.api import Answer, Face, Tag
from app.web.api.shapes import words

face = Face("orders")

READ, WRITE = "orders:read", "orders:write"
SAME = {"code": "$request.path.code"}
STEP = (errors.OrderNotFound, errors.NotYourStep, BadState, Conflict)
# Moving money is refused when the books say so, whatever the order says.
MONEY = (
    payments.PaymentFrozen,
    payments.PaymentDisputed,
    payments.PaymentNotSettled,
    payments.MoreThanHeld,
    payments.LedgerRefused,
    payments.KeyReused,
)


def order_answer(work: Work, order: Order, *, created: bool = False) -> Answer:
    location = url_for("api.getOrder", code=order.code) if created else None
    return Answer(order_out(work, order), Tag(order.version), location)


def order_out(work: Work, order: Order) -> OrderOut:
    role = policy.role_in(work.actor, order) or rules.BUYER
    standing = queries.standing(work, order, role)
    people = accounts.users_by_id(work, [order.buyer_id, order.seller_id])
    listing = listings.listing_by_id(work, order.listing_id)
    assert listing is not None
    return OrderOut(
        code=order.code,
        state=order.state,
        version=order.version,
        role=role,  # type: ignore[arg-type]
        listing=listing.code,
        listing_version=order.listing_version_no,
        promise_sha256=order.listing_version_sha256,
        title=order.title,
        price_fen=order.price_fen,
        fee_fen=order.fee_fen,
        delivery_fen=order.delivery_fen,
        total_fen=order.total_fen,
        currency=order.currency,
        delivery=order.delivery,
        payment=order.payment_code if role == rules.BUYER else None,
        money=standing.money.state,
        shipment=order.shipment_state,
        problem=order.problem_state,
        carrier=order.carrier,
        tracking_no=order.tracking_no,
        meet_place=order.meet_place,
        way_back=_way_back(order),
        room=_room(work, order),
        buyer=people[order.buyer_id].code,
        seller=people[order.seller_id].code,
        status=_status(standing.status),
        actions=list(standing.actions),
        cases=[_case(each) for each in queries.cases_of(work, order.id)],
        created_at=iso_seconds(order.created_at),
    )


def _way_back(order: Order) -> WayBackOut | None:
    if order.return_due_at is None:
        return None
    return WayBackOut(
        until=iso_seconds(order.return_due_at),
        carrier=order.return_carrier,
        tracking_no=order.return_tracking_no,
        sent_at=iso_seconds(order.return_sent_at) if order.return_sent_at else None,
    )


def charges_out(lines: Iterable[Charge]) -> list[ChargeOut]:
    names = carrying().lines
    return [ChargeOut(code=each.code, name=words(names[each.code]), fen=each.fen) for each in lines]  # type: ignore[index]


def _room(work: Work, order: Order) -> RoomOut | None:
    plan = delivery_of(work, order.id)
    if plan is None:
        return None
    return RoomOut(
        lines=charges_out(plan.lines),
        slot_on=plan.slot_on.isoformat() if plan.slot_on else None,
        slot_part=plan.slot_part,
        installing=plan.installing,
        arrived_at=iso_seconds(order.arrived_at) if order.arrived_at else None,
        install_until=iso_seconds(order.install_due_at) if order.install_due_at else None,
    )


def _status(status: rules.Status) -> StatusOut:
    def said(text: str) -> str:
        return gettext(text, **status.values) if text and status.values else (gettext(text) if text else "")

    return StatusOut(
        sentence=said(status.sentence),
        next_step=said(status.next_step),
        who=status.who,
        until=iso_seconds(status.until) if status.until else None,
        otherwise=said(status.otherwise),
    )


def _case(case: TradeCase) -> CaseOut:
    return CaseOut(
        code=case.code,
        state=case.state,
        reason=case.reason,
        text=case.text,
        answer=case.answer_text,
        ruling=case.ruling,
        grounds=case.reason_text,
        opened_at=iso_seconds(case.opened_at),
    )
