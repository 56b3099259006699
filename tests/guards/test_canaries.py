"""What people type never reaches a log: distinctive values are put into every form, and every line is searched for them.

Played by every role over HTTP: each form of each page, each writing address with the fields of all forms, each operation of the
interface for programs with JSON bodies, addresses and headers; once as it is, once with every write of a request failing with the values in the fault's message. Looked at: all
lines of all levels with the tracebacks, the echo of SQL, every statement as a slow one, the jobs' lines, /metrics.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import delete, event, text

from app.api.faces import operations
from app.factory import create_hub
from app.kernel import trace
from app.kernel.hub import Hub
from app.kernel.rates import RateCount
from app.kernel.work import SYSTEM
from app.web.api import Operation
from config import Settings
from tests.api.making import Program, new_key
from tests.conftest import DIALECT
from tests.guards.conftest import ROLES, Town, populate
from tests.guards.test_roles import ROWS
from tests.kernel.logbook import Log, writing

CANARIES = {
    "name": "金丝雀",
    "email": "canary.bird@leak.example",
    "phone": "13912345674",
    "address": "泄漏路七号",
    "imei": "490154203237518",
    "password": "Yellow-feather-42-password",
    "code": "739184",
    "card": "6217001234567890128",
    "chat": "the canary sang this sentence",
}
BY_FIELD = {
    "email": "email",
    "phone": "phone",
    "password": "password",
    "imei": "imei",
    "serial": "imei",
    "address": "address",
    "place": "address",
    "name": "name",
    "code": "code",
    "tracking": "card",
    "case": "card",
}
PLAYERS = tuple(role for role in ROLES if role not in ("other", "dealer"))  # these two see no form that the others do not
ENDS_THE_TOKEN = "revokeToken"
NOT_PLAYED = ("/sign-out", "/dev/sign-in/", "/account/sessions/")  # they end the session and take no text


class Forms(HTMLParser):
    """The writing forms of a page: where each is sent, and what its fields are."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._address = address
        self._in_form = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._in_form = values.get("method", "").lower() == "post"
            if self._in_form:
                self.found.append((values.get("action") or self._address, {}))
        name = values.get("name", "")
        if not self._in_form or not name or tag not in ("input", "textarea", "select", "button"):
            return
        kind, fields = values.get("type", "text"), self.found[-1][1]
        if tag == "textarea":
            fields[name] = CANARIES["chat"]
        elif tag == "input" and kind in ("text", "email", "tel", "password", "search", "url"):
            fields[name] = canary_for(name)
        elif tag == "input" and name not in fields:
            fields[name] = values.get("value", "")  # hidden fields, and the first choice of a group
        elif tag == "button":
            fields.setdefault(name, values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False


def canary_for(name: str) -> str:
    return CANARIES[next((kind for part, kind in BY_FIELD.items() if part in name), "chat")]


@pytest.fixture(scope="module")
def own_town(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    yield from founded(template, tmp_path_factory)


@pytest.fixture
def untouched_town(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One in which nobody has ended anything yet."""
    yield from founded(template, tmp_path_factory)


def founded(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if DIALECT != "sqlite":
        pytest.skip("the town of the guards runs on SQLite")
    folder = tmp_path_factory.mktemp("canaries")
    (folder / "db").mkdir()
    shutil.copy(Path(template), folder / "db" / "xunyi.sqlite3")
    settings = Settings(env="test", data_dir=folder, password_time_cost=1, threads=4)
    hub = create_hub(settings.model_copy(update={"slow_query_ms": 1e-9}), queue=False)  # every statement is a slow one
    yield populate(hub)
    hub.db.dispose()


def leaks(told: str) -> list[str]:
    """Names of canaries that stand in the text, in any of the forms in which a value may be written."""
    shapes = {
        name: {value, quote(value), json.dumps(value)[1:-1], ascii(value)[1:-1], value.replace(" ", "+")}
        for name, value in CANARIES.items()
    }
    return sorted(name for name, forms in shapes.items() if any(form in told for form in forms))


def play_everything(town: Town, players: tuple[str, ...] = PLAYERS) -> int:
    """Every role fills every form of every page it may see, then sends all known fields to every writing address."""
    sent, all_fields = 0, {name: canary_for(name) for name in BY_FIELD}
    for role in players:
        browser = town.browser(role)
        for name in sorted(ROWS):
            endpoint, method = name.split()
            if method != "GET":
                continue
            address = town.address(endpoint, ROWS[name]["kind"])
            page = browser.get(
                address, headers={"User-Agent": CANARIES["chat"], "Referer": f"http://127.0.0.1/{CANARIES['phone']}"}
            )
            if page.mimetype == "text/html":
                for target, fields in Forms(page.get_data(as_text=True), address).found:
                    all_fields |= fields
                    sent += send(browser, target, fields)
            page.close()
        for name in sorted(ROWS):
            endpoint, method = name.split()
            if method != "GET":
                sent += send(browser, town.address(endpoint, ROWS[name]["kind"]), all_fields)
        sent += len(play_programs(town, role))
    for address in ("/search", "/items/{}", "/no/{}", "/verify"):
        for value in CANARIES.values():
            given = {"X-Request-Id": value if value.isascii() else "x", "Cookie": f"sid={quote(value)}; lang={quote(value)}"}
            town.app.test_client().get(address.format(value), query_string={"q": value, "code": value}, headers=given).close()
    town.hub.drain()
    return sent


def play_programs(town: Town, role: str) -> list[int]:
    """A program of the role sends every operation its body with canaries, all at once and each by itself; the statuses."""
    program, statuses = Program(town.app, town.hub, town.people.get(role)), []
    for name in sorted(ROWS):
        endpoint, method = name.split()
        operation = operations().get(endpoint.removeprefix("api."))
        if not endpoint.startswith("api.") or operation is None or operation.id == ENDS_THE_TOKEN:
            continue
        address = town.address(endpoint, ROWS[name]["kind"])
        with town.hub.begin(SYSTEM) as work:
            work.session.execute(delete(RateCount))  # nobody is too fast for this
        for query, raw in asked_of(operation):
            headers = {"Authorization": f"Bearer {program.secret}"} if program.secret else {}
            headers |= {} if operation.is_read else {"Idempotency-Key": new_key()}
            if operation.if_match:
                headers |= {"If-Match": tag_of(town, program, operation, ROWS[name]["kind"])}
            answer = program.client.open(
                address, method=method, query_string=query, data=raw, content_type="application/json", headers=headers
            )
            statuses.append(answer.status_code)
            answer.close()
            if answer.status_code in (401, 403):
                break  # whoever may not do it is told so before the body is read
    return statuses


def tag_of(town: Town, program: Program, operation: Operation, kind: str) -> str:
    """The present tag of what the operation changes, from a read that leads to it; one that is out of date where there is none."""
    for read in operations().values():
        if read.is_read and read.tagged and operation.id in {target for target, _parts in read.links.values()}:
            headers = {"Authorization": f"Bearer {program.secret}"} if program.secret else {}
            answer = program.client.get(town.address(f"api.{read.id}", kind), headers=headers)
            if "ETag" in answer.headers:
                return str(answer.headers["ETag"])
    return '"1.1.0000000000000000"'


def asked_of(operation: Operation) -> Iterator[tuple[dict[str, str], bytes]]:
    """Queries and bodies with canaries: as a search, an unknown name, a body that is no JSON, a name twice, and in each text."""
    if operation.is_read:
        yield {"q": CANARIES["chat"], "cursor": CANARIES["card"]}, b""
        return
    told = json.dumps({"reason": CANARIES["chat"], CANARIES["address"]: CANARIES["phone"]}, ensure_ascii=False).encode()
    yield {CANARIES["imei"]: CANARIES["email"]}, told
    yield {}, told
    yield {}, told[:-1]
    yield {}, told[:-1] + b"," + told[1:]
    if operation.body is not None:
        texts = list(texts_in(operation.example))
        for chosen in (texts, *([one] for one in texts)):
            yield {}, json.dumps(with_canaries(operation.example, {one: canary_for(one[-1]) for one in chosen})).encode()


def texts_in(value: object, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where texts stand in a body: the names that lead to each."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts_in(each, (*place, str(name)))


def with_canaries(value: object, canaries: dict[tuple[str, ...], str], place: tuple[str, ...] = ()) -> object:
    """The body with these texts in their places."""
    if isinstance(value, dict):
        return {name: with_canaries(each, canaries, (*place, name)) for name, each in value.items()}
    if isinstance(value, list):
        return [with_canaries(each, canaries, (*place, str(number))) for number, each in enumerate(value)]
    return canaries.get(place, value)


def send(browser: FlaskClient, target: str, fields: dict[str, str]) -> int:
    if target.startswith(NOT_PLAYED) or not target.startswith("/"):
        return 0
    browser.post(target, data=fields).close()
    return 1


@pytest.fixture
def log() -> Iterator[Log]:
    echo = logging.getLogger("sqlalchemy.engine")
    echo.setLevel(logging.DEBUG)
    with writing() as seen:
        yield seen
    echo.setLevel(logging.NOTSET)


@pytest.mark.slow
def test_no_log_line_and_no_figure_says_what_was_typed(own_town: Town, log: Log) -> None:
    assert play_everything(own_town) > 200
    assert leaks(log.getvalue()) == []
    assert leaks(own_town.app.test_client().get("/metrics").text) == []
    # Nothing was found, and there was something to find: lines of all kinds, and the values are where they belong.
    assert {"request", "job", "slow_query"} <= {str(line["event"]) for line in log.lines()}
    assert len(log.of("request")) > 500
    stored = everything_stored(own_town.hub)
    assert {"name", "email", "chat"} <= set(leaks(stored))


def everything_stored(hub: Hub) -> str:
    with hub.look(SYSTEM) as work:
        tables = work.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        return "\n".join(str(tuple(row)) for name in tables for row in work.session.execute(text(f'SELECT * FROM "{name}"')))


@pytest.mark.slow
def test_faults_with_the_values_in_their_messages_leave_none_of_them_in_the_log(own_town: Town, log: Log) -> None:
    def fail(_connection, _cursor, statement, values, _context, _many) -> None:
        at_work = trace.present()
        if at_work is not None and at_work.place.startswith("/") and statement.startswith(("INSERT", "UPDATE")):
            try:
                raise ValueError(f"could not write {values}")
            except ValueError as cause:
                raise RuntimeError(f"{statement} failed with {list(CANARIES.values())}") from cause

    engine = own_town.hub.db.write
    event.listen(engine, "before_cursor_execute", fail)
    try:
        play_everything(own_town, ("visitor", "household", "appraiser", "operator"))
    finally:
        event.remove(engine, "before_cursor_execute", fail)
    faults = log.of("fault")
    assert len(faults) > 10
    assert all("ValueError" in str(line["traceback"]) and "which led to" in str(line["traceback"]) for line in faults)
    assert leaks(log.getvalue()) == []


def test_the_check_sees_a_planted_leak(own_town: Town, log: Log) -> None:
    for kind, value in CANARIES.items():
        before = log.tell()
        structlog.get_logger().info("request", route=value)
        assert leaks(log.getvalue()[before:]) == [kind]


@pytest.mark.slow
def test_programs_get_behind_the_door_with_canaries_in_their_bodies(untouched_town: Town, log: Log) -> None:
    """Otherwise only refusals were looked at: texts of programs are written into the database, and into no line."""
    assert "chat" not in leaks(everything_stored(untouched_town.hub))
    statuses = play_programs(untouched_town, "household")
    assert "chat" in leaks(everything_stored(untouched_town.hub))
    assert sum(status < 300 for status in statuses) >= 8
    assert {400, 404, 409, 422} <= set(statuses)
    assert max(statuses) < 500
    assert leaks(log.getvalue()) == []
    spoken = [str(line["route"]) for line in log.of("request") if str(line["status"]).startswith("2")]
    assert any(route.startswith("/api/v1/") for route in spoken)


@pytest.mark.slow
def test_a_leak_of_a_program_s_words_is_seen(own_town: Town, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a refusal's line tells the body that was refused."""
    from app.web.api import operation as frame

    honest = frame.read_body

    def telling(model: object, raw: bytes) -> object:
        structlog.get_logger("web").info("request", route=raw.decode(errors="replace"))
        return honest(model, raw)  # type: ignore[type-var]

    monkeypatch.setattr(frame, "read_body", telling)
    play_programs(own_town, "household")
    assert {"chat", "phone", "address"} <= set(leaks(log.getvalue()))
