"""The wizard from the first question to a listing on sale, through the pages; and bad input at every step."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.goods import catalogue
from app.kernel.hub import Hub
from app.listings import queries, wizard
from app.listings.schema import newest_schema, schema_by_id
from tests.accounts.making import make_user, sign_in, token_of
from tests.listings.making import ANSWERS, fresh, make_draft, make_imei, make_listing, tiny_photo
from tests.listings.wizard import add_photo, begin_draft, draft_of, hidden, photos_of, send, state_of, text_of


def test_a_household_lists_a_phone_from_the_first_question_to_on_sale(seller_client: FlaskClient, hub: Hub) -> None:
    client = seller_client
    code = begin_draft(client)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("model?q=brand", {"answer": "apple"}),
        ("model?q=model", {"answer": "iphone-13"}),
        ("model?q=storage", {"answer": "128"}),
        ("model?q=colour", {"answer": "midnight"}),
        ("model?q=number", {"imei": make_imei()}),
    ]
    schema = newest_schema("phone")
    assert schema is not None
    for question in schema.questions:
        given = {"percent": "88"} if question.kind == "percent" else {"answer": ANSWERS[question.code]}
        steps.append((f"condition?q={question.code}", given))
    steps += [
        ("condition?q=notes", {"description": "自用，一直带壳。"}),
        ("price", {"price": "2380"}),
        ("place", {"district": "yubei", "delivery": ["parcel", "meeting"]}),
        ("wipe", {"lock_off": "y", "wiped": "y"}),
    ]
    following = f"/sell/{code}/model?q=brand"
    for step, given in steps:
        if step.startswith("condition?q=power"):
            assert following == f"/sell/{code}/photos", "photos come after the model"
            for number, shot in enumerate(("front", "back", "side")):
                assert add_photo(client, code, tiny_photo(number), f"{number}.jpg", shot).status_code == 303
            hub.drain()
            following = send(client, f"/sell/{code}/photos", {}).location
        assert following == f"/sell/{code}/{step}"
        answer = send(client, following, given)
        assert answer.status_code == 303, (step, text_of(answer))
        following = answer.location
    assert following == f"/sell/{code}/check"
    page = client.get(following)
    assert "iPhone 13 128GB" in text_of(page)
    assert f"/sell/{code}/publish" in text_of(page)
    data = {"csrf_token": token_of(page), "revision": hidden(page, "revision")}
    published = client.post(f"/sell/{code}/publish", data=data)
    twice = client.post(f"/sell/{code}/publish", data=data)
    assert (twice.status_code, twice.location) == (303, f"/items/{code}"), "a second tap leads to the offer"
    assert published.status_code == 303
    assert published.location == f"/items/{code}"
    with hub.look() as work:
        listing = queries.public_listing(work, code)
        assert (listing.state, listing.price_fen, listing.current_version_no) == ("active", 238_000, 1)
    page = client.get(f"/items/{code}")
    assert page.status_code == 200
    assert "¥" in text_of(page)


def test_going_on_leads_to_the_first_thing_that_is_missing(seller_client: FlaskClient) -> None:
    code = begin_draft(seller_client)
    send(seller_client, f"/sell/{code}/model?q=brand", {"answer": "huawei"})
    assert seller_client.get(f"/sell/{code}").location == f"/sell/{code}/model?q=model"


BAD = [
    ("model?q=brand", {"answer": "nonsense"}, "answer"),
    ("condition?q=water", {}, "answer"),
    ("model?q=brand", {"answer": "other", "brand_name": "  "}, "brand_name"),
    ("model?q=brand", {"answer": "other", "brand_name": "x" * 300}, "brand_name"),
    ("model?q=model", {"answer": "galaxy-s24"}, "answer"),
    ("model?q=model", {"answer": "other"}, "model_name"),
    ("model?q=storage", {"answer": "100"}, "answer"),
    ("model?q=storage", {"answer": "128 OR 1=1"}, "answer"),
    ("model?q=colour", {"answer": "<script>alert(1)</script>"}, "answer"),
    ("model?q=number", {"imei": "359999001234567"}, "imei"),
    ("model?q=number", {"imei": "12345"}, "imei"),
    ("model?q=number", {}, "imei"),
    ("model?q=number", {"imei": "", "serial": "!!"}, "serial"),
    ("condition?q=power", {"answer": "exploded"}, "answer"),
    ("condition?q=battery", {"percent": "eighty"}, "percent"),
    ("condition?q=battery", {"percent": "101"}, "percent"),
    ("condition?q=battery", {}, "percent"),
    ("condition?q=faults", {"answer": []}, "answer"),
    ("condition?q=faults", {"answer": ["none", "camera"]}, "answer"),
    ("condition?q=faults", {"answer": ["camera", "antenna"]}, "answer"),
    ("condition?q=notes", {"description": "长" * 1001}, "description"),
    ("condition?q=notes", {"description": "a\x00b"}, "description"),
    ("price", {"price": "-5"}, "price"),
    ("price", {"price": "0"}, "price"),
    ("price", {"price": "1e9"}, "price"),
    ("price", {"price": "②③⑧⓪"}, "price"),
    ("price", {"price": "9999999999999"}, "price"),
    ("price", {}, "price"),
    ("place", {"district": "atlantis", "delivery": "parcel"}, "district"),
    ("place", {"district": "yubei"}, "delivery"),
    ("place", {"district": "yubei", "delivery": "teleport"}, "delivery"),
    ("wipe", {"wiped": "y"}, "lock_off"),
    ("wipe", {"lock_off": "y"}, "wiped"),
]


@pytest.mark.parametrize(("step", "fields", "marked"), BAD)
def test_a_bad_answer_is_said_at_its_field_and_what_was_typed_is_kept(
    seller_client: FlaskClient, hub: Hub, step: str, fields: dict[str, Any], marked: str
) -> None:
    code = begin_draft(seller_client)
    send(seller_client, f"/sell/{code}/model?q=brand", {"answer": "apple"})
    before = draft_of(hub, code)
    answer = send(seller_client, f"/sell/{code}/{step}", fields)
    page = text_of(answer)
    assert answer.status_code == 422, page
    assert f'id="{marked}-error"' in page
    for typed in fields.values():
        if (
            isinstance(typed, str)
            and typed.strip()
            and marked in ("imei", "serial", "percent", "price", "description", "brand_name")
        ):
            assert typed.replace("\x00", "")[:30] in page or "\x00" in typed
    assert "<script>alert" not in page
    assert draft_of(hub, code) == before, "a refused answer must not reach the draft"


def test_a_page_that_is_older_than_the_draft_is_refused_without_losing_what_was_typed(
    seller_client: FlaskClient, hub: Hub
) -> None:
    code = begin_draft(seller_client)
    old = seller_client.get(f"/sell/{code}/price")
    send(seller_client, f"/sell/{code}/place", {"district": "yubei", "delivery": "parcel"})  # the other device
    data = {"csrf_token": token_of(old), "revision": hidden(old, "revision"), "screen": "price", "price": "1234"}
    answer = seller_client.post(f"/sell/{code}/price", data=data)
    assert answer.status_code == 409
    assert 'value="1234"' in text_of(answer)
    assert "price_fen" not in draft_of(hub, code)
    again = {**data, "revision": hidden(answer, "revision")}
    assert seller_client.post(f"/sell/{code}/price", data=again).status_code == 303
    kept = draft_of(hub, code)
    assert (kept["price_fen"], kept["district"]) == (123_400, "yubei")


def test_sending_the_same_answer_twice_is_no_conflict(seller_client: FlaskClient) -> None:
    code = begin_draft(seller_client)
    page = seller_client.get(f"/sell/{code}/price")
    data = {"csrf_token": token_of(page), "revision": hidden(page, "revision"), "screen": "price", "price": "1234"}
    assert [seller_client.post(f"/sell/{code}/price", data=data).status_code for _ in range(2)] == [303, 303]


def test_autosave_keeps_answers_and_hands_the_next_revision_back(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    saved = send(seller_client, f"/sell/{code}/condition?q=notes", {"description": "半句"}, {"X-Autosave": "1"})
    assert saved.status_code == 200
    assert saved.get_json() == {"fields": {"revision": "2"}}
    assert draft_of(hub, code)["description"] == "半句"
    refused = send(seller_client, f"/sell/{code}/price", {"price": "abc"}, {"X-Autosave": "1"})
    assert refused.status_code == 422
    assert refused.get_json()["title"]


def test_the_check_page_links_every_missing_thing_to_its_screen(seller_client: FlaskClient) -> None:
    code = begin_draft(seller_client)
    page = text_of(seller_client.get(f"/sell/{code}/check"))
    schema = newest_schema("phone")
    assert schema is not None
    for lack in wizard.missing(schema, {}, []):
        assert f"/sell/{code}/{lack.step}?" in page, lack
    assert f'action="/sell/{code}/publish"' not in page


def test_publishing_something_incomplete_leads_back_to_the_check_page(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    answer = seller_client.post(f"/sell/{code}/publish", data={"csrf_token": token_of(seller_client.get(f"/sell/{code}/check"))})
    assert (answer.status_code, answer.location) == (303, f"/sell/{code}/check")
    assert state_of(hub, code) == "draft"


def test_a_model_that_the_catalogue_does_not_list_can_be_sold(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    send(seller_client, f"/sell/{code}/model?q=brand", {"answer": "other", "brand_name": "小蝶"})
    answer = send(seller_client, f"/sell/{code}/model?q=model", {"model_name": "K9 Pro"})
    assert answer.status_code == 303
    assert wizard.title_of(schema_by_id("phone-1"), draft_of(hub, code)) == "小蝶 K9 Pro"


def test_changing_the_brand_forgets_the_model_of_the_old_one(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    send(seller_client, f"/sell/{code}/model?q=brand", {"answer": "apple"})
    send(seller_client, f"/sell/{code}/model?q=model", {"answer": "iphone-13"})
    send(seller_client, f"/sell/{code}/model?q=brand", {"answer": "huawei"})
    assert "model" not in draft_of(hub, code)


def test_an_answer_opened_from_the_check_page_leads_back_to_it(seller_client: FlaskClient) -> None:
    code = begin_draft(seller_client)
    answer = send(seller_client, f"/sell/{code}/price?back=check", {"price": "100", "back": "check"})
    assert answer.location == f"/sell/{code}/check"


# Other people's drafts


def test_other_peoples_drafts_and_their_photos_do_not_exist_for_anybody_else(client: FlaskClient, hub: Hub) -> None:
    draft = make_draft(hub, make_user(hub))
    photo = photos_of(hub, draft.code)[0].code
    sign_in(client, hub, make_user(hub))
    token = token_of(client.get("/sell"))
    for address in (f"/sell/{draft.code}", f"/sell/{draft.code}/price", f"/sell/{draft.code}/photos/{photo}/card.webp",
                    f"/items/{draft.code}", f"/sell/{draft.code}/photos/list", f"/sell/{draft.code}/price/view?price=1",
                    f"/items/{draft.code}/edit", f"/items/{draft.code}/versions/1.json"):  # fmt: skip
        assert client.get(address).status_code == 404, address
    for address in (f"/sell/{draft.code}/price", f"/sell/{draft.code}/publish", f"/sell/{draft.code}/discard",
                    f"/sell/{draft.code}/photos/{photo}/delete", f"/sell/{draft.code}/photos/{photo}/move",
                    f"/items/{draft.code}/pause", f"/items/{draft.code}/withdraw"):  # fmt: skip
        assert client.post(address, data={"csrf_token": token, "price": "1"}).status_code == 404, address
    upload = {"csrf_token": token, "photo": (io.BytesIO(tiny_photo()), "x.jpg")}
    assert client.post(f"/sell/{draft.code}/photos/add", data=upload).status_code == 404
    assert fresh(hub, draft.id).state == "draft"


def test_a_visitor_is_asked_to_sign_in_before_selling(client: FlaskClient) -> None:
    answer = client.get("/sell")
    assert answer.status_code == 303
    assert "/sign-in" in answer.location or "next=/sell" in answer.location


def test_the_price_part_follows_what_is_typed(client: FlaskClient, hub: Hub) -> None:
    seller = make_user(hub)
    draft = make_draft(hub, seller)
    sign_in(client, hub, seller)
    part = text_of(client.get(f"/sell/{draft.code}/price/view?price=1000"))
    assert "980" in part, "2 % of 1000 stay with the platform"
    assert client.get(f"/sell/{draft.code}/price/view?price=abc").status_code == 200


def test_a_published_listing_has_no_wizard_any_more(client: FlaskClient, hub: Hub) -> None:
    seller = make_user(hub)
    listing = make_listing(hub, seller)
    sign_in(client, hub, seller)
    assert client.get(f"/sell/{listing.code}/price").location == f"/items/{listing.code}"
    assert "已经发布了" in text_of(client.get(f"/items/{listing.code}"))
    token = token_of(client.get("/sell"))
    with hub.look() as work:
        photo = queries.photos_of(work, listing.id)[0].code
    files = {"csrf_token": token, "photo": (io.BytesIO(tiny_photo(9)), "x.jpg")}
    for address, data in (
        ("price", {"csrf_token": token, "price": "1"}),
        ("publish", {"csrf_token": token, "revision": "1"}),
        ("discard", {"csrf_token": token}),
        ("photos/add", files),
        (f"photos/{photo}/delete", {"csrf_token": token}),
    ):
        answer = client.post(f"/sell/{listing.code}/{address}", data=data)
        assert (answer.status_code, answer.location) == (303, f"/items/{listing.code}"), address
        assert "已经发布了" in text_of(client.get(f"/items/{listing.code}"))
    autosave = client.post(f"/sell/{listing.code}/price", data={"csrf_token": token}, headers={"X-Autosave": "1"})
    assert (autosave.status_code, bool(autosave.get_json()["title"])) == (409, True)
    swapped = client.post(
        f"/sell/{listing.code}/photos/{photo}/delete", data={"csrf_token": token}, headers={"HX-Request": "true"}
    )
    assert swapped.headers["HX-Redirect"] == f"/items/{listing.code}"
    assert fresh(hub, listing.id).state == "active"


def test_what_is_published_is_what_the_page_showed(client: FlaskClient, hub: Hub) -> None:
    seller = make_user(hub)
    draft = make_draft(hub, seller, price_fen=200_000)
    sign_in(client, hub, seller)
    page = client.get(f"/sell/{draft.code}/check")
    data = {"csrf_token": token_of(page), "revision": hidden(page, "revision")}
    send(client, f"/sell/{draft.code}/price", {"price": "1500"})  # the other device
    refused = client.post(f"/sell/{draft.code}/publish", data=data)
    assert refused.status_code == 409
    assert "1,500" in text_of(refused)
    assert fresh(hub, draft.id).state == "draft"
    again = {**data, "revision": hidden(refused, "revision")}
    assert client.post(f"/sell/{draft.code}/publish", data=again).status_code == 303
    assert fresh(hub, draft.id).price_fen == 150_000


def test_a_size_or_colour_that_the_model_never_had_is_refused(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    send(seller_client, f"/sell/{code}/model?q=brand", {"answer": "apple"})
    send(seller_client, f"/sell/{code}/model?q=model", {"answer": "iphone-13"})
    assert send(seller_client, f"/sell/{code}/model?q=storage", {"answer": "2048"}).status_code == 422
    made = {colour.code for colour in catalogue.colours_for("phone", "apple", "iphone-13")}
    never = next(colour.code for colour in catalogue.colours() if colour.code not in made)
    assert send(seller_client, f"/sell/{code}/model?q=colour", {"answer": never}).status_code == 422
    assert not {"storage_gb", "colour"} & set(draft_of(hub, code))
    assert send(seller_client, f"/sell/{code}/model?q=colour", {"answer": "other"}).status_code == 303


def test_nobody_keeps_more_than_twenty_drafts(client: FlaskClient, hub: Hub) -> None:
    sign_in(client, hub, make_user(hub))
    for _ in range(20):
        begin_draft(client)
    answer = client.post("/sell", data={"csrf_token": token_of(client.get("/sell"))})
    assert answer.status_code == 409
