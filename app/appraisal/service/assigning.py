"""Who takes an order with a fee: the appraiser with the least work, among equals by a draw that anybody can recompute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal.errors import (
    AppraisalNotFound,
    NoCandidate,
    NotYourTurn,
    OverrideNeeded,
    OverrideNotFound,
    SecondPersonNeeded,
)
from app.appraisal.events import AppraiserWanted
from app.appraisal.models import Appraisal, Assignment, Fee, Override
from app.appraisal.queries import (
    assignments_of,
    candidates,
    fee_of,
    open_assignment,
    order_for_staff,
    override_of,
    refuse_party,
    terms_of,
)
from app.appraisal.queries.assigning import ASKED, Candidate
from app.appraisal.service.fees import end_fee
from app.appraisal.service.fetching import locked, tell_appraiser, tell_owner
from app.appraisal.states import ANSWER_TIMEOUT, APPRAISAL_FLOW, ASSIGN, ASSIGNED, DECLINE, FEE_PAID, PASS
from app.goods.models import Thing
from app.kernel import audit
from app.kernel.deadlines import drop_deadlines, set_deadline
from app.kernel.draw import draw
from app.kernel.errors import BadState, InvalidInput, NotAllowed
from app.kernel.ids import is_code
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify

PURPOSE = "appraiser"  # of the draw; its subject is "<order>:<count of assignments>"


def assign(work: Work, sealer: Sealer, appraisal_id: int) -> None:
    """Draw the next appraiser for a paid order (job). Nothing when one is named already, or when staff have it.

    After as many refusals as the terms say, or when nobody is left, staff are shown the order instead.
    """
    appraisal = locked(work, appraisal_id)
    fee = fee_of(work, appraisal)
    if appraisal.state != FEE_PAID or fee is None or fee.staff_reason is not None:
        return
    if fee.passes >= terms_of(fee).passes:
        _show_staff(work, appraisal, fee, "passes")
        return
    known = candidates(work, appraisal, work.session.get_one(Thing, appraisal.thing_id))
    free = [one for one in known if one.is_free]
    if not free:
        _show_staff(work, appraisal, fee, "nobody")
        return
    least = min(one.open_orders for one in free)
    pool = [one for one in free if one.open_orders == least]
    subject = f"{appraisal.code}:{len(assignments_of(work, appraisal.id)) + 1}"
    chosen = pool[draw(work, sealer, PURPOSE, subject, len(pool), [one.user.code for one in pool])]
    _give(work, appraisal, fee, chosen.user, "draw", known)


def pass_on(work: Work, appraisal: Appraisal, reason: str) -> None:
    """The appraiser who was drawn does not take it; the next one is drawn. Raises NotYourTurn."""
    if locked(work, appraisal.id).appraiser_id != work.actor.id:
        raise NotYourTurn()
    back_to_the_draw(work, appraisal, PASS, "passed", reason)


def on_answer_timeout(work: Work, appraisal_id: int) -> None:
    """The appraiser did not answer in time: the next one is drawn."""
    appraisal = locked(work, appraisal_id)
    fee = fee_of(work, appraisal)
    if appraisal.state != ASSIGNED or fee is None or fee.answer_due_at is None or work.now < fee.answer_due_at:
        return
    tell_appraiser(
        work,
        appraisal,
        N_("You did not answer in time, so the appraisal went to the next one."),
        f"timed_out.{appraisal.version}",
    )
    back_to_the_draw(work, appraisal, ANSWER_TIMEOUT, "timed_out", None)


def answer(work: Work, appraisal: Appraisal, word: str, reason: str | None = None) -> None:
    """Note what became of the assignment that waits; nothing where none does (an order without a draw).

    The order is locked first, as by its owner who takes it back in the same moment (PostgreSQL would end one of the two as a
    deadlock). A deadline that fires just now is left to its job.
    """
    locked(work, appraisal.id)
    drop_deadlines(work, "appraisal", appraisal.id, "answer")
    note_answer(work, appraisal, word, reason)


def note_answer(work: Work, appraisal: Appraisal, word: str, reason: str | None = None) -> None:
    """``answer`` for an order that is locked and has no deadlines any more."""
    waiting = open_assignment(work, appraisal.id)
    if waiting is not None:
        waiting.answer, waiting.answered_at, waiting.reason = word, work.now, reason


def assign_by_staff(work: Work, code: str, appraiser_code: str) -> Appraisal:
    """Staff name the appraiser of an order that nobody took; one who was asked before may be asked again.

    Raises NoCandidate for somebody who does not appraise for the agency, OverrideNeeded while something stands against them.
    """
    appraisal, fee = _for_staff(work, code)
    known = candidates(work, appraisal, work.session.get_one(Thing, appraisal.thing_id))
    chosen = _named(known, appraiser_code)
    if set(chosen.against) - {ASKED}:
        raise OverrideNeeded()
    _give(work, appraisal, fee, chosen.user, "staff", known)
    return appraisal


def propose_override(work: Work, code: str, appraiser_code: str, reason: str) -> Override:
    """A member of staff proposes to let a conflict pass, with the reason. It holds when a second one confirms it."""
    appraisal, _fee = _for_staff(work, code)
    reason = reason.strip()
    if not 10 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please give the reason in 10 to 500 characters. It is kept for the regulator.")})
    chosen = _named(candidates(work, appraisal, work.session.get_one(Thing, appraisal.thing_id)), appraiser_code)
    if not set(chosen.against) - {ASKED} or not chosen.can_be_let_pass:
        raise NoCandidate()
    known = override_of(work, appraisal.id, chosen.user.id, confirmed=False)
    if known is not None:
        return known
    proposed = Override(
        appraisal_id=appraisal.id,
        appraiser_id=chosen.user.id,
        reason=reason,
        proposed_by=work.actor.id,
        proposed_at=work.now,
    )
    work.session.add(proposed)
    work.session.flush()
    detail = {"appraiser": chosen.user.code, "against": list(chosen.against), "reason": reason}
    audit.record(work, "appraisal.override_proposed", "appraisal", appraisal.id, detail)
    return proposed


def confirm_override(work: Work, override_code: str) -> Override:
    """The second member of staff lets it pass. Raises SecondPersonNeeded for the one who proposed it."""
    if not work.actor.has("operator"):
        raise NotAllowed()
    wanted = select(Override).where(Override.code == override_code).with_for_update()
    proposed = work.session.scalars(wanted).one_or_none() if is_code(override_code) else None
    if proposed is None:
        raise OverrideNotFound()
    refuse_party(work, work.session.get_one(Appraisal, proposed.appraisal_id))
    if proposed.confirmed_at is not None:
        return proposed
    if proposed.proposed_by == work.actor.id:
        raise SecondPersonNeeded()
    proposed.confirmed_by, proposed.confirmed_at = work.actor.id, work.now
    appraiser = accounts.user_by_id(work, proposed.appraiser_id)
    audit.record(work, "appraisal.override_confirmed", "appraisal", proposed.appraisal_id, {"appraiser": appraiser.code})
    return proposed


def reject_by_staff(work: Work, code: str, reason: str) -> Appraisal:
    """Nobody can take the order: it ends, and the whole fee goes back."""
    appraisal, _fee = _for_staff(work, code)
    reason = reason.strip()
    if not 4 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please say why, in words that the owner understands.")})
    appraisal.decline_reason = reason
    APPRAISAL_FLOW.apply(work, appraisal, DECLINE, reason=reason)
    end_fee(work, appraisal, 100, "nobody_takes_it")
    tell_owner(
        work,
        appraisal,
        N_("Nobody of the agency can take your appraisal, so the order has ended. The whole fee is on its way back to you."),
        "declined",
    )
    return appraisal


def _give(work: Work, appraisal: Appraisal, fee: Fee, who: User, by: str, known: Sequence[Candidate]) -> None:
    considered = [{"appraiser": one.user.code, "open": one.open_orders, "against": list(one.against)} for one in known]
    no = len(assignments_of(work, appraisal.id)) + 1
    row = Assignment(appraisal_id=appraisal.id, no=no, appraiser_id=who.id, by=by, considered=considered, assigned_at=work.now)
    work.session.add(row)
    appraisal.appraiser_id = who.id
    fee.staff_reason = None
    fee.answer_due_at = work.now + timedelta(hours=terms_of(fee).answer_hours)
    APPRAISAL_FLOW.apply(work, appraisal, ASSIGN, detail={"appraiser": who.code, "by": by, "no": no})
    set_deadline(work, "appraisal", appraisal.id, "answer", fee.answer_due_at, appraisal.version)
    notify(
        work,
        who.id,
        text=N_("An appraisal was assigned to you. Please accept or decline it within %(hours)s hours."),
        values={"hours": terms_of(fee).answer_hours},
        link=f"/appraisals/{appraisal.code}",
        key=f"appraisal.assigned:{appraisal.code}:{no}",
    )


def back_to_the_draw(work: Work, appraisal: Appraisal, event: str, word: str, reason: str | None) -> None:
    """The one who was asked does not take the order; the next one is drawn."""
    fee = fee_of(work, appraisal)
    assert fee is not None
    answer(work, appraisal, word, reason)
    fee.passes, fee.answer_due_at = fee.passes + 1, None
    APPRAISAL_FLOW.apply(work, appraisal, event, reason=reason)
    appraisal.appraiser_id = None  # after the step: while it is assigned somebody is named
    work.session.flush()
    announce(work, AppraiserWanted(appraisal.id))


def _show_staff(work: Work, appraisal: Appraisal, fee: Fee, reason: str) -> None:
    fee.staff_reason = reason
    audit.record(work, "appraisal.needs_staff", "appraisal", appraisal.id, {"reason": reason, "passes": fee.passes})
    for person in accounts.people_with_role(work, "operator"):
        notify(
            work,
            person.id,
            text=N_("An appraisal that is paid for has no appraiser. Please look at it."),
            link="/operator/appraisals",
            key=f"appraisal.needs_staff:{appraisal.code}:{fee.passes}",
            mail=False,
        )


def _for_staff(work: Work, code: str) -> tuple[Appraisal, Fee]:
    """A paid order without an appraiser, for a member of staff."""
    appraisal = locked(work, order_for_staff(work, code, to_change=True).id)
    fee = fee_of(work, appraisal)
    if fee is None:
        raise AppraisalNotFound()
    if appraisal.state != FEE_PAID:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, ASSIGN, APPRAISAL_FLOW.allowed(appraisal.state))
    return appraisal, fee


def _named(known: Sequence[Candidate], appraiser_code: str) -> Candidate:
    chosen = next((one for one in known if one.user.code == appraiser_code), None)
    if chosen is None:
        raise NoCandidate()
    return chosen
