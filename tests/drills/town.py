"""A whole marketplace with real processes for the drills: web, worker and practice provider on loopback ports.

The test process founds the town through the verbs (people, sessions, listings) and then only talks HTTP to it.
Every wait is bounded, every process is the leader of its own group and is ended with its whole group.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import requests

from app.accounts.models import User
from app.accounts.service import start_session
from app.factory import ROOT, create_hub
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from config import Settings
from tests import nursery
from tests.accounts.making import make_user
from tests.listings.making import make_listing
from tests.ports import free_port

# Bounds, not expectations: a slow machine is no failure.
READY_SECONDS = 120.0
END_SECONDS = 60.0
REQUEST_SECONDS = 60.0

ADDRESS = {"name": "沈知遥", "phone": "13800138000", "address": "重庆市渝北区云杉路 8 号 2-1-4"}

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_PRICE = re.compile(r'name="expected_price_fen"[^>]*value="(\d+)"')


class NoForm(AssertionError):
    """The page that was asked for is not the page with the form."""


@dataclass
class Town:
    """One marketplace. ``parts`` are the commands of ``xunyi``: serve, worker, sandbox."""

    folder: Path
    settings: Settings
    hub: Hub
    port: int
    program: tuple[str, ...] = ()  # instead of the parts as they are: a program with a planted fault
    running: dict[str, subprocess.Popen[bytes] | nursery.Part] = field(default_factory=dict)
    logs: dict[str, BinaryIO] = field(default_factory=dict)
    browsers: list[requests.Session] = field(default_factory=list)

    @classmethod
    def found(cls, folder: Path, database_url: str, *, program: tuple[str, ...] | None = None) -> Town:
        """A town on an empty database that has its schema."""
        port = free_port()
        settings = Settings(
            env="test",
            data_dir=folder,
            database_url=database_url,
            base_url=f"http://127.0.0.1:{port}",
            password_time_cost=1,
            web_processes=2,
        )
        return cls(folder, settings, create_hub(settings, queue=False), port, program or ())

    @property
    def address(self) -> str:
        return self.settings.base_url

    def environment(self) -> dict[str, str]:
        """What the processes are told; nothing of the caller's own XUNYI settings gets through."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("XUNYI_")}
        return own | {
            "XUNYI_ENV": "test",
            "XUNYI_DATA_DIR": str(self.folder),
            "XUNYI_DATABASE_URL": self.settings.database_url,
            "XUNYI_BASE_URL": self.address,
            "XUNYI_WEB_PROCESSES": "2",
            "XUNYI_PASSWORD_TIME_COST": "1",
            "PORT": str(self.port),
        }

    # Processes

    def start(self, *parts: str, options: tuple[str, ...] = ()) -> None:
        for part in parts:
            if not self.program and part in nursery.PARTS:
                self.running[part] = nursery.start(part, self.environment(), self.folder / f"{part}.log")
                continue
            if part not in self.logs:
                self.logs[part] = (self.folder / f"{part}.log").open("ab")
            self.running[part] = subprocess.Popen(
                [*(self.program or (sys.executable, "-m", "app.cli")), part, *options],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=self.logs[part],
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Return as soon as /healthz answers; an assertion with the log's end when it does not in time."""
        trouble = lambda: f"the web server did not answer: {self.log('serve')[-2000:]}"  # noqa: E731
        wait_for(lambda: self.is_up() or self.has_ended("serve"), READY_SECONDS, trouble)
        assert not self.has_ended("serve"), trouble()

    def has_ended(self, part: str) -> bool:
        return self.running[part].poll() is not None

    def is_up(self) -> bool:
        try:
            with browser() as visitor:
                return visitor.get(f"{self.address}/healthz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def kill(self, *parts: str) -> None:
        """kill -9 of each part with all its processes, in the same moment."""
        for part in parts:
            end_group(self.running[part], signal.SIGKILL)
        for part in parts:
            self.running.pop(part).wait(END_SECONDS)

    def stop(self) -> dict[str, int]:
        """End everything politely, then surely; returns the exit codes."""
        codes = {}
        for own in self.browsers:
            own.close()
        for process in self.running.values():
            end_group(process, signal.SIGTERM)
        for part, process in self.running.items():
            try:
                codes[part] = process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                codes[part] = -signal.SIGKILL
            end_group(process, signal.SIGKILL)
            process.wait(END_SECONDS)
        self.running.clear()
        for log in self.logs.values():
            log.close()
        self.logs.clear()
        self.hub.db.dispose()
        return codes

    def log(self, part: str) -> str:
        path = self.folder / f"{part}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # People and things

    def buyer(self) -> Buyer:
        """A new person with a session, as if they had signed in before."""
        return self.at_browser(make_user(self.hub))

    def at_browser(self, user: User) -> Buyer:
        """One more browser of a person, signed in."""
        with self.hub.begin(SYSTEM) as work:
            session = start_session(work, user, "Chrome · Android", "127.0.0.0/24")
        own = browser()
        self.browsers.append(own)
        own.cookies.set("sid", session.secret, domain="127.0.0.1", path="/")
        return Buyer(self.address, user, own)

    def listing(self, seller: User) -> Listing:
        return make_listing(self.hub, seller)


@dataclass
class Buyer:
    """A person at a browser: opens pages, fills the real forms, follows nothing by itself."""

    address: str
    user: User
    browser: requests.Session

    def get(self, path: str) -> requests.Response:
        return self.browser.get(self.address + path, timeout=REQUEST_SECONDS, allow_redirects=False)

    def post(self, path: str, form: dict[str, str]) -> requests.Response:
        return self.browser.post(self.address + path, data=form, timeout=REQUEST_SECONDS, allow_redirects=False)

    def purchase_form(self, listing_code: str) -> dict[str, str]:
        """Open the page of the purchase and fill it in."""
        page = self.get(f"/items/{listing_code}/buy")
        price = _PRICE.search(page.text)
        if page.status_code != 200 or price is None:
            raise NoForm(f"{page.status_code} {page.headers.get('Location', '')}")
        return {"csrf_token": token_of(page), "expected_price_fen": price[1], "delivery": "parcel", **ADDRESS}

    def buy(self, listing_code: str, form: dict[str, str]) -> requests.Response:
        return self.post(f"/items/{listing_code}/buy", form)


def token_of(page: requests.Response) -> str:
    found = _TOKEN.search(page.text)
    if page.status_code != 200 or found is None:
        raise NoForm(f"{page.status_code} {page.headers.get('Location', '')}")
    return found[1]


def browser() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy between two parts of one machine
    session.headers["Connection"] = "close"  # else a POST can meet the server closing an idle connection, and nobody is wrong
    return session


def end_group(process: subprocess.Popen[bytes] | nursery.Part, sign: int) -> None:
    """Send the signal to the process and all that it started; nothing when they are gone."""
    try:
        os.killpg(process.pid, sign)
    except ProcessLookupError:
        return


def children_of(pid: int) -> list[int]:
    """The process's own children (Linux)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(condition: Callable[[], bool], seconds: float, trouble: Callable[[], str]) -> None:
    """Ask every 0.1 s until it is true; an assertion after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, trouble()
        time.sleep(0.1)
