"""A change on site: proposed with its amount, accepted, or refused free: then it goes back and all the money too."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel.errors import BadState, Conflict, DomainError, InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.trades import service
from app.trades.errors import ChangeWaits, NoOpenChange, NotOnItsWay, NotYourStep
from app.trades.models import DeliveryChange, Order
from app.trades.queries.changes import changes_of
from app.trades.states import CLOSED_REFUNDED, FULFILLING
from app.trades.states.changes import CHANGE_FLOW
from tests.accounts.making import send_form
from tests.api.making import Program
from tests.payments.making import run_money
from tests.trades.carrying import COSTS, brought, changed, on_its_way, order_fridge
from tests.trades.making import as_buyer, as_seller, fresh, later, make_order, money_of, user

WORDS = "约定六楼，实际八楼。"


def changes(hub: Hub, order: Order) -> list[tuple[str, int]]:
    with hub.look() as work:
        return [(each.state, each.amount_fen) for each in changes_of(work, order.id)]


def test_what_is_refused_costs_nothing_and_everything_goes_back(hub: Hub) -> None:
    order = changed(hub)
    as_buyer(hub, order, service.refuse_change, order.code, order.version)
    run_money(hub)
    done = fresh(hub, order)
    assert (done.state, done.shipment_state, done.ended_by) == (CLOSED_REFUNDED, "shipped", "buyer")
    money = money_of(hub, order)
    assert (money.held_fen, money.released_fen, money.refunded_fen) == (0, 0, order.price_fen + COSTS)
    as_seller(hub, order, service.take_back, order.code)
    assert fresh(hub, order).shipment_state == "returned"
    assert changes(hub, order) == [("refused", 4_000)]


def test_what_is_accepted_is_on_record_and_moves_no_held_money(hub: Hub) -> None:
    order = changed(hub)
    before = money_of(hub, order)
    as_buyer(hub, order, service.accept_change, order.code, order.version)
    assert money_of(hub, order) == before
    as_buyer(hub, order, service.confirm_receipt, order.code)
    as_buyer(hub, order, service.confirm_installed, order.code)
    as_buyer(hub, order, service.accept, order.code, fresh(hub, order).version)
    run_money(hub)
    assert money_of(hub, order).released_fen == order.price_fen + COSTS
    assert changes(hub, order) == [("accepted", 4_000)]


def test_silence_accepts_nothing(hub: Hub) -> None:
    order = changed(hub)
    later(hub, days=5)
    assert changes(hub, order) == [("open", 4_000)]
    as_buyer(hub, order, service.confirm_receipt, order.code)
    assert changes(hub, order) == [("lapsed", 4_000)]
    silent = changed(hub)
    later(hub, days=30)
    assert fresh(hub, silent).state == FULFILLING, "staff look into a receipt that nobody confirms"
    assert money_of(hub, silent).released_fen == 0


def test_one_at_a_time_and_it_can_be_taken_back(hub: Hub) -> None:
    order = changed(hub)
    with pytest.raises(ChangeWaits):
        as_seller(hub, order, service.propose_change, order.code, "far", WORDS, 1_000)
    as_seller(hub, order, service.withdraw_change, order.code)
    as_seller(hub, order, service.propose_change, order.code, "far", WORDS, 1_000)
    assert changes(hub, order) == [("withdrawn", 4_000), ("open", 1_000)]


def test_only_while_it_is_being_brought_and_by_whom_it_concerns(hub: Hub) -> None:
    for order in (order_fridge(hub), brought(hub), make_order(hub, FULFILLING)):
        with pytest.raises(NotOnItsWay):
            as_seller(hub, order, service.propose_change, order.code, "floor", WORDS, 4_000)
    order = on_its_way(hub)
    with pytest.raises(NotYourStep):
        as_buyer(hub, order, service.propose_change, order.code, "floor", WORDS, 4_000)
    for verb, given in ((service.accept_change, (order.version,)), (service.refuse_change, (order.version,))):
        with pytest.raises(NoOpenChange):
            as_buyer(hub, order, verb, order.code, *given)
        with pytest.raises(NotYourStep):
            as_seller(hub, order, verb, order.code, *given)
    open_one = changed(hub)
    with pytest.raises(NotYourStep):
        as_buyer(hub, open_one, service.withdraw_change, open_one.code)
    for verb in (service.accept_change, service.refuse_change):
        with pytest.raises(Conflict):
            as_buyer(hub, open_one, verb, open_one.code, open_one.version - 1)
    assert changes(hub, open_one) == [("open", 4_000)]


@pytest.mark.parametrize(
    ("reason", "words", "amount", "field"),
    [("weather", WORDS, 4_000, "reason"), ("floor", "八", 4_000, "words"), ("floor", "字" * 301, 4_000, "words")]
    + [("floor", WORDS, amount, "amount") for amount in (None, 0, -1, 100_001)],
)
def test_what_cannot_be_used_is_named(hub: Hub, reason: str, words: str, amount: int | None, field: str) -> None:
    order = on_its_way(hub)
    with pytest.raises(InvalidInput) as refused:
        as_seller(hub, order, service.propose_change, order.code, reason, words, amount)
    assert set(refused.value.errors) == {field}


def test_accepting_and_refusing_at_once_do_one_of_them(hub: Hub) -> None:
    order = changed(hub)
    ready, done = threading.Barrier(2), []

    def answer(verb) -> None:
        ready.wait()
        try:
            as_buyer(hub, order, verb, order.code, order.version)
            done.append("done")
        except DomainError as refused:
            done.append(refused.code)

    threads = [threading.Thread(target=answer, args=(verb,)) for verb in (service.accept_change, service.refuse_change)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(done) == 2
    assert done.count("done") == 1
    refunded = money_of(hub, order).refunded_fen
    assert (fresh(hub, order).state, refunded) in ((FULFILLING, 0), (CLOSED_REFUNDED, order.total_fen))


@pytest.mark.parametrize("state", [state for state in CHANGE_FLOW.states if state != "open"])
def test_an_answered_change_answers_no_further_event(hub: Hub, state: str) -> None:
    order = changed(hub)
    event = next(event for (_start, event), end in CHANGE_FLOW.table.items() if end == state)
    with hub.begin(SYSTEM) as work:
        row = changes_of(work, order.id)[0]
        CHANGE_FLOW.apply(work, row, event)
        row_id = row.id
    for other in CHANGE_FLOW.events:
        with pytest.raises(BadState), hub.begin(SYSTEM) as work:
            CHANGE_FLOW.apply(work, work.session.get_one(DeliveryChange, row_id), other)


TAMPERING = (
    "UPDATE delivery_change SET amount_fen = 1 WHERE order_id = :order",
    "UPDATE delivery_change SET state = 'accepted' WHERE order_id = :answered",
    "DELETE FROM delivery_change WHERE order_id = :order",
    "INSERT INTO delivery_change (code, order_id, no, reason, words, amount_fen, proposed_at, state, version, entered_at) "
    "SELECT 'second', order_id, 2, reason, words, amount_fen, proposed_at, 'open', 1, entered_at FROM delivery_change "
    "WHERE order_id = :order",
    "INSERT INTO delivery_change (code, order_id, no, reason, words, amount_fen, proposed_at, state, version, entered_at) "
    "SELECT 'late', :there, 1, 'floor', 'words', 100, created_at, 'open', 1, created_at FROM trade_order WHERE id = :there",
)


@pytest.mark.parametrize("statement", TAMPERING)
def test_the_database_keeps_what_was_proposed(hub: Hub, statement: str) -> None:
    order, answered, there = changed(hub), changed(hub), brought(hub)
    as_seller(hub, answered, service.withdraw_change, answered.code)
    named = {
        name: row.id for name, row in (("order", order), ("answered", answered), ("there", there)) if f":{name}" in statement
    }
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(statement), named)


def test_both_sides_go_through_it_on_the_page(hub: Hub, signed_in) -> None:
    order = on_its_way(hub)
    theirs, mine = signed_in(user(hub, order.seller_id)), signed_in(user(hub, order.buyer_id))
    page, to = f"/orders/{order.code}", f"/orders/{order.code}/change"
    refused = send_form(theirs, page, {"reason": "floor", "words": WORDS, "amount": "2000"}, to=to)
    assert refused.status_code == 422
    assert WORDS in refused.text
    assert send_form(theirs, page, {"reason": "floor", "words": WORDS, "amount": "40"}, to=to).status_code == 303
    shown = mine.get(page).text
    for words in ("Accept ¥40 more", "Refusing is free", WORDS):
        assert words in shown
    assert "Nothing is accepted by silence." in theirs.get(page).text
    version = {"expected_version": fresh(hub, order).version}
    assert send_form(mine, page, version, to=f"{to}/refuse").status_code == 303
    assert "The buyer has refused a change on site." in theirs.get(page).text


def test_programs_go_through_it(hub: Hub, app: Flask) -> None:
    order = on_its_way(hub)
    seller, buyer = (Program(app, hub, user(hub, each)) for each in (order.seller_id, order.buyer_id))
    code = {"code": order.code}
    body = {"reason": "floor", "words": WORDS, "amount_fen": 4_000}
    assert seller.call("proposeChange", code, body=body).get_json()["items"][0]["state"] == "open"
    seller.call("withdrawChange", code)
    seller.call("proposeChange", code, body=body)
    unseen = buyer.call("getOrder", code).headers["ETag"]  # says nothing of the amount
    assert buyer.call("acceptChange", code, headers={"If-Match": unseen}).status_code == 412
    stale = buyer.call("listChanges", code).headers["ETag"]
    seller.call("withdrawChange", code)
    seller.call("proposeChange", code, body={**body, "amount_fen": 9_900})
    assert buyer.call("acceptChange", code, headers={"If-Match": stale}).status_code == 412
    seen = buyer.call("listChanges", code).headers["ETag"]
    assert buyer.call("acceptChange", code, headers={"If-Match": seen}).status_code == 200
    assert [each["state"] for each in buyer.call("listChanges", code).get_json()["items"]] == [
        "withdrawn",
        "withdrawn",
        "accepted",
    ]
    again = changed(hub)
    other = Program(app, hub, user(hub, again.buyer_id))
    seen = other.call("listChanges", {"code": again.code}).headers["ETag"]
    assert other.call("refuseChange", {"code": again.code}, headers={"If-Match": seen}).get_json()["state"] == CLOSED_REFUNDED
