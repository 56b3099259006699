from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.making import reader


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that reads English, so that the tests can look for sentences."""
    return reader(app)
