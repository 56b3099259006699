"""Which agency looks: drawn by lot among those that can, the next one when one declines or does not answer, at last staff."""

from __future__ import annotations

from datetime import timedelta

from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.events import ReportRevoked, SecondLookOrderEnded, ThingNotBack
from app.appraisal.models import Appraisal
from app.goods.events import ThingTransferred
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.draw import draw
from app.kernel.errors import BadState, Conflict, InvalidInput
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.work import Work
from app.payments import service as payments
from app.payments.errors import PaymentNotOpen
from app.reinspection.errors import InspectionBegun
from app.reinspection.events import AgencyWanted
from app.reinspection.models import Reinspection
from app.reinspection.queries import (
    agencies_left,
    by_look,
    look_of,
    open_reinspection,
    order_of,
    reinspection_for_staff,
    shown_by,
    thing_of,
)
from app.reinspection.service.ending import end_without_result
from app.reinspection.service.telling import locked, tell, tell_parties, tell_staff
from app.reinspection.states import (
    AWAITING_DEPOSIT,
    CLOSE,
    OPEN,
    PASS,
    PLACE,
    REINSPECTION_FLOW,
    RUN_OUT,
    SEEKING,
    WITH_AGENCY,
    WITHDRAW,
)
from app.reinspection.terms import terms_by_id

AGAIN_DAYS = 7  # to choose another time, as for every order
PURPOSE = "re-inspection-agency"  # of the draw; its subject is "<re-inspection>:<count of agencies asked>"


def seek(work: Work, sealer: Sealer, reinspection_id: int) -> None:
    """Draw the next agency and place the order (job). Nothing when one has it already, or when staff have the matter."""
    row = locked(work, reinspection_id)
    look = look_of(work, row)
    if row.state != SEEKING or row.staff_reason is not None or look is None:
        return
    asked, terms, thing = appraisals.orders_of_look(work, look.id), terms_by_id(row.terms_id), thing_of(work, row)
    pool = agencies_left(work, row)
    if appraisals.open_appraisal(work, thing.id) is not None:
        _show_staff(work, row, "busy")
        return
    if not pool:
        _show_staff(work, row, "nobody")
        return
    codes = [one.code for one in pool]
    chosen = pool[draw(work, sealer, PURPOSE, f"{row.code}:{len(asked) + 1}", len(pool), codes)]
    order = appraising.place_second_look(work, look, chosen.id, shown_by(work, thing))
    row.show_due_at = work.now + timedelta(days=terms.show_days)
    REINSPECTION_FLOW.apply(work, row, PLACE, detail={"agency": chosen.code, "order": order.code})
    set_deadline(work, "reinspection", row.id, "show", row.show_due_at, row.version)
    tell(
        work,
        row,
        order.owner_id,
        N_("%(agency)s was drawn to look at %(thing)s a second time, without knowing the first result. Please show it there."),
        f"placed_{len(asked) + 1}",
        {"agency": chosen.name},
        link=f"/appraisals/{order.code}",
    )


def on_order_ended(work: Work, event: SecondLookOrderEnded) -> None:
    """What follows for the second look.

    The agency declines, or its appraiser has left: the next one is drawn. It cannot finish, or whoever has the thing does not
    show it: no result.
    """
    found = appraisals.look_of_order(work, event.appraisal_id)
    known = by_look(work, found.id) if found is not None else None
    if known is None:
        return
    row, order = locked(work, known.id), order_of(work, known)
    if row.state != WITH_AGENCY or order is None or order.id != event.appraisal_id:
        return
    step = appraisals.step_of(order)
    if step == "declined" or event.pass_on:
        _pass_on(work, row, "declined")
        return
    if not order.decline_reason and row.by_id in (None, order.owner_id):  # taken back by whoever shows it
        end_without_result(work, row, WITHDRAW, "withdrawn")
        tell_parties(work, row, N_("The second look at %(thing)s was taken back. The first report stays in force."), "withdrawn")
        return
    words = order.decline_reason or N_("Whoever has the item did not show it to the second agency.")
    _close(work, row, "no_result", words)


def on_show_timeout(work: Work, reinspection_id: int) -> None:
    """An agency that did not answer is followed by the next; a thing that was not shown ends it; else staff are told."""
    row = locked(work, reinspection_id)
    order = order_of(work, row)
    if row.state != WITH_AGENCY or order is None or row.show_due_at is None or work.now < row.show_due_at:
        return
    step = appraisals.step_of(order)
    if step == "waiting":
        appraising.cancel_second_look(work, order.id, "no_answer")
        _pass_on(work, row, "no_answer")
    elif step == "accepted" and not _postpone(work, row, order):
        if appraisals.holder(work, order) != "owner" or appraisals.has_meeting_begun(work, order):  # a parcel, or who was there
            _show_staff(work, row, "slow")
            return
        end_without_result(work, row, RUN_OUT, "not_shown")
        message = N_("%(thing)s was not shown for its second look in time, so it has ended. The first report stays in force.")
        tell_parties(work, row, message, "not_shown")
    elif step != "accepted":
        _show_staff(work, row, "slow")


def on_thing_not_back(work: Work, event: ThingNotBack) -> None:
    """A thing that was shown is not with whoever showed it in time: staff look into it; the order's page says who has it."""
    found = appraisals.look_of_order(work, event.appraisal_id)
    row = by_look(work, found.id) if found is not None else None
    if row is not None:
        tell_staff(work, row, "not_back")


def on_thing_transferred(work: Work, event: ThingTransferred) -> None:
    """The thing has a new owner: a second look that somebody else was to show, and that has not begun, ends."""
    report = appraisals.latest_report(work, event.thing_id)
    known = open_reinspection(work, report) if report is not None else None
    if known is None:
        return
    row, thing = locked(work, known.id), thing_of(work, known)
    order = order_of(work, row)
    if row.state != WITH_AGENCY or order is None or order.owner_id == thing.owner_id:
        return  # while no agency has it, whoever owns the thing by then is asked to show it
    if _is_waiting(work, order):
        _close(work, row, "changed_hands", N_("The item has a new owner, who can contest the grade again."))


def on_report_revoked(work: Work, event: ReportRevoked) -> None:
    """The report was withdrawn: there is no grade left to doubt. An inspection that has begun is finished."""
    with_report = appraisals.report_by_code(work, event.report_code)
    known = open_reinspection(work, with_report)
    if known is None:
        return
    row = locked(work, known.id)
    words = N_("The report was withdrawn, so there is no grade left to contest.")
    if row.state == AWAITING_DEPOSIT:
        assert row.payment_code is not None
        try:
            payments.cancel_hold(work, row.payment_code, "report_revoked")
        except PaymentNotOpen:
            raise Conflict() from None  # the money has just arrived: heard again after its news
        row.end_reason = words
        REINSPECTION_FLOW.apply(work, row, CLOSE, reason="report_revoked")
        clear_deadlines(work, "reinspection", row.id)
    elif row.state in OPEN and _is_waiting(work, order_of(work, row)):
        _close(work, row, "report_revoked", words)


def search_again(work: Work, code: str) -> Reinspection:
    """Staff let the next agency be drawn after they have seen to what stood in the way. Nobody is asked twice."""
    row = locked(work, reinspection_for_staff(work, code, to_change=True).id)
    if row.state != SEEKING:
        raise BadState(REINSPECTION_FLOW.name, row.state, PLACE, REINSPECTION_FLOW.allowed(row.state))
    row.staff_reason = None
    work.session.flush()
    announce(work, AgencyWanted(row.id))
    return row


def close(work: Work, code: str, reason: str) -> Reinspection:
    """Staff end it without a result, with words for those concerned; the deposit goes back whole. Raises InspectionBegun."""
    row = locked(work, reinspection_for_staff(work, code, to_change=True).id)
    reason = reason.strip()
    if not 10 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please say why in 10 to 500 characters. Those concerned read it.")})
    if row.state not in OPEN:
        raise BadState(REINSPECTION_FLOW.name, row.state, CLOSE, REINSPECTION_FLOW.allowed(row.state))
    if row.state == WITH_AGENCY and not _is_waiting(work, order_of(work, row)):
        raise InspectionBegun()
    _close(work, row, "staff", reason)
    return row


def _close(work: Work, row: Reinspection, why: str, words: str) -> None:
    end_without_result(work, row, CLOSE, why, words)
    message = N_("The second look at %(thing)s has ended without a result. A deposit goes back whole; the reason is on its page.")
    tell_parties(work, row, message, "closed")


def _pass_on(work: Work, row: Reinspection, why: str) -> None:
    REINSPECTION_FLOW.apply(work, row, PASS, reason=why)
    clear_deadlines(work, "reinspection", row.id)
    row.show_due_at, row.staff_reason = None, None
    work.session.flush()
    announce(work, AgencyWanted(row.id))


def _show_staff(work: Work, row: Reinspection, reason: str) -> None:
    row.staff_reason = reason
    work.session.flush()
    tell_staff(work, row, reason)


def _is_waiting(work: Work, order: Appraisal | None) -> bool:
    """Whether its inspection can still be left out: not begun, and no parcel on its way to where it would be."""
    if order is None:
        return True
    return appraisals.step_of(order) == "received" or (
        appraisals.step_of(order) != "begun" and appraisals.holder(work, order) == "owner"
    )


def _postpone(work: Work, row: Reinspection, order: Appraisal) -> bool:
    """Wait for a booked time, and a day longer; or for a week after the agency sent its owner away. False where that is over."""
    slot, sent_away = appraisals.slot_of(work, appraisals.handing_of(work, order.id)), appraisals.sent_away_at(work, order)
    until = slot.ends_at + timedelta(days=1) if slot is not None else sent_away and sent_away + timedelta(days=AGAIN_DAYS)
    if until is None or until <= work.now:
        return False
    row.show_due_at = until
    work.session.flush()
    set_deadline(work, "reinspection", row.id, "show", row.show_due_at, row.version)
    return True
