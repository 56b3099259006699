"""A web process puts together a few pages at once, in the order in which they were asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread

import pytest
from flask import Flask

from app.cli import serving
from app.cli.serving import Turns
from app.kernel.hub import Hub
from config import Settings

WAIT = 5.0  # seconds: far more than any of this takes


class Pages:
    """An application whose pages take until they are let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.let_go: dict[str, Event] = {}

    def __call__(self, environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
        path = environ["PATH_INFO"]
        self.begun.append(path)
        if path == "/broken":
            raise ValueError(path)
        assert self.let_go.setdefault(path, Event()).wait(WAIT)
        return [path.encode()]


def ask(turns: Turns, path: str, method: str = "GET", **head: str) -> Thread:
    asking = Thread(target=lambda: turns({"REQUEST_METHOD": method, "PATH_INFO": path, **head}, lambda *_: None), daemon=True)
    asking.start()
    return asking


def until(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.002)


def waiting(turns: Turns) -> int:
    return len(turns._waiting)


def test_who_came_first_is_served_first_and_no_more_than_allowed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LONGEST_TURN", WAIT)
    pages = Pages()
    turns = Turns(pages, at_once=2)
    threads = []
    for number in range(5):
        threads.append(ask(turns, f"/{number}"))
        until(lambda number=number: len(pages.begun) + waiting(turns) == number + 1)  # type: ignore[misc]
    assert pages.begun == ["/0", "/1"]
    for number, begun in ((1, 3), (0, 4), (2, 5), (3, 5), (4, 5)):
        pages.let_go.setdefault(f"/{number}", Event()).set()
        until(lambda begun=begun: len(pages.begun) == begun)  # type: ignore[misc]
    for thread in threads:
        thread.join(WAIT)
    assert pages.begun == ["/0", "/1", "/2", "/3", "/4"]


@pytest.mark.parametrize(
    ("path", "method", "head"),
    [
        ("/upload", "POST", {}),
        ("/page2", "GET", {"CONTENT_LENGTH": "12"}),
        ("/page2", "GET", {"HTTP_TRANSFER_ENCODING": "chunked"}),
        ("/healthz", "GET", {}),
        ("/media/a.webp", "GET", {}),
    ],
)
def test_what_comes_with_a_body_and_what_is_no_page_waits_for_no_turn(
    monkeypatch: pytest.MonkeyPatch, path: str, method: str, head: dict[str, str]
) -> None:
    monkeypatch.setattr(serving, "LONGEST_TURN", WAIT)
    pages = Pages()
    turns = Turns(pages, at_once=1)
    page = ask(turns, "/page")
    until(lambda: pages.begun == ["/page"])
    other = ask(turns, path, method, **head)
    until(lambda: pages.begun == ["/page", path])
    for each, thread in (("/page", page), (path, other)):
        pages.let_go.setdefault(each, Event()).set()
        thread.join(WAIT)


def test_a_page_that_hangs_holds_up_the_others_for_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LONGEST_TURN", 0.02)
    pages = Pages()
    turns = Turns(pages, at_once=1)
    hanging = ask(turns, "/hangs")
    until(lambda: pages.begun == ["/hangs"])
    pages.let_go["/other"] = Event()
    pages.let_go["/other"].set()
    ask(turns, "/other").join(WAIT)
    assert pages.begun == ["/hangs", "/other"]
    assert waiting(turns) == 0
    pages.let_go["/hangs"].set()
    hanging.join(WAIT)


def test_after_that_nobody_waits_for_it_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(serving, "monotonic", lambda: clock[0])
    monkeypatch.setattr(serving, "LONGEST_TURN", 3_600.0)
    pages = Pages()
    turns = Turns(pages, at_once=1)
    hanging = ask(turns, "/hangs")
    until(lambda: pages.begun == ["/hangs"])
    clock[0] = 3_601.0
    for path in ("/second", "/third"):
        pages.let_go.setdefault(path, Event()).set()
        ask(turns, path).join(WAIT)
    assert pages.begun == ["/hangs", "/second", "/third"]
    pages.let_go["/hangs"].set()
    hanging.join(WAIT)


def test_a_page_that_breaks_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LONGEST_TURN", WAIT)
    pages = Pages()
    turns = Turns(pages, at_once=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            turns({"REQUEST_METHOD": "GET", "PATH_INFO": "/broken"}, lambda *_: None)
    assert pages.begun == ["/broken"] * 3


# -- the first pages -------------------------------------------------------------------------------------------------------


def test_every_first_page_answers(app: Flask, hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    serving.show_first_pages(app, hub.settings.base_url, serving.FIRST_PAGES)
    assert not [record for record in caplog.records if record.name == serving.__name__]


def test_a_first_page_that_fails_is_logged_and_the_next_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    broken = Flask("broken")

    @broken.get("/raises")
    def raises() -> str:
        raise ValueError

    broken.testing = True
    serving.show_first_pages(broken, "http://127.0.0.1", ("/raises", "/missing"))
    assert [record.getMessage() for record in caplog.records if record.name == serving.__name__] == [
        "first page failed: /raises",
        "first page answered 404: /missing",
    ]


def test_readers_are_let_in_while_a_first_page_still_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LONGEST_START", 0.02)
    slow, goes_on = Flask("slow"), Event()

    @slow.get("/")
    def page() -> str:
        assert goes_on.wait(WAIT)
        return "done"

    server = serving.Server(lambda: slow, Settings(env="test"), "127.0.0.1:0", first_pages=("/",))
    assert isinstance(server.load(), Turns)
    goes_on.set()
