"""What the databases keep of disputes by themselves, every cell of the tables, and two who act at once."""

from __future__ import annotations

import importlib.util
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.aftersales import service
from app.aftersales.models import Claim, ClaimDispute, ClaimLeg
from app.aftersales.states import (
    CARRYING_OUT,
    CLOSED,
    DECIDING,
    DISPUTE_FLOW,
    DONE,
    ESCALATED,
    LEG_FLOW,
    RULED,
    WAITING,
)
from app.factory import ROOT
from app.kernel.errors import BadState, DomainError
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.payments.events import BankDisputeLost
from tests.accounts.making import actor, make_member
from tests.aftersales.deciding import APPEAL, accept, appeal, carried_out, dispute_of, drawn, legs, rule, ruling, rulings
from tests.aftersales.going_back import going_back, thing_of
from tests.aftersales.making import fresh, make_claim, party
from tests.aftersales.test_guards import at_once
from tests.payments.making import run_money
from tests.trades.making import PRICE, as_buyer, money_of

STATES = (WAITING, DECIDING, RULED, CARRYING_OUT, DONE, CLOSED)


def _bring(hub: Hub, state: str):  # type: ignore[no-untyped-def]
    """A claim whose dispute is in the wanted state."""
    row, order = make_claim(hub, ESCALATED)
    if state in (DECIDING, CLOSED):
        drawn(hub, row)
    if state == CLOSED:
        as_buyer(hub, order, service.withdraw, row.code, fresh(hub, row).version)
    if state in (RULED, CARRYING_OUT):
        rule(hub, row)
    if state == CARRYING_OUT:
        accept(hub, row)
    if state == DONE:
        carried_out(hub, row)
    assert dispute_of(hub, row).state == state
    return row, order


@pytest.mark.parametrize("state", STATES)
def test_every_event_is_either_listed_or_refused(hub: Hub, state: str) -> None:
    row, _order = _bring(hub, state)
    found = dispute_of(hub, row)
    for event in DISPUTE_FLOW.events:
        if DISPUTE_FLOW.can(state, event):
            continue
        with pytest.raises(BadState), hub.begin(SYSTEM) as work:
            DISPUTE_FLOW.apply(work, work.session.get_one(ClaimDispute, found.id), event)
    for leg in legs(hub, row).values():
        for event in LEG_FLOW.events:
            if not LEG_FLOW.can(leg.state, event):
                with pytest.raises(BadState), hub.begin(SYSTEM) as work:
                    LEG_FLOW.apply(work, work.session.get_one(ClaimLeg, leg.id), event)
    assert dispute_of(hub, row).version == found.version


ALLOWED = {
    ("arbitrator", "rule"): {DECIDING},
    ("arbitrator", "pass_on"): {DECIDING},
    ("buyer", "accept_ruling"): {RULED},
    ("seller", "accept_ruling"): {RULED},
    ("buyer", "appeal"): {RULED},
    ("seller", "appeal"): {RULED},
    ("operator", "draw_again"): {WAITING},
    ("operator", "run_again"): {CARRYING_OUT},
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_actor_and_verb_has_its_answer(hub: Hub, state: str) -> None:
    row, order = _bring(hub, state)
    found = dispute_of(hub, row)
    decides = found.person_id or make_member(hub, "operator").id
    people = {
        "arbitrator": party(hub, decides),
        "buyer": party(hub, order.buyer_id),
        "seller": party(hub, order.seller_id),
        "operator": party(hub, make_member(hub, "operator").id),
        "stranger": party(hub, make_member(hub, "dealer").id),
    }
    verbs = {
        "rule": lambda work: service.rule(work, found.code, found.version, ruling()),
        "pass_on": lambda work: service.pass_on(work, found.code, "认识卖家"),
        "accept_ruling": lambda work: service.accept_ruling(work, row.code, found.version),
        "appeal": lambda work: service.appeal(work, row.code, found.version, APPEAL),
        "draw_again": lambda work: service.draw_again(work, hub.sealer, found.code),
        "run_again": lambda work: service.run_again(work, found.code),
    }
    for name, verb in verbs.items():
        for who, person in people.items():
            is_staff_verb = name in ("draw_again", "run_again") and person.has("operator")
            if state in ALLOWED.get(("operator" if is_staff_verb else who, name), set()):
                continue
            with pytest.raises(DomainError), hub.begin(person) as work:
                verb(work)
            assert dispute_of(hub, row).version == found.version, (who, name)
    for who, name in ALLOWED:
        if state in ALLOWED[who, name]:
            with hub.begin(people[who]) as work:
                verbs[name](work)
                work.session.rollback()


REFUSED = {
    RULED: [
        "DELETE FROM claim_dispute",
        "UPDATE claim_dispute SET amount_fen = amount_fen + 1",
        "UPDATE claim_dispute SET opened_at = entered_at, no = 7",
        "UPDATE claim_dispute SET round = 3",
        "UPDATE claim_dispute SET round = 2",
        "UPDATE claim_dispute SET state = 'deciding'",
        "UPDATE claim_dispute SET state = 'carrying_out'",
        "UPDATE claim_dispute SET due_at = NULL",
        "UPDATE claim_ruling SET buyer_fen = 1, seller_fen = amount_fen - 1",
        "DELETE FROM claim_ruling",
        "UPDATE claim_dispute_asking SET person_id = 1",
        "DELETE FROM claim_dispute_asking",
        "INSERT INTO claim_leg (dispute_id, ruling_id, receiver, amount_fen, retries, state, version, entered_at) "
        "SELECT dispute_id, id, 'buyer', buyer_fen + 1, 0, 'planned', 1, at FROM claim_ruling",
        "INSERT INTO claim_dispute (code, claim_id, no, amount_fen, opened_at, round, state, version, entered_at) "
        "SELECT 'zzzzzzzzzzzzzzzzzzzzzzzzzz', claim_id, 2, amount_fen, opened_at, 1, 'waiting', 1, entered_at FROM claim_dispute",
    ],
    CARRYING_OUT: [
        "UPDATE claim_leg SET amount_fen = amount_fen - 1",
        "UPDATE claim_leg SET receiver = 'seller' WHERE receiver = 'buyer'",
        "DELETE FROM claim_leg",
        "UPDATE claim_dispute SET state = 'done', ended_at = opened_at",
        "UPDATE claim_dispute SET accepted_buyer_at = NULL",
    ],
    DONE: [
        "UPDATE claim_leg SET state = 'planned'",
        "UPDATE claim_dispute SET state = 'ruled', due_at = opened_at",
        "UPDATE claim_dispute SET ended_at = opened_at",
        "INSERT INTO claim_dispute (code, claim_id, no, amount_fen, opened_at, round, state, version, entered_at) "
        "SELECT 'zzzzzzzzzzzzzzzzzzzzzzzzzz', claim_id, 2, amount_fen, opened_at, 1, 'waiting', 1, entered_at FROM claim_dispute",
    ],
}


@pytest.mark.parametrize("state", list(REFUSED))
def test_the_database_refuses(hub: Hub, state: str) -> None:
    _bring(hub, state)
    for statement in REFUSED[state]:
        with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
            work.session.execute(text(statement))


@pytest.mark.parametrize(
    "change",
    [
        "seller_fen = seller_fen - 1",  # the parts are not the whole
        "amount_fen = amount_fen - 1, seller_fen = seller_fen - 1",  # not of the whole amount
        "by_id = (SELECT buyer_id FROM trade_order)",  # a side of the sale
        "by_id = (SELECT seller_id FROM trade_order)",
        "by_id = (SELECT MIN(id) FROM app_user)",  # not who was drawn
        "clauses = '[]'",
        "evidence = '[]'",
        "reasons = ''",
        "remedy = NULL",
        "round = 2",
    ],
)
def test_no_ruling_gets_in_that_does_not_fit(hub: Hub, change: str) -> None:
    row, _order = _bring(hub, DECIDING)
    found = dispute_of(hub, row)
    columns = {
        "code": "'rrrrrrrrrrrrrrrrrrrrrrrrrr'",
        "dispute_id": str(found.id),
        "round": "1",
        "by_id": str(found.person_id),
        "remedy": "'partial_refund'",
        "amount_fen": str(found.amount_fen),
        "buyer_fen": "100",
        "seller_fen": str(found.amount_fen - 100),
        "fault": "'none'",
        "reasons": "'照片显示屏幕不是原装，退一元。'",
        "clauses": "'[\"nonconformity_return\"]'",
        "evidence": "'[\"photo-1\"]'",
        "at": "opened_at",
    }
    wrong = dict(columns)
    for part in change.split(", "):
        name, value = part.split(" = ", 1)
        wrong[name] = f"({wrong[name]}) - 1" if value.endswith("- 1") else value
    for values, fits in ((wrong, False), (columns, True)):
        insert = f"INSERT INTO claim_ruling ({', '.join(values)}) SELECT {', '.join(values.values())} FROM claim_dispute"
        if fits:
            with hub.begin(SYSTEM) as work:
                work.session.execute(text(insert))
            continue
        with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
            work.session.execute(text(insert))


def test_on_the_appeal_neither_a_side_nor_the_first_arbitrator_is_drawn_or_rules(hub: Hub) -> None:
    row, order = make_claim(hub, ESCALATED)
    first = drawn(hub, row)
    rule(hub, row)
    found = appeal(hub, row)
    for person_id in (first.id, order.buyer_id, order.seller_id):
        with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
            work.session.execute(
                text(
                    "INSERT INTO claim_dispute_asking (dispute_id, no, round, person_id, considered, asked_at) "
                    f"SELECT id, 9, 2, {person_id}, '[]', opened_at FROM claim_dispute WHERE id = {found.id}"
                )
            )
    drawn(hub, row)
    with hub.begin(SYSTEM) as work:  # as if a hand had put the first one there again
        work.session.execute(text(f"UPDATE claim_dispute SET person_id = {first.id} WHERE id = {found.id}"))
    with pytest.raises(DBAPIError), hub.begin(actor(hub, first)) as work:
        service.rule(work, found.code, dispute_of(hub, row).version, ruling())
    assert len(rulings(hub, row)) == 1


@pytest.mark.parametrize("_round", range(3))
def test_one_accepts_while_the_other_appeals(hub: Hub, _round: int) -> None:
    row, order = _bring(hub, RULED)
    version = dispute_of(hub, row).version
    ended = at_once(
        hub,
        (party(hub, order.buyer_id), lambda work: service.accept_ruling(work, row.code, version)),
        (party(hub, order.seller_id), lambda work: service.appeal(work, row.code, version, APPEAL)),
    )
    assert sorted(each == "done" for each in ended) == [False, True]
    assert dispute_of(hub, row).state in (RULED, WAITING)


@pytest.mark.parametrize("_round", range(3))
def test_carried_out_by_two_at_once_moves_the_money_once(hub: Hub, _round: int) -> None:
    row, order = _bring(hub, CARRYING_OUT)
    found = dispute_of(hub, row)
    step = (SYSTEM, lambda work: service.carry_out(work, found.id))
    at_once(hub, step, step)
    run_money(hub)
    assert (dispute_of(hub, row).state, money_of(hub, order).refund_paid_fen) == (DONE, 60_000)


@pytest.mark.parametrize("_round", range(3))
def test_a_ruling_is_carried_out_while_the_bank_takes_the_money(hub: Hub, _round: int) -> None:
    """The claim is settled or overtaken, never both; what the buyer got back is told by one of them."""
    row, order = _bring(hub, CARRYING_OUT)
    found = dispute_of(hub, row)
    at_once(
        hub,
        (SYSTEM, lambda work: service.carry_out(work, found.id)),
        (SYSTEM, lambda work: service.on_bank_dispute_lost(work, BankDisputeLost(order.payment_code, "x" * 26, 0))),
    )
    run_money(hub)
    ended = (fresh(hub, row).state, dispute_of(hub, row).state, money_of(hub, order).refunded_fen)
    assert ended in (("remedied", DONE, 60_000), ("overtaken", CLOSED, 0))


@pytest.mark.parametrize("_round", range(3))
def test_the_arbitrator_rules_while_the_buyer_takes_it_back(hub: Hub, _round: int) -> None:
    row, order = _bring(hub, DECIDING)
    found, version = dispute_of(hub, row), fresh(hub, row).version
    assert found.person_id is not None
    ended = at_once(
        hub,
        (party(hub, found.person_id), lambda work: service.rule(work, found.code, found.version, ruling())),
        (party(hub, order.buyer_id), lambda work: service.withdraw(work, row.code, version)),
    )
    assert sorted(each == "done" for each in ended) == [False, True]
    assert (fresh(hub, row).state, dispute_of(hub, row).state) in (("escalated", RULED), ("withdrawn", CLOSED))


def test_a_claim_that_waited_before_there_were_disputes_gets_one(hub: Hub) -> None:
    """What the migration does for claims of an earlier release: the clock has an arbitrator drawn."""
    row, _order = make_claim(hub, ESCALATED)
    path = ROOT / "migrations/versions/0055_claim_disputes.py"
    spec = importlib.util.spec_from_file_location("claim_disputes", path)
    assert spec is not None
    assert spec.loader is not None
    step = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(step)
    with hub.begin(SYSTEM) as work:
        is_postgresql = work.session.get_bind().dialect.name == "postgresql"
        work.session.execute(text("DROP TRIGGER tr_claim_dispute_stays" + (" ON claim_dispute" if is_postgresql else "")))
        work.session.execute(text("DELETE FROM claim_dispute"))
        step._open_for_those_who_wait(work.session.connection())
    assert dispute_of(hub, row).state == WAITING
    make_member(hub, "operator")
    hub.drain()
    assert dispute_of(hub, row).state == DECIDING


@pytest.mark.parametrize("waits", [0.0, 0.4], ids=["the seller first", "the clock first"])
def test_the_seller_receives_while_the_clock_counts_silence(hub: Hub, waits: float) -> None:
    """Of a return: the seller begins in time, the clock after it. The price goes back once, whoever writes first."""
    row, order = going_back(hub, "receive")
    number = thing_of(hub, order).imei or ""
    with hub.begin(SYSTEM) as work:
        claim = work.session.get_one(Claim, row.id)
        claim.due_at = work.now + timedelta(seconds=0.2)
    seller, ended = party(hub, order.seller_id), []

    def receives() -> None:
        try:
            with hub.begin(seller) as work:
                time.sleep(waits)
                service.receive_back(work, row.code, row.version, number)
            ended.append("received")
        except DomainError as refusal:
            ended.append(refusal.code)

    def counts() -> None:
        time.sleep(0.25)
        for _ in range(2):
            with hub.begin(SYSTEM) as work:
                service.on_due(work, row.id)

    threads = [threading.Thread(target=each) for each in (receives, counts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended in (["received"], ["conflict"], ["turn_over"])
    run_money(hub)
    assert (fresh(hub, row).state, money_of(hub, order).refund_paid_fen) == ("remedied", PRICE)
