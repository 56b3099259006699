"""Limits on reading, against a real Redis: who is counted, what is told, and that a missing Redis stops nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import event

from app.factory import create_app
from app.kernel import reads
from app.kernel.hub import Hub
from app.kernel.rates import Limit
from app.kernel.reads import ReadCounter
from app.web import reading_limits
from tests.accounts.making import make_user, sign_in
from tests.api.making import Program
from tests.redis import RedisServer

NEVER = 10**9  # seconds


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    running = RedisServer()
    yield running
    running.close()


@pytest.fixture
def counted(hub: Hub, server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application with a fresh Redis; no window ends during a test."""
    with Redis.from_url(server.url) as redis:
        redis.flushall()
    for name, most in (("PROGRAMS", 5), ("PAGES", 4), ("VISITORS", 3)):
        limit = getattr(reading_limits, name)
        monkeypatch.setattr(reading_limits, name, Limit(limit.kind, most, NEVER))
    hub.reads = ReadCounter(server.url)
    yield create_app(hub)
    hub.reads.close()


def visit(browser: FlaskClient, address: str = "/protection", **more: str) -> int:
    answer = browser.get(address, **more)
    answer.close()
    return answer.status_code


def test_a_program_is_told_how_much_is_left_and_then_to_wait(counted: Flask, hub: Hub) -> None:
    program = Program(counted, hub, make_user(hub))
    answers = [program.call("listDistricts") for _ in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert [each.headers["RateLimit-Remaining"] for each in answers] == ["4", "3", "2", "1", "0", "0"]
    assert answers[0].headers["RateLimit-Policy"] == "5;w=1000000000"
    assert answers[-1].get_json()["code"] == "too_many_requests"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= NEVER
    # Another person is counted apart, and the same person's writes are counted elsewhere.
    assert Program(counted, hub, make_user(hub)).call("listDistricts").status_code == 200
    assert program.call("createListing", body={"category": "phone"}).status_code == 201


def test_an_answer_that_has_not_changed_is_a_read_too(counted: Flask, hub: Hub) -> None:
    program = Program(counted, hub, make_user(hub))
    tag = program.call("listDistricts").headers["ETag"]
    again = [program.call("listDistricts", headers={"If-None-Match": tag}).status_code for _ in range(5)]
    assert again == [304] * 4 + [429]


def test_visitors_are_counted_by_their_network_and_people_by_themselves(counted: Flask, hub: Hub) -> None:
    def of(place: str) -> dict[str, str]:
        return {"REMOTE_ADDR": place}

    browser = counted.test_client()
    assert [visit(browser, environ_base=of(f"203.0.113.{number}")) for number in range(4)] == [200] * 3 + [429]
    assert visit(browser, environ_base=of("198.51.100.7")) == 200
    assert visit(browser, "/api/v1/districts", environ_base=of("203.0.113.9")) == 429
    wrong = {"Authorization": "Bearer xunyi_guessed"}
    assert visit(browser, "/api/v1/me", headers=wrong, environ_base=of("203.0.113.9")) == 429, "guesses are counted"
    signed_in = counted.test_client()
    sign_in(signed_in, hub, make_user(hub))
    seen = [visit(signed_in, environ_base=of("203.0.113.9")) for _ in range(5)]
    assert seen[0] == 200
    assert seen[-1] == 429


def test_pictures_styles_and_what_machines_ask_are_not_counted(counted: Flask) -> None:
    browser = counted.test_client()
    for address in ("/static/css/base.css", "/healthz", "/media/" + "0" * 26 + "/card.webp"):
        assert 429 not in [visit(browser, address) for _ in range(5)], address
    assert visit(browser) == 200


def test_a_refusal_for_reading_is_a_page_for_people(counted: Flask) -> None:
    browser = counted.test_client()
    browser.set_cookie("lang", "en")
    for _ in range(3):
        visit(browser)
    answer = browser.get("/protection")
    assert (answer.status_code, answer.mimetype) == (429, "text/html")
    assert "That was too often in a short time." in answer.text


def test_counting_writes_nothing_into_the_database(counted: Flask, hub: Hub) -> None:
    program = Program(counted, hub, make_user(hub))
    program.call("listDistricts")
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(statement)

    for engine in (hub.db.read, hub.db.write):
        event.listen(engine, "before_cursor_execute", note)
    try:
        program.call("listDistricts")
        visit(counted.test_client())
    finally:
        for engine in (hub.db.read, hub.db.write):
            event.remove(engine, "before_cursor_execute", note)
    assert written == []


def test_nobody_is_named_in_redis_and_every_count_ends(counted: Flask, hub: Hub, server: RedisServer) -> None:
    user = make_user(hub)
    Program(counted, hub, user).call("listDistricts")
    visit(counted.test_client())
    with Redis.from_url(server.url) as redis:
        keys = [key.decode() for key in redis.scan_iter()]
        assert len(keys) == 2
        assert not any(user.code in key or "127.0.0" in key for key in keys)
        assert all(0 < redis.ttl(key) <= NEVER for key in keys)


def test_processes_share_the_count(server: RedisServer) -> None:
    with Redis.from_url(server.url) as redis:
        redis.flushall()
    limit = Limit("shared", 10, NEVER)
    here, there = ReadCounter(server.url), ReadCounter(server.url)
    seen = [counter.count(limit, "somebody").used for counter in (here, there, here, there)]  # type: ignore[union-attr]
    assert seen == [1, 2, 3, 4]
    assert here.count(limit, "somebody else").used == 1  # type: ignore[union-attr]
    for counter in (here, there):
        counter.close()


def test_a_redis_that_is_gone_stops_nobody_and_is_asked_again_later(
    counted: Flask, hub: Hub, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(counted, hub, make_user(hub))
    assert "RateLimit-Limit" in program.call("listDistricts").headers
    server.stop()
    try:
        answers = [program.call("listDistricts") for _ in range(8)]
    finally:
        server.start()
    assert {each.status_code for each in answers} == {200}
    assert not any("RateLimit-Limit" in each.headers for each in answers)
    assert "RateLimit-Limit" not in program.call("listDistricts").headers, "it is left alone for a while"
    monkeypatch.setattr(reads.time, "monotonic", lambda: 10.0**12)
    assert "RateLimit-Limit" in program.call("listDistricts").headers


def test_without_redis_reading_is_neither_counted_nor_limited(app: Flask, hub: Hub) -> None:
    assert hub.reads is None
    program = Program(app, hub, make_user(hub))
    assert "RateLimit-Limit" not in program.call("listDistricts").headers


def test_the_setting_opens_the_door(hub: Hub, server: RedisServer) -> None:
    from app.factory import create_hub

    made = create_hub(hub.settings.model_copy(update={"redis_url": server.url}), queue=False)
    assert isinstance(made.reads, ReadCounter)
    made.reads.close()
    made.db.dispose()
