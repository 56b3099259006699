"""The pages of those concerned, of the second agency and of staff."""

from __future__ import annotations

import io
import re

from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.reinspection.states import AMENDED, AWAITING_DEPOSIT, CLOSED, WITHDRAWN
from tests.accounts.making import make_member, make_user, reader, send_form, sign_in
from tests.listings.making import tiny_photo
from tests.reinspection.making import REASON, contested, make_scene


def browser(app: Flask, hub: Hub, person: User) -> FlaskClient:
    client = reader(app)
    sign_in(client, hub, person)
    return client


def test_a_household_contests_from_the_report_and_goes_on_to_the_deposit(app: Flask, hub: Hub) -> None:
    scene = make_scene(hub)
    client = browser(app, hub, scene.owner)
    assert f"/reports/{scene.first.code}/contest" in client.get(f"/reports/{scene.first.code}").get_data(as_text=True)
    page = client.get(f"/reports/{scene.first.code}/contest").get_data(as_text=True)
    assert "¥60" in page
    fields = {"reason": REASON, "photos": (io.BytesIO(tiny_photo(4)), "scratch.jpg")}
    answer = send_form(client, f"/reports/{scene.first.code}/contest", fields)
    assert (answer.status_code, answer.location) == (303, f"/pay/{scene.row.payment_code}")
    assert (scene.row.state, len(scene.row.photos)) == (AWAITING_DEPOSIT, 1)
    again = client.get(f"/reports/{scene.first.code}/contest")
    assert again.location == f"/contests/{scene.row.code}"
    scene.pay()
    assert "was drawn to look at the item" in client.get(f"/contests/{scene.row.code}").get_data(as_text=True)


def test_what_was_typed_is_kept_when_it_is_refused(app: Flask, hub: Hub) -> None:
    scene = make_scene(hub)
    client = browser(app, hub, scene.owner)
    answer = send_form(client, f"/reports/{scene.first.code}/contest", {"reason": "太短"})
    assert answer.status_code == 422
    assert "太短" in answer.get_data(as_text=True)


def test_a_photo_that_cannot_be_read_is_named_at_its_field_and_the_words_are_kept(app: Flask, hub: Hub) -> None:
    scene = make_scene(hub)
    client = browser(app, hub, scene.owner)
    address = f"/reports/{scene.first.code}/contest"
    broken = {"reason": REASON, "photos": (io.BytesIO(b"no picture"), "a.jpg")}
    answer = send_form(client, address, broken)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert REASON in page
    assert 'href="#photos"' in page
    assert re.search(r'<input[^>]*id="photos"[^>]*aria-describedby="photos-hint photos-error" aria-invalid="true"', page)
    assert "choose them once more" in page
    many = {"reason": REASON, "photos": [(io.BytesIO(tiny_photo(no)), f"{no}.jpg") for no in range(7)]}
    assert "at most 6 photos" in send_form(client, address, many).get_data(as_text=True)
    empty = send_form(client, address, {"reason": "太短", "photos": (io.BytesIO(b""), "")}).get_data(as_text=True)
    assert "choose them once more" not in empty


def test_who_is_not_concerned_reads_why_there_is_no_form(app: Flask, hub: Hub) -> None:
    scene = make_scene(hub)
    page = browser(app, hub, make_user(hub)).get(f"/reports/{scene.first.code}/contest").get_data(as_text=True)
    assert "Only the owner of the item" in page
    assert 'name="reason"' not in page


def test_the_contested_report_says_so_and_then_what_came_of_it(app: Flask, hub: Hub) -> None:
    scene = contested(hub)
    visitor = reader(app)
    assert "This grade is contested." in visitor.get(f"/reports/{scene.first.code}").get_data(as_text=True)
    second = scene.look_again()
    assert "Another agency found the same grade on" in visitor.get(f"/reports/{scene.first.code}").get_data(as_text=True)
    assert "which stays in force" in visitor.get(f"/reports/{second.code}").get_data(as_text=True)


def test_the_queue_of_the_second_agency_names_a_re_inspection(app: Flask, hub: Hub) -> None:
    scene = contested(hub)
    client = browser(app, hub, scene.second_appraiser)
    assert "Re-inspection" in client.get("/appraiser").get_data(as_text=True)
    assert "This is a re-inspection." in client.get(f"/appraisals/{scene.order.code}").get_data(as_text=True)


def test_the_end_is_told_with_the_way_of_the_deposit(app: Flask, hub: Hub) -> None:
    scene = contested(hub)
    scene.look_again(screen_glass="visible")
    page = browser(app, hub, scene.owner).get(f"/contests/{scene.row.code}").get_data(as_text=True)
    assert "on its way back to you" in page
    assert scene.row.state == AMENDED


def test_taking_it_back_is_one_button(app: Flask, hub: Hub) -> None:
    scene = contested(hub)
    client = browser(app, hub, scene.owner)
    assert send_form(client, f"/contests/{scene.row.code}", to=f"/contests/{scene.row.code}/withdraw").status_code == 303
    assert scene.row.state == WITHDRAWN
    assert scene.row.code in client.get("/my/contests").get_data(as_text=True)


def test_staff_see_all_and_end_what_cannot_be_done(app: Flask, hub: Hub) -> None:
    scene = contested(hub, others=0)
    staff = browser(app, hub, make_member(hub, "operator"))
    assert "No other agency is left" in staff.get("/operator/reinspections").get_data(as_text=True)
    page = f"/operator/reinspections/{scene.row.code}"
    assert REASON in staff.get(page).get_data(as_text=True)
    assert send_form(staff, page, {"reason": "短"}, to=f"{page}/close").status_code == 422
    assert send_form(staff, page, {"reason": "目前没有其他机构可以复检。"}, to=f"{page}/close").status_code == 303
    assert scene.row.state == CLOSED
    told = browser(app, hub, scene.owner).get(f"/contests/{scene.row.code}").get_data(as_text=True)
    assert "目前没有其他机构可以复检。" in told


def test_draws_name_their_purposes(app: Flask, hub: Hub) -> None:
    contested(hub)
    with hub.look() as work:
        day = shanghai_day(work.now).isoformat()
    assert "Which agency looks again" in reader(app).get(f"/draws/{day}").get_data(as_text=True)
