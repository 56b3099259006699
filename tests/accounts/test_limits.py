"""Tries are limited per account, per network and in all; a limit opens again by itself."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import func, insert, select

from app.accounts import limits
from app.accounts.errors import TooOften
from app.accounts.models import LoginAttempt
from app.kernel.clock import advance
from app.kernel.work import VISITOR
from tests.accounts.making import PASSWORD, make_user, reader, send_form

EMAIL = "lin@xunyi.example"


def attempt(client, email=EMAIL, password="wrong wrong wrong", network="203.0.113"):
    return send_form_from(client, network, {"email": email, "password": password})


def send_form_from(client, network, fields):
    client.environ_base["REMOTE_ADDR"] = f"{network}.7"
    return send_form(client, "/sign-in", fields)


def wait(hub, **by) -> None:
    with hub.begin() as work:
        advance(work, timedelta(**by))


def test_wrong_passwords_close_the_account_for_five_minutes_and_then_it_opens_by_itself(hub, client):
    make_user(hub, email=EMAIL)
    assert [attempt(client).status_code for _ in range(10)] == [422] * 10
    refused = attempt(client, password=PASSWORD)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "300"
    assert f'value="{EMAIL}"' in refused.get_data(as_text=True)
    assert PASSWORD not in refused.get_data(as_text=True)
    wait(hub, minutes=5)
    assert attempt(client, password=PASSWORD).status_code == 303


def test_trying_on_while_closed_does_not_keep_it_closed(hub, client):
    make_user(hub, email=EMAIL)
    for _ in range(10):
        attempt(client)
    wait(hub, minutes=4)
    assert attempt(client).status_code == 429
    wait(hub, minutes=1)
    assert attempt(client, password=PASSWORD).status_code == 303


def test_ten_tries_on_one_account_from_many_networks_are_too_many(hub, client):
    make_user(hub, email=EMAIL)
    assert [attempt(client, network=f"203.0.{n}").status_code for n in range(11)] == [422] * 10 + [429]


def test_one_network_trying_many_accounts_is_stopped_and_others_are_not(hub, client):
    make_user(hub, email=EMAIL)
    assert [attempt(client, email=f"p{n}@xunyi.example").status_code for n in range(11)] == [422] * 10 + [429]
    assert attempt(client, password=PASSWORD).status_code == 429
    assert attempt(client, password=PASSWORD, network="198.51.100").status_code == 303


def test_right_passwords_are_never_counted(hub, client, app):
    make_user(hub, email=EMAIL)
    assert [attempt(reader(app), password=PASSWORD).status_code for _ in range(15)] == [303] * 15


def test_strangers_cannot_keep_a_person_out_who_has_signed_in_from_home_before(hub, client, app):
    make_user(hub, email=EMAIL)
    assert attempt(reader(app), password=PASSWORD, network="198.51.100").status_code == 303
    for n in range(11):
        stranger = attempt(client, network=f"203.0.{n}")
    assert stranger.status_code == 429
    assert attempt(reader(app), password=PASSWORD, network="198.51.100").status_code == 303


def test_a_thousand_failures_in_all_close_the_door_for_everybody(hub, client):
    make_user(hub, email=EMAIL)
    with hub.begin() as work:
        rows = [
            {"kind": "sign_in", "account": f"a{n}", "ip_prefix": f"n{n}", "at": work.now, "succeeded": False} for n in range(1000)
        ]
        work.session.execute(insert(LoginAttempt), rows)
    assert attempt(client, password=PASSWORD).status_code == 429
    wait(hub, minutes=5)
    assert attempt(client, password=PASSWORD).status_code == 303


def test_tries_at_the_same_moment_are_counted_one_after_the_other(hub):
    start, results = threading.Barrier(16), []

    def one() -> None:
        start.wait(60)
        try:
            hub.db.run(VISITOR, lambda work: limits.note_sign_in(work, "account", "network"))
            results.append("counted")
        except TooOften:
            results.append("refused")

    tries = [threading.Thread(target=one) for _ in range(16)]
    for thread in tries:
        thread.start()
    for thread in tries:
        thread.join(60)
    assert results.count("counted") == 10
    assert results.count("refused") == 6


@pytest.mark.parametrize("email", ["nobody@xunyi.example", "not an address", "x" * 254, "\u202e@xunyi.example"])
def test_an_unknown_address_and_a_wrong_password_read_the_same(hub, client, email):
    make_user(hub, email=EMAIL)
    wrong, unknown = attempt(client), attempt(client, email=email)
    if email.startswith("\u202e"):
        assert unknown.status_code == 422  # says that the text has characters that cannot be used
        return
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    main = [answer.get_data(as_text=True).partition("<main")[2].partition("<footer")[0] for answer in (wrong, unknown)]
    assert _without_tokens(main[0], EMAIL) == _without_tokens(main[1], email)
    assert "do not fit together" in main[0]


def _without_tokens(page: str, typed: str) -> list[str]:
    return [line for line in page.replace(typed, "").splitlines() if "csrf_token" not in line]


def test_an_unknown_address_costs_the_same_hashing_as_a_wrong_password(hub, client, monkeypatch):
    make_user(hub, email=EMAIL)
    work: list[tuple[int, int, int]] = []
    verify = PasswordHasher.verify

    def counted(hasher, password_hash, password):
        made = extract_parameters(password_hash)
        work.append((made.time_cost, made.memory_cost, made.parallelism))
        return verify(hasher, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for email in (EMAIL, "nobody@xunyi.example"):
        assert attempt(client, email=email).status_code == 422
    assert len(work) == 2
    assert work[0] == work[1]


def test_tries_are_forgotten_after_half_a_year(hub, client):
    attempt(client)
    wait(hub, days=191)
    attempt(client)
    with hub.look() as work:
        assert work.session.scalars(select(func.count()).select_from(LoginAttempt)).one() == 1


def test_a_try_holds_no_address(hub, client):
    attempt(client)
    with hub.look() as work:
        row = work.session.scalars(select(LoginAttempt)).one()
    assert "lin" not in row.account
    assert row.ip_prefix == "203.0.113.0/24"


@pytest.mark.parametrize("field", ["email", "password"])
@pytest.mark.parametrize(
    "typed", ["", " ", "\x00", "<script>alert(1)</script>", "x" * 5000, "{{ 7*7 }}", "'; DROP TABLE app_user; --"]
)
def test_hostile_input_on_the_sign_in_page_is_a_plain_refusal(hub, client, field, typed):
    make_user(hub, email=EMAIL)
    answer = send_form(client, "/sign-in", {"email": EMAIL, "password": "secret words of mine", field: typed})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<script>alert" not in page
    assert "secret words of mine" not in page
    assert 'role="alert"' in page
    if field == "password":
        assert f'value="{EMAIL}"' in page
