"""The ruling with its reasons, one appeal, and carrying out what is final. Until then no money moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.aftersales import rules
from app.aftersales.errors import (
    AcceptedAlready,
    ClaimNotFound,
    NothingToCarryOut,
    NotNeutral,
    NotRuled,
    TurnOver,
)
from app.aftersales.events import ArbitratorWanted, RulingFinal
from app.aftersales.models import Claim, ClaimDispute, ClaimRuling
from app.aftersales.queries import (
    cited,
    claim_of,
    clauses_of,
    current_dispute,
    dispute_of_payment,
    is_neutral,
    legs_of,
    own_dispute,
    readable_dispute,
    role_in,
    rulings_of,
)
from app.aftersales.rules import LONGEST, LONGEST_REASONS, SHORTEST
from app.aftersales.service import legs
from app.aftersales.service.disputes import close_asking, locked_dispute
from app.aftersales.service.ending import end_without_money, ruling_remedies, settle
from app.aftersales.service.opening import part_of
from app.aftersales.service.telling import tell
from app.aftersales.states import (
    ACCEPT,
    ACCEPT_BOTH,
    APPEAL,
    BUYER,
    CARRYING_OUT,
    DISPUTE_FLOW,
    ESCALATED,
    FAULTS,
    RETURN,
    RULE,
    RULE_LAST,
    RULED,
    SELLER,
    STAND,
)
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from app.payments import queries as money
from app.payments.events import PayoutPaid, RefundPaid
from app.trades.models import Order
from app.trades.service import BANK_PAUSE


@dataclass(frozen=True)
class Ruling:
    """What an arbitrator decides. ``remedy`` empty: nothing goes back; ``amount_fen``: the buyer's part of a partial refund."""

    remedy: str
    fault: str
    reasons: str
    amount_fen: int | None = None
    clauses: Sequence[str] = ()
    evidence: Sequence[str] = ()


def rule(work: Work, code: str, version: int, ruling: Ruling) -> ClaimDispute:
    """Who was drawn decides, with reasons, the rules and the evidence. The first ruling waits for an appeal, the second is final.

    Raises DisputeNotFound for everybody else, TurnOver, NotNeutral, InvalidInput naming the fields, Conflict on a stale page.
    """
    dispute, claim, order = locked_dispute(work, own_dispute(work, code).id)
    own_dispute(work, code)  # it may have gone on while we waited
    if dispute.version != version:
        raise Conflict()
    if dispute.due_at is not None and work.now > dispute.due_at:
        raise TurnOver()
    if not is_neutral(work, order, work.actor.id):
        raise NotNeutral()
    buyer_fen = _checked(work, claim, order, ruling)
    work.session.add(
        ClaimRuling(
            code=new_code(),
            dispute_id=dispute.id,
            round=dispute.round,
            by_id=work.actor.id,
            remedy=ruling.remedy or None,
            amount_fen=dispute.amount_fen,
            buyer_fen=buyer_fen,
            seller_fen=dispute.amount_fen - buyer_fen,
            fault=ruling.fault,
            reasons=ruling.reasons.strip(),
            clauses=sorted(set(ruling.clauses)),
            evidence=[each.ref for each in cited(work, claim, order) if each.ref in ruling.evidence],
            at=work.now,
        )
    )
    close_asking(work, dispute, "ruled")
    if dispute.round == 2:
        _final(work, dispute, claim, order, RULE_LAST)
        return dispute
    dispute.due_at = rules.days_later(work.now, rules.APPEAL_DAYS)
    DISPUTE_FLOW.apply(work, dispute, RULE, detail={"buyer_fen": buyer_fen, "fault": ruling.fault})
    dispute.person_id = None
    work.session.flush()
    set_deadline(work, "claim_dispute", dispute.id, "appeal", dispute.due_at)
    set_deadline(work, "claim_dispute", dispute.id, "remind", rules.days_later(work.now, rules.APPEAL_REMIND_DAYS))
    tell(work, claim, order, "ruled", again=dispute.code, due_at=dispute.due_at)
    return dispute


def accept_ruling(work: Work, claim_code: str, version: int) -> ClaimDispute:
    """One side waives its appeal; when both have, the ruling is carried out at once. Raises NotRuled, AcceptedAlready."""
    dispute, claim, order, role = _ruled(work, claim_code, version)
    if _accepted(dispute, role):
        raise AcceptedAlready()
    if role == BUYER:
        dispute.accepted_buyer_at = work.now
    else:
        dispute.accepted_seller_at = work.now
    if dispute.accepted_buyer_at is not None and dispute.accepted_seller_at is not None:
        _final(work, dispute, claim, order, ACCEPT_BOTH)
    else:
        DISPUTE_FLOW.apply(work, dispute, ACCEPT, detail={"by": role})
    return dispute


def appeal(work: Work, claim_code: str, version: int, words: str) -> ClaimDispute:
    """One side wants another arbitrator to decide, once. Raises NotRuled, AcceptedAlready, TurnOver, InvalidInput, Conflict."""
    dispute, claim, order, role = _ruled(work, claim_code, version)
    if _accepted(dispute, role):
        raise AcceptedAlready()
    if not SHORTEST <= len(words.strip()) <= LONGEST:
        raise InvalidInput({"words": N_("Please say in 10 to 1,000 characters what is wrong with the ruling.")})
    dispute.appealed_by, dispute.appealed_at, dispute.appeal_text, dispute.round = role, work.now, words.strip(), 2
    clear_deadlines(work, "claim_dispute", dispute.id)
    DISPUTE_FLOW.apply(work, dispute, APPEAL, detail={"by": role})
    dispute.due_at = None
    work.session.flush()
    announce(work, ArbitratorWanted(dispute.id))
    tell(work, claim, order, "appealed", again=dispute.code)
    return dispute


def on_appeal_over(work: Work, dispute_id: int) -> None:
    """Nobody appealed in time: the ruling is final."""
    dispute, claim, order = locked_dispute(work, dispute_id)
    if dispute.state == RULED and dispute.due_at is not None and work.now >= dispute.due_at:
        _final(work, dispute, claim, order, STAND)


def carry_out(work: Work, dispute_id: int) -> None:
    """Let the money go as it was ruled. Running it again books nothing twice; what the payer refused is asked for again.

    While the buyer's bank looks at the payment nothing moves, and it is tried a day later.
    """
    dispute, claim, order = locked_dispute(work, dispute_id)
    if dispute.state != CARRYING_OUT:
        return
    if not legs.is_waiting(legs_of(work, dispute.id)):
        legs.follow(work, dispute)
        legs.ask_again(work, dispute)
        return
    if claim.state != ESCALATED:  # a return: the money follows when the thing is back
        return
    if money.open_dispute(work, order.payment_code) is not None:
        set_deadline(work, "claim_dispute", dispute.id, "carry_out", work.now + BANK_PAUSE)
        return
    ruling = rulings_of(work, dispute.id)[-1]
    if ruling.remedy is None:
        end_without_money(work, claim, order, "dismiss", "denied")
    else:
        settle(work, claim, order, "grant", ruling.remedy, ruling.buyer_fen)


def on_ruling_final(work: Work, event: RulingFinal) -> None:
    carry_out(work, event.dispute_id)


def on_money_moved(work: Work, event: RefundPaid | PayoutPaid) -> None:
    """The payer did something for this payment: when a ruling waits for it, it is looked how far it is."""
    waiting = dispute_of_payment(work, event.payment_code) if event.payment_code else None
    if waiting is None:
        return
    dispute, _claim, _order = locked_dispute(work, waiting.id)
    if dispute.state == CARRYING_OUT:
        legs.follow(work, dispute)


def run_again(work: Work, code: str) -> ClaimDispute:
    """A member of staff lets a final ruling be carried out now. Raises NothingToCarryOut."""
    if not work.actor.has("operator"):
        raise NotAllowed()
    dispute = readable_dispute(work, code)
    if dispute.state != CARRYING_OUT:
        raise NothingToCarryOut()
    carry_out(work, dispute.id)
    return dispute


def _checked(work: Work, claim: Claim, order: Order, ruling: Ruling) -> int:
    """The buyer's part. Raises InvalidInput with every fault at once."""
    errors: dict[str, str] = {}
    if ruling.remedy and ruling.remedy not in ruling_remedies(work, claim, order):
        errors["remedy"] = N_("Please choose what the buyer gets: money without a return goes by the first choice.")
    if ruling.fault not in FAULTS:
        errors["fault"] = N_("Please choose who caused it.")
    if not SHORTEST <= len(ruling.reasons.strip()) <= LONGEST_REASONS:
        errors["reasons"] = N_("Please give the reasons in 10 to 2,000 characters. Both sides read them.")
    known = {each.code for each in clauses_of(work, order)}
    if not ruling.clauses or not set(ruling.clauses) <= known:
        errors["clauses"] = N_("Please name at least one of the rules of this sale on which the ruling rests.")
    seen = {each.ref for each in cited(work, claim, order)}
    if not ruling.evidence or not set(ruling.evidence) <= seen:
        errors["evidence"] = N_("Please name at least one piece of what lies before you.")
    values: dict[str, object] = {}
    fen = 0
    if "remedy" not in errors and ruling.remedy:
        try:
            fen = claim.most_fen if ruling.remedy == RETURN else part_of(order, ruling.amount_fen, claim.most_fen)
        except InvalidInput as refusal:
            errors.update(refusal.errors)
            values = dict(refusal.values)
    if errors:
        raise InvalidInput(errors, **values)
    return fen


def _ruled(work: Work, claim_code: str, version: int) -> tuple[ClaimDispute, Claim, Order, str]:
    """The ruling that one of the two sides answers. Raises ClaimNotFound, NotRuled, Conflict on a stale page, TurnOver."""
    claim, order = claim_of(work, claim_code)
    role = role_in(work, order)
    if role not in (BUYER, SELLER):
        raise ClaimNotFound()
    found = current_dispute(work, claim.id)
    if found is None:
        raise NotRuled()
    dispute, claim, order = locked_dispute(work, found.id)
    if dispute.state != RULED:
        raise NotRuled()
    if dispute.version != version:
        raise Conflict()
    if dispute.due_at is not None and work.now > dispute.due_at:
        raise TurnOver()
    return dispute, claim, order, role


def _accepted(dispute: ClaimDispute, role: str) -> bool:
    return (dispute.accepted_buyer_at if role == BUYER else dispute.accepted_seller_at) is not None


def _final(work: Work, dispute: ClaimDispute, claim: Claim, order: Order, event: str) -> None:
    """Nobody can appeal any more: write down what each side gets; the money goes in a step of its own, right after."""
    work.session.flush()
    ruling = rulings_of(work, dispute.id)[-1]
    legs.plan(work, dispute, ruling)
    claim.ruled_by, claim.fault, claim.ruling_text = ruling.by_id, ruling.fault, ruling.reasons
    clear_deadlines(work, "claim_dispute", dispute.id)
    DISPUTE_FLOW.apply(work, dispute, event, detail={"buyer_fen": ruling.buyer_fen, "seller_fen": ruling.seller_fen})
    dispute.person_id, dispute.due_at = None, None
    work.session.flush()
    announce(work, RulingFinal(dispute.id))
    set_deadline(work, "claim_dispute", dispute.id, "carry_out", work.now + timedelta(hours=rules.FOLLOW_HOURS))
    tell(work, claim, order, "final", again=dispute.code)
