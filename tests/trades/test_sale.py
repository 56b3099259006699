"""A sale from "buy" to the payout, at the level of verbs; the money is read from the ledger after every step."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import User
from app.credit import queries as credit
from app.goods import queries as goods
from app.kernel.errors import InvalidInput
from app.kernel.outbox import OutboxRow
from app.listings.errors import ListingNotFound, ListingNotOnSale, PriceChanged
from app.listings.queries import version
from app.listings.service import edit
from app.notices import queries as notices
from app.payments import queries as money
from app.trades import queries, service
from app.trades.errors import BadAddress, OwnThing
from tests.accounts.making import actor, make_user
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_listing
from tests.payments.making import begin_checkout, decline, run_money, sandbox, settle
from tests.trades.making import (
    ADDRESS,
    PRICE,
    as_buyer,
    as_seller,
    buy,
    code_of,
    fresh,
    hand_over,
    make_order,
    money_of,
    user,
)

FEE = 4_760  # fen: 2 % of 238,000


def account(hub, name: str) -> int:
    with hub.look() as work:
        return money.balance(work, name)


def announced(hub, name: str) -> list[dict]:
    with hub.look() as work:
        return [
            row.payload for row in work.session.scalars(select(OutboxRow).where(OutboxRow.name == name).order_by(OutboxRow.id))
        ]


def told(hub, person: User) -> list[str]:
    with hub.look(actor(hub, person)) as work:
        return [notice.key.split(":")[0] for notice in reversed(notices.list_notices(work))]


def test_a_parcel_sale_moves_the_money_only_when_it_should(hub):
    seller, buyer = make_user(hub), make_user(hub)
    listing = make_listing(hub, seller)
    payable = f"seller_payable:{seller.code}"

    order = buy(hub, listing, buyer)
    assert (order.price_fen, order.delivery_fen, order.total_fen, order.fee_fen) == (PRICE, 0, PRICE, FEE)
    assert fresh_listing(hub, listing.id).state == "reserved"
    assert money_of(hub, order).state == "none"

    settle(hub, order.payment_code)
    escrow = f"escrow:{order.payment_code}"
    assert fresh(hub, order).state == "paid"
    assert account(hub, escrow) == PRICE
    assert (account(hub, payable), account(hub, "fee_revenue")) == (0, 0)

    as_seller(hub, order, service.ship, order.code, "sf", " sf 1234 5678 9012 ", True)
    sent = fresh(hub, order)
    assert (sent.state, sent.shipment_state, sent.tracking_no) == ("fulfilling", "shipped", "SF123456789012")
    assert account(hub, escrow) == PRICE

    as_buyer(hub, order, service.confirm_receipt, order.code)
    checking = fresh(hub, order)
    assert (checking.state, checking.shipment_state) == ("acceptance", "delivered")
    assert checking.acceptance_due_at - checking.delivered_at == timedelta(hours=72)
    assert account(hub, escrow) == PRICE

    as_buyer(hub, order, service.accept, order.code, checking.version)
    assert account(hub, escrow) == 0
    assert (account(hub, payable), account(hub, "fee_revenue")) == (PRICE - FEE, FEE)
    state = money_of(hub, order)
    assert (state.state, state.captured_fen, state.released_fen, state.refunded_fen) == ("released", PRICE, PRICE, 0)

    run_money(hub)
    assert account(hub, payable) == 0, "the payout has left"
    with hub.look() as work:
        assert money.verify(work, hub.provider) == []
        thing = goods.thing_by_id(work, order.thing_id)
        assert thing.owner_id == buyer.id
        assert [(one.owner_id, one.via) for one in goods.owners_of(work, thing.id)] == [
            (seller.id, "registered"),
            (buyer.id, order.code),
        ]
    assert fresh_listing(hub, listing.id).state == "sold"
    assert fresh(hub, order).completed_at is not None


def test_a_meeting_needs_the_buyers_six_digits(hub):
    order = make_order(hub, "paid", delivery="meet")
    assert order.address_sealed is None
    as_seller(hub, order, service.arrange_meeting, hub.sealer, order.code, "观音桥地铁站，周六三点", True)
    assert fresh(hub, order).state == "fulfilling"
    digits = code_of(hub, order)
    assert len(digits) == 6
    answer = as_seller(hub, order, service.enter_meeting_code, hub.sealer, order.code, f"{digits[:3]} {digits[3:]}")
    assert answer.right
    met = fresh(hub, order)
    assert (met.state, met.shipment_state) == ("acceptance", "delivered")
    as_buyer(hub, order, service.accept, order.code, met.version)
    assert money_of(hub, order).state == "released"


def test_the_same_meeting_sent_twice_is_no_change(hub):
    order = make_order(hub, "fulfilling", delivery="meet")
    before = fresh(hub, order)
    again = as_seller(hub, order, service.arrange_meeting, hub.sealer, order.code, before.meet_place, True)
    assert (again.version, again.meet_place) == (before.version, before.meet_place)
    as_seller(hub, order, service.arrange_meeting, hub.sealer, order.code, "改到江北城公园正门，周日十点", True)
    assert fresh(hub, order).version == before.version + 1


def test_the_place_of_a_meeting_can_change_but_the_code_stays(hub):
    order = make_order(hub, "fulfilling", delivery="meet")
    digits = code_of(hub, order)
    as_seller(hub, order, service.arrange_meeting, hub.sealer, order.code, "改到江北城公园正门，周日十点", False)
    changed = fresh(hub, order)
    assert changed.meet_place.startswith("改到")
    assert (changed.state, code_of(hub, order)) == ("fulfilling", digits)


def test_what_is_promised_is_copied_and_what_follows_does_not_change_it(hub):
    seller = make_user(hub)
    listing = make_listing(hub, seller)
    order = make_order(hub, "awaiting_payment", listing=listing)
    as_buyer(hub, order, service.cancel_unpaid, order.code)
    with hub.begin(actor(hub, seller)) as work:
        edit(work, listing.code, 199_900, "降价了。", fresh_listing(hub, listing.id).revision)
    again = fresh(hub, order)
    assert (again.price_fen, again.listing_version_no) == (PRICE, 1)
    with hub.look() as work:
        assert version(work, listing.id, 1).sha256 == again.listing_version_sha256


def test_the_address_lies_sealed_and_only_opens_at_its_place(hub):
    order = make_order(hub, "paid")
    for personal in ADDRESS.values():
        assert personal not in order.address_sealed
    assert queries.address_of(order, hub.sealer).as_dict() == ADDRESS
    other = make_order(hub, "paid")
    other.address_sealed = order.address_sealed
    with pytest.raises(RuntimeError):
        queries.address_of(other, hub.sealer)


def test_the_buyers_last_address_fills_the_next_form(hub):
    buyer = make_user(hub)
    with hub.look() as work:
        assert queries.last_address(work, hub.sealer, buyer.id) is None
    make_order(hub, "cancelled_unpaid", buyer=buyer)
    with hub.look() as work:
        assert queries.last_address(work, hub.sealer, buyer.id).as_dict() == ADDRESS


def test_nobody_buys_their_own_thing(hub):
    seller = make_user(hub)
    listing = make_listing(hub, seller)
    with pytest.raises(OwnThing):
        buy(hub, listing, seller)
    assert fresh_listing(hub, listing.id).state == "active"


def test_a_second_buyer_is_told_that_the_item_is_gone(hub):
    order = make_order(hub, "awaiting_payment")
    with pytest.raises(ListingNotOnSale):
        buy(hub, fresh_listing(hub, order.listing_id), make_user(hub))


def test_a_changed_price_is_said_before_anything_is_reserved(hub):
    listing = make_listing(hub, make_user(hub))
    with pytest.raises(PriceChanged) as refusal:
        buy(hub, listing, make_user(hub), price_fen=PRICE - 100)
    assert refusal.value.values["price_fen"] == PRICE
    assert fresh_listing(hub, listing.id).state == "active"


def test_a_draft_cannot_be_bought(hub):
    listing = make_listing(hub, make_user(hub), state="draft")
    with pytest.raises(ListingNotFound):
        buy(hub, listing, make_user(hub), price_fen=PRICE)


def test_a_parcel_needs_a_whole_address(hub):
    listing = make_listing(hub, make_user(hub))
    for wrong in ({"name": ""}, {"phone": "12"}, {"address": "重庆"}):
        with pytest.raises(BadAddress) as refusal:
            buy(hub, listing, make_user(hub), **wrong)
        assert set(refusal.value.errors) == set(wrong)
    assert fresh_listing(hub, listing.id).state == "active"


def test_only_the_ways_of_the_seller_can_be_chosen(hub):
    listing = make_listing(hub, make_user(hub), by_meeting=False)
    for way in ("meet", "drone", ""):
        with pytest.raises(InvalidInput) as refusal:
            buy(hub, listing, make_user(hub), delivery=way)
        assert set(refusal.value.errors) == {"delivery"}


def test_a_cancelled_reservation_puts_the_item_back_on_sale_and_the_next_one_can_buy(hub):
    first = make_order(hub, "cancelled_unpaid")
    assert fresh_listing(hub, first.listing_id).state == "active"
    second = make_order(hub, "awaiting_payment", listing=fresh_listing(hub, first.listing_id))
    assert (first.ended_by, second.state) == ("buyer", "awaiting_payment")


def test_a_payment_that_comes_after_the_cancellation_goes_back_by_itself(hub):
    order = make_order(hub, "awaiting_payment")
    intent = begin_checkout(hub, order.payment_code)
    as_buyer(hub, order, service.cancel_unpaid, order.code)
    sandbox(hub).books.decide(intent, paid=True)
    run_money(hub)
    state = money_of(hub, order)
    assert (state.captured_fen, state.refunded_fen, state.held_fen) == (PRICE, PRICE, 0)
    gone = fresh(hub, order)
    assert (gone.state, gone.paid_at) == ("cancelled_unpaid", None)
    assert gone.refunded_at is not None
    assert fresh_listing(hub, order.listing_id).state == "active"


def test_a_declined_payment_keeps_the_reservation(hub):
    order = make_order(hub, "awaiting_payment")
    decline(hub, order.payment_code)
    assert fresh(hub, order).state == "awaiting_payment"
    assert "order.pay_failed" in told(hub, user(hub, order.buyer_id))
    settle(hub, order.payment_code)
    assert fresh(hub, order).state == "paid"


def test_a_paid_order_cancelled_by_the_buyer_gives_everything_back(hub):
    order = make_order(hub, "cancelled_before_ship")
    state = money_of(hub, order)
    assert (state.state, state.refund_paid_fen, state.held_fen) == ("refunded", PRICE, 0)
    assert order.ended_by == "buyer"
    assert fresh_listing(hub, order.listing_id).state == "active"
    assert "order.cancelled_by_seller" not in conduct(hub, order)


def conduct(hub, order) -> list[str]:
    run_money(hub)
    with hub.look() as work:
        return [json.loads(event.content)["type"] for event in reversed(credit.events_of(work, order.seller_id))]


@pytest.mark.parametrize(("reason", "listing_state"), [("sold_elsewhere", "withdrawn"), ("changed_mind", "paused")])
def test_a_seller_who_does_not_sell_is_noted_and_not_offered_again_at_once(hub, reason, listing_state):
    order = make_order(hub, "paid")
    as_seller(hub, order, service.cancel_before_ship, order.code, reason, order.version)
    run_money(hub)
    assert money_of(hub, order).state == "refunded"
    assert fresh_listing(hub, order.listing_id).state == listing_state
    assert "order.cancelled_by_seller" in conduct(hub, order)


def test_a_seller_gives_a_reason_from_the_list(hub):
    order = make_order(hub, "paid")
    for reason in (None, "", "nonsense"):
        with pytest.raises(InvalidInput):
            as_seller(hub, order, service.cancel_before_ship, order.code, reason, order.version)
    assert fresh(hub, order).state == "paid"


def test_both_sides_are_told_each_step_once(hub):
    order = make_order(hub, "completed")
    run_money(hub)
    assert told(hub, user(hub, order.buyer_id)) == ["order.paid", "order.shipped", "order.delivered", "order.completed"]
    seller = [key for key in told(hub, user(hub, order.seller_id)) if key.startswith("order.")]
    assert seller == ["order.reserved", "order.paid", "order.delivered", "order.completed", "order.payout_paid"]


def test_the_record_of_the_seller_holds_the_facts_of_the_sale(hub):
    order = make_order(hub, "completed")
    types = conduct(hub, order)
    assert [kind for kind in types if kind.startswith("order.")] == ["order.paid", "order.shipped_on_time", "order.completed"]


def test_a_completed_order_is_announced_as_an_observed_sale(hub):
    order = make_order(hub, "completed")
    (news,) = announced(hub, "OrderCompleted")
    assert news["order_code"] == order.code
    assert (news["brand"], news["model"], news["storage_gb"], news["price_fen"]) == ("apple", "iphone-13", 128, PRICE)
    assert (news["seller_id"], news["buyer_id"]) == (order.seller_id, order.buyer_id)
    assert len(news["completed_on"]) == 10


def test_fees_round_half_up_and_the_parts_always_sum(hub):
    order = make_order(hub, "completed", price_fen=12_345)
    assert order.fee_fen == 247  # 246.9
    with hub.look() as work:
        assert money.verify(work, hub.provider) == []
    assert money_of(hub, order).released_fen == 12_345


def test_the_phone_can_be_sold_on_by_its_new_owner(hub):
    order = make_order(hub, "completed")
    with hub.look() as work:
        imei = goods.thing_by_id(work, order.thing_id).imei
    second = make_order(hub, "completed", seller=user(hub, order.buyer_id), imei=imei)
    assert second.state == "completed"


def test_erasure_is_asked_for_before_anything_is_sent(hub):
    order = make_order(hub, "paid")
    with pytest.raises(InvalidInput) as refusal:
        as_seller(hub, order, service.ship, order.code, "nobody", "12", False)
    assert set(refusal.value.errors) == {"carrier", "tracking_no", "erased"}
    assert fresh(hub, order).erasure_confirmed_at is None
    hand_over(hub, order, until="fulfilling")
    assert fresh(hub, order).erasure_confirmed_at is not None
