"""Paid appraisals and contested grades by programs alone: every step of both sides, refused where pages refuse it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.kernel.hub import Hub
from app.payments import service as payments
from tests.accounts.making import actor, make_user
from tests.api.making import Program
from tests.appraisal.making import clean_answers, close
from tests.appraisal.paying import ADDRESS, FEE, SEAL, make_paid, make_quote
from tests.goods.making import make_thing
from tests.payments.making import run_money
from tests.reinspection.making import DEPOSIT, REASON, Scene, contested, make_scene
from tests.visits.making import HOME, WAY, make_offering


def pay(program: Program, payment: str) -> None:
    program.ok("payPayment", {"code": payment}, body={"method": "practice"})
    run_money(program.hub)


def test_a_paid_appraisal_from_the_offer_to_the_phone_that_is_back(app: Flask, hub: Hub) -> None:
    quote = make_quote(hub, appraisers=1)
    owner = make_user(hub, name="周小满")
    thing = make_thing(hub, owner)
    mine, theirs = Program(app, hub, owner), Program(app, hub, quote.appraisers[0])
    offers = mine.ok("listAppraisalOffers", {"code": thing.code})
    assert (offers["best_tier"], "unsafe" in {each["code"] for each in offers["endings"]}) == ("S", True)
    [offer] = offers["offers"]
    assert (offer["fee_fen"], offer["wait_days"], offer["places"][0]["code"]) == (FEE, 3, quote.place.code)
    wanted: dict[str, Any] = {"thing": thing.code, "agency": offer["agency"]["code"], "expected_fee_fen": FEE - 1}
    assert mine.refused("requestAppraisal", body=wanted) == (409, "fee_changed")
    order = mine.ok("requestAppraisal", body=wanted | {"expected_fee_fen": FEE})
    here = {"code": order["code"]}
    assert (order["state"], order["fee"]["fee_fen"], order["fee"]["is_paid"], order["holder"]) == ("quoted", FEE, False, "owner")
    pay(mine, order["fee"]["payment"])
    assert theirs.ok("getAppraisal", here)["fee"] == order["fee"] | {"payment": None, "is_paid": True}
    assert theirs.ok("acceptAppraisal", here)["state"] == "accepted"
    assert theirs.refused("getFindings", {"code": "0" * 26}) == (404, "appraisal_not_found")

    chosen = mine.ok("getHandOver", here)
    assert ([each["code"] for each in chosen["places"]], chosen["digits"]) == ([quote.place.code], None)
    assert theirs.ok("getHandOver", here)["places"] == [], "only the owner chooses"
    key = {"key": "bring-once"}
    for _ in range(2):  # the same request again has no second effect
        brought = mine.ok("bringThing", here, body={"place": quote.place.code, "way": "bring"}, **key)
    assert brought["state"] == "awaiting_item"
    digits = mine.ok("getHandOver", here)["digits"]
    assert theirs.ok("getHandOver", here)["digits"] is None
    wrong = "000000" if digits != "000000" else "000001"
    tried = theirs.ok("receiveThing", here, body={"digits": wrong, "seal_no": SEAL})
    assert (tried["right"], tried["tries_left"], tried["appraisal"]["holder"]) == (False, 4, "owner")
    taken = theirs.ok("receiveThing", here, body={"digits": digits, "seal_no": SEAL, "discrepancy": "边框有磕碰。"})
    assert (taken["right"], taken["appraisal"]["state"], taken["appraisal"]["holder"]) == (True, "item_received", "agency")
    theirs.ok("getFindings", here)
    seen = theirs.call("getFindings", here).headers["ETag"]
    theirs.ok("saveFindings", here, body={"answers": clean_answers()}, headers={"If-Match": seen})
    close(hub, quote.appraisers[0], order["code"], seal_no=SEAL)
    seen = theirs.call("getFindings", here).headers["ETag"]
    signed = theirs.ok("signReport", here, body={"name": quote.appraisers[0].display_name}, headers={"If-Match": seen})
    assert (signed["state"], signed["holder"]) == ("issued", "agency")
    run_money(hub)

    digits = mine.ok("getHandOver", here)["digits"]
    other = {"digits": digits, "seal_no": "XY-00000000"}
    assert theirs.refused("handThingBack", here, body=other) == (409, "seal_differs")
    back = theirs.ok("handThingBack", here, body={"digits": digits, "seal_no": SEAL})
    assert (back["right"], back["appraisal"]["holder"]) == (True, "owner")
    steps = mine.ok("getHandOver", here)["steps"]
    assert [(each["kind"], each["confirmed"], each["seal_no"]) for each in steps] == [
        ("received", "digits", SEAL),
        ("returned", "digits", SEAL),
    ]
    assert mine.ok("getAppraisal", here)["fee"]["refund_fen"] == 0


def test_a_parcel_there_and_back_with_its_address_read_once_it_is_needed(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    mine, theirs, here = Program(app, hub, paid.owner), Program(app, hub, paid.appraiser), {"code": paid.code}
    mine.ok("bringThing", here, body={"place": paid.place.code, "way": "send", "address": ADDRESS})
    assert theirs.refused("receiveThing", here, body={"seal_no": SEAL}) == (409, "hand_over_first")
    mine.ok("sayThingSent", here, body={"carrier": "顺丰速运", "tracking_no": "SF1234567890123"})
    assert mine.refused("cancelAppraisal", here) == (409, "parcel_under_way")
    assert mine.refused("chooseAgain", here) == (409, "bad_state")
    assert theirs.ok("receiveThing", here, body={"seal_no": SEAL})["right"]
    assert theirs.refused("getBackAddress", here) == (409, "not_in_custody")
    paid.answer_all().sign()
    assert theirs.ok("getBackAddress", here) == {"address": ADDRESS}
    theirs.ok("sendThingBack", here, body={"carrier": "顺丰速运", "tracking_no": "SF0987654321"})
    assert mine.ok("takeThingBack", here, body={"discrepancy": "外盒压扁了。"})["holder"] == "owner"
    assert mine.refused("takeThingBack", here, body={}) == (409, "not_in_custody")


def test_a_thing_in_custody_comes_back_as_chosen_when_the_order_is_taken_back(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "item_received")
    mine, here = Program(app, hub, paid.owner), {"code": paid.code}
    assert mine.ok("chooseWayBack", here, body={"way": "fetch"})["back_way"] == "fetch"
    done = mine.ok("cancelAppraisal", here)
    assert (done["state"], done["holder"], done["fee"]["refund_fen"]) == ("cancelled", "agency", FEE // 2)


def test_a_booked_time_is_kept_for_one_owner(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    slot = paid.slot()
    mine, theirs, here = Program(app, hub, paid.owner), Program(app, hub, paid.appraiser), {"code": paid.code}
    [time] = mine.ok("getHandOver", here)["times"]
    assert (time["code"], time["place"]) == (slot.code, paid.place.code)
    assert mine.refused("bookTime", here, body={"time": "0" * 26}) == (422, "invalid_input")
    assert mine.ok("bookTime", here, body={"time": slot.code})["state"] == "scheduled"
    shown = mine.ok("getHandOver", here)
    assert (shown["starts_at"] is not None, shown["way"]) == (True, "visit")
    assert theirs.ok("checkIn", here, body={"digits": shown["digits"]})["appraisal"]["state"] == "inspecting"


def test_a_visit_at_home_by_programs(app: Flask, hub: Hub) -> None:
    offering, owner = make_offering(hub, appraisers=1), make_user(hub, name="周小满")
    thing = make_thing(hub, owner)
    mine, theirs = Program(app, hub, owner), Program(app, hub, offering.people[0])
    found = mine.ok("listAppraisalOffers", {"code": thing.code}, query={"district": offering.area.district})["offers"]
    [offer] = found
    assert (offer["fee_fen"], offer["times"][0]["place"]) == (FEE + WAY, None)
    wish = {"thing": thing.code, "time": offer["times"][0]["code"], "address": HOME, "expected_fee_fen": offer["fee_fen"]}
    order = mine.ok("requestVisit", body=wish)
    again = make_user(hub)
    rival = Program(app, hub, again)
    assert rival.refused("requestVisit", body=wish | {"thing": make_thing(hub, again).code}) == (409, "visit_time_taken")
    pay(mine, order["fee"]["payment"])
    here = {"code": order["code"]}
    assert theirs.ok("acceptAppraisal", here)["state"] == "scheduled"
    assert mine.ok("moveVisit", here, body={"time": offer["times"][2]["code"]})["state"] == "scheduled"
    assert mine.refused("sayAbsent", here, body={"words": "没有人来，电话也没接。"}) == (409, "visit_not_begun")
    assert mine.refused("objectToAbsence", here, body={"words": "我一直在家等。"})[0] == 409
    digits = mine.ok("getHandOver", here)["digits"]
    assert theirs.ok("checkIn", here, body={"digits": digits})["right"]


def test_reading_needs_one_scope_and_acting_another(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "item_received")
    reads = Program(app, hub, paid.owner, scopes=("appraisals:read",))
    assert reads.ok("getHandOver", {"code": paid.code})["holder"] == "agency"
    assert reads.refused("chooseWayBack", {"code": paid.code}, body={"way": "fetch"}) == (403, "scope_missing")
    assert reads.refused("createContest", {"code": "0" * 26}, body={"reason": REASON}) == (403, "scope_missing")
    stranger = Program(app, hub, make_user(hub))
    for name, body in (("getHandOver", None), ("chooseWayBack", {"way": "fetch"}), ("takeThingBack", {})):
        assert stranger.refused(name, {"code": paid.code}, body=body)[0] == 404


def test_what_cannot_be_finished_gives_back_what_the_reason_says(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "item_received")
    theirs = Program(app, hub, paid.appraiser)
    assert theirs.refused("giveUpAppraisal", {"code": paid.code}, body={"reason": "打不开。", "kind": "tired"})[0] == 422
    ended = theirs.ok("giveUpAppraisal", {"code": paid.code}, body={"reason": "我们的仪器坏了。", "kind": "instrument"})
    assert (ended["state"], ended["fee"]["refund_fen"], ended["holder"]) == ("unable", FEE, "agency")


# Contests


def test_a_contest_from_the_reasons_to_an_amended_grade(app: Flask, hub: Hub) -> None:
    scene = make_scene(hub, housed=True)
    mine, here = Program(app, hub, scene.owner), {"code": scene.first.code}
    assert mine.refused("createContest", here, body={"reason": "不对"}) == (422, "invalid_input")
    made = mine.ok("createContest", here, body={"reason": REASON}, key="contest-once")
    assert mine.ok("createContest", here, body={"reason": REASON}, key="contest-once") == made
    assert (made["state"], made["deposit_fen"], made["outcome"]) == ("awaiting_deposit", DEPOSIT, None)
    assert mine.refused("createContest", here, body={"reason": REASON}) == (409, "contest_open")
    pay(mine, made["payment"])
    one = {"code": made["code"]}
    placed = mine.ok("getContest", one)
    assert (placed["state"], placed["appraisal"], placed["show_due_at"] is not None) == ("with_agency", scene.order.code, True)
    second = Program(app, hub, scene.second_appraiser)
    assert second.refused("getContest", one) == (404, "reinspection_not_found")
    assert second.refused("getReport", here) == (403, "blind_to_report")
    scene.accept()
    handed = scene.handed
    mine.ok("bringThing", {"code": placed["appraisal"]}, body={"place": handed.place.code, "way": "bring"})
    digits = mine.ok("getHandOver", {"code": placed["appraisal"]})["digits"]
    assert second.ok("receiveThing", {"code": placed["appraisal"]}, body={"digits": digits, "seal_no": SEAL})["right"]
    assert mine.ok("getContest", one)["state"] == "with_agency"
    scene.inspect(screen_glass="light")
    assert mine.refused("withdrawContest", one) == (409, "inspection_begun")
    report = scene.sign()
    done = mine.ok("getContest", one)
    assert (done["outcome"], done["steps"], done["is_liable"], done["refund_fen"]) == ("amended", 2, True, DEPOSIT)
    assert (done["second_report"], done["liability"]) == (report.code, {"fee_fen": 0, "compensation_fen": 0})
    with hub.look() as work:
        assert payments.verify(work, hub.provider) == []


def test_contests_are_listed_page_by_page_and_taken_back(app: Flask, hub: Hub) -> None:
    scene = contested(hub)
    mine = Program(app, hub, scene.owner)
    [one] = mine.ok("listContests")["items"]
    assert mine.ok("listContests", query={"limit": 1})["next_cursor"] is None
    back = mine.ok("withdrawContest", {"code": one["code"]})
    assert (back["state"], back["refund_fen"]) == ("withdrawn", DEPOSIT)
    stranger = Program(app, hub, make_user(hub))
    assert stranger.ok("listContests")["items"] == []
    assert stranger.refused("getContest", {"code": one["code"]}) == (404, "reinspection_not_found")


@pytest.mark.parametrize("who", ["stranger", "appraiser"])
def test_who_is_not_concerned_cannot_contest(app: Flask, hub: Hub, who: str) -> None:
    scene: Scene = make_scene(hub)
    person: User = make_user(hub) if who == "stranger" else scene.case.appraiser
    assert Program(app, hub, person).refused("createContest", {"code": scene.first.code}, body={"reason": REASON}) == (
        403,
        "not_concerned",
    )
    assert actor(hub, person).user_id == person.id
