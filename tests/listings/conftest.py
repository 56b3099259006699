"""A signed-in seller's browser."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.kernel.hub import Hub
from tests.accounts.making import make_user, sign_in


@pytest.fixture
def seller_client(client: FlaskClient, hub: Hub) -> FlaskClient:
    sign_in(client, hub, make_user(hub))
    return client
