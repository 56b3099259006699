"""The tables go down and up again over revisions and readings, on both databases."""

from __future__ import annotations

from app.cli import database
from app.kernel.hub import Hub
from app.schemes import queries
from tests.schemes.making import CAR, publish
from tests.schemes.test_confirming import confirm, readers


def test_down_and_up_again_over_rows(hub: Hub, database_url: str) -> None:
    """What was published is gone with its tables; the package's own files are what is left, and everything can begin anew."""
    confirm(hub, readers(hub), "40")
    publish(hub)
    hub.db.dispose()
    database.downgrade(database_url, "0025")
    database.upgrade(database_url)
    assert database.differences(database_url) == []
    with hub.look() as work:
        assert queries.newest_scheme(work, CAR).number == 1
    assert publish(hub).no == 2
