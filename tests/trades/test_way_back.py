"""After a refund the item goes back to its seller: the address, the parcel, the arrival, and who reads what."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.kernel.audit import AuditEntry
from app.kernel.seal import SealBroken
from app.trades import queries, service
from app.trades.errors import BadAddress, BadShipment, NoReturnAddress, NotAway, NotYourStep, OrderNotFound, SentBack
from app.trades.rules import Address
from tests.accounts.making import actor, make_member, make_user, send_form, sign_in
from tests.trades.making import (
    ADDRESS,
    GROUNDS,
    RETURN_ADDRESS,
    as_buyer,
    as_operator,
    as_seller,
    ask_back,
    fresh,
    later,
    make_order,
    report,
    user,
)
from tests.trades.test_sale import told

PARCEL = ("yto", "YT1234567890")


def browser_of(app, hub, person):
    client = app.test_client()
    client.set_cookie("lang", "en")
    sign_in(client, hub, person)
    return client


def text_of(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("delivery", ["parcel", "meet"])
def test_the_item_goes_back_step_by_step_and_both_are_told(hub, delivery):
    order = make_order(hub, "closed_refunded", delivery=delivery)
    ask_back(hub, order)
    asked = fresh(hub, order)
    assert RETURN_ADDRESS["address"] not in asked.return_address_sealed
    assert queries.return_address_of(asked, hub.sealer) == Address(**RETURN_ADDRESS)
    assert (asked.return_due_at - asked.refunded_at).days in (6, 7, 8)
    as_buyer(hub, order, service.send_back, order.code, *PARCEL)
    sent = fresh(hub, order)
    assert (sent.return_carrier, sent.return_tracking_no, sent.return_sent_at is not None) == (*PARCEL, True)
    as_seller(hub, order, service.take_back, order.code)
    assert fresh(hub, order).shipment_state == "returned"
    buyer, seller = user(hub, order.buyer_id), user(hub, order.seller_id)
    assert {"order.ask_back", "order.take_back"} <= set(told(hub, buyer))
    assert "order.send_back" in told(hub, seller)


def test_the_address_can_be_put_right_until_the_item_is_sent_and_the_days_do_not_begin_again(hub):
    order = make_order(hub, "closed_refunded")
    ask_back(hub, order)
    first = fresh(hub, order)
    ask_back(hub, order)
    assert fresh(hub, order).version == first.version, "the same address is no change"
    later(hub, days=2)
    ask_back(hub, order, address="重庆市沙坪坝区梧桐里 12 号 3-2")
    second = fresh(hub, order)
    assert (second.version, second.return_due_at) == (first.version + 1, first.return_due_at)
    as_buyer(hub, order, service.send_back, order.code, *PARCEL)
    with pytest.raises(SentBack):
        ask_back(hub, order)
    with pytest.raises(SentBack):
        as_buyer(hub, order, service.send_back, order.code, *PARCEL)


def test_what_cannot_be_an_address_or_a_parcel_is_named_by_field(hub):
    order = make_order(hub, "closed_refunded")
    with pytest.raises(BadAddress) as refusal:
        ask_back(hub, order, name=" ", phone="12", address="短")
    assert set(refusal.value.errors) == {"name", "phone", "address"}
    with pytest.raises(NoReturnAddress):
        as_buyer(hub, order, service.send_back, order.code, *PARCEL)
    ask_back(hub, order)
    with pytest.raises(BadShipment) as refusal:
        as_buyer(hub, order, service.send_back, order.code, "pigeon", "12")
    assert set(refusal.value.errors) == {"carrier", "tracking_no"}


def test_only_the_right_side_takes_each_step_and_strangers_find_no_order(hub):
    order = make_order(hub, "closed_refunded")
    with pytest.raises(NotYourStep):
        as_buyer(hub, order, service.ask_back, hub.sealer, 7, order.code, *RETURN_ADDRESS.values())
    ask_back(hub, order)
    with pytest.raises(NotYourStep):
        as_seller(hub, order, service.send_back, order.code, *PARCEL)
    with pytest.raises(OrderNotFound), hub.begin(actor(hub, make_user(hub))) as work:
        service.send_back(work, order.code, *PARCEL)


@pytest.mark.parametrize("state", ["paid", "fulfilling", "acceptance", "completed", "cancelled_before_ship"])
def test_nothing_goes_back_in_an_order_that_was_not_refunded_by_staff(hub, state):
    order = make_order(hub, state)
    with pytest.raises(NotAway):
        ask_back(hub, order)
    with pytest.raises(NotAway):
        as_buyer(hub, order, service.send_back, order.code, *PARCEL)


def test_a_sealed_address_does_not_open_in_another_order(hub):
    order, other = (make_order(hub, "closed_refunded") for _ in range(2))
    ask_back(hub, order)
    moved = fresh(hub, other)
    moved.return_address_sealed = fresh(hub, order).return_address_sealed
    with pytest.raises(SealBroken):
        queries.return_address_of(moved, hub.sealer)


def test_through_the_pages_with_the_address_for_this_buyer_only_and_its_showing_written_down(hub, app):
    order = make_order(hub, "closed_refunded")
    seller, buyer = (browser_of(app, hub, user(hub, person)) for person in (order.seller_id, order.buyer_id))
    path = f"/orders/{order.code}"
    wrong = send_form(seller, path, {**RETURN_ADDRESS, "phone": "12"}, to=f"{path}/return-address")
    assert wrong.status_code == 422
    assert RETURN_ADDRESS["address"] in wrong.get_data(as_text=True), "what was typed is kept"
    assert send_form(seller, path, RETURN_ADDRESS, to=f"{path}/return-address").status_code == 303
    text = text_of(buyer, path)
    assert RETURN_ADDRESS["address"] in text
    assert "To be sent by" in text
    with hub.look() as work:
        shown = select(AuditEntry).where(AuditEntry.verb == "order.return_address_shown")
        assert {entry.entity_id for entry in work.session.scalars(shown)} == {order.id}
    assert ADDRESS["address"] not in text_of(seller, path), "the buyer's address is not the seller's any more"
    missing = send_form(buyer, path, {"carrier": "sf", "tracking_no": "1"}, to=f"{path}/send-back")
    assert missing.status_code == 422
    sent = {"carrier": PARCEL[0], "tracking_no": PARCEL[1]}
    assert send_form(buyer, path, sent, to=f"{path}/send-back").status_code == 303
    assert PARCEL[1] in text_of(seller, path)
    assert send_form(buyer, path, sent, to=f"{path}/send-back").status_code == 409
    assert send_form(seller, path, to=f"{path}/take-back").status_code == 303
    assert RETURN_ADDRESS["address"] not in text_of(buyer, path), "the way back is over"


REMINDERS = {"order.ask_back_reminder", "order.return_reminder", "order.take_back_reminder"}


def reminded(hub, person_id: int) -> list[str]:
    return sorted(each for each in told(hub, user(hub, person_id)) if each in REMINDERS)


def test_a_seller_who_names_no_address_is_reminded_three_times_and_the_buyer_never(hub):
    order = make_order(hub, "closed_refunded")
    later(hub, days=2)
    assert reminded(hub, order.seller_id) == []
    for days, count in ((1, 1), (7, 2), (14, 3), (60, 3)):
        later(hub, days=days)
        assert reminded(hub, order.seller_id) == ["order.ask_back_reminder"] * count, days
    assert reminded(hub, order.buyer_id) == []


def test_a_seller_who_named_the_address_is_not_asked_again_and_the_buyer_is_reminded_once_before_the_last_day(hub):
    order = make_order(hub, "closed_refunded")
    later(hub, days=2)
    ask_back(hub, order)
    later(hub, days=4)
    assert reminded(hub, order.buyer_id) == []
    later(hub, days=2)
    with hub.look() as work:
        assert fresh(hub, order).return_due_at > work.now, "there is still time to send it"
    assert reminded(hub, order.buyer_id) == ["order.return_reminder"]
    later(hub, days=30)
    assert reminded(hub, order.buyer_id) == ["order.return_reminder"], "what is overdue stands in the list of staff"
    assert reminded(hub, order.seller_id) == []


def test_a_seller_is_reminded_to_confirm_what_was_sent_back_until_it_is_confirmed(hub):
    order = make_order(hub, "closed_refunded")
    ask_back(hub, order)
    as_buyer(hub, order, service.send_back, order.code, *PARCEL)
    later(hub, days=4)
    assert reminded(hub, order.seller_id) == ["order.take_back_reminder"]
    as_seller(hub, order, service.take_back, order.code)
    later(hub, days=60)
    assert reminded(hub, order.seller_id) == ["order.take_back_reminder"]
    assert reminded(hub, order.buyer_id) == []


def test_a_seller_whose_parcel_never_arrived_is_reminded_to_confirm_its_return_and_not_asked_for_an_address(hub):
    order = make_order(hub, "fulfilling")
    later(hub, days=11)
    with hub.look() as work:
        case = queries.open_case_of(work, order.id)
    as_operator(hub, service.rule, case.code, "refund", GROUNDS, case.version, "none")
    later(hub, days=4)
    assert reminded(hub, order.seller_id) == ["order.take_back_reminder"]


def test_staff_see_what_was_not_sent_back_in_time(hub, app):
    order, quick = (make_order(hub, "closed_refunded") for _ in range(2))
    report(hub, make_order(hub, "acceptance"))
    for one in (order, quick):
        ask_back(hub, one)
    as_buyer(hub, quick, service.send_back, quick.code, *PARCEL)
    staff = browser_of(app, hub, make_member(hub, "operator"))
    assert "Not sent back in time" not in text_of(staff, "/operator/cases")
    later(hub, days=9)
    text = text_of(browser_of(app, hub, make_member(hub, "operator")), "/operator/cases")
    assert text.count("Not sent back in time") == 1
