"""“There is a problem”: the money stands still, an operator decides, both sides read why."""

from __future__ import annotations

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from app.credit import queries as credit
from app.kernel.errors import BadState, Conflict, InvalidInput
from app.kernel.work import SYSTEM
from app.listings import service as listings
from app.payments import queries as money
from app.payments import service as payments
from app.payments.errors import PaymentFrozen
from app.trades import queries, service
from app.trades.errors import AnsweredOnce, NoOpenProblem, NotAway, NotYourStep, ProblemOpen, WithdrawnOnce
from tests.accounts.making import actor, make_member, make_user
from tests.listings.making import fresh as fresh_listing
from tests.payments.making import run_money
from tests.trades.making import (
    GROUNDS,
    PRICE,
    as_buyer,
    as_operator,
    as_seller,
    buy,
    fresh,
    fresh_case,
    later,
    make_order,
    money_of,
    report,
    user,
)
from tests.trades.test_sale import account, conduct, told


def test_a_problem_freezes_the_release(hub):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    assert (case.state, case.opened_by, case.reason) == ("open", order.buyer_id, "defect")
    assert money_of(hub, order).frozen
    with pytest.raises(ProblemOpen):
        as_buyer(hub, order, service.accept, order.code, fresh(hub, order).version)
    with pytest.raises(PaymentFrozen), hub.begin(SYSTEM) as work:
        payments.release(work, order.payment_code, [("fee_revenue", 1)], key="behind-the-back")
    with pytest.raises(ProblemOpen):
        report(hub, order)
    assert money_of(hub, order).held_fen == PRICE
    assert "order.problem" in told(hub, user(hub, order.seller_id))


def test_a_ruling_for_the_buyer_gives_everything_back(hub):
    order = make_order(hub, "closed_refunded")
    state = money_of(hub, order)
    assert (state.captured_fen, state.refund_paid_fen, state.released_fen, state.held_fen) == (PRICE, PRICE, 0, 0)
    assert account(hub, f"escrow:{order.payment_code}") == 0
    assert account(hub, "fee_revenue") == 0
    types = conduct(hub, order)
    assert types[-3:] == ["dispute.opened", "dispute.decided", "order.returned_not_as_described"]
    assert "order.completed" not in types
    assert "order.ruled_refund_back" in told(hub, user(hub, order.buyer_id))


def test_a_ruling_for_the_seller_completes_the_sale(hub):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    as_operator(hub, service.rule, case.code, "release", "照片和描述一致，划痕已经写明。", case.version, "buyer_fault")
    run_money(hub)
    done = fresh(hub, order)
    assert (done.state, done.problem_state) == ("completed", "closed")
    assert money_of(hub, order).state == "released"
    ruled = fresh_case(hub, case)
    assert (ruled.state, ruled.ruling, ruled.fault) == ("ruled", "release", "buyer_fault")
    assert conduct(hub, order)[-1] == "order.completed"
    with hub.look() as work:
        assert money.verify(work, hub.provider) == []


def test_a_ruling_is_carried_out_once(hub):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    as_operator(hub, service.rule, case.code, "refund", GROUNDS, case.version)
    with pytest.raises(Conflict):
        as_operator(hub, service.rule, case.code, "refund", GROUNDS, case.version)
    with pytest.raises(BadState):
        as_operator(hub, service.rule, case.code, "release", GROUNDS, fresh_case(hub, case).version)
    run_money(hub)
    assert money_of(hub, order).refund_paid_fen == PRICE


def test_a_ruling_without_its_parts_decides_nothing(hub):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    for ruling, reason, fault, field in (
        ("half", GROUNDS, "none", "ruling"),
        ("", GROUNDS, "none", "ruling"),
        ("refund", "短", "none", "reason_text"),
        ("refund", "长" * 2001, "none", "reason_text"),
        ("refund", GROUNDS, "moon", "fault"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            as_operator(hub, service.rule, case.code, ruling, reason, case.version, fault)
        assert set(refusal.value.errors) == {field}
    assert fresh_case(hub, case).state == "open"


def test_a_ruling_from_an_old_page_decides_nothing(hub):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    with pytest.raises(Conflict):
        as_operator(hub, service.rule, case.code, "refund", GROUNDS, case.version + 1)
    assert money_of(hub, order).frozen


def test_a_problem_needs_a_kind_and_words(hub):
    order = make_order(hub, "acceptance")
    for reason, text, fields in (
        ("", "", {"reason", "text"}),
        ("no_receipt", "还没有收到包裹，怎么办？", {"reason"}),
        ("defect", "坏" * 1001, {"text"}),
    ):
        with pytest.raises(InvalidInput) as refusal:
            report(hub, order, reason, text)
        assert set(refusal.value.errors) == fields
    assert fresh(hub, order).problem_state == "none"


def test_a_solved_problem_can_be_taken_back_and_the_time_begins_again(hub):
    order = make_order(hub, "acceptance")
    later(hub, hours=70)
    case = report(hub, order)
    later(hub, days=5)
    as_buyer(hub, order, service.withdraw_problem, order.code)
    now = fresh(hub, order)
    assert (now.state, now.problem_state, fresh_case(hub, case).state) == ("acceptance", "closed", "settled")
    assert not money_of(hub, order).frozen
    later(hub, hours=71)
    assert fresh(hub, order).state == "acceptance"
    second = report(hub, order, "missing_part", "又发现少了原装充电线，请看照片。")
    assert second.code != case.code
    with pytest.raises(WithdrawnOnce):
        as_buyer(hub, order, service.withdraw_problem, order.code)
    as_operator(hub, service.rule, second.code, "release", "配件清单里没有充电线，交易完成。", second.version)
    assert fresh(hub, order).state == "completed"


def test_without_a_problem_the_time_for_checking_cannot_be_prolonged(hub):
    order = make_order(hub, "acceptance")
    with pytest.raises(NoOpenProblem):
        as_buyer(hub, order, service.withdraw_problem, order.code)
    assert fresh(hub, order).acceptance_due_at == order.acceptance_due_at


def test_a_refunded_item_is_offered_again_only_when_it_is_back(hub):
    order = make_order(hub, "closed_refunded")
    assert fresh_listing(hub, order.listing_id).state == "reserved"
    with pytest.raises(Conflict):
        buy(hub, fresh_listing(hub, order.listing_id), make_user(hub))
    as_seller(hub, order, service.take_back, order.code)
    assert fresh_listing(hub, order.listing_id).state == "paused", "its description was ruled wrong"
    with pytest.raises(NotAway):
        as_seller(hub, order, service.take_back, order.code)
    as_seller(hub, order, listings.resume, fresh_listing(hub, order.listing_id).code)
    second = make_order(hub, "completed", listing=fresh_listing(hub, order.listing_id))
    assert second.state == "completed"


def test_staff_see_open_cases_first_and_parties_see_them_on_their_order(hub):
    closed = make_order(hub, "closed_refunded")
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    with hub.look(actor(hub, make_member(hub, "operator"))) as work:
        rows = [(one.code, of.id) for one, of in queries.cases_for_staff(work)]
    assert rows[0] == (case.code, order.id)
    assert rows[1][1] == closed.id


def test_an_operator_stops_an_order_before_it_is_sent(hub):
    order = make_order(hub, "cancelled_platform")
    assert (order.ended_by, money_of(hub, order).state) == ("staff", "refunded")
    unpaid = make_order(hub, "awaiting_payment")
    as_operator(hub, service.stop_order, f" {unpaid.code} ", "收到线索，先停下这笔交易。")
    assert fresh_listing(hub, unpaid.listing_id).state == "paused", "nobody else can buy it at once"
    assert fresh(hub, unpaid).state == "cancelled_platform"
    with pytest.raises(InvalidInput):
        as_operator(hub, service.stop_order, make_order(hub, "paid").code, " ")
    with pytest.raises(Conflict):
        as_operator(hub, service.stop_order, make_order(hub, "fulfilling").code, "收到线索，先停下这笔交易。")


def test_the_seller_answers_a_problem_once(hub):
    order = make_order(hub, "acceptance")
    with pytest.raises(NoOpenProblem):
        as_seller(hub, order, service.answer_case, order.code, GROUNDS)
    case = report(hub, order)
    with pytest.raises(NotYourStep):
        as_buyer(hub, order, service.answer_case, order.code, GROUNDS)
    for wrong in ("", "短", "长" * 1001):
        with pytest.raises(InvalidInput):
            as_seller(hub, order, service.answer_case, order.code, wrong)
    as_seller(hub, order, service.answer_case, order.code, GROUNDS)
    with pytest.raises(AnsweredOnce):
        as_seller(hub, order, service.answer_case, order.code, "再说一次：发货前没有裂纹。")
    answered = fresh_case(hub, case)
    assert (answered.state, answered.answer_text) == ("open", GROUNDS)
    assert answered.answered_at is not None


def test_a_problem_that_was_taken_back_is_counted_as_solved(hub):
    order = make_order(hub, "acceptance")
    report(hub, order)
    as_buyer(hub, order, service.withdraw_problem, order.code)
    assert conduct(hub, order)[-2:] == ["dispute.opened", "dispute.settled"]
    with hub.look() as work:
        assert credit.events_of(work, order.seller_id)[0].data["outcome"] == "withdrawn"
        summary = credit.seller_summary(work, order.seller_id)
    assert (summary.problems_opened, summary.problems_settled, summary.problems_decided_against) == (1, 1, 0)


@pytest.mark.parametrize(
    "change",
    [
        "answer_text = 'another answer'",
        "answered_at = NULL, answer_text = NULL",
        "answer_text = NULL",
        "text = 'other words'",
        "reason = 'other'",
        "opened_by = NULL",
    ],
)
def test_the_database_keeps_what_was_said_in_a_case(hub, change):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    as_seller(hub, order, service.answer_case, order.code, GROUNDS)
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.execute(sql(f"UPDATE trade_case SET {change} WHERE id = {case.id}"))
    assert fresh_case(hub, case).answer_text == GROUNDS


@pytest.mark.parametrize("change", ["ruling = 'release'", "reason_text = 'other'", "fault = 'buyer_fault'", "state = 'open'"])
def test_the_database_keeps_a_ruling(hub, change):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    as_operator(hub, service.rule, case.code, "refund", GROUNDS, case.version, "seller_fault")
    for statement in (f"UPDATE trade_case SET {change} WHERE id = {case.id}", f"DELETE FROM trade_case WHERE id = {case.id}"):
        with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
            work.session.execute(sql(statement))


def test_without_the_trigger_a_second_answer_would_overwrite_the_first(hub):
    """The planted fault: what the verb forgets, only the database can refuse."""
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    as_seller(hub, order, service.answer_case, order.code, GROUNDS)
    on = " ON trade_case" if hub.db.dialect == "postgresql" else ""
    with hub.begin(SYSTEM) as work:
        work.session.execute(sql(f"DROP TRIGGER tr_trade_case_said_once{on}"))
        work.session.execute(sql(f"UPDATE trade_case SET answer_text = 'another answer' WHERE id = {case.id}"))
    assert fresh_case(hub, case).answer_text == "another answer"
