"""A browser of a person of a sale."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.accounts.making import sign_in


@pytest.fixture
def signed_in(app, hub):
    """Open a browser as this person; pages in English, so that tests read what the code says."""

    def open_browser(person) -> FlaskClient:
        client = app.test_client()
        client.set_cookie("lang", "en")
        sign_in(client, hub, person)
        return client

    return open_browser
