"""A private Redis for tests: a socket in a folder of its own, nothing kept."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path


class RedisServer:
    """A real server. ``stop`` and ``start`` can follow each other: the address stays."""

    def __init__(self) -> None:
        found = shutil.which("redis-server")
        if found is None:
            raise RuntimeError("redis-server not found: install the system package 'redis-server'")
        self._program = found
        self._folder = Path(tempfile.mkdtemp(prefix="xunyi-redis-"))
        self._socket = self._folder / "s"
        self.url = f"unix://{self._socket}"
        self.start()

    def start(self) -> None:
        kept = ("--save", "", "--appendonly", "no", "--dir", str(self._folder))
        self._running = subprocess.Popen(
            [self._program, "--port", "0", "--unixsocket", str(self._socket), *kept],
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        for _ in range(200):
            if self._socket.exists():
                return
            time.sleep(0.02)
        raise RuntimeError("redis-server did not open its socket")

    def stop(self) -> None:
        self._running.terminate()
        self._running.wait(10)
        self._socket.unlink(missing_ok=True)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
