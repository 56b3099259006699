"""What every operation has in common: strict reading, conditions, limits, problem documents."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.api.document import OF_ADDRESSES, OF_THE_FRAME, document
from app.api.faces import operations
from app.kernel import rates
from app.kernel.clock import advance
from app.kernel.hub import Hub
from app.kernel.idempotency import IdempotencyKey
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from app.listings.queries import photos_of
from app.payments.queries import payment_by_code
from app.trades.states import AWAITING_PAYMENT
from app.web.api import operation as frame
from tests.accounts.making import make_user
from tests.api.making import Program, check
from tests.listings.making import make_draft, tiny_photo
from tests.trades.making import make_order

NEW = {"body": {"category": "phone"}}


def listings(hub: Hub) -> int:
    with hub.look() as work:
        return work.session.scalars(select(func.count()).select_from(Listing)).one()


def keys(hub: Hub) -> int:
    with hub.look() as work:
        return work.session.scalars(select(func.count()).select_from(IdempotencyKey)).one()


def use_up(hub: Hub, limit: rates.Limit, user: User) -> None:
    """Nothing is left of the limit in this window, nor in the next one, which may begin before the next request."""
    with hub.begin(SYSTEM) as work:
        rates.count(work, limit, user.code)
        mine = (rates.RateCount.kind == limit.kind) & (rates.RateCount.subject == user.code)
        present = work.session.scalars(select(rates.RateCount).where(mine).order_by(rates.RateCount.window_at.desc())).first()
        assert present is not None
        present.used, ends_at = limit.most, present.ends_at
        following = {"window_at": ends_at, "ends_at": ends_at + timedelta(seconds=limit.seconds), "used": limit.most}
        work.session.add(rates.RateCount(kind=limit.kind, subject=user.code, **following))


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "malformed_body"),
        (b"{", 400, "malformed_body"),
        (b'{"category": "\xff"}', 400, "malformed_body"),
        (b'{"category": "\\ud800"}', 400, "malformed_body"),
        (b"[]", 422, "invalid_input"),
        (b'"phone"', 422, "invalid_input"),
        (b"{}", 422, "invalid_input"),
        (b'{"category": 1}', 422, "invalid_input"),
        (b'{"category": null}', 422, "invalid_input"),
        (b'{"category": "phone", "price_fen": 1}', 400, "unknown_field"),
        (b'{"category": "ship"}', 422, "invalid_input"),
        (b'{"category": "phone", "category": "car"}', 400, "repeated_field"),
        (b'{"category": "phone", "c\\u0061tegory": "phone"}', 400, "repeated_field"),
        (b'{"category": "phone", "price": {"a": 1, "a": 1}}', 400, "repeated_field"),
        (b'{"category": NaN, "category": 9e999}', 400, "repeated_field"),
        (b'{"category": "phone"' + b', "a": 1, "b": 2' * 30_000 + b"}", 400, "repeated_field"),
        (b'{"category": ' + b"9" * 5000 + b"}", 400, "malformed_body"),
        (b"[" * 5000, 400, "malformed_body"),
    ],
)
def test_bodies_are_read_strictly_from_their_bytes(app: Flask, hub: Hub, raw: bytes, status: int, code: str) -> None:
    program = Program(app, hub, make_user(hub))
    assert program.refused("createListing", raw=raw, kind="application/json") == (status, code)
    assert listings(hub) == keys(hub) == 0


def test_a_field_that_is_named_twice_is_told_by_its_name_wherever_it_stands(app: Flask, hub: Hub) -> None:
    """Of two prices the last was taken before: the sender may have meant the first."""
    user = make_user(hub)
    program, here = Program(app, hub, user), {"code": make_draft(hub, user).code}
    tag = {"If-Match": program.call("getDraft", here).headers["ETag"]}
    for raw, name in (
        (b'{"price_fen": 199900, "price_fen": 99900}', "price_fen"),
        (b'{"answers": {"power": "good", "power": "dead"}}', "power"),
    ):
        answer = program.call("saveDraft", here, raw=raw, kind="application/json", headers=tag)
        assert (answer.status_code, answer.get_json()["code"]) == (400, "repeated_field")
        assert answer.get_json()["errors"] == {name: "Please send this only once."}
    assert program.call("getDraft", here).headers["ETag"] == tag["If-Match"]


def test_other_kinds_of_bodies_and_unknown_parts_of_addresses_are_refused(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    form = {"raw": b"category=phone", "kind": "application/x-www-form-urlencoded"}
    assert program.refused("createListing", **form) == (415, "wrong_content_type")
    assert program.refused("createListing", **NEW, query={"debug": "1"}) == (400, "unknown_field")
    assert program.refused("listDistricts", query={"x": "1"}) == (400, "unknown_field")
    assert program.refused("searchListings", query={"storage_gb": "many"}) == (422, "invalid_input")
    assert program.refused("searchListings", query=[("q", "a"), ("q", "b")]) == (422, "invalid_input")
    assert program.refused("revokeToken", raw=b'{"all": true}', kind="application/json") == (400, "malformed_body")
    big = b'{"category": "' + b"x" * 1_100_000 + b'"}'
    assert program.refused("createListing", raw=big, kind="application/json") == (413, "http_413")


def test_refusals_speak_the_readers_language_and_keep_their_code(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    english = program.call("createListing", body={}).get_json()
    chinese = program.call("createListing", body={}, headers={"Accept-Language": "zh-CN"}).get_json()
    assert english["code"] == chinese["code"] == "invalid_input"
    assert english["errors"]["category"] == "Please fill this in."
    assert chinese["errors"]["category"] != english["errors"]["category"]
    assert english["type"].endswith("/developers#invalid_input")


@pytest.mark.parametrize(
    ("method", "address", "host", "status", "code"),
    [
        ("GET", "/api/v1/nothing", "127.0.0.1", 404, "not_found"),
        ("POST", "/api/v1/nothing", "127.0.0.1", 404, "not_found"),
        ("GET", "/api/", "127.0.0.1", 404, "not_found"),
        ("GET", "/api/v2/me", "127.0.0.1", 404, "not_found"),
        ("PUT", "/api/v1/listings", "127.0.0.1", 405, "http_405"),
        ("PUT", "/api/v1/me", "127.0.0.1", 405, "http_405"),
        ("TRACE", "/api/v1/me", "127.0.0.1", 405, "http_405"),
        ("POST", "/api/v1/openapi.json", "127.0.0.1", 405, "http_405"),
        ("GET", "/api/v1/me", "evil.example", 400, "foreign_host"),
        ("GET", "/api/v1/nothing", "evil.example", 400, "foreign_host"),
        ("POST", "/api/v1/listings", "", 400, "foreign_host"),
    ],
)
def test_what_no_operation_is_found_for_is_a_problem_that_the_document_names(
    app: Flask, method: str, address: str, host: str, status: int, code: str
) -> None:
    answer = app.test_client().open(address, method=method, headers={"Host": host, "Accept-Language": "en"})
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    problem = answer.get_json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert "evil" not in answer.text
    assert ("Allow" in answer.headers) == (status == 405)
    made = document("https://xunyi.example")
    assert f"{status} `{code}`" in made["info"]["description"]
    assert made["components"]["responses"][f"Address{status}"]["description"].endswith(f": `{code}`")
    assert code in made["components"]["examples"]


def test_a_page_of_another_site_is_refused_before_an_address_is_looked_up(app: Flask) -> None:
    answer = app.test_client().post("/api/v1/nothing", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not_allowed")
    told = document("http://127.0.0.1:8000")
    assert "not_allowed" in told["components"]["examples"]
    assert "`not_allowed`" in told["info"]["description"]


def test_a_doubled_slash_is_sent_on_as_the_document_says(app: Flask) -> None:
    answer = app.test_client().get("/api//v1/me")
    assert answer.status_code == 308
    assert answer.location.endswith("/api/v1/me")
    assert "//v1" not in answer.location
    assert "308" in document("http://127.0.0.1:8000")["info"]["description"]


MULTIPART = "multipart/form-data; boundary=x"
NAMELESS = b"--x\r\nContent-Disposition: form-data; name\r\n\r\n1\r\n--x--\r\n"


@pytest.mark.parametrize(("operation", "parts"), [("createListing", {}), ("saveDraft", {"code": "0" * 26})])
def test_a_form_is_no_body_of_an_operation_whatever_its_parts_are_called(
    app: Flask, hub: Hub, operation: str, parts: dict[str, str]
) -> None:
    """Token, key and kind are asked in this order; nobody looks into the form."""
    form = {"raw": NAMELESS, "kind": MULTIPART}
    assert Program(app, hub).refused(operation, parts, **form) == (401, "token_needed")
    program = Program(app, hub, make_user(hub))
    assert program.refused(operation, parts, **form, headers={"Idempotency-Key": ""}) == (400, "idempotency_key_needed")
    tag = {"If-Match": '"1.1.0000000000000000"'} if operation == "saveDraft" else {}
    assert program.refused(operation, parts, **form, headers=tag) == (415, "wrong_content_type")


def test_a_body_that_breaks_off_is_told(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    answer = program.client.post(
        "/api/v1/listings",
        data=b'{"category": "phone"}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {program.secret}", "Idempotency-Key": "k"},
        environ_overrides={"CONTENT_LENGTH": "100"},
    )
    check(operations()["createListing"], answer)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "http_400")
    assert listings(hub) == keys(hub) == 0


def test_every_refusal_of_the_frame_is_met_by_a_test_that_provokes_it() -> None:
    met = Path(__file__).read_text()
    assert [code for code in (*OF_THE_FRAME, *OF_ADDRESSES) if f'"{code}"' not in met] == []


def test_a_fault_of_ours_is_a_problem_too(app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(frame, "read_query", broken)
    app.testing = app.config["PROPAGATE_EXCEPTIONS"] = False
    assert Program(app, hub, make_user(hub)).refused("getMe") == (500, "fault")


def test_writes_are_counted_and_told(app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user(hub)
    program = Program(app, hub, user)
    answer = program.call("createListing", **NEW)
    assert answer.headers["RateLimit-Limit"] == str(frame.WRITES.most)
    assert answer.headers["RateLimit-Remaining"] == str(frame.WRITES.most - 1)
    assert 1 <= int(answer.headers["RateLimit-Reset"]) <= frame.WRITES.seconds
    unnamed = program.call("createListing", **NEW, headers={"Idempotency-Key": ""})
    assert (unnamed.status_code, unnamed.get_json()["code"]) == (400, "idempotency_key_needed")
    assert unnamed.headers["RateLimit-Remaining"] == str(frame.WRITES.most - 2)  # what is refused is counted too
    use_up(hub, frame.WRITES, user)
    over = program.call("createListing", **NEW, headers={"Idempotency-Key": ""})
    assert (over.status_code, over.get_json()["code"]) == (429, "too_many_requests")
    over = program.call("createListing", **NEW)
    assert (over.status_code, over.get_json()["code"]) == (429, "too_many_requests")
    assert over.headers["RateLimit-Remaining"] == "0"
    assert 1 <= int(over.headers["Retry-After"]) <= frame.WRITES.seconds
    assert listings(hub) == 1
    assert Program(app, hub, make_user(hub)).ok("createListing", **NEW)  # counted per person
    assert "RateLimit-Limit" not in program.call("listMyListings").headers
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(seconds=121))
    program.ok("createListing", **NEW)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(seconds=61))
    with hub.begin(SYSTEM) as work:
        assert rates.forget_past(work) > 0


def test_uploads_and_payments_are_counted_on_their_own(app: Flask, hub: Hub) -> None:
    """Over their own limit nothing is kept and no money asked for, while other writes still go."""
    buyer = make_user(hub)
    order, draft = make_order(hub, AWAITING_PAYMENT, buyer=buyer), make_draft(hub, buyer, photos=0)
    program = Program(app, hub, buyer)
    photo = {"raw": tiny_photo(1), "kind": "image/jpeg", "query": {"shot": "front"}}
    writes = {
        frame.UPLOADS: ("addPhoto", {"code": draft.code}, photo),
        frame.PAYING: ("payPayment", {"code": order.payment_code}, {"body": {"method": "practice"}}),
    }
    for limit, (operation, parts, sent) in writes.items():
        use_up(hub, limit, buyer)
        over = program.call(operation, parts, **sent)
        assert (over.status_code, over.get_json()["code"]) == (429, "too_many_requests"), operation
        assert over.headers["RateLimit-Limit"] == str(limit.most)
        assert over.headers["RateLimit-Remaining"] == "0"
        assert 1 <= int(over.headers["Retry-After"]) <= limit.seconds
    with hub.look() as work:
        assert not photos_of(work, draft.id)
        assert payment_by_code(work, order.payment_code).intent_id is None
    assert program.call("createListing", **NEW).headers["RateLimit-Limit"] == str(frame.WRITES.most)


def test_a_part_of_an_address_that_can_be_no_id_names_nothing(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    for code in ("x", "0" * 27, "O" * 26, "%00" + "0" * 25):
        assert program.refused("getOrder", {"code": code}) == (404, "not_found"), code
    for scheme in ("phone-2026.1/r9", "no-scheme", "../phone", "..", "gbt30323-2013/r1/r1"):
        assert program.call("getScheme", {"scheme": scheme}).status_code == 404, scheme
    for scheme in ("phone%0A", "%0A", "a%0Ab"):  # no route takes a line break
        assert program.refused("getScheme", {"scheme": scheme}) == (404, "not_found"), scheme
    for scheme in ("gbt30323-2013", "gbt30323-2013/r1", "gbt30323-2013%2Fr1"):
        assert program.ok("getScheme", {"scheme": scheme})["id"] == "gbt30323-2013", scheme


# Conditions


def test_what_was_seen_is_what_is_published_photos_too(app: Flask, hub: Hub) -> None:
    """Photos are no answers: sending, moving and deleting them leaves the revision, and still publishes something else."""
    user = make_user(hub)
    program, here = Program(app, hub, user), {"code": make_draft(hub, user, photos=5).code}

    def tag() -> dict[str, str]:
        return {"If-Match": program.call("getDraft", here).headers["ETag"]}

    photos = [each["code"] for each in program.ok("listPhotos", here)["items"]]
    seen = tag()
    program.ok("movePhoto", {**here, "photo_code": photos[1]}, body={"by": -1})
    assert program.refused("publishListing", here, headers=seen) == (412, "stale")
    seen = tag()
    program.ok("deletePhoto", {**here, "photo_code": photos[4]})
    assert program.refused("publishListing", here, headers=seen) == (412, "stale")
    # Answers are no photos: an edit does not wait for them.
    program.ok("saveDraft", here, body={"price_fen": 199_900}, headers=seen)
    assert program.refused("publishListing", here, headers=seen) == (412, "stale")
    assert program.ok("publishListing", here, headers=tag())["state"] == "active"


def test_a_tag_is_of_the_language_of_its_answer_and_good_in_every_language(app: Flask, hub: Hub) -> None:
    user = make_user(hub)
    program, here = Program(app, hub, user), {"code": make_draft(hub, user).code}
    chinese = program.call("getDraft", here, headers={"Accept-Language": "zh"}).headers["ETag"]
    program.ok("saveDraft", here, body={"price_fen": 199_900}, headers={"If-Match": chinese})


@pytest.mark.parametrize(
    "value", ["*", "1", '"1"', '"1.2"', '"1.2.3"', 'W/"1.2.0000000000000000"', '"1.2.0000000000000000", "x"', ""]
)
def test_a_condition_that_is_no_tag_of_ours_is_refused(app: Flask, hub: Hub, value: str) -> None:
    user = make_user(hub)
    here = {"code": make_draft(hub, user).code}
    refused = Program(app, hub, user).refused("saveDraft", here, body={"price_fen": 1}, headers={"If-Match": value})
    assert refused == (400, "bad_if_match")
