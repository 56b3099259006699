"""Disputes: who is drawn, and what a ruling must say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts import queries as accounts
from app.accounts.models import Organisation, User
from app.aftersales import errors, queries, service
from app.aftersales.states import (
    DECIDING,
    ESCALATED,
    PARTIAL,
    WAITING,
)
from app.appraisal import queries as appraisal
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.draw import find_entry
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from tests.accounts.making import actor, make_member, make_user
from tests.aftersales.deciding import (
    dispute_of,
    drawn,
    make_senior,
    rule,
    ruling,
    rulings,
    told,
)
from tests.aftersales.making import arrived, fresh, make_claim
from tests.aftersales.test_claims import advance
from tests.goods.making import make_thing
from tests.trades.making import PRICE, money_of, user

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
