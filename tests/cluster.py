"""A private PostgreSQL for tests: own folder, own port, loopback only. Run as root, it is started as the user postgres."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port


def find_binary(name: str) -> str:
    """The server program: on the PATH or where Debian puts it."""
    found = shutil.which(name)
    if found and name != "pg_ctl":
        return found
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    if places:
        return str(places[0])
    if found:
        return found
    raise RuntimeError(f"{name} not found: install the system package 'postgresql' (15 or newer)")


@dataclass
class Cluster:
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}"

    @classmethod
    def start(cls) -> Cluster:
        folder = Path(tempfile.mkdtemp(prefix="xunyi-pg-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
        port = free_port()
        cluster = cls(folder, port)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        cluster._run(
            find_binary("initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"
        )
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off "
            "-c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c jit=off -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0"
        )
        cluster._run(find_binary("pg_ctl"), "-D", str(folder / "data"), "-l", str(folder / "log"), "-w", "-o", options, "start")
        return cluster

    def stop(self) -> None:
        self._run(find_binary("pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *command: str) -> None:
        if os.geteuid() == 0:
            command = ("runuser", "-u", "postgres", "--", *command)
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=self.folder, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"{command[:4]} as {getpass.getuser()}: {done.stdout[-500:]} {done.stderr[-500:]}")
