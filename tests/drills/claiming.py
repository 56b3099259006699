"""Claims in the random lives: what the buyer, the seller and staff do about one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from app.aftersales import queries, service
from app.aftersales.models import Claim
from app.aftersales.service import Wanted
from app.aftersales.states import BUYER_TURN, ESCALATED, PARTIAL, RETURN, SELLER_TURN
from app.trades.models import Order
from tests.listings.making import tiny_photo

if TYPE_CHECKING:
    from tests.drills.sales import Life

WORDS = "到手的东西与发布时写的不一样，照片可以看出。"
_photos = count(1)


def open_claim_of(life: Life, order: Order) -> Claim | None:
    with life.hub.look() as work:
        return queries.open_claim_of(work, order.id)


def _open(life: Life, order: Order, remedy: str) -> None:
    """About the first thing promised of which there was no claim yet; a part is a quarter."""
    with life.hub.look() as work:
        before = queries.claimed_before(work, order.id)
        free = [item.key for item in queries.items_to_claim(work, order) if item.key not in before]
    amount = order.total_fen // 4 if remedy == PARTIAL else None
    wanted = Wanted("not_as_described", WORDS, remedy, free[:1], amount, [tiny_photo(next(_photos))])
    life.as_(order.buyer_id, service.open_claim, life.hub.store, life.hub.sealer, order.code, wanted)


def _step(verb: Callable[..., object], role: str, *more: object) -> Callable[[Life, Order], object]:
    """One side's or staff's step in the open claim; nothing where there is none."""

    def act(life: Life, order: Order) -> object:
        claim = open_claim_of(life, order)
        who = {"buyer": order.buyer_id, "seller": order.seller_id, "staff": life.operator}[role]
        return claim and life.as_(who, verb, claim.code, claim.version, *more)

    return act


CLAIM_VERBS: dict[str, Callable[[Life, Order], object]] = {
    "claim_part": lambda life, order: _open(life, order, PARTIAL),
    "claim_return": lambda life, order: _open(life, order, RETURN),
    "claim_accept": _step(service.accept, "seller"),
    "claim_offer": _step(service.offer, "seller", PARTIAL, 1_000, WORDS),
    "claim_refuse": _step(service.refuse, "seller", WORDS),
    "claim_agree": _step(service.agree, "buyer"),
    "claim_again": _step(service.ask_again, "buyer", PARTIAL, 2_000, WORDS),
    "claim_withdraw": _step(service.withdraw, "buyer"),
    "claim_escalate": _step(service.escalate, "buyer"),
    "claim_grant": _step(service.rule, "staff", PARTIAL, 3_000, "seller_fault", WORDS),
    "claim_return_granted": _step(service.rule, "staff", RETURN, None, "seller_fault", WORDS),
    "claim_dismiss": _step(service.rule, "staff", "", None, "buyer_fault", WORDS),
}


def usual(claim: Claim, choice: int) -> str:
    """What most people do next in a claim."""
    return {
        SELLER_TURN: ("claim_accept", "claim_refuse", "claim_offer", "claim_offer"),
        BUYER_TURN: ("claim_agree", "claim_escalate", "claim_again", "claim_agree"),
        ESCALATED: ("claim_grant", "claim_return_granted", "claim_dismiss", "claim_grant"),
    }[claim.state][choice]


__all__ = ["CLAIM_VERBS", "open_claim_of", "usual"]
