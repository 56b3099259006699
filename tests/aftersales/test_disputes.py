"""Disputes: who is drawn, what a ruling must say, one appeal, and no money before it is final."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Organisation, User
from app.aftersales import errors, queries, service
from app.aftersales.rules import FOLLOW_HOURS, MOST_RETRIES
from app.aftersales.states import (
    CARRYING_OUT,
    CLOSED,
    DECIDING,
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
from app.appraisal import queries as appraisal
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.draw import find_entry
from app.kernel.errors import Conflict, DomainError, InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.notices.models import Notice
from app.payments import service as payments
from app.payments.events import BankDisputeLost
from app.trades import service as trades
from app.trades.queries import order_by_id
from app.trades.states import ACCEPTANCE, COMPLETED
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.aftersales.deciding import (
    accept,
    appeal,
    carried_out,
    decided,
    dispute_of,
    drawn,
    legs,
    rule,
    ruling,
    rulings,
)
from tests.aftersales.going_back import HOME, OTHER_IMEI, PARCEL, receive, thing_of, way_back
from tests.aftersales.making import arrived, fresh, make_claim
from tests.aftersales.test_claims import advance, books_hold, facts, said_of
from tests.appraisal.admitting import qualify
from tests.goods.making import make_thing
from tests.payments.making import run_money, sandbox, settled_payment
from tests.trades.making import PRICE, as_buyer, as_seller, money_of, user
from tests.trades.making import fresh as fresh_order
from tests.trades.test_banks import decide as bank_decides
from tests.trades.test_banks import dispute as bank_dispute


def make_senior(hub: Hub, organisation: Organisation | None = None) -> User:
    """A senior appraiser of a licensed agency."""
    agency = organisation or make_organisation(hub, "agency")
    person = make_member(hub, "appraiser", organisation=agency, qualified=False)
    with hub.begin(SYSTEM) as work:
        qualify(work, person.id, level="senior")
    return person


def told(hub: Hub, user_id: int) -> list[str]:
    """What the person was told, in English."""
    with hub.look() as work:
        return [each.text for each in work.session.scalars(select(Notice).where(Notice.user_id == user_id))]


# Who is drawn


def test_it_is_drawn_among_senior_appraisers_and_anybody_can_check_the_draw(hub: Hub) -> None:
    make_member(hub, "operator")
    seniors = {make_senior(hub).code for _ in range(3)}
    row, _order = make_claim(hub, ESCALATED)
    person = drawn(hub, row)
    assert person.code in seniors, "staff are drawn only where no expert is left"
    found = dispute_of(hub, row)
    assert found.due_at is not None
    with hub.look() as work:
        entry = find_entry(work, "claim-arbitrator", f"{found.code}:1")
        asked = queries.askings_of(work, found.id)
    assert entry is not None
    assert entry.candidates == asked[0].considered
    assert set(entry.candidates) >= {person.code}
    assert entry.candidates[entry.result] == person.code


def test_nobody_decides_who_is_close_to_a_side_or_to_the_report(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    with hub.look() as work:
        report = appraisal.promised_report(work, order.report_code or "")
        assert report is not None
        agency = accounts.organisation_by_id(work, report.agency_id)
    of_the_report = make_senior(hub, agency)
    shop = make_member(hub, "dealer", organisation=_house_of(hub, order.seller_id))
    neutral = make_senior(hub)
    bought = make_senior(hub)
    _sold(hub, bought, order.buyer_id)
    with hub.look() as work:
        order = work.session.merge(order)
        answers = {
            "buyer": queries.is_neutral(work, order, order.buyer_id),
            "seller": queries.is_neutral(work, order, order.seller_id),
            "colleague of the seller": queries.is_neutral(work, order, shop.id),
            "agency of the report": queries.is_neutral(work, order, of_the_report.id),
            "sold to the buyer": queries.is_neutral(work, order, bought.id),
            "neutral": queries.is_neutral(work, order, neutral.id),
        }
    assert [name for name, is_free in answers.items() if is_free] == ["neutral"]
    assert drawn(hub, row).id == neutral.id


def _sold(hub: Hub, seller: User, buyer_id: int) -> None:
    """A thing goes from one to the other."""
    thing = make_thing(hub, seller)
    with hub.begin(SYSTEM) as work:
        goods.transfer(work, work.session.get_one(Thing, thing.id), buyer_id, via="x" * 26)


def _house_of(hub: Hub, user_id: int) -> Organisation:
    with hub.look() as work:
        return accounts.memberships_of(work, user_id)[0][1]


def test_who_was_drawn_least_often_is_next(hub: Hub) -> None:
    people = {make_senior(hub).id for _ in range(2)}
    rows = [make_claim(hub, ESCALATED)[0] for _ in range(4)]
    turns = [drawn(hub, row).id for row in rows]
    assert set(turns[:2]) == people
    assert set(turns[2:]) == people


def test_silence_and_passing_on_go_to_the_next_person_and_decide_nothing(hub: Hub) -> None:
    for _ in range(3):
        make_senior(hub)
    row, order = make_claim(hub, ESCALATED)
    first = drawn(hub, row)
    advance(hub, timedelta(days=5, minutes=1))
    hub.drain()
    assert any("last day comes near" in each for each in told(hub, first.id))
    advance(hub, timedelta(days=2))
    hub.drain()
    second = drawn(hub, row)
    assert second.id != first.id
    with pytest.raises(errors.DisputeNotFound), hub.begin(actor(hub, first)) as work:
        service.rule(work, dispute_of(hub, row).code, dispute_of(hub, row).version, ruling())
    with hub.begin(actor(hub, second)) as work:
        service.pass_on(work, dispute_of(hub, row).code, "认识卖家")
    third = drawn(hub, row)
    assert third.id not in (first.id, second.id)
    assert (fresh(hub, row).state, money_of(hub, order).refunded_fen) == (ESCALATED, 0)
    for _ in range(6):
        advance(hub, timedelta(days=8))
        hub.drain()
    assert fresh(hub, row).state == ESCALATED, "no silence decides"
    assert dispute_of(hub, row).state == DECIDING


def test_where_nobody_is_left_staff_are_told_and_it_is_drawn_again_every_day(hub: Hub) -> None:
    own = make_member(hub, "operator")
    row, _order = make_claim(hub, ESCALATED, order=arrived(hub, seller=own))
    hub.drain()
    assert (dispute_of(hub, row).state, dispute_of(hub, row).staff_reason) == (WAITING, "nobody")
    assert any("nobody can be drawn" in each for each in told(hub, own.id))
    with pytest.raises(errors.NobodyToDecide), hub.begin(actor(hub, own)) as work:
        service.draw_again(work, hub.sealer, dispute_of(hub, row).code)
    neutral = make_senior(hub)
    advance(hub, timedelta(days=1, minutes=1))
    hub.drain()
    assert dispute_of(hub, row).person_id == neutral.id


# The ruling


def test_a_ruling_names_every_fault_at_once_and_writes_nothing(hub: Hub) -> None:
    row, _order = make_claim(hub, ESCALATED)
    with pytest.raises(InvalidInput) as refusal:
        rule(hub, row, ruling("?", None, "?", reasons="短", clauses=(), evidence=()))
    assert set(refusal.value.errors) == {"remedy", "fault", "reasons", "clauses", "evidence"}
    for wrong, field in (
        ({"clauses": ("free_lunch",)}, "clauses"),
        ({"evidence": ("photo-9",)}, "evidence"),
        ({"evidence": ("photo-1", "return")}, "evidence"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            rule(hub, row, ruling(**wrong))
        assert set(refusal.value.errors) == {field}
    for fen in (None, 0, -1, PRICE, PRICE + 1):
        with pytest.raises(InvalidInput) as refusal:
            rule(hub, row, ruling(PARTIAL, fen))
        assert set(refusal.value.errors) == {"amount"}
    assert rulings(hub, row) == []


def test_a_ruling_keeps_its_split_its_rules_and_its_evidence(hub: Hub) -> None:
    row, _order = make_claim(hub, ESCALATED)
    rule(hub, row)
    (found,) = rulings(hub, row)
    assert (found.buyer_fen, found.seller_fen, found.amount_fen) == (60_000, PRICE - 60_000, PRICE)
    assert (found.clauses, found.evidence) == (["nonconformity_return"], ["photo-1", "said-1"])


def test_neither_a_side_nor_staff_nor_a_stranger_rules(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    person = drawn(hub, row)
    found = dispute_of(hub, row)
    for one in (order.buyer_id, order.seller_id, make_member(hub, "operator").id, make_user(hub).id):
        with pytest.raises(errors.DisputeNotFound), hub.begin(actor(hub, user(hub, one))) as work:
            service.rule(work, found.code, found.version, ruling())
    with pytest.raises(Conflict), hub.begin(actor(hub, person)) as work:
        service.rule(work, found.code, found.version - 1, ruling())


def test_who_came_too_close_meanwhile_passes_it_on(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    person = make_senior(hub)
    assert drawn(hub, row).id == person.id
    _sold(hub, person, order.buyer_id)
    with pytest.raises(errors.NotNeutral):
        rule(hub, row)
    with hub.begin(actor(hub, person)) as work:
        service.pass_on(work, dispute_of(hub, row).code, "刚和买家成交过一单")
    assert dispute_of(hub, row).state == WAITING


# Final


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
