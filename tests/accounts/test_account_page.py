"""One's own account: password, language of mails, devices, roles; and the one-click people of the demonstration."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts import queries
from app.accounts.models import LoginSession, User
from app.factory import create_app
from tests.accounts.making import PASSWORD, make_member, make_organisation, make_user, reader, send_form, sign_in, token_of

NEW = "a blue bicycle in the rain"
CHANGE = {"current": PASSWORD, "new": NEW}


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def test_a_changed_password_keeps_this_browser_under_a_new_secret_and_ends_the_others(app, hub, client):
    user = make_user(hub, email="lin@xunyi.example")
    old, elsewhere = sign_in(client, hub, user), reader(app)
    sign_in(elsewhere, hub, user)
    answer = send_form(client, "/account", CHANGE, to="/account/password")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert client.get("/account").status_code == 200
    assert client.get_cookie("sid").value != old
    assert elsewhere.get("/account").status_code == 303
    thief = reader(app)
    thief.set_cookie("sid", old)
    assert thief.get("/account").status_code == 303
    assert send_form(thief, "/sign-in", {"email": user.email, "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"current": "wrong wrong wrong", "new": NEW}, "current"),
        ({"current": "", "new": NEW}, "current"),
        ({"current": PASSWORD, "new": "short"}, "new"),
        ({"current": PASSWORD, "new": "password123"}, "new"),
        ({"current": PASSWORD, "new": "lin@xunyi.example"}, "new"),
        ({"current": PASSWORD}, "new"),
    ],
)
def test_a_password_is_not_changed_without_the_present_one_or_to_a_poor_one(hub, client, fields, field):
    user = make_user(hub, email="lin@xunyi.example")
    sign_in(client, hub, user)
    answer = send_form(client, "/account", fields, to="/account/password")
    assert answer.status_code == 422
    assert f'id="{field}-error"' in text_of(answer)
    assert PASSWORD not in text_of(answer)
    with hub.look() as work:
        assert queries.user_by_id(work, user.id).password_hash == user.password_hash


def test_the_present_password_cannot_be_guessed_without_end(hub, client):
    sign_in(client, hub, make_user(hub))
    statuses = [
        send_form(client, "/account", {"current": f"guess number {n}", "new": NEW}, to="/account/password").status_code
        for n in range(11)
    ]
    assert statuses == [422] * 10 + [429]


def test_the_language_of_mails_is_chosen_from_the_list_only(hub, client):
    user = make_user(hub, locale="en")
    sign_in(client, hub, user)
    assert send_form(client, "/account", {"locale": "zh_CN"}, to="/account/language").status_code == 303
    for typed in ("xx", "", "<script>"):
        assert send_form(client, "/account", {"locale": typed}, to="/account/language").status_code == 422
    with hub.look() as work:
        assert queries.user_by_id(work, user.id).locale == "zh_CN"


def test_devices_are_listed_and_each_can_be_signed_out(app, hub, client):
    user = make_user(hub)
    sign_in(client, hub, user)
    other = reader(app)
    sign_in(other, hub, user)
    page = text_of(client.get("/account"))
    assert page.count("Chrome · Android") == 2
    assert page.count(">This device<") == 1
    with hub.look() as work:
        code = work.session.scalars(select(LoginSession.code).order_by(LoginSession.id.desc())).first()
    assert send_form(client, "/account", to=f"/account/sessions/{code}/end").status_code == 303
    assert other.get("/account").status_code == 303
    assert client.get("/account").status_code == 200
    assert send_form(client, "/account", to=f"/account/sessions/{code}/end").status_code == 404


def test_a_stranger_cannot_end_my_session(app, hub, client):
    sign_in(client, hub, make_user(hub))
    with hub.look() as work:
        code = work.session.scalars(select(LoginSession.code)).one()
    stranger = reader(app)
    sign_in(stranger, hub, make_user(hub))
    assert send_form(stranger, "/account", to=f"/account/sessions/{code}/end").status_code == 404
    assert client.get("/account").status_code == 200


def test_every_other_device_can_be_signed_out_at_once(app, hub, client):
    user = make_user(hub)
    sign_in(client, hub, user)
    others = [reader(app) for _ in range(2)]
    for other in others:
        sign_in(other, hub, user)
    assert send_form(client, "/account", to="/account/sessions/end-others").status_code == 303
    assert client.get("/account").status_code == 200
    assert [other.get("/account").status_code for other in others] == [303, 303]


def test_roles_are_shown_with_their_organisations(hub, client):
    user = make_member(hub, "appraiser", organisation=make_organisation(hub, "agency", "清河检测"))
    sign_in(client, hub, user)
    page = text_of(client.get("/account"))
    assert "清河检测" in page
    assert "Appraiser" in page


def test_names_are_shown_as_text(hub, client):
    user = make_user(hub, name="<b onclick=x>{{ 7*7 }}</b>")
    sign_in(client, hub, user)
    page = text_of(client.get("/account"))
    assert "<b onclick" not in page
    assert "{{ 7*7 }}" in page


@pytest.mark.parametrize(
    "path", ["/account/password", "/account/language", "/account/sessions/x/end", "/account/sessions/end-others"]
)
def test_visitors_are_asked_to_sign_in_first(client, path):
    answer = client.post(path, data={"csrf_token": token_of(client.get("/sign-in"))})
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


def test_in_the_demonstration_everybody_is_one_press_away(hub, client):
    household, officer = make_user(hub, name="周远"), make_member(hub, "officer", user=make_user(hub, name="高敏"))
    page = text_of(client.get("/dev/sign-in"))
    assert page.index("周远") < page.index("高敏")
    for user in (household, officer):
        answer = send_form(client, "/dev/sign-in", to=f"/dev/sign-in/{user.code}?next=/account")
        assert (answer.status_code, answer.location) == (303, "/account")
        assert user.email in text_of(client.get("/account"))
    assert send_form(client, "/dev/sign-in", to="/dev/sign-in/nobody").status_code == 404


def test_the_demonstration_doors_do_not_exist_in_production(hub, monkeypatch):
    monkeypatch.setenv("XUNYI_TRUSTED_HOSTS", '["xunyi.example"]')
    user = make_user(hub)
    client = reader(create_app(hub))
    token = token_of(client.get("/sign-in"))
    # The doors of an application that was put together for development refuse by themselves ...
    hub.settings = hub.settings.model_copy(update={"env": "production"})
    for path in ("/dev/sign-in", "/dev/mailbox", "/dev/mailbox/x.eml"):
        assert client.get(path).status_code == 404
    assert client.post(f"/dev/sign-in/{user.code}", data={"csrf_token": token}).status_code == 404
    # ... and one put together for production has no such doors at all.
    hub.settings = hub.settings.model_copy(update={"base_url": "https://xunyi.example"})
    assert not [rule for rule in create_app(hub).url_map.iter_rules() if rule.rule.startswith("/dev/")]


def test_nothing_on_a_get_is_written(hub, client):
    user = make_user(hub)
    sign_in(client, hub, user)
    with hub.look() as work:
        before = work.session.scalars(select(User)).all(), work.session.scalars(select(LoginSession.seen_at)).all()
    for path in ("/account", "/sign-in", "/register", "/forgot", "/notices", "/dev/sign-in", "/register/x", "/reset/x"):
        with client.get(path):
            pass
    with hub.look() as work:
        after = work.session.scalars(select(User)).all(), work.session.scalars(select(LoginSession.seen_at)).all()
    assert [user.auth_epoch for user in before[0]] == [user.auth_epoch for user in after[0]]
    assert before[1] == after[1]
