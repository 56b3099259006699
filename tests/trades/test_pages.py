"""The pages of a sale: what they show to whom, and what they answer to wrong, missing, hostile and stale input."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, select

from app.kernel.audit import AuditEntry
from app.listings import service as listings
from app.trades import queries, service
from tests.accounts.making import actor, make_member, make_user, send_form, sign_in
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_draft, make_listing
from tests.trades.browsing import page, purchase
from tests.trades.making import (
    ADDRESS,
    PRICE,
    REASON,
    as_seller,
    buy,
    code_of,
    fresh,
    make_order,
    money_of,
    report,
    user,
)

STATES = ("awaiting_payment", "paid", "fulfilling", "acceptance", "completed", "cancelled_unpaid", "cancelled_before_ship", "cancelled_platform", "closed_refunded")  # fmt: skip
NASTY = "<script>alert(1)</script>{{7*7}}"


def test_the_confirm_page_shows_the_frozen_price_and_parts_that_sum(hub, signed_in):
    listing = make_listing(hub, make_user(hub, name="许清和"), by_meeting=False)
    text = page(signed_in(make_user(hub)), f"/items/{listing.code}/buy")
    assert text.count("2,380") >= 3  # price, total, button
    assert "The platform holds the money first" in text
    assert "47.60" in text  # the fee, said to be the seller's
    assert f'name="expected_price_fen" type="hidden" value="{PRICE}"' in text or f'value="{PRICE}"' in text
    assert "许清和" in text


def test_buying_leads_to_the_payment(hub, signed_in):
    listing, buyer = make_listing(hub, make_user(hub)), make_user(hub)
    browser = signed_in(buyer)
    answer = send_form(browser, f"/items/{listing.code}/buy", purchase())
    assert answer.status_code == 303
    with hub.look() as work:
        (order,) = queries.orders_of(work, buyer.id)
        assert answer.headers["Location"].endswith(f"/pay/{order.payment_code}")
    assert browser.get(f"/items/{listing.code}/buy").status_code == 303, "the own reservation is found again"


def test_sending_the_form_twice_leads_to_the_same_order(hub, signed_in):
    listing, buyer = make_listing(hub, make_user(hub)), make_user(hub)
    browser = signed_in(buyer)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(browser, f"/items/{listing.code}/buy"))[1]
    first = browser.post(f"/items/{listing.code}/buy", data={"csrf_token": token, **purchase()})
    second = browser.post(f"/items/{listing.code}/buy", data={"csrf_token": token, **purchase()})
    assert (first.status_code, second.status_code) == (303, 303)
    with hub.look() as work:
        (order,) = queries.orders_of(work, buyer.id)
        assert second.headers["Location"].endswith(f"/orders/{order.code}")


def test_a_second_buyer_reads_that_the_item_is_gone_and_where_to_look_now(hub, signed_in):
    listing, late = make_listing(hub, make_user(hub)), signed_in(make_user(hub))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(late, f"/items/{listing.code}/buy"))[1]
    buy(hub, listing, make_user(hub))
    answer = late.post(f"/items/{listing.code}/buy", data={"csrf_token": token, **purchase()})
    assert answer.status_code == 409
    text = answer.get_data(as_text=True)
    assert "Somebody else was faster" in text
    assert "/search?q=" in text
    assert page(late, f"/items/{listing.code}/buy", 409).count("Somebody else was faster") == 1


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"name": ""}, 422, "Please type the name of the person"),
        ({"phone": "１３８"}, 422, "Please type a mobile number"),
        ({"address": "短"}, 422, "Please type the whole address"),
        ({"address": "地" * 401}, 422, "too long"),
        ({"name": "a\x00b"}, 422, "characters that cannot be used"),
        ({"delivery": ""}, 422, "Please choose"),
        ({"delivery": "drone"}, 422, "Please choose one of the ways"),
        ({"expected_price_fen": str(PRICE - 1)}, 409, "The seller has changed the price"),
        ({"expected_price_fen": ""}, 422, "The price that you saw did not come with the form"),
        ({"expected_price_fen": "-1"}, 422, "whole number"),
        ({"expected_price_fen": "9" * 400}, 422, "whole number"),
    ],
)
def test_a_purchase_that_cannot_be_made_says_why_and_keeps_what_was_typed(hub, signed_in, changes, status, says):
    listing = make_listing(hub, make_user(hub))
    answer = send_form(signed_in(make_user(hub)), f"/items/{listing.code}/buy", purchase(**changes))
    text = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert says in text
    if "address" not in changes:
        assert ADDRESS["address"] in text
    assert f'value="{PRICE}"' in text, "the hidden price is the present one, so that the next try can succeed"
    assert fresh_listing(hub, listing.id).state == "active"


def test_what_was_typed_is_never_run(hub, signed_in):
    listing = make_listing(hub, make_user(hub))
    answer = send_form(signed_in(make_user(hub)), f"/items/{listing.code}/buy", purchase(name=NASTY, phone="12"))
    text = answer.get_data(as_text=True)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert "{{7*7}}" in text


def test_an_unknown_item_is_not_found_and_the_own_item_is_not_for_oneself(hub, signed_in):
    seller = make_user(hub)
    listing, browser = make_listing(hub, seller), signed_in(seller)
    page(browser, f"/items/{'0' * 26}/buy", 404)
    assert "This item is yours" in page(browser, f"/items/{listing.code}/buy")
    other = signed_in(make_user(hub))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(other, f"/items/{listing.code}/buy"))[1]
    sign_in(other, hub, seller)
    answer = other.post(f"/items/{listing.code}/buy", data={"csrf_token": token, **purchase()})
    assert answer.status_code in (400, 403)


def test_without_signing_in_a_visitor_is_asked_to_and_comes_back(hub, client):
    listing = make_listing(hub, make_user(hub))
    answer = client.get(f"/items/{listing.code}/buy")
    assert answer.status_code == 303
    assert f"next=/items/{listing.code}/buy" in answer.headers["Location"]


@pytest.mark.parametrize("delivery", ["parcel", "meet"])
@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_page_for_both_sides_and_none_for_others(hub, signed_in, state, delivery):
    order = make_order(hub, state, delivery=delivery)
    for person, side in ((order.buyer_id, "buyer"), (order.seller_id, "seller")):
        browser = signed_in(user(hub, person))
        text = page(browser, f"/orders/{order.code}")
        with hub.look() as work:
            status = queries.standing(work, queries.order_by_id(work, order.id), side).status
        assert status.sentence in text
        assert order.listing_version_sha256 in text
        assert status.sentence in page(browser, "/my/orders")
    for stranger in (make_user(hub), make_member(hub, "operator")):
        page(signed_in(stranger), f"/orders/{order.code}", 404)


def test_the_address_is_for_the_seller_after_the_payment_only_and_its_showing_is_written_down(hub, signed_in):
    unpaid = make_order(hub, "awaiting_payment")
    assert ADDRESS["address"] not in page(signed_in(user(hub, unpaid.seller_id)), f"/orders/{unpaid.code}")
    paid = make_order(hub, "paid")
    assert ADDRESS["address"] in page(signed_in(user(hub, paid.seller_id)), f"/orders/{paid.code}")
    with hub.look() as work:
        shown = select(AuditEntry).where(AuditEntry.verb == "order.address_shown")
        assert [entry.entity_id for entry in work.session.scalars(shown)] == [paid.id]
    done = make_order(hub, "completed")
    assert ADDRESS["address"] not in page(signed_in(user(hub, done.seller_id)), f"/orders/{done.code}")
    assert ADDRESS["address"] in page(signed_in(user(hub, done.buyer_id)), f"/orders/{done.code}")


def test_the_six_digits_are_on_the_buyers_page_only(hub, signed_in):
    order = make_order(hub, "fulfilling", delivery="meet")
    digits = code_of(hub, order)
    shown = f"{digits[:3]} {digits[3:]}"
    assert shown in page(signed_in(user(hub, order.buyer_id)), f"/orders/{order.code}")
    text = page(signed_in(user(hub, order.seller_id)), f"/orders/{order.code}")
    assert shown not in text
    assert digits not in text


def test_the_whole_sale_through_the_pages(hub, signed_in):
    order = make_order(hub, "paid")
    seller, buyer = signed_in(user(hub, order.seller_id)), signed_in(user(hub, order.buyer_id))
    path = f"/orders/{order.code}"
    wrong = send_form(seller, path, {"carrier": "", "tracking_no": NASTY, "expected_version": "1"}, to=f"{path}/ship")
    text = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    for message in ("Please choose the carrier.", "A tracking number has 8 to 24", "Please confirm that it is erased"):
        assert message in text
    assert "&lt;script&gt;" in text
    sent = send_form(seller, path, {"carrier": "sf", "tracking_no": "sf 1234567890", "erased": "y"}, to=f"{path}/ship")
    assert sent.status_code == 303
    assert "SF1234567890" in page(buyer, path)
    assert send_form(buyer, path, to=f"{path}/receive").status_code == 303
    stale = send_form(buyer, path, {"expected_version": "1"}, to=f"{path}/accept")
    assert stale.status_code == 409
    assert "Somebody changed this in the meantime" in stale.get_data(as_text=True)
    hostile = send_form(buyer, path, {"expected_version": "x'; DROP"}, to=f"{path}/accept")
    assert hostile.status_code == 422
    version = str(fresh(hub, order).version)
    assert send_form(buyer, path, {"expected_version": version}, to=f"{path}/accept").status_code == 303
    assert fresh(hub, order).state == "completed"
    again = send_form(buyer, path, {"expected_version": version}, to=f"{path}/accept")
    assert again.status_code == 409
    assert money_of(hub, order).released_fen == PRICE


def test_a_meeting_through_the_pages(hub, signed_in):
    order = make_order(hub, "paid", delivery="meet")
    seller, path = signed_in(user(hub, order.seller_id)), f"/orders/{order.code}"
    for fields in ({}, {"place": "a", "erased": "y"}, {"place": "观音桥地铁站，周六三点"}):
        assert send_form(seller, path, fields, to=f"{path}/meeting").status_code == 422
    placed = send_form(seller, path, {"place": "观音桥地铁站，周六三点", "erased": "y"}, to=f"{path}/meeting")
    assert placed.status_code == 303
    right = code_of(hub, order)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for typed, says in (("", "Please fill this in."), ("abc", "The code has six digits"), (wrong, "4 tries are left")):
        answer = send_form(seller, path, {"digits": typed}, to=f"{path}/meeting-code")
        assert answer.status_code == 422
        assert says in answer.get_data(as_text=True)
    for _ in range(4):
        answer = send_form(seller, path, {"digits": wrong}, to=f"{path}/meeting-code")
    assert "Five wrong codes were entered" in answer.get_data(as_text=True)
    assert "Five wrong codes" in send_form(seller, path, {"digits": right}, to=f"{path}/meeting-code").get_data(as_text=True)
    assert fresh(hub, order).state == "fulfilling"


def test_cancelling_through_the_page(hub, signed_in):
    unpaid = make_order(hub, "awaiting_payment")
    buyer = signed_in(user(hub, unpaid.buyer_id))
    path = f"/orders/{unpaid.code}"
    assert send_form(buyer, path, {"expected_version": "1"}, to=f"{path}/cancel").status_code == 303
    assert fresh(hub, unpaid).state == "cancelled_unpaid"
    paid = make_order(hub, "paid")
    seller, path = signed_in(user(hub, paid.seller_id)), f"/orders/{paid.code}"
    missing = send_form(seller, path, {"expected_version": str(paid.version)}, to=f"{path}/cancel")
    assert missing.status_code == 422
    assert "Please choose why you do not sell." in missing.get_data(as_text=True)
    chosen = {"expected_version": str(paid.version), "reason": "broken"}
    assert send_form(seller, path, chosen, to=f"{path}/cancel").status_code == 303
    assert fresh(hub, paid).end_reason == "broken"


def test_steps_of_the_other_side_are_refused_on_the_page_too(hub, signed_in):
    order = make_order(hub, "acceptance")
    seller, path = signed_in(user(hub, order.seller_id)), f"/orders/{order.code}"
    assert send_form(seller, path, {"expected_version": str(order.version)}, to=f"{path}/accept").status_code == 403
    assert send_form(seller, path, to=f"{path}/problem/withdraw").status_code == 403
    page(seller, f"{path}/problem", 403)
    stranger = signed_in(make_user(hub))
    for step in ("accept", "receive", "ship", "cancel", "meeting", "meeting-code", "problem", "take-back"):
        answer = send_form(stranger, "/my/orders", {"expected_version": "1"}, to=f"{path}/{step}")
        assert answer.status_code in (404, 422), (step, answer.status_code)
        assert order.title not in answer.get_data(as_text=True)


def test_a_form_without_its_token_changes_nothing(hub, signed_in):
    order = make_order(hub, "acceptance")
    buyer = signed_in(user(hub, order.buyer_id))
    answer = buyer.post(f"/orders/{order.code}/accept", data={"expected_version": str(order.version)})
    assert answer.status_code == 400
    assert fresh(hub, order).state == "acceptance"


def test_my_orders_is_friendly_when_there_is_nothing(hub, signed_in):
    text = page(signed_in(make_user(hub)), "/my/orders")
    assert "You have not bought anything yet" in text
    assert "You have not sold anything yet" in text


def test_pages_ask_the_database_a_bounded_number_of_times(hub, signed_in):
    order = make_order(hub, "acceptance")
    buyer = signed_in(user(hub, order.buyer_id))
    counted: list[str] = []
    event.listen(hub.db.read, "before_cursor_execute", lambda *args: counted.append(args[2]))
    for path, most in ((f"/orders/{order.code}", 30), ("/my/orders", 14)):
        counted.clear()
        page(buyer, path)
        assert len(counted) <= most, (path, len(counted))


def test_ship_then_the_seller_page_has_no_more_form(hub, signed_in):
    order = make_order(hub, "paid")
    as_seller(hub, order, service.ship, order.code, "sf", "SF1234567890123", True)
    assert "Enter the tracking number" not in page(signed_in(user(hub, order.seller_id)), f"/orders/{order.code}")


@pytest.mark.parametrize("verb", ["pause", "withdraw"])
def test_a_buyer_whose_page_is_open_reads_that_the_seller_took_it_off_sale(hub, signed_in, verb):
    seller = make_user(hub)
    listing, browser = make_listing(hub, seller), signed_in(make_user(hub))
    path = f"/items/{listing.code}/buy"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(browser, path))[1]
    with hub.begin(actor(hub, seller)) as work:
        getattr(listings, verb)(work, listing.code)
    for sent in (purchase(), purchase(phone="12")):
        answer = browser.post(path, data={"csrf_token": token, **sent})
        text = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert "This item has just been taken off sale" in text
        assert ADDRESS["address"] in text, "what was typed is not lost"
    text = page(browser, path, 409)
    assert listing.title not in text, "its page is not public any more"
    draft = make_draft(hub, seller)
    page(browser, f"/items/{draft.code}/buy", 404)


def test_a_form_without_its_price_reserves_nothing_and_can_be_sent_again(hub, signed_in):
    listing = make_listing(hub, make_user(hub))
    sent = purchase()
    del sent["expected_price_fen"]
    answer = send_form(signed_in(make_user(hub)), f"/items/{listing.code}/buy", sent)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "The price that you saw did not come with the form" in text
    assert "The seller has changed the price" not in text
    assert ADDRESS["address"] in text
    assert f'value="{PRICE}"' in text
    assert fresh_listing(hub, listing.id).state == "active"


def test_the_accept_dialog_says_who_gets_how_much(hub, signed_in):
    order = make_order(hub, "acceptance")
    text = page(signed_in(user(hub, order.buyer_id)), f"/orders/{order.code}")
    assert "Of your ¥2,380 the seller then gets ¥2,332.40; ¥47.60 is the fee of the platform" in text


def test_the_ship_form_names_everything_that_is_missing_at_once(hub, signed_in):
    order = make_order(hub, "paid")
    path = f"/orders/{order.code}"
    text = send_form(signed_in(user(hub, order.seller_id)), path, to=f"{path}/ship").get_data(as_text=True)
    for message in ("Please choose the carrier.", "A tracking number has 8 to 24", "Please confirm that it is erased"):
        assert message in text
    meeting = make_order(hub, "paid", delivery="meet")
    path = f"/orders/{meeting.code}"
    text = send_form(signed_in(user(hub, meeting.seller_id)), path, to=f"{path}/meeting").get_data(as_text=True)
    for message in ("Please write where and when you meet", "Please confirm that it is erased"):
        assert message in text


@pytest.mark.parametrize(
    ("state", "to_seller", "to_buyer"),
    [
        ("awaiting_payment", "沈知遥 wants to buy this", "Offered by 许清和, not paid"),
        ("cancelled_unpaid", "沈知遥 wants to buy this", "Offered by 许清和, not paid"),
        ("paid", "You sold this to 沈知遥", "You bought this from 许清和"),
    ],
)
def test_an_order_is_a_sale_only_when_it_is_paid(hub, signed_in, state, to_seller, to_buyer):
    order = make_order(hub, state)
    assert to_seller in page(signed_in(user(hub, order.seller_id)), f"/orders/{order.code}")
    assert to_buyer in page(signed_in(user(hub, order.buyer_id)), f"/orders/{order.code}")


TWICE = {
    "cancel": ("paid", "buyer_id", {}, "cancel"),
    "cancel unpaid": ("awaiting_payment", "buyer_id", {}, "cancel"),
    "cancel by the seller": ("paid", "seller_id", {"reason": "changed_mind"}, "cancel"),
    "ship": ("paid", "seller_id", {"carrier": "sf", "tracking_no": "SF1234567890123", "erased": "y"}, "ship"),
    "meeting-code": ("fulfilling", "seller_id", {"digits": "code"}, "meeting-code"),
    "receive": ("fulfilling", "buyer_id", {}, "receive"),
    "accept": ("acceptance", "buyer_id", {}, "accept"),
    "take-back": ("closed_refunded", "seller_id", {}, "take-back"),
    "problem": ("acceptance", "buyer_id", {"reason": "defect", "text": REASON}, "problem"),
    "withdraw": ("problem", "buyer_id", {}, "problem/withdraw"),
}


@pytest.mark.parametrize("name", TWICE)
def test_the_same_form_sent_twice_gets_a_page_that_says_where_the_order_stands(hub, signed_in, name):
    state, person, fields, step = TWICE[name]
    order = make_order(
        hub, "acceptance" if state == "problem" else state, delivery="meet" if name == "meeting-code" else "parcel"
    )
    if state == "problem":
        report(hub, order)
        order = fresh(hub, order)
    if "digits" in fields:
        fields = {"digits": code_of(hub, order)}
    browser, path = signed_in(user(hub, getattr(order, person))), f"/orders/{order.code}"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(browser, path))[1]
    sent = {"csrf_token": token, "expected_version": str(order.version), **fields}
    assert browser.post(f"{path}/{step}", data=sent).status_code == 303
    moved = fresh(hub, order)
    again = browser.post(f"{path}/{step}", data=sent)
    assert again.status_code == 409
    assert order.title in again.get_data(as_text=True)
    assert order.code in again.get_data(as_text=True)
    assert fresh(hub, order).version == moved.version
