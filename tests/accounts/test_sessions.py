"""Sessions are rows: they end when they are ended, wherever the cookie was copied to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask_login import current_user
from sqlalchemy import select, update

from app.accounts import queries, service
from app.accounts.models import LoginSession, User
from app.accounts.rules import secret_hash
from app.factory import create_app
from app.kernel.audit import AuditEntry
from app.kernel.clock import advance
from tests.accounts.making import PASSWORD, make_member, make_user, reader, send_form, sign_in, token_of


def is_signed_in(client) -> bool:
    return client.get("/account").status_code == 200


def rows(hub) -> list[LoginSession]:
    with hub.look() as work:
        return list(work.session.scalars(select(LoginSession).order_by(LoginSession.id)))


def later(hub, **by) -> None:
    with hub.begin() as work:
        advance(work, timedelta(**by))


def test_signing_in_with_address_and_password_leads_on_to_where_the_reader_wanted(hub, client):
    user = make_user(hub, email="lin@xunyi.example")
    assert client.get("/account").location == "/sign-in?next=/account"
    answer = send_form(client, "/sign-in?next=/account", {"email": " LIN@xunyi.example ", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/account")
    assert "林知夏" in client.get("/account").get_data(as_text=True)
    with hub.look() as work:
        assert "session.start" in list(work.session.scalars(select(AuditEntry.verb).where(AuditEntry.entity_id == user.id)))


def test_the_cookie_is_closed_to_scripts_and_other_sites_and_only_its_hash_is_kept(hub, client):
    make_user(hub, email="lin@xunyi.example")
    answer = send_form(client, "/sign-in", {"email": "lin@xunyi.example", "password": PASSWORD})
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("sid="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Secure" not in cookie  # http addresses exist in development and tests only
    secret = client.get_cookie("sid").value
    assert [row.sid_hash for row in rows(hub)] == [secret_hash(secret)]
    assert secret not in str([vars(row) for row in rows(hub)])


def test_on_https_the_cookie_is_secure_and_bound_to_the_host(hub):
    hub.settings = hub.settings.model_copy(update={"base_url": "https://xunyi.example"})
    make_user(hub, email="lin@xunyi.example")
    client = reader(create_app(hub))
    page = client.get("/sign-in", base_url="https://xunyi.example")
    answer = client.post(
        "/sign-in",
        base_url="https://xunyi.example",
        data={"csrf_token": token_of(page), "email": "lin@xunyi.example", "password": PASSWORD},
    )
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if "sid=" in line)
    assert cookie.startswith("__Host-sid=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert client.get("/account", base_url="https://xunyi.example").status_code == 200


def test_a_copied_cookie_is_dead_after_signing_out(app, hub, client):
    secret = sign_in(client, hub, make_user(hub))
    assert is_signed_in(client)
    answer = send_form(client, "/account", to="/sign-out")
    assert (answer.status_code, answer.location) == (303, "/")
    assert not is_signed_in(client)
    thief = reader(app)
    thief.set_cookie("sid", secret)
    assert not is_signed_in(thief)
    assert rows(hub) == []


def test_signing_out_twice_is_no_mistake(hub, client):
    sign_in(client, hub, make_user(hub))
    token = token_of(client.get("/account"))
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
    assert send_form(client, "/sign-in", to="/sign-out").status_code == 303


def test_a_cookie_planted_before_signing_in_is_never_taken_over(app, hub, client):
    make_user(hub, email="lin@xunyi.example")
    client.set_cookie("sid", "planted-by-somebody-else")
    send_form(client, "/sign-in", {"email": "lin@xunyi.example", "password": PASSWORD})
    assert client.get_cookie("sid").value != "planted-by-somebody-else"
    thief = reader(app)
    thief.set_cookie("sid", "planted-by-somebody-else")
    assert not is_signed_in(thief)


def test_a_session_planted_before_signing_in_ends_with_the_sign_in(app, hub, client):
    victim, attacker = make_user(hub, email="lin@xunyi.example"), make_user(hub)
    planted = sign_in(client, hub, attacker)
    form = client.get("/forgot")  # the sign-in page sends signed-in people on
    client.post("/sign-in", data={"csrf_token": token_of(form), "email": "lin@xunyi.example", "password": PASSWORD})
    assert [row.user_id for row in rows(hub)] == [victim.id]
    thief = reader(app)
    thief.set_cookie("sid", planted)
    assert not is_signed_in(thief)


def test_the_form_token_from_before_the_sign_in_does_not_survive_it(app, hub, client):
    make_user(hub, email="lin@xunyi.example")
    before = token_of(client.get("/sign-in"))
    client.post("/sign-in", data={"csrf_token": before, "email": "lin@xunyi.example", "password": PASSWORD})
    assert client.post("/account/language", data={"csrf_token": before, "locale": "en"}).status_code == 400


@pytest.mark.parametrize("secret", ["", "x" * 43, "x" * 3000, "%00%ff", "é", "'; DROP TABLE login_session; --"])
def test_a_cookie_of_nobody_is_a_visitor(client, secret):
    client.set_cookie("sid", secret)
    assert client.get("/account").status_code == 303
    assert client.get("/sign-in").status_code == 200


def test_households_may_rest_for_fourteen_days_and_stay_for_thirty(hub, client):
    sign_in(client, hub, make_user(hub))
    for _ in range(2):
        later(hub, days=13, hours=23)
        with client.get("/account") as answer:
            assert answer.status_code == 200
    later(hub, days=1, hours=23)
    assert is_signed_in(client)
    later(hub, hours=4)
    assert not is_signed_in(client)


def test_a_household_away_for_fourteen_days_signs_in_again(hub, client):
    sign_in(client, hub, make_user(hub))
    later(hub, days=14)
    assert not is_signed_in(client)


@pytest.mark.parametrize("role", ["appraiser", "manager", "dealer", "officer", "operator"])
def test_staff_may_rest_for_half_an_hour_and_stay_for_twelve(hub, client, role):
    sign_in(client, hub, make_member(hub, role))
    later(hub, minutes=29)
    with client.get("/account") as answer:
        assert answer.status_code == 200
    later(hub, minutes=29)
    assert is_signed_in(client)
    later(hub, minutes=30)
    assert not is_signed_in(client)
    sign_in(client, hub, make_member(hub, role))
    for _ in range(24):
        later(hub, minutes=29)
        with client.get("/account") as answer:
            assert answer.status_code == 200
    later(hub, minutes=29)
    assert not is_signed_in(client)


def test_being_here_is_noted_after_the_answer_and_at_most_every_five_minutes(hub, client):
    sign_in(client, hub, make_user(hub))
    start = rows(hub)[0].seen_at
    later(hub, minutes=4)
    with client.get("/account"):
        pass
    assert rows(hub)[0].seen_at == start
    later(hub, minutes=2)
    answer = client.get("/account")
    assert rows(hub)[0].seen_at == start  # nothing is written before the answer is out
    answer.close()
    noted = rows(hub)[0].seen_at
    assert timedelta(minutes=6) <= noted - start < timedelta(minutes=7)
    with client.get("/account"):
        pass
    assert rows(hub)[0].seen_at == noted


def test_a_new_password_elsewhere_or_a_closed_account_ends_the_session_at_the_next_request(hub, client):
    user = make_user(hub)
    sign_in(client, hub, user)
    with hub.begin() as work:
        work.session.execute(update(User).where(User.id == user.id).values(auth_epoch=2))
    assert not is_signed_in(client)
    with hub.begin() as work:
        work.session.execute(update(User).where(User.id == user.id).values(auth_epoch=1))
    assert is_signed_in(client)
    with hub.begin() as work:
        work.session.execute(update(User).where(User.id == user.id).values(disabled_at=work.now))
    assert not is_signed_in(client)


def test_a_role_given_or_taken_ends_the_sessions_from_before(hub, client):
    user = make_user(hub)
    sign_in(client, hub, user)
    make_member(hub, "operator", user=user)
    assert not is_signed_in(client)
    sign_in(client, hub, user)
    with hub.begin() as work:
        service.end_member(work, queries.memberships_of(work, user.id)[0][0])
    assert not is_signed_in(client)


def test_flask_login_knows_the_same_person(new_app: Flask, hub):
    client, user = new_app.test_client(), make_user(hub)
    seen = []

    @new_app.after_request
    def look(answer):
        seen.append((current_user.is_authenticated, current_user.get_id()))
        return answer

    client.get("/sign-in")
    sign_in(client, hub, user)
    client.get("/account")
    assert seen == [(False, None), (True, user.code)]


def test_the_reader_learns_that_the_database_is_away_instead_of_being_signed_out(hub, client, tmp_path):
    if hub.db.dialect != "sqlite":
        return  # the journeys stop a real PostgreSQL
    sign_in(client, hub, make_user(hub))
    hub.db.dispose()
    (tmp_path / "db").rename(tmp_path / "db away")
    answer = client.get("/account")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    (tmp_path / "db away").rename(tmp_path / "db")
    assert is_signed_in(client)
