"""The account page for programs: a token is issued with the password, shown once, listed without its secret, and revoked."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.accounts.rules import SCOPES
from app.cli.commands import main
from app.kernel.hub import Hub
from app.kernel.logs import set_up as set_up_logs
from tests.accounts.making import PASSWORD, make_user, reader, send_form, sign_in

WANTED = {"label": "Stock list", "scopes": ["listings:read", "listings:write"], "days": "30", "password": PASSWORD}


@pytest.fixture
def user(hub: Hub) -> User:
    return make_user(hub, email="chen@xunyi.example")


@pytest.fixture
def browser(app: Flask, hub: Hub, user: User) -> FlaskClient:
    client = reader(app)
    sign_in(client, hub, user)
    return client


def secret_in(text: str) -> str:
    found = re.search(r"xunyi_[A-Za-z0-9_-]{43}", text)
    assert found
    return found[0]


def me(app: Flask, secret: str) -> int:
    return app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_token_is_shown_once_listed_and_revoked(app: Flask, browser: FlaskClient) -> None:
    assert "No program has access" in browser.get("/account/tokens").text
    issued = send_form(browser, "/account/tokens", WANTED)
    assert issued.status_code == 200
    assert issued.headers["Cache-Control"] == "no-store"
    assert issued.headers["RateLimit-Limit"] == "10"
    secret = secret_in(issued.text)
    assert me(app, secret) == 200
    listed = browser.get("/account/tokens").text
    assert secret not in listed
    assert "Stock list" in listed
    assert secret[-4:] in listed
    assert "See your own listings and drafts" in listed
    code = re.search(r"/account/tokens/(\w{26})/revoke", listed)
    assert code
    send_form(browser, "/account/tokens", {}, to=f"/account/tokens/{code[1]}/revoke")
    assert me(app, secret) == 401
    assert "Stock list" not in browser.get("/account/tokens").text


@pytest.mark.parametrize(
    "wrong", [{"password": "not this one at all"}, {"scopes": []}, {"scopes": ["everything"]}, {"label": ""}, {"days": "9999"}]
)
def test_what_is_wrong_is_said_and_nothing_is_issued(browser: FlaskClient, wrong: dict) -> None:
    answer = send_form(browser, "/account/tokens", {**WANTED, **wrong})
    assert answer.status_code == 422
    assert "xunyi_" not in answer.text
    assert "No program has access" in browser.get("/account/tokens").text


def test_issuing_is_counted(browser: FlaskClient) -> None:
    for _ in range(10):
        answer = send_form(browser, "/account/tokens", {**WANTED, "password": "wrong wrong"})
    answer = send_form(browser, "/account/tokens", WANTED)
    assert answer.status_code == 429
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert int(answer.headers["Retry-After"]) > 0


def test_sign_in_tells_how_many_tries_are_left(app: Flask, user: User) -> None:
    client = reader(app)
    for left in (9, 8):
        answer = send_form(client, "/sign-in", {"email": user.email, "password": "wrong wrong"})
        assert answer.headers["RateLimit-Remaining"] == str(left)


def test_a_token_is_issued_listed_and_revoked_on_the_command_line(
    app: Flask, hub: Hub, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATA_DIR": hub.settings.data_dir, "DATABASE_URL": hub.settings.database_url, "ENV": "test"}.items():
        monkeypatch.setenv(f"XUNYI_{name}", str(value))
    monkeypatch.setenv("XUNYI_BASE_URL", hub.settings.base_url)
    try:
        said = CliRunner().invoke(main, ["token", "issue", user.email, "--scope", "all", "--label", "stock"])
        assert said.exit_code == 0, said.output
        secret = secret_in(said.output)
        assert me(app, secret) == 200
        listed = CliRunner().invoke(main, ["token", "list", user.email]).output
        assert "stock" in listed
        assert secret not in listed
        assert all(scope in listed for scope in SCOPES)
        done = CliRunner().invoke(main, ["token", "revoke", listed.split()[0]])
        assert done.exit_code == 0
        assert me(app, secret) == 401
        for wrong in (
            ["issue", "nobody@xunyi.example", "--scope", "all"],
            ["issue", user.email, "--scope", "everything"],
            ["revoke", "0" * 26],
        ):
            refused = CliRunner().invoke(main, ["token", *wrong])
            assert refused.exit_code == 1
            assert "Traceback" not in refused.output
    finally:
        set_up_logs(as_json=True, level="warning")
