"""The pages of visits at home, over HTTP and without script, for everybody who takes part."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import select

from app.appraisal.models import Appraisal
from app.kernel.hub import Hub
from tests.accounts.making import make_member, make_user, send_form, sign_in, token_of
from tests.appraisal.paying import FEE, district
from tests.appraisal.test_paid_pages import browser, post
from tests.goods.making import make_thing
from tests.payments.making import settle
from tests.visits.making import HOME, WAY, make_at_home, make_offering


def test_a_manager_offers_districts_and_times(app: Flask, hub: Hub) -> None:
    offering = make_offering(hub, times=1)
    manager = browser(app, hub, offering.manager)
    page = "/agency/visits"
    shown = manager.get(page).text
    assert "¥</span>33<span" in shown
    token = {"csrf_token": token_of(manager.get(page))}
    again = manager.post(f"{page}/areas", data={**token, "area-district": district(), "area-fee": "10"})
    assert again.status_code == 409
    assert "Close the earlier offer first" in again.text
    assert manager.post(f"{page}/areas", data={**token, "area-district": "", "area-fee": "x"}).status_code == 422
    times = {"times-area": offering.area.code, "times-day": "2026-12-03", "times-first": "9:00", "times-last": "13:00"}
    assert manager.post(f"{page}/times", data={**token, **times, "times-minutes": "120"}).status_code == 303
    assert (
        manager.post(f"{page}/times", data={**token, **times, "times-day": "tomorrow", "times-minutes": "120"}).status_code == 422
    )
    shown = manager.get(page).text
    assert shown.count("/take-back") == 3
    code = re.findall(r"times/([0-9a-z]{26})/take-back", shown)[1]
    assert manager.post(f"{page}/times/{code}/take-back", data=token).status_code == 303
    assert manager.get(page).text.count("/take-back") == 2
    assert manager.post(f"{page}/areas/{offering.area.code}/close", data=token).status_code == 303
    assert "None yet." in manager.get(page).text
    stranger = browser(app, hub, make_member(hub, "manager"))
    assert (
        stranger.post(f"{page}/areas/{offering.area.code}/close", data={"csrf_token": token_of(stranger.get(page))}).status_code
        == 404
    )


def test_a_visit_is_ordered_accepted_and_met_with_the_pages_alone(app: Flask, hub: Hub) -> None:
    offering = make_offering(hub, appraisers=1, times=4)
    owner = make_user(hub, name="周小满")
    mine, theirs = browser(app, hub, owner), browser(app, hub, offering.people[0])
    thing = make_thing(hub, owner)
    assert "Let the appraiser come to you" in mine.get(f"/appraisals/request?thing={thing.code}").text
    ask = f"/appraisals/request/visit?thing={thing.code}&district={district()}"
    before = mine.get(ask).text
    for words in ("¥122.21", "¥88.88", "¥33.33", "30 %", "80 %", "50 %", "12 hours", "drawn by lot"):
        assert words in before, words
    slot = offering.slots[0].code
    cheap = {"slot": slot, "address": HOME, f"fee-{slot}": "1"}
    assert send_form(mine, ask, cheap).status_code == 409
    short = send_form(mine, ask, {"slot": slot, "address": "短", f"fee-{slot}": str(FEE + WAY)})
    assert short.status_code == 422
    assert "短" in short.text
    assert send_form(mine, ask, {"slot": "", "address": HOME}).status_code == 422
    asked = send_form(mine, ask, {"slot": slot, "address": HOME, f"fee-{slot}": str(FEE + WAY)})
    assert asked.status_code == 303
    page = asked.location
    assert mine.get(ask).location == page
    shown = mine.get(page).text
    assert "Way to your home" in shown
    payment = re.search(r"/pay/([0-9a-z]{26})", shown)
    assert payment is not None
    settle(hub, payment[1])

    assigned = theirs.get(page).text
    assert "You see the address when you have accepted." in assigned
    assert HOME not in assigned
    assert post(theirs, page, "accept").status_code == 303
    assert HOME in theirs.get(page).text
    assert HOME not in browser(app, hub, offering.manager).get(page).text
    shown = mine.get(page).text
    assert "comes to your home" in shown
    assert HOME not in shown
    moved = post(mine, page, "visit/move", {"slot": offering.slots[1].code})
    assert moved.status_code == 303
    digits = re.search(r"money is-xl\">(\d{3}) (\d{3})<", mine.get(page).text)
    assert digits is not None
    assert post(theirs, page, "check-in", {"digits": digits[1] + digits[2]}).status_code == 303
    assert HOME not in theirs.get(page).text
    with hub.look() as work:
        assert work.session.scalars(select(Appraisal.state)).one() == "inspecting"


def test_a_missed_visit_is_said_objected_to_and_decided_on_pages(app: Flask, hub: Hub) -> None:
    made = make_at_home(hub)
    page = f"/appraisals/{made.code}"
    mine, theirs = browser(app, hub, made.owner), browser(app, hub, made.appraiser)
    assert "The appraiser did not come" not in mine.get(page).text
    early = post(mine, page, "visit/absent", {"words": "还没有来。"})
    assert early.status_code == 409
    assert "30 minutes" in early.text
    made.until_after(minutes=40)
    for browser_, who in ((mine, made.owner), (theirs, made.appraiser)):
        sign_in(browser_, hub, who)
    assert "The appraiser did not come" in mine.get(page).text
    assert "Nobody was there" in theirs.get(page).text
    assert post(mine, page, "visit/absent", {"words": "x"}).status_code == 422
    assert post(mine, page, "visit/absent", {"words": "等到九点，没有人来。"}).status_code == 303
    shown = theirs.get(page).text
    assert "等到九点，没有人来。" in shown
    assert "I was there" in shown
    assert "I was there" not in mine.get(page).text
    assert post(theirs, page, "visit/object", {"objection": "我按了三次门铃。"}).status_code == 303
    assert "Our staff decide." in mine.get(page).text

    staff = browser(app, hub, make_member(hub, "operator"))
    desk = staff.get("/operator/visits").text
    assert "等到九点，没有人来。" in desk
    assert "我按了三次门铃。" in desk
    assert "柳荫街" not in desk
    token, code = {"csrf_token": token_of(staff.get("/operator/visits"))}, made.visit.code
    assert staff.post(f"/operator/visits/{code}/decide", data=token).status_code == 422
    decision = {f"{code}-absent": "agency", f"{code}-reason": "定位显示没有到过。"}
    assert staff.post(f"/operator/visits/{code}/decide", data={**token, **decision}).status_code == 303
    made.run()
    assert "No visit waits for a decision" in staff.get("/operator/visits").text
    shown = mine.get(page).text
    assert "定位显示没有到过。" in shown
    assert "All of it goes back to the owner." in shown
