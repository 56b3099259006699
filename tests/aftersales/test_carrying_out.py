"""What a ruling says is carried out: when it is final, part by part, once, and past whatever stands in its way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.aftersales import errors, queries, service
from app.aftersales.rules import FOLLOW_HOURS, MOST_RETRIES
from app.aftersales.states import (
    CARRYING_OUT,
    CLOSED,
    DENIED,
    DONE,
    ESCALATED,
    OVERTAKEN,
    PARTIAL,
    REMEDIED,
    RETURN,
    RETURNING,
    RULED,
    WAITING,
    WITHDRAWN,
)
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.payments import service as payments
from app.payments.events import BankDisputeLost
from app.trades import service as trades
from app.trades.queries import order_by_id
from app.trades.states import ACCEPTANCE, COMPLETED
from tests.accounts.making import actor, make_member
from tests.aftersales.deciding import (
    accept,
    appeal,
    carried_out,
    decided,
    dispute_of,
    drawn,
    legs,
    make_senior,
    rule,
    ruling,
    rulings,
    told,
)
from tests.aftersales.going_back import HOME, OTHER_IMEI, PARCEL, receive, thing_of, way_back
from tests.aftersales.making import arrived, fresh, make_claim
from tests.aftersales.test_claims import advance, books_hold, facts, said_of
from tests.payments.making import run_money, sandbox, settled_payment
from tests.trades.making import PRICE, as_buyer, as_seller, money_of, user
from tests.trades.making import fresh as fresh_order
from tests.trades.test_banks import decide as bank_decides
from tests.trades.test_banks import dispute as bank_dispute


def test_no_money_moves_before_the_ruling_is_final_and_then_by_its_parts(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    assert rule(hub, row).state == RULED
    run_money(hub)
    assert (money_of(hub, order).refunded_fen, facts(hub, row.code)) == (0, {"dispute.opened"})
    assert accept(hub, row, "buyer").state == RULED
    with pytest.raises(errors.AcceptedAlready):
        accept(hub, row, "buyer")
    with pytest.raises(errors.AcceptedAlready):
        appeal(hub, row, "buyer")
    assert accept(hub, row, "seller").state == CARRYING_OUT
    run_money(hub)
    assert dispute_of(hub, row).state == DONE
    assert {side: (leg.amount_fen, leg.state) for side, leg in legs(hub, row).items()} == {
        "buyer": (60_000, "paid"),
        "seller": (PRICE - 60_000, "paid"),
    }
    assert (fresh(hub, row).state, fresh(hub, row).result_fen) == (REMEDIED, 60_000)
    assert (money_of(hub, order).refund_paid_fen, fresh_order(hub, order).state) == (60_000, COMPLETED)
    assert said_of(hub, "dispute.decided", row.code)["outcome"] == "seller_fault"
    books_hold(hub)


def test_it_becomes_final_when_nobody_appeals_and_not_a_second_early(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    advance(hub, timedelta(days=6, minutes=1))
    run_money(hub)
    assert any("becomes final on" in each for each in told(hub, order.seller_id))
    advance(hub, timedelta(days=1) - timedelta(minutes=5))
    run_money(hub)
    assert dispute_of(hub, row).state == RULED
    advance(hub, timedelta(minutes=5))
    with pytest.raises(errors.TurnOver):
        appeal(hub, row)
    run_money(hub)
    assert (dispute_of(hub, row).state, money_of(hub, order).refund_paid_fen) == (DONE, 60_000)


def test_an_appeal_goes_once_to_another_person_whose_ruling_is_final(hub: Hub) -> None:
    for _ in range(2):
        make_senior(hub)
    row, order = make_claim(hub, ESCALATED)
    first = drawn(hub, row)
    rule(hub, row)
    with pytest.raises(InvalidInput):
        appeal(hub, row, words="短")
    assert appeal(hub, row).state == WAITING
    second = drawn(hub, row)
    assert second.id != first.id
    found = rule(hub, row, ruling(PARTIAL, 10_000, "shared", reasons="双方都有责任，退一百元。"))
    assert found.state == CARRYING_OUT
    with pytest.raises(errors.NotRuled):
        appeal(hub, row, "buyer")
    run_money(hub)
    assert (dispute_of(hub, row).state, money_of(hub, order).refund_paid_fen) == (DONE, 10_000)
    assert [(each.round, each.buyer_fen) for each in rulings(hub, row)] == [(1, 60_000), (2, 10_000)]
    assert said_of(hub, "dispute.decided", row.code)["outcome"] == "shared"
    books_hold(hub)


def test_what_is_ruled_out_lets_the_order_go_on(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    found = carried_out(hub, row, ruling("", None, "buyer_fault", reasons="照片看不出更换过，不予支持。"))
    assert found.state == DONE
    assert {side: leg.command_code for side, leg in legs(hub, row).items()} == {"seller": None}
    assert (fresh(hub, row).state, fresh_order(hub, order).state) == (DENIED, ACCEPTANCE)
    assert money_of(hub, order).held_fen == PRICE


def test_after_the_completion_the_seller_keeps_the_rest(hub: Hub) -> None:
    settled_payment(hub, amount_fen=5_000_000)
    row, order = make_claim(hub, ESCALATED, order=arrived(hub, COMPLETED))
    carried_out(hub, row)
    assert {side: leg.state for side, leg in legs(hub, row).items()} == {"buyer": "paid", "seller": "paid"}
    assert legs(hub, row)["seller"].command_code is None
    assert money_of(hub, order).refund_paid_fen == 60_000
    books_hold(hub)


def test_of_a_ruled_return_the_money_follows_when_the_thing_is_back(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    assert decided(hub, row, ruling(RETURN, None)).state == CARRYING_OUT
    assert (fresh(hub, row).state, legs(hub, row)["buyer"].state) == (RETURNING, "planned")
    as_seller(hub, order, service.name_address, hub.sealer, row.code, fresh(hub, row).version, *HOME)
    as_buyer(hub, order, service.send_back, row.code, fresh(hub, row).version, *PARCEL)
    receive(hub, row, order)
    run_money(hub)
    assert (dispute_of(hub, row).state, legs(hub, row)["buyer"].state) == (DONE, "paid")
    assert money_of(hub, order).refund_paid_fen == PRICE
    assert said_of(hub, "dispute.decided", row.code)["outcome"] == "seller_fault"


def test_a_ruled_return_of_another_unit_is_a_dispute_of_its_own_with_another_person(hub: Hub) -> None:
    for _ in range(3):
        make_senior(hub)
    row, order = make_claim(hub, ESCALATED)
    first = drawn(hub, row)
    decided(hub, row, ruling(RETURN, None))
    before = dispute_of(hub, row)
    as_seller(hub, order, service.name_address, hub.sealer, row.code, fresh(hub, row).version, *HOME)
    as_buyer(hub, order, service.send_back, row.code, fresh(hub, row).version, *PARCEL)
    assert thing_of(hub, order).imei != OTHER_IMEI
    receive(hub, row, order, OTHER_IMEI)
    assert way_back(hub, row) is not None
    after = dispute_of(hub, row)
    assert (after.no, after.id != before.id) == (2, True)
    with hub.look() as work:
        assert [each.state for each in queries.disputes_of(work, row.id)] == [CLOSED, WAITING]
        assert [each.state for each in queries.legs_of(work, before.id)] == ["dropped"]
    assert drawn(hub, row).id != first.id
    carried_out(hub, row, ruling("", None, "buyer_fault", reasons="寄回的不是卖出的那一台。", evidence=("return",)))
    assert money_of(hub, order).refunded_fen == 0
    assert said_of(hub, "dispute.decided", row.code)["outcome"] == "buyer_fault"


# Carrying out


def test_carrying_out_again_moves_nothing_twice(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    accept(hub, row)
    for _ in range(3):
        with hub.begin(SYSTEM) as work:
            service.carry_out(work, dispute_of(hub, row).id)
    for _ in range(3):
        run_money(hub)
        with hub.begin(SYSTEM) as work:
            service.carry_out(work, dispute_of(hub, row).id)
    assert (money_of(hub, order).refund_paid_fen, dispute_of(hub, row).state) == (60_000, DONE)
    with pytest.raises(errors.NothingToCarryOut), hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.run_again(work, dispute_of(hub, row).code)
    books_hold(hub)


def test_a_part_that_the_payer_refuses_is_shown_and_asked_for_again(hub: Hub) -> None:
    staff = make_member(hub, "operator")
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    sandbox(hub).books.refuse_next(f"user:{user(hub, order.seller_id).code}", "account_closed")
    accept(hub, row)
    run_money(hub)
    part = legs(hub, row)["seller"]
    assert (dispute_of(hub, row).state, legs(hub, row)["buyer"].state) == (CARRYING_OUT, "paid")
    assert (part.state, part.command_code is not None) == ("failed", True)
    with hub.begin(actor(hub, staff)) as work:
        service.run_again(work, dispute_of(hub, row).code)
    assert (legs(hub, row)["seller"].state, legs(hub, row)["seller"].retries) == ("booked", 1)
    assert any("refused a part of the money" in each for each in told(hub, staff.id))
    run_money(hub)
    assert (dispute_of(hub, row).state, legs(hub, row)["seller"].state) == (DONE, "paid")
    assert money_of(hub, order).refund_paid_fen == 60_000
    books_hold(hub)


def test_what_staff_ask_for_again_among_all_commands_goes_on_here_too(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    sandbox(hub).books.refuse_next(f"user:{user(hub, order.seller_id).code}", "account_closed")
    accept(hub, row)
    run_money(hub)
    part = legs(hub, row)["seller"]
    assert (part.state, part.command_code is not None) == ("failed", True)
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        payments.retry_command(work, part.command_code or "")
    with hub.begin(SYSTEM) as work:
        service.carry_out(work, dispute_of(hub, row).id)
    assert (legs(hub, row)["seller"].state, legs(hub, row)["seller"].retries) == ("booked", 0)
    run_money(hub)
    assert dispute_of(hub, row).state == DONE
    books_hold(hub)


def test_by_itself_it_is_asked_for_again_and_not_for_ever(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    accept(hub, row)
    seller = f"user:{user(hub, order.seller_id).code}"
    for _ in range(MOST_RETRIES + 3):
        sandbox(hub).books.refuse_next(seller, "account_closed")
        run_money(hub)
        advance(hub, timedelta(hours=FOLLOW_HOURS, minutes=1))
    assert (legs(hub, row)["seller"].state, legs(hub, row)["seller"].retries) == ("failed", MOST_RETRIES)
    assert dispute_of(hub, row).state == CARRYING_OUT


def test_while_the_bank_looks_nothing_is_carried_out(hub: Hub) -> None:
    settled_payment(hub, amount_fen=5_000_000)
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    ref = bank_dispute(hub, order)
    accept(hub, row)
    hub.drain()
    assert (dispute_of(hub, row).state, legs(hub, row)["buyer"].state) == (CARRYING_OUT, "planned")
    bank_decides(hub, ref, won=True)
    advance(hub, timedelta(days=1, minutes=1))
    run_money(hub)
    assert (dispute_of(hub, row).state, money_of(hub, order).refund_paid_fen) == (DONE, 60_000)


def test_the_bank_that_keeps_the_money_ends_the_dispute(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    with hub.begin() as work:
        service.on_bank_dispute_lost(work, BankDisputeLost(order.payment_code, "x" * 26, 0))
    assert (fresh(hub, row).state, dispute_of(hub, row).state) == (OVERTAKEN, CLOSED)
    with pytest.raises(errors.NotRuled):
        accept(hub, row, "buyer")


@pytest.mark.parametrize("step", ["waiting", "deciding", "ruled", "appealed", "carrying_out"])
def test_while_a_dispute_is_open_no_other_command_moves_the_money(hub: Hub, step: str) -> None:
    settled_payment(hub, amount_fen=5_000_000)
    row, order = make_claim(hub, ESCALATED)
    if step != "waiting":
        drawn(hub, row)
    if step in ("ruled", "appealed", "carrying_out"):
        rule(hub, row)
    if step == "appealed":
        appeal(hub, row)
    if step == "carrying_out":
        accept(hub, row)  # final, and not carried out yet
    before = money_of(hub, order)
    version = fresh_order(hub, order).version
    for person_id, verb in (
        (order.buyer_id, lambda work: trades.accept(work, order.code, version)),
        (order.buyer_id, lambda work: trades.report_problem(work, order.code, "defect", "屏幕有描述里没有的裂纹。")),
        (order.buyer_id, lambda work: trades.withdraw_problem(work, order.code)),
        (None, lambda work: payments.release(work, order.payment_code, [("fee_revenue", 100)], key="other")),
        (None, lambda work: payments.refund(work, order.payment_code, 100, key="other", reason="other")),
        (None, lambda work: payments.refund_released(work, order.payment_code, 100, "other", "other")),
        (None, lambda work: payments.freeze(work, order.payment_code, "other")),
        (None, lambda work: trades.hold_for_claim(work, order_by_id(work, order.id), "y" * 26, "damaged")),
        (make_member(hub, "operator").id, lambda work: trades.refund_completed(work, order.code, 100, "退给买家一元整。好", 0)),
        (make_member(hub, "operator").id, lambda work: trades.stop_order(work, order.code, "收到线索，先停下这笔交易。")),
    ):
        person = SYSTEM if person_id is None else actor(hub, user(hub, person_id))
        with pytest.raises(DomainError), hub.begin(person) as work:
            verb(work)
    with pytest.raises(ValueError, match="is not held by claim"), hub.begin(SYSTEM) as work:
        trades.let_go(work, order_by_id(work, order.id, to_change=True), "y" * 26)
    with hub.begin(SYSTEM) as work:
        trades.on_acceptance_timeout(work, order.id)
    assert money_of(hub, order) == before


def test_what_was_ruled_is_not_undone_by_taking_the_claim_back(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    for _ in range(2):
        with pytest.raises(errors.RuledAlready):
            as_buyer(hub, order, service.withdraw, row.code, fresh(hub, row).version)
        if dispute_of(hub, row).state == RULED:
            appeal(hub, row, "buyer")
    other, theirs = make_claim(hub, ESCALATED)
    person = drawn(hub, other)
    as_buyer(hub, theirs, service.withdraw, other.code, fresh(hub, other).version)
    assert (fresh(hub, other).state, dispute_of(hub, other).state) == (WITHDRAWN, CLOSED)
    assert any("There is nothing left to do" in each for each in told(hub, person.id))
