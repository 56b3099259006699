"""The parts of the money after a final ruling: booked with the claim's end, followed until the payer has done them.

Everything here can be run again: a part that is booked is not booked twice, and a refusal of the payer is asked for again.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.accounts import queries as accounts
from app.aftersales import rules
from app.aftersales.models import Claim, ClaimDispute, ClaimLeg, ClaimRuling
from app.aftersales.queries import legs_of, open_asking, open_dispute_of, order_of
from app.aftersales.states import (
    BOOKED,
    BUYER,
    CARRYING_OUT,
    CLOSE,
    DENIED,
    DISPUTE_FLOW,
    FAILED,
    FINISH,
    LEG_FLOW,
    PLANNED,
    REMEDIED,
    SELLER,
)
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.payments import queries as money
from app.payments import service as payments
from app.payments.models import MoneyCommand


def plan(work: Work, dispute: ClaimDispute, ruling: ClaimRuling) -> None:
    """One row for each side that gets something."""
    for receiver, fen in ((BUYER, ruling.buyer_fen), (SELLER, ruling.seller_fen)):
        if fen:
            leg = ClaimLeg(
                dispute_id=dispute.id,
                ruling_id=ruling.id,
                receiver=receiver,
                amount_fen=fen,
                state=PLANNED,
                version=1,
                entered_at=work.now,
            )
            work.session.add(leg)
            work.session.flush()
            LEG_FLOW.start(work, leg, {"receiver": receiver, "fen": fen})


def after_claim(work: Work, claim: Claim) -> None:
    """The claim has ended: as it was ruled, and its parts are booked now; or otherwise, and the dispute ends with it."""
    dispute = open_dispute_of(work, claim.id)
    if dispute is None:
        return
    if dispute.state != CARRYING_OUT or claim.state not in (REMEDIED, DENIED):
        close(work, dispute)
        return
    _book(work, dispute, claim)
    follow(work, dispute)


def follow(work: Work, dispute: ClaimDispute) -> None:
    """Look how far each booked part is; done when all have gone their way."""
    legs = legs_of(work, dispute.id)
    for leg in legs:
        if leg.state in (BOOKED, FAILED):
            _look(work, dispute, leg)
    if all(leg.state == "paid" for leg in legs):
        dispute.ended_at = work.now
        DISPUTE_FLOW.apply(work, dispute, FINISH)
        clear_deadlines(work, "claim_dispute", dispute.id)
    elif any(leg.state in (BOOKED, FAILED) for leg in legs):
        set_deadline(work, "claim_dispute", dispute.id, "carry_out", work.now + timedelta(hours=rules.FOLLOW_HOURS))


def ask_again(work: Work, dispute: ClaimDispute) -> None:
    """Ask the payer again for what it refused; by itself not for ever, then staff do."""
    for leg in legs_of(work, dispute.id):
        if leg.state == FAILED and leg.command_code and (leg.retries < rules.MOST_RETRIES or work.actor.has("operator")):
            leg.retries += 1
            again = payments.retry_command(work, leg.command_code)
            leg.command_code = again.code if again is not None else None
            LEG_FLOW.apply(work, leg, "retry", detail={"command": leg.command_code})


def close(work: Work, dispute: ClaimDispute) -> None:
    """End a dispute that is not carried out: nothing of it moves."""
    asking = open_asking(work, dispute.id)
    if asking is not None:
        asking.answer, asking.answered_at = "closed", work.now
        notify(
            work,
            asking.person_id,
            text=N_("The dispute that you were to decide has ended. There is nothing left to do."),
            link="/my/disputes",
            key=f"dispute.closed:{dispute.code}",
            mail=False,
        )
    for leg in legs_of(work, dispute.id):
        if leg.state == PLANNED:
            LEG_FLOW.apply(work, leg, "drop")
    dispute.ended_at, dispute.staff_reason = work.now, None
    DISPUTE_FLOW.apply(work, dispute, CLOSE)
    dispute.person_id, dispute.due_at = None, None
    clear_deadlines(work, "claim_dispute", dispute.id)
    work.session.flush()


def is_waiting(legs: list[ClaimLeg]) -> bool:
    """Whether nothing is booked yet."""
    return any(leg.state == PLANNED for leg in legs)


def _book(work: Work, dispute: ClaimDispute, claim: Claim) -> None:
    """The ledger has just been written: note which order to the payer each part became."""
    order = order_of(work, claim)
    rows = select(MoneyCommand).where(MoneyCommand.payment_code == order.payment_code, MoneyCommand.created_at >= claim.ended_at)
    by = {("refund", order.buyer_id): BUYER, ("payout", order.seller_id): SELLER}
    commands = {by.get((each.kind, each.user_id)): each for each in work.session.scalars(rows)}
    for leg in legs_of(work, dispute.id):
        if leg.state == PLANNED:
            command = commands.get(leg.receiver)
            leg.command_code = command.code if command is not None else None
            LEG_FLOW.apply(work, leg, "book", detail={"command": leg.command_code})


def _look(work: Work, dispute: ClaimDispute, leg: ClaimLeg) -> None:
    command = money.find_command(work, leg.command_code) if leg.command_code else None
    if command is None or command.is_done:
        LEG_FLOW.apply(work, leg, "pay")
    elif command.is_refused and leg.state == BOOKED:
        LEG_FLOW.apply(work, leg, "fail", reason=command.last_error)
        _show_staff(work, dispute, leg)
    elif not command.is_refused and leg.state == FAILED:  # staff asked for it again among the other commands
        LEG_FLOW.apply(work, leg, "retry", detail={"command": command.code})


def _show_staff(work: Work, dispute: ClaimDispute, leg: ClaimLeg) -> None:
    for person in accounts.people_with_role(work, "operator"):
        notify(
            work,
            person.id,
            text=N_("The payer refused a part of the money of a ruling. It is asked for again; please look at it."),
            link="/operator/disputes",
            key=f"dispute.leg:{dispute.code}:{leg.receiver}:{leg.retries}",
            mail=False,
        )
