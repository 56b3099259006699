"""Photos of a draft: one by one, good and bad, in order, gone."""

from __future__ import annotations

import io

from flask.testing import FlaskClient

from app.kernel.hub import Hub
from tests.accounts.making import make_user, sign_in, token_of
from tests.listings.making import fresh, make_draft, tiny_photo
from tests.listings.wizard import add_photo, begin_draft, photos_of, text_of


def test_one_bad_photo_does_not_touch_the_others(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    token = token_of(seller_client.get(f"/sell/{code}/photos"))
    files = [
        (io.BytesIO(tiny_photo(1)), "1.jpg"),
        (io.BytesIO(b"not a photo"), "notes.txt"),
        (io.BytesIO(tiny_photo(2)), "2.jpg"),
    ]
    answer = seller_client.post(f"/sell/{code}/photos/add", data={"csrf_token": token, "photo": files})
    assert answer.status_code == 303
    hub.drain()
    assert [photo.state for photo in photos_of(hub, code)] == ["ready", "ready"]
    assert "notes.txt" in text_of(seller_client.get(f"/sell/{code}/photos"))


def test_the_script_gets_the_new_list_or_the_reason(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    taken = add_photo(seller_client, code, tiny_photo(), **{"X-Upload": "1"})
    assert taken.status_code == 200
    assert 'id="photo-list"' in text_of(taken)
    assert "hx-trigger" in text_of(taken), "the page asks again until the photo is ready"
    hub.drain()
    waiting = seller_client.get(f"/sell/{code}/photos/list", headers={"HX-Request": "true"})
    assert "hx-trigger" not in text_of(waiting)
    refused = add_photo(seller_client, code, b"GIF89a", **{"X-Upload": "1"})
    assert refused.status_code == 422
    assert refused.get_json()["title"]


def test_a_damaged_photo_is_marked_and_the_rest_stays(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    add_photo(seller_client, code, tiny_photo(1))
    add_photo(seller_client, code, tiny_photo(2)[:200])
    hub.drain()
    assert [photo.state for photo in photos_of(hub, code)] == ["ready", "failed"]
    page = text_of(seller_client.get(f"/sell/{code}/photos"))
    assert "is-failed" in page


def test_photos_can_be_ordered_and_deleted(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    for number in range(3):
        add_photo(seller_client, code, tiny_photo(number))
    first, second, third = (photo.code for photo in photos_of(hub, code))
    token = token_of(seller_client.get(f"/sell/{code}/photos"))
    seller_client.post(f"/sell/{code}/photos/{third}/move", data={"csrf_token": token, "by": "-1"})
    assert [photo.code for photo in photos_of(hub, code)] == [first, third, second]
    seller_client.post(f"/sell/{code}/photos/{first}/delete", data={"csrf_token": token})
    assert [photo.code for photo in photos_of(hub, code)] == [third, second]


def test_a_photo_larger_than_a_form_may_be_is_taken_by_the_upload_only(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    token = token_of(seller_client.get(f"/sell/{code}/photos"))

    def send_whole(address: str, size: int) -> int:
        """Written out by hand: the test client keeps large bodies in files that it never closes."""
        file = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        field = b'Content-Disposition: form-data; name="csrf_token"\r\n\r\n' + token.encode()
        whole = b"--cut\r\n" + field + b"\r\n--cut\r\n" + file + tiny_photo() + b"\0" * size + b"\r\n--cut--\r\n"
        return seller_client.post(address, data=whole, content_type="multipart/form-data; boundary=cut").status_code

    assert send_whole(f"/sell/{code}/photos/add", 1_500_000) == 303
    assert len(photos_of(hub, code)) == 1
    assert send_whole(f"/sell/{code}/photos/add", 26 * 1024 * 1024) == 413
    assert send_whole(f"/sell/{code}/price", 1_500_000) == 413
    assert len(photos_of(hub, code)) == 1


def test_there_is_a_most_of_photos(seller_client: FlaskClient, hub: Hub) -> None:
    code = begin_draft(seller_client)
    for number in range(12):
        add_photo(seller_client, code, tiny_photo(number))
    refused = add_photo(seller_client, code, tiny_photo(99), **{"X-Upload": "1"})
    assert refused.status_code == 422
    assert len(photos_of(hub, code)) == 12


def test_a_deleted_draft_is_gone_with_its_photos(client: FlaskClient, hub: Hub) -> None:
    seller = make_user(hub)
    draft = make_draft(hub, seller)
    sign_in(client, hub, seller)
    client.post(f"/sell/{draft.code}/discard", data={"csrf_token": token_of(client.get("/sell"))})
    assert fresh(hub, draft.id).state == "withdrawn"
    assert photos_of(hub, draft.code) == []
    assert draft.code not in text_of(client.get("/sell"))


def test_deleting_a_photo_twice_is_no_error(client: FlaskClient, hub: Hub) -> None:
    seller = make_user(hub)
    draft = make_draft(hub, seller)
    sign_in(client, hub, seller)
    photo = photos_of(hub, draft.code)[0].code
    token = token_of(client.get("/sell"))
    for _ in range(2):
        answer = client.post(f"/sell/{draft.code}/photos/{photo}/delete", data={"csrf_token": token})
        assert answer.status_code == 303
    assert len(photos_of(hub, draft.code)) == 2
