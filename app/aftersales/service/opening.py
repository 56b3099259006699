"""The buyer points at what was promised and shows what arrived; order and money stand still from then on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.aftersales import rules
from app.aftersales.errors import (
    AnotherClaimOpen,
    ClaimTooLate,
    EvidenceElsewhere,
    ItemClaimed,
    NoSuchRight,
    NotReceived,
    NotYourTurn,
    ReturnExcluded,
    ThingNotWithBuyer,
)
from app.aftersales.models import Claim, ClaimEvidence, ClaimItem, ClaimProposal
from app.aftersales.queries import (
    claimed_before,
    differences_to_claim,
    in_another_order,
    items_to_claim,
    open_claim_of,
    role_in,
)
from app.aftersales.rules import CHANGE_OF_MIND, LONGEST, MOST_ITEMS, MOST_PHOTOS, REASONS, SHORTEST, Item
from app.aftersales.service.telling import tell
from app.aftersales.states import ASK, BUYER, CLAIM_FLOW, RETURN, SELLER_TURN
from app.kernel.deadlines import set_deadline
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.money import format_yuan
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.time import SHANGHAI, shanghai_day
from app.kernel.work import Work
from app.media import service as media
from app.media.models import Photo
from app.regulations.queries import EXCLUDED, Right, rules_on
from app.trades import queries as trades
from app.trades import service as trading
from app.trades.models import Order
from app.trades.queries import is_completed, is_with_buyer, rights_of_order


@dataclass(frozen=True)
class Wanted:
    """What the buyer claims. ``items``: keys of what was promised; ``amount_fen``: of a partial refund."""

    reason: str
    text: str
    remedy: str
    items: Sequence[str] = ()
    amount_fen: int | None = None
    photos: Sequence[bytes] = ()


def open_claim(work: Work, store: Any, sealer: Sealer, order_code: str, wanted: Wanted) -> Claim:
    """Open a claim on the right that the rules compute for this order and this moment.

    Raises NotReceived, AnotherClaimOpen, ItemClaimed, NoSuchRight, ClaimTooLate, ReturnExcluded, ThingNotWithBuyer,
    EvidenceElsewhere, InvalidInput naming the fields, what photos and trades refuse.
    """
    order = trades.own_order(work, order_code, to_change=True)
    if role_in(work, order) != BUYER:
        raise NotYourTurn()
    possible(work, order)
    shown = _shown_before(work, order, wanted)
    chosen = _chosen(work, order, wanted, len(shown))
    right = _right(work, order, wanted.reason)
    if wanted.remedy == RETURN and not trading.can_come_back(work, order):
        raise ThingNotWithBuyer()
    most = trading.refundable_fen(work, order)
    amount = _amount(order, wanted, most)
    _fresh_evidence(work, order, wanted.photos, shown)
    assert right.until is not None
    claim = Claim(
        code=new_code(),
        state=SELLER_TURN,
        version=1,
        entered_at=work.now,
        order_id=order.id,
        opened_by=order.buyer_id,
        opened_at=work.now,
        reason=wanted.reason,
        text=wanted.text.strip(),
        rules_id=rules_on(shanghai_day(order.paid_at or order.created_at)).id,
        right_code=right.code,
        right_until=right.until,
        most_fen=most,
        last_no=1,
        last_kind=ASK,
        last_remedy=wanted.remedy,
        last_fen=amount,
        due_at=rules.due_at(work.now, SELLER_TURN),
    )
    work.session.add(claim)
    work.session.flush()
    _write(work, claim, chosen)
    _write_evidence(work, store, sealer, claim, shown, wanted.photos)
    trading.hold_for_claim(work, order, claim.code, wanted.reason)
    CLAIM_FLOW.start(work, claim, {"order": order.code, "right": right.code, "reason": wanted.reason, "fen": amount})
    assert claim.due_at is not None
    set_deadline(work, "claim", claim.id, "answer", claim.due_at, claim.version)
    tell(work, claim, order, "opened")
    return claim


def possible(work: Work, order: Order) -> None:
    """Whether a claim can be opened at all now. Raises NotReceived, AnotherClaimOpen."""
    if not (is_with_buyer(order) or is_completed(order)) or order.delivered_at is None:
        raise NotReceived()
    if open_claim_of(work, order.id) is not None:
        raise AnotherClaimOpen()


def _shown_before(work: Work, order: Order, wanted: Wanted) -> list[Photo]:
    """Photos of the buyer's list at delivery that show what is claimed now: they are evidence without being sent again."""
    keys = set(wanted.items)
    return [
        line.photo
        for line in differences_to_claim(work, order)
        if line.photo is not None and line.photo.state != "failed" and line.row.item_key in keys
    ]


def _chosen(work: Work, order: Order, wanted: Wanted, shown: int) -> list[Item]:
    """The items pointed at, as they were promised. Raises InvalidInput with every fault, ItemClaimed."""
    promised = {item.key: item for item in items_to_claim(work, order)}
    keys = list(dict.fromkeys(wanted.items))
    free = wanted.reason == CHANGE_OF_MIND
    errors: dict[str, str] = {}
    if wanted.reason not in REASONS:
        errors["reason"] = N_("Please choose what is wrong.")
    elif wanted.remedy not in rules.remedies(wanted.reason):
        errors["remedy"] = N_("Please choose what you ask for. Without a reason only a return is possible.")
    if not SHORTEST <= len(wanted.text.strip()) <= LONGEST:
        errors["text"] = N_("Please describe in 10 to 1,000 characters what you see and what was promised.")
    if not free and not 1 <= len(keys) <= MOST_ITEMS:
        errors["items"] = N_("Please point at what differs: 1 to 20 items.")
    elif not set(keys) <= set(promised):
        errors["items"] = N_("One of these items was not promised in this order. Please choose from the list.")
    if shown + len(wanted.photos) > MOST_PHOTOS or (not free and not shown and not wanted.photos):
        errors["photos"] = N_("Please add 1 to 6 photos that show what you see.")
    if errors:
        raise InvalidInput(errors)
    before = claimed_before(work, order.id)
    for key in keys:
        if key in before:
            raise ItemClaimed(name=promised[key].name["zh"])
    return [promised[key] for key in keys]


def _right(work: Work, order: Order, reason: str) -> Right:
    """The open right that the claim rests on. Raises NoSuchRight, ReturnExcluded, ClaimTooLate (which says its period)."""
    right = rules.right_for(rights_of_order(work, order), reason)
    if right is None:
        raise NoSuchRight()
    if right.is_open:
        return right
    name, source = right.rule.name.zh, right.rule.source.zh
    if right.state == EXCLUDED:
        raise ReturnExcluded(name=name, source=source)
    assert right.until is not None
    raise ClaimTooLate(name=name, until=right.until.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"), source=source)


def _amount(order: Order, wanted: Wanted, most: int) -> int:
    """Of a return everything; of a part at least 0.01 and less than everything while the money is held. Raises InvalidInput."""
    if wanted.remedy == RETURN:
        return most
    return part_of(order, wanted.amount_fen, most)


def part_of(order: Order, amount_fen: int | None, most: int) -> int:
    """A partial refund that is possible. Raises InvalidInput that says between which amounts it lies."""
    most = most - 1 if is_with_buyer(order) else most
    if amount_fen is None or not 1 <= amount_fen <= most:
        raise InvalidInput(
            {"amount": N_("Please name an amount between %(least)s and %(most)s: more than that cannot go back in this way.")},
            least=format_yuan(1),
            most=format_yuan(most),
        )
    return amount_fen


def _fresh_evidence(work: Work, order: Order, photos: Sequence[bytes], shown: Sequence[Photo]) -> None:
    hashes = [*(hashlib.sha256(data).hexdigest() for data in photos), *(photo.upload_sha256 for photo in shown)]
    if in_another_order(work, order.id, hashes):
        raise EvidenceElsewhere(
            {"photos": N_("One of these photos is evidence in another order. Please take photos of this item.")}
        )


def _write(work: Work, claim: Claim, chosen: Sequence[Item]) -> None:
    """Items and the first proposal."""
    for item in chosen:
        work.session.add(
            ClaimItem(claim_id=claim.id, order_id=claim.order_id, item_key=item.key, name=item.name, promised=item.promised)
        )
    work.session.add(
        ClaimProposal(
            claim_id=claim.id,
            no=1,
            by=BUYER,
            kind=ASK,
            remedy=claim.last_remedy,
            amount_fen=claim.last_fen,
            words=claim.text,
            at=work.now,
        )
    )
    work.session.flush()


def _write_evidence(work: Work, store: Any, sealer: Sealer, claim: Claim, shown: Sequence[Photo], sent: Sequence[bytes]) -> None:
    """First what was shown at delivery, then what is sent now, chained; the same bytes once."""
    known = {photo.upload_sha256: photo for photo in shown}
    fresh = {hashlib.sha256(data).hexdigest(): data for data in sent}
    photos = [
        *known.values(),
        *(media.receive(work, store, claim.opened_by, data, sealer=sealer) for each, data in fresh.items() if each not in known),
    ]
    previous = ""
    for no, photo in enumerate(photos, 1):
        previous = _add_evidence(work, claim, photo, no, previous)


def _add_evidence(work: Work, claim: Claim, photo: Photo, no: int, previous: str) -> str:
    own = rules.chained(claim.code, no, BUYER, photo.upload_sha256, previous, work.now)
    work.session.add(
        ClaimEvidence(
            claim_id=claim.id,
            order_id=claim.order_id,
            no=no,
            by=BUYER,
            photo_id=photo.id,
            sha256=photo.upload_sha256,
            previous=previous,
            hash=own,
            at=work.now,
        )
    )
    work.session.flush()
    return own
