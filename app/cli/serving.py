"""The web server: gunicorn with threads, configured from settings."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from threading import Event, Lock, Thread
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from config import Settings

# Put together before the first reader comes: at 100,000 listings the first list costs 3.5 s of processor time.
FIRST_PAGES = ("/", "/search", "/search?q=iphone")
LONGEST_START = 20.0  # seconds until readers are let in all the same; gunicorn ends a process that is silent for 30
LONGEST_WAIT = 1.0  # seconds; then a page is put together out of turn: what hangs must not hold up the rest


class Turns:
    """Lets a process put together only a few pages at once, in the order in which they were asked for.

    Its threads are there for slow lines. Only what has no body waits for its turn, so that an upload over a slow line holds up
    nobody. Sixteen threads that compute together pass the interpreter from hand to hand and were slower, each and all, than a
    few in turn (docs/performance.md).
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], at_once: int) -> None:
        self._application = application
        self._guard = Lock()
        self._free = at_once
        self._waiting: deque[Event] = deque()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not self._take():
            return self._application(environ, start_response)
        try:
            return self._application(environ, start_response)
        finally:
            self._give()

    def _take(self) -> bool:
        """Wait for a turn; False when it did not come in time."""
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            mine = Event()
            self._waiting.append(mine)
        if mine.wait(LONGEST_WAIT):
            return True
        with self._guard:
            if mine.is_set():
                return True
            self._waiting.remove(mine)
            return False

    def _give(self) -> None:
        """The turn goes to who waits longest. A semaphore would let newcomers in before them."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


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
            "timeout": 30,  # seconds; also ends a request that hangs on a silent database
            "graceful_timeout": 15,
            "limit_request_line": 4094,
            "limit_request_fields": 100,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
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
        application = self._build()
        start = Thread(target=self._show_first_pages, args=(application,), daemon=True)
        start.start()
        start.join(LONGEST_START)
        return Turns(application, self._at_once)

    def _show_first_pages(self, application: Flask) -> None:
        """What fails here fails again at the first reader and is told there; it must not keep the server from starting."""
        reader = application.test_client()
        for path in self._first_pages:
            reader.get(path, base_url=self._address)
