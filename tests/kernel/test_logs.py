"""What a fault leaves in the log: where it happened, and none of the values that people gave us."""

from __future__ import annotations

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import logs
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM

SECRET = "green lamp on the stairs"


@pytest.fixture(params=[False, True], ids=["readable", "json"])
def logger(request: pytest.FixtureRequest):
    before = structlog.get_config()
    logs.set_up(is_production=request.param)
    yield structlog.get_logger()
    structlog.configure(**before)


def test_a_fault_is_logged_without_local_variables_and_without_sql_parameters(logger, hub: Hub, capsys) -> None:
    def fail(password: str) -> None:
        with hub.begin(SYSTEM) as work:
            work.session.execute(text("SELECT missing FROM nowhere WHERE password = :password"), {"password": password})

    try:
        fail(SECRET)
    except DBAPIError:
        logger.exception("fault", path="/register")
    told = capsys.readouterr().out
    assert "Traceback" in told
    assert "/register" in told
    assert "nowhere" in told
    assert SECRET not in told
