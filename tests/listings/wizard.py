"""The wizard as a browser uses it: open a screen, send its form, add a photo, and look at the draft behind it."""

from __future__ import annotations

import io
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.kernel.hub import Hub
from app.listings import queries
from tests.accounts.making import token_of


def text_of(page: TestResponse) -> str:
    return page.get_data(as_text=True)


def begin_draft(client: FlaskClient) -> str:
    """A new draft through the pages; gives its code."""
    answer = client.post("/sell", data={"csrf_token": token_of(client.get("/sell"))})
    assert answer.status_code == 303
    found = re.fullmatch(r"/sell/([a-z0-9]{26})/model", answer.location)
    assert found
    return found[1]


def hidden(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', text_of(page))
    assert found, f"no hidden field {name}"
    return found[1]


def send(client: FlaskClient, address: str, fields: dict[str, Any], headers: dict[str, str] | None = None) -> TestResponse:
    """Open a screen and send its form with these answers."""
    page = client.get(address)
    assert page.status_code == 200, address
    data = {"csrf_token": token_of(page), "revision": hidden(page, "revision"), "screen": hidden(page, "screen"), **fields}
    return client.post(address.partition("?")[0], data=data, headers=headers)


def add_photo(
    client: FlaskClient, code: str, data: bytes, name: str = "front.jpg", shot: str = "front", **headers: str
) -> TestResponse:
    token = token_of(client.get(f"/sell/{code}/photos"))
    sent = {"csrf_token": token, "photo": (io.BytesIO(data), name)}
    return client.post(f"/sell/{code}/photos/add?shot={shot}", data=sent, headers=headers)


def draft_of(hub: Hub, code: str) -> dict[str, Any]:
    with hub.look() as work:
        found = queries._by_code(work, code)
        assert found is not None
        return dict(found.draft)


def state_of(hub: Hub, code: str) -> str:
    with hub.look() as work:
        found = queries._by_code(work, code)
        assert found is not None
        return found.state


def photos_of(hub: Hub, code: str) -> list[queries.PhotoOf]:
    with hub.look() as work:
        found = queries._by_code(work, code)
        assert found is not None
        return queries.photos_of(work, found.id)
