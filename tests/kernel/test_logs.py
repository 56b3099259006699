"""What a line of the log says: where it happened, which request caused it, and none of the values that people gave us."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.kernel import trace
from app.kernel.errors import Conflict
from app.kernel.faults import describe, for_staff
from app.kernel.hub import Hub
from app.kernel.logs import quieter
from app.kernel.outbox import Event, Listener, OutboxRow, announce
from app.kernel.work import SYSTEM, Database
from tests.kernel.logbook import Log, writing


@pytest.fixture(scope="module", autouse=True)
def _only_here() -> Iterator[None]:
    """The event of these tests is not left for others to count."""
    yield
    Event.registry.pop("LogNews", None)


@dataclass(frozen=True)
class LogNews(Event):
    number: int


SECRET = "green lamp on the stairs"


@pytest.fixture
def log() -> Iterator[Log]:
    with writing() as seen:
        yield seen


@pytest.mark.parametrize("as_json", [False, True], ids=["readable", "json"])
def test_a_fault_is_logged_without_local_variables_and_without_sql_parameters(as_json: bool, hub: Hub) -> None:
    def fail(password: str) -> None:
        with hub.begin(SYSTEM) as work:
            work.session.execute(text("SELECT missing FROM nowhere WHERE password = :password"), {"password": password})

    with writing(as_json=as_json) as seen:
        try:
            fail(SECRET)
        except DBAPIError:
            structlog.get_logger().exception("fault", route="/register")
        told = seen.getvalue()
    assert "Traceback" in told
    assert "/register" in told
    assert "nowhere" in told
    assert SECRET not in told


def raised(trouble: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise trouble from cause
    except Exception as caught:
        return caught


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (ValueError(f"invalid literal: {SECRET!r}"), "ValueError"),
        (KeyError(SECRET), "KeyError"),
        (UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, "bad"), "UnicodeDecodeError"),
        (FileNotFoundError(2, "No such file or directory", SECRET), "FileNotFoundError: No such file or directory"),
        (Conflict(name=SECRET), "Conflict: conflict"),
        (AttributeError("'str' object has no attribute 'x'"), "AttributeError: 'str' object has no attribute 'x'"),
        (IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation(f"Key (email)=({SECRET})")), "IntegrityError: 23505"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_fault_says_its_kind_and_what_speaks_of_code(log: Log, trouble: Exception, told: str) -> None:
    assert describe(trouble) == told
    structlog.get_logger().error("fault", exc_info=raised(RuntimeError(SECRET), cause=raised(trouble)))
    (line,) = log.of("fault")
    assert told in str(line["traceback"])
    assert "RuntimeError" in str(line["traceback"])
    assert "which led to" in str(line["traceback"])
    assert SECRET not in log.getvalue()


def test_rows_for_staff_keep_words_but_not_those_of_a_database() -> None:
    assert for_staff(RuntimeError("the mailbox is full")) == "RuntimeError: the mailbox is full"
    assert SECRET not in for_staff(IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation(SECRET)))


def test_a_field_that_is_not_on_the_list_is_left_out_and_named(log: Log) -> None:
    structlog.get_logger().warning("oddity", email=SECRET, status=409)
    (line,) = log.of("oddity")
    assert (line["status"], line["left_out"]) == (409, ["email"])
    assert SECRET not in log.getvalue()


def test_libraries_keep_their_templates_and_lose_their_values(log: Log) -> None:
    library = logging.getLogger("gunicorn.error")
    library.warning("Invalid request from %s", SECRET)
    library.warning(f"Invalid request {SECRET}")
    library.warning("Worker failed to boot.")
    try:
        raise ValueError(SECRET)
    except ValueError as fault:
        library.exception(fault)
    assert [line["event"] for line in log.lines()] == [
        "Invalid request from %s",
        "library_message",
        "Worker failed to boot.",
        "library_message",
    ]
    assert all(str(line["where"]).startswith("test_logs:") for line in log.lines())
    assert SECRET not in log.getvalue()


def test_the_echo_of_statements_has_no_values(log: Log, hub: Hub) -> None:
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
    db = Database(str(hub.settings.db_url), pool_size=1)
    try:
        with db.look(SYSTEM) as work:
            assert work.session.execute(text("SELECT CAST(:word AS TEXT)"), {"word": SECRET}).scalar_one() == SECRET
    finally:
        db.dispose()
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    assert "SELECT CAST" in log.getvalue()
    assert SECRET not in log.getvalue()


def test_a_slow_statement_is_logged_without_its_values(log: Log, hub: Hub) -> None:
    db = Database(str(hub.settings.db_url), pool_size=1, slow_query_ms=1)
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*), :word FROM n"
    with trace.following("abc-12345", "/items/<code>") as seen, db.look(SYSTEM) as work:
        work.session.execute(text(count.replace(":word", "CAST(:word AS TEXT)")), {"word": SECRET}).all()
    db.dispose()
    (line,) = [line for line in log.of("slow_query") if "RECURSIVE" in str(line["sql"])]
    assert (line["place"], line["request_id"]) == ("/items/<code>", "abc-12345")
    assert int(str(line["ms"])) >= 1
    assert seen.queries == 2
    assert SECRET not in log.getvalue()


def test_a_job_is_one_line_with_the_request_that_caused_it_and_so_is_the_job_after_it(log: Log, hub: Hub) -> None:
    def pass_on(home: Hub, event: LogNews) -> None:
        if event.number == 1:
            with home.begin() as work:
                announce(work, LogNews(2))

    hub.listeners = {"LogNews": (Listener("relay", pass_on, outside=True),)}
    with hub.db.begin(SYSTEM, request_id="abc-12345") as work:
        announce(work, LogNews(1))
    hub.drain()
    lines = [line for line in log.of("job") if line["job"] == "relay"]
    assert len(lines) == len({line["outbox_id"] for line in lines}) == 2
    assert {line["request_id"] for line in lines} == {"abc-12345"}
    assert {(line["outcome"], line["news"], line["place"]) for line in lines} == {("done", "LogNews", "relay")}
    with hub.look() as work:
        assert {row.request_id for row in work.session.query(OutboxRow)} == {"abc-12345"}


def test_a_failing_job_is_told_without_its_values(log: Log, hub: Hub) -> None:
    def fail(_work, _event) -> None:
        raise ValueError(SECRET)

    hub.listeners = {"LogNews": (Listener("fragile", fail),)}
    with hub.begin(SYSTEM) as work:
        announce(work, LogNews(1))
    hub.sweep()
    (line,) = log.of("delivery_failed")
    assert (line["job"], line["attempt"], line["outcome"], line["error"]) == ("fragile", 1, "again", "ValueError")
    assert [line["outcome"] for line in log.of("job")] == ["again"]
    assert SECRET not in log.getvalue()


def test_quieter_work_tells_warnings_only_and_afterwards_everything_again(log: Log) -> None:
    with quieter():
        structlog.get_logger().info("hidden")
        structlog.get_logger().warning("shown")
    structlog.get_logger().info("again")
    assert [line["event"] for line in log.lines()] == ["shown", "again"]
