"""The running product for tests and pictures: web, jobs and practice payments as processes of their own, on a free port."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.accounts import queries, service
from app.accounts.models import KIND_OF_ROLE, User
from app.factory import create_hub
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from config import Settings
from tests import nursery
from tests.appraisal.admitting import admit, qualify
from tests.conftest import build_schema
from tests.ports import free_port

PASSWORD = "green lamp on the stairs"
READY_SECONDS = 180
AGENCY = "清河检测"


@dataclass
class Product:
    """One marketplace that runs: its address, its data and its processes. Always ``stop()`` it."""

    address: str
    folder: Path
    environment: dict[str, str]
    hub: Hub
    processes: dict[str, nursery.Part] = field(default_factory=dict)
    staff: dict[str, User] = field(default_factory=dict)

    @classmethod
    def start(cls, folder: Path, fill: Callable[[Hub], None] | None = None) -> Product:
        """Start on a new database, which ``fill`` may fill first, and wait until the first page answers."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside: still stop what was started
        port = free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("XUNYI_")},
            "PORT": str(port),
            "XUNYI_ENV": "development",
            "XUNYI_DATA_DIR": str(folder),
            "XUNYI_PASSWORD_TIME_COST": "1",
            "XUNYI_THREADS": "8",
        }
        address = f"http://127.0.0.1:{port}"
        settings = Settings(env="development", data_dir=folder, base_url=address, password_time_cost=1, threads=4)
        build_schema(settings.db_url)
        product = cls(address, folder, environment, create_hub(settings, queue=False))
        try:
            if fill is not None:
                printer, product.hub.printer = (
                    product.hub.printer,
                    None,
                )  # dozens of reports at once: the worker prints them later
                fill(product.hub)
                product.hub.printer = printer
            for part in nursery.PARTS:
                product._start(part)
            product._wait_until_ready()
        except BaseException:
            product.stop()
            raise
        return product

    def hire(self, role: str, name: str, organisation: str) -> User:
        """A person with a role in a new organisation, who can sign in with ``PASSWORD``; an agency also gets a senior."""
        with self.hub.begin(SYSTEM) as work:
            password_hash = service.hash_password(PASSWORD, time_cost=1)
            user = service.create_user(work, f"{role}@xunyi.example", name, password_hash)
            firm = service.create_organisation(work, KIND_OF_ROLE[role], organisation)
            service.add_member(work, user, firm, role)
            if role == "appraiser":
                admit(work, firm.id)
                qualify(work, user.id)
            if role == "appraiser":
                senior = service.create_user(work, "senior@xunyi.example", "江予安", password_hash)
                service.add_member(work, senior, firm, role)
                qualify(work, senior.id, level="senior")
                self.staff["senior"] = queries.user_by_id(work, senior.id)
            self.staff[role] = queries.user_by_id(work, user.id)
        return self.staff[role]

    def hire_everybody(self) -> None:
        """An appraiser and a senior of an agency, an officer of a regulator, and an operator of the platform."""
        self.hire("appraiser", "周明", AGENCY)
        self.hire("officer", "许静", "市场监督管理局")
        self.hire("operator", "何平", "循易")

    def said(self) -> str:
        """What the processes wrote: the first thing to read when something fails."""
        return "\n".join(f"== {part}\n{self._log(part).read_text()}" for part in nursery.PARTS if self._log(part).exists())

    def stop(self) -> None:
        """End every process that was started, by its own process group, and close the database."""
        for process in self.processes.values():
            self._signal(process, signal.SIGTERM)
        deadline = time.monotonic() + 10
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._signal(process, signal.SIGKILL)
                process.wait(5)
        self.processes.clear()
        self.hub.db.dispose()

    def _start(self, part: str) -> None:
        self.processes[part] = nursery.start(part, self.environment, self._log(part))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            for part, process in self.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{part} ended with code {process.returncode}\n{self.said()}")
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"nothing answered on {self.address} within {READY_SECONDS} seconds\n{self.said()}")

    def _log(self, part: str) -> Path:
        return self.folder / f"{part}.log"

    @staticmethod
    def _signal(process: nursery.Part, sign: signal.Signals) -> None:
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            return
