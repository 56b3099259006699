"""A claim goes to an arbitrator: who is drawn, passed on, reminded, and drawn anew when somebody is silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.accounts import queries as accounts
from app.accounts.models import User
from app.aftersales import rules
from app.aftersales.errors import DisputeNotFound, NobodyToDecide
from app.aftersales.events import ArbitratorWanted
from app.aftersales.models import Claim, ClaimDispute, DisputeAsking
from app.aftersales.models.disputes import NOBODY
from app.aftersales.queries import (
    askings_of,
    disputes_of,
    eligible,
    open_asking,
    open_dispute_of,
    own_dispute,
    readable_dispute,
)
from app.aftersales.service import legs
from app.aftersales.service.telling import locked_by_id, tell
from app.aftersales.states import CLAIM_FLOW, DECIDING, DISPUTE_FLOW, NAME, PASS, RULED, SIDES, TIMEOUT, WAITING
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.draw import draw
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.trades.models import Order

PURPOSE = "claim-arbitrator"  # of the draws; the subject is "<dispute>:<no>"


def to_arbitrator(work: Work, claim: Claim, order: Order, event: str, step: str) -> None:
    """The claim is escalated: a dispute begins. One whose ruled return has just failed ends, and its parts are dropped."""
    before = open_dispute_of(work, claim.id)
    if before is not None:
        legs.close(work, before)
    CLAIM_FLOW.apply(work, claim, event)
    claim.due_at = None
    clear_deadlines(work, "claim", claim.id)
    work.session.flush()
    dispute = ClaimDispute(
        code=new_code(),
        state=WAITING,
        version=1,
        entered_at=work.now,
        claim_id=claim.id,
        no=len(disputes_of(work, claim.id)) + 1,
        amount_fen=claim.most_fen,
        opened_at=work.now,
        round=1,
    )
    work.session.add(dispute)
    work.session.flush()
    DISPUTE_FLOW.start(work, dispute, {"claim": claim.code, "fen": dispute.amount_fen})
    announce(work, ArbitratorWanted(dispute.id))
    tell(work, claim, order, step, again=str(dispute.no))


def draw_next(work: Work, sealer: Sealer, dispute_id: int) -> None:
    """Draw who decides (job). Nothing when somebody is named, or none is wanted any more.

    Where nobody is left staff are told, and it is drawn again a day later: people and certificates come and go.
    """
    dispute, claim, order = locked_dispute(work, dispute_id)
    if dispute.state != WAITING:
        return
    pool = eligible(work, dispute, claim, order)
    if not pool:
        _show_staff(work, dispute)
        return
    no = len(askings_of(work, dispute.id)) + 1
    codes = [one.code for one in pool]
    chosen = pool[draw(work, sealer, PURPOSE, f"{dispute.code}:{no}", len(pool), codes)]
    ask(work, dispute, claim, order, chosen, codes)


def draw_again(work: Work, sealer: Sealer, code: str) -> ClaimDispute:
    """A member of staff has it drawn now. Raises DisputeNotFound, NobodyToDecide when there is still nobody."""
    if not work.actor.has("operator"):
        raise NotAllowed()
    dispute = readable_dispute(work, code)
    if dispute.state != WAITING:
        raise DisputeNotFound()
    draw_next(work, sealer, dispute.id)
    if dispute.state == WAITING:
        raise NobodyToDecide()
    return dispute


def pass_on(work: Work, code: str, reason: str) -> ClaimDispute:
    """Who was drawn cannot decide it: the next one is drawn. Raises DisputeNotFound for everybody else, InvalidInput."""
    dispute, _claim, _order = locked_dispute(work, own_dispute(work, code).id)
    own_dispute(work, code)  # it may have gone on while we waited
    reason = reason.strip()
    if not 4 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please say why, in a few words.")})
    _back(work, dispute, PASS, "passed", reason)
    return dispute


def on_silence(work: Work, dispute_id: int) -> None:
    """Who was drawn did not decide in time: the next one is drawn, and the money stays where it is."""
    dispute, _claim, _order = locked_dispute(work, dispute_id)
    if dispute.state != DECIDING or dispute.due_at is None or work.now < dispute.due_at:
        return
    assert dispute.person_id is not None
    notify(
        work,
        dispute.person_id,
        text=N_("You did not decide a dispute in time, so it went to the next person."),
        link="/my/disputes",
        key=f"dispute.timed_out:{dispute.code}:{dispute.version}",
        mail=False,
    )
    _back(work, dispute, TIMEOUT, "timed_out", None)


def on_reminder(work: Work, dispute_id: int) -> None:
    """Before the last day: who decides, or each side that has not answered the ruling."""
    dispute, claim, order = locked_dispute(work, dispute_id)
    if dispute.due_at is None or work.now >= dispute.due_at:
        return
    if dispute.state == DECIDING and dispute.person_id is not None:
        notify(
            work,
            dispute.person_id,
            text=N_("Please decide the dispute that was drawn for you: its last day comes near."),
            link=f"/disputes/{dispute.code}",
            key=f"dispute.reminder:{dispute.code}:{dispute.version}",
            mail=True,
        )
    elif dispute.state == RULED:
        answered = {"buyer": dispute.accepted_buyer_at, "seller": dispute.accepted_seller_at}
        open_sides = [side for side in SIDES if answered[side] is None]
        tell(work, claim, order, "appeal_ends", again=dispute.code, due_at=dispute.due_at, roles=open_sides)


def on_wait(work: Work, dispute_id: int) -> None:
    """A day without anybody: it is drawn again."""
    dispute, _claim, _order = locked_dispute(work, dispute_id)
    if dispute.state == WAITING:
        announce(work, ArbitratorWanted(dispute.id))


def ask(work: Work, dispute: ClaimDispute, claim: Claim, order: Order, chosen: User, considered: Sequence[str]) -> None:
    """Name who decides, and until when; both sides are told."""
    no = len(askings_of(work, dispute.id)) + 1
    work.session.add(
        DisputeAsking(
            dispute_id=dispute.id,
            no=no,
            round=dispute.round,
            person_id=chosen.id,
            considered=list(considered),
            asked_at=work.now,
        )
    )
    dispute.person_id, dispute.due_at = chosen.id, rules.days_later(work.now, rules.DECIDE_DAYS)
    dispute.staff_reason = None
    clear_deadlines(work, "claim_dispute", dispute.id)
    DISPUTE_FLOW.apply(work, dispute, NAME, detail={"person": chosen.code, "no": no})
    set_deadline(work, "claim_dispute", dispute.id, "decide", dispute.due_at)
    set_deadline(work, "claim_dispute", dispute.id, "remind", rules.days_later(work.now, rules.REMIND_AFTER_DAYS))
    notify(
        work,
        chosen.id,
        text=N_("You were drawn to decide a dispute between a buyer and a seller, within %(days)s days."),
        values={"days": rules.DECIDE_DAYS},
        link=f"/disputes/{dispute.code}",
        key=f"dispute.asked:{dispute.code}:{no}",
        mail=True,
    )
    tell(work, claim, order, "drawn", again=f"{dispute.code}:{no}", due_at=dispute.due_at, person=chosen.display_name)


def locked_dispute(work: Work, dispute_id: int) -> tuple[ClaimDispute, Claim, Order]:
    """Dispute, claim and order as they stand when nobody else can move them: the order is locked first, as everywhere."""
    dispute = work.session.get_one(ClaimDispute, dispute_id)
    claim, order = locked_by_id(work, dispute.claim_id)
    work.session.refresh(dispute, with_for_update=True)
    return dispute, claim, order


def close_asking(work: Work, dispute: ClaimDispute, answer: str, reason: str | None = None) -> None:
    """Note what became of who was drawn."""
    clear_deadlines(work, "claim_dispute", dispute.id)
    asking = open_asking(work, dispute.id)
    assert asking is not None  # somebody is named
    asking.answer, asking.answered_at, asking.reason = answer, work.now, reason
    work.session.flush()


def _back(work: Work, dispute: ClaimDispute, event: str, answer: str, reason: str | None) -> None:
    close_asking(work, dispute, answer, reason)
    DISPUTE_FLOW.apply(work, dispute, event, reason=reason)
    dispute.person_id, dispute.due_at = None, None
    work.session.flush()
    announce(work, ArbitratorWanted(dispute.id))


def _show_staff(work: Work, dispute: ClaimDispute) -> None:
    dispute.staff_reason = NOBODY
    set_deadline(work, "claim_dispute", dispute.id, "wait", work.now + timedelta(hours=rules.DRAW_AGAIN_HOURS))
    for person in accounts.people_with_role(work, "operator"):
        notify(
            work,
            person.id,
            text=N_("A dispute waits for an arbitrator and nobody can be drawn. Please look at it."),
            link="/operator/disputes",
            key=f"dispute.nobody:{dispute.code}:{dispute.version}",
            mail=False,
        )
