"""``xunyi dev`` on real processes: it starts all parts, starts again what dies, and leaves nothing behind when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.drills.town import READY_SECONDS, Town, children_of, end_group, wait_for

pytestmark = pytest.mark.slow

PARTS = ("sandbox", "serve", "worker")


def family(pid: int) -> list[int]:
    """The process and everything below it."""
    return [pid, *(below for child in children_of(pid) for below in family(child))]


def part_of(pid: int) -> str:
    """Which command of ``xunyi`` a process runs."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return next((word for word in words if word in PARTS), "")


def parts(supervisor: subprocess.Popen[bytes]) -> dict[str, int]:
    return {part_of(child): child for child in children_of(supervisor.pid)}


def is_alive(pid: int) -> bool:
    """Whether it still runs; one that ended and was not yet collected by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_dev_starts_all_parts_revives_what_is_killed_and_ends_cleanly(tmp_path, sign):
    town = Town.found(tmp_path, f"sqlite:///{tmp_path / 'xunyi.sqlite3'}")
    town.start("dev", options=("--no-seed",))
    supervisor = town.running["dev"]
    try:
        wait_for(lambda: "is ready" in town.log("dev"), READY_SECONDS, lambda: town.log("dev"))
        first = parts(supervisor)
        assert tuple(sorted(first)) == PARTS
        for part in ("serve", "worker"):
            os.kill(first[part], signal.SIGKILL)
        wait_for(
            lambda: (
                set(parts(supervisor)) == set(PARTS)
                and not set(parts(supervisor).values()) & {first["serve"], first["worker"]}
                and len(children_of(parts(supervisor)["serve"])) == 2
                and town.is_up()
            ),
            READY_SECONDS,
            lambda: f"{parts(supervisor)} {town.log('dev')}",
        )
        everybody = family(supervisor.pid)
        if sign == signal.SIGINT:
            end_group(supervisor, sign)  # as a terminal does: everybody hears it
        else:
            os.kill(supervisor.pid, sign)
        assert supervisor.wait(60) == 0, town.log("dev")
        wait_for(lambda: not any(map(is_alive, everybody)), 60, lambda: f"left behind: {list(filter(is_alive, everybody))}")
        assert not town.is_up()
        assert "Traceback" not in town.log("dev")
    finally:
        town.stop()
