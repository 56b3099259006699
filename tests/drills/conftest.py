"""Each drill runs on both databases, whatever XUNYI_TEST_DB says: the answer to a race depends on the database."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.cluster import Cluster
from tests.conftest import build_schema
from tests.drills.town import Town

FULL = os.environ.get("XUNYI_DRILL") == "full"


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The address of a PostgreSQL: the one of the test run when there is one, else its own."""
    if "XUNYI_TEST_PG" in os.environ:
        yield os.environ["XUNYI_TEST_PG"]
        return
    own = Cluster.start()
    yield own.url
    own.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database with its schema. A PostgreSQL database goes away with its cluster."""
    if request.param == "sqlite":
        (tmp_path / "db").mkdir()
        url = f"sqlite:///{tmp_path / 'db' / 'xunyi.sqlite3'}"
    else:
        url = f"{request.getfixturevalue('cluster')}/drill_{uuid.uuid4().hex[:12]}"
        create_database(url)
    build_schema(url)
    return url


@pytest.fixture(autouse=True)
def end_politely_when_told() -> Iterator[None]:
    """A test run that is told to end (SIGTERM, as ``timeout`` sends) ends like Ctrl-C: it still stops its processes."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def found(empty_database: str, tmp_path: Path) -> Iterator[Callable[..., Town]]:
    """Founds towns on the database and ends their processes after the test, whatever happened."""
    towns: list[Town] = []

    def one(*, program: tuple[str, ...] | None = None) -> Town:
        towns.append(Town.found(tmp_path, empty_database, program=program))
        return towns[-1]

    yield one
    for town in towns:
        town.stop()


def create_database(url: str) -> None:
    """Make the database that the address names."""

    server, name = url.rsplit("/", 1)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
