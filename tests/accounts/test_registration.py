"""Opening an account: the address must answer, and nobody learns who has an account."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.accounts import queries, service
from app.accounts.errors import EmailTaken, LinkDead
from app.accounts.events import UserRegistered
from app.accounts.models import LoginSession, Registration, User
from app.kernel.clock import advance
from app.kernel.db import Base
from app.kernel.outbox import OutboxRow
from app.kernel.work import VISITOR
from tests.accounts.making import PASSWORD, make_user, password_hash, reader, send_form, sign_in, token_of
from tests.notices.making import link_of, mails

EMAIL = "lin@xunyi.example"
FIELDS = {"email": EMAIL, "display_name": "林知夏", "password": PASSWORD}


def count(hub, model) -> int:
    with hub.look() as work:
        return work.session.scalars(select(func.count()).select_from(model)).one()


def asked(hub, client, **fields) -> str:
    """Register and return the path of the mail's link."""
    answer = send_form(client, "/register", {**FIELDS, **fields})
    assert (answer.status_code, answer.location) == (303, "/register/sent")
    hub.drain()
    return link_of(mails(hub, fields.get("email", EMAIL))[0])


def test_a_household_registers_confirms_by_mail_and_is_signed_in(hub, client):
    answer = send_form(client, "/register?next=/sell", FIELDS)
    assert "We sent a message" in client.get(answer.location).get_data(as_text=True)
    assert count(hub, User) == 0
    hub.drain()
    mail = mails(hub)[0]
    assert mail.to == EMAIL
    assert "林知夏" in mail.text
    page = client.get(link_of(mail))
    assert EMAIL in page.get_data(as_text=True)
    assert count(hub, User) == 0, "looking at the link must not open the account: mail programs look at links too"
    answer = send_form(client, link_of(mail))
    assert (answer.status_code, answer.location) == (303, "/sell")
    assert "林知夏" in client.get("/account").get_data(as_text=True)
    with hub.look() as work:
        user = queries.find_user_by_email(work, EMAIL)
        assert user.verified_at is not None
        assert user.locale == "en"
        news = work.session.scalars(select(OutboxRow).where(OutboxRow.name == UserRegistered.__name__)).one()
        assert news.payload == {"user_id": user.id}


def test_the_password_of_the_registration_is_the_one_to_sign_in_with(app, hub, client):
    send_form(client, asked(hub, client))
    other = reader(app)
    assert send_form(other, "/sign-in", {"email": EMAIL, "password": PASSWORD}).status_code == 303


def test_the_link_works_once(app, hub, client):
    link = asked(hub, client)
    assert send_form(client, link).status_code == 303
    later = reader(app)
    page = later.get(link)
    assert page.status_code == 404
    assert "no longer works" in page.get_data(as_text=True)
    assert send_form(later, "/register", to=link).status_code == 404
    assert count(hub, User) == 1


def test_the_link_is_dead_after_a_day(hub, client):
    link = asked(hub, client)
    with hub.begin() as work:
        advance(work, timedelta(hours=24))
    assert client.get(link).status_code == 404
    assert send_form(client, "/register", to=link).status_code == 404
    assert count(hub, User) == 0


@pytest.mark.parametrize("token", ["x", "../../etc/passwd", "%00", "é", "' OR 1=1 --", "a" * 2000])
def test_an_invented_link_is_answered_like_a_dead_one(client, token):
    assert client.get(f"/register/{token}").status_code == 404
    assert client.get(f"/reset/{token}").status_code == 404


def test_in_another_browser_the_button_alone_opens_nothing(app, hub, client):
    """Otherwise a stranger could register somebody's address with a password of their own and wait for the press."""
    link = asked(hub, client)
    owner = reader(app)
    assert 'name="password"' in owner.get(link).get_data(as_text=True)
    assert send_form(owner, link).status_code == 422
    assert send_form(owner, link, {"password": "a guess of mine"}).status_code == 422
    assert count(hub, User) == 0
    assert send_form(owner, link, {"password": PASSWORD}).status_code == 303
    assert owner.get("/account").status_code == 200


def test_guessing_the_password_of_a_registration_is_limited(app, hub, client):
    link = asked(hub, client)
    owner = reader(app)
    statuses = [send_form(owner, link, {"password": f"a guess of mine {n}"}).status_code for n in range(11)]
    assert statuses == [422] * 10 + [429]


def test_an_address_with_an_account_is_answered_in_the_same_way(app, hub):
    make_user(hub, email=EMAIL, name="周远")
    answers, rows = [], []
    for email in ("new@xunyi.example", EMAIL):
        client = reader(app)
        before = {table.name: _rows(hub, table.name) for table in Base.metadata.sorted_tables}
        answer = send_form(client, "/register", {**FIELDS, "email": email})
        rows.append({name: _rows(hub, name) - number for name, number in before.items()})
        page = client.get(answer.location).get_data(as_text=True)
        cookies = [(line.partition("=")[0], line.partition(";")[2]) for line in answer.headers.getlist("Set-Cookie")]
        answers.append(
            (answer.status_code, answer.location, answer.data, cookies, page.partition("<footer")[0].partition("<main")[2])
        )
    assert answers[0] == answers[1]
    assert rows[0] == rows[1]
    hub.drain()
    known, new = mails(hub, EMAIL)[0], mails(hub, "new@xunyi.example")[0]
    assert "already have" in known.text
    assert "周远" in known.text
    assert "林知夏" not in known.text, "what a stranger typed must not reach the owner as a message"
    assert link_of(known) == "/sign-in"
    assert link_of(new).startswith("/register/")
    assert count(hub, User) == 1


def _rows(hub, table: str) -> int:
    with hub.look() as work:
        return work.session.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()


def test_an_address_registered_twice_becomes_one_account(app, hub, client):
    first = asked(hub, client)
    other = reader(app)
    second = asked(hub, other)
    assert first != second
    assert send_form(client, first).status_code == 303
    answer = send_form(other, second)
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert "already an account" in other.get("/sign-in").get_data(as_text=True)
    assert count(hub, User) == 1


@pytest.mark.parametrize("links", [1, 4])
def test_four_presses_at_the_same_moment_on_one_link_or_on_four_open_one_account(hub, links):
    tokens = []
    for _ in range(links):
        with hub.begin() as work:
            row = service.request_registration(work, hub.sealer, EMAIL, "林知夏", password_hash(), "en")
        tokens.append(service.registration_token(hub.sealer, row.code))
    start, results = threading.Barrier(4), []

    def press(token: str) -> None:
        start.wait(60)
        try:
            hub.db.run(VISITOR, lambda work: service.confirm_registration(work, token))
            results.append("open")
        except (LinkDead, EmailTaken):
            results.append("refused")

    presses = [threading.Thread(target=press, args=(tokens[number % links],)) for number in range(4)]
    for one in presses:
        one.start()
    for one in presses:
        one.join(60)
    assert sorted(results) == ["open", "refused", "refused", "refused"]
    assert count(hub, User) == 1


def test_no_table_and_no_news_holds_a_secret_that_opens_an_account(hub, client):
    token = asked(hub, client).rpartition("/")[2]
    with hub.look() as work:
        for table in Base.metadata.sorted_tables:
            stored = repr(work.session.execute(text(f'SELECT * FROM "{table.name}"')).all())
            assert token not in stored, table.name
            assert PASSWORD not in stored, table.name
            if table.name not in ("registration", "app_user"):
                assert EMAIL not in stored, table.name


def test_an_address_gets_three_mails_in_six_hours_and_the_page_does_not_say_so(app, hub):
    for _ in range(5):
        answer = send_form(reader(app), "/register", FIELDS)
        assert (answer.status_code, answer.location) == (303, "/register/sent")
    hub.drain()
    assert len(mails(hub, EMAIL)) == 3
    with hub.begin() as work:
        advance(work, timedelta(hours=6))
    send_form(reader(app), "/register", FIELDS)
    hub.drain()
    assert len(mails(hub, EMAIL)) == 4


def test_a_network_registers_ten_times_in_five_minutes_and_then_waits(app, hub):
    for number in range(10):
        assert send_form(reader(app), "/register", {**FIELDS, "email": f"p{number}@xunyi.example"}).status_code == 303
    client = reader(app)
    refused = send_form(client, "/register", {**FIELDS, "email": "p11@xunyi.example"})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "300"
    assert "p11@xunyi.example" in refused.get_data(as_text=True)
    with hub.begin() as work:
        advance(work, timedelta(minutes=5))
    assert send_form(client, "/register", {**FIELDS, "email": "p11@xunyi.example"}).status_code == 303


HOSTILE = [
    "", " ", "\x00", "a\x00b", "\u202eexe.txt", "x" * 5000, "<script>alert(1)</script>", "{{ 7*7 }}", "%(name)s %s", "' OR '1'='1", "\ud83d",
    "a@b", "\r\nBcc: x@y.zz", "../../x",
]  # fmt: skip


@pytest.mark.parametrize("typed", HOSTILE)
@pytest.mark.parametrize("field", ["email", "display_name", "password"])
def test_hostile_input_is_answered_by_the_field_and_what_was_typed_stays(hub, client, field, typed):
    typed = typed.encode("utf-8", "replace").decode()
    answer = send_form(client, "/register", {**FIELDS, field: typed})
    page = answer.get_data(as_text=True)
    if answer.status_code == 303:
        assert field == "password" or typed in (
            "{{ 7*7 }}",
            "%(name)s %s",
            "' OR '1'='1",
            "../../x",
            "?",
            "a@b",
            "<script>alert(1)</script>",
            "\r\nBcc: x@y.zz",
        )
        hub.drain()
        assert len(mails(hub, EMAIL)) == 1
        return
    assert answer.status_code == 422
    assert f'id="{field}-error"' in page
    assert "<script>alert" not in page
    assert PASSWORD not in page
    if field != "email":
        assert f'value="{EMAIL}"' in page
    if field != "display_name":
        assert 'value="林知夏"' in page
    assert count(hub, Registration) == 0


def test_missing_fields_are_named_one_by_one(client):
    answer = send_form(client, "/register", {})
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).count("Please fill this in.") == 6  # beside each field and in the summary


def test_a_form_without_its_token_changes_nothing(hub, client):
    assert client.post("/register", data=FIELDS).status_code == 400
    assert client.post("/sign-in", data=FIELDS).status_code == 400
    assert count(hub, Registration) == 0


def test_a_form_sent_from_another_site_changes_nothing(hub, client):
    page = client.get("/register")
    answer = client.post("/register", data={"csrf_token": token_of(page), **FIELDS}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert count(hub, Registration) == 0


def test_a_signed_in_reader_is_sent_on(hub, client):
    sign_in(client, hub, make_user(hub))
    assert client.get("/register").location == "/"
    assert client.get("/sign-in?next=//evil.example").location == "/"
    assert client.get("/sign-in?next=/sell").location == "/sell"
    assert count(hub, LoginSession) == 1
