"""The fee of an order: quoted, held by payments, and said where it goes. The sums are exact, fen by fen."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.accounts import queries as accounts
from app.appraisal.errors import FeeAlreadyPaid
from app.appraisal.events import AppraiserWanted, ReportSigned
from app.appraisal.models import Appraisal, Fee, Price, Report
from app.appraisal.models.fees import MOST_WAIT_DAYS
from app.appraisal.queries import (
    agencies_of,
    fee_back_key,
    fee_of,
    find_by_payment,
    is_given_back,
    is_withdrawn,
    report_by_code,
    report_of,
    terms_of,
)
from app.appraisal.rules import Split, split_of_fee
from app.appraisal.service.coming import expect_back, give_visit_back
from app.appraisal.service.fetching import locked, tell_owner
from app.appraisal.states import APPRAISAL_FLOW, PAY_TIMEOUT, QUOTE, QUOTED, SETTLE
from app.appraisal.terms import terms_on
from app.goods.queries import hold_thing
from app.kernel import audit
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.money import MAX_FEN, format_yuan
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.payments import queries as money
from app.payments import service as payments
from app.payments.errors import PaymentNotOpen
from app.payments.events import PaymentFailed, PaymentSettled
from app.visits.models import Visit
from app.visits.queries import pay_until

PLATFORM = "fee_revenue"  # the ledger account of the platform's share


def set_price(work: Work, agency_id: int, category: str, fee_fen: int | None, wait_days: int) -> None:
    """A manager says what the agency asks for a category; None: it works for nothing. Orders that are quoted keep their fee.

    Raises NotAllowed, InvalidInput.
    """
    if agency_id not in agencies_of(work.actor, "manager"):
        raise NotAllowed()
    price = _price(work, agency_id, category)
    if not 1 <= wait_days <= MOST_WAIT_DAYS:
        raise InvalidInput({"wait_days": N_("Please type how many days an appraisal takes, 1 to 60.")})
    if fee_fen is not None and not 0 < fee_fen <= MAX_FEN:
        raise InvalidInput({"fee": N_("Please type the fee in yuan, or leave it empty when you ask for none.")})
    before = None if price is None else [price.fee_fen, price.wait_days]
    if fee_fen is None:
        if price is None:
            return
        work.session.delete(price)
    elif price is None:
        row = Price(agency_id=agency_id, category=category, fee_fen=fee_fen, wait_days=wait_days)
        row.changed_at, row.changed_by = work.now, work.actor.id
        work.session.add(row)
    elif before != [fee_fen, wait_days]:
        price.fee_fen, price.wait_days, price.changed_at, price.changed_by = fee_fen, wait_days, work.now, work.actor.id
    work.session.flush()
    after = None if fee_fen is None else [fee_fen, wait_days]
    if before != after:
        audit.record(work, "appraisal.price", "organisation", agency_id, {"category": category, "before": before, "after": after})


def quote(work: Work, appraisal: Appraisal, price: Price, subject: str, visit: Visit | None = None) -> Fee:
    """Name the fee to the owner and open its payment. ``subject``: what is appraised, in words for the payer's page.

    ``visit``: a booked visit, whose way is paid with it, and before which the fee must have arrived.
    """
    terms = terms_on(shanghai_day(work.now))
    due_at, fee_fen = work.now + timedelta(hours=terms.pay_hours), price.fee_fen
    if visit is not None:
        due_at, fee_fen = min(due_at, pay_until(work, visit)), fee_fen + visit.fee_fen
    payment = payments.open_hold(
        work,
        "appraisal_fee",
        appraisal.owner_id,
        fee_fen,
        due_at,
        subject=subject,
        return_link=f"/appraisals/{appraisal.code}",
    )
    fee = Fee(
        appraisal_id=appraisal.id,
        fee_fen=fee_fen,
        wait_days=price.wait_days,
        terms_id=terms.id,
        payment_code=payment.code,
        pay_due_at=due_at,
        passes=0,
    )
    work.session.add(fee)
    APPRAISAL_FLOW.apply(work, appraisal, QUOTE, detail={"fee_fen": fee.fee_fen, "terms": fee.terms_id})
    set_deadline(work, "appraisal", appraisal.id, "pay", due_at, appraisal.version)
    return fee


def on_payment_settled(work: Work, event: PaymentSettled) -> None:
    """The fee is in escrow: an appraiser is looked for. A fee for an order that has ended goes back whole."""
    found = find_by_payment(work, event.payment_code)
    if found is None:
        return
    appraisal = locked(work, found[0].id)
    fee = found[1]
    work.session.refresh(fee)
    if fee.paid_at is not None:
        return
    fee.paid_at = work.now
    if appraisal.state != QUOTED:
        settle(work, appraisal, fee, refund_pct=100, why="ended_before_payment")
        return
    APPRAISAL_FLOW.apply(work, appraisal, SETTLE)
    clear_deadlines(work, "appraisal", appraisal.id, "pay")
    announce(work, AppraiserWanted(appraisal.id))
    tell_owner(
        work,
        appraisal,
        N_("Your appraisal fee of %(fee)s is held by the platform. An appraiser is being chosen by lot."),
        "fee_paid",
        values={"fee": format_yuan(fee.fee_fen)},
    )


def on_payment_failed(work: Work, event: PaymentFailed) -> None:
    """The provider declined. The quote stands until its time is over, so the owner can try again."""
    found = find_by_payment(work, event.payment_code)
    if found is not None and found[0].state == QUOTED:
        tell_owner(work, found[0], N_("The payment of the appraisal fee did not go through. You can try again."), "fee_failed")


def on_pay_timeout(work: Work, appraisal_id: int) -> None:
    """Nobody paid the fee in time. When the money has arrived meanwhile, its news decides and not the clock."""
    appraisal = locked(work, appraisal_id)
    fee = fee_of(work, appraisal)
    if appraisal.state != QUOTED or fee is None or work.now < fee.pay_due_at:
        return
    try:
        payments.cancel_hold(work, fee.payment_code)
    except PaymentNotOpen:
        return
    APPRAISAL_FLOW.apply(work, appraisal, PAY_TIMEOUT)
    give_visit_back(work, appraisal)
    tell_owner(
        work, appraisal, N_("The appraisal fee was not paid in time, so the order has ended. You can ask again."), "pay_timeout"
    )


def on_report_signed(work: Work, event: ReportSigned) -> None:
    """The report is there: the fee goes to the agency and the platform. An order without a fee has nothing to move.

    Withdrawn before this is heard: back to who paid it.
    """
    report = report_by_code(work, event.report_code)
    hold_thing(work, report.thing_id)  # nor is it withdrawn in the same moment
    appraisal = work.session.get_one(Appraisal, report.appraisal_id)
    fee = fee_of(work, appraisal)
    if fee is not None and fee.settled_at is None:
        is_gone = is_withdrawn(work, report_of(work, appraisal) or report)
        settle(work, appraisal, fee, refund_pct=100 if is_gone else 0, why="withdrawn" if is_gone else "issued")
    expect_back(work, appraisal)


def end_fee(work: Work, appraisal: Appraisal, refund_pct: int, why: str) -> Split | None:
    """The order ends without a report: ask no longer for the fee, or give back its share. None for an order without a fee.

    Raises FeeAlreadyPaid when the money arrived in the same moment and its news was not heard yet.
    """
    fee = fee_of(work, appraisal)
    if fee is None:
        return None
    if fee.paid_at is None:
        try:
            payments.cancel_hold(work, fee.payment_code, why)
        except PaymentNotOpen as settled:
            raise FeeAlreadyPaid() from settled
        return None
    return settle(work, appraisal, fee, refund_pct=refund_pct, why=why)


def settle(work: Work, appraisal: Appraisal, fee: Fee, *, refund_pct: int, why: str) -> Split:
    """Say once where the whole fee goes: percent back to the owner, the rest to agency and platform by the order's terms."""
    split = split_of_fee(fee.fee_fen, refund_pct, terms_of(fee).share_bp)
    if split.refund_fen:
        payments.refund(work, fee.payment_code, split.refund_fen, key=f"refund:{appraisal.code}", reason=why)
    agency = accounts.organisation_by_id(work, appraisal.agency_id)
    parts = [(money.agency_account(agency.code), split.agency_fen), (PLATFORM, split.platform_fen)]
    given = [part for part in parts if part[1] > 0]
    if given:
        payments.release(work, fee.payment_code, given, key=f"release:{appraisal.code}")
    fee.settled_at, fee.staff_reason = work.now, None
    fee.refund_fen, fee.agency_fen, fee.platform_fen = split.refund_fen, split.agency_fen, split.platform_fen
    audit.record(work, "appraisal.fee", "appraisal", appraisal.id, {"why": why, "refund_pct": refund_pct, **split.as_dict()})
    work.session.flush()
    return split


def give_fee_back(work: Work, report: Report, why: str, message: str) -> tuple[int, int, payments.Charged] | None:
    """The report was wrong: the fee of its appraisal goes back whole to who paid it, out of what its agency has earned.

    ``message``: what the payer is told, with the fee. Returns what goes back, the platform's share of it, and how the agency
    paid; None where no fee was kept. Once per order.
    """
    appraisal = work.session.get_one(Appraisal, report.appraisal_id)
    fee = fee_of(work, appraisal)
    if fee is None or fee.settled_at is None or not fee.agency_fen or is_given_back(work, fee):
        return None
    kept, share = fee.agency_fen + (fee.platform_fen or 0), fee.platform_fen or 0
    charged = payments.charge_agency(
        work, appraisal.agency_id, fee_back_key(fee), why, back=payments.Back(fee.payment_code, kept, share)
    )
    audit.record(work, "appraisal.fee_back", "appraisal", appraisal.id, {"why": why, "fee_fen": kept, "platform_fen": share})
    tell_owner(
        work,
        appraisal,
        message,
        "fee_back",
        values={"fee": format_yuan(kept)},
    )
    return kept, share, charged


def _price(work: Work, agency_id: int, category: str) -> Price | None:
    wanted = select(Price).where(Price.agency_id == agency_id, Price.category == category)
    return work.session.scalars(wanted.with_for_update()).one_or_none()
