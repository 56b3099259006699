"""Whoever ends the filling of the demo town ends its painters too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.factory import ROOT

pytestmark = pytest.mark.slow

FILLING = """
import time
from app.demo.studio import Studio, Sitting

if __name__ == "__main__":
    with Studio([Sitting("nobody", time.sleep, ("0.1",))]) as studio:
        print("ready", flush=True)
        time.sleep(120)
"""


def children_of(parent: int) -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.add(int(entry.parent.name))
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_painters_end_when_the_filling_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "filling.py"
    script.write_text(FILLING)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    filling = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment)
    try:
        assert filling.stdout is not None
        assert filling.stdout.readline() == b"ready\n"
        deadline = time.monotonic() + 60
        while len(painters := children_of(filling.pid)) < 2:  # a painter, and the tracker of shared things
            assert time.monotonic() < deadline, "no painter was started"
            time.sleep(0.2)
        time.sleep(3)  # a painter reads its program first
        filling.send_signal(signal.SIGKILL)
        filling.wait(10)
        deadline = time.monotonic() + 60
        while left := [pid for pid in painters if is_running(pid)]:
            assert time.monotonic() < deadline, f"still there: {left}"
            time.sleep(0.5)
    finally:
        filling.kill()
        filling.wait(10)
        assert filling.stdout is not None
        filling.stdout.close()
