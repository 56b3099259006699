"""A whole sale by programs that hold nothing but the document: paths, bodies and next steps are read from it.

Three programs (seller, appraiser, buyer) know the operations by name, follow the links of answers, and fill bodies from
examples and schemas. Everything else (where an operation is, what it wants, what comes back) stands in the document.
"""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.accounts.models import User
from app.credit import queries as credit
from app.kernel.hub import Hub
from app.trades import queries as orders
from app.trades import service as trades
from tests.accounts.making import actor, make_member
from tests.journeys.reader import Reader, reader, send_photos
from tests.listings.making import make_imei
from tests.payments.making import run_money


def offer(hub: Hub, seller: Reader) -> dict[str, Any]:
    """From nothing to an offer on sale: the seller answers what the category's schema asks."""
    kind = seller.send("listCategories").get_json()["items"][0]["code"]
    asked = seller.send("getCategorySchema", {"category": "phone"}).get_json()
    assert kind
    made = seller.send("createListing", body=seller.example("createListing", category="phone"))
    shown = seller.example("saveDraft")
    facts = {each["code"]: shown["facts"][each["code"]] for each in asked["attributes"] if each["code"] in shown["facts"]}
    facts["imei"] = make_imei()  # the number of the phone in hand
    answers = {}
    for question in asked["questions"]:
        alone = [option["code"] for option in question["options"] if option["alone"]]
        first = (alone or [option["code"] for option in question["options"]])[:1]
        answers[question["code"]] = {
            "percent": question["most"], "several": first, "choice": first[0] if first else None,
        }[question["kind"]]  # fmt: skip
    where, parts = seller.follow("createListing", "answers", made)
    saved = seller.send(where, parts, body={**shown, "facts": facts, "answers": answers}, etag=made.headers["ETag"])
    assert {lack["name"] for lack in saved.get_json()["missing"]} == {"photos"}
    send_photos(hub, seller, made, asked)
    where, parts = seller.follow("createListing", "publish", made)
    published = seller.send(where, parts)
    assert published.get_json()["state"] == "active"
    hub.drain()
    return published.get_json()


def appraise(hub: Hub, seller: Reader, appraiser: Reader, colleague: Reader, listing: dict[str, Any]) -> dict[str, Any]:
    """The seller asks an agency; its appraiser accepts, answers every item of the scheme, erases, seals, and signs."""
    agency = seller.send("listAgencies").get_json()["items"][0]["code"]
    asked = seller.send("requestAppraisal", body=seller.example("requestAppraisal", thing=listing["thing"], agency=agency))
    waiting = appraiser.send("listAppraisals", side="agency").get_json()["items"]
    assert [each["code"] for each in waiting] == [asked.get_json()["code"]]
    accepted = appraiser.send(*seller.follow("requestAppraisal", "accept", asked))
    order = {"code": accepted.get_json()["code"]}
    scheme = appraiser.send("getScheme", {"scheme": accepted.get_json()["scheme"]}).get_json()
    answers = {}
    for item in scheme["items"]:
        if not item["computed"]:
            answers[item["key"]] = item["choices"][0]["value"] if item["choices"] else (item["least"] or "A-0001")
    answers["battery_pct"] = "93"
    before = appraiser.send("getFindings", order)
    where, parts = appraiser.follow("getFindings", "save", before, order)
    saved = appraiser.send(where, parts, body={"answers": answers}, etag=before.headers["ETag"])
    assert saved.get_json()["refused"] == {}
    assert saved.get_json()["missing"] == []
    # Test, erase, seal: without the seal a phone gets no grade.
    where, parts = appraiser.follow("saveFindings", "sign", saved, order)
    early = appraiser.send(where, parts, body=appraiser.example(where, name="顾行简"), etag=saved.headers["ETag"])
    assert (early.status_code, early.get_json()["code"]) == (409, "seal_first")
    stand = appraiser.send(*appraiser.follow("saveFindings", "erasure", saved, order))
    assert stand.get_json()["next"] == "erase"
    where, parts = appraiser.follow("getErasure", "record", stand, order)
    erased = appraiser.send(where, parts, body=appraiser.example(where, name="顾行简"))
    if erased.get_json()["next"] == "check":  # one in five
        where, parts = appraiser.follow("recordErasure", "check", erased, order)
        colleague.send(where, parts, body=colleague.example(where))
    where, parts = appraiser.follow("recordErasure", "seal", erased, order)
    closed = appraiser.send(where, parts, body=appraiser.example(where))
    assert closed.get_json()["next"] == "done"
    saved = appraiser.send("getFindings", order)
    where, parts = appraiser.follow("sealThing", "sign", closed, order)
    signed = appraiser.send(where, parts, body=appraiser.example(where, name="顾行简"), etag=saved.headers["ETag"])
    report = seller.send(*appraiser.follow("signReport", "report", signed)).get_json()
    assert report["is_newest"]
    hub.drain()
    return report


def test_a_whole_sale_with_only_the_document_in_hand(
    app: Flask, hub: Hub, people: dict[str, User], document: dict[str, Any]
) -> None:
    seller, buyer, appraiser = (reader(app, hub, document, people[name]) for name in ("seller", "buyer", "appraiser"))
    listing = offer(hub, seller)
    report = appraise(hub, seller, appraiser, reader(app, hub, document, people["senior"]), listing)
    # A visitor finds it, with its grade, and asks what it is worth.
    visitor = reader(app, hub, document)
    found = visitor.send("searchListings", q="iPhone 13", tier=report["tier"], sort="price_up")
    assert found.get_json()["total"] == 1
    seen = visitor.send(*visitor.follow("searchListings", "listing", found)).get_json()
    assert seen["report"]["code"] == report["code"]
    assert seen["report"]["tier"] == report["tier"]
    worth = visitor.send(
        "listComparables", category=seen["category"], brand=seen["facts"]["brand"], model=seen["facts"]["model"]
    ).get_json()
    assert worth["count"] == 0
    assert visitor.send("getSeller", {"code": seen["seller"]}).get_json()["summary"]["completed"] == 0
    # The buyer buys and pays; the provider's own word makes it paid.
    wanted = buyer.example("buy", listing=seen["code"], expected_price_fen=seen["price_fen"])
    bought = buyer.send("buy", body=wanted)
    assert bought.get_json()["actions"] == ["pay", "cancel"]
    where, parts = buyer.follow("buy", "pay", bought)
    paying = buyer.send(where, parts, body=buyer.example(where))
    run_money(hub)  # the provider's process and the worker
    payment = buyer.send(*buyer.follow("payPayment", "payment", paying, parts)).get_json()
    assert payment["state"] == "settled"
    # The seller is told, reads the address, and ships.
    order = {"code": bought.get_json()["code"]}
    notices = seller.send("listNotices").get_json()
    assert any(order["code"] in each["link"] for each in notices["items"])
    assert seller.send("readAllNotices").get_json()["marked"] == notices["unread"]
    assert seller.send("getOrder", order).get_json()["actions"][0] == "ship"
    assert seller.send("getAddress", order).get_json()["name"] == wanted["address"]["name"]
    carrier = seller.send("getTradeChoices").get_json()["carriers"][0]["code"]
    seller.send("shipOrder", order, body=seller.example("shipOrder", carrier=carrier))
    # The buyer receives, checks what was promised, and keeps it.
    received = buyer.send("receiveOrder", order)
    assert received.get_json()["state"] == "acceptance"
    promised = buyer.send("getPromise", order).get_json()
    assert promised["sha256"] == received.get_json()["promise_sha256"]
    where, parts = buyer.follow("receiveOrder", "accept", received, order)
    done = buyer.send(where, parts, etag=received.headers["ETag"])
    assert done.get_json()["state"] == "completed"
    run_money(hub)
    hub.drain()
    # The seller's money and record say so.
    money = seller.send("getMyMoney").get_json()
    assert {each["kind"] for each in money["lines"]} >= {"released"}
    assert seller.send("getMyRecord").get_json()["summary"]["completed"] == 1
    events = seller.send("listMyRecords").get_json()["items"]
    assert "order.completed" in {each["type"] for each in events}
    with hub.look() as work:
        assert credit.verify(work) == []


def test_a_meeting_is_arranged_and_handed_over_with_only_the_document_in_hand(
    app: Flask, hub: Hub, people: dict[str, User], document: dict[str, Any]
) -> None:
    seller, buyer = (reader(app, hub, document, people[name]) for name in ("seller", "buyer"))
    listing = offer(hub, seller)
    wanted = buyer.example("buy", listing=listing["code"], expected_price_fen=listing["price_fen"], delivery="meet")
    del wanted["address"]
    bought = buyer.send("buy", body=wanted)
    where, parts = buyer.follow("buy", "pay", bought)
    buyer.send(where, parts, body=buyer.example(where))
    run_money(hub)
    order = {"code": bought.get_json()["code"]}
    arranged = seller.send("arrangeMeeting", order, body=seller.example("arrangeMeeting"))
    digits = buyer.send("getMeetingCode", order).get_json()["digits"]
    wrong = str((int(digits) + 1) % 10**6).zfill(6)
    where, parts = seller.follow("arrangeMeeting", "hand_over", arranged, order)
    missed = seller.send(where, parts, body={"digits": wrong}).get_json()
    assert (missed["right"], missed["tries_left"]) == (False, 4)
    done = seller.send(where, parts, body={"digits": digits}).get_json()
    assert done["right"]
    assert done["order"]["state"] == "acceptance"
    # Something is wrong: the buyer says so, the seller answers, the buyer takes it back and keeps the item.
    reason = buyer.send("getTradeChoices").get_json()["problem_reasons"][0]["code"]
    buyer.send("reportProblem", order, body=buyer.example("reportProblem", reason=reason))
    seller.send("answerProblem", order, body=seller.example("answerProblem"))
    buyer.send("withdrawProblem", order)
    now = buyer.send("getOrder", order)
    where, parts = buyer.follow("getOrder", "accept", now, order)
    assert buyer.send(where, parts, etag=now.headers["ETag"]).get_json()["state"] == "completed"


def test_refusals_are_the_documents_too(app: Flask, hub: Hub, people: dict[str, User], document: dict[str, Any]) -> None:
    seller, buyer = (reader(app, hub, document, people[name]) for name in ("seller", "buyer"))
    listing = offer(hub, seller)
    wanted = buyer.example("buy", listing=listing["code"], expected_price_fen=listing["price_fen"])
    for body, status, code in (
        ({**wanted, "expected_price_fen": 1}, 409, "price_changed"),
        ({**wanted, "address": {"name": "", "phone": "1", "address": ""}}, 422, "bad_address"),
        ({**wanted, "gift": True}, 400, "unknown_field"),
        ({**wanted, "listing": "0" * 26}, 404, "listing_not_found"),
    ):
        answer = buyer.send("buy", body=body)
        assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text
    assert buyer.send("buy", body={**wanted, "expected_price_fen": 1}).get_json()["price_fen"] == listing["price_fen"]
    assert seller.send("buy", body=wanted).get_json()["code"] == "own_thing"
    order = {"code": buyer.send("buy", body=wanted).get_json()["code"]}
    assert buyer.send("buy", body=wanted).get_json()["code"] == "listing_not_on_sale"
    early = buyer.send("receiveOrder", order).get_json()
    assert (early["code"], early["state"]) == ("bad_state", "awaiting_payment")
    assert "settle" in early["allowed"]


def test_a_refunded_item_goes_back_with_only_the_document_in_hand(
    app: Flask, hub: Hub, people: dict[str, User], document: dict[str, Any]
) -> None:
    seller, buyer = (reader(app, hub, document, people[name]) for name in ("seller", "buyer"))
    listing = offer(hub, seller)
    bought = buyer.send("buy", body=buyer.example("buy", listing=listing["code"], expected_price_fen=listing["price_fen"]))
    where, parts = buyer.follow("buy", "pay", bought)
    buyer.send(where, parts, body=buyer.example(where))
    run_money(hub)
    order = {"code": bought.get_json()["code"]}
    seller.send("shipOrder", order, body=seller.example("shipOrder"))
    received = buyer.send("receiveOrder", order)
    where, parts = buyer.follow("receiveOrder", "problem", received, order)
    told = buyer.send(where, parts, body=buyer.example(where)).get_json()
    rule_refund(hub, told["cases"][0]["code"])
    # The seller names an address, the buyer reads it and sends the parcel, the seller has the item again and offers it anew.
    now = seller.send("getOrder", order)
    assert now.get_json()["actions"] == ["ask_back", "take_back"]
    assert seller.send("getReturnAddress", order).get_json()["code"] == "return_address_not_shown"
    assert buyer.send("sendBack", order, body=buyer.example("sendBack")).get_json()["code"] == "no_return_address"
    where, parts = seller.follow("getOrder", "ask_back", now, order)
    home = seller.example(where)
    asked = seller.send(where, parts, body=home).get_json()
    assert asked["way_back"]["sent_at"] is None
    now = buyer.send("getOrder", order)
    assert now.get_json()["actions"] == ["send_back"]
    where, parts = buyer.follow("getOrder", "return_address", now, order)
    shown = buyer.send(where, parts)
    assert shown.get_json() == home == seller.send(where, parts).get_json()
    where, parts = buyer.follow("getReturnAddress", "sent", shown, order)
    parcel = buyer.example(where)
    sent = buyer.send(where, parts, body=parcel).get_json()["way_back"]
    assert (sent["carrier"], sent["tracking_no"]) == (parcel["carrier"], parcel["tracking_no"])
    assert buyer.send(where, parts, body=parcel).get_json()["code"] == "sent_back"
    done = seller.send("takeBack", order).get_json()
    assert (done["shipment"], done["actions"]) == ("returned", [])
    assert buyer.send("getReturnAddress", order).get_json()["code"] == "return_address_not_shown"
    assert seller.send("resumeListing", {"code": listing["code"]}).get_json()["state"] == "active"


def rule_refund(hub: Hub, case_code: str) -> None:
    """Staff give the money back to the buyer; they do it on their pages, not by program."""
    operator = make_member(hub, "operator")
    with hub.begin(actor(hub, operator)) as work:
        case, _ = orders.case_for_staff(work, case_code)
        trades.rule(work, case.code, "refund", "照片显示裂纹在发货前就有。", case.version, "seller_fault")
    run_money(hub)
