"""A forgotten password: by mail, once, within half an hour, ending every session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.models import LoginSession, PasswordReset
from app.kernel.clock import advance
from app.notices.models import Notice
from tests.accounts.making import PASSWORD, make_user, reader, send_form, sign_in
from tests.notices.making import link_of, mails

EMAIL = "lin@xunyi.example"
NEW = "a blue bicycle in the rain"


def asked(hub, client, email=EMAIL) -> str:
    answer = send_form(client, "/forgot", {"email": email})
    assert (answer.status_code, answer.location) == (303, "/forgot/sent")
    hub.drain()
    return link_of(mails(hub, email)[0])


def signs_in(app, password: str) -> bool:
    return send_form(reader(app), "/sign-in", {"email": EMAIL, "password": password}).status_code == 303


def test_the_link_sets_a_new_password_and_ends_every_session_without_signing_in(app, hub, client):
    user = make_user(hub, email=EMAIL)
    elsewhere = reader(app)
    sign_in(elsewhere, hub, user)
    link = asked(hub, client)
    assert signs_in(app, PASSWORD), "asking changes nothing yet"
    assert client.get(link).status_code == 200
    answer = send_form(client, link, {"password": NEW})
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert client.get("/account").status_code == 303
    assert elsewhere.get("/account").status_code == 303
    assert not signs_in(app, PASSWORD)
    assert signs_in(app, NEW)


def test_the_person_is_warned_in_the_pages_and_by_mail(hub, client):
    user = make_user(hub, email=EMAIL)
    send_form(client, asked(hub, client), {"password": NEW})
    hub.drain()
    with hub.look() as work:
        notice = work.session.scalars(select(Notice)).one()
    assert (notice.user_id, notice.read_at) == (user.id, None)
    assert "password was changed" in mails(hub, EMAIL)[0].text


def test_the_link_works_once(app, hub, client):
    make_user(hub, email=EMAIL)
    link = asked(hub, client)
    send_form(client, link, {"password": NEW})
    assert client.get(link).status_code == 404
    assert send_form(client, "/forgot", {"password": "another long secret"}, to=link).status_code == 404
    assert signs_in(app, NEW)


def test_the_link_is_dead_after_half_an_hour(app, hub, client):
    make_user(hub, email=EMAIL)
    link = asked(hub, client)
    with hub.begin() as work:
        advance(work, timedelta(minutes=30))
    assert client.get(link).status_code == 404
    assert send_form(client, "/forgot", {"password": NEW}, to=link).status_code == 404
    assert signs_in(app, PASSWORD)


def test_using_one_link_kills_the_others(app, hub, client):
    make_user(hub, email=EMAIL)
    first, second = asked(hub, client), asked(hub, client)
    assert first != second
    send_form(client, second, {"password": NEW})
    assert client.get(first).status_code == 404


def test_an_address_without_an_account_is_answered_in_the_same_way_and_gets_nothing(hub, client):
    make_user(hub, email=EMAIL)
    answers = [send_form(client, "/forgot", {"email": email}) for email in (EMAIL, "nobody@xunyi.example")]
    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].location == answers[1].location
    assert answers[0].data == answers[1].data
    hub.drain()
    assert [mail.to for mail in mails(hub)] == [EMAIL]
    with hub.look() as work:
        assert work.session.scalars(select(func.count()).select_from(PasswordReset)).one() == 2


def test_five_mails_a_day_and_the_page_does_not_say_so(hub, client):
    make_user(hub, email=EMAIL)
    for _ in range(7):
        assert send_form(client, "/forgot", {"email": EMAIL}).location == "/forgot/sent"
    hub.drain()
    assert len(mails(hub, EMAIL)) == 5
    with hub.begin() as work:
        advance(work, timedelta(days=1))
    asked(hub, client)
    assert len(mails(hub, EMAIL)) == 6


def test_one_network_asking_all_the_time_is_told_to_wait(hub, client):
    for n in range(10):
        send_form(client, "/forgot", {"email": f"p{n}@xunyi.example"})
    refused = send_form(client, "/forgot", {"email": EMAIL})
    assert refused.status_code == 429
    assert f'value="{EMAIL}"' in refused.get_data(as_text=True)


@pytest.mark.parametrize("typed", ["", "short", "password123", EMAIL, "林知夏", "x" * 129])
def test_a_poor_new_password_is_refused_and_the_link_stays_good(app, hub, client, typed):
    make_user(hub, email=EMAIL)
    link = asked(hub, client)
    answer = send_form(client, link, {"password": typed})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.get_data(as_text=True)
    assert signs_in(app, PASSWORD)
    assert send_form(client, link, {"password": NEW}).status_code == 303


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", "\x00", "<b>@x.yy", "x" * 400 + "@y.zz"])
def test_what_is_no_address_is_said_beside_the_field_and_kept(client, typed):
    answer = send_form(client, "/forgot", {"email": typed})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.get_data(as_text=True)
    if typed in ("nobody", "a@b"):
        assert f'value="{typed}"' in answer.get_data(as_text=True)


def test_the_reader_of_the_link_may_be_signed_in_as_somebody_else(app, hub, client):
    make_user(hub, email=EMAIL)
    other = make_user(hub)
    link = asked(hub, client)
    sign_in(client, hub, other)
    assert send_form(client, link, {"password": NEW}).status_code == 303
    assert signs_in(app, NEW)
    with hub.look() as work:
        assert other.id in set(work.session.scalars(select(LoginSession.user_id)))
