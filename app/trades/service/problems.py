"""The buyer checks the thing and accepts it, or something is wrong and staff decide; what the clock and the platform do."""

from __future__ import annotations

from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from app.listings import service as listings
from app.payments import service as payments
from app.trades import choices, policy, rules
from app.trades.errors import AnsweredOnce, ClaimOpen, NoOpenProblem, ProblemOpen, WindowOver, WithdrawnOnce
from app.trades.events import OrderRefunded, ProblemReported
from app.trades.models import Order, TradeCase
from app.trades.queries import case_for_staff, open_case_of, order_by_id, order_for_staff, own_order, was_withdrawn
from app.trades.rules import BUYER
from app.trades.service.banks import BANK_PAUSE, is_at_the_bank
from app.trades.service.ending import cancel_paid, complete, give_back, note, note_end_of, watch_way_back
from app.trades.service.telling import tell
from app.trades.states import (
    ACCEPTANCE,
    AWAY,
    CASE_FLOW,
    FAULTS,
    NO_FAULT,
    OPEN,
    ORDER_FLOW,
    PROBLEM_CLOSED,
    PROBLEM_OPEN,
    REFUND,
    RELEASE,
    SELLER_FAULT,
)

NOT_AS_DESCRIBED = (
    "not_as_described",
    "defect",
    "other_item",
    "locked",
    "missing_part",
)  # reasons that are about the description


def accept(work: Work, code: str, expected_version: int) -> Order:
    """The buyer keeps the thing: the money goes to the seller. Raises ProblemOpen, BadState, Conflict on a stale page."""
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, BUYER)
    if order.problem_state == PROBLEM_OPEN:
        raise ProblemOpen()
    if order.held_by_claim is not None:
        raise ClaimOpen()
    complete(work, order, "accept", "completed", expected_version)
    return order


def on_acceptance_timeout(work: Work, order_id: int) -> None:
    """The buyer said nothing: the sale is completed, but only with a proof of delivery and without an open problem."""
    order = order_by_id(work, order_id, to_change=True)
    if order.state != ACCEPTANCE or order.problem_state == PROBLEM_OPEN or order.delivered_at is None:
        return
    if order.held_by_claim is not None:
        return
    if order.acceptance_due_at is None or work.now <= order.acceptance_due_at:
        return
    if is_at_the_bank(work, order):
        set_deadline(work, "order", order.id, "acceptance", work.now + BANK_PAUSE, order.version)
        return
    complete(work, order, "acceptance_timeout", "completed")


def report_problem(work: Work, code: str, reason: str, text: str) -> TradeCase:
    """The buyer says inside the window what is wrong: the money is frozen and staff decide.

    Raises InvalidInput naming the fields, WindowOver, ProblemOpen when one is being looked at, BadState.
    """
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, BUYER)
    text = text.strip()
    errors: dict[str, str] = {}
    if reason not in {choice.code for choice in choices.buyer_reasons()}:
        errors["reason"] = N_("Please choose what kind of problem it is.")
    if not 10 <= len(text) <= 1000:
        errors["text"] = N_("Please describe the problem in 10 to 1,000 characters: what you see, and what was promised.")
    if errors:
        raise InvalidInput(errors)
    if order.problem_state == PROBLEM_OPEN:
        raise ProblemOpen()
    if order.held_by_claim is not None:
        raise ClaimOpen()
    if order.state == ACCEPTANCE and order.acceptance_due_at is not None and work.now > order.acceptance_due_at:
        raise WindowOver(until=rules.clock_words(order.acceptance_due_at))
    case = open_case(work, order, reason, text, work.actor.id, "report_problem")
    tell(work, order, "problem", again=str(order.version))
    note(work, order, "dispute.opened", case.code, problem=case.code, reason=reason)
    announce(work, ProblemReported(order.code, case.code))
    return case


def open_case(work: Work, order: Order, reason: str, text: str, opened_by: int | None, event: str) -> TradeCase:
    """Freeze the money and write the case. The order's version moves, so an acceptance at the same moment meets a Conflict."""
    order.problem_state = PROBLEM_OPEN
    ORDER_FLOW.apply(work, order, event, detail={"problem": reason})
    clear_deadlines(work, "order", order.id)
    payments.freeze(work, order.payment_code, reason)
    case = TradeCase(
        code=new_code(),
        state=OPEN,
        version=1,
        entered_at=work.now,
        order_id=order.id,
        reason=reason,
        text=text,
        opened_by=opened_by,
        opened_at=work.now,
    )
    work.session.add(case)
    work.session.flush()
    CASE_FLOW.start(work, case, {"order": order.code, "reason": reason})
    return case


def withdraw_problem(work: Work, code: str) -> Order:
    """The buyer takes the problem back (it was solved between the two); a whole time for checking begins again, once.

    Raises NoOpenProblem, WithdrawnOnce, BadState.
    """
    order = own_order(work, code, to_change=True)
    policy.require(work.actor, order, BUYER)
    if order.problem_state != PROBLEM_OPEN:
        raise NoOpenProblem()
    if was_withdrawn(work, order):
        raise WithdrawnOnce()
    settle_case(work, order)
    order.acceptance_due_at = rules.acceptance_due_at(work.now, order.category, order.acceptance_hours)
    ORDER_FLOW.apply(work, order, "withdraw_problem")
    set_deadline(work, "order", order.id, "acceptance", order.acceptance_due_at + rules.ACCEPTANCE_GRACE, order.version)
    tell(work, order, "settled", order.acceptance_due_at, again=str(order.version))
    return order


def settle_case(work: Work, order: Order) -> None:
    """Close the open case of the order without a ruling and let the money free again; nothing when there is none."""
    case = open_case_of(work, order.id)
    if case is None:
        return
    CASE_FLOW.apply(work, case, "settle")
    order.problem_state = PROBLEM_CLOSED
    payments.thaw(work, order.payment_code)
    note_end_of(work, order, case, "withdrawn")


def answer_case(work: Work, code: str, text: str) -> TradeCase:
    """The side that did not open the case says once what it has to say; staff and both sides read it.

    Raises NoOpenProblem, NotYourStep, AnsweredOnce, InvalidInput.
    """
    order = own_order(work, code, to_change=True)
    case = open_case_of(work, order.id)
    if case is None:
        raise NoOpenProblem()
    policy.require(work.actor, order, policy.answers_case(case, order))
    if case.answered_at is not None:
        raise AnsweredOnce()
    text = text.strip()
    if not 10 <= len(text) <= 1000:
        raise InvalidInput({"text": N_("Please write your answer in 10 to 1,000 characters.")})
    CASE_FLOW.apply(work, case, "answer")  # a decision from a page without the answer meets a Conflict
    case.answer_text, case.answered_at = text, work.now
    return case


def rule(work: Work, case_code: str, ruling: str, reason_text: str, expected_version: int, fault: str = NO_FAULT) -> TradeCase:
    """An operator who is no party decides: the money to the seller (release) or back to the buyer (refund), all of it.

    ``fault`` (seller_fault, buyer_fault, none) says for the record who caused it; it moves no money. Raises InvalidInput
    naming the fields, PartyCannotRule, BadState when it is decided already, Conflict on a stale page.
    """
    case, order = case_for_staff(work, case_code, to_change=True)
    policy.require_staff(work.actor, order)
    reason_text = reason_text.strip()
    errors: dict[str, str] = {}
    if ruling not in (RELEASE, REFUND):
        errors["ruling"] = N_("Please choose who gets the money.")
    if fault not in FAULTS:
        errors["fault"] = N_("Please choose who caused it.")
    if not 10 <= len(reason_text) <= 2000:
        errors["reason_text"] = N_("Please give the reasons in 10 to 2,000 characters. Both sides read them.")
    if errors:
        raise InvalidInput(errors)
    if case.version != expected_version:
        raise Conflict()
    case.fault = fault
    case.ruling, case.ruled_by, case.ruled_at, case.reason_text = ruling, work.actor.id, work.now, reason_text
    CASE_FLOW.apply(work, case, "rule", detail={"ruling": ruling, "fault": fault})
    order.problem_state = PROBLEM_CLOSED
    payments.thaw(work, order.payment_code)
    note(work, order, "dispute.decided", case.code, problem=case.code, outcome=fault, remedy=ruling, reason=case.reason)
    if ruling == RELEASE:
        complete(work, order, "rule_release", "ruled_release")
        return case
    _refund(work, order)
    if fault == SELLER_FAULT and case.reason in NOT_AS_DESCRIBED:
        note(work, order, "order.returned_not_as_described", reason=case.reason)
    return case


def _refund(work: Work, order: Order) -> None:
    order.ended_by = "staff"
    ORDER_FLOW.apply(work, order, "rule_refund")
    watch_way_back(work, order)
    give_back(work, order, "ruling")
    if order.shipment_state not in AWAY:
        listings.unreserve(work, order.listing_id, back_on_sale=False)
    tell(work, order, "ruled_refund_back" if order.shipment_state in AWAY else "ruled_refund")
    announce(work, OrderRefunded(order.code))


def stop_order(work: Work, order_code: str, reason: str) -> Order:
    """An operator ends an order before the thing is sent (fraud, a listing taken down); what was paid goes back.

    Raises InvalidInput without a reason, PartyCannotRule, BadState once it is on its way.
    """
    order = order_for_staff(work, order_code.strip(), to_change=True)
    policy.require_staff(work.actor, order)
    reason = reason.strip()
    if not 10 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please give the reason in 10 to 500 characters. Both sides read it.")})
    if order.paid_at is None and "stop" in ORDER_FLOW.allowed(order.state):
        payments.cancel_hold(work, order.payment_code)
    cancel_paid(work, order, "stop", "stopped", "staff", reason, back_on_sale=False)
    return order
