"""An arranged meeting that the buyer wants to cancel: the phone may be in the buyer's hands already, so the seller is asked."""

from __future__ import annotations

import pytest

from app.kernel.errors import BadState, Conflict, InvalidInput
from app.kernel.work import SYSTEM
from app.trades import queries, service
from app.trades.errors import CancelAsked, NoCancelAsked, NotYourStep, WrongDelivery
from tests.accounts.making import make_member, send_form, sign_in
from tests.listings.making import fresh as fresh_listing
from tests.payments.making import run_money
from tests.trades.making import (
    GROUNDS,
    PRICE,
    as_buyer,
    as_operator,
    as_seller,
    code_of,
    fresh,
    fresh_case,
    later,
    make_order,
    money_of,
    user,
)
from tests.trades.test_sale import conduct, told

TAKEN = "周六下午三点在观音桥，买家验机后拿走了手机。"


def asked(hub):
    """A meeting that the buyer has asked to cancel."""
    order = make_order(hub, "fulfilling", delivery="meet")
    as_buyer(hub, order, service.ask_cancel, order.code, order.version)
    return fresh(hub, order)


def test_a_buyer_who_has_the_phone_cannot_take_the_money_too(hub):
    order = asked(hub)
    assert (order.state, money_of(hub, order).held_fen) == ("fulfilling", PRICE)
    assert "order.cancel_asked" in told(hub, user(hub, order.seller_id))
    as_seller(hub, order, service.object_cancel, order.code, TAKEN)
    later(hub, days=30)
    now = fresh(hub, order)
    assert (now.state, now.problem_state, money_of(hub, order).frozen) == ("fulfilling", "open", True)
    with hub.look() as work:
        case = queries.open_case_of(work, order.id)
        assert (case.reason, case.text, case.opened_by) == ("handed_over", TAKEN, order.seller_id)
        code, version = case.code, case.version
    as_operator(hub, service.rule, code, "release", "聊天记录和证人都说明手机已经交给买家。", version, "buyer_fault")
    assert fresh(hub, order).state == "completed"
    assert "dispute.opened" not in conduct(hub, order), "the seller's own objection is no complaint about the seller"


def test_a_seller_who_has_the_phone_agrees_and_nothing_is_noted(hub):
    order = asked(hub)
    as_seller(hub, order, service.agree_cancel, order.code)
    run_money(hub)
    ended = fresh(hub, order)
    assert (ended.state, ended.ended_by, money_of(hub, order).state) == ("cancelled_before_ship", "buyer", "refunded")
    assert "order.cancelled_by_seller" not in conduct(hub, order)


def test_a_seller_who_says_nothing_for_24_hours_agrees(hub):
    order = asked(hub)
    later(hub, hours=23)
    assert fresh(hub, order).state == "fulfilling"
    with hub.begin(SYSTEM) as work:
        service.on_cancel_timeout(work, order.id)
    assert fresh(hub, order).state == "fulfilling"
    later(hub, hours=2)
    assert fresh(hub, order).state == "cancelled_before_ship"
    assert money_of(hub, order).refund_paid_fen == PRICE
    assert fresh_listing(hub, order.listing_id).state == "active"


def test_the_right_digits_end_the_wish_to_cancel(hub):
    order = asked(hub)
    assert as_seller(hub, order, service.enter_meeting_code, hub.sealer, order.code, code_of(hub, order)).right
    later(hub, hours=30)
    assert fresh(hub, order).state == "acceptance"


def test_only_the_steps_that_fit_are_taken(hub):
    order = asked(hub)
    with pytest.raises(CancelAsked):
        as_buyer(hub, order, service.ask_cancel, order.code, order.version)
    with pytest.raises(CancelAsked):
        as_seller(hub, order, service.arrange_meeting, hub.sealer, order.code, "观音桥地铁站 3 号口", True)
    for verb, arguments in ((service.agree_cancel, ()), (service.object_cancel, (TAKEN,))):
        with pytest.raises(NotYourStep):
            as_buyer(hub, order, verb, order.code, *arguments)
    with pytest.raises(InvalidInput):
        as_seller(hub, order, service.object_cancel, order.code, "短")
    quiet = make_order(hub, "fulfilling", delivery="meet")
    with pytest.raises(NoCancelAsked):
        as_seller(hub, quiet, service.agree_cancel, quiet.code)
    with pytest.raises(NotYourStep):
        as_seller(hub, quiet, service.ask_cancel, quiet.code, quiet.version)
    with pytest.raises(Conflict):
        as_buyer(hub, quiet, service.ask_cancel, quiet.code, quiet.version - 1)
    parcel, paid = make_order(hub, "fulfilling"), make_order(hub, "paid", delivery="meet")
    with pytest.raises(WrongDelivery):
        as_buyer(hub, parcel, service.ask_cancel, parcel.code, parcel.version)
    with pytest.raises(BadState):
        as_buyer(hub, paid, service.ask_cancel, paid.code, paid.version)


def test_asking_and_objecting_and_answering_through_the_pages(hub, app):
    order = make_order(hub, "fulfilling", delivery="meet")
    path = f"/orders/{order.code}"
    browsers = {}
    for name, person in (
        ("buyer", user(hub, order.buyer_id)),
        ("seller", user(hub, order.seller_id)),
        ("staff", make_member(hub, "operator")),
    ):
        browsers[name] = app.test_client()
        browsers[name].set_cookie("lang", "en")
        sign_in(browsers[name], hub, person)
    text = browsers["seller"].get(path).get_data(as_text=True)
    assert "Enter the six digits that the buyer gives you here first, then hand it over." in text
    text = browsers["buyer"].get(path).get_data(as_text=True)
    assert "Look at the item and check it first." in text
    assert "has 24 hours to say that you have the item already" in text
    sent = send_form(browsers["buyer"], path, {"expected_version": str(order.version)}, to=f"{path}/cancel")
    assert sent.status_code == 303
    assert "You have asked to cancel" in browsers["buyer"].get(path).get_data(as_text=True)
    short = send_form(browsers["seller"], path, {"text": "短"}, to=f"{path}/cancel/object")
    assert (short.status_code, "when and where the buyer took the item" in short.get_data(as_text=True)) == (422, True)
    assert send_form(browsers["seller"], path, {"text": TAKEN}, to=f"{path}/cancel/object").status_code == 303
    assert send_form(browsers["seller"], path, {"text": TAKEN}, to=f"{path}/cancel/object").status_code == 409
    assert TAKEN in browsers["buyer"].get(path).get_data(as_text=True)
    answer = "我没有拿走手机，当天卖家没有到约定的地点。"
    assert send_form(browsers["seller"], path, {"text": answer}, to=f"{path}/problem/answer").status_code == 403
    assert send_form(browsers["buyer"], path, {"text": answer}, to=f"{path}/problem/answer").status_code == 303
    with hub.look() as work:
        case = queries.open_case_of(work, order.id)
        assert answer in browsers["staff"].get(f"/operator/cases/{case.code}").get_data(as_text=True)
    assert "Answer of the buyer" in browsers["seller"].get(path).get_data(as_text=True)


def test_agreeing_through_the_page(hub, app):
    order = asked(hub)
    client, path = app.test_client(), f"/orders/{order.code}"
    sign_in(client, hub, user(hub, order.seller_id))
    assert send_form(client, path, to=f"{path}/cancel/agree").status_code == 303
    again = send_form(client, path, to=f"{path}/cancel/agree")
    assert again.status_code == 409
    assert fresh(hub, order).state == "cancelled_before_ship"


def test_a_decision_made_without_the_answer_meets_a_conflict(hub):
    order = make_order(hub, "acceptance")
    case = as_buyer(hub, order, service.report_problem, order.code, "defect", GROUNDS)
    version = fresh_case(hub, case).version
    as_seller(hub, order, service.answer_case, order.code, "发货前拍过视频，屏幕没有裂纹。")
    with pytest.raises(Conflict):
        as_operator(hub, service.rule, case.code, "refund", GROUNDS, version)
    assert fresh_case(hub, case).answer_text == "发货前拍过视频，屏幕没有裂纹。"


def test_the_deadline_in_the_timeline_is_the_sellers_answer_and_not_the_handover(hub, app):
    order = asked(hub)
    for person in (order.buyer_id, order.seller_id):
        client = app.test_client()
        client.set_cookie("lang", "en")
        sign_in(client, hub, user(hub, person))
        text = client.get(f"/orders/{order.code}").get_data(as_text=True)
        assert "The seller answers the wish to cancel" in text
        assert "Handover with six digits" not in text
