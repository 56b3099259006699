"""Tokens of programs: what they allow, and when they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.accounts import tokens
from app.accounts.errors import TokenNotFound
from app.accounts.models import ApiToken, Membership
from app.accounts.queries import actor_for, user_by_id
from app.accounts.rules import SCOPES, secret_hash
from app.api.faces import operations
from app.kernel.clock import advance
from app.kernel.errors import InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from tests.accounts.making import make_member, make_user, password_hash, sign_in, token_of
from tests.api.making import Program, make_token, new_key
from tests.listings.making import make_listing

NEW = {"body": {"category": "phone"}}


def listings(hub: Hub) -> int:
    with hub.look() as work:
        return work.session.scalars(select(func.count()).select_from(Listing)).one()


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


# What a token opens without any scope: nothing of it is the person's own, or it only tells the token about itself.
WITHOUT_SCOPE = {"getMe", "revokeToken", "createEstimate", "getEstimate"}


def test_every_scope_is_asked_for_at_every_operation_that_names_it(app: Flask, hub: Hub) -> None:
    """A token with all other scopes is refused before anything is read, whatever the role that the operation wants."""
    member = make_user(hub)
    appraiser = make_member(hub, "appraiser")
    asked = set()
    programs = {
        (person, scope): Program(app, hub, person, [other for other in SCOPES if other != scope])
        for person in (member, appraiser)
        for scope in SCOPES
    }
    for operation in operations().values():
        if operation.scope is None or "anyone" in operation.roles:
            continue
        program = programs[member if "member" in operation.roles else appraiser, operation.scope]
        answer = program.call(operation.id, dict.fromkeys(operation.parts, "0" * 26))
        assert answer.status_code == 403, operation.id
        asked.add((operation.id, answer.get_json().get("scope")))
    assert {operation_id for operation_id, scope in asked if scope is None} == set()
    assert len(asked) > 50


def test_what_needs_a_token_and_no_scope_is_listed_here() -> None:
    without = {each.id for each in operations().values() if each.scope is None and "anyone" not in each.roles}
    assert without <= WITHOUT_SCOPE, without - WITHOUT_SCOPE


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
        work.actor = actor_for(work, user_by_id(work, user.id))
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


def test_a_public_operation_shows_no_more_to_a_token_without_its_scope(app: Flask, hub: Hub) -> None:
    """The owner's program without the scope reads the offer as everybody does, not what only its owner may see."""
    seller = make_user(hub)
    paused = make_listing(hub, seller, state="paused").code
    assert Program(app, hub, seller, ["listings:read"]).ok("getListing", {"code": paused})["state"] == "paused"
    assert Program(app, hub, seller, ["notices:read"]).refused("getListing", {"code": paused}) == (404, "listing_not_found")
    offer = make_listing(hub, seller).code
    assert Program(app, hub, seller, ["listings:read"]).ok("getListing", {"code": offer})["thing"]
    assert Program(app, hub, seller, ["notices:read"]).ok("getListing", {"code": offer})["thing"] is None


def test_a_token_gives_no_role_that_its_person_has_not(app: Flask, hub: Hub) -> None:
    household, appraiser = Program(app, hub, make_user(hub)), Program(app, hub, make_member(hub, "appraiser"))
    nobody = {"code": "0" * 26}
    assert household.refused("acceptAppraisal", nobody) == (403, "not_allowed")
    assert appraiser.refused("acceptAppraisal", nobody) == (404, "appraisal_not_found")


def test_a_duty_that_ended_is_no_role_of_a_token_any_more(app: Flask, hub: Hub) -> None:
    user = make_member(hub, "appraiser")
    program = Program(app, hub, user)
    with hub.begin(SYSTEM) as work:
        held = work.session.scalars(select(Membership).where(Membership.user_id == user.id)).one()
        held.until_at = work.now
    assert program.ok("getMe")["duties"] == []
    assert program.refused("acceptAppraisal", {"code": "0" * 26}) == (403, "not_allowed")


def test_nobody_revokes_the_token_of_somebody_else(app: Flask, hub: Hub) -> None:
    program = Program(app, hub, make_user(hub))
    code, other = program.ok("getMe")["token"]["code"], make_user(hub)
    with hub.begin(SYSTEM) as work, pytest.raises(TokenNotFound):
        tokens.revoke(work, other.id, code)
    assert program.ok("getMe")


@pytest.mark.parametrize("days", [0, 367, -1])
def test_no_token_lasts_longer_than_a_year(hub: Hub, days: int) -> None:
    with pytest.raises(InvalidInput):
        make_token(hub, make_user(hub), days=days)


def test_the_hash_of_a_token_opens_nothing(app: Flask, hub: Hub) -> None:
    """Whoever reads the table cannot use what stands there."""
    made = make_token(hub, make_user(hub))
    thief = Program(app, hub)
    thief.secret = secret_hash(made.secret)
    assert thief.refused("getMe") == (401, "token_invalid")
