"""The workbench over HTTP: single answers, codes, sections at once, photos, and what the page shows beside the answers."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.appraisal import queries, service
from app.appraisal.guidance import map_of
from app.kernel.hub import Hub
from grading import load_scheme
from tests.accounts.making import actor, make_user, token_of
from tests.appraisal.making import Case, make_inspection, order_of, sign
from tests.appraisal.test_pages import browser
from tests.goods.making import make_appliance, make_car
from tests.media.making import photo_bytes


@pytest.fixture
def car(hub: Hub) -> Case:
    owner = make_user(hub, name="周小满")
    return make_inspection(hub, thing=make_car(hub, owner), owner=owner)


def answer(client: FlaskClient, case: Case, token: str, *answers: dict[str, str], key: str | None = None):
    return client.post(
        f"/appraisals/{case.code}/answers",
        json={"key": key, "answers": list(answers)},
        headers={"X-CSRFToken": token, "X-Autosave": "1", "Accept": "application/json"},
    )


def send_photo(client: FlaskClient, case: Case, token: str, seed: int = 1, **about: str):
    return client.post(
        f"/appraisals/{case.code}/photos",
        data={"csrf_token": token, "photo": (io.BytesIO(photo_bytes(seed=seed)), "photo.jpg"), **about},
        headers={"X-Upload": "1", "Accept": "application/json"},
    )


def test_an_answer_comes_back_with_how_far_the_inspection_is(app: Flask, hub: Hub, car: Case) -> None:
    client = browser(app, hub, car.appraiser)
    token = token_of(client.get(f"/appraisals/{car.code}/inspect"))
    told = answer(client, car, token, {"key": "frame_4", "value": "SH", "seen": ""}, key="device-0001").json
    assert told["rev"] == "1"
    assert told["now"] == {"frame_4": "SH"}
    assert (told["standing"]["tier"], told["standing"]["stopped"]) == ("五级", True)
    assert "accident car" in told["stops"]["frame_4"]
    mended = answer(client, car, token, {"key": "frame_4", "value": "A", "seen": "SH"}).json
    assert mended["stops"] == {"frame_4": ""}
    assert mended["standing"]["stopped"] is False


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"answers": []},
        {"answers": [1]},
        {"answers": [{"key": 1}]},
        {"answers": [{"key": "x" * 3000}]},
        {"answers": "x"},
    ],
)
def test_what_is_no_answer_is_refused_and_changes_nothing(app: Flask, hub: Hub, car: Case, body: object) -> None:
    client = browser(app, hub, car.appraiser)
    token = token_of(client.get(f"/appraisals/{car.code}/inspect"))
    refused = client.post(
        f"/appraisals/{car.code}/answers", json=body, headers={"X-CSRFToken": token, "Accept": "application/json"}
    )
    assert refused.status_code == 422
    assert order_of(hub, car).findings == {}


def test_a_stale_page_after_the_signature_is_told_so(app: Flask, hub: Hub, car: Case) -> None:
    client = browser(app, hub, car.appraiser)
    token = token_of(client.get(f"/appraisals/{car.code}/inspect"))
    assert answer(client, car, token, {"key": "tradable_1", "value": "Y", "seen": ""}).status_code == 200
    sign(hub, car)
    late = answer(client, car, token, {"key": "frame_1", "value": "A", "seen": ""})
    assert late.status_code == 409
    assert late.json["code"] == "bad_state"
    assert "no longer possible" in late.json["title"]


def test_codes_sections_and_undo_work_without_script(app: Flask, hub: Hub, car: Case) -> None:
    client = browser(app, hub, car.appraiser)
    page = f"/appraisals/{car.code}"
    token = token_of(client.get(f"{page}/inspect"))
    client.post(f"{page}/codes", data={"csrf_token": token, "codes": "21xs2 4SH", "section": "frame"})
    shown = client.get(f"{page}/inspect?section=frame").text
    assert "Kept: 21XS2 4SH" in shown
    assert order_of(hub, car).findings == {"item_21": "XS2", "frame_4": "SH"}
    client.post(f"{page}/codes", data={"csrf_token": token, "codes": "21QQ"})
    assert "has no “QQ”" in client.get(f"{page}/inspect").text
    client.post(f"{page}/nothing-found", data={"csrf_token": token, "section": "engine_bay"})
    assert "Photos first: 1 of this section are still missing." in client.get(f"{page}/inspect").text
    assert send_photo(client, car, token, shot="engine_bay.engine_bay").status_code == 200
    client.post(f"{page}/nothing-found", data={"csrf_token": token, "section": "engine_bay"})
    assert "10 items of this section are set" in client.get(f"{page}/inspect").text
    client.post(f"{page}/undo", data={"csrf_token": token})
    assert "Taken back: 10 answers" in client.get(f"{page}/inspect").text
    client.post(f"{page}/undo", data={"csrf_token": token})
    assert order_of(hub, car).findings == {}


def test_the_drawing_links_every_part_and_shows_what_was_found(app: Flask, hub: Hub, car: Case) -> None:
    client = browser(app, hub, car.appraiser)
    with hub.begin(actor(hub, car.appraiser)) as work:
        service.save_codes(work, car.code, "21XS2 22A 23NI")
    page = client.get(f"/appraisals/{car.code}/inspect?section=body_exterior").text
    parts = dict(re.findall(r'class="part is-(\w+)" data-part="(\w+)"', page))
    assert len(re.findall(r'data-part="', page)) == 26
    assert re.search(r'href="#item-item_21" class="part is-defect"', page)
    assert re.search(r'href="#item-item_22" class="part is-sound"', page)
    assert re.search(r'href="#item-item_23" class="part is-other"', page)
    assert "21 Left rear door：something found" in page
    assert parts
    frame = client.get(f"/appraisals/{car.code}/inspect?section=frame").text
    assert len(re.findall(r'data-part="', frame)) == 13


def test_drawings_show_exactly_the_items_of_their_sections() -> None:
    for reference in ("gbt30323-2013", "ev-house-1"):
        scheme = load_scheme(reference)
        for code in ("frame", "body_exterior"):
            section = next(each for each in scheme.sections if each.code == code)
            drawn = map_of(code, [item.key for item in section.items])
            assert drawn is not None, (reference, code)
            for shape in drawn.parts.values():
                assert 0 < shape.at[0] < drawn.box[0]
                assert 0 < shape.at[1] < drawn.box[1]


def test_a_photo_is_marked_with_number_fields_and_removed_again(app: Flask, hub: Hub, car: Case) -> None:
    client = browser(app, hub, car.appraiser)
    page = f"/appraisals/{car.code}/photos"
    token = token_of(client.get(f"{page}?item=item_21"))
    sent = client.post(page, data={"csrf_token": token, "item": "item_21", "photo": (io.BytesIO(photo_bytes(seed=4)), "x.jpg")})
    assert sent.status_code == 303
    hub.drain()
    shown = client.get(sent.location).text
    code = re.search(rf"{page}/(\w+)/marks", shown).group(1)
    fields = {"csrf_token": token, "item": "item_21", "mark-item": "item_21", "mark-code": "XS2"}
    box = {"mark-x": "10", "mark-y": "25.5", "mark-width": "30", "mark-height": "20"}
    assert client.post(f"{page}/{code}/marks", data=fields | box).status_code == 303
    shown = client.get(sent.location).text
    assert 'name="box" value="item_21|XS2|100|255|300|200"' in shown
    wrong = client.post(f"{page}/{code}/marks", data=fields | box | {"mark-x": "90"})
    assert wrong.status_code == 422
    assert "the box must lie inside the photo" in wrong.text
    more = fields | box | {"mark-code": "HH1", "box": "item_21|XS2|100|255|300|200"}
    assert client.post(f"{page}/{code}/marks", data=more).status_code == 303
    with hub.look(actor(hub, car.appraiser)) as work:
        told = queries.inspection_evidence(work, queries.visible_appraisal(work, car.code))
    assert [mark["code"] for mark in told["photos"][0]["marks"]] == ["XS2", "HH1"]
    assert client.post(f"{page}/{code}/remove", data={"csrf_token": token, "item": "item_21"}).status_code == 303
    assert "/marks" not in client.get(sent.location).text


def test_photos_are_for_the_agency_and_the_owner_and_the_original_for_the_agency(app: Flask, hub: Hub, car: Case) -> None:
    client = browser(app, hub, car.appraiser)
    token = token_of(client.get(f"/appraisals/{car.code}/inspect"))
    code = send_photo(client, car, token, item="item_21").json["photo"]
    hub.drain()
    mine = browser(app, hub, car.owner)
    stranger = browser(app, hub, make_user(hub))
    shown, original = f"/appraisals/{car.code}/photos/{code}/card.webp", f"/appraisals/{car.code}/photos/{code}/original"
    assert [each.get(shown).status_code for each in (client, mine, stranger)] == [200, 200, 404]
    assert client.get(f"/media/{code}/card.webp").status_code == 404, "there is no other way to it"
    assert [each.get(original).status_code for each in (client, mine, stranger)] == [200, 403, 403]
    assert client.get(original).data == photo_bytes(seed=1)


def test_a_photo_of_another_inspection_is_refused_and_the_answers_stay(app: Flask, hub: Hub, car: Case) -> None:
    owner = make_user(hub)
    other = make_inspection(hub, thing=make_appliance(hub, owner), owner=owner)
    theirs, client = browser(app, hub, other.appraiser), browser(app, hub, car.appraiser)
    token = token_of(theirs.get(f"/appraisals/{other.code}/inspect"))
    foreign = send_photo(theirs, other, token, item="exterior").json["photo"]
    hub.drain()
    page = f"/appraisals/{car.code}"
    mine = token_of(client.get(f"{page}/inspect"))
    assert answer(client, car, mine, {"key": "frame_1", "value": "A", "seen": ""}).status_code == 200
    for path, method in (("card.webp", "get"), ("original", "get"), ("marks", "post"), ("remove", "post")):
        refused = getattr(client, method)(
            f"{page}/photos/{foreign}/{path}", **({"data": {"csrf_token": mine}} if method == "post" else {})
        )
        assert refused.status_code == 404, path
    told = send_photo(client, car, mine, item="exterior")
    assert told.status_code == 404
    assert "does not belong to this inspection" in told.json["title"]
    assert order_of(hub, car).findings == {"frame_1": "A"}


def test_a_file_that_is_no_photo_is_refused_with_what_to_do(app: Flask, hub: Hub, car: Case) -> None:
    client = browser(app, hub, car.appraiser)
    token = token_of(client.get(f"/appraisals/{car.code}/inspect"))
    told = client.post(
        f"/appraisals/{car.code}/photos",
        data={"csrf_token": token, "item": "item_21", "photo": (io.BytesIO(b"%PDF-1.4 not a photo"), "x.jpg")},
        headers={"X-Upload": "1", "Accept": "application/json"},
    )
    assert told.status_code == 422
    assert "not a JPEG, PNG or WebP photo" in told.json["title"]


@pytest.mark.parametrize("make", [make_car, make_appliance])
def test_every_section_of_the_workbench_opens(app: Flask, hub: Hub, make) -> None:
    owner = make_user(hub)
    case = make_inspection(hub, thing=make(hub, owner), owner=owner)
    client = browser(app, hub, case.appraiser)
    first = client.get(f"/appraisals/{case.code}/inspect")
    for address in set(re.findall(r'href="(/appraisals/[^"#]*section=[^"#]*)', first.text)):
        page = client.get(address)
        assert page.status_code == 200
        assert "undefined" not in page.text.lower().replace('"undefined"', "")


def test_the_offline_script_rules_below_appraisals_only(app: Flask) -> None:
    script = app.test_client().get("/appraisals/offline.js")
    assert script.mimetype == "text/javascript"
    assert "Service-Worker-Allowed" not in script.headers
    assert "worker-src 'self'" in script.headers["Content-Security-Policy"]
