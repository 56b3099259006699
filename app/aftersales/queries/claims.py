"""Reads of claims: the claim, its evidence, and the way back of the thing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import or_, select

from app.aftersales import rules, states
from app.aftersales.errors import ClaimNotFound
from app.aftersales.models import (
    Claim,
    ClaimDispute,
    ClaimEvidence,
    ClaimItem,
    ClaimProposal,
    ClaimReturn,
    ClaimRuling,
)
from app.aftersales.rules import Item
from app.appraisal import queries as appraisal
from app.goods import queries as goods
from app.kernel.audit import AuditEntry
from app.kernel.ids import is_code
from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.media import queries as media
from app.media.models import Photo
from app.trades import queries as trades
from app.trades.models import Order
from app.trades.queries.checking import CheckedLine, differences_of
from app.trades.queries.promised import promised_items


def claim_of(work: Work, code: str) -> tuple[Claim, Order]:
    """A claim with its order: for its buyer and its seller, for who decides or has decided its dispute, and for staff.

    Raises ClaimNotFound for everybody else.
    """
    claim = work.session.scalars(select(Claim).where(Claim.code == code)).one_or_none() if is_code(code) else None
    if claim is None:
        raise ClaimNotFound()
    order = work.session.get_one(Order, claim.order_id)
    if role_in(work, order) is None and not work.actor.has("operator") and not _is_arbitrator(work, claim):
        raise ClaimNotFound()
    return claim, order


def _is_arbitrator(work: Work, claim: Claim) -> bool:
    me = work.actor.user_id
    if me is None:
        return False
    decides = select(ClaimDispute.id).where(ClaimDispute.claim_id == claim.id, ClaimDispute.person_id == me)
    ruled = select(ClaimRuling.id).join(ClaimDispute, ClaimDispute.id == ClaimRuling.dispute_id)
    ruled = ruled.where(ClaimDispute.claim_id == claim.id, ClaimRuling.by_id == me)
    return any(work.session.scalars(rows.limit(1)).first() is not None for rows in (decides, ruled))


def order_of(work: Work, claim: Claim) -> Order:
    return work.session.get_one(Order, claim.order_id)


def role_in(work: Work, order: Order) -> str | None:
    """Buyer or seller of the order; None for everybody else."""
    if work.actor.user_id is None:
        return None
    if work.actor.user_id == order.buyer_id:
        return states.BUYER
    return states.SELLER if work.actor.user_id == order.seller_id else None


def open_claim_of(work: Work, order_id: int) -> Claim | None:
    return work.session.scalars(select(Claim).where(Claim.order_id == order_id, Claim.state.in_(states.OPEN))).one_or_none()


def claims_of(work: Work, user_id: int, before: int | None = None, limit: int = 100) -> list[Claim]:
    """Claims of somebody's purchases and sales, newest first; ``before`` is an id to go on from."""
    mine = or_(Order.buyer_id == user_id, Order.seller_id == user_id)
    rows = select(Claim).join(Order, Order.id == Claim.order_id).where(mine)
    if before is not None:
        rows = rows.where(Claim.id < before)
    return list(work.session.scalars(rows.order_by(Claim.id.desc()).limit(limit)))


_NO_ADDRESS = ClaimReturn.address_sealed.is_(None)
_SENT = ClaimReturn.sent_at.is_not(None)


def waiting_for(work: Work, user_id: int) -> int:
    """How many claims wait for this person's answer."""
    mine = or_(
        (Order.seller_id == user_id) & (Claim.state == states.SELLER_TURN),
        (Order.buyer_id == user_id) & (Claim.state == states.BUYER_TURN),
        (Order.seller_id == user_id) & (Claim.state == states.RETURNING) & (_NO_ADDRESS | _SENT),
        (Order.buyer_id == user_id) & (Claim.state == states.RETURNING) & ~_NO_ADDRESS & ~_SENT,
    )
    rows = select(Claim.id).join(Order, Order.id == Claim.order_id).outerjoin(ClaimReturn, ClaimReturn.claim_id == Claim.id)
    return len(work.session.scalars(rows.where(mine)).all())


def for_staff(work: Work, limit: int = 200) -> list[tuple[Claim, Order]]:
    """All claims that wait for a ruling, the longest waiting first; then the newest of the others."""
    rows = select(Claim, Order).join(Order, Order.id == Claim.order_id)
    waiting = rows.where(Claim.state == states.ESCALATED).order_by(Claim.entered_at, Claim.id)
    others = rows.where(Claim.state != states.ESCALATED).order_by(Claim.id.desc()).limit(limit)
    return [(claim, order) for query in (waiting, others) for claim, order in work.session.execute(query)]


def items_of(work: Work, claim_id: int) -> list[ClaimItem]:
    return list(work.session.scalars(select(ClaimItem).where(ClaimItem.claim_id == claim_id).order_by(ClaimItem.id)))


def proposals_of(work: Work, claim_id: int) -> list[ClaimProposal]:
    rows = select(ClaimProposal).where(ClaimProposal.claim_id == claim_id).order_by(ClaimProposal.no)
    return list(work.session.scalars(rows))


@dataclass(frozen=True)
class Piece:
    """One piece of evidence with its photo."""

    row: ClaimEvidence
    photo: Photo


def evidence_of(work: Work, claim_id: int) -> list[Piece]:
    """In the order of the chain."""
    rows = list(work.session.scalars(select(ClaimEvidence).where(ClaimEvidence.claim_id == claim_id).order_by(ClaimEvidence.no)))
    photos = media.photos_by_id(work, [row.photo_id for row in rows])
    return [Piece(row, photos[row.photo_id]) for row in rows]


def is_chain_whole(claim: Claim, pieces: Sequence[Piece]) -> bool:
    """Whether every hash follows from the photo's own hash and the one before."""
    told = [
        (each.row.no, each.row.by, each.photo.upload_sha256, each.row.previous, each.row.hash, each.row.at) for each in pieces
    ]
    return rules.is_whole(claim.code, told)


def claimed_before(work: Work, order_id: int) -> set[str]:
    """Keys of the items that were claimed about in this order."""
    return set(work.session.scalars(select(ClaimItem.item_key).where(ClaimItem.order_id == order_id)))


def in_another_order(work: Work, order_id: int, hashes: Iterable[str]) -> bool:
    """Whether one of these photos is evidence in another order."""
    rows = select(ClaimEvidence.id).where(ClaimEvidence.sha256.in_(list(hashes)), ClaimEvidence.order_id != order_id)
    return work.session.scalars(rows.limit(1)).first() is not None


def items_to_claim(work: Work, order: Order) -> list[Item]:
    """What was promised in this order: its number, the items of its signed report, the seller's answers in the frozen version."""
    return [Item(each.key, each.name, each.promised, each.section) for each in promised_items(work, order)]


def differences_to_claim(work: Work, order: Order) -> list[CheckedLine]:
    """What the buyer's list at delivery found otherwise, without what was claimed about before."""
    before = claimed_before(work, order.id)
    return [line for line in differences_of(work, order.id) if line.row.item_key not in before]


def return_of(work: Work, claim_id: int) -> ClaimReturn | None:
    """The way back that was agreed in this claim."""
    return work.session.scalars(select(ClaimReturn).where(ClaimReturn.claim_id == claim_id)).one_or_none()


def leg_of(going: ClaimReturn | None) -> Literal["address", "send", "receive"]:
    """Which step of the way back is next: address, send, receive."""
    if going is None or going.address_sealed is None:
        return "address"
    return "send" if going.sent_at is None else "receive"


@dataclass(frozen=True)
class ExpectedBack:
    """By what the seller knows the thing: which number is on it, and the seal of the signed report."""

    kind: str | None  # imei | serial | vin
    number: str | None
    seal_no: str | None


def expected_back(work: Work, order: Order) -> ExpectedBack:
    """What must stand on the thing that comes back; the number is the thing's own, which the report names masked."""
    thing = goods.thing_by_id(work, order.thing_id)
    assert thing is not None
    known = {"imei": thing.imei, "serial": thing.serial, "vin": thing.vin}
    kind = next((name for name, value in known.items() if value), None)
    report = appraisal.promised_report(work, order.report_code) if order.report_code else None
    seal = (report.content["evidence"].get("seal") or {}) if report is not None else {}
    return ExpectedBack(kind, known[kind] if kind else None, seal.get("no"))


def return_address_of(claim: Claim, going: ClaimReturn, sealer: Sealer) -> dict[str, str] | None:
    """Where it goes back to, in clear: for this buyer and the seller while it is on its way. Personal."""
    if going.address_sealed is None or claim.state != states.RETURNING:
        return None
    opened: dict[str, str] = json.loads(sealer.open(going.address_sealed, rules.address_place(claim.code)))
    return opened


def history(work: Work, claim_id: int) -> list[AuditEntry]:
    """The claim's transitions, oldest first."""
    steps = select(AuditEntry).where(
        AuditEntry.entity == "claim", AuditEntry.entity_id == claim_id, AuditEntry.to_state.is_not(None)
    )
    return list(work.session.scalars(steps.order_by(AuditEntry.id)))


def order_to_claim(work: Work, code: str) -> Order:
    """The order, for its two sides. Raises OrderNotFound."""
    return trades.own_order(work, code)
