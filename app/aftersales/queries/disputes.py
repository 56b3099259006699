"""Reads of disputes: who can be drawn, what a ruling can name, and the lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, or_, select

from app.accounts import queries as accounts
from app.accounts.models import User
from app.aftersales.errors import DisputeNotFound
from app.aftersales.models import Claim, ClaimDispute, ClaimLeg, ClaimRuling, DisputeAsking
from app.aftersales.queries.claims import evidence_of, items_of, proposals_of, return_of
from app.aftersales.states import CARRYING_OUT, DECIDING, DISPUTE_ENDED, DISPUTE_OPEN
from app.appraisal import queries as appraisal
from app.appraisal.models import Appraisal
from app.goods import queries as goods
from app.kernel.audit import AuditEntry
from app.kernel.ids import is_code
from app.kernel.work import Work
from app.regulations.queries import Rule
from app.trades.models import Order, TradeCase
from app.trades.queries import rights_of_order

APART_DAYS = 365  # after a sale or an appraisal between them, nobody decides about the other. Our own choice
ROTATION_DAYS = 365  # whose turn it is: who was drawn least often in so many days. Our own choice


def open_dispute_of(work: Work, claim_id: int) -> ClaimDispute | None:
    rows = select(ClaimDispute).where(ClaimDispute.claim_id == claim_id, ClaimDispute.state.in_(DISPUTE_OPEN))
    return work.session.scalars(rows).one_or_none()


def disputes_of(work: Work, claim_id: int) -> list[ClaimDispute]:
    """Of one claim, oldest first: more than one when a return that was ruled did not come to its end."""
    return list(work.session.scalars(select(ClaimDispute).where(ClaimDispute.claim_id == claim_id).order_by(ClaimDispute.no)))


def current_dispute(work: Work, claim_id: int) -> ClaimDispute | None:
    """The newest of a claim, open or ended."""
    rows = select(ClaimDispute).where(ClaimDispute.claim_id == claim_id).order_by(ClaimDispute.no.desc())
    return work.session.scalars(rows.limit(1)).first()


def dispute_of_payment(work: Work, payment_code: str) -> ClaimDispute | None:
    """The final ruling that is being carried out with this payment's money."""
    rows = select(ClaimDispute).join(Claim, Claim.id == ClaimDispute.claim_id).join(Order, Order.id == Claim.order_id)
    return work.session.scalars(rows.where(Order.payment_code == payment_code, ClaimDispute.state == CARRYING_OUT)).one_or_none()


def own_dispute(work: Work, code: str) -> ClaimDispute:
    """The dispute that the actor decides now. Raises DisputeNotFound for everybody else's, and for one that went on."""
    found = _find(work, code)
    if found is None or found.state != DECIDING or found.person_id is None or found.person_id != work.actor.user_id:
        raise DisputeNotFound()
    return found


def readable_dispute(work: Work, code: str) -> ClaimDispute:
    """For who decides now, who has ruled in it, and staff. Raises DisputeNotFound for everybody else."""
    found = _find(work, code)
    if found is None or not (work.actor.has("operator") or _took_part(work, found)):
        raise DisputeNotFound()
    return found


def _find(work: Work, code: str) -> ClaimDispute | None:
    return work.session.scalars(select(ClaimDispute).where(ClaimDispute.code == code)).first() if is_code(code) else None


def _took_part(work: Work, dispute: ClaimDispute) -> bool:
    me = work.actor.user_id
    if me is None:
        return False
    return dispute.person_id == me or any(ruling.by_id == me for ruling in rulings_of(work, dispute.id))


def askings_of(work: Work, dispute_id: int) -> list[DisputeAsking]:
    """Who was drawn, in order."""
    rows = select(DisputeAsking).where(DisputeAsking.dispute_id == dispute_id)
    return list(work.session.scalars(rows.order_by(DisputeAsking.no)))


def open_asking(work: Work, dispute_id: int) -> DisputeAsking | None:
    rows = select(DisputeAsking).where(DisputeAsking.dispute_id == dispute_id, DisputeAsking.answer.is_(None))
    return work.session.scalars(rows.order_by(DisputeAsking.no.desc()).limit(1)).first()


def rulings_of(work: Work, dispute_id: int) -> list[ClaimRuling]:
    """The first, and after an appeal the last."""
    return list(work.session.scalars(select(ClaimRuling).where(ClaimRuling.dispute_id == dispute_id).order_by(ClaimRuling.round)))


def legs_of(work: Work, dispute_id: int) -> list[ClaimLeg]:
    return list(work.session.scalars(select(ClaimLeg).where(ClaimLeg.dispute_id == dispute_id).order_by(ClaimLeg.id)))


def moves_of(work: Work, claim: Claim) -> int:
    """How often a claim, its disputes and the parts of their money have moved: what a program sees has changed with it."""
    disputes = disputes_of(work, claim.id)
    legs = [leg for each in disputes for leg in legs_of(work, each.id)]
    return claim.version + sum(each.version for each in disputes) + sum(leg.version for leg in legs)


def dispute_history(work: Work, claim_id: int) -> list[AuditEntry]:
    """The transitions of all disputes of a claim, oldest first."""
    ids = [each.id for each in disputes_of(work, claim_id)]
    rows = select(AuditEntry).where(
        AuditEntry.entity == "claim_dispute", AuditEntry.entity_id.in_(ids), AuditEntry.to_state.is_not(None)
    )
    return list(work.session.scalars(rows.order_by(AuditEntry.id))) if ids else []


# What a ruling names


@dataclass(frozen=True)
class Cited:
    """One piece of what lies before the arbitrator, by the number under which a ruling names it."""

    ref: str  # item-1, said-2, photo-1, report, return
    no: int = 0
    name: dict[str, str] | None = None  # of an item
    by: str = ""  # of words


def cited(work: Work, claim: Claim, order: Order) -> list[Cited]:
    """Everything that a ruling can rest on, in the order of the page."""
    found = [Cited("report")] if order.report_code else []
    found += [Cited(f"item-{no}", no, each.name) for no, each in enumerate(items_of(work, claim.id), 1)]
    found += [Cited(f"photo-{each.row.no}", each.row.no) for each in evidence_of(work, claim.id)]
    found += [Cited(f"said-{each.no}", each.no, by=each.by) for each in proposals_of(work, claim.id)]
    going = return_of(work, claim.id)
    return [*found, Cited("return")] if going is not None else found


def clauses_of(work: Work, order: Order) -> list[Rule]:
    """The rules of this sale that a ruling can name; what such a sale can never have is not among them."""
    return [right.rule for right in rights_of_order(work, order)]


@dataclass(frozen=True)
class Verdict:
    """A ruling as pages show it."""

    row: ClaimRuling
    person: User
    clauses: list[Rule]
    evidence: list[Cited]


def verdicts_of(work: Work, dispute: ClaimDispute, claim: Claim, order: Order) -> list[Verdict]:
    rows = rulings_of(work, dispute.id)
    if not rows:
        return []
    people = accounts.users_by_id(work, {row.by_id for row in rows})
    rules = {rule.code: rule for rule in clauses_of(work, order)}
    known = {each.ref: each for each in cited(work, claim, order)}
    return [
        Verdict(row, people[row.by_id], [rules[code] for code in row.clauses], [known[ref] for ref in row.evidence])
        for row in rows
    ]


# Who can be drawn


def eligible(work: Work, dispute: ClaimDispute, claim: Claim, order: Order) -> list[User]:
    """Among whom it is drawn, by public code: senior appraisers of the category; only where none is left, staff.

    Nobody who is close to a side or to the report (``is_neutral``), who has ruled in this claim, or who was drawn for this round
    and passed it on; who let it lie only when there is nobody else. Rotation: who was drawn least often lately.
    """
    experts = [
        person
        for agency in appraisal.agencies_for(work, order.category)
        for person in appraisal.appraisers_for(work, agency.id, order.category)
        if appraisal.is_senior(work, person.id, order.category)
    ]
    groups = (experts, accounts.people_with_role(work, "operator"))
    for asked in (_asked_before(work, dispute), _asked_before(work, dispute, again=True)):
        for group in groups:
            pool = {one.code: one for one in group if one.id not in asked and is_neutral(work, order, one.id)}
            if pool:
                return _whose_turn(work, [pool[code] for code in sorted(pool)])
    return []


def is_neutral(work: Work, order: Order, user_id: int) -> bool:
    """Neither a side of the sale nor working with one, nor with the agency of the report; has sold to, bought from or appraised
    for neither lately, and decided nothing in this order before."""
    sides = (order.buyer_id, order.seller_id)
    if user_id in sides:
        return False
    barred = {house.id for side in sides for _role, house in accounts.memberships_of(work, side)}
    report = appraisal.promised_report(work, order.report_code) if order.report_code else None
    if report is not None:
        barred.add(report.agency_id)
    if barred & {house.id for _role, house in accounts.memberships_of(work, user_id)}:
        return False
    since = work.now - timedelta(days=APART_DAYS)
    if any(goods.dealt_with(work, user_id, side, since) for side in sides):
        return False
    appraised = select(Appraisal.id).where(
        Appraisal.appraiser_id == user_id, Appraisal.owner_id.in_(sides), Appraisal.entered_at >= since
    )
    ruled = select(TradeCase.id).where(TradeCase.order_id == order.id, TradeCase.ruled_by == user_id)
    return all(work.session.scalars(rows.limit(1)).first() is None for rows in (appraised, ruled))


def _asked_before(work: Work, dispute: ClaimDispute, *, again: bool = False) -> set[int]:
    """Who has ruled in any dispute of this claim, or was drawn in this round; ``again``: who let it lie may be asked again."""
    same_claim = select(ClaimDispute.id).where(ClaimDispute.claim_id == dispute.claim_id)
    ruled = work.session.scalars(select(ClaimRuling.by_id).where(ClaimRuling.dispute_id.in_(same_claim)))
    drawn = [one for one in askings_of(work, dispute.id) if one.round == dispute.round]
    return {*ruled, *(one.person_id for one in drawn if not again or one.answer == "passed")}


def _whose_turn(work: Work, people: Sequence[User]) -> list[User]:
    """Those of them who were drawn least often."""
    since = work.now - timedelta(days=ROTATION_DAYS)
    rows = select(DisputeAsking.person_id, func.count()).where(
        DisputeAsking.person_id.in_([one.id for one in people]), DisputeAsking.asked_at >= since
    )
    drawn = {int(person_id): int(count) for person_id, count in work.session.execute(rows.group_by(DisputeAsking.person_id))}
    least = min(drawn.get(one.id, 0) for one in people)
    return [one for one in people if drawn.get(one.id, 0) == least]


# Lists


def my_disputes(work: Work, user_id: int, limit: int = 50) -> list[tuple[ClaimDispute, Order]]:
    """What waits for the person to decide, the soonest first; then what they have decided, newest first."""
    ruled = select(ClaimRuling.dispute_id).where(ClaimRuling.by_id == user_id)
    mine = (ClaimDispute.person_id == user_id) & (ClaimDispute.state == DECIDING)
    waiting = _with_order().where(mine).order_by(ClaimDispute.due_at)
    past = _with_order().where(ClaimDispute.id.in_(ruled), or_(ClaimDispute.state != DECIDING, ClaimDispute.person_id != user_id))
    rows = [*work.session.execute(waiting), *work.session.execute(past.order_by(ClaimDispute.id.desc()).limit(limit))]
    return [(row[0], row[1]) for row in rows]


def disputes_to_decide(work: Work, user_id: int) -> int:
    """How many wait for this person's ruling."""
    mine = select(func.count(ClaimDispute.id)).where(ClaimDispute.person_id == user_id, ClaimDispute.state == DECIDING)
    return work.session.scalar(mine) or 0


def disputes_that_wait_for_staff(work: Work) -> int:
    """How many have nobody who can be drawn, or a part of the money that the payer refused."""
    refused = select(ClaimLeg.id).where(ClaimLeg.dispute_id == ClaimDispute.id, ClaimLeg.state == "failed").exists()
    rows = select(func.count(ClaimDispute.id)).where(
        ClaimDispute.state.in_(DISPUTE_OPEN), ClaimDispute.staff_reason.is_not(None) | refused
    )
    return work.session.scalar(rows) or 0


def disputes_for_staff(work: Work, limit: int = 100) -> list[tuple[ClaimDispute, Order]]:
    """All that are open, the one that waits longest first; then the newest of the others."""
    rows = _with_order().where(ClaimDispute.state.in_(DISPUTE_OPEN)).order_by(ClaimDispute.opened_at, ClaimDispute.id)
    past = _with_order().where(ClaimDispute.state.in_(DISPUTE_ENDED)).order_by(ClaimDispute.id.desc()).limit(limit)
    return [(row[0], row[1]) for query in (rows, past) for row in work.session.execute(query)]


def _with_order() -> Select[tuple[ClaimDispute, Order]]:
    claimed = select(ClaimDispute, Order).join(Claim, Claim.id == ClaimDispute.claim_id)
    return claimed.join(Order, Order.id == Claim.order_id)
