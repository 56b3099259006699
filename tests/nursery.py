"""Parts of the marketplace as processes of their own, without the seconds that loading its code takes each time.

One process per test process has loaded the commands (and what they load later) and does nothing but fork: what it forks is the
same ``xunyi serve``, ``worker`` or ``sandbox`` with its own session, environment and log, as if the command had been typed. That
the typed commands start is shown by tests/drills/test_supervisor.py, by the drills with planted faults and by tests/operations.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from app.factory import ROOT

PARTS = ("serve", "worker", "sandbox")
LOADED = ("app.cli.commands", "lightgbm")

_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(["tests.nursery", *LOADED])


@dataclass(frozen=True)
class Part:
    """A running part; the face of subprocess.Popen that the tests use."""

    process: ForkServerProcess
    name: str

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(self.name, timeout or 0)
        return self.process.exitcode


def start(part: str, environment: dict[str, str], log: Path) -> Part:
    """``xunyi PART`` with this environment, its output at the end of the log, as the leader of its own process group."""
    process = _nursery.Process(target=_be, args=(part, environment, str(log)), daemon=True)
    process.start()
    begun = Part(process, part)
    while begun.poll() is None and os.getsid(begun.pid) != begun.pid:  # who ends groups must find this one
        time.sleep(0.002)
    return begun


def _be(part: str, environment: dict[str, str], log: str) -> None:
    """In the new process: become the command."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for number, path, how in ((0, os.devnull, os.O_RDONLY), (1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)):
        opened = os.open(path, how, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = ["xunyi", part]
    importlib.import_module("app.cli.commands").main([part], prog_name="xunyi")
