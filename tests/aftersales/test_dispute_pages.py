"""The pages of disputes: what each side reads, the arbitrator's form, staff's list, and programs."""

from __future__ import annotations

import pytest
from flask import Flask

from app.aftersales.states import CARRYING_OUT, DECIDING, DONE, ESCALATED, RULED, WAITING
from app.kernel.hub import Hub
from tests.accounts.making import make_member, make_user, send_form
from tests.aftersales.deciding import APPEAL, REASONS, accept, dispute_of, drawn, legs, make_senior, rule
from tests.aftersales.making import make_claim, pieces
from tests.aftersales.test_pages import browser
from tests.api.making import Program
from tests.media.making import prepare_once
from tests.payments.making import run_money
from tests.trades.making import money_of, user

TOLD = {
    "remedy": "partial_refund",
    "amount": "600",
    "fault": "seller_fault",
    "clauses": ["nonconformity_return"],
    "evidence": ["photo-1", "item-1"],
    "reasons": REASONS,
}


def test_the_arbitrator_reads_both_sides_and_rules_and_nothing_typed_is_lost(hub: Hub, app: Flask) -> None:
    make_senior(hub)
    row, order = make_claim(hub, ESCALATED)
    person = drawn(hub, row)
    found = dispute_of(hub, row)
    mine = browser(app, hub, person)
    assert "Disputes to decide" in mine.get("/desk").text
    assert found.code in mine.get("/my/disputes").text
    page = mine.get(f"/disputes/{found.code}").text
    for word in (
        "You were drawn to decide this dispute.",
        "Photo 1",
        "Item 1",
        "Words 2, of the seller",
        "发货前的视频里屏幕完好",
    ):
        assert word in page
    wrong = send_form(mine, f"/disputes/{found.code}/rule", {**TOLD, "amount": "99999", "expected_version": found.version})
    assert wrong.status_code == 422
    assert REASONS in wrong.text
    assert "¥2,379.99" in wrong.text
    nothing = send_form(mine, f"/disputes/{found.code}/rule", {"expected_version": found.version})
    assert nothing.status_code == 422, "nothing is decided by a form that says nothing"
    stale = send_form(mine, f"/disputes/{found.code}/rule", {**TOLD, "expected_version": found.version - 1})
    assert stale.status_code == 409
    given = send_form(mine, f"/disputes/{found.code}/rule", {**TOLD, "expected_version": found.version})
    assert given.status_code == 303
    assert dispute_of(hub, row).state == RULED
    after = mine.get(f"/disputes/{found.code}").text
    assert REASONS in after
    assert f"/disputes/{found.code}/rule" not in after
    for side in (order.buyer_id, order.seller_id):
        read = browser(app, hub, user(hub, side)).get(f"/claims/{row.code}").text
        assert REASONS in read
        assert "There is a ruling. No money has moved yet." in read
        assert f"/claims/{row.code}/appeal" in read
        assert person.display_name in read


def test_both_sides_answer_on_the_page_and_the_money_follows(hub: Hub, app: Flask) -> None:
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    for side in (order.buyer_id, order.seller_id):
        mine = browser(app, hub, user(hub, side))
        told = {"expected_version": dispute_of(hub, row).version}
        assert send_form(mine, f"/claims/{row.code}/accept-ruling", told).status_code == 303
        assert f"/claims/{row.code}/appeal" not in mine.get(f"/claims/{row.code}").text
    run_money(hub)
    page = browser(app, hub, user(hub, order.buyer_id)).get(f"/claims/{row.code}").text
    assert (dispute_of(hub, row).state, money_of(hub, order).refund_paid_fen) == (DONE, 60_000)
    assert "Has gone its way" in page


def test_an_appeal_on_the_page(hub: Hub, app: Flask) -> None:
    row, order = make_claim(hub, ESCALATED)
    rule(hub, row)
    theirs = browser(app, hub, user(hub, order.seller_id))
    version = dispute_of(hub, row).version
    short = send_form(theirs, f"/claims/{row.code}/appeal", {"expected_version": version, "words": "短"})
    assert short.status_code == 422
    assert send_form(theirs, f"/claims/{row.code}/appeal", {"expected_version": version, "words": APPEAL}).status_code == 303
    assert dispute_of(hub, row).state == WAITING
    assert "Another arbitrator is drawn by lot" in theirs.get(f"/claims/{row.code}").text
    decides = drawn(hub, row)
    assert APPEAL in browser(app, hub, decides).get(f"/disputes/{dispute_of(hub, row).code}").text


def test_only_who_was_drawn_and_staff_read_a_dispute(hub: Hub, app: Flask) -> None:
    row, order = make_claim(hub, ESCALATED)
    person = make_senior(hub)
    assert drawn(hub, row).id == person.id
    photo = pieces(hub, row)[0].photo
    prepare_once(hub, photo.id)
    code = dispute_of(hub, row).code
    for reader, status in (
        (person, 200),
        (make_member(hub, "operator"), 200),
        (make_senior(hub), 404),
        (user(hub, order.buyer_id), 403),
        (make_user(hub), 403),
    ):
        client = browser(app, hub, reader)
        assert client.get(f"/disputes/{code}").status_code == status
        if status == 200:
            assert client.get(f"/claims/{row.code}/photos/{photo.code}/card.webp").status_code == 200


def test_staff_draw_where_nobody_is_and_carry_out_again(hub: Hub, app: Flask) -> None:
    row, _order = make_claim(hub, ESCALATED)
    hub.drain()
    assert dispute_of(hub, row).state == WAITING
    staff = make_member(hub, "operator")
    mine = browser(app, hub, staff)
    code = dispute_of(hub, row).code
    assert "Nobody can be drawn" in mine.get("/operator/disputes").text
    assert send_form(mine, f"/operator/disputes/{code}/carry-out", {}).status_code == 409
    assert send_form(mine, f"/operator/disputes/{code}/draw", {}).status_code == 303
    assert dispute_of(hub, row).state == DECIDING
    assert send_form(mine, f"/operator/disputes/{code}/draw", {}).status_code == 404
    rule(hub, row)
    accept(hub, row)
    assert dispute_of(hub, row).state == CARRYING_OUT
    assert send_form(mine, f"/operator/disputes/{code}/carry-out", {}).status_code == 303
    assert legs(hub, row)["buyer"].state == "booked"


def test_passing_on_asks_why(hub: Hub, app: Flask) -> None:
    row, _order = make_claim(hub, ESCALATED)
    person = make_senior(hub)
    drawn(hub, row)
    found = dispute_of(hub, row)
    mine = browser(app, hub, person)
    assert send_form(mine, f"/disputes/{found.code}/pass", {"expected_version": found.version, "reason": ""}).status_code == 422
    told = {"expected_version": found.version, "reason": "认识卖家"}
    assert send_form(mine, f"/disputes/{found.code}/pass", told).status_code == 303
    assert dispute_of(hub, row).state == WAITING


@pytest.mark.parametrize("end", ["acceptRuling", "appealRuling"])
def test_programs_follow_a_dispute_and_answer(hub: Hub, app: Flask, end: str) -> None:
    row, order = make_claim(hub, ESCALATED)
    buyer, seller = (Program(app, hub, user(hub, each)) for each in (order.buyer_id, order.seller_id))
    code = {"code": row.code}
    first = buyer.call("getClaim", code)
    assert first.get_json()["dispute"]["state"] == WAITING
    rule(hub, row)
    told = buyer.call("getClaim", code)
    assert told.headers["ETag"] != first.headers["ETag"], "what a program sees has changed"
    (said,) = told.get_json()["dispute"]["rulings"]
    assert (said["buyer_fen"] + said["seller_fen"], said["reasons"]) == (told.get_json()["dispute"]["amount_fen"], REASONS)
    stale = {"If-Match": first.headers["ETag"]}
    body = {"body": {"words": APPEAL}} if end == "appealRuling" else {}
    assert seller.call(end, code, headers=stale, **body).status_code == 412
    answered = seller.call(end, code, headers={"If-Match": told.headers["ETag"]}, **body)
    assert answered.status_code == 200
    after = answered.get_json()["dispute"]
    assert (after["accepted_by"], after["appealed_by"]) == ((["seller"], None) if end == "acceptRuling" else ([], "seller"))
