"""A listing from nothing to found, by program alone."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.api.faces import operations
from app.kernel.hub import Hub
from app.listings.api.drafts import EXAMPLE_CHANGE
from app.media.models import Photo
from tests.accounts.making import make_user
from tests.api.making import Program
from tests.listings.making import make_draft, make_imei, make_listing, tiny_photo
from tests.media.making import prepare_once


@pytest.fixture
def seller(hub: Hub) -> User:
    return make_user(hub)


@pytest.fixture
def program(app: Flask, hub: Hub, seller: User) -> Program:
    return Program(app, hub, seller)


def change(**other: object) -> dict:
    return {**EXAMPLE_CHANGE, "facts": {**EXAMPLE_CHANGE["facts"], "imei": make_imei()}, **other}


def send_photos(program: Program, code: str) -> None:
    for number, shot in enumerate(("front", "back", "side")):
        sent = program.ok("addPhoto", {"code": code}, raw=tiny_photo(number), kind="image/jpeg", query={"shot": shot})
        assert sent["state"] == "received"
        with program.hub.look() as work:
            photo_id = work.session.scalars(select(Photo.id).where(Photo.code == sent["code"])).one()
        prepare_once(program.hub, photo_id)


def test_a_phone_is_offered_changed_found_and_withdrawn(app: Flask, hub: Hub, program: Program) -> None:
    made = program.call("createListing", body={"category": "phone"})
    code = made.get_json()["code"]
    assert made.headers["Location"] == f"/api/v1/listings/{code}/draft"
    assert {"brand", "photos", "battery"} <= {lack["name"] for lack in made.get_json()["missing"]}
    saved = program.call("saveDraft", {"code": code}, body=change(), headers={"If-Match": made.headers["ETag"]})
    assert saved.status_code == 200, saved.text
    send_photos(program, code)
    ready = program.call("getDraft", {"code": code})
    assert ready.get_json()["missing"] == []
    published = program.call("publishListing", {"code": code}, headers={"If-Match": ready.headers["ETag"]})
    assert published.get_json()["state"] == "active"
    hub.drain()
    visitor = Program(app, hub)
    found = visitor.ok("searchListings", query={"q": "苹果 13", "brand": "apple"})
    assert [each["code"] for each in found["items"]] == [code]
    assert found["facets"]["brand"][0]["value"] == "apple"
    seen = visitor.call("getListing", {"code": code})
    assert seen.get_json()["thing"] is None
    assert seen.get_json()["facts"]["number_tail"]
    assert visitor.call("getListing", {"code": code}, headers={"If-None-Match": seen.headers["ETag"]}).status_code == 304
    etag = published.headers["ETag"]
    edited = program.call("editListing", {"code": code}, body={"price_fen": 199_900}, headers={"If-Match": etag})
    assert edited.get_json()["price_fen"] == 199_900
    assert edited.get_json()["frozen"]["no"] == 2
    stale = program.refused("editListing", {"code": code}, body={"price_fen": 1}, headers={"If-Match": etag})
    assert stale == (412, "stale")
    assert visitor.call("getListing", {"code": code}, headers={"If-None-Match": seen.headers["ETag"]}).status_code == 200
    assert program.ok("pauseListing", {"code": code})["state"] == "paused"
    assert visitor.refused("getListing", {"code": code}) == (404, "listing_not_found")
    assert program.ok("resumeListing", {"code": code})["state"] == "active"
    assert program.ok("withdrawListing", {"code": code})["state"] == "withdrawn"
    assert program.refused("withdrawListing", {"code": code}) == (409, "bad_state")
    again = program.ok("sellAgain", {"code": code})
    assert again["facts"]["model"] == "iphone-13"
    assert program.ok("discardDraft", {"code": again["code"]}) is None


def test_every_wrong_answer_is_named_and_nothing_is_kept(program: Program) -> None:
    made = program.call("createListing", body={"category": "phone"})
    code, etag = made.get_json()["code"], {"If-Match": made.headers["ETag"]}
    wrong = {
        "facts": {"brand": "apple", "model": "nothing", "imei": "123"},
        "answers": {"battery": 101, "faults": "none", "power": ["good"]},
        "district": "nowhere",
        "delivery": ["parcel"],
    }
    answer = program.call("saveDraft", {"code": code}, body=wrong, headers=etag)
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {
        "facts.model", "facts.imei", "answers.battery", "answers.faults", "answers.power", "district",
    }  # fmt: skip
    assert program.ok("getDraft", {"code": code})["facts"] == {}
    unknown = {"facts": {"wheels": 4}, "answers": {"colour": "red"}}
    answer = program.call("saveDraft", {"code": code}, body=unknown, headers=etag)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (400, {"facts.wheels", "answers.colour"})


def test_two_editors_of_one_draft_do_not_overwrite_each_other(program: Program) -> None:
    made = program.call("createListing", body={"category": "phone"})
    code, first = made.get_json()["code"], {"If-Match": made.headers["ETag"]}
    program.ok("saveDraft", {"code": code}, body={"price_fen": 100}, headers=first)
    assert program.refused("saveDraft", {"code": code}, body={"price_fen": 200}, headers=first) == (412, "stale")
    assert program.refused("saveDraft", {"code": code}, body={"price_fen": 200}) == (428, "if_match_needed")
    bad = {"If-Match": "yesterday"}
    assert program.refused("saveDraft", {"code": code}, body={"price_fen": 200}, headers=bad) == (400, "bad_if_match")
    assert program.ok("getDraft", {"code": code})["price_fen"] == 100


def test_photos_are_moved_and_deleted_and_other_files_are_refused(program: Program) -> None:
    code = program.ok("createListing", body={"category": "phone"})["code"]
    send_photos(program, code)
    first, second, _ = program.ok("listPhotos", {"code": code})["items"]
    moved = program.ok("movePhoto", {"code": code, "photo_code": second["code"]}, body={"by": -1})
    assert [each["code"] for each in moved["items"]][:2] == [second["code"], first["code"]]
    program.ok("deletePhoto", {"code": code, "photo_code": second["code"]})
    assert len(program.ok("listPhotos", {"code": code})["items"]) == 2
    sent = {"raw": b"GIF89a", "kind": "image/jpeg"}
    assert program.refused("addPhoto", {"code": code}, **sent) == (422, "photo_format")
    assert program.refused("addPhoto", {"code": code}, raw=b"x", kind="text/plain") == (415, "wrong_content_type")
    assert program.refused("addPhoto", {"code": code}, raw=b"x" * (26 * 1024 * 1024), kind="image/png") == (413, "http_413")


def test_own_listings_come_in_pages(program: Program, hub: Hub, seller: User) -> None:
    codes = [make_draft(hub, seller, photos=0).code for _ in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        page = program.ok("listMyListings", query={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [each["code"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(codes)
    assert cursor is None
    first = program.ok("listMyListings", query={"limit": 2})["next_cursor"]
    for wrong in ("x", "", "a" * 500, first[:-2], first + "A", "中文"):
        status, code = program.refused("listMyListings", query={"limit": 2, "cursor": wrong})
        assert (status, code) in ((400, "bad_cursor"), (422, "invalid_input")), wrong
    # A cursor belongs to the list that it came from.
    assert program.refused("listMyListings", query={"cursor": first, "state": "draft"}) == (400, "bad_cursor")


def test_what_is_somebody_elses_does_not_exist(app: Flask, hub: Hub, seller: User) -> None:
    other = Program(app, hub, make_user(hub))
    draft, offer = make_draft(hub, seller), make_listing(hub, seller)
    tag = {"If-Match": '"1.1.0000000000000000"'}
    assert other.refused("getDraft", {"code": draft.code}) == (404, "listing_not_found")
    assert other.refused("saveDraft", {"code": draft.code}, body={"price_fen": 1}, headers=tag) == (404, "listing_not_found")
    assert other.refused("editListing", {"code": offer.code}, body={"price_fen": 1}, headers=tag) == (404, "listing_not_found")
    for operation in ("publishListing", "pauseListing", "withdrawListing", "renewListing", "sellAgain", "discardDraft"):
        assert other.refused(operation, {"code": draft.code}) == (404, "listing_not_found"), operation
    assert other.refused("listPhotos", {"code": offer.code}) == (404, "listing_not_found")
    for nothing in ("0" * 26, "%00", "..", "a" * 300, "中"):
        assert other.refused("getListing", {"code": nothing})[0] == 404


def test_a_token_without_the_scope_sees_what_everybody_sees(app: Flask, hub: Hub, seller: User) -> None:
    draft = make_listing(hub, seller, state="paused")
    assert Program(app, hub, seller).ok("getListing", {"code": draft.code})["state"] == "paused"
    narrow = Program(app, hub, seller, ["notices:read"])
    assert narrow.refused("getListing", {"code": draft.code}) == (404, "listing_not_found")


def test_the_example_of_a_draft_is_kept_as_it_stands(app: Flask, hub: Hub) -> None:
    """Also its number: whoever tries the document's body first must not be told that it cannot be."""
    program = Program(app, hub, make_user(hub))
    made = program.call("createListing", body={"category": "phone"})
    here, seen = {"code": made.get_json()["code"]}, {"If-Match": made.headers["ETag"]}
    kept = program.ok("saveDraft", here, body=operations()["saveDraft"].example, headers=seen)
    assert {each["name"] for each in kept["missing"]} == {"photos"}
