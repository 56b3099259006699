"""People whose programs hold only the document."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.kernel.hub import Hub
from tests.accounts.making import make_member, make_organisation, make_user
from tests.appraisal.admitting import qualify

SENIOR = "沈知行"  # signs a car's report too


@pytest.fixture
def people(hub: Hub) -> dict[str, User]:
    agency = make_organisation(hub, "agency", "清河检测")
    appraiser = make_user(hub, name="顾行简")
    make_member(hub, "appraiser", user=appraiser, organisation=agency)
    senior = make_member(hub, "appraiser", user=make_user(hub, name=SENIOR), organisation=agency)
    with hub.begin() as work:
        qualify(work, senior.id, level="senior")
    return {
        "senior": senior,
        "seller": make_user(hub, name="沈知遥"),
        "buyer": make_user(hub, name="贺兰"),
        "appraiser": appraiser,
    }


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    return app.test_client().get("/api/v1/openapi.json").get_json()
