"""Makes people, organisations and signed-in browsers for the tests of every room."""

from __future__ import annotations

import itertools
import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import queries, service
from app.accounts.models import KIND_OF_ROLE, Membership, Organisation, User
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, Actor
from tests.appraisal.admitting import admit, qualify

PASSWORD = "green lamp on the stairs"
_hash = ""
_numbers = itertools.count(1)


def password_hash() -> str:
    """A cheap hash of ``PASSWORD``, made once per test process."""
    global _hash
    _hash = _hash or service.hash_password(PASSWORD, time_cost=1)
    return _hash


def make_user(hub: Hub, *, email: str | None = None, name: str = "林知夏", verified: bool = True, locale: str = "en") -> User:
    """A person who can sign in with ``PASSWORD``. Has ``id`` and ``code``; safe to use after the transaction."""
    with hub.begin(SYSTEM) as work:
        return service.create_user(
            work, email or f"person{next(_numbers)}@xunyi.example", name, password_hash(), locale=locale, is_verified=verified
        )


def make_organisation(hub: Hub, kind: str = "agency", name: str = "清河检测", *, admitted: bool = True) -> Organisation:
    """An organisation. An agency has licences for everything unless it is not ``admitted``."""
    with hub.begin(SYSTEM) as work:
        organisation = service.create_organisation(work, kind, name)
        if kind == "agency" and admitted:
            admit(work, organisation.id)
        return organisation


def make_member(
    hub: Hub, role: str, *, user: User | None = None, organisation: Organisation | None = None, qualified: bool = True
) -> User:
    """A person with a role, in the given organisation or in a new one of the right kind. Ends the person's sessions.

    An appraiser has certificates and passed tests for everything unless they are not ``qualified``.
    """
    person = user or make_user(hub)
    where = organisation or make_organisation(hub, KIND_OF_ROLE[role])
    with hub.begin(SYSTEM) as work:
        service.add_member(work, queries.user_by_id(work, person.id), queries.organisation_by_id(work, where.id), role)
        if role == "appraiser" and qualified:
            qualify(work, person.id)
    return person


def memberships(hub: Hub, user: User) -> list[Membership]:
    with hub.look() as work:
        return [membership for membership, _ in queries.memberships_of(work, user.id)]


def actor(hub: Hub, user: User) -> Actor:
    """The actor that the user is now: ``with hub.begin(actor(hub, user)) as work``."""
    with hub.look() as work:
        return queries.actor_for(work, queries.user_by_id(work, user.id))


def sign_in(client: FlaskClient, hub: Hub, user: User) -> str:
    """Give the client a session of the user, as the sign-in page would; returns the cookie's secret."""
    with hub.begin(SYSTEM) as work:
        new = service.start_session(work, queries.user_by_id(work, user.id), "Chrome · Android", "127.0.0.0/24")
    client.set_cookie("__Host-sid" if hub.settings.is_secure else "sid", new.secret, secure=hub.settings.is_secure)
    return new.secret


def token_of(page: TestResponse) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.get_data(as_text=True))
    assert found, f"no form token on the page ({page.status})"
    return found[1]


def send_form(client: FlaskClient, page: str, fields: dict[str, object] | None = None, *, to: str | None = None) -> TestResponse:
    """Open a page and send its form with these fields, to the page itself or to another address."""
    return client.post(to or page, data={"csrf_token": token_of(client.get(page)), **(fields or {})})


def reader(app: Flask) -> FlaskClient:
    """A new browser that reads the pages in English."""
    client = app.test_client()
    client.set_cookie("lang", "en")
    return client
