"""Somebody who owns the thing, or is buying it, doubts its grade: with reasons and a deposit another agency looks again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.models import Report
from app.appraisal.models.second_looks import CONTEST
from app.appraisal.queries.standing import CONFIRMING, REVOKED, SUPERSEDED
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.money import format_yuan
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.media import service as media
from app.payments import service as payments
from app.payments.errors import PaymentNotOpen
from app.payments.events import PaymentFailed, PaymentSettled
from app.reinspection.errors import (
    AppraisalUnderWay,
    ContestedBefore,
    ContestOpen,
    ContestTooLate,
    DepositJustPaid,
    InspectionBegun,
    NotConcerned,
    ReportNotInForce,
)
from app.reinspection.events import AgencyWanted
from app.reinspection.models import LONGEST_REASON, MOST_PHOTOS, Reinspection
from app.reinspection.queries import (
    by_payment,
    is_late,
    open_reinspection,
    order_of,
    own_reinspection,
    thing_of,
    upheld_before,
)
from app.reinspection.service.ending import end_without_result
from app.reinspection.service.telling import locked, tell, tell_first_appraiser, tell_parties
from app.reinspection.states import (
    AWAITING_DEPOSIT,
    PAY_TIMEOUT,
    REINSPECTION_FLOW,
    SEEKING,
    SETTLE,
    WITHDRAW,
)
from app.reinspection.terms import terms_on
from app.trades import queries as trades

SHORTEST_REASON = 10


def contest(work: Work, store: Any, sealer: Sealer, report_code: str, reason: str, photos: Sequence[bytes] = ()) -> Reinspection:
    """Doubt the grade of a report, with reasons; the deposit's payment is opened at once.

    Raises what ``refuse_contest`` raises, InvalidInput naming the field, ContestOpen when somebody was first (the database's
    partial unique index decides), and what photos are refused with.
    """
    report = appraisals.report_by_code(work, report_code)
    side = refuse_contest(work, report)
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise InvalidInput({"reason": N_("Please say in 10 to 1,000 characters what the report says and what you see instead.")})
    if len(photos) > MOST_PHOTOS:
        raise InvalidInput({"photos": N_("Please choose at most 6 photos.")})
    thing = work.session.get_one(Thing, report.thing_id)
    terms = terms_on(shanghai_day(work.now))
    due_at = work.now + timedelta(hours=terms.pay_hours)
    code = new_code()
    row = Reinspection(
        code=code,
        report_id=report.id,
        kind=CONTEST,
        state=AWAITING_DEPOSIT,
        version=1,
        entered_at=work.now,
        created_at=work.now,
        terms_id=terms.id,
        by_id=work.actor.id,
        side=side,
        reason=reason,
        deposit_fen=terms.deposit_fen[thing.category],
        pay_due_at=due_at,
    )
    try:
        with work.session.begin_nested():
            row.payment_code = payments.open_hold(
                work,
                "deposit",
                work.actor.id,
                terms.deposit_fen[thing.category],
                due_at,
                subject=goods.name_of(thing.category, thing.brand, thing.model, thing.attributes),
                return_link=f"/contests/{code}",
            ).code
            work.session.add(row)
    except IntegrityError as taken:
        raise ContestOpen() from taken
    row.photos = [media.receive(work, store, work.actor.id, data, sealer=sealer).code for data in photos]
    work.session.flush()
    REINSPECTION_FLOW.start(work, row, {"report": report.code, "side": side, "terms": terms.id})
    set_deadline(work, "reinspection", row.id, "pay", due_at, row.version)
    return row


def refuse_contest(work: Work, report: Report) -> str:
    """As what the actor may contest this report now: ``owner`` or ``buyer``.

    Raises NotConcerned, ReportNotInForce, ContestTooLate, ContestOpen, ContestedBefore, AppraisalUnderWay.
    """
    thing = work.session.get_one(Thing, report.thing_id)
    side = "owner" if thing.owner_id == work.actor.id else "buyer"
    if side == "buyer" and trades.purchase_of_thing(work, thing.id, work.actor.id) is None:
        raise NotConcerned()
    if appraisals.report_state(work, report).kind in (REVOKED, SUPERSEDED, CONFIRMING):
        raise ReportNotInForce()
    if is_late(work, report):
        assert report.valid_until is not None
        raise ContestTooLate(day=report.valid_until.isoformat())
    if open_reinspection(work, report) is not None:
        raise ContestOpen()
    if upheld_before(work, report.id, work.actor.id):
        raise ContestedBefore()
    if appraisals.open_appraisal(work, thing.id) is not None:
        raise AppraisalUnderWay()
    return side


def on_payment_settled(work: Work, event: PaymentSettled) -> None:
    """The deposit is in escrow: the report counts as contested, and another agency is looked for."""
    found = by_payment(work, event.payment_code)
    if found is None:
        return
    row = locked(work, found.id)
    if row.state != AWAITING_DEPOSIT or row.paid_at is not None:
        return
    assert row.deposit_fen is not None
    report = work.session.get_one(Report, row.report_id)
    row.paid_at = work.now
    row.second_look_id = appraising.begin_second_look(work, report, CONTEST).id
    REINSPECTION_FLOW.apply(work, row, SETTLE, detail={"deposit_fen": row.deposit_fen})
    clear_deadlines(work, "reinspection", row.id, "pay")
    announce(work, AgencyWanted(row.id))
    tell_parties(
        work,
        row,
        N_("The grade of %(thing)s is contested. The deposit of %(deposit)s is held, and another agency is being drawn by lot."),
        "begun",
        {"deposit": format_yuan(row.deposit_fen)},
    )
    message = N_("Somebody doubts the grade in a report of %(thing)s that you signed. Another agency looks at the item.")
    tell_first_appraiser(work, row, message, "begun")


def on_payment_failed(work: Work, event: PaymentFailed) -> None:
    """The provider declined. The contest stands until its time is over, so the payer can try again."""
    row = by_payment(work, event.payment_code)
    if row is not None and row.state == AWAITING_DEPOSIT and row.by_id is not None:
        tell(work, row, row.by_id, N_("The payment of your deposit did not go through. You can try again."), "pay_failed")


def on_pay_timeout(work: Work, reinspection_id: int) -> None:
    """Nobody paid in time. When the money has arrived meanwhile, its news decides and not the clock."""
    row = locked(work, reinspection_id)
    if row.state != AWAITING_DEPOSIT or row.pay_due_at is None or work.now < row.pay_due_at:
        return
    assert row.payment_code is not None
    assert row.by_id is not None
    try:
        payments.cancel_hold(work, row.payment_code)
    except PaymentNotOpen:
        return
    REINSPECTION_FLOW.apply(work, row, PAY_TIMEOUT)
    tell(
        work,
        row,
        row.by_id,
        N_("The deposit did not come in time, so your contest has ended. Nothing was charged."),
        "pay_timeout",
    )


def withdraw(work: Work, code: str) -> Reinspection:
    """Who contested takes it back before the second inspection has begun; the deposit goes back whole.

    Whoever shows a thing that was drawn by lot can decline in the same way. Raises InspectionBegun, DepositJustPaid, BadState,
    and where a booked time has begun VisitUndecided, VisitSettled, VisitBegun (at home), MeetingOver (at a place).
    """
    row = locked(work, own_reinspection(work, code).id)
    order = order_of(work, row)
    may = row.by_id if row.by_id is not None else (order.owner_id if order is not None else thing_of(work, row).owner_id)
    if work.actor.user_id != may:
        raise NotConcerned()
    if row.state == AWAITING_DEPOSIT:
        assert row.payment_code is not None
        try:
            payments.cancel_hold(work, row.payment_code, "withdrawn")
        except PaymentNotOpen as settled:
            raise DepositJustPaid() from settled
        REINSPECTION_FLOW.apply(work, row, WITHDRAW)
        clear_deadlines(work, "reinspection", row.id)
        return row
    if row.state != SEEKING and order is not None:
        appraising.refuse_undecided_look(work, order.id)  # locks it: from here on nobody begins
        if appraisals.step_of(order) == "begun":
            raise InspectionBegun()
    end_without_result(work, row, WITHDRAW, "withdrawn")
    tell_parties(work, row, N_("The second look at %(thing)s was taken back. The first report stays in force."), "withdrawn")
    return row
