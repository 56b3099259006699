"""Nobody acts for somebody else: form tokens on every write, and cookies that end when they should."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.models import Membership
from app.accounts.queries import memberships_of, user_by_id
from app.kernel.db import Base
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.web.security import csrf
from tests.accounts.making import PASSWORD, actor, make_member, make_user, send_form, sign_in, token_of
from tests.attack.vault import Vault
from tests.guards.conftest import Town
from tests.guards.test_roles import ROWS

PAGES = {name: row for name, row in ROWS.items() if not name.startswith("api.")}  # programs send no cookie, so no form token
WRITES = sorted(name.split()[0] for name, row in PAGES.items() if name.endswith(" POST") and row["policy"] != ["provider"])
HEADERS = ("Sandbox-Signature", "Stripe-Signature")
PROVIDERS = sorted(name.split()[0] for name, row in ROWS.items() if name.endswith(" POST") and row["policy"] == ["provider"])
ROLE_OF = {"appraiser": "appraiser", "operator": "operator", "officer": "officer", "manager": "appraiser", "dealer": "dealer"}
WORSE_TOKENS = [
    "",
    " ",
    "null",
    "0",
    "x" * 5000,
    "ÿþ",
    "é",
    "令牌",
    "\x00",
    "a.b.c",
    "ImEi.aaaa.bbbb",
    "{}",
    "[]",
    "'",
    "../",
    "%00",
    "<script>",
]


def sender(endpoint: str) -> str:
    """A role that may send this form."""
    policy = ROWS[f"{endpoint} POST"]["policy"]
    return "household" if {"member", "anyone"} & set(policy) else next(ROLE_OF[role] for role in policy if role in ROLE_OF)


def test_only_signed_news_of_a_provider_come_without_a_token(app: Flask) -> None:
    exempt = {f"{view.__module__}.{view.__name__}" if callable(view) else str(view) for view in csrf._exempt_views}
    assert exempt == {f"{app.view_functions[name].__module__}.{app.view_functions[name].__name__}" for name in PROVIDERS}
    assert {blueprint.name for blueprint in csrf._exempt_blueprints} == {"api"}, (
        "what programs send needs a bearer token and reads no cookie (test_api)"
    )


@pytest.mark.parametrize("endpoint", WRITES)
def test_write_needs_a_token_of_this_browser(town: Town, vault: Vault, endpoint: str) -> None:
    role = sender(endpoint)
    address = town.address(endpoint, ROWS[f"{endpoint} POST"]["kind"])
    browser, other = town.browser(role), town.browser("other")
    own, foreign = token_of(browser.get("/protection")), token_of(other.get("/protection"))
    vault.keep()
    faults = []

    def refused(what: str, status: int, query: str = "", **request: object) -> None:
        answer = browser.post(f"{address}{'&' if '?' in address else '?'}{query}" if query else address, **request)
        if answer.status_code != status or vault.changed():
            faults.append(f"{what}: {answer.status_code} instead of {status}")
            vault.restore()

    refused("no token", 400)
    refused("token in the address", 400, f"csrf_token={own}")
    refused("token of another browser", 400, data={"csrf_token": foreign})
    refused("token in a cookie", 400, headers={"Cookie": f"csrf_token={own}"})
    refused("as JSON", 400, json={"csrf_token": own})
    refused("as plain text", 400, data=f"csrf_token={own}", content_type="text/plain")
    refused("as a file", 400, data=f"csrf_token={own}", content_type="application/octet-stream")
    for token in WORSE_TOKENS:
        refused(f"token {token[:20]!r}", 400, data={"csrf_token": token})
    for header in ("X-CSRFToken", "X-CSRF-Token"):
        refused(f"foreign token in {header}", 400, headers={header: foreign})
    for site in ("cross-site", "same-site"):
        refused(f"right token, {site}", 403, data={"csrf_token": own}, headers={"Sec-Fetch-Site": site})
        refused(f"right token in a header, {site}", 403, headers={"X-CSRFToken": own, "Sec-Fetch-Site": site})
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("endpoint", PROVIDERS)
def test_news_without_a_signature_change_nothing(town: Town, vault: Vault, endpoint: str) -> None:
    """Of the provider in use; the other's door is not there (its own signatures: tests/payments/test_stripe_webhooks.py)."""
    refused = 400 if endpoint == "payments.webhook" else 404
    address = town.address(endpoint, "none")
    vault.keep()
    for signature in ("", "t=1,v1=00", "t=99999999999999999999,v1=" + "0" * 64, "\xff", "v1=,t=", "t=é", "," * 4000):
        for body in (b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"id": "evt_1"}', b"[" * 20_000, b"x" * 900_000):
            answer = town.app.test_client().post(address, data=body, headers=dict.fromkeys(HEADERS, signature))
            assert answer.status_code == refused, (signature[:20], body[:20])
            assert not vault.changed()


# Sessions


def signed_in_as(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def copied(app: Flask, secret: str) -> FlaskClient:
    """A thief's browser with a copy of the cookie."""
    thief = app.test_client()
    thief.set_cookie("sid", secret)
    return thief


def test_cookie_that_was_put_there_before_is_not_the_one_after_sign_in(hub: Hub, app: Flask) -> None:
    user = make_user(hub)
    client = app.test_client()
    client.set_cookie("sid", "chosen-by-an-attacker")
    assert send_form(client, "/sign-in", {"email": user.email, "password": PASSWORD}).status_code == 303
    assert client.get_cookie("sid").value != "chosen-by-an-attacker"
    assert not signed_in_as(copied(app, "chosen-by-an-attacker"))


def test_attackers_own_session_in_a_victims_browser_ends_at_sign_in(hub: Hub, app: Flask) -> None:
    attacker, victim = make_user(hub), make_user(hub)
    client = app.test_client()
    planted = sign_in(client, hub, attacker)
    client.get("/account")
    token = token_of(client.get("/protection"))
    # Signed in already, the page leads on; a form that was open before still signs in as the other person.
    assert client.post("/sign-in", data={"csrf_token": token, "email": victim.email, "password": PASSWORD}).status_code == 303
    assert victim.email in client.get("/account").text
    assert not signed_in_as(copied(app, planted))


def test_form_token_from_before_sign_in_is_worth_nothing_afterwards(hub: Hub, app: Flask) -> None:
    user = make_user(hub)
    client = app.test_client()
    before = token_of(client.get("/sign-in"))
    assert client.post("/sign-in", data={"csrf_token": before, "email": user.email, "password": PASSWORD}).status_code == 303
    assert client.post("/account/language", data={"csrf_token": before, "locale": "en"}).status_code == 400
    assert send_form(client, "/account", {"locale": "en"}, to="/account/language").status_code == 303


ENDS = [
    "signing out",
    "signing out elsewhere",
    "ending all others",
    "a new password",
    "a reset",
    "a new role",
    "a role taken away",
]


@pytest.mark.parametrize("how", ENDS)
def test_copied_cookie_is_dead_after(hub: Hub, app: Flask, how: str) -> None:
    user = make_member(hub, "appraiser") if "taken away" in how else make_user(hub, email="shen@xunyi.example")
    own = app.test_client()
    secret = sign_in(own, hub, user)
    thief = copied(app, secret)
    assert signed_in_as(thief)
    if how == "signing out":
        assert send_form(own, "/account", to="/sign-out").status_code == 303
    elif how == "signing out elsewhere":
        other = app.test_client()
        sign_in(other, hub, user)
        codes = [
            part.split("/end")[0]
            for part in other.get("/account").text.split("/account/sessions/")[1:]
            if part.split("/end")[0] != "end-others"
        ]
        for code in {code for code in codes if len(code) == 26}:
            send_form(other, "/account", to=f"/account/sessions/{code}/end")
    elif how == "ending all others":
        other = app.test_client()
        sign_in(other, hub, user)
        send_form(other, "/account", to="/account/sessions/end-others")
    elif how == "a new password":
        fields = {"current": PASSWORD, "new": "a brook behind the old mill"}
        assert send_form(own, "/account", fields, to="/account/password").status_code == 303
        assert signed_in_as(own), "the person goes on with a fresh cookie"
        assert own.get_cookie("sid").value != secret
    elif how == "a reset":
        with hub.begin() as work:
            code = accounts.request_reset(work, hub.sealer, user.email).code
        answer = send_form(
            app.test_client(), f"/reset/{accounts.reset_token(hub.sealer, code)}", {"password": "a brook behind the mill"}
        )
        assert answer.status_code == 303
    elif how == "a new role":
        make_member(hub, "dealer", user=user)
    else:
        with hub.begin(SYSTEM) as work:
            ((membership, _),) = memberships_of(work, user.id)
            accounts.end_member(work, work.session.get_one(Membership, membership.id))
    assert not signed_in_as(thief), how
    assert thief.get("/my/orders").status_code == 303


def test_role_taken_away_counts_at_once_for_what_is_open(hub: Hub, app: Flask) -> None:
    user = make_member(hub, "operator")
    client = app.test_client()
    sign_in(client, hub, user)
    assert client.get("/operator/money").status_code == 200
    with hub.begin(SYSTEM) as work:
        ((membership, _),) = memberships_of(work, user.id)
        accounts.end_member(work, work.session.get_one(Membership, membership.id))
    assert client.get("/operator/money").status_code == 303
    sign_in(client, hub, user)
    assert client.get("/operator/money").status_code == 403
    assert actor(hub, user).duties == ()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        " ",
        "0",
        "null",
        "x" * 43,
        "x" * 100,
        "x" * 101,
        "x" * 5000,
        "' OR 1=1 --",
        "%00",
        "\\x00",
        "../../keys/secret",
        "é",
        "令牌",
        "a b",
        "a;b",
        '"quoted"',
        "=",
        "admin",
        "1",
    ],
)
def test_invented_cookie_is_a_visitor(app: Flask, secret: str) -> None:
    for name in ("sid", "form", "lang", "theme", "__Host-sid", "session", "remember_token"):
        client = app.test_client()
        header = f"{name}={secret}".encode().decode("latin-1")
        assert client.get("/account", headers={"Cookie": header}).status_code == 303
        assert client.get("/", headers={"Cookie": header}).status_code == 200


def test_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(hub: Hub, app: Flask) -> None:
    user = make_user(hub)
    client = app.test_client()
    answer = send_form(client, "/sign-in", {"email": user.email, "password": PASSWORD})
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Domain" not in cookie
        assert "Path=/" in cookie


def test_database_holds_no_secret_that_opens_a_session(hub: Hub, app: Flask) -> None:
    client = app.test_client()
    secret = sign_in(client, hub, make_user(hub))
    with hub.look(SYSTEM) as work:
        assert user_by_id(work, 1)
        rows = [row for table in Base.metadata.sorted_tables for row in work.session.execute(select(table))]
    held = [str(value) for row in rows for value in row if value is not None]
    assert not [value for value in held if secret in value]
    hashes = [value for value in held if len(value) == 64]
    assert hashes
    assert not any(signed_in_as(copied(app, value)) for value in hashes[:20])
