"""A browser for every role, signed in before the attack begins, so that nothing the marketplace writes later is a sign-in."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.accounts.making import token_of
from tests.guards.conftest import ROLES, Town


class Visitors:
    """``status`` plays one request of one role; a write is an empty form with a valid token."""

    def __init__(self, town: Town) -> None:
        self._open: dict[str, tuple[FlaskClient, str]] = {}
        for role in ROLES:
            browser = town.browser(role)
            self._open[role] = browser, token_of(browser.get("/protection"))

    def status(self, role: str, method: str, address: str) -> int:
        browser, token = self._open[role]
        kept = browser.get_cookie("sid")
        answer = browser.get(address) if method == "GET" else browser.post(address, data={"csrf_token": token})
        answer.close()
        if kept is not None and browser.get_cookie("sid") != kept:
            browser.set_cookie("sid", kept.value)  # signed out or in as somebody else: the vault brings the session back
        return answer.status_code
