"""The pages of the appraisal room over HTTP, with and without script."""

from __future__ import annotations

import hashlib
import html
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.appraisal import service
from app.goods.models import Thing
from app.kernel.canonical import canonical
from app.kernel.hub import Hub
from grading import recompute
from tests.accounts.making import actor, make_member, make_organisation, make_user, reader, send_form, sign_in, token_of
from tests.appraisal.making import CLOSED, Case, clean_answers, close, make_inspection, make_report, make_request, order_of
from tests.goods.making import make_thing

NOWHERE = "0" * 26


def browser(app: Flask, hub: Hub, user: User) -> FlaskClient:
    """Somebody signed in who reads English."""
    client = reader(app)
    sign_in(client, hub, user)
    return client


def fields_of(page: str) -> dict[str, str]:
    """What the inspection's form on this page would send: its hidden fields, marked keys and typed texts."""
    form = page[page.index('id="inspection"') :]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[: form.index("</form>")]):
        named = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if named.get("type") != "radio" or re.search(r"\bchecked\b", tag):
            found[named["name"]] = html.unescape(named.get("value", ""))
    return found


def posted(answers: dict[str, str]) -> dict[str, str]:
    return {f"item-{key}": value for key, value in answers.items()}


def autosave(client: FlaskClient, case: Case, token: str, rev: int, **answers: str):
    return client.post(
        f"/appraisals/{case.code}/inspect",
        data={"csrf_token": token, "rev": str(rev), **posted(answers)},
        headers={"X-Autosave": "1", "Accept": "application/json"},
    )


def test_a_report_is_made_with_the_pages_alone(app: Flask, hub: Hub) -> None:
    owner = make_user(hub, name="周小满")
    thing = make_thing(hub, owner)
    agency = make_organisation(hub, "agency", "清河检测")
    appraiser = make_member(hub, "appraiser", user=make_user(hub, name="韩立秋"), organisation=agency)
    mine, theirs = browser(app, hub, owner), browser(app, hub, appraiser)
    ask = f"/appraisals/request?thing={thing.code}"
    empty = send_form(mine, ask)
    assert empty.status_code == 422
    assert "Please choose one of the agencies." in empty.text
    asked = send_form(mine, ask, {"agency": agency.code})
    assert asked.status_code == 303
    page = asked.location
    assert mine.get(ask).location == page, "a second request leads to the first"
    assert "No appraiser has accepted it yet." in mine.get(page).text
    assert page in theirs.get("/appraiser").text

    accepted = theirs.post(f"{page}/accept", data={"csrf_token": token_of(theirs.get(page))})
    assert (accepted.status_code, accepted.location) == (303, f"{page}/inspect")
    sheet = theirs.get(accepted.location)
    saved = theirs.post(f"{page}/inspect", data=fields_of(sheet.text) | posted(clean_answers()) | {"to_sign": "1"})
    assert (saved.status_code, saved.location) == (303, f"{page}/sign")
    assert f"{page}/inspect" in theirs.get("/appraiser").text, "the own work is one tap away"
    close(hub, appraiser, page.rsplit("/", 1)[1])
    signed = send_sign(theirs, page, "韩立秋")
    assert signed.status_code == 303
    report = theirs.get(signed.location)
    assert report.status_code == 200
    assert signed.location in mine.get(page).text
    assert theirs.get(f"{page}/inspect").location == page
    assert theirs.get(f"{page}/sign").location == page


def send_sign(client: FlaskClient, page: str, name: str):
    last = client.get(f"{page}/sign")
    rev = re.search(r'name="rev"[^>]*value="(\d+)"', last.text)
    assert rev, last.text
    return client.post(f"{page}/sign", data={"csrf_token": token_of(last), "rev": rev[1], "name": name})


def test_an_owner_takes_back_and_an_agency_declines(app: Flask, hub: Hub) -> None:
    case = make_request(hub)
    page = f"/appraisals/{case.code}"
    theirs = browser(app, hub, case.appraiser)
    empty = send_form(theirs, page, to=f"{page}/decline")
    assert empty.status_code == 422
    assert "Please fill this in." in empty.text
    assert send_form(theirs, page, {"reason": "检测台正在维修。"}, to=f"{page}/decline").status_code == 303
    mine = browser(app, hub, case.owner)
    told = mine.get(page).text
    assert "检测台正在维修。" in told
    assert f"/appraisals/request?thing={case.thing.code}" in told
    again = make_request(hub, thing=case.thing, owner=case.owner)
    here = f"/appraisals/{again.code}"
    taken = mine.post(f"{here}/cancel", data={"csrf_token": token_of(mine.get(here))})
    assert taken.status_code == 303
    assert "This request was taken back." in mine.get(here).text
    late = browser(app, hub, again.appraiser)
    assert late.post(f"{here}/accept", data={"csrf_token": token_of(mine.get(here))}).status_code in (400, 409)


def test_an_appraiser_who_cannot_finish_says_why_and_the_owner_can_ask_again(app: Flask, hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    page = f"/appraisals/{case.code}"
    theirs = browser(app, hub, case.appraiser)
    empty = send_form(theirs, page, to=f"{page}/unable")
    assert empty.status_code == 422
    assert "Please fill this in." in empty.text
    assert send_form(theirs, page, {"reason": "手机打不开，无法检测。"}, to=f"{page}/unable").status_code == 303
    assert "Not finished" in theirs.get("/appraiser").text
    told = browser(app, hub, case.owner).get(page).text
    assert "手机打不开，无法检测。" in told
    assert f"/appraisals/request?thing={case.thing.code}" in told


def test_strangers_and_other_agencies_get_not_found(app: Flask, hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    page = f"/appraisals/{case.code}"
    manager = make_member(hub, "manager", organisation=case.agency)
    assert browser(app, hub, manager).get(page).status_code == 200
    for user in (make_user(hub), make_member(hub, "officer"), make_member(hub, "operator"), make_member(hub, "appraiser")):
        client = browser(app, hub, user)
        assert client.get(page).status_code == 404
        token = token_of(client.get("/account"))
        for step, expected in (("inspect", (403, 404)), ("sign", (403, 404)), ("accept", (403, 404)), ("cancel", (404,))):
            answer = client.post(
                f"{page}/{step}", data={"csrf_token": token, "rev": "1", "name": "韩立秋", "item-mdm": "present"}
            )
            assert answer.status_code in expected, (user.display_name, step)
    outsider = browser(app, hub, make_member(hub, "appraiser"))
    assert outsider.get(f"{page}/inspect").status_code == 404
    assert outsider.get(f"{page}/sign").status_code == 404
    assert outsider.get(f"/appraisals/request?thing={case.thing.code}").status_code == 404
    colleague = browser(app, hub, make_member(hub, "appraiser", organisation=case.agency))
    assert colleague.get(f"{page}/inspect").location == page, "a colleague reads along and does not type"
    token, asked = token_of(colleague.get("/account")), make_request(hub, agency=case.agency)
    for order in (page, f"/appraisals/{asked.code}"):
        for step in ("inspect", "sign", "freeze", "answers", "codes", "undo", "nothing-found", "erasure", "seal"):
            for sent in ({}, {"rev": "1", "name": "韩立秋"}):
                answer = colleague.post(f"{order}/{step}", data={"csrf_token": token, **sent})
                assert answer.status_code == 404, (order, step, sent)


def test_the_own_thing_is_refused_on_the_page_too(app: Flask, hub: Hub) -> None:
    case = make_request(hub)
    make_member(hub, "appraiser", user=case.owner, organisation=case.agency)
    client = browser(app, hub, case.owner)
    page = f"/appraisals/{case.code}"
    shown = client.get(page)
    assert f"{page}/accept" not in shown.text
    refused = client.post(f"{page}/accept", data={"csrf_token": token_of(shown)})
    assert refused.status_code == 403
    assert "You cannot appraise your own item." in refused.text


def test_an_answer_is_kept_as_it_is_given_and_the_panel_follows(app: Flask, hub: Hub) -> None:
    case = make_inspection(hub)
    client = browser(app, hub, case.appraiser)
    sheet = client.get(f"/appraisals/{case.code}/inspect")
    token = token_of(sheet)
    assert "63 items open" in sheet.text, "65 items, one computed, the two measures of the battery count as one"
    first = autosave(client, case, token, 0, mdm="none")
    assert first.status_code == 200
    assert first.json == {"fields": {"rev": "1"}, "errors": {}}
    panel = client.get(f"/appraisals/{case.code}/inspect", headers={"HX-Request": "true"})
    assert "<html" not in panel.text
    assert 'id="panel"' in panel.text
    assert 'hx-swap-oob="true"' in panel.text
    assert "HX-Request" in panel.headers["Vary"]


def test_a_refused_answer_is_named_and_its_neighbours_are_saved_in_an_autosave(app: Flask, hub: Hub) -> None:
    case = make_inspection(hub)
    client = browser(app, hub, case.appraiser)
    token = token_of(client.get(f"/appraisals/{case.code}/inspect"))
    answer = autosave(client, case, token, 0, battery_pct="101", mdm="none", touch="<b>")
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["fields"] == {"rev": "1"}, "the next save goes on from here"
    assert set(answer.json["errors"]) == {"item-battery_pct", "item-touch"}
    assert answer.json["errors"]["item-battery_pct"] == "Please enter a number from 0 to 100."
    assert order_of(hub, case).findings == {"mdm": "none", "imei": "valid"}
    assert autosave(client, case, token, 1, battery_pct="91").status_code == 200


def test_without_script_wrong_answers_come_back_as_typed_beside_their_message(app: Flask, hub: Hub) -> None:
    case = make_inspection(hub)
    client = browser(app, hub, case.appraiser)
    sheet = client.get(f"/appraisals/{case.code}/inspect")
    wrong = {"battery_pct": 'ninety"><script>alert(1)</script>', "mdm": "none", "touch": "works"}
    back = client.post(f"/appraisals/{case.code}/inspect", data=fields_of(sheet.text) | posted(wrong))
    assert back.status_code == 422
    kept = fields_of(back.text)
    assert kept["item-battery_pct"] == wrong["battery_pct"]
    assert kept["item-mdm"] == "none"
    assert "<script>alert" not in back.text
    assert "Please enter a number in plain digits" in back.text
    assert "Please choose one of the listed answers." in back.text
    assert order_of(hub, case).findings == {"mdm": "none", "imei": "valid"}
    mended = client.post(f"/appraisals/{case.code}/inspect", data=kept | posted({"battery_pct": "90"}))
    assert mended.status_code == 303, "the page carries the new count of saves"


def test_two_devices_lose_nothing_on_the_page(app: Flask, hub: Hub) -> None:
    case = make_inspection(hub, {"mdm": "none"})
    phone, desk = browser(app, hub, case.appraiser), browser(app, hub, case.appraiser)
    path = f"/appraisals/{case.code}/inspect"
    on_phone, on_desk = fields_of(phone.get(path).text), fields_of(desk.get(path).text)
    assert phone.post(path, data=on_phone | posted({"mdm": "present", "touch": "ok"})).status_code == 303
    late = posted({"mdm": "none", "battery_pct": "88", "touch": "fail"})
    token = on_desk["csrf_token"]
    refused = desk.post(path, data=on_desk | late, headers={"X-Autosave": "1", "Accept": "application/json"})
    assert refused.status_code == 409
    assert refused.json is not None
    assert refused.json["code"] == "findings_moved"
    shown = desk.post(path, data=on_desk | late)
    assert shown.status_code == 409
    kept = fields_of(shown.text)
    assert (kept["item-mdm"], kept["item-touch"], kept["item-battery_pct"], kept["rev"]) == ("present", "ok", "88", "2")
    assert "You answered here: “None”." in shown.text
    assert "You answered here: “Fails”." in shown.text
    assert order_of(hub, case).findings["touch"] == "ok"
    assert desk.post(path, data=kept | {"csrf_token": token}).status_code == 303
    stored = order_of(hub, case).findings
    assert (stored["mdm"], stored["touch"], stored["battery_pct"]) == ("present", "ok", "88")


@pytest.mark.parametrize("rev", ["", "x", "-1", "１", "9" * 40])
def test_a_made_up_count_of_saves_is_a_conflict_and_no_fault(app: Flask, hub: Hub, rev: str) -> None:
    case = make_inspection(hub, {"mdm": "none"})
    client = browser(app, hub, case.appraiser)
    path = f"/appraisals/{case.code}/inspect"
    answer = client.post(path, data={"csrf_token": token_of(client.get(path)), "rev": rev, "item-mdm": "present"})
    assert answer.status_code == 409
    assert order_of(hub, case).findings["mdm"] == "none"


def test_signing_lists_what_is_open_and_asks_for_the_own_name(app: Flask, hub: Hub) -> None:
    case = make_inspection(hub, clean_answers(mdm=None, battery_pct=None, battery_cycles=None))
    client = browser(app, hub, case.appraiser)
    page = f"/appraisals/{case.code}"
    blocked = client.get(f"{page}/sign")
    assert "2 items have no answer yet" in blocked.text
    assert f"{page}/inspect#item-mdm" in blocked.text
    assert 'name="name"' not in blocked.text
    forced = client.post(
        f"{page}/sign", data={"csrf_token": token_of(blocked) if "csrf_token" in blocked.text else "", "rev": "1"}
    )
    assert forced.status_code in (400, 422)
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.save_findings(work, case.code, clean_answers(), 1)
    unsealed = client.get(f"{page}/sign")
    assert f'href="{page}/erasure"' in unsealed.text
    assert 'name="name"' not in unsealed.text
    close(hub, case.appraiser, case.code)
    for name in ("", "周小满"):
        wrong = send_sign(client, page, name)
        assert wrong.status_code == 422
        assert order_of(hub, case).state == "inspecting"
    assert 'value="周小满"' in wrong.text
    stale = client.post(f"{page}/sign", data={"csrf_token": token_of(wrong), "rev": "1", "name": "韩立秋"})
    assert stale.status_code == 409
    assert 'value="韩立秋"' in stale.text
    assert send_sign(client, page, "韩立秋").status_code == 303


def test_the_report_is_public_and_its_file_has_the_hash_of_the_page(app: Flask, hub: Hub) -> None:
    report = make_report(hub, screen_glass="visible", wifi="fail")
    visitor = reader(app)
    page = visitor.get(f"/reports/{report.code}")
    assert page.status_code == 200
    assert report.sha256 in page.text
    assert "Set-Cookie" not in page.headers or "sid" not in page.headers["Set-Cookie"]
    file = visitor.get(f"/reports/{report.code}.json")
    assert file.mimetype == "application/json"
    assert f"xunyi-report-{report.code}.json" in file.headers["Content-Disposition"]
    content = json.loads(file.data)["content"]
    assert json.loads(file.data)["content_sha256"] == hashlib.sha256(canonical(content)).hexdigest() == report.sha256
    assert recompute(content["result"]).to_content() == content["result"]
    chinese = app.test_client().get(f"/reports/{report.code}").text
    assert "屏幕玻璃" in chinese
    for told in content["result"]["disclosures"]:
        assert html.escape(told["text"]["zh"].split("：")[0]) in chinese


def test_the_report_names_nobody_but_the_appraiser(app: Flask, hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    with hub.begin(actor(hub, case.appraiser)) as work:
        report = service.sign(work, case.code, case.appraiser.display_name, CLOSED)
    visitor = reader(app)
    seen = visitor.get(f"/reports/{report.code}").text + visitor.get(f"/reports/{report.code}.json").text
    assert case.appraiser.display_name in seen
    for hidden in (case.owner.display_name, case.owner.code, case.owner.email, case.appraiser.email, case.thing.imei or ""):
        assert hidden
        assert hidden not in seen


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"account_lock": "locked"}, "Ungradable"),
        ({"blacklist": "listed"}, "Prohibited"),
        ({"battery_swollen": "present"}, "Unsafe"),
    ],
)
def test_a_report_without_a_grade_says_so(app: Flask, hub: Hub, answers: dict[str, str], words: str) -> None:
    report = make_report(hub, **answers)
    page = reader(app).get(f"/reports/{report.code}").text
    assert words in page
    assert "for information only" in page
    assert 'class="tier is-barred' in page


def test_a_report_says_which_rule_about_the_seller_was_not_tried(app: Flask, hub: Hub) -> None:
    report = make_report(hub)
    text = reader(app).get(f"/reports/{report.code}").text
    assert "Not compared: “Undisclosed repair is a credit event”" in text


def test_an_older_report_points_out_that_there_is_a_newer_one(app: Flask, hub: Hub) -> None:
    first = make_report(hub)
    with hub.look() as work:
        thing = work.session.get_one(Thing, first.thing_id)
    second = make_report(hub, thing=thing, screen_glass="visible")
    visitor = reader(app)
    note = "A newer report about the same item exists."
    assert note in visitor.get(f"/reports/{first.code}").text
    assert note not in visitor.get(f"/reports/{second.code}").text


def test_a_report_is_found_by_its_number_however_it_is_typed(app: Flask, hub: Hub) -> None:
    report = make_report(hub)
    visitor = reader(app)
    assert visitor.get("/reports").status_code == 200
    for typed in (
        report.code,
        f" {report.code[:13].upper()} {report.code[13:]} ",
        f"https://xunyi.example/reports/{report.code}",
    ):
        found = visitor.get("/reports", query_string={"number": typed})
        assert (found.status_code, found.location) == (303, f"/reports/verify/{report.code}"), typed


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Please fill this in."),
        ("12345", "has 26 letters and digits"),
        (NOWHERE, "There is no report with this number."),
        ("<script>alert(1)</script>", "has 26 letters and digits"),
        ("../../etc/passwd", "has 26 letters and digits"),
        ("x" * 201, "This is too long"),
        ("a\x00b", "characters that cannot be used here"),
    ],
)
def test_a_number_that_is_none_is_answered_beside_the_field(app: Flask, typed: str, message: str) -> None:
    answer = reader(app).get("/reports", query_string={"number": typed})
    assert answer.status_code == 422
    assert message in answer.text
    assert "<script>alert" not in answer.text
    if typed.isprintable():
        assert html.escape(typed) in html.unescape(answer.text) or typed in html.unescape(answer.text)


def test_numbers_that_do_not_exist_are_not_found(app: Flask, hub: Hub) -> None:
    visitor = reader(app)
    for path in (f"/reports/{NOWHERE}", f"/reports/{NOWHERE}.json", "/reports/%00", "/reports/x.json"):
        assert visitor.get(path).status_code == 404, path
    signed_in = browser(app, hub, make_user(hub))
    for code in (NOWHERE, "%00", "x"):
        assert signed_in.get(f"/appraisals/{code}").status_code == 404, code
