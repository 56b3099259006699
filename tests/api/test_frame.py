"""What every operation has in common: tokens, strict reading, idempotency, limits, problem documents."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.accounts import tokens
from app.accounts.models import ApiToken
from app.accounts.queries import user_by_id
from app.accounts.rules import secret_hash
from app.kernel import idempotency, rates
from app.kernel.clock import advance
from app.kernel.hub import Hub
from app.kernel.idempotency import IdempotencyKey
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from app.web.api import operation as frame
from tests.accounts.making import make_member, make_user, password_hash, sign_in, token_of
from tests.api.making import Program, make_token, new_key

NEW = {"body": {"category": "phone"}}


def listings(hub: Hub) -> int:
    with hub.look() as work:
        return work.session.scalars(select(func.count()).select_from(Listing)).one()


def keys(hub: Hub) -> int:
    with hub.look() as work:
        return work.session.scalars(select(func.count()).select_from(IdempotencyKey)).one()


# Tokens


def test_only_the_hash_of_a_token_is_kept(hub: Hub) -> None:
    made = make_token(hub, make_user(hub))
    assert made.secret.startswith("xunyi_")
    assert len(made.secret) > 40
    with hub.look() as work:
        row = work.session.scalars(select(ApiToken)).one()
        values = [str(getattr(row, column.name)) for column in ApiToken.__table__.columns]
    assert secret_hash(made.secret) in values
    assert not any(made.secret in value for value in values)


@pytest.mark.parametrize("header", ["Bearer xunyi_unknown", "Bearer ", "Basic abc", "xunyi", "Bearer " + "a" * 300, "Bearer ä"])
def test_a_token_that_does_not_work_is_refused_everywhere(app: Flask, hub: Hub, header: str) -> None:
    program = Program(app, hub)
    for operation in ("getMe", "listDistricts"):
        answer = program.call(operation, headers={"Authorization": header})
        assert (answer.status_code, answer.get_json()["code"]) == (401, "token_invalid")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_without_a_token_only_what_is_public_is_answered(app: Flask, hub: Hub) -> None:
    visitor = Program(app, hub)
    assert visitor.refused("getMe") == (401, "token_needed")
    assert visitor.refused("createListing", **NEW) == (401, "token_needed")
    assert visitor.ok("listDistricts")["items"]


def test_a_token_allows_its_scopes_only(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub), ["listings:read"])
    answer = program.call("createListing", **NEW)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "scope_missing")
    assert answer.get_json()["scope"] == "listings:write"
    assert program.ok("listMyListings")["items"] == []
    assert program.ok("getMe")["token"]["scopes"] == ["listings:read"]


def test_a_token_ends_with_its_time_its_revocation_and_its_account(app: Flask, hub: Hub) -> None:
    user = make_user(hub)
    revoked, expired, closed = (Program(app, hub, user) for _ in range(3))
    with hub.begin(SYSTEM) as work:
        found = tokens.find_bearer(work, revoked.secret)
        tokens.revoke(work, user.id, found.code)
    assert revoked.refused("getMe") == (401, "token_invalid")
    assert expired.ok("getMe")
    with hub.begin(SYSTEM) as work:
        user_by_id(work, user.id).disabled_at = work.now
    assert closed.refused("getMe") == (401, "token_invalid")
    with hub.begin(SYSTEM) as work:
        user_by_id(work, user.id).disabled_at = None
        advance(work, timedelta(days=91))
    assert expired.refused("getMe") == (401, "token_invalid")


def test_a_program_revokes_its_own_token(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    program.ok("revokeToken")
    assert program.refused("getMe") == (401, "token_invalid")


def test_a_new_password_and_a_new_role_end_every_token(app: Flask, hub: Hub) -> None:
    user = make_user(hub)
    program = Program(app, hub, user)
    with hub.look() as work:
        old = user_by_id(work, user.id).password_hash
    with hub.begin(SYSTEM) as work:
        work.actor = accounts.queries.actor_for(work, user_by_id(work, user.id))
        accounts.change_password(work, old, password_hash())
    assert program.refused("getMe") == (401, "token_invalid")
    program = Program(app, hub, user)
    make_member(hub, "operator", user=user)
    assert program.refused("getMe") == (401, "token_invalid")
    assert Program(app, hub, user).ok("getMe")["duties"][0]["role"] == "operator"


def test_a_cookie_means_nothing_to_programs_and_a_token_nothing_to_pages(app: Flask, hub: Hub) -> None:
    user = make_user(hub)
    browser = app.test_client()
    sign_in(browser, hub, user)
    assert browser.get("/account").status_code == 200
    assert browser.get("/api/v1/me").status_code == 401
    sent = browser.post("/api/v1/listings", json={"category": "phone"}, headers={"Idempotency-Key": new_key()})
    assert sent.status_code == 401
    assert listings(hub) == 0
    secret = make_token(hub, user).secret
    answer = app.test_client().get("/account", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.location.startswith("/sign-in")) == (303, True)
    # A page's form still needs its form token when a bearer token comes with it.
    signed = app.test_client()
    sign_in(signed, hub, user)
    assert token_of(signed.get("/protection"))
    assert signed.post("/sell", headers={"Authorization": f"Bearer {secret}"}).status_code == 400


def test_the_use_of_a_token_is_noted_once_a_day(app: Flask, hub: Hub) -> None:
    user = make_user(hub)
    program = Program(app, hub, user)
    program.call("getMe").close()
    with hub.look() as work:
        row = work.session.scalars(select(ApiToken)).one()
        assert row.last_used_on is not None


def test_nobody_has_more_than_twenty_tokens(hub: Hub) -> None:
    user = make_user(hub)
    for _ in range(20):
        make_token(hub, user)
    with pytest.raises(tokens.TooManyTokens):
        make_token(hub, user)
    with hub.begin(SYSTEM) as work:
        tokens.revoke_all(work, user.id)
    make_token(hub, user)


# Reading


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
        (b"[" * 5000, 400, "malformed_body"),
    ],
)
def test_bodies_are_read_strictly_from_their_bytes(app: Flask, hub: Hub, raw: bytes, status: int, code: str) -> None:
    program = Program(app, hub, make_user(hub))
    assert program.refused("createListing", raw=raw, kind="application/json") == (status, code)
    assert listings(hub) == keys(hub) == 0


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


def test_an_address_that_does_not_exist_and_a_wrong_method_are_problems_too(app: Flask) -> None:
    client = app.test_client()
    for method, address, status in (("get", "/api/v1/nothing", 404), ("put", "/api/v1/listings", 405), ("get", "/api/", 404)):
        answer = getattr(client, method)(address)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), address
        assert answer.get_json()["code"] == f"http_{status}"


# Idempotency


def test_the_same_request_again_has_one_effect_and_the_same_answer(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    first, second = (program.call("createListing", **NEW, key="once") for _ in range(2))
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Location"] == second.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert listings(hub) == 1


def test_another_request_with_the_same_key_is_refused(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    code = program.ok("createListing", **NEW, key="once")["code"]
    assert program.refused("createListing", body={"category": "phones"}, key="once") == (422, "idempotency_key_reused")
    assert program.refused("withdrawListing", {"code": code}, key="once") == (422, "idempotency_key_reused")
    # The key of somebody else is another key.
    Program(app, hub, make_user(hub)).ok("createListing", **NEW, key="once")


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 101, "schlüssel", "a\tb"])
def test_a_write_needs_a_usable_key(app: Flask, hub: Hub, key: str) -> None:
    program = Program(app, hub, make_user(hub))
    headers = {"Idempotency-Key": key}
    assert program.refused("createListing", **NEW, headers=headers) == (400, "idempotency_key_needed")


def test_what_was_refused_was_not_done_and_its_key_is_free(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    assert program.refused("createListing", body={"category": "ship"}, key="again")[0] == 422
    assert keys(hub) == 0
    program.ok("createListing", **NEW, key="again")


def test_a_key_is_forgotten_after_a_day(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    program.ok("createListing", **NEW, key="once")
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(hours=25))
    program.ok("createListing", **NEW, key="once")
    assert listings(hub) == 2
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(hours=25))
    with hub.begin(SYSTEM) as work:
        assert idempotency.forget_expired(work) == 1
    assert keys(hub) == 0


def test_a_crash_before_the_commit_leaves_neither_effect_nor_key(app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the effect and the commit: the same request again does it once."""
    program = Program(app, hub, make_user(hub))

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "keep", die)
        with pytest.raises(Killed):
            program.call("createListing", **NEW, key="once")
    assert listings(hub) == keys(hub) == 0
    program.ok("createListing", **NEW, key="once")
    program.ok("createListing", **NEW, key="once")
    assert listings(hub) == 1


def test_the_same_request_at_the_same_moment_has_one_effect(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    gate, answers = threading.Barrier(6), []

    def send() -> None:
        mine = Program(app, hub)
        mine.secret = program.secret
        gate.wait()
        answers.append(mine.call("createListing", **NEW, key="once"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert listings(hub) == 1
    done = [each for each in answers if each.status_code == 201]
    assert len({each.data for each in done}) == 1
    others = [(each.status_code, each.get_json()["code"]) for each in answers if each.status_code != 201]
    assert set(others) <= {(409, "request_in_progress"), (503, "unavailable")}
    assert all(int(each.headers["Retry-After"]) > 0 for each in answers if each.status_code != 201)


def test_a_write_in_several_transactions_waits_for_the_first_and_takes_over_an_abandoned_one(hub: Hub) -> None:
    mark = "0" * 64
    with hub.begin(SYSTEM) as work:
        assert idempotency.claim(work, "somebody", "once", mark) is None
    with hub.begin(SYSTEM) as work, pytest.raises(idempotency.StillAtWork):
        idempotency.claim(work, "somebody", "once", mark)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(seconds=61))
    with hub.begin(SYSTEM) as work:
        assert idempotency.claim(work, "somebody", "once", mark) is None
    with hub.begin(SYSTEM) as work:
        idempotency.keep(work, "somebody", "once", 200, [("ETag", '"1"')], b"{}")
    with hub.begin(SYSTEM) as work:
        kept = idempotency.claim(work, "somebody", "once", mark)
    assert kept == idempotency.Kept(200, (("ETag", '"1"'),), b"{}")


# Limits


def test_writes_are_counted_and_told(app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user(hub)
    program = Program(app, hub, user)
    answer = program.call("createListing", **NEW)
    assert answer.headers["RateLimit-Limit"] == str(frame.WRITES.most)
    assert answer.headers["RateLimit-Remaining"] == str(frame.WRITES.most - 1)
    assert 1 <= int(answer.headers["RateLimit-Reset"]) <= frame.WRITES.seconds
    with hub.begin(SYSTEM) as work:
        work.session.execute(rates.RateCount.__table__.update().values(used=frame.WRITES.most))
    over = program.call("createListing", **NEW)
    if over.status_code == 201:  # the minute ended between the two
        return
    assert (over.status_code, over.get_json()["code"]) == (429, "too_many_requests")
    assert over.headers["RateLimit-Remaining"] == "0"
    assert 1 <= int(over.headers["Retry-After"]) <= frame.WRITES.seconds
    assert listings(hub) == 1
    assert Program(app, hub, make_user(hub)).ok("createListing", **NEW)  # counted per person
    assert "RateLimit-Limit" not in program.call("listMyListings").headers
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(seconds=61))
    program.ok("createListing", **NEW)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(seconds=61))
    with hub.begin(SYSTEM) as work:
        assert rates.forget_past(work) > 0
