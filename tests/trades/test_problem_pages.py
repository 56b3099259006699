"""The pages of a problem: reported, taken back, decided by staff; and what goes back after it."""

from __future__ import annotations

import re

from app.trades import queries, service
from tests.accounts.making import make_member, make_user, send_form
from tests.trades.browsing import page
from tests.trades.making import (
    ADDRESS,
    GROUNDS,
    REASON,
    as_buyer,
    fresh,
    fresh_case,
    make_order,
    report,
    user,
)


def test_a_problem_through_the_pages_to_the_ruling(hub, signed_in):
    order = make_order(hub, "acceptance")
    buyer, path = signed_in(user(hub, order.buyer_id)), f"/orders/{order.code}/problem"
    for fields, says in (
        ({}, "Please choose what kind of problem it is."),
        ({"reason": "no_receipt", "text": REASON}, "Please choose what kind of problem it is."),
        ({"reason": "defect", "text": "坏了"}, "Please describe the problem"),
        ({"reason": "defect", "text": "坏" * 1001}, "too long"),
    ):
        answer = send_form(buyer, path, fields)
        assert answer.status_code == 422
        assert says in answer.get_data(as_text=True)
        assert fields.get("text", "") in answer.get_data(as_text=True)
    assert send_form(buyer, path, {"reason": "defect", "text": REASON}).status_code == 303
    assert REASON in page(signed_in(user(hub, order.seller_id)), f"/orders/{order.code}")
    staff = signed_in(make_member(hub, "operator"))
    with hub.look() as work:
        case = queries.open_case_of(work, order.id)
        code, version = case.code, str(case.version)
    assert order.title in page(staff, "/operator/cases")
    assert ADDRESS["address"] not in page(staff, f"/operator/cases/{code}")
    path = f"/operator/cases/{code}"
    empty = send_form(staff, path, {"expected_version": version})
    assert empty.status_code == 422
    short = send_form(staff, path, {"ruling": "refund", "fault": "none", "reason_text": "短", "expected_version": version})
    assert (short.status_code, "Please give the reasons" in short.get_data(as_text=True)) == (422, True)
    old = {"ruling": "refund", "fault": "none", "reason_text": GROUNDS, "expected_version": "99"}
    stale = send_form(staff, path, old)
    assert stale.status_code == 409
    assert GROUNDS in stale.get_data(as_text=True)
    assert send_form(staff, path, {**old, "expected_version": version}).status_code == 303
    assert fresh(hub, order).state == "closed_refunded"
    assert GROUNDS in page(buyer, f"/orders/{order.code}")
    assert page(staff, path).count("Decide and carry it out") == 0


def test_a_problem_after_the_window_is_refused_but_the_words_are_kept(hub, signed_in):
    order = make_order(hub, "acceptance")
    buyer, path = signed_in(user(hub, order.buyer_id)), f"/orders/{order.code}/problem"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(buyer, path))[1]
    as_buyer(hub, order, service.accept, order.code, order.version)
    answer = buyer.post(path, data={"csrf_token": token, "reason": "defect", "text": REASON})
    assert answer.status_code == 409
    assert REASON in answer.get_data(as_text=True)


def test_a_problem_can_be_taken_back_on_the_page(hub, signed_in):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    buyer, path = signed_in(user(hub, order.buyer_id)), f"/orders/{order.code}"
    assert "take the problem back" in page(buyer, path)
    assert send_form(buyer, path, to=f"{path}/problem/withdraw").status_code == 303
    assert fresh_case(hub, case).state == "settled"


def test_the_seller_takes_a_refunded_item_back_on_the_page(hub, signed_in):
    order = make_order(hub, "closed_refunded")
    seller, path = signed_in(user(hub, order.seller_id)), f"/orders/{order.code}"
    assert send_form(seller, path, to=f"{path}/take-back").status_code == 303
    assert "You have the item again" in page(seller, path)


def test_staff_stop_an_order_by_its_number(hub, signed_in):
    staff, order = signed_in(make_member(hub, "operator")), make_order(hub, "paid")
    path, to = "/operator/cases", "/operator/orders/stop"
    for fields, status in (
        ({}, 422),
        ({"order_code": "0" * 26, "reason": "收到线索，先停下这笔交易。"}, 404),
        ({"order_code": order.code, "reason": "短"}, 422),
    ):
        answer = send_form(staff, path, fields, to=to)
        assert answer.status_code == status
    done = send_form(staff, path, {"order_code": order.code, "reason": "收到线索，先停下这笔交易。"}, to=to)
    assert done.status_code == 303
    assert fresh(hub, order).state == "cancelled_platform"
    page(signed_in(make_user(hub)), "/operator/cases", 403)


def test_a_ruling_and_a_stop_sent_twice_are_carried_out_once(hub, signed_in):
    staff, order = signed_in(make_member(hub, "operator")), make_order(hub, "acceptance")
    case = report(hub, order)
    path = f"/operator/cases/{case.code}"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(staff, path))[1]
    sent = {
        "csrf_token": token,
        "expected_version": str(case.version),
        "ruling": "refund",
        "fault": "none",
        "reason_text": GROUNDS,
    }
    assert [staff.post(path, data=sent).status_code for _ in range(2)] == [303, 409]
    stopped = make_order(hub, "paid")
    sent = {"csrf_token": token, "order_code": stopped.code, "reason": "收到线索，先停下这笔交易。"}
    assert [staff.post("/operator/orders/stop", data=sent).status_code for _ in range(2)] == [303, 409]
