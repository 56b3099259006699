"""Forms that come too late: the session has ended, or the token is too old."""

from __future__ import annotations

import html

import pytest

from tests.accounts.making import make_user, reader, sign_in, token_of


@pytest.fixture
def browser(app, hub):
    client = reader(app)
    sign_in(client, hub, make_user(hub))
    return client


def test_an_old_form_comes_back_with_what_was_typed(browser):
    form = {"csrf_token": "old", "note": 'a "quoted" <b>', "note2": "二", "password": "secret words"}
    answer = browser.post("/sell?from=home", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert 'action="/sell?from=home"' in page
    assert 'name="note" value="a &#34;quoted&#34; &lt;b&gt;"' in page
    assert 'name="note2" value="二"' in page
    assert "secret words" not in page
    sent = browser.post("/sell", data={"csrf_token": token_of(answer)})
    assert sent.status_code == 303


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
def test_a_form_of_somebody_else_does_not_come_back(browser, site):
    answer = browser.post("/sell", data={"note": "theirs"}, headers={"Sec-Fetch-Site": site} if site else {})
    assert answer.status_code in (400, 403)
    assert "theirs" not in html.unescape(answer.get_data(as_text=True))


def test_after_signing_in_again_the_reader_is_back_at_the_form(app):
    client = reader(app)
    token = token_of(client.get("/protection"))
    sent = client.post("/sell", data={"csrf_token": token}, headers={"Referer": "http://localhost/sell?x=1"})
    assert sent.location == "/sign-in?next=/sell%3Fx%3D1"
    elsewhere = client.post("/sell", data={"csrf_token": token}, headers={"Referer": "http://evil.example/sell"})
    assert elsewhere.location == "/sign-in?next=/"


@pytest.mark.parametrize("header", ["X-Autosave", "X-Upload"])
def test_a_script_is_told_that_the_session_has_ended(app, header):
    client = reader(app)
    token = token_of(client.get("/protection"))
    headers = {header: "1", "Accept": "application/json"}
    answer = client.post("/sell/whatever/price", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 401
    assert answer.json["code"] == "signed_out"
