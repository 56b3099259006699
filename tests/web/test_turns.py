"""A web process puts together a few pages at once, in the order in which they were asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread

import pytest

from app.cli import serving
from app.cli.serving import Turns

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


def ask(turns: Turns, path: str, method: str = "GET") -> Thread:
    asking = Thread(target=lambda: turns({"REQUEST_METHOD": method, "PATH_INFO": path}, lambda *_: None), daemon=True)
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
    monkeypatch.setattr(serving, "LONGEST_WAIT", WAIT)
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


def test_what_is_sent_to_us_never_waits_for_a_turn() -> None:
    pages = Pages()
    turns = Turns(pages, at_once=1)
    page = ask(turns, "/page")
    until(lambda: pages.begun == ["/page"])
    upload = ask(turns, "/upload", "POST")
    until(lambda: pages.begun == ["/page", "/upload"])
    for path, thread in (("/page", page), ("/upload", upload)):
        pages.let_go.setdefault(path, Event()).set()
        thread.join(WAIT)


def test_a_page_that_hangs_holds_up_the_others_only_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LONGEST_WAIT", 0.02)
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


def test_a_page_that_breaks_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LONGEST_WAIT", WAIT)
    pages = Pages()
    turns = Turns(pages, at_once=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            turns({"REQUEST_METHOD": "GET", "PATH_INFO": "/broken"}, lambda *_: None)
    assert pages.begun == ["/broken"] * 3
