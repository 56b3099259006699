"""The pages of an order with a fee, over HTTP and without script, for everybody who takes part."""

from __future__ import annotations

import io
import json
import re

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.appraisal import queries
from app.cli.commands import main as xunyi
from app.goods.models import Thing
from app.kernel import draw
from app.kernel.audit import AuditEntry
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from tests.accounts.making import make_member, make_organisation, make_user, reader, send_form, sign_in, token_of
from tests.appraisal.making import clean_answers, close
from tests.appraisal.paying import ADDRESS, FEE, SEAL, Paid, district, make_paid, make_quote
from tests.appraisal.test_pages import fields_of, posted, send_sign
from tests.goods.making import make_thing
from tests.listings.making import ANSWERS, make_listing, tiny_photo
from tests.payments.making import run_money, settle


def browser(app: Flask, hub: Hub, user: User) -> FlaskClient:
    client = reader(app)
    sign_in(client, hub, user)
    return client


def post(client: FlaskClient, page: str, step: str, data: dict | None = None, **files: object):
    """Press a button of the order's page."""
    form = {"csrf_token": token_of(client.get(page)), **(data or {}), **files}
    return client.post(f"{page}/{step}", data=form, content_type="multipart/form-data" if files else None)


def test_an_appraisal_with_a_fee_is_done_with_the_pages_alone(app: Flask, hub: Hub) -> None:
    agency = make_organisation(hub, "agency", "清河检测")
    manager = browser(app, hub, make_member(hub, "manager", organisation=agency))
    person = make_member(hub, "appraiser", user=make_user(hub, name="韩立秋"), organisation=agency)
    owner = make_user(hub, name="周小满")
    mine, theirs = browser(app, hub, owner), browser(app, hub, person)

    offer = "/agency/offer"
    token = {"csrf_token": token_of(manager.get(offer))}
    assert manager.post(f"{offer}/fees/phone", data={**token, "phone-fee": "88.88", "phone-wait_days": "3"}).status_code == 303
    place = {"place-name": "南区检测点", "place-district": district(), "place-address": "柳荫街 8 号", "place-kinds": "workshop"}
    assert manager.post(f"{offer}/places", data={**token, **place}).status_code == 303
    page = manager.get(offer).text
    assert "南区检测点" in page
    assert "Cars: " in page
    assert "items cannot be measured" in page

    thing = make_thing(hub, owner)
    ask = f"/appraisals/request?thing={thing.code}"
    before = mine.get(ask).text
    for words in ("¥88.88", "3 days", "南区检测点", "柳荫街 8 号", "Unsafe", "Recycle only", "paid for the work"):
        assert words in before, words
    asked = send_form(mine, ask, {"agency": agency.code, f"fee-{agency.code}": "8888"})
    assert asked.status_code == 303
    page = asked.location
    shown = mine.get(page).text
    assert "The appraisal fee is not paid yet." in shown
    payment = re.search(r"/pay/([0-9a-z]{26})", shown)
    assert payment is not None
    assert "清河检测" in mine.get(page).text
    settle(hub, payment[1])
    assert "韩立秋 was chosen and is asked." in mine.get(page).text

    assert page in theirs.get("/appraiser").text
    assert post(theirs, page, "accept").location == page
    assert "Please choose below when and how your item gets there." in mine.get(page).text
    wrong = post(mine, page, "bring", {"way": "send"})
    assert wrong.status_code == 422
    with hub.look() as work:
        where = queries.places_of(work, agency.id)[0].code
    assert post(mine, page, "bring", {"way": "bring", "place": where}).status_code == 303
    shown = mine.get(page).text
    digits = re.search(r">(\d{3}) (\d{3})<", shown)
    assert digits is not None
    assert "Its owner has it." in shown
    assert not re.search(r">\d{3} \d{3}<", theirs.get(page).text), "the agency does not see the owner's digits"

    code = digits[1] + digits[2]
    other = "000000" if code != "000000" else "111111"
    refused = post(theirs, page, "receive", {"digits": other, "seal_no": SEAL})
    assert refused.status_code == 422
    assert "4 tries are left" in refused.text
    photo = (io.BytesIO(tiny_photo(5)), "phone.jpg")
    assert post(theirs, page, "receive", {"digits": code, "seal_no": SEAL}, photos=photo).status_code == 303
    hub.drain()
    shown = mine.get(page).text
    assert "清河检测 has it." in shown
    assert SEAL in shown
    picture = re.search(rf"{page}/custody/[0-9a-z]{{26}}/card.webp", shown)
    assert picture is not None
    assert mine.get(picture[0]).status_code == 200
    assert browser(app, hub, make_user(hub)).get(picture[0]).status_code == 404

    sheet = theirs.get(f"{page}/inspect")
    saved = theirs.post(f"{page}/inspect", data=fields_of(sheet.text) | posted(clean_answers()) | {"to_sign": "1"})
    assert saved.status_code == 303
    close(hub, person, page.rsplit("/", 1)[1], seal_no=SEAL)
    assert send_sign(theirs, page, "韩立秋").status_code == 303
    run_money(hub)
    shown = mine.get(page).text
    assert "The report is signed." in shown
    assert "Please fetch it and show your six digits." in shown
    digits = re.search(r">(\d{3}) (\d{3})<", shown)
    assert digits is not None
    back = {"digits": digits[1] + digits[2], "seal_no": "XY-0000"}
    differs = post(theirs, page, "hand-back", back)
    assert differs.status_code == 409
    assert "not the number of the seal" in differs.text
    assert post(theirs, page, "hand-back", {**back, "seal_no": SEAL}).status_code == 303
    assert "Its owner has it." in mine.get(page).text
    assert "¥79.99" in manager.get(offer).text, "what is owed to the agency"
    assert "To the agency" in theirs.get(page).text


def test_a_parcel_goes_there_and_back_and_the_address_is_seen_by_the_agency_only(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    mine, theirs, page = browser(app, hub, paid.owner), browser(app, hub, paid.appraiser), f"/appraisals/{paid.code}"
    assert post(mine, page, "bring", {"way": "send", "place": paid.place.code, "address": ADDRESS}).status_code == 303
    assert post(mine, page, "sent", {"carrier": "顺丰速运", "tracking_no": "12"}).status_code == 422
    assert post(mine, page, "sent", {"carrier": "顺丰速运", "tracking_no": "SF1234567890"}).status_code == 303
    assert ADDRESS not in theirs.get(page).text
    assert post(theirs, page, "receive", {"seal_no": SEAL}).status_code == 303
    paid.answer_all().sign()
    assert ADDRESS in theirs.get(page).text
    with hub.look() as work:
        shown = select(AuditEntry.id).where(AuditEntry.verb == "appraisal.address_shown")
        assert work.session.scalars(shown).all()
    assert post(theirs, page, "send-back", {"carrier": "顺丰速运", "tracking_no": "SF0987654321"}).status_code == 303
    assert ADDRESS not in theirs.get(page).text, "it is on its way, so the address is needed no more"
    assert post(mine, page, "take-back", {}).status_code == 303
    assert paid.holder == "owner"


def test_an_owner_books_a_time_gives_it_back_and_cancels_with_the_refund_that_the_page_names(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    slot = paid.slot()
    mine, page = browser(app, hub, paid.owner), f"/appraisals/{paid.code}"
    assert slot.code in mine.get(page).text
    assert post(mine, page, "book", {"slot": "x"}).status_code == 422
    assert post(mine, page, "book", {"slot": slot.code}).status_code == 303
    assert "A time is booked" in mine.get(page).text
    assert post(mine, page, "choose-again").status_code == 303
    shown = mine.get(page).text
    assert "Of the fee of ¥88.88 you get ¥79.99 back." in shown
    assert post(mine, page, "cancel").status_code == 303
    paid.run()
    assert paid.money.refund_paid_fen == 7_999
    paid.books_balance()


def test_a_changed_fee_is_said_on_the_page_and_nothing_is_ordered(app: Flask, hub: Hub) -> None:
    paid = make_quote(hub)
    thing = make_thing(hub, paid.owner)
    mine = browser(app, hub, paid.owner)
    ask = f"/appraisals/request?thing={thing.code}"
    refused = send_form(mine, ask, {"agency": paid.agency.code, f"fee-{paid.agency.code}": str(FEE - 1)})
    assert refused.status_code == 422
    assert "it is now ¥88.88" in refused.text
    with hub.look() as work:
        assert queries.open_appraisal(work, thing.id) is None


def test_staff_see_who_was_asked_and_two_of_them_let_a_conflict_pass(app: Flask, hub: Hub) -> None:
    paid = make_quote(hub, appraisers=1)
    house = make_organisation(hub, "dealer", "循二手行")
    for person in (paid.owner, paid.appraisers[0]):
        make_member(hub, "dealer", user=person, organisation=house)
    paid.pay()
    one, two = (browser(app, hub, make_member(hub, "operator")) for _ in range(2))
    page = f"/operator/appraisals/{paid.code}"
    assert page in one.get("/operator/appraisals").text
    shown = one.get(page).text
    assert "Works with the owner" in shown
    named = {"appraiser": paid.appraisers[0].code}
    assert post(one, page, "assign", named).status_code == 409
    assert post(one, page, "override", {**named, "reason": "全市只有他有这台检测设备，物主同意。"}).status_code == 303
    confirm = re.search(rf"{page}/override/[0-9a-z]{{26}}", one.get(page).text)
    assert confirm is not None
    token = {"csrf_token": token_of(one.get(page))}
    assert one.post(confirm[0], data=token).status_code == 403
    assert two.post(confirm[0], data={"csrf_token": token_of(two.get(page))}).status_code == 303
    assert post(two, page, "assign", named).status_code == 303
    assert paid.order.state == "assigned"
    assert "By staff" in one.get(page).text


def test_the_days_draws_are_public_and_the_command_recomputes_them_from_the_file(app: Flask, hub: Hub, tmp_path) -> None:
    paid = make_paid(hub, "assigned")
    with hub.look() as work:
        day = draw.latest_seeds(work)[-1].day.isoformat()
    anybody = reader(app)
    shown = anybody.get(f"/draws/{day}").text
    assert f"{paid.code}:1" in shown
    assert "sealed until the day is over" in shown
    paid.later(days=1)
    with hub.begin(SYSTEM) as work:
        draw.keep_seeds(work, hub.sealer)
    assert day in anybody.get("/draws").text
    assert "every draw follows from it" in anybody.get(f"/draws/{day}").text
    answer = anybody.get(f"/draws/{day}.json")
    told = json.loads(answer.data)
    assert draw.differences(told) == []
    path = tmp_path / "day.json"
    path.write_bytes(answer.data)
    run = CliRunner().invoke(xunyi, ["draw", "verify", day, "--file", str(path)])
    assert (run.exit_code, "1 draws follow from the seed" in run.output) == (0, True), run.output
    told["draws"][0]["result"] = (told["draws"][0]["result"] + 1) % told["draws"][0]["n"]
    path.write_text(json.dumps(told))
    assert CliRunner().invoke(xunyi, ["draw", "verify", day, "--file", str(path)]).exit_code == 1
    assert [anybody.get(f"/draws/{bad}").status_code for bad in ("2020-01-01", "x", "2026-13-01")] == [404, 404, 404]


def test_what_the_seller_said_limits_the_grade_before_anything_is_paid(app: Flask, hub: Hub) -> None:
    owner = make_user(hub, name="周小满")
    make_organisation(hub, "agency", "清河检测")
    listing: Listing = make_listing(hub, owner, answers={**ANSWERS, "screen_glass": "cracked"})
    with hub.look() as work:
        thing = work.session.get_one(Thing, listing.thing_id)
    shown = browser(app, hub, owner).get(f"/appraisals/request?thing={thing.code}").text
    assert "After what you have said, this is the best grade still possible" in shown
    assert re.search(r"tier-mark[^>]*>D<", shown)


@pytest.mark.parametrize(
    "state", ["quoted", "fee_paid", "assigned", "accepted", "scheduled", "awaiting_item", "item_received", "inspecting", "issued"]
)
def test_every_state_has_its_page_for_everybody_who_may_read_it(app: Flask, hub: Hub, state: str) -> None:
    paid: Paid = make_paid(hub, state)
    readers = [paid.owner, paid.manager, *paid.appraisers[:2]]
    for who in readers:
        answer = browser(app, hub, who).get(f"/appraisals/{paid.code}")
        assert answer.status_code == 200
        assert "%(" not in answer.text
    assert browser(app, hub, make_user(hub)).get(f"/appraisals/{paid.code}").status_code == 404
