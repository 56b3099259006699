"""The claim that a verb is about, locked behind its order, and what both sides are told at each step."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from app.aftersales.errors import ClaimNotFound, NotYourTurn, TurnOver
from app.aftersales.models import Claim
from app.aftersales.queries import claim_of, role_in
from app.aftersales.states import BUYER, SELLER, SIDES
from app.kernel.errors import Conflict
from app.kernel.money import format_yuan
from app.kernel.text import N_
from app.kernel.time import SHANGHAI
from app.kernel.work import Work
from app.notices.service import notify
from app.trades import queries as trades
from app.trades.models import Order

# step -> who is told -> sentence. Every sentence may use %(title)s, %(amount)s and %(due)s.
SENTENCES: dict[str, dict[str, str]] = {
    "opened": {
        SELLER: N_("The buyer of “%(title)s” has opened a claim. Please answer by %(due)s: silence counts as agreeing."),
    },
    "offered": {
        BUYER: N_("The seller of “%(title)s” has answered your claim with an offer. Please answer by %(due)s."),
    },
    "refused": {
        BUYER: N_(
            "The seller of “%(title)s” has refused your claim. Until %(due)s you can ask again or let an arbitrator decide."
        ),
    },
    "asked_again": {
        SELLER: N_("The buyer of “%(title)s” asks for something else. Please answer by %(due)s: silence counts as agreeing."),
    },
    "escalated": {
        BUYER: N_("An arbitrator is drawn by lot who decides about your claim for “%(title)s”. The money stays where it is."),
        SELLER: N_("The claim for “%(title)s” goes to an arbitrator who is drawn by lot. The money stays where it is."),
    },
    "drawn": {
        BUYER: N_("%(person)s was drawn by lot and decides about your claim for “%(title)s” by %(due)s."),
        SELLER: N_("%(person)s was drawn by lot and decides about the claim for “%(title)s” by %(due)s."),
    },
    "ruled": {
        BUYER: N_("There is a ruling about your claim for “%(title)s”. Accept it, or appeal once until %(due)s."),
        SELLER: N_("There is a ruling about the claim for “%(title)s”. Accept it, or appeal once until %(due)s."),
    },
    "appeal_ends": {
        BUYER: N_("The ruling about your claim for “%(title)s” becomes final on %(due)s. Until then you can appeal."),
        SELLER: N_("The ruling about the claim for “%(title)s” becomes final on %(due)s. Until then you can appeal."),
    },
    "appealed": {
        BUYER: N_("There is an appeal about your claim for “%(title)s”. Another arbitrator is drawn, whose ruling is final."),
        SELLER: N_("There is an appeal about the claim for “%(title)s”. Another arbitrator is drawn, whose ruling is final."),
    },
    "final": {
        BUYER: N_("The ruling about your claim for “%(title)s” is final and is carried out."),
        SELLER: N_("The ruling about the claim for “%(title)s” is final and is carried out."),
    },
    "partial_refund": {
        BUYER: N_("Your claim for “%(title)s” is settled: you get %(amount)s back and keep the item."),
        SELLER: N_("The claim for “%(title)s” is settled: the buyer gets %(amount)s back and keeps the item."),
    },
    "return_refund": {
        BUYER: N_("Your claim for “%(title)s” is settled: you get %(amount)s back. How the item goes back is on the order page."),
        SELLER: N_(
            "The claim for “%(title)s” is settled: the buyer gets %(amount)s back. On the order page you say where the item goes "
            "back to."
        ),
    },
    "return_agreed": {
        BUYER: N_("A return of “%(title)s” is agreed. The seller names the address by %(due)s; please wait for it."),
        SELLER: N_("A return of “%(title)s” is agreed. Please say by %(due)s where it goes back to."),
    },
    "address_named": {
        BUYER: N_("The seller of “%(title)s” has named the address for the return. Please send it by %(due)s."),
    },
    "sent_back": {
        SELLER: N_("“%(title)s” is on its way back. Please look at it by %(due)s: silence counts as having received it."),
    },
    "returned": {
        BUYER: N_("“%(title)s” is back with its seller: you get %(amount)s back."),
        SELLER: N_("“%(title)s” is back with you, and the buyer gets %(amount)s back."),
    },
    "other_item": {
        BUYER: N_("The number on what came back for “%(title)s” is not that of what was sold. An arbitrator decides."),
        SELLER: N_(
            "The number on what came back for “%(title)s” is not that of what was sold. No money moves; an arbitrator decides."
        ),
    },
    "altered": {
        BUYER: N_("The seller says that “%(title)s” came back altered. An arbitrator decides."),
        SELLER: N_("You say that “%(title)s” came back altered. No money moves; an arbitrator decides."),
    },
    "nothing_came": {
        BUYER: N_("The seller says that “%(title)s” has not come back. No money moves; an arbitrator decides."),
        SELLER: N_("You say that “%(title)s” has not come back. No money moves; an arbitrator decides."),
    },
    "stuck": {
        BUYER: N_("The return of “%(title)s” does not go on by itself. An arbitrator decides."),
        SELLER: N_("The return of “%(title)s” does not go on by itself. An arbitrator decides."),
    },
    "withdrawn": {
        BUYER: N_("Your claim for “%(title)s” has ended without money."),
        SELLER: N_("The claim for “%(title)s” has ended without money."),
    },
    "denied": {
        BUYER: N_("Your claim for “%(title)s” is denied. The reasons are on its page."),
        SELLER: N_("The claim for “%(title)s” is denied."),
    },
    "overtaken": {
        BUYER: N_("Your bank has given you the money for “%(title)s” back, so your claim has ended."),
        SELLER: N_("The buyer's bank has given the money for “%(title)s” back, so the claim has ended."),
    },
}


def tell(
    work: Work,
    claim: Claim,
    order: Order,
    step: str,
    amount_fen: int = 0,
    again: str = "",
    *,
    due_at: datetime | None = None,
    person: str = "",
    roles: Collection[str] = SIDES,
) -> None:
    """One notice by page and mail to whoever is concerned, once per step and proposal. ``due_at``, when not the claim's own."""
    day = due_at or claim.due_at
    due = day.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if day else ""
    values = {"title": order.title, "amount": format_yuan(amount_fen), "due": due, "person": person}
    people = {BUYER: order.buyer_id, SELLER: order.seller_id}
    for role, sentence in SENTENCES[step].items():
        if role not in roles:
            continue
        used = {name: value for name, value in values.items() if f"%({name})s" in sentence}
        key = f"claim.{step}:{claim.code}:{claim.last_no}{again and ':' + again}"
        notify(work, people[role], text=sentence, values=used, link=f"/claims/{claim.code}", key=key)


def locked(work: Work, code: str) -> tuple[Claim, Order]:
    """Claim and order as they stand when nobody else can move them: the order is locked first. Raises ClaimNotFound."""
    claim, _ = claim_of(work, code)
    return _behind_the_order(work, claim)


def locked_by_id(work: Work, claim_id: int) -> tuple[Claim, Order]:
    """For the clock and for news, which act for nobody."""
    return _behind_the_order(work, work.session.get_one(Claim, claim_id))


def locked_of_payment(work: Work, payment_code: str) -> tuple[Claim, Order] | None:
    """The claim that holds the order of this payment; None when there is none."""
    order = trades.order_of_payment(work, payment_code, to_change=True)
    if order is None:
        return None
    rows = select(Claim).where(Claim.order_id == order.id, Claim.ended_at.is_(None)).with_for_update()
    claim = work.session.scalars(rows.execution_options(populate_existing=True)).one_or_none()
    return None if claim is None else (claim, order)


def _behind_the_order(work: Work, claim: Claim) -> tuple[Claim, Order]:
    work.session.flush()
    order = trades.order_by_id(work, claim.order_id, to_change=True)
    work.session.refresh(order)
    work.session.refresh(claim, with_for_update=True)
    return claim, order


def step_of(work: Work, code: str, role: str, expected_version: int) -> tuple[Claim, Order]:
    """The claim, for one side's step, not on an old page and in its time. Raises NotYourTurn, Conflict, TurnOver."""
    claim, order = locked(work, code)
    mine = role_in(work, order)
    if mine is None:
        raise ClaimNotFound()
    if mine != role:
        raise NotYourTurn()
    if claim.version != expected_version:
        raise Conflict()
    if claim.due_at is not None and work.now > claim.due_at:
        raise TurnOver()
    return claim, order
