"""The web server: gunicorn with threads, configured from settings."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from config import Settings
from grading.pricing import boosting

# Put together before the first reader comes: at 100,000 listings the first list costs 3.5 s of processor time.
FIRST_PAGES = ("/", "/search", "/search?q=iphone")
LONGEST_START = 3.0  # seconds from the start of a process until readers are let in all the same
LONGEST_TURN = 1.0  # seconds; what hangs must not hold up the rest
IN_BETWEEN = ("/healthz", "/readyz", "/metrics", "/static/", "/media/")  # take no turn: probes, and files from the disk

log = logging.getLogger(__name__)


@dataclass
class _Turn:
    """One page's turn. ``since``: when it began, seconds of the monotonic clock."""

    begun: Event = field(default_factory=Event)
    since: float = 0.0


class Turns:
    """Lets a process put together only a few pages at once, in the order in which they were asked for.

    Its threads are there for slow lines: what comes with a body waits for no turn, so that an upload over a slow line holds up
    nobody. Sixteen threads that compute together pass the interpreter from hand to hand and were slower, each and all, than a few
    in turn (docs/performance.md). A page that takes longer than a turn loses it to whoever waits.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], at_once: int) -> None:
        self._application = application
        self._at_once = at_once
        self._guard = Lock()
        self._running: list[_Turn] = []
        self._waiting: deque[_Turn] = deque()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not _waits(environ):
            return self._application(environ, start_response)
        turn = self._take()
        try:
            return self._application(environ, start_response)
        finally:
            self._give_up(turn)

    def _take(self) -> _Turn:
        """Begin at once or when it is this page's turn, and after a while in any case."""
        turn = _Turn()
        with self._guard:
            self._waiting.append(turn)
            self._go_on()
        if not turn.begun.wait(LONGEST_TURN):
            self._give_up(turn, goes_on=True)
        return turn

    def _give_up(self, turn: _Turn, *, goes_on: bool = False) -> None:
        """The turn is over, or was not waited for any longer."""
        with self._guard:
            if goes_on and turn in self._waiting:
                self._waiting.remove(turn)
            elif not goes_on and turn in self._running:
                self._running.remove(turn)
            self._go_on()

    def _go_on(self) -> None:
        """Let in who waits longest while there is room. The guard is held."""
        now = monotonic()
        self._running = [turn for turn in self._running if now - turn.since < LONGEST_TURN]
        while self._waiting and len(self._running) < self._at_once:
            turn = self._waiting.popleft()
            turn.since = now
            self._running.append(turn)
            turn.begun.set()


def _waits(environ: dict[str, Any]) -> bool:
    """Whether this is a page without a body of its own."""
    has_body = environ.get("CONTENT_LENGTH", "") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ
    return environ["REQUEST_METHOD"] in ("GET", "HEAD") and not has_body and not environ["PATH_INFO"].startswith(IN_BETWEEN)


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's own lines go where ours go (kernel.logs): it would write addresses with what was typed into them."""

    def setup(self, cfg: Any) -> None:
        self.cfg, self.loglevel = cfg, logging.WARNING
        self.error_log.setLevel(self.loglevel)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.access_log.disabled = True  # every request has its line from app.web.watching

    def reopen_files(self) -> None:
        """Nothing: we write to standard error."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """One gunicorn. Each worker builds its own application after the fork: database pools must not be shared."""

    def __init__(
        self, build: Callable[[], Flask], settings: Settings, bind: str, first_pages: Sequence[str] = FIRST_PAGES
    ) -> None:
        self._build = build
        self._at_once = settings.pages_at_once
        self._address = settings.base_url
        self._first_pages = first_pages
        self._options: dict[str, Any] = {
            "bind": bind,
            "workers": settings.web_processes,
            "worker_class": "gthread",
            "threads": settings.threads,
            "timeout": 30,  # seconds until a process that says nothing at all is ended; one page that hangs is not noticed
            "graceful_timeout": 15,
            "limit_request_line": 4094,
            "limit_request_fields": 100,
            "max_requests": 20_000,
            "max_requests_jitter": 10_000,  # so that two processes are not renewed in the same minute
            "logger_class": ServerLog,
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            if key in self.cfg.settings:
                self.cfg.set(key, value)

    def load(self) -> Turns:
        """The application, which has shown its first pages to itself: meanwhile the other processes answer."""
        began = monotonic()
        application = self._build()
        start = Thread(target=prepare, args=(application, self._address, self._first_pages), daemon=True)
        start.start()
        start.join(max(0.0, LONGEST_START - (monotonic() - began)))
        return Turns(application, self._at_once)


def prepare(application: Flask, address: str, paths: Sequence[str]) -> None:
    """What would cost the first reader time: the first pages, and what estimates of prices are made with."""
    show_first_pages(application, address, paths)
    boosting.library()


def show_first_pages(application: Flask, address: str, paths: Sequence[str]) -> None:
    """Ask the application for these paths. What fails is logged; it must not keep the server from starting."""
    reader = application.test_client()
    for path in paths:
        try:
            status = reader.get(path, base_url=address).status_code
        except Exception:  # whatever a page may raise here, it raises again at its first reader
            log.exception("first page failed: %s", path)
        else:
            if status != HTTPStatus.OK:
                log.warning("first page answered %s: %s", status, path)
