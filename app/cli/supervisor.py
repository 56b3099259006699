"""Keeps web, worker and sandbox running together on one machine: starts them, restarts what dies, stops all at the end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.request
from types import FrameType

import click

from config import Settings

PARTS = ("serve", "worker", "sandbox")
RESTART_SECONDS = 1.0


class Supervisor:
    """The processes of ``xunyi dev``."""

    def __init__(self, host: str, settings: Settings) -> None:
        self.host, self.settings = host, settings
        self.stopping = False
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def run(self) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._stop)
        for part in PARTS:
            self._start(part)
        self._say_when_ready()
        while not self.stopping:
            time.sleep(0.3)
            for part, process in list(self.running.items()):
                if process.poll() is not None and not self.stopping:
                    click.echo(f"{part} ended with code {process.returncode}; it is started again.", err=True)
                    time.sleep(RESTART_SECONDS)
                    if not self.stopping:
                        self._start(part)
        self._end_all()

    def _start(self, part: str) -> None:
        """A process group of its own: Ctrl-C in the terminal reaches us alone, and we end each part in order."""
        host = ["--host", self.host] if part == "serve" else []
        command = [sys.executable, "-m", "app.cli", part, *host]
        self.running[part] = subprocess.Popen(command, process_group=0)  # noqa: S603 - our own program

    def _say_when_ready(self) -> None:
        address = self.settings.base_url.rstrip("/")
        ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open  # a proxy must not be asked about 127.0.0.1
        for _ in range(300):
            if self.stopping:
                return
            try:
                with ask(f"{address}/healthz", timeout=2):
                    click.echo(f"Xunyi is ready: {address}")
                    return
            except OSError:
                time.sleep(0.2)
        click.echo(f"Xunyi did not answer on {address} within a minute; see the messages above.", err=True)

    def _stop(self, _sign: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _end_all(self) -> None:
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + 20
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
