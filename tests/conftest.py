"""Fixtures of every test: a fresh database per test, on SQLite or (XUNYI_TEST_DB=postgresql) on PostgreSQL."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, event, text
from werkzeug.routing import Rule

from app.cli import database
from app.factory import create_app, create_hub
from app.kernel import logs
from app.kernel.hub import Hub
from app.kernel.work import Database
from app.web.templating import CompiledFiles
from config import Settings
from tests import remembering
from tests.cluster import Cluster
from tests.scratch import Scratch

if "PYTEST_DEBUG_TEMPROOT" not in os.environ and os.access("/dev/shm", os.W_OK):
    os.environ["PYTEST_DEBUG_TEMPROOT"] = "/dev/shm"

DIALECT = os.environ.get("XUNYI_TEST_DB", "sqlite")
_cluster: Cluster | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Quiet logs. Start one PostgreSQL for all test processes; workers find its address in the environment."""
    global _cluster
    logs.set_up(as_json=True, level="warning")  # a test that looks at lines sets up its own
    if DIALECT == "postgresql" and "XUNYI_TEST_PG" not in os.environ:
        _cluster = Cluster.start()
        os.environ["XUNYI_TEST_PG"] = _cluster.url


# Files of slow tests that take minutes each: begun first, so that no process is left alone with one at the end.
LONGEST_FIRST = (
    "browser/test_appraisal_journey.py",
    "browser/test_workbench.py",
    "attack/test_typed.py",
    "browser/test_axe.py",
    "attack/test_scripts.py",
    "drills/test_kills.py",
    "attack/test_api.py",
)


def _turn(item: pytest.Item) -> int:
    return next((place for place, name in enumerate(LONGEST_FIRST) if item.path.match(name)), len(LONGEST_FIRST))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run only what touches a database: everything else has run in the SQLite pass already.

    The guards of whole pages (fixture ``town``) look at pages, not at the database, and need its file to count rows. What headers
    say about hosts is judged before a database is asked.
    """
    items.sort(key=_turn)
    if DIALECT != "postgresql":
        return
    touching = [
        item
        for item in items
        if "template" in (names := getattr(item, "fixturenames", ())) and "town" not in names
        if not item.path.match("attack/test_hosts.py")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in touching])
    items[:] = touching


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded now stays until the end: looking through it for garbage again and again is a sixth of the time of fast tests."""
    if session.config.option.markexpr != "not slow":
        return
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _cluster is not None:
        _cluster.stop()


def build_schema(url: str) -> None:
    """Tables and triggers of a scratch database, by the migrations that a real one gets."""
    database.upgrade(url)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty, migrated database that each test copies: a file path (SQLite) or a database name (PostgreSQL)."""
    if DIALECT == "sqlite":
        path = tmp_path_factory.mktemp("template") / "template.sqlite3"
        build_schema(f"sqlite:///{path}")
        return str(path)
    name = f"template_{uuid.uuid4().hex[:12]}"
    _admin(f"CREATE DATABASE {name}")
    build_schema(f"{os.environ['XUNYI_TEST_PG']}/{name}")
    return name


@pytest.fixture(scope="session")
def scratch(template: str) -> Iterator[Scratch | None]:
    """The database that the tests of this process use one after the other (PostgreSQL)."""
    if DIALECT == "sqlite":
        yield None
        return
    scratch = Scratch(os.environ["XUNYI_TEST_PG"], template)
    yield scratch
    scratch.end()


@pytest.fixture
def database_url(template: str, scratch: Scratch | None, tmp_path: Path) -> str:
    """The address of a database that only this test uses."""
    if scratch is not None:
        scratch.clean()
        return scratch.url
    path = tmp_path / "db" / "xunyi.sqlite3"
    path.parent.mkdir()
    shutil.copy(template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The secrets of all marketplaces of a test process: what was sealed in one can be copied to another."""
    own = Settings(env="test", data_dir=tmp_path_factory.mktemp("keys"))
    for name in ("seal", "webhook", "secret"):
        own.secret(name)
    return own.folder("keys")


@pytest.fixture
def settings(database_url: str, tmp_path: Path, keys: Path) -> Settings:
    shutil.copytree(keys, tmp_path / "keys")
    return Settings(
        env="test",
        data_dir=tmp_path,
        database_url=database_url,
        base_url="http://127.0.0.1:8000",
        password_time_cost=1,
        threads=4,
    )


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where copies of what makers made are kept."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def hub(settings: Settings, scratch: Scratch | None, shelf: Path, request: pytest.FixtureRequest) -> Iterator[Hub]:
    """A running marketplace without processes: call ``hub.drain()`` where the worker would act."""
    hub = create_hub(settings, queue=False)
    _be_patient(hub.db)
    share_compiled(hub.db)
    if scratch is not None:
        scratch.lend(hub.db)
    if not remembering.WATCHING & set(request.fixturenames):
        remembering.watch(hub, shelf, scratch)
    yield hub
    remembering.forget()
    hub.db.dispose()


def _be_patient(db: Database) -> None:
    """Wait longer for a lock than the product does: threads that meet on a busy machine are no failure of what is tried."""

    def slow_down(dbapi: Any, _record: Any) -> None:
        with closing(dbapi.cursor()) as cursor:
            if db.dialect == "sqlite":
                cursor.execute("PRAGMA busy_timeout = 60000")
            else:
                cursor.execute("SET lock_timeout = '60s'")
                cursor.execute("SET statement_timeout = '90s'")
                cursor.execute("SET idle_in_transaction_session_timeout = '90s'")
        if db.dialect != "sqlite":
            dbapi.commit()

    for engine in {db.write, db.read} if db.dialect == "sqlite" else {db.write}:
        event.listen(engine, "connect", slow_down)


_first: dict[tuple[str, str], Engine] = {}


def share_compiled(db: Database) -> None:
    """Every test has engines of its own, but SQL is compiled once per test process: a sixth of the time of all tests."""
    for name, engine in (("write", db.write), ("read", db.read)):
        if (db.dialect, name) not in _first:
            engine.connect().close()  # what a dialect asks the server, it asks at the first connection
            _first[db.dialect, name] = engine
        engine.dialect = _first[db.dialect, name].dialect
        engine._compiled_cache = _first[db.dialect, name]._compiled_cache


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> CompiledFiles:
    """Templates are compiled once per test process instead of once per application."""
    return CompiledFiles(str(tmp_path_factory.mktemp("templates")))


def _compile_addresses_once() -> None:
    """Werkzeug writes and compiles two functions per address for every application: nearly half the time of a small test."""
    kept: dict[tuple[object, ...], Any] = {}
    compile_builder = Rule._compile_builder

    def remembered(rule: Rule, append_unknown: bool = True) -> Any:
        key = (tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = remembered  # type: ignore[method-assign]


_compile_addresses_once()


_apps: dict[str, tuple[Flask, dict[str, Any]]] = {}


@pytest.fixture
def app(hub: Hub, compiled_templates: CompiledFiles) -> Flask:
    """The application on this test's hub. One per kind of settings serves all tests of a process: building one takes longer than most requests.

    It keeps nothing but its hub and its settings, and Flask refuses whatever would change it: ``new_app`` takes new routes.
    """
    kind = hub.settings.model_dump_json(exclude={"data_dir", "database_url"})
    if kind not in _apps:
        made = _build_app(hub, compiled_templates)
        made._got_first_request = True
        _apps[kind] = made, dict(made.config)
    app, config = _apps[kind]
    app.config.clear()
    app.config.update(config, SECRET_KEY=hub.settings.secret("secret"))
    app.extensions["xunyi"] = hub
    return app


@pytest.fixture
def new_app(hub: Hub, compiled_templates: CompiledFiles) -> Flask:
    """An application that only this test has, and may change."""
    return _build_app(hub, compiled_templates)


def _build_app(hub: Hub, compiled_templates: CompiledFiles) -> Flask:
    app = create_app(hub)
    app.jinja_env.bytecode_cache = compiled_templates
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _admin(statement: str) -> None:
    engine = create_engine(
        os.environ["XUNYI_TEST_PG"].replace("postgresql://", "postgresql+psycopg://") + "/postgres", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
