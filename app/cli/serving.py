"""The web server: gunicorn with threads, configured from settings."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from config import Settings


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

    def __init__(self, build: Callable[[], Flask], settings: Settings, bind: str) -> None:
        self._build = build
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

    def load(self) -> Flask:
        return self._build()
