"""Processes of their own that append to the log, so that they can meet and be killed. One server imports the house, and forks."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

from app.credit.jobs import sequence_all
from app.credit.service import record
from app.factory import create_hub
from app.kernel.ids import new_code
from app.kernel.work import SYSTEM, Work
from config import Settings

AT_ONCE = 5  # facts of one transaction, as of a sale


def settings(folder: Path, url: str) -> Settings:
    return Settings(env="test", data_dir=folder, database_url=url, password_time_cost=1, threads=4)


def append(wire: Connection, folder: Path, url: str, name: str, count: int, sellers: list[int]) -> None:
    """Record facts and run the sequencer after each commit, as the worker does."""
    hub = create_hub(settings(folder, url), queue=False)
    wire.send("ready")
    wire.recv()
    for start in range(0, count, AT_ONCE):

        def some(work: Work, start: int = start) -> None:
            for number in range(start, start + AT_ONCE):
                fields = {"order": new_code(), "category": "phone", "amount_band": "2000-3000", "escrow": True}
                record(work, "order.completed", sellers[number % len(sellers)], fields, key=f"{name}:{number}")

        hub.db.run(SYSTEM, some)
        sequence_all(hub)
    hub.db.dispose()
    wire.send("done")


class Appender:
    """One of them, waiting for its start; killed without a warning when it is told to."""

    def __init__(self, folder: Path, url: str, name: str, count: int, sellers: list[int]) -> None:
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload([__name__])
        self._wire, theirs = forks.Pipe()
        self._process = forks.Process(target=append, args=(theirs, folder, url, name, count, sellers))
        self._process.start()
        theirs.close()

    def start(self) -> None:
        assert self._wire.recv() == "ready"
        self._wire.send("go")

    def finish(self) -> None:
        assert self._wire.recv() == "done"
        self._end()

    def kill(self) -> None:
        self._process.kill()
        self._end()

    def _end(self) -> None:
        self._process.join()
        self._process.close()
        self._wire.close()
