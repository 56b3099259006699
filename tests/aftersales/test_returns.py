"""The way back in a claim: the thing first, the money after it, and another thing is none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.aftersales import errors, queries, service
from app.aftersales.states import ESCALATED, OVERTAKEN, PARTIAL, REMEDIED, RETURN, RETURNING, SELLER_TURN, WITHDRAWN
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.payments.events import BankDisputeLost
from app.trades import service as trades
from app.trades.errors import BadAddress
from app.trades.states import ACCEPTANCE, CLOSED_REFUNDED, COMPLETED
from tests.aftersales.deciding import decided, ruling
from tests.aftersales.going_back import HOME, OTHER_IMEI, PARCEL, going_back, receive, thing_of, way_back
from tests.aftersales.making import arrived, claim, fresh, make_claim, wanted
from tests.aftersales.test_claims import PRICE, advance, books_hold
from tests.listings.making import make_listing
from tests.payments.making import run_money, settled_payment
from tests.trades.making import as_buyer, as_seller, money_of, user
from tests.trades.making import fresh as fresh_order


@pytest.mark.parametrize("state", [ACCEPTANCE, COMPLETED])
def test_the_money_goes_back_when_the_same_thing_is_back(hub: Hub, state: str) -> None:
    settled_payment(hub, amount_fen=5_000_000)  # the provider has other money of ours: the seller's was paid out
    row, order = going_back(hub, "receive", state=state)
    assert money_of(hub, order).refunded_fen == 0, "nothing moves before the thing is there"
    done = receive(hub, row, order)
    run_money(hub)
    closed = fresh_order(hub, order)
    assert (done.state, done.result_remedy, done.result_fen) == (REMEDIED, RETURN, PRICE)
    assert (closed.state, closed.shipment_state, closed.held_by_claim) == (CLOSED_REFUNDED, "returned", None)
    assert money_of(hub, order).refund_paid_fen == PRICE
    assert thing_of(hub, order).owner_id == order.seller_id
    books_hold(hub)
    make_listing(hub, user(hub, order.seller_id))  # the seller goes on selling


def test_after_a_return_the_thing_can_be_sold_again_by_its_seller(hub: Hub) -> None:
    row, order = going_back(hub, "receive", state=COMPLETED)
    receive(hub, row, order)
    with hub.look() as work:
        owners = work.session.execute(text(f"SELECT owner_id FROM thing_owner WHERE thing_id = {order.thing_id} ORDER BY seq"))
        assert [each[0] for each in owners][-2:] == [order.buyer_id, order.seller_id]


@pytest.mark.parametrize("state", [ACCEPTANCE, COMPLETED])
def test_another_unit_moves_no_money_and_goes_to_staff_with_both_numbers(hub: Hub, state: str) -> None:
    row, order = going_back(hub, "receive", state=state)
    assert thing_of(hub, order).imei != OTHER_IMEI
    after = receive(hub, row, order, OTHER_IMEI)
    run_money(hub)
    going = way_back(hub, row)
    assert going is not None
    assert (after.state, going.result, going.read_number) == (ESCALATED, "other_item", OTHER_IMEI)
    assert (money_of(hub, order).refunded_fen, fresh_order(hub, order).held_by_claim) == (0, row.code)
    decided(hub, row, ruling("", None, "buyer_fault", reasons="寄回的不是卖出的那一台，不予退款。"))
    assert fresh_order(hub, order).state == state


def test_a_number_that_cannot_be_one_is_told_and_nothing_is_written(hub: Hub) -> None:
    row, order = going_back(hub, "receive")
    for typed in ("", "123", "356938035643808"):
        with pytest.raises(InvalidInput) as refusal:
            receive(hub, row, order, typed)
        assert "number" in refusal.value.errors
    assert fresh(hub, row).state == RETURNING
    going = way_back(hub, row)
    assert going is not None
    assert going.result is None


def test_an_altered_thing_goes_to_staff_who_can_still_give_the_money_back(hub: Hub) -> None:
    row, order = going_back(hub, "receive")
    with pytest.raises(InvalidInput) as refusal:
        receive(hub, row, order, is_altered=True)
    assert "words" in refusal.value.errors
    after = receive(hub, row, order, is_altered=True, words="后盖有新的裂痕，寄出时没有。")
    assert after.state == ESCALATED
    decided(hub, row, ruling(RETURN, None, "seller_fault", reasons="裂痕在发货照片上已经可见。"))
    run_money(hub)
    assert fresh(hub, row).state == REMEDIED
    assert money_of(hub, order).refund_paid_fen == PRICE
    assert fresh_order(hub, order).shipment_state == "returned"
    books_hold(hub)


@pytest.mark.parametrize(
    ("report_seal", "read_seal", "after"),
    [("S-1", "s-1", REMEDIED), ("S-1", "", REMEDIED), ("S-1", "S-2", ESCALATED), (None, "S-2", REMEDIED)],
)
def test_the_seal_is_that_of_the_report_or_none(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, report_seal: str | None, read_seal: str, after: str
) -> None:
    row, order = going_back(hub, "receive")
    imei = thing_of(hub, order).imei
    expected = queries.ExpectedBack("imei", imei, report_seal)
    monkeypatch.setattr("app.aftersales.service.returning.expected_back", lambda *_: expected)
    assert receive(hub, row, order, seal_no=read_seal).state == after


def test_the_seal_is_read_from_the_signed_report(hub: Hub) -> None:
    _row, order = going_back(hub)
    with hub.look() as work:
        expected = queries.expected_back(work, order)
    assert (expected.kind, expected.number) == ("imei", thing_of(hub, order).imei)
    assert expected.seal_no, "the report of a phone names its seal"


def test_the_seller_who_names_no_address_leaves_it_to_staff(hub: Hub) -> None:
    row, order = going_back(hub)
    advance(hub, timedelta(days=3, minutes=1))
    run_money(hub)
    assert fresh(hub, row).state == ESCALATED
    decided(hub, row, ruling(RETURN, None, "seller_fault", reasons="卖家没有给出退货地址，全额退款。"))
    run_money(hub)
    closed = fresh_order(hub, order)
    assert (closed.state, closed.shipment_state) == (CLOSED_REFUNDED, "delivered"), "the thing still goes back, by the order"
    assert money_of(hub, order).refund_paid_fen == PRICE


def test_after_the_completion_staff_give_money_when_no_return_is_possible(hub: Hub) -> None:
    settled_payment(hub, amount_fen=5_000_000)
    row, order = going_back(hub, state=COMPLETED)
    advance(hub, timedelta(days=3, minutes=1))
    run_money(hub)
    with pytest.raises(InvalidInput) as refusal:
        decided(hub, row, ruling(RETURN, None, "seller_fault", reasons="卖家没有给出退货地址，全额退款。"))
    assert "remedy" in refusal.value.errors
    decided(hub, row, ruling(PARTIAL, PRICE, "seller_fault", reasons="卖家没有给出退货地址，全额退款。"))
    run_money(hub)
    assert money_of(hub, order).refund_paid_fen == PRICE
    books_hold(hub)


def test_the_buyer_who_does_not_send_gets_nothing(hub: Hub) -> None:
    row, order = going_back(hub, "send")
    advance(hub, timedelta(days=7, minutes=1))
    with pytest.raises(errors.TurnOver):
        as_buyer(hub, order, service.send_back, row.code, row.version, *PARCEL)
    run_money(hub)
    assert fresh(hub, row).state == WITHDRAWN
    assert fresh_order(hub, order).held_by_claim is None
    assert money_of(hub, order).refunded_fen == 0


@pytest.mark.parametrize("state", [ACCEPTANCE, COMPLETED])
def test_a_parcel_about_which_the_seller_says_nothing_counts_as_received(hub: Hub, state: str) -> None:
    settled_payment(hub, amount_fen=5_000_000)
    row, order = going_back(hub, "receive", state=state)
    advance(hub, timedelta(days=10) - timedelta(minutes=5))
    run_money(hub)
    assert fresh(hub, row).state == RETURNING
    advance(hub, timedelta(minutes=6))
    run_money(hub)
    assert fresh(hub, row).state == REMEDIED
    assert money_of(hub, order).refund_paid_fen == PRICE
    books_hold(hub)


def test_a_seller_who_got_nothing_says_so_and_an_arbitrator_decides(hub: Hub) -> None:
    words = "没有收到包裹，快递公司说没有签收记录。"
    early, sale = going_back(hub, "send")
    with pytest.raises(errors.NothingSent):
        as_seller(hub, sale, service.nothing_came, early.code, early.version, words)
    row, order = going_back(hub, "receive")
    with pytest.raises(errors.StillUnderway):
        as_seller(hub, order, service.nothing_came, row.code, row.version, words)
    advance(hub, timedelta(days=3, minutes=1))
    with pytest.raises(errors.NotYourTurn):
        as_buyer(hub, order, service.nothing_came, row.code, row.version, words)
    with pytest.raises(InvalidInput):
        as_seller(hub, order, service.nothing_came, row.code, row.version, "没有")
    as_seller(hub, order, service.nothing_came, row.code, row.version, words)
    going = way_back(hub, row)
    assert going is not None
    assert (fresh(hub, row).state, going.result, going.words) == (ESCALATED, None, words)
    advance(hub, timedelta(days=11))
    run_money(hub)
    assert (fresh(hub, row).state, money_of(hub, order).refunded_fen) == (ESCALATED, 0), "silence no longer counts as received"
    decided(hub, row, ruling(RETURN, None, "seller_fault", reasons="快递记录显示已由卖家门卫签收。", evidence=("return",)))
    run_money(hub)
    assert money_of(hub, order).refund_paid_fen == PRICE
    books_hold(hub)


def test_silence_about_a_return_agrees_to_the_return_and_pays_nothing_yet(hub: Hub) -> None:
    row, order = make_claim(hub, remedy=RETURN, amount_fen=None)
    advance(hub, timedelta(hours=48, minutes=1))
    run_money(hub)
    assert fresh(hub, row).state == RETURNING
    assert money_of(hub, order).refunded_fen == 0


def test_the_steps_belong_to_their_side_and_come_in_order(hub: Hub) -> None:
    row, order = going_back(hub)
    with pytest.raises(errors.AddressMissing):
        as_buyer(hub, order, service.send_back, row.code, row.version, *PARCEL)
    with pytest.raises(errors.AddressMissing):
        receive(hub, row, order)
    with pytest.raises(errors.NotYourTurn):
        as_buyer(hub, order, service.name_address, hub.sealer, row.code, row.version, *HOME)
    with pytest.raises(BadAddress):
        as_seller(hub, order, service.name_address, hub.sealer, row.code, row.version, "", "12", "短")
    with pytest.raises(Conflict):
        as_seller(hub, order, service.name_address, hub.sealer, row.code, row.version - 1, *HOME)
    sent, sale = going_back(hub, "receive")
    with pytest.raises(errors.SentAlready):
        as_buyer(hub, sale, service.withdraw, sent.code, sent.version)
    with pytest.raises(errors.SentAlready):
        as_seller(hub, sale, service.name_address, hub.sealer, sent.code, sent.version, *HOME)
    asked, bought = make_claim(hub)
    with pytest.raises(errors.NotGoingBack):
        as_seller(hub, bought, service.name_address, hub.sealer, asked.code, asked.version, *HOME)
    assert asked.state == SELLER_TURN


def test_a_corrected_address_gives_no_new_days(hub: Hub) -> None:
    row, order = going_back(hub, "send")
    advance(hub, timedelta(days=5))
    as_seller(
        hub, order, service.name_address, hub.sealer, row.code, row.version, "贺兰", "13900139000", "重庆市渝中区新街 1 号 2-3"
    )
    assert fresh(hub, row).due_at == row.due_at


def test_only_what_is_the_buyers_and_not_on_sale_goes_back(hub: Hub) -> None:
    order = arrived(hub, COMPLETED)
    with hub.begin(SYSTEM) as work:
        work.session.execute(text(f"UPDATE thing SET owner_id = {order.seller_id} WHERE id = {order.thing_id}"))
    with pytest.raises(errors.ThingNotWithBuyer):
        as_buyer(hub, order, service.open_claim, hub.store, hub.sealer, order.code, wanted(remedy=RETURN, amount_fen=None))
    assert claim(hub, order).state == SELLER_TURN, "a part of the price can be asked for"


def test_the_bank_overtakes_a_return(hub: Hub) -> None:
    settled_payment(hub, amount_fen=5_000_000)
    row, order = going_back(hub, "receive")
    with hub.begin() as work:
        service.on_bank_dispute_lost(work, BankDisputeLost(order.payment_code, "x" * 26, 0))
    assert fresh(hub, row).state == OVERTAKEN
    assert fresh_order(hub, order).held_by_claim is None


def test_nothing_else_moves_the_order_while_it_is_on_its_way(hub: Hub) -> None:
    _row, order = going_back(hub, "send")
    with pytest.raises(Conflict):
        as_buyer(hub, order, trades.accept, order.code, fresh_order(hub, order).version)
    assert fresh_order(hub, order).state == ACCEPTANCE


def test_the_waiting_side_is_counted(hub: Hub) -> None:
    for step, whose in (("address", "seller_id"), ("send", "buyer_id"), ("receive", "seller_id")):
        _row, order = going_back(hub, step)
        with hub.look() as work:
            counts = {name: queries.waiting_for(work, getattr(order, name)) for name in ("seller_id", "buyer_id")}
        assert counts == {"seller_id": 0, "buyer_id": 0} | {whose: 1}


def test_the_address_is_sealed(hub: Hub) -> None:
    row, _order = going_back(hub, "send")
    going = way_back(hub, row)
    assert going is not None
    assert HOME[2] not in str(going.address_sealed)
    assert queries.return_address_of(row, going, hub.sealer) == dict(zip(("name", "phone", "address"), HOME, strict=True))


@pytest.mark.parametrize(
    ("step", "statement"),
    [
        ("receive", "UPDATE claim_return SET tracking_no = 'YT0000000000000'"),
        ("receive", "UPDATE claim_return SET sent_at = agreed_at, carrier = 'sf'"),
        ("receive", "UPDATE claim_return SET address_sealed = NULL"),
        ("send", "UPDATE claim_return SET sent_at = agreed_at"),
        ("send", "UPDATE claim_return SET result = 'same'"),
        ("send", "UPDATE claim_return SET result = 'fine', received_at = agreed_at"),
        ("send", "UPDATE claim SET due_at = NULL"),
        ("address", "DELETE FROM claim_return"),
        ("address", "UPDATE claim_return SET claim_id = claim_id + 1"),
    ],
)
def test_the_database_keeps_what_was_said(hub: Hub, step: str, statement: str) -> None:
    going_back(hub, step)
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.execute(text(statement))


def test_a_way_back_belongs_to_an_agreed_return_and_what_was_found_stays(hub: Hub) -> None:
    row, order = going_back(hub, "receive")
    receive(hub, row, order, OTHER_IMEI)
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.execute(text("UPDATE claim_return SET result = 'same'"))
    asked, _ = make_claim(hub)
    insert = f"INSERT INTO claim_return (claim_id, agreed_at) SELECT {asked.id}, opened_at FROM claim WHERE id = {asked.id}"
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.execute(text(insert))
